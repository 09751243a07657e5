//! From a theft to a closed incident, in the browser: the work of a DPO alone on a Saturday night.

use std::time::Instant;

use crate::demo::Stage;
use crate::officer::{BECAUSE, Officer};

/// The attack of the demonstration, found and confirmed in the browser.
fn confirmed_theft() -> (Stage, Officer) {
    let stage = Stage::open();
    let mut officer = Officer::enters(&stage.links[3]);
    let Officer {
        browser, console, ..
    } = &officer;
    browser.submit("form[action='/demo/attack']", 0);
    let deadline = Instant::now() + digue_testkit::PATIENCE;
    loop {
        browser.go(&format!("{console}/watch"));
        browser.sees("h1", "Surveillance");
        if browser.try_text("tbody td a").is_some() {
            break;
        }
        assert!(Instant::now() < deadline, "the theft was not found");
    }
    browser.click("tbody td a");
    browser.sees("h1", "of-212.agent2");
    browser.write("#reason", "le titulaire ne sait rien de ces consultations");
    // A confirmed theft leads into its incident.
    browser.click("button[value=theft]");
    browser.sees("h1", "Vol confirmé du compte");
    browser.sees("main", "Vol confirmé.");
    browser.go(&format!("{console}/incidents"));
    browser.sees("table", "Vol confirmé du compte");
    browser.page_at_both_widths("incidents");
    officer.finds("of-212.agent2");
    (stage, officer)
}

#[test]
fn a_stolen_account_becomes_a_closed_incident_in_the_browser() {
    let (stage, night) = confirmed_theft();
    let Officer {
        browser,
        incident,
        console,
    } = &night;
    browser.forget_effort();
    browser.sees("main", "Heure de prise de connaissance présumée");
    browser.sees("table", "confinement");
    browser.page_at_both_widths("incident");

    // Who is affected: exact, from the journal.
    night.room("affected");
    // A confirmed theft begins with its signed list.
    browser.sees(".figures", "personnes touchées");
    browser.sees("h2", "Par catégorie de données");
    browser.page_at_both_widths("incident-affected");

    // The clock runs from an hour with an author and a reason; both decisions have theirs.
    night.decide();
    browser.sees("main", "il reste");
    browser.page_at_both_widths("incident-decisions");

    // The form: filled by facts, one answer by hand, the rest marked with who can answer.
    night.room("notification");
    browser.sees("main", "Qui peut répondre");
    browser.choose("#f-cross-border", "no");
    browser.click("form[action$='/steps/authority'] button.main");
    browser.sees("main", "Réponses pour la CNIL enregistrées.");
    browser.page_at_both_widths("incident-notification");
    // The authority's receipt is stored as it came; stored files are checked against the journal.
    night.room("notification");
    let folder = tempfile::tempdir().unwrap();
    let paper = folder.path().join("accusé.pdf");
    std::fs::write(&paper, b"%PDF-1.7 a receipt").unwrap();
    browser.write("#file", paper.to_str().unwrap());
    browser.submit("form[action$='/files']", 0);
    browser.sees("main", "accusé.pdf");
    browser.go(incident);
    browser.submit("form[action$='/check']", 0);
    browser.sees("main", "correspondent aux empreintes inscrites au journal");
    browser.sees("main", "recalculée, même empreinte");
    browser.page_at_both_widths("incident-checked");
    // The text for each person, plain enough; and the page where anyone verifies it.
    night.room("notices");
    browser.sees(".notice", "Comment vérifier ce message");
    browser.sees("main", "Préparer les avis");
    browser.page_at_both_widths("incident-notices");
    let contacts = folder.path().join("contacts.csv");
    std::fs::write(
        &contacts,
        "person,email\n0000001A,un@example.fr\n,deux@example.fr\n",
    )
    .unwrap();
    browser.write("#contacts", contacts.to_str().unwrap());
    browser.submit("form[enctype]", 0);
    let deadline = Instant::now() + digue_testkit::PATIENCE;
    while !browser.text("main").contains("prête") {
        assert!(Instant::now() < deadline, "{}", browser.text("main"));
        browser.go(&browser.place());
    }
    browser.sees("main", "il manque l'identifiant de la personne");
    browser.page_at_both_widths("campaign");
    // Unsent notices are given up before the incident is closed.
    browser.click_through("button[value=ended]");
    browser.go(&format!("{console}/check"));
    browser.write("#code", "7K3M-9QXT-2BVN-R");
    browser.click("form[action='/check'] button");
    browser.sees("section.card", "avons envoyé aucun message avec ce code");
    browser.page_at_both_widths("check");

    // It does not close before every mandatory step has an answer.
    browser.go(incident);
    browser.choose("#state", "contained");
    browser.write("#state-reason", BECAUSE);
    browser.click("form:has(#state) button");
    browser.sees("p.quiet", "contenu");
    browser.go(&format!("{incident}/closing"));
    browser.sees("main", "voyez ce qui reste ouvert");
    assert_eq!(browser.count("#f-state option[value='resolved']"), 0);
    night.close("courriel");
    browser.page_at_both_widths("incident-closed");
    // Goal L1, by the keystroke-level model: a quarter of an hour of work, reading left out.
    let (clicks, keys) = browser.effort();
    let minutes = (f64::from(keys) * 0.28 + f64::from(clicks) * 2.45) / 60.0;
    println!("the DPO's path: {clicks} clicks, {keys} keystrokes, {minutes:.1} minutes");
    assert!(minutes < 15.0, "{clicks} clicks and {keys} keystrokes");

    browser.go(&format!("{console}/register"));
    browser.sees("table", "La CNIL a été notifiée le");
    browser.page_at_both_widths("register");
    browser.click("button[lang=en]");
    browser.sees("nav", "Home");
    browser.go(incident);
    browser.sees("main", "Phased reopening");
    browser.page("incident-english");
    drop(stage);
}
