//! `digue demo --attack rancongiciel`: the night after which everything is encrypted, rehearsed from
//! the first backup to the verified restart.
//!
//! The thief has Digue's own rights. What is out of its reach is what a person carried away: a disk,
//! two sheets of paper, the printed key of the journal, and the checkpoint that a witness keeps. From
//! these alone, in a clean folder, everything is back; what is lost is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use digue_app::clock::SystemClock;
use digue_app::{Actor, App};
use digue_backup::loss::{self, JournalPoint, LastKnown, LostEntries};
use digue_backup_acts::backups;
use digue_casework::notice_style::Style;
use digue_casework::{breach, incidents};
use digue_continuity::restored::{RestoredJournal, data_of};
use digue_demo::ransomware::{DECLARED_FOLDER, RansomTarget, Ransomware, RehearsalFolder};
use digue_exposure::ScopeQuestion;
use digue_journal::keyring::OpenedKeyring;
use digue_locales::{Language, Value};
use digue_notices::genuine::{self, Genuine};
use digue_notices::{Blocks, CampaignRequest, RATE};
use digue_replay::Population;
use digue_replay::attack::StolenData;
use digue_response::incident::{IncidentNote, Source};
use digue_response::sheet::Sheet;
use digue_terminal::Output;
use digue_types::{AccountId, Event, Subject};
use jiff::tz::TimeZone;

use super::{PortalWork, configuration, work};
use crate::serve::{RunningServer, StartPurpose, start_at};

/// The repository on the disk that a person carries away, and the folder to be stored.
pub(super) const SETTINGS: &str = r#"
[[backup.repositories]]
name = "coffre"
folder = "coffre"
kept_outside = true
password_file = "backup.pass"

[[backup.folders]]
name = "dossiers"
path = "dossiers"
"#;

const CARRIED_AWAY: &str = "coffre";
const DOCUMENTS: u32 = 120;
/// Persons who are told, some months before, that an account was stolen.
const TOLD: usize = 5;
/// The account of the earlier incident.
const EARLIER_ACCOUNT: &str = "of-000.agent2";
/// What an account asks of the portal; after the backup, what it is shown will be lost.
const REQUESTS: u64 = 60;
/// The journal's signature follows its entries within a second; a slow machine has a minute.
const SIGNED_WITHIN: Duration = Duration::from_mins(1);

/// Says each step with the time that it took.
struct RehearsalSteps<'o> {
    out: &'o Output,
    began: Instant,
    last: Instant,
    number: u64,
}

impl<'o> RehearsalSteps<'o> {
    fn new(out: &'o Output) -> Self {
        let now = Instant::now();
        Self {
            out,
            began: now,
            last: now,
            number: 0,
        }
    }

    fn done(&mut self, key: &str, values: &[(&str, Value)]) {
        self.number += 1;
        let step = digue_locales::text_with(self.out.language, key, values);
        let values = [
            ("number", Value::from(self.number)),
            ("step", Value::from(step)),
            ("seconds", Value::from(self.last.elapsed().as_secs())),
        ];
        self.out.say("rehearsal-step", &values);
        self.last = Instant::now();
    }
}

/// What a person carries away: none of it is on the machine any more.
struct CarriedAway {
    folder: tempfile::TempDir,
}

impl CarriedAway {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn disk(&self) -> PathBuf {
        self.path(CARRIED_AWAY)
    }
}

/// The parts of the running demonstration.
pub(super) struct RehearsalStage<'s> {
    pub(super) folder: &'s RehearsalFolder,
    pub(super) running: RunningServer,
    pub(super) population: &'s Arc<Population>,
    pub(super) work: PortalWork,
}

/// Plays the rehearsal to its end; the demonstration has ended with it.
pub(super) async fn play(out: &Output, stage: RehearsalStage<'_>) -> Result<()> {
    let RehearsalStage {
        folder,
        running,
        population,
        work: agent,
    } = stage;
    let (root, app) = (folder.path(), running.app.clone());
    let mut steps = RehearsalSteps::new(out);
    out.say("rehearsal-begin", &[]);

    lay_out_documents(&root.join(DECLARED_FOLDER))?;
    // Another account than the one that goes on working: budgets are counted by the hour.
    let earlier = PortalWork {
        app: app.clone(),
        account: AccountId::parse(EARLIER_ACCOUNT)?,
        address: agent.address,
    };
    let nobody_waits = Duration::ZERO;
    work(
        &earlier,
        population,
        REQUESTS,
        nobody_waits,
        &StolenData::default(),
    )
    .await?;
    is_signed(&app, running.journal.as_ref()).await?;
    let notices = issue_notices(&app, &earlier.account).await?;
    drop(earlier);
    let issued = answers(&app, &notices).await?;
    steps.done("rehearsal-notices", &[("count", Value::from(issued.len()))]);

    is_signed(&app, running.journal.as_ref()).await?;
    must(out, root, &["backup", "--init"])?;
    let printed = must(
        out,
        root,
        &["backup", "--split-key", "2/3", "--repository", CARRIED_AWAY],
    )?;
    let safe = carry_away(root, &printed)?;
    let before = contents(&root.join(DECLARED_FOLDER))?;
    backups::journal_results(&app).await?;
    steps.done(
        "rehearsal-carried-away",
        &[("files", Value::from(before.len()))],
    );

    let from = entries_in(&safe.disk(), &safe)?;
    work(
        &agent,
        population,
        REQUESTS,
        nobody_waits,
        &StolenData::default(),
    )
    .await?;
    let count = shown_since(&app, from).await?;
    is_signed(&app, running.journal.as_ref()).await?;
    steps.done("rehearsal-work", &[("persons", Value::from(count))]);

    let ransomware = Ransomware::on(folder);
    let declared = ransomware.encrypt(RansomTarget::DeclaredFolder)?;
    if run(out, root, &["backup", "--repository", "disque"])?.0 {
        bail!("the backup of an encrypted folder raised no alarm");
    }
    let incident = incident_of(&app).await?;
    steps.done(
        "rehearsal-alarm",
        &[
            ("files", Value::from(declared.files)),
            ("incident", Value::from(incident)),
        ],
    );

    // What is lost in the end: nothing is shown to anybody any more.
    let persons = shown_since(&app, from).await?;
    drop((app, agent));
    running.stop().await?;
    fs::copy(
        root.join("data/journal/checkpoint"),
        safe.path("checkpoint"),
    )?;
    let mut taken = declared.files;
    for target in [RansomTarget::State, RansomTarget::Journal] {
        taken += ransomware.encrypt(target)?.files;
    }
    let deleted = ransomware.delete(RansomTarget::PluggedDisk)?;
    steps.done(
        "rehearsal-fall",
        &[
            ("files", Value::from(taken)),
            ("deleted", Value::from(deleted.files)),
        ],
    );

    let fell = Instant::now();
    let clean = tempfile::tempdir()?;
    restore(out, &safe, clean.path())?;
    if contents(&clean.path().join(DECLARED_FOLDER))? != before {
        bail!("the restored folder is not what was backed up");
    }
    steps.done(
        "rehearsal-restored",
        &[("files", Value::from(before.len()))],
    );

    let restored = clean.path().join("digue");
    let lost = verified_loss(&restored, &safe)?;
    steps.done("rehearsal-verified", &[]);

    let again = restart(out, &restored, &safe).await?;
    let now = answers(&again.app, &notices).await?;
    if now != issued {
        bail!("notices that were issued before do not verify any more");
    }
    again.stop().await?;
    steps.done("rehearsal-restarted", &[("count", Value::from(now.len()))]);

    out.line("");
    let values = [
        ("entries", Value::from(lost)),
        ("persons", Value::from(persons)),
        ("back", Value::from(fell.elapsed().as_secs())),
        ("all", Value::from(steps.began.elapsed().as_secs())),
    ];
    out.say("rehearsal-end", &values);
    Ok(())
}

fn lay_out_documents(folder: &Path) -> Result<()> {
    let year = folder.join("2026");
    fs::create_dir_all(&year)?;
    for number in 0..DOCUMENTS {
        let text = format!("Dossier {number} : la décision est prise.\n").repeat(100);
        fs::write(year.join(format!("dossier{number}.txt")), text)?;
    }
    Ok(())
}

/// The content of each file, by its path.
fn contents(root: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(root)?.to_owned(), fs::read(&path)?);
            }
        }
    }
    Ok(found)
}

/// Persons were told of an earlier incident: the codes of their notices.
async fn issue_notices(app: &App, account: &AccountId) -> Result<Vec<String>> {
    let officer = AccountId::parse("rssi")?;
    let role = {
        let rules = app.gateway().rules();
        let record = rules.directory.find(&officer).context("the officer")?;
        record.role
    };
    let officer = Actor {
        role,
        proved_at: app.clock().now(),
        account: officer,
    };
    let title = digue_locales::text(Language::default(), "rehearsal-earlier-incident");
    let about = Subject::Account(account.clone());
    let id = incidents::open(app, &officer, Source::Person, &title, about).await?;
    let question = ScopeQuestion {
        accounts: vec![account.clone()],
        ..ScopeQuestion::default()
    };
    let version = breach::compute_affected(app, &officer, &id, question).await?;
    let decided = IncidentNote::PersonsDecided {
        inform: true,
        exemption: None,
        reason: title.clone(),
    };
    incidents::add(app, &officer, &id, None, decided).await?;
    let list = breach::list_bytes(app, &id, version.number).await?;
    let seen = persons_in(&list);
    let mut contacts = "person,phone\n".to_owned();
    for (number, person) in seen.iter().take(TOLD).enumerate() {
        contacts.push_str(&format!("{person},06123456{:02}\n", number + 10));
    }
    if seen.is_empty() {
        bail!("the account showed nobody");
    }
    let request = CampaignRequest {
        version: version.number,
        after: None,
        style: Style::parse("fr").context("a style")?,
        subject: title,
        blocks: Blocks {
            happened: "Un compte volé a lu des fiches.".to_owned(),
            risks: "On peut vous écrire en mentant.".to_owned(),
            steps: "Ne donnez jamais un code.\nRegardez vos comptes.".to_owned(),
            contact: "dpo@formation.example".to_owned(),
            address: "digue.localhost/check".to_owned(),
        },
        rate: RATE,
        contacts: contacts.into_bytes(),
    };
    let campaign = digue_notices::prepare(app, &officer, &id, request).await?;
    digue_notices::prepare_due(app).await?;
    let rows = digue_notices::others(app, &officer, &campaign).await?;
    // A person whom nothing reaches has no code in hand.
    let codes = rows.into_iter().filter(|row| row[3] == "listed");
    let codes: Vec<String> = codes.map(|row| row[4].clone()).collect();
    if codes.is_empty() {
        bail!("no notice was issued");
    }
    Ok(codes)
}

/// The persons of a signed list, each once.
fn persons_in(list: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(list);
    let lines = text.lines().filter_map(|line| {
        // The head and the signature are no persons.
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        line["person"].as_str().map(str::to_owned)
    });
    lines.collect()
}

/// What Digue answers to a person who checks each of these codes.
async fn answers(app: &App, codes: &[String]) -> Result<Vec<Genuine>> {
    let mut found = Vec::new();
    for code in codes {
        let genuine = genuine::check(app, Language::default(), code, "203.0.113.7").await?;
        found.push(genuine.ok_or_else(|| anyhow!("{code} is unknown"))?);
    }
    Ok(found)
}

/// Waits until a signed checkpoint covers what the journal holds now.
async fn is_signed(app: &App, journal: &digue_journal::Journal) -> Result<()> {
    let until = Instant::now() + SIGNED_WITHIN;
    let all = app.journal_state().index.size();
    loop {
        let note = journal.published_file("checkpoint")?.unwrap_or_default();
        let note = String::from_utf8_lossy(&note).into_owned();
        let signed = note
            .lines()
            .nth(1)
            .and_then(|size| size.parse::<u64>().ok());
        if signed.is_some_and(|signed| signed >= all) {
            return Ok(());
        }
        if Instant::now() > until {
            bail!("the journal is not signed");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Runs a command of this program beside the demonstration; whether it succeeded, and what it said.
fn run(out: &Output, folder: &Path, words: &[&str]) -> Result<(bool, String)> {
    let done = Command::new(std::env::current_exe()?)
        .args(["--language", out.language.code()])
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()?;
    let said = [done.stdout, done.stderr].concat();
    Ok((
        done.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    ))
}

fn must(out: &Output, folder: &Path, words: &[&str]) -> Result<String> {
    match run(out, folder, words)? {
        (true, said) => Ok(said),
        (false, said) => Err(anyhow!("{}: {said}", words.join(" "))),
    }
}

/// The sheets, the printed key of the journal and the disk leave the building.
fn carry_away(root: &Path, printed: &str) -> Result<CarriedAway> {
    let safe = CarriedAway {
        folder: tempfile::tempdir()?,
    };
    // The words of a sheet are indented lines that follow each other.
    let (mut sheets, mut was_words) = (Vec::<String>::new(), false);
    for line in printed.lines() {
        let is_words = line.starts_with("  ");
        match (is_words, was_words, sheets.last_mut()) {
            (true, true, Some(sheet)) => sheet.push_str(line),
            (true, ..) => sheets.push(line.to_owned()),
            (false, ..) => {}
        }
        was_words = is_words;
    }
    if sheets.len() != 3 {
        bail!("{} sheets were printed", sheets.len());
    }
    for (number, sheet) in (1..).zip(&sheets) {
        fs::write(safe.path(&format!("sheet-{number}")), sheet)?;
    }
    fs::copy(root.join("data/keys/master.key"), safe.path("master.key"))?;
    fs::rename(root.join(CARRIED_AWAY), safe.disk())?;
    Ok(safe)
}

/// How many entries of the journal the disk that was carried away holds.
fn entries_in(disk: &Path, safe: &CarriedAway) -> Result<u64> {
    use digue_backup::folder_store::FolderStore;
    use digue_backup::repository::{BackupRepository, RepositoryPassword};
    let key = digue_backup::recovery_key::RecoveryKey::join(&[sheet(safe, 1)?, sheet(safe, 3)?])?;
    let store = Arc::new(FolderStore::reader(disk));
    let repository = BackupRepository::open(store, &RepositoryPassword::from(&key), None)?;
    let snapshots = repository.snapshots()?;
    let own = snapshots.iter().rfind(|one| one.source == "digue");
    let own = own.context("a backup of Digue")?;
    let looked_at = tempfile::tempdir()?;
    repository.restore(&own.id, &looked_at.path().join("digue"))?;
    let journal = RestoredJournal::verify(&looked_at.path().join("digue"), None)?;
    Ok(journal.report.size)
}

fn sheet(safe: &CarriedAway, number: u32) -> Result<digue_backup::recovery_key::KeySheet> {
    let words = fs::read_to_string(safe.path(&format!("sheet-{number}")))?;
    Ok(digue_backup::recovery_key::KeySheet::parse(&words)?)
}

/// How many persons the journal shows from an entry on.
async fn shown_since(app: &App, from: u64) -> Result<u64> {
    let journal = app.journal().clone();
    let read = move || {
        let mut persons = BTreeSet::new();
        journal.each(from, &mut |_, opened| {
            if let OpenedKeyring::Event(Event::Exposure(exposure)) = opened {
                for shown in &exposure.shown {
                    persons.extend(shown.persons.iter().cloned());
                }
            }
        })?;
        Ok::<_, digue_journal::OpenError>(persons.len() as u64)
    };
    Ok(tokio::task::spawn_blocking(read).await??)
}

/// The title of the incident that the alarm opened, which has the sheet of its kind. The serving Digue
/// journals results by itself, too.
async fn incident_of(app: &App) -> Result<String> {
    let until = Instant::now() + SIGNED_WITHIN;
    loop {
        backups::journal_results(app).await?;
        let all = incidents::list(app, &Actor::digue()).await?;
        let opened = all.iter().find(|view| {
            view.incident.source == Source::Backup
                && view.incident.sheets.contains(&Sheet::Ransomware)
                && !view.incident.is_closed()
        });
        if let Some(opened) = opened {
            return Ok(opened.incident.title.clone());
        }
        if Instant::now() > until {
            bail!("the alarm opened no incident with its sheet");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Everything comes back into a clean folder, from the disk and two sheets.
fn restore(out: &Output, safe: &CarriedAway, clean: &Path) -> Result<()> {
    let path = |name: &str| safe.path(name).display().to_string();
    let (disk, one, three) = (
        safe.disk().display().to_string(),
        path("sheet-1"),
        path("sheet-3"),
    );
    let key = [
        "restore", "--from", &disk, "--sheet", &one, "--sheet", &three,
    ];
    let checkpoint = path("checkpoint");
    let own = ["--into", "digue", "--checkpoint", &checkpoint];
    must(out, clean, &[&key[..], &own].concat())?;
    let folder = ["--source", DECLARED_FOLDER, "--into", DECLARED_FOLDER];
    must(out, clean, &[&key[..], &folder].concat())?;
    Ok(())
}

/// The restored journal against what the witness kept: how many entries are lost, exactly, because
/// the witness has the last checkpoint that was ever signed.
fn verified_loss(restored: &Path, safe: &CarriedAway) -> Result<u64> {
    let kept = safe.path("checkpoint");
    let journal = RestoredJournal::verify(restored, Some(&kept))?;
    if !journal.report.is_intact() {
        bail!("the restored journal contradicts itself");
    }
    let note = fs::read_to_string(&kept)?;
    let known: u64 = note.lines().nth(1).context("a size")?.parse()?;
    let at = data_of(restored)?;
    let point = |entries| JournalPoint { entries, at };
    let lost = loss::between(
        point(journal.report.size),
        LastKnown::Complete(point(known)),
    )?;
    match lost.entries {
        LostEntries::Exactly(count) => Ok(count),
        LostEntries::AtLeast(_) | LostEntries::Unknown => bail!("the loss is not known exactly"),
    }
}

/// Digue starts on what was restored, with the key that was printed.
async fn restart(out: &Output, restored: &Path, safe: &CarriedAway) -> Result<RunningServer> {
    let home = restored.join("configuration");
    fs::rename(restored.join("data"), home.join("data"))?;
    fs::copy(safe.path("master.key"), home.join("data/keys/master.key"))?;
    fs::write(home.join("backup.pass"), "")?;
    let mut config = configuration(out, &home)?;
    config.settings.listeners.clear();
    let clock = Arc::new(SystemClock::new(TimeZone::get(&config.settings.time_zone)?));
    start_at(config, None, StartPurpose::OneAct, clock).await
}
