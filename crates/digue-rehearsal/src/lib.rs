//! `digue demo --attack rancongiciel`: the night after which everything is encrypted, rehearsed from
//! the first backup to the verified restart.
//!
//! The thief has Digue's own rights. What is out of its reach is what a person carried away: a disk,
//! two sheets of paper, the printed key of the journal, and the checkpoint that a witness keeps. From
//! these alone, in a clean folder, everything is back; what is lost is counted.

mod carried_away;
mod coming_back;
mod earlier_notices;
pub mod ransomware;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use digue_app::{Actor, App};
use digue_backup_acts::backups;
use digue_casework::incidents;
use digue_demo::visitor::PortalVisitor;
use digue_journal::Journal;
use digue_journal::keyring::OpenedKeyring;
use digue_locales::Value;
use digue_replay::Population;
use digue_replay::attack::StolenData;
use digue_response::incident::Source;
use digue_response::sheet::Sheet;
use digue_terminal::{DigueProgram, Output, StartPurpose, StartedServer};
use digue_types::{AccountId, Event};

use carried_away::CarriedAway;
use earlier_notices::{answers, issue_notices};
use ransomware::{DECLARED_FOLDER, RansomTarget, Ransomware, RehearsalFolder};

/// The repository on the disk that a person carries away, and the folder to be stored.
const SETTINGS: &str = r#"
[[backup.repositories]]
name = "coffre"
folder = "coffre"
kept_outside = true
password_file = "backup.pass"

[[backup.folders]]
name = "dossiers"
path = "dossiers"
"#;

/// The repository on the disk that a person carries away.
const CARRIED_AWAY: &str = "coffre";
const DOCUMENTS: u32 = 120;
/// The account of the earlier incident. Another one than the account that goes on working: budgets
/// are counted by the hour.
const EARLIER_ACCOUNT: &str = "of-000.agent2";
/// What an account asks of the portal; after the backup, what it is shown will be lost.
const REQUESTS: u64 = 60;
/// The journal's signature follows its entries within a second; a slow machine has a minute.
const SIGNED_WITHIN: Duration = Duration::from_mins(1);
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// The parts of the running demonstration.
pub struct RehearsalStage<'s, S> {
    pub folder: &'s RehearsalFolder,
    pub running: S,
    pub population: &'s Population,
    /// Who goes on working after the backup.
    pub account: AccountId,
    /// Where the gateway listens.
    pub address: SocketAddr,
}

/// Declares for backup what the rehearsal needs, in the configuration of the demonstration.
///
/// # Errors
/// When `digue.toml` cannot be continued.
pub fn declare(folder: &RehearsalFolder) -> Result<()> {
    let path = folder.path().join("digue.toml");
    let mut file = fs::File::options().append(true).open(&path)?;
    file.write_all(SETTINGS.as_bytes())
        .with_context(|| path.display().to_string())
}

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

/// Plays the rehearsal to its end; the demonstration has ended with it.
///
/// # Errors
/// When a step does not end as it must: an alarm that was not raised, a file that is not back, a
/// journal or a notice that does not verify.
pub async fn play<S: StartedServer>(out: &Output, stage: RehearsalStage<'_, S>) -> Result<()> {
    let (root, running) = (stage.folder.path(), stage.running);
    let app = running.app().clone();
    let mut steps = RehearsalSteps::new(out);
    out.say("rehearsal-begin", &[]);
    let program = DigueProgram::beside(out, root)?;
    let visitor = |account| PortalVisitor {
        account,
        address: stage.address,
        pace: Duration::ZERO,
    };

    lay_out_documents(&root.join(DECLARED_FOLDER))?;
    let earlier = AccountId::parse(EARLIER_ACCOUNT)?;
    work(&app, &visitor(earlier.clone()), stage.population).await?;
    let notices = issue_notices(&app, &earlier).await?;
    let issued = answers(&app, &notices).await?;
    steps.done("rehearsal-notices", &[("count", Value::from(issued.len()))]);

    is_signed(&app).await?;
    program.must(&["backup", "--init"])?;
    let safe = CarriedAway::from_machine(&program, root)?;
    let before = contents(&root.join(DECLARED_FOLDER))?;
    backups::journal_results(&app).await?;
    let from = safe.entries()?;
    let files = [("files", Value::from(before.len()))];
    steps.done("rehearsal-carried-away", &files);

    work(&app, &visitor(stage.account), stage.population).await?;
    let count = shown_since(&app, from).await?;
    steps.done("rehearsal-work", &[("persons", Value::from(count))]);

    let ransomware = Ransomware::on(stage.folder);
    let declared = ransomware.encrypt(RansomTarget::DeclaredFolder)?;
    if program.run(&["backup", "--repository", "disque"])?.is_good {
        bail!("the backup of an encrypted folder raised no alarm");
    }
    let incident = incident_of(&app).await?;
    let alarm = [
        ("files", Value::from(declared.files)),
        ("incident", Value::from(incident)),
    ];
    steps.done("rehearsal-alarm", &alarm);

    // What is lost in the end: no person is shown any more.
    let persons = shown_since(&app, from).await?;
    drop(app);
    running.stop().await?;
    safe.keep_checkpoint(root)?;
    let mut taken = declared.files;
    for target in [RansomTarget::State, RansomTarget::Journal] {
        taken += ransomware.encrypt(target)?.files;
    }
    let deleted = ransomware.delete(RansomTarget::PluggedDisk)?;
    let fall = [
        ("files", Value::from(taken)),
        ("deleted", Value::from(deleted.files)),
    ];
    steps.done("rehearsal-fall", &fall);

    let fell = Instant::now();
    let clean = tempfile::tempdir()?;
    coming_back::restore(&DigueProgram::beside(out, clean.path())?, &safe)?;
    if contents(&clean.path().join(DECLARED_FOLDER))? != before {
        bail!("the restored folder is not what was backed up");
    }
    steps.done("rehearsal-restored", &files);

    let restored = clean.path().join("digue");
    let lost = coming_back::verified_loss(&restored, &safe, from)?;
    steps.done("rehearsal-verified", &[]);

    let home = coming_back::lay_out_home(&restored, &safe)?;
    let again = S::start_on(out, &home, StartPurpose::OneAct).await?;
    let now = answers(again.app(), &notices).await?;
    if now != issued {
        bail!("notices that were issued before do not verify any more");
    }
    again.stop().await?;
    steps.done("rehearsal-restarted", &[("count", Value::from(now.len()))]);

    out.line("");
    let end = [
        ("entries", Value::from(lost)),
        ("persons", Value::from(persons)),
        ("back", Value::from(fell.elapsed().as_secs())),
        ("all", Value::from(steps.began.elapsed().as_secs())),
    ];
    out.say("rehearsal-end", &end);
    Ok(())
}

/// An account reads records, and what it was shown is signed.
async fn work(app: &App, visitor: &PortalVisitor, population: &Population) -> Result<()> {
    let taken = StolenData::default();
    visitor.read(app, population, REQUESTS, &taken).await?;
    is_signed(app).await
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

/// Waits until a signed checkpoint covers what the journal holds now.
async fn is_signed(app: &App) -> Result<()> {
    let until = Instant::now() + SIGNED_WITHIN;
    let all = app.journal_state().index.size();
    while signed_size(app.journal())?.is_none_or(|signed| signed < all) {
        if Instant::now() > until {
            bail!("the journal is not signed");
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
    Ok(())
}

/// How many entries the newest checkpoint covers; `None` when there is none yet.
fn signed_size(journal: &Journal) -> Result<Option<u64>> {
    let note = journal.published_file("checkpoint")?;
    note.map(|note| carried_away::size_of(&note)).transpose()
}

/// How many persons the journal shows from an entry on.
async fn shown_since(app: &App, from: u64) -> Result<u64> {
    let journal = app.journal().clone();
    let read = move || {
        let (mut persons, mut forgotten) = (BTreeSet::new(), 0_u64);
        journal.each(from, &mut |_, opened| match opened {
            OpenedKeyring::Event(Event::Exposure(exposure)) => {
                for shown in &exposure.shown {
                    persons.extend(shown.persons.iter().cloned());
                }
            }
            OpenedKeyring::Event(_) => {}
            OpenedKeyring::Forgotten(_) => forgotten += 1,
        })?;
        if forgotten > 0 {
            bail!("{forgotten} entries of this hour cannot be opened");
        }
        Ok(persons.len() as u64)
    };
    tokio::task::spawn_blocking(read).await?
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
        tokio::time::sleep(ASK_AGAIN).await;
    }
}
