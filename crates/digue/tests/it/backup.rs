//! Backups, drills and restores of a running Digue, and of what is left of one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use digue_testkit::Client;

use crate::instance::{Instance, Plan, binary, digue, obliging};

#[path = "../../../digue-backup/tests/it/rest_double.rs"]
#[allow(dead_code, reason = "its own client is for tests without Digue's")]
pub(crate) mod rest_double;

use rest_double::{Deleting, RestDouble};

const SETTINGS: &str = r#"
[backup]
every = "1d"
runs_itself = false

[[backup.repositories]]
name = "disque"
folder = "depot"
password_file = "depot.pass"

[[backup.folders]]
name = "dossiers"
path = "dossiers"
exclude = ["*.tmp"]

[[backup.commands]]
name = "compta"
command = ["echo", "une sortie"]
"#;

/// An instance with backups configured and a folder to store.
fn instance() -> Instance {
    instance_by(SETTINGS)
}

fn instance_by(settings: &str) -> Instance {
    let plan = Plan::usual()
        .replace(
            "path = \"/fiche/{id}\"",
            "path = \"/fiche/{id}\"\ncaseload = \"not-required\"",
        )
        .settings(settings);
    let instance = Instance::open_with(&plan, obliging, &[("depot.pass", "un mot de passe\n")]);
    let folder = instance.folder.path().join("dossiers/2026");
    fs::create_dir_all(&folder).unwrap();
    for number in 0..60 {
        let text = format!("Dossier {number} : la décision est prise.\n").repeat(300);
        fs::write(folder.join(format!("dossier{number}.txt")), text).unwrap();
    }
    instance
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Runs a command that must succeed; what it said.
fn must(instance: &Instance, arguments: &[&str]) -> String {
    let done = digue(instance.folder.path(), arguments);
    assert!(done.status.success(), "{arguments:?}: {}", said(&done));
    said(&done)
}

fn refused(folder: &Path, arguments: &[&str]) -> String {
    let done = digue(folder, arguments);
    assert!(!done.status.success(), "{arguments:?}: {}", said(&done));
    said(&done)
}

/// Every file below `root` with its content.
pub(crate) fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                // The socket of a pilot's readers is none, and is made anew.
                found.insert(
                    path.strip_prefix(root).unwrap().to_owned(),
                    fs::read(&path).unwrap(),
                );
            }
        }
    }
    found
}

fn consult(a1: &Client, from: usize, count: usize) {
    for number in from..from + count {
        let answer = a1.send("GET", &format!("/fiche/P{number}"), &[], b"");
        assert_eq!(answer.status, 200);
    }
}

/// xorshift64*: bytes that are the same in every run and do not compress.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// Overwrites every file below `root` with noise. It works in the test's own temporary folder and
/// nowhere else.
fn encrypt(instance: &Instance, root: &Path) {
    assert!(root.starts_with(instance.folder.path()));
    for (number, (path, bytes)) in tree(root).into_iter().enumerate() {
        let path = root.join(path);
        fs::write(&path, noise(number as u64, bytes.len())).unwrap();
        let mut locked = path.clone().into_os_string();
        locked.push(".verrouille");
        fs::rename(&path, locked).unwrap();
    }
}

/// The words of each printed sheet.
fn sheets(printed: &str) -> Vec<String> {
    let of_sheet = |block: &str| {
        let lines = block
            .lines()
            .skip(1)
            .take_while(|line| line.starts_with("  "));
        lines.collect::<Vec<_>>().join(" ")
    };
    printed
        .split("Recovery key, sheet")
        .skip(1)
        .map(of_sheet)
        .collect()
}

/// Entries under a signed checkpoint.
fn entries(note: &str) -> u64 {
    note.lines().nth(1).unwrap().parse().unwrap()
}

#[test]
fn after_a_ransomware_everything_is_back_on_a_clean_machine_and_the_loss_is_said() {
    let mut instance = instance();
    let a1 = instance.sign_in("a1");
    consult(&a1, 0, 10);
    // A backup has the journal up to a signed checkpoint, which follows the entries within half a
    // second.
    is_signed(&instance, "P9");
    let written = instance.folder.path().join("data/continuity");
    crate::evidence::wait_for("the continuity plan is written", || written.is_dir());
    let exported = must(&instance, &["continuity", "export", "papier"]);
    assert!(exported.contains("plan-de-continuite.html"), "{exported}");
    must(&instance, &["backup", "--init"]);
    let printed = must(&instance, &["backup", "--split-key", "2/3"]);
    let sheets = sheets(&printed);
    assert_eq!(sheets.len(), 3, "{printed}");
    let before = tree(&instance.folder.path().join("dossiers"));
    // What is consulted after the backup is what will be lost; a checkpoint of it is kept by a
    // witness.
    consult(&a1, 100, 7);
    assert!(instance.stop());
    let kept = fs::read_to_string(instance.journal().join("checkpoint")).unwrap();

    let paper = tempfile::tempdir().unwrap();
    fs::write(paper.path().join("checkpoint"), &kept).unwrap();
    fs::write(paper.path().join("1"), &sheets[0]).unwrap();
    fs::write(paper.path().join("3"), &sheets[2]).unwrap();
    // The key of the journal's entries is kept on paper, too: no backup has it.
    fs::copy(
        instance.folder.path().join("data/keys/master.key"),
        paper.path().join("master.key"),
    )
    .unwrap();
    for name in ["dossiers", "data"] {
        encrypt(&instance, &instance.folder.path().join(name));
    }

    let clean = tempfile::tempdir().unwrap();
    let depot = instance.folder.path().join("depot").display().to_string();
    let paper = |name: &str| paper.path().join(name).display().to_string();
    let key = ["--sheet", &paper("1"), "--sheet", &paper("3")].map(str::to_owned);
    let restore = |more: &[&str]| {
        let mut arguments = vec!["restore", "--from", &depot];
        arguments.extend(key.iter().map(String::as_str));
        arguments.extend(more);
        let done = digue(clean.path(), &arguments);
        assert!(done.status.success(), "{}", said(&done));
        said(&done)
    };
    let done = restore(&["--into", "digue", "--checkpoint", &paper("checkpoint")]);
    let note = fs::read_to_string(clean.path().join("digue/data/journal/checkpoint")).unwrap();
    let lost = entries(&kept) - entries(&note);
    assert!(lost >= 7, "{lost}");
    assert!(
        done.contains(&format!("at least {lost} journal entries")),
        "{done}"
    );
    assert!(done.contains("Journal verified"), "{done}");
    assert!(!clean.path().join("digue/data/keys/master.key").exists());
    // The continuity plan lies at the top, for a person who has nothing else.
    let plan = clean
        .path()
        .join("digue/plan-de-continuite/plan-de-continuite.html");
    let plan = fs::read_to_string(plan).unwrap();
    assert!(plan.contains("La première heure"), "{plan}");

    restore(&["--source", "dossiers", "--into", "dossiers"]);
    assert_eq!(tree(&clean.path().join("dossiers")), before);
    restore(&["--source", "compta", "--into", "compta"]);
    assert_eq!(
        fs::read(clean.path().join("compta/compta")).unwrap(),
        b"une sortie\n"
    );

    // Digue starts from it, with the key that was kept apart, and knows who was shown before.
    let home = clean.path().join("digue/configuration");
    fs::rename(clean.path().join("digue/data"), home.join("data")).unwrap();
    fs::copy(paper("master.key"), home.join("data/keys/master.key")).unwrap();
    fs::write(home.join("depot.pass"), "un mot de passe").unwrap();
    let link = digue(&home, &["link", "rssi", "--host", "digue.localhost"]);
    assert!(link.status.success(), "{}", said(&link));
    let verified = digue(&home, &["journal", "verify"]);
    assert!(verified.status.success(), "{}", said(&verified));
    let shown = said(&digue(&home, &["journal", "show", "--count", "100000"]));
    assert!(shown.contains("P9") && !shown.contains("P106"), "{shown}");
}

#[test]
fn a_drill_says_how_old_and_how_long_and_is_journalled() {
    let mut instance = instance();
    let a1 = instance.sign_in("a1");
    consult(&a1, 0, 3);
    let never = refused(instance.folder.path(), &["drill"]);
    assert!(never.contains("--init"), "{never}");
    must(&instance, &["backup", "--init"]);
    consult(&a1, 10, 3);
    let drilled = must(&instance, &["drill", "--full"]);
    assert!(
        drilled.contains("the restore passed") && drilled.contains("Age of the data"),
        "{drilled}"
    );
    assert!(
        drilled.contains("it continues what is kept elsewhere: passed"),
        "{drilled}"
    );
    let trial = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "true"])
        .status();
    if trial.is_ok_and(|status| status.success()) {
        assert!(
            drilled.contains("the restore had no network: passed"),
            "{drilled}"
        );
    } else {
        assert!(
            drilled.contains("the restore had no network: not tried"),
            "{drilled}"
        );
    }
    // What was restored for proof does not stay.
    let left = tree(&instance.folder.path().join("data/backup"));
    assert!(
        !left
            .keys()
            .any(|path| path.to_string_lossy().starts_with("drill-")),
        "{:?}",
        left.keys()
    );

    // Stopped at once or not: results that nobody journalled yet are journalled at the next start.
    assert!(instance.stop());
    instance.start();
    let folder = instance.folder.path().join("data/backup/results");
    while fs::read_dir(&folder).unwrap().next().is_some() {
        std::thread::park_timeout(Duration::from_millis(20));
    }
    let acts: Vec<String> = instance
        .acts()
        .iter()
        .map(|entry| entry["act"].as_str().unwrap().to_owned())
        .collect();
    let count = |act: &str| acts.iter().filter(|known| *known == act).count();
    assert_eq!(
        (count("backup-made"), count("restore-drilled")),
        (3, 1),
        "{acts:?}"
    );
}

/// Waits until a signed checkpoint covers the consultation of this person.
fn is_signed(instance: &Instance, person: &str) {
    let shown = || {
        said(&digue(
            instance.folder.path(),
            &["journal", "show", "--count", "100000"],
        ))
    };
    crate::evidence::wait_for("the consultations are under a checkpoint", || {
        shown().contains(person)
    });
}

/// Waits until the journal has each of these acts.
fn wait_for(instance: &Instance, wanted: &[&str]) {
    loop {
        let shown = said(&digue(
            instance.folder.path(),
            &["journal", "show", "--count", "100000"],
        ));
        if wanted
            .iter()
            .all(|act| shown.contains(&format!("\"{act}\"")))
        {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// Waits until a signed checkpoint covers this many backups.
fn are_journalled(instance: &Instance, count: usize) {
    crate::evidence::wait_for("the backups are under a checkpoint", || {
        let shown = said(&digue(
            instance.folder.path(),
            &["journal", "show", "--count", "100000"],
        ));
        shown.matches("\"backup-made\"").count() >= count
    });
}

#[test]
fn what_follows_an_encrypted_backup_is_suspect_and_persons_are_asked() {
    let instance = instance();
    let folder = instance.folder.path();
    must(&instance, &["backup", "--init"]);
    are_journalled(&instance, 3);
    let before = tree(&folder.join("dossiers"));
    encrypt(&instance, &folder.join("dossiers"));
    let encrypted = refused(folder, &["backup"]);
    assert!(
        encrypted.contains("Signs of encryption in dossiers"),
        "{encrypted}"
    );
    are_journalled(&instance, 6);
    // Nothing changed since: the library's parent is the encrypted one, and equals it.
    let after = refused(folder, &["backup"]);
    assert!(after.contains("Signs of encryption in dossiers"), "{after}");
    are_journalled(&instance, 9);
    // The files are back, and the backup is good: two persons have not said so.
    fs::remove_dir_all(folder.join("dossiers")).unwrap();
    for (path, bytes) in before {
        let path = folder.join("dossiers").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let back = refused(folder, &["backup"]);
    assert!(
        back.contains("dossiers: the backup follows a suspect one"),
        "{back}"
    );
    are_journalled(&instance, 12);
    let frozen = refused(folder, &["backup", "--plan-deletion"]);
    assert!(
        frozen.contains("made during signs of encryption"),
        "{frozen}"
    );
    let proposed = must(&instance, &["backup", "--accept", "unsound"]);
    assert_eq!(
        proposed.matches("signs of encryption").count(),
        3,
        "{proposed}"
    );
    wait_for(&instance, &["backup-acceptance-proposed"]);
}

#[test]
fn a_repository_in_the_place_of_another_is_refused_without_a_configured_id() {
    let instance = instance();
    let folder = instance.folder.path();
    must(&instance, &["backup", "--init"]);
    are_journalled(&instance, 3);
    fs::rename(folder.join("depot"), folder.join("depot-1")).unwrap();
    for arguments in [["backup", "--init"], ["backup", "--verify"]] {
        let other = refused(folder, &arguments);
        assert!(other.contains(", not "), "{other}");
    }
    fs::remove_dir_all(folder.join("depot")).unwrap();
    fs::rename(folder.join("depot-1"), folder.join("depot")).unwrap();
    must(&instance, &["backup"]);
}

#[test]
fn what_others_add_to_a_repository_is_named_and_holds_nothing_up() {
    let instance = instance();
    let folder = instance.folder.path();
    must(&instance, &["backup", "--init"]);
    are_journalled(&instance, 3);
    let clean = must(&instance, &["backup", "--check"]);
    assert!(clean.contains("3 backups known"), "{clean}");
    let garbage = format!("snapshots/{}", "f".repeat(64));
    fs::write(folder.join("depot").join(&garbage), "payez").unwrap();
    fs::write(folder.join("depot/index/LISEZ-MOI.txt"), "payez").unwrap();
    let named = refused(folder, &["backup", "--check"]);
    for name in [garbage.as_str(), "index/LISEZ-MOI.txt"] {
        assert!(named.contains(name), "{named}");
    }
    must(&instance, &["backup"]);
    are_journalled(&instance, 6);
    let read = must(&instance, &["backup", "--verify"]);
    assert!(
        read.contains("no fault") && read.contains(&garbage),
        "{read}"
    );
    must(&instance, &["backup", "--plan-deletion"]);
    must(&instance, &["drill", "--full"]);
    wait_for(&instance, &["backup-verified"]);
}

#[test]
fn a_canary_file_that_changed_is_an_alarm_by_itself() {
    let canaries = "exclude = [\"*.tmp\"]\ncanaries = [\"2026/dossier7.txt\", \"temoin.docx\"]";
    let instance = instance_by(&SETTINGS.replace("exclude = [\"*.tmp\"]", canaries));
    let folder = instance.folder.path();
    must(&instance, &["backup", "--init"]);
    are_journalled(&instance, 3);
    let again = must(&instance, &["backup"]);
    assert!(again.contains("temoin.docx"), "misspelt: {again}");
    are_journalled(&instance, 6);
    fs::write(folder.join("dossiers/2026/dossier7.txt"), "touché").unwrap();
    let touched = refused(folder, &["backup"]);
    assert!(
        touched.contains("Signs of encryption in dossiers"),
        "{touched}"
    );
}

#[test]
fn a_serving_digue_does_what_is_due_by_itself_when_the_disk_is_there() {
    let mut instance = instance_by(&SETTINGS.replace("runs_itself = false", "runs_itself = true"));
    // So far there is no repository: nothing is tried, and nothing fails.
    must(&instance, &["backup", "--init"]);
    // Drill, reading and deletion are due at once; the second backup is not.
    wait_for(
        &instance,
        &[
            "backup-made",
            "backup-verified",
            "deletion-tried",
            "restore-drilled",
        ],
    );
    assert!(
        !instance
            .acts()
            .iter()
            .any(|entry| entry["act"] == "backup-failed")
    );
}

#[test]
fn a_corrupted_pack_fails_the_drill_and_a_wrong_key_says_what_to_check() {
    let instance = instance();
    must(&instance, &["backup", "--init"]);
    let folder = instance.folder.path();
    let packs = tree(&folder.join("depot/data"));
    for (name, mut bytes) in packs {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x40;
        fs::write(folder.join("depot/data").join(name), bytes).unwrap();
    }
    let failed = refused(folder, &["drill", "--full"]);
    assert!(
        failed.contains("THE RESTORE FAILED") || failed.contains("damaged"),
        "{failed}"
    );
    fs::write(folder.join("depot.pass"), "un autre mot de passe").unwrap();
    let wrong = refused(folder, &["backup"]);
    assert!(wrong.contains("password_file"), "{wrong}");
}

#[test]
fn a_command_that_fails_stores_nothing_and_the_others_go_on() {
    let instance = instance();
    let settings = instance.folder.path().join("digue.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(
        &settings,
        text.replace("[\"echo\", \"une sortie\"]", "[\"false\"]"),
    )
    .unwrap();
    let failed = refused(instance.folder.path(), &["backup", "--init"]);
    assert!(
        failed.contains("compta") && failed.contains("nothing of its output was kept"),
        "{failed}"
    );
    let depot = instance.folder.path().join("depot").display().to_string();
    let listed = must(
        &instance,
        &["restore", "--from", &depot, "--password-file", "depot.pass"],
    );
    assert!(
        listed.contains("dossiers") && !listed.contains("compta"),
        "{listed}"
    );
}

#[test]
fn a_folder_is_never_said_to_be_out_of_reach() {
    let instance = instance();
    must(&instance, &["backup", "--init"]);
    let said = refused(instance.folder.path(), &["backup", "--try-deletion"]);
    assert!(said.contains("unplug the disk"), "{said}");
}

#[test]
fn a_backup_killed_at_any_point_loses_nothing_and_the_next_one_completes_it() {
    let instance = instance();
    let folder = instance.folder.path();
    must(&instance, &["backup", "--init"]);
    for round in 0..4usize {
        for number in 0..6u64 {
            let path = folder.join(format!("dossiers/gros{round}-{number}.bin"));
            fs::write(path, noise(round as u64 * 100 + number, 8 << 20)).unwrap();
        }
        let packs = || tree(&folder.join("depot/data")).len();
        let before = packs();
        let mut child = Command::new(binary())
            .args(["backup"])
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while packs() < before + round && child.try_wait().unwrap().is_none() {
            std::thread::park_timeout(Duration::from_millis(1));
        }
        // It may have ended by itself; then there is nothing to kill.
        let _ = child.kill();
        child.wait().unwrap();
        must(&instance, &["backup"]);
    }
    let depot = folder.join("depot").display().to_string();
    let key = ["--from", &depot, "--password-file", "depot.pass"];
    must(
        &instance,
        &[
            &["restore"][..],
            &key,
            &["--source", "dossiers", "--into", "retour"],
        ]
        .concat(),
    );
    assert_eq!(tree(&folder.join("retour")), tree(&folder.join("dossiers")));
}

/// The settings with a server in the place of the disk.
fn instance_with(server: &RestDouble) -> Instance {
    let instance = instance();
    let settings = instance.folder.path().join("digue.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let url = format!("url = \"http://{}/depot\"", server.address);
    fs::write(&settings, text.replace("folder = \"depot\"", &url)).unwrap();
    instance
}

#[test]
fn a_server_takes_backups_gives_them_back_and_proves_that_it_deletes_nothing() {
    let server = RestDouble::start(Deleting::Refused);
    let instance = instance_with(&server);
    must(&instance, &["backup", "--init"]);
    let proved = must(&instance, &["backup", "--try-deletion"]);
    assert!(
        proved.contains("deletion was tried and refused"),
        "{proved}"
    );
    let url = format!("http://{}/depot", server.address);
    let key = ["--from", &url, "--password-file", "depot.pass"];
    must(
        &instance,
        &[
            &["restore"][..],
            &key,
            &["--source", "dossiers", "--into", "retour"],
        ]
        .concat(),
    );
    let folder = instance.folder.path();
    assert_eq!(tree(&folder.join("retour")), tree(&folder.join("dossiers")));
    // The server is away: said, with what to do, and journalled as a failure.
    server.cut_after(Some(0));
    let away = refused(folder, &["backup"]);
    assert!(away.contains("does not answer"), "{away}");
}

#[test]
fn a_server_that_deletes_in_spite_of_its_name_is_found_from_the_command_line() {
    let server = RestDouble::start(Deleting::Lies);
    let instance = instance_with(&server);
    must(&instance, &["backup", "--init"]);
    let found = refused(instance.folder.path(), &["backup", "--try-deletion"]);
    assert!(found.contains("CAN BE DELETED FROM HERE"), "{found}");
}
