//! Log levels: those of the configuration, and others after a reload.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::instance::{Instance, Plan, binary, free_address, obliging};

#[test]
fn a_reload_changes_the_log_levels() {
    let monitoring = free_address();
    let quiet = format!("[monitoring]\naddress = \"{monitoring}\"\n[log]\nlevel = \"error\"\n");
    let plan = Plan::usual().settings(&quiet);
    let mut instance = Instance::open(&plan, obliging);
    assert!(instance.stop());
    let mut serving = Command::new(binary())
        .args(["serve", "--config", "digue.toml"])
        .current_dir(instance.folder.path())
        .env("LANG", "en")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(serving.stdout.take().unwrap()).lines();
    let mut said = said.map(|line| line.unwrap());
    assert!(said.any(|line| line.contains("Digue is running")));
    let settings = instance.folder.path().join("digue.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(
        &settings,
        text.replace("level = \"error\"", "level = \"info\""),
    )
    .unwrap();
    let id = serving.id().to_string();
    let signal = |name: &str| {
        let done = Command::new("kill").args([name, &id]).status();
        assert!(done.unwrap().success());
    };
    signal("-HUP");
    let mut lines = BufReader::new(serving.stderr.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    // The start says at which address the figures are, and this start did not.
    assert!(first.contains("Log levels are in force"), "{first}");
    assert!(
        first.contains("warn,digue=info") || first.contains("digue=info,warn"),
        "{first}"
    );
    signal("-TERM");
    std::thread::spawn(move || lines.for_each(drop));
    said.for_each(drop);
    assert!(serving.wait().unwrap().success());
}

#[test]
fn a_level_that_does_not_exist_is_a_fault_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let digue = |arguments: &[&str]| crate::instance::digue(folder.path(), arguments);
    assert!(digue(&["init"]).status.success());
    let settings = folder.path().join("digue.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}\n[log]\nlevel = \"loud\"\n")).unwrap();
    let checked = digue(&["check"]);
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(
        !checked.status.success() && said.contains("log.level"),
        "{said}"
    );
    assert!(
        said.contains("error | warn | info | debug | trace"),
        "{said}"
    );
}
