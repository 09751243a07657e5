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
    fn of_a_confirmed_theft(language: &str) -> Self {
        let stage = Stage::open();
        let link = stage.links[3].clone();
        let console = link.split("/.digue").next().unwrap().to_owned();
        let browser = Browser::open(language);
        browser.width(1280);
        browser.go(&link);
        browser.click("button.main");
        browser.sees("h1", "Maintenant");
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
    let night = Night::of_a_confirmed_theft("fr");
    let Night { browser, incident, console, .. } = &night;
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

    // The clock runs from an hour with an author and a reason.
    night.room("decisions");
    browser.write("#aware-reason", BECAUSE);
    browser.click("form:has(#aware) button");
    browser.sees("table", "RGPD art. 33(1)");
    browser.sees("table", "h");
    browser.write("#notify-reason", BECAUSE);
    browser.click("form:has(#notify) button");
    browser.sees("main", "La CNIL est notifiée –");
    browser.write("#inform-reason", BECAUSE);
    browser.click("form:has(#inform) button");
    browser.sees("main", "Les personnes sont informées –");
    browser.page_at_both_widths("incident-decisions");

    // The form: filled by facts, one answer by hand, the rest marked with who can answer.
    night.room("notification");
    browser.sees("main", "rempli par les faits");
    browser.sees("main", "Qui peut répondre");
    browser.choose("#f-cause", "external-malicious");
    browser.click("form:has(#f-cause) button.main");
    browser.sees("main", "répondu par une personne");
    browser.page_at_both_widths("incident-notification");
    browser.write("#receipt", "CNIL-2026-0042");
    browser.click("form:has(#receipt) button");
    browser.sees("main", "CNIL-2026-0042");
    browser.sees("main", "Ce qui a changé depuis la dernière");

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

    // The persons were told; every step has its answer; then, and only then, it closes.
    night.room("decisions");
    browser.choose("#met-clock", "persons");
    browser.write("#met-to", "courriel");
    browser.click("form:has(#met-clock) button");
    browser.sees("h2", "Délais de la loi");
    browser.go(incident);
    browser.sees("h1", "of-212.agent2");
    browser.choose("#state", "contained");
    browser.write("#state-reason", BECAUSE);
    browser.click("form:has(#state) button");
    browser.sees("p.quiet", "contenu");
    browser.choose("#state", "resolved");
    browser.write("#state-reason", BECAUSE);
    browser.click("form:has(#state) button");
    browser.sees("main", "étapes obligatoires");
    night.answer_the_sheets();
    browser.go(incident);
    browser.choose("#state", "resolved");
    browser.write("#state-reason", BECAUSE);
    browser.click("form:has(#state) button");
    browser.sees("p.quiet", "résolu");
    browser.page_at_both_widths("incident-closed");

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
