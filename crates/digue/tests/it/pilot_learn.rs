//! `digue learn --pilot`: a map from what passes at a running pilot, of which nothing is kept.

use std::fs;
use std::process::Command;

use regex::Regex;

use crate::instance::{Instance, Plan, binary, digue, obliging};

fn pilot() -> Plan {
    Plan::usual().replace(
        "upstream = \"{upstream}\"",
        "upstream = \"{upstream}\"\nmode = \"pilot\"",
    )
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_pilot_teaches_its_map_while_it_serves_and_keeps_nothing() {
    let mut instance = Instance::open(&pilot(), obliging);
    let folder = instance.folder.path().to_owned();
    let rows: String = (1..=300)
        .map(|number| format!("P{number:04};Nom{number};Prenom{number}\n"))
        .collect();
    fs::write(folder.join("ids.csv"), format!("id;nom;prenom\n{rows}")).unwrap();
    let arguments = [
        "learn",
        "--pilot",
        "portail",
        "--persons",
        "ids.csv",
        "--exchanges",
        "60",
    ];
    let mut learning = Command::new(binary())
        .args(arguments)
        .args(["--out", "learnt.toml"])
        .current_dir(&folder)
        .env("LANG", "en")
        .spawn()
        .unwrap();
    // Addresses that the map lacks are learnt, too: nobody has a session here.
    let users = instance.stranger();
    let mut number = 0;
    let status = loop {
        if let Some(status) = learning.try_wait().unwrap() {
            break status;
        }
        number = number % 290 + 1;
        let sheet = format!("/fiche/P{number:04}");
        let list = format!("/eleves?ids=P{number:04},P{:04}", number + 1);
        for target in [sheet, list] {
            assert_eq!(users.get(&target).status, 200, "{target}");
        }
    };
    assert_eq!(status.code(), Some(1), "a map is something to review");
    let acts = instance.acts();
    assert!(
        acts.iter()
            .any(|act| act["act"] == "traffic-read" && act["subject"] == "portal:portail"),
        "{acts:?}"
    );
    let left: Vec<_> = fs::read_dir(folder.join("data/learning"))
        .unwrap()
        .collect();
    assert!(left.len() <= 1, "a socket and nothing else: {left:?}");

    let learnt = fs::read_to_string(folder.join("learnt.toml")).unwrap();
    for line in ["mode = \"pilot\"", "/fiche/{", "/eleves"] {
        assert!(learnt.contains(line), "{line} is not in {learnt}");
    }
    // Put in force, it finds who is in the bytes.
    let place = |name: &str, text: &str| {
        Regex::new(&format!("(?m)^{name} = \"[^\"]*\""))
            .unwrap()
            .replace(text, format!("{name} = \"{{{name}}}\""))
            .into_owned()
    };
    let mut plan = Plan::usual();
    plan.map = place("upstream", &place("url", &learnt))
        .replace("mode = \"pilot\"", "mode = \"enforced\"")
        .replace("action = ", "caseload = \"not-required\"\naction = ");
    let mut enforced = Instance::open(&plan, obliging);
    let a1 = enforced.sign_in("a1");
    assert_eq!(a1.get("/eleves?ids=P0299,P0300,P0007").status, 200);
    let history = enforced.history();
    assert_eq!(history.last().unwrap()["persons_found"], 3, "{history:?}");
}

#[test]
fn only_a_running_pilot_can_be_learnt_from() {
    let mut instance = Instance::open(&Plan::usual(), obliging);
    let folder = instance.folder.path().to_owned();
    let learn = |portal: &str| digue(&folder, &["learn", "--pilot", portal, "--out", "x.toml"]);
    let enforced = learn("portail");
    assert_eq!(enforced.status.code(), Some(2), "{}", said(&enforced));
    assert!(
        said(&enforced).contains("no portal in pilot mode"),
        "{}",
        said(&enforced)
    );
    assert_eq!(learn("autre").status.code(), Some(2));
    assert!(instance.stop());
    let stopped = learn("portail");
    assert_eq!(stopped.status.code(), Some(2));
    assert!(
        said(&stopped).contains("does not run"),
        "{}",
        said(&stopped)
    );
    assert!(!folder.join("x.toml").exists());
}
