//! What an officer does with an incident in the browser, whatever it is about.

use crate::webdriver::Browser;

pub(crate) const BECAUSE: &str = "les faits du journal le montrent";

/// An officer in front of one incident.
pub(crate) struct Officer {
    pub(crate) browser: Browser,
    /// Where the console is.
    pub(crate) console: String,
    /// Where the incident is.
    pub(crate) incident: String,
}

impl Officer {
    /// A user who signs in with a link, at the list of incidents.
    pub(crate) fn enters(link: &str) -> Self {
        let console = link.split("/.digue").next().unwrap().to_owned();
        let browser = Browser::open("fr");
        browser.width(1280);
        browser.go(link);
        browser.click("button.main");
        // The start page, or at a first entry the own account.
        browser.sees("nav", "Accueil");
        Self {
            browser,
            console,
            incident: String::new(),
        }
    }

    /// Opens an incident that one of the operator's people reports.
    pub(crate) fn opens(&mut self, title: &str, organisation: &str) {
        let browser = &self.browser;
        browser.go(&format!("{}/incidents", self.console));
        browser.write("#title", title);
        browser.write("#organisation", organisation);
        browser.click("form[action='/incidents'] button.main");
        browser.sees("h1", title);
        self.incident = browser.place();
    }

    /// Finds an incident in the list by what its line says.
    pub(crate) fn finds(&mut self, title: &str) {
        let browser = &self.browser;
        browser.go(&format!("{}/incidents", self.console));
        browser.sees("table", title);
        browser.click("tbody td a");
        browser.sees("h1", title);
        self.incident = browser.place();
    }

    /// The hour of awareness and both decisions: to notify, and to inform.
    pub(crate) fn decide(&self) {
        self.decides_aware_since(0);
    }

    /// The same, aware so many days ago.
    pub(crate) fn decides_aware_since(&self, days: u32) {
        let browser = &self.browser;
        self.room("decisions");
        let earlier = "const field = document.querySelector('#aware'); \
                       const at = new Date(Date.parse(field.value + 'Z') - arguments[0] * 864e5); \
                       field.value = at.toISOString().slice(0, 16)";
        browser.ask(
            "POST",
            "/execute/sync",
            &serde_json::json!({"script": earlier, "args": [days]}),
        );
        browser.write("#aware-reason", BECAUSE);
        browser.submit("form:has(#aware)", 0);
        browser.sees("main", "Inscrit.");
        self.room("decisions");
        browser.choose("#f-notify", "yes");
        browser.write("#f-notify-reason", BECAUSE);
        browser.choose("#f-inform", "yes");
        browser.write("#f-inform-reason", BECAUSE);
        browser.click("form[action$='/steps/decide'] button.main");
        browser.sees("main", "Décisions enregistrées.");
        self.room("decisions");
        browser.sees("main", "Décidé par");
    }

    /// Answers every field of the notification that no fact fills.
    fn answer_the_unknown(&self) {
        let answers = "for (const field of document.querySelectorAll('.field.missing')) { \
                         const box = field.querySelector('input[type=checkbox]'); \
                         if (box) { box.checked = true; continue; } \
                         const asked = field.querySelector('select, textarea, input:not([type=hidden])'); \
                         if (asked.tagName === 'SELECT') asked.selectedIndex = 1; \
                         else if (asked.type === 'number') asked.value = '0'; \
                         else if (asked.type === 'datetime-local') \
                           asked.value = document.querySelector('#submitted-at').value; \
                         else asked.value = 'établi avec le responsable'; } \
                         for (const box of document.querySelectorAll('input[name=confirm]')) box.checked = true;";
        let browser = &self.browser;
        self.room("notification");
        // An answer may ask for another one.
        while browser.count(".field.missing") > 0 {
            let script = serde_json::json!({"script": answers, "args": []});
            browser.ask("POST", "/execute/sync", &script);
            browser.click("form[action$='/steps/authority'] button.main");
            browser.sees("main", "Réponses pour la CNIL enregistrées.");
            self.room("notification");
        }
    }

    /// The notification is complete and sent, the persons are informed, all steps are answered, and
    /// it closes.
    pub(crate) fn close(&self, means: &str) {
        let browser = &self.browser;
        self.answer_the_unknown();
        browser.write("#receipt", "CNIL-2025-0007");
        browser.click("form:has(#receipt) button");
        browser.sees("main", "Inscrit.");
        self.room("notification");
        browser.sees("main", "CNIL-2025-0007");
        self.room("notices");
        browser.choose("#met-clock", "persons");
        browser.write("#met-to", means);
        browser.submit("form:has(#met-clock)", 0);
        self.answer_the_sheets();
        browser.go(&self.incident);
        if !browser.text("p.quiet").contains("contenu") {
            browser.choose("#state", "contained");
            browser.write("#state-reason", BECAUSE);
            browser.click("form:has(#state) button");
            browser.sees("p.quiet", "contenu");
        }
        self.room("closing");
        // What may stay open needs its reason.
        if browser.count("#f-left-open-complaint") > 0 {
            browser.write("#f-left-open-complaint", BECAUSE);
        }
        browser.choose("#f-state", "resolved");
        browser.write("#f-state-reason", BECAUSE);
        browser.click("form[action$='/steps/close'] button.main");
        browser.go(&self.incident);
        browser.sees("p.quiet", "résolu");
    }

    /// Goes to a page of the incident, and unfolds what is optional there.
    pub(crate) fn room(&self, room: &str) {
        self.browser.go(&format!("{}/{room}", self.incident));
        self.unfold();
    }

    /// Unfolds what is optional on this page; the line of steps stays as it is.
    pub(crate) fn unfold(&self) {
        let unfold = "document.querySelectorAll('main details').forEach(one => { \
                         if (!one.closest('.line-bar')) one.open = true; })";
        self.browser.ask(
            "POST",
            "/execute/sync",
            &serde_json::json!({"script": unfold, "args": []}),
        );
    }

    /// Answers every mandatory step that is open, sheet by sheet: even "I do not know" is an
    /// answer.
    pub(crate) fn answer_the_sheets(&self) {
        let answers = "for (const field of document.querySelectorAll('.field.missing')) { \
                         const asked = field.querySelector('select, textarea'); \
                         if (!asked) continue; \
                         if (asked.tagName === 'SELECT') asked.value = \
                           asked.id.startsWith('f-answer-') ? 'unknown' : ''; \
                         else asked.value = 'établi avec le responsable'; }";
        for (room, step) in [("sheets", "qualify"), ("affected", "persons")] {
            self.room(room);
            self.browser
                .page_at_both_widths(&format!("incident-{room}-open"));
            let script = serde_json::json!({"script": answers, "args": []});
            self.browser.ask("POST", "/execute/sync", &script);
            self.browser
                .submit(&format!("form[action$='/steps/{step}']"), 0);
            self.browser.sees("main", "enregistrée");
        }
    }
}
