//! The commands, as someone types them.

use std::fs;
use std::process::Command;

use crate::instance::{Instance, Plan, binary, digue, obliging};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn init_writes_a_configuration_that_check_accepts_in_both_languages() {
    for language in ["fr", "en"] {
        let folder = tempfile::tempdir().unwrap();
        let done = digue(folder.path(), &["--language", language, "init"]);
        assert!(done.status.success(), "{}", text(&done.stderr));
        let checked = digue(folder.path(), &["check"]);
        assert!(
            checked.status.success(),
            "{language}: {}",
            text(&checked.stderr)
        );
        // A second init changes nothing.
        let before = fs::read(folder.path().join("digue.toml")).unwrap();
        assert_eq!(digue(folder.path(), &["init"]).status.code(), Some(1));
        assert_eq!(fs::read(folder.path().join("digue.toml")).unwrap(), before);
    }
}

#[test]
fn check_prints_every_fault_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    assert!(digue(folder.path(), &["init"]).status.success());
    let settings = folder.path().join("digue.toml");
    let good = fs::read_to_string(&settings).unwrap();
    let bad = good
        .replace("127.0.0.1:8080\"\n#", "nowhere\"\n#")
        .replace("idle = \"30min\"", "idle = 30\nidel = \"30min\"");
    fs::write(&settings, bad).unwrap();
    let map = folder.path().join("portals/portail.toml");
    let good = fs::read_to_string(&map).unwrap();
    let bad = good
        .replace("$.personnes[*].numero", "personnes")
        .replace("tr[data-numero]", "tr:has(x)")
        .replace(
            "as = \"numero\" }]\n[[routes.response]]\nformat = \"html\"",
            "as = \"nir\" }]\n[[routes.response]]\nformat = \"html\"",
        )
        .replace("mode = \"pilot\"", "mode = \"relaxed\"");
    fs::write(&map, bad).unwrap();
    fs::write(
        folder.path().join("policies/bad.cedar"),
        "permit(principal, action, resource);\nforbid(",
    )
    .unwrap();
    let checked = digue(folder.path(), &["check"]);
    assert_eq!(checked.status.code(), Some(1));
    let faults = text(&checked.stderr);
    for place in ["digue.toml:", "portail.toml:", "bad.cedar:2:"] {
        assert!(faults.contains(place), "{place} in {faults}");
    }
    for word in [
        "listeners[1].address",
        "sessions.idle",
        "sessions.idel",
        "JSONPath",
        "CSS",
        "\"nir\"",
        "portal.mode",
    ] {
        assert!(faults.contains(word), "{word} in {faults}");
    }
    // A server does not start on it.
    assert_eq!(digue(folder.path(), &["serve"]).status.code(), Some(1));
}

#[test]
fn verify_says_intact_tampered_or_could_not_run() {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1"]), obliging);
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/P1").status, 200);
    assert!(instance.stop());
    let folder = instance.folder.path();
    let intact = digue(folder, &["journal", "verify"]);
    assert_eq!(intact.status.code(), Some(0), "{}", text(&intact.stdout));
    let tailed = digue(folder, &["journal", "tail", "--count", "2"]);
    assert_eq!(text(&tailed.stdout).lines().count(), 2);
    let bundle = fs::read_dir(instance.journal().join("tile/entries/000.p")).unwrap();
    let newest = bundle.map(|item| item.unwrap().path()).max_by_key(|path| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .parse::<u32>()
            .unwrap()
    });
    let newest = newest.unwrap();
    let mut bytes = fs::read(&newest).unwrap();
    let place = bytes.len() - 1;
    bytes[place] ^= 1;
    fs::write(&newest, bytes).unwrap();
    let tampered = digue(folder, &["journal", "verify"]);
    assert_eq!(tampered.status.code(), Some(1));
    assert!(
        text(&tampered.stdout).contains("TAMPERED"),
        "{}",
        text(&tampered.stdout)
    );
    assert_eq!(
        digue(folder, &["journal", "verify", "--journal", "nowhere"])
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn help_speaks_the_readers_language() {
    let help = |language: &str| {
        let done = Command::new(binary())
            .args(["--language", language, "--help"])
            .output()
            .unwrap();
        text(&done.stdout)
    };
    assert!(help("fr").contains("Démarrer le service"));
    assert!(help("en").contains("Run the service"));
}

#[test]
fn completions_and_man_pages_know_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let help = text(&digue(folder.path(), &["--help"]).stdout);
    let commands = help.split_once("Commands:").unwrap().1;
    let commands: Vec<&str> = commands
        .lines()
        .skip(1)
        .take_while(|line| !line.trim().is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.len() > 20, "{help}");

    for shell in ["bash", "zsh", "fish"] {
        let done = digue(folder.path(), &["completions", shell]);
        assert!(done.status.success(), "{}", text(&done.stderr));
        let script = text(&done.stdout);
        for name in &commands {
            assert!(script.contains(name), "{shell}: {name}");
        }
    }
    let bash = digue(folder.path(), &["completions", "bash"]).stdout;
    fs::write(folder.path().join("digue.bash"), bash).unwrap();
    let read = Command::new("bash")
        .args(["-n", "digue.bash"])
        .current_dir(folder.path())
        .status();
    assert!(read.unwrap().success());
    assert_eq!(
        digue(folder.path(), &["completions", "cmd"]).status.code(),
        Some(2)
    );

    for (language, section) in [("en", "man"), ("fr", "man-fr")] {
        let done = digue(folder.path(), &["--language", language, "man", section]);
        assert!(done.status.success(), "{}", text(&done.stderr));
        for name in &commands {
            let page = folder.path().join(section).join(format!("digue-{name}.1"));
            let page = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{name}: {error}"));
            // Hyphens are escaped in roff.
            let page = page.replace("\\-", "-");
            assert!(page.contains(".SH") && page.contains(name), "{page}");
        }
    }
    let said =
        |section: &str| fs::read_to_string(folder.path().join(section).join("digue-doctor.1"));
    assert!(
        said("man")
            .unwrap()
            .contains("what is wrong with this installation")
    );
    assert!(said("man-fr").unwrap().contains("quoi faire ensuite"));
}
