//! The archive of a complaint in the hands of those who receive it: unpacked into an empty folder,
//! its instructions are carried out as they are written, and a piece that was changed is noticed.

use std::path::Path;
use std::process::{Command, Output};

use crate::instance::{Instance, Plan, binary, digue, obliging};
use crate::python::python;

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

/// The archive of an incident about an account that read two persons and was closed.
fn archive() -> Vec<u8> {
    let plan = Plan::usual()
        .settings("[sessions]\nproof = \"1h\"\n")
        .caseload("a1", &["P1", "P2"]);
    let mut instance = Instance::open(&plan, obliging);
    assert!(instance.stop());
    let dpo = [
        "account",
        "dpo",
        "--organisation",
        "operateur",
        "--role",
        "dpo",
    ];
    assert!(digue(instance.folder.path(), &dpo).status.success());
    instance.start();
    let agent = instance.sign_in("a1");
    for person in ["P1", "P2"] {
        assert_eq!(agent.get(&format!("/fiche/{person}")).status, 200);
    }
    let (dpo, ciso) = (instance.console_session("dpo"), instance.officer());
    let send = |client: &digue_testkit::Client, place: &str, body: &str| {
        let answer = client.send("POST", place, &FORM, body.as_bytes());
        assert_eq!(answer.status, 303, "{place}: {}", answer.text());
        answer.header("location").unwrap_or_default().to_owned()
    };
    let opened = "title=Compte+a1+vol%C3%A9&source=person&account=a1";
    let incident = send(&dpo, "/incidents", opened);
    let incident = incident.split('?').next().unwrap();
    let closed = "scope=account&name=a1&gate=closed&reason=vol+probable+du+compte";
    send(&ciso, "/gates", closed);
    send(&dpo, &format!("{incident}/affected"), "account=a1");
    let answer = dpo.get(&format!("{incident}/papers/complaint.zip"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.body.clone()
}

fn unpacked(archive: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("complaint.zip");
    std::fs::write(&place, archive).unwrap();
    let done = Command::new(python("python"))
        .args(["-m", "zipfile", "-e", "complaint.zip", "."])
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(done.success());
    std::fs::remove_file(place).unwrap();
    folder
}

/// Runs a command as its reader would type it: `digue` is this program, and nothing else is there.
fn typed(folder: &Path, command: &str) -> Output {
    let mut words = command.split(' ');
    assert_eq!(words.next(), Some("digue"), "{command}");
    Command::new(binary())
        .args(words)
        .current_dir(folder)
        .env_clear()
        .env("LANG", "fr_FR.UTF-8")
        .output()
        .unwrap()
}

#[test]
fn the_instructions_of_a_complaint_work_as_they_are_written() {
    let archive = archive();
    let folder = unpacked(&archive);
    let text = std::fs::read_to_string(folder.path().join("VERIFICATION.txt")).unwrap();
    let commands: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .collect();
    let is_list = |command: &&&str| command.starts_with("digue scope check list-1.ndjson ");
    assert_eq!(commands.iter().filter(is_list).count(), 1, "{text}");
    let receipts = commands
        .iter()
        .filter(|command| command.starts_with("digue journal receipt receipts/"));
    let kept = std::fs::read_dir(folder.path().join("receipts")).unwrap();
    assert_eq!(
        receipts.count(),
        kept.count(),
        "each receipt has its command: {text}"
    );
    assert!(commands.len() >= 3, "{text}");
    for command in &commands {
        let done = typed(folder.path(), command);
        let said = String::from_utf8_lossy(&done.stdout);
        let failed = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(0), "{command}: {said}{failed}");
    }
    // Each piece that the commands name is one that they look at.
    for command in &commands {
        let changed = unpacked(&archive);
        let place = command.split(' ').find(|word| word.contains('.')).unwrap();
        let place = changed.path().join(place);
        let mut bytes = std::fs::read(&place).unwrap();
        let middle = bytes.len() / 2;
        let letter = bytes[middle..]
            .iter_mut()
            .find(|byte| byte.is_ascii_alphanumeric());
        let letter = letter.unwrap();
        *letter = if *letter == b'A' { b'B' } else { b'A' };
        std::fs::write(&place, bytes).unwrap();
        let done = typed(changed.path(), command);
        assert_ne!(done.status.code(), Some(0), "{command} of a changed piece");
    }
}
