//! Classes of persons, and persons who were just created, in a running Digue.

use digue_testkit::{Heard, Reply};

use crate::instance::{Instance, Plan, obliging, reasons};

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

/// What stands between two texts.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("{before}: {text}"));
    rest.split_once(after).expect("an end").0
}

#[test]
fn an_archived_record_opens_by_agreement_and_a_protected_one_is_listed() {
    let plan = Plan::usual()
        .caseload("a1", &["P1", "P2"])
        .add("[classes.archived]\nrule = \"agreement\"\n[classes.protected]\nrule = \"watch\"\n");
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    // Nothing says who is archived: everybody may be.
    assert_eq!(reasons(&a1.get("/fiche/P2")), ["class-unknown"]);
    assert!(instance.stop());
    let folder = instance.folder.path().join("data/classes");
    std::fs::create_dir_all(&folder).unwrap();
    let rows = "class,person\narchived,P1\nprotected,P2\n";
    std::fs::write(folder.join("personnes.csv"), rows).unwrap();
    instance.start();

    assert_eq!(a1.get("/fiche/P2").status, 200);
    let refused = a1.get("/fiche/P1");
    assert_eq!(reasons(&refused), ["person-class:archived"]);
    assert!(
        a1.get("/.digue/record")
            .text()
            .contains("name=\"justification\"")
    );
    let ask = "person=P1&justification=Une+pension+de+1998+est+recalculee";
    let asked = a1.send("POST", "/.digue/record", &FORM, ask.as_bytes());
    assert_eq!(asked.status, 200, "{}", asked.text());
    assert_eq!(a1.get("/fiche/P1").status, 403);

    let officer = instance.officer();
    let page = officer.get("/approvals").text();
    assert!(page.contains("Une pension de 1998"), "{page}");
    let id = between(&page, "name=\"id\" value=\"", "\"");
    let granted = format!("id={id}&granted=1");
    let decided = officer.send("POST", "/approvals/decide", &FORM, granted.as_bytes());
    assert_eq!(decided.status, 303, "{}", decided.text());
    assert_eq!(a1.get("/fiche/P1").status, 200);
    let classes = officer.get("/classes").text();
    assert!(classes.contains("/persons?person=P2"), "{classes}");
    assert!(!classes.contains("/persons?person=P1"), "it is not watched");

    // What was agreed to survives the end of the process.
    instance.kill();
    instance.start();
    assert_eq!(a1.get("/fiche/P1").status, 200);
    let history = instance.history();
    let opened = history
        .iter()
        .find(|entry| entry["classes"]["archived"][0] == "P1")
        .unwrap();
    assert_eq!(opened["persons"][0]["basis"], "agreed");
    assert_eq!(
        opened["justification"],
        "Une pension de 1998 est recalculee"
    );
}

/// Creates the person of a form, and numbers them; answers with the number of the form, if it has one.
fn creating(heard: &Heard) -> Reply {
    let id = match heard.target.strip_prefix("/inscription/") {
        Some("durand") => "P77",
        Some("martin") => "P5",
        Some(number) => number,
        None => return obliging(heard),
    };
    Reply::new("application/json", format!(r#"{{"id":"{id}"}}"#)).status(201)
}

#[test]
fn who_was_just_created_is_with_the_creator_also_after_a_crash() {
    let plan = Plan::usual().caseload("a2", &["P5"]).add(
        "[[routes]]\nname = \"inscription\"\npath = \"/inscription/{nom}\"\nmethods = [\"POST\"]\n\
         action = \"create\"\ncreates = \"$.id\"\n[[routes.response]]\nformat = \"json\"\n\
         records = [\"$\"]\npersons = [{ at = \"$.id\" }]\n",
    );
    let mut instance = Instance::open(&plan, creating);
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/P77").status, 403);
    assert_eq!(
        a1.send("POST", "/inscription/durand", &FORM, b"").status,
        201
    );
    assert_eq!(a1.get("/fiche/P77").status, 200);
    // A colleague's person is not made one's own.
    let other = a1.send("POST", "/inscription/martin", &FORM, b"");
    assert_eq!(reasons(&other)[0], "outside-caseload");
    assert_eq!(a1.get("/fiche/P5").status, 403);
    // Nor whom the request names: they were there before it.
    let named = a1.send("POST", "/inscription/P78", &FORM, b"");
    assert_eq!(reasons(&named)[0], "outside-caseload");
    assert_eq!(a1.get("/fiche/P78").status, 403);
    instance.kill();
    instance.start();
    assert_eq!(a1.get("/fiche/P77").status, 200);
    let acts = instance.acts();
    let added = acts.iter().filter(|act| act["act"] == "caseload-added");
    assert_eq!(added.count(), 1);
}
