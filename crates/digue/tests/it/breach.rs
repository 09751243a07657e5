//! From a theft to a closed incident, in the browser: what a DPO alone on a Saturday night does.

use std::time::Instant;

use crate::demo::Stage;
use crate::webdriver::Browser;

const BECAUSE: &str = "les faits du journal le montrent";

/// An officer who has seen the attack of the demonstration found, and has confirmed it.
struct Night {
    stage: Stage,
    browser: Browser,
    console: String,
    incident: String,
}

impl Night {
    /// An officer at the console of the demonstration.
    fn begins() -> (Stage, Browser, String) {
        let stage = Stage::open();
        let link = stage.links[3].clone();
        let console = link.split("/.digue").next().unwrap().to_owned();
        let browser = Browser::open("fr");
        browser.width(1280);
        browser.go(&link);
        browser.click("button.main");
        browser.sees("h1", "Maintenant");
        (stage, browser, console)
    }

    /// An incident that somebody of the house reports.
    fn of_a_report(title: &str, organisation: &str) -> Self {
        let (stage, browser, console) = Self::begins();
        browser.go(&format!("{console}/incidents"));
        browser.write("#title", title);
        browser.write("#organisation", organisation);
        browser.click("form[action='/incidents'] button.main");
        browser.sees("h1", title);
        let incident = browser.place();
        Self { stage, browser, console, incident }
    }

    /// The hour of awareness and both decisions: to notify, and to tell.
    fn decide(&self) {
        let browser = &self.browser;
        self.room("decisions");
        for (field, form, wanted) in [
            ("#aware-reason", "form:has(#aware) button", "RGPD art. 33(1)"),
            ("#notify-reason", "form:has(#notify) button", "La CNIL est notifiée –"),
            ("#inform-reason", "form:has(#inform) button", "Les personnes sont informées –"),
        ] {
            browser.write(field, BECAUSE);
            browser.click(form);
            browser.sees("main", wanted);
        }
    }

    /// The notification is sent, the persons are told, all steps are answered, and it closes.
    fn close(&self, means: &str) {
        let browser = &self.browser;
        self.room("notification");
        browser.write("#receipt", "CNIL-2025-0007");
        browser.click("form:has(#receipt) button");
        browser.sees("main", "CNIL-2025-0007");
        self.room("decisions");
        browser.choose("#met-clock", "persons");
        browser.write("#met-to", means);
        browser.submit("form:has(#met-clock)", 0);
        self.answer_the_sheets();
        for (state, wanted) in [("contained", "contenu"), ("resolved", "résolu")] {
            browser.go(&self.incident);
            if browser.text("p.quiet").contains(wanted) {
                continue;
            }
            browser.choose("#state", state);
            browser.write("#state-reason", BECAUSE);
            browser.click("form:has(#state) button");
            browser.sees("p.quiet", wanted);
        }
    }

    fn of_a_confirmed_theft() -> Self {
        let (stage, browser, console) = Self::begins();
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
        browser.click("button[value=theft]");
        browser.sees("h1", "Surveillance");
        browser.go(&format!("{console}/incidents"));
        browser.sees("table", "vol de compte confirmé");
        browser.page_at_both_widths("incidents");
        browser.click("tbody td a");
        browser.sees("h1", "of-212.agent2");
        let incident = browser.place();
        Self { stage, browser, console, incident }
    }

    fn room(&self, room: &str) {
        self.browser.go(&format!("{}/{room}", self.incident));
    }

    /// Answers every mandatory step that is open: even "I do not know" is an answer.
    fn answer_the_sheets(&self) {
        self.room("sheets");
        self.browser.sees("h2", "Qualifier");
        self.browser.page_at_both_widths("incident-sheets");
        let open = "form.line:has(input[name=step])";
        let count = self.browser.count(open);
        for place in 0..count {
            self.browser.submit(open, place);
            self.browser.sees("h2", "Qualifier");
        }
    }
}

#[test]
fn a_stolen_account_becomes_a_closed_incident_in_the_browser() {
    let night = Night::of_a_confirmed_theft();
    let Night { browser, incident, console, .. } = &night;
    browser.forget_effort();
    browser.sees("main", "Personne n'a encore dit quand");
    browser.sees("table", "mise à l'abri");
    browser.page_at_both_widths("incident");

    // Who is affected: exact, from the journal.
    night.room("affected");
    browser.sees("h2", "Calculer la liste");
    browser.click("form[action$='/affected'] button");
    browser.sees(".figures", "personnes touchées");
    browser.sees("h2", "Par catégorie de données");
    browser.page_at_both_widths("incident-affected");

    // The clock runs from an hour with an author and a reason; both decisions have theirs.
    night.decide();
    browser.sees("table", "restant");
    browser.page_at_both_widths("incident-decisions");

    // The form: filled by facts, one answer by hand, the rest marked with who can answer.
    night.room("notification");
    browser.sees("main", "rempli par les faits");
    browser.sees("main", "Qui peut répondre");
    browser.choose("#f-cause", "external-malicious");
    browser.click("form:has(#f-cause) button.main");
    browser.sees("main", "répondu par une personne");
    browser.page_at_both_widths("incident-notification");
    // What each person would read, plain enough; and where anybody checks it.
    night.room("notices");
    browser.sees(".notice", "Comment vérifier ce message");
    browser.sees("main", "Préparer les avis");
    browser.page_at_both_widths("incident-notices");
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
    browser.choose("#state", "resolved");
    browser.write("#state-reason", BECAUSE);
    browser.click("form:has(#state) button");
    browser.sees("main", "pas encore fait");
    night.close("courriel");
    browser.page_at_both_widths("incident-closed");
    // Goal L1, by the keystroke-level model: a quarter of an hour of work, reading left out.
    let (clicks, keys) = browser.effort();
    let minutes = (f64::from(keys) * 0.28 + f64::from(clicks) * 2.45) / 60.0;
    println!("the DPO's path: {clicks} clicks, {keys} keystrokes, {minutes:.1} minutes");
    assert!(minutes < 15.0, "{clicks} clicks and {keys} keystrokes");

    browser.go(&format!("{console}/register"));
    browser.sees("table", "La CNIL est notifiée");
    browser.page_at_both_widths("register");
    browser.click("button[lang=en]");
    browser.sees("h1", "Now");
    browser.go(incident);
    browser.sees("main", "Progressive reopening");
    browser.page("incident-english");
    drop(night.stage);
}

/// AKTO, March 2025: tools encrypted and suspended, and nobody can say who was read.
#[test]
fn an_outage_without_a_list_of_persons_is_notified_and_closed() {
    let night = Night::of_a_report("Chiffrement partiel dans la nuit", "");
    let browser = &night.browser;
    night.room("sheets");
    browser.choose("#sheet", "ransomware");
    browser.submit("form:has(#sheet)", 0);
    browser.sees("main", "Les machines touchées sont isolées du réseau");
    night.decide();
    night.room("notification");
    browser.click("input[name=natures][value=availability]");
    browser.click("input[name=person-kinds][value=undetermined]");
    browser.click("input[name=consequences][value=service-stopped]");
    browser.choose("#f-cause", "external-malicious");
    browser.click("form:has(#f-cause) button.main");
    browser.sees("main", "répondu par une personne");
    // How many is not known, and says who can answer; severity follows what was lost.
    night.room("notification.json");
    browser.sees("body", "person-count");
    browser.sees("body", "\"unknown\":true");
    browser.sees("body", "availability");
    night.close("communication publique");
    browser.go(&format!("{}/register", night.console));
    browser.sees("table", "Chiffrement partiel dans la nuit");
}

/// Missions locales, December 2025: a leader's account made two more; what is affected is the
/// organisation's, and grows by a version.
#[test]
fn a_breach_through_several_accounts_is_one_incident_of_their_organisation() {
    let night = Night::of_a_report("Comptes créés par un compte volé", "of-212");
    let browser = &night.browser;
    night.room("affected");
    browser.write("#account", "of-212.agent1");
    browser.submit("form[action$='/affected']", 0);
    browser.sees(".figures", "personnes touchées");
    let first = browser.text(".figures strong");
    browser.submit("form[action$='/affected']", 0);
    browser.sees("h2", "Par catégorie de données");
    assert_eq!(browser.count("table:has(code) tbody tr"), 2, "two versions stay");
    let both = browser.text(".figures strong");
    let count = |shown: &str| shown.replace(|sign: char| !sign.is_ascii_digit(), "").parse::<u64>().unwrap();
    assert!(count(&both) > count(&first), "{first} then {both}");
    browser.write("#persons", "12");
    browser.write("#basis", "tiers de confiance cités dans les fiches");
    browser.submit("form:has(#basis)", 0);
    browser.sees(".figures", "proches et tiers de confiance");
    night.decide();
    night.close("courriel et lettre");
    drop(night.stage);
}
