//! The journeys of six roles and of a newcomer, in French, at the widths of a desk and of a
//! telephone: page loads, clicks, and time by the keystroke model (Card, Moran and Newell 1980).
//!
//! No page runs a script, but for the newcomer's passkey. The model knows no machine: the figures
//! are the same wherever the test runs.

use std::collections::HashSet;
use std::time::Instant;

use serde_json::{Value, json};

use crate::demo::Stage;
use crate::instance::{CONSOLE_HOST, Instance, Plan, obliging};
use crate::webdriver::Browser;

/// Seconds of the operators of the model: a keystroke of an average typist, pointing, a click, the
/// hand between mouse and keyboard, thinking before an act.
const KEY: f64 = 0.28;
const POINT: f64 = 1.1;
const CLICK: f64 = 0.2;
const HAND: f64 = 0.4;
const THINK: f64 = 1.35;
/// Words read in a second.
const WORDS: f64 = 4.0;
/// The answer of the server, and the page drawn.
const ANSWER: f64 = 0.5;

/// The sentences of a page that stand open: not those of tables, lists of choices and the menu.
const READ: &str = "const skipped = ['TABLE', 'SELECT', 'NAV', 'svg', 'TEXTAREA', 'SCRIPT', 'STYLE']; \
    const said = []; \
    const read = element => { \
      if (skipped.includes(element.tagName)) return; \
      const isFolded = element.tagName === 'DETAILS' && !element.open; \
      for (const node of element.childNodes) { \
        const text = node.textContent.trim(); \
        if (node.nodeType === 3 && text) said.push(text); \
        else if (node.nodeType === 1 && (!isFolded || node.tagName === 'SUMMARY')) read(node); } }; \
    read(document.querySelector('main') || document.body); \
    return said";

/// Fills what a form marks as missing and leaves empty, and confirms what Digue proposes: (choices,
/// texts).
const FILL: &str = "const form = document.querySelector(arguments[0]); let chosen = 0, typed = 0; \
    for (const field of form.querySelectorAll('.field.missing')) { \
      const boxes = [...field.querySelectorAll('input[type=checkbox]')]; \
      if (boxes.some(box => box.checked)) continue; \
      if (boxes.length) { boxes[0].checked = true; chosen++; continue; } \
      const asked = field.querySelector('select, textarea, input:not([type=hidden])'); \
      if (asked.value) continue; \
      if (asked.tagName === 'SELECT') { \
        const values = [...asked.options].map(option => option.value); \
        asked.value = ['unknown', 'contained', 'yes'].find(value => values.includes(value)) || values.find(Boolean); \
        chosen++; } \
      else if (asked.type === 'datetime-local') { if (!asked.value) { asked.value = arguments[1]; typed++; } } \
      else { asked.value = asked.type === 'number' ? '0' : arguments[2]; typed++; } } \
    for (const name of ['state-reason', 'notify-reason', 'inform-reason']) { \
      const reason = form.querySelector(`[name='${name}']`); \
      if (reason && !reason.value) { reason.value = arguments[2]; typed++; } } \
    for (const box of form.querySelectorAll('input[name=confirm]')) { box.checked = true; chosen++; } \
    return [chosen, typed]";

const SENTENCE: &str = "les faits du journal le montrent";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    Desk,
    Telephone,
}

/// A person at a browser.
struct Walker {
    browser: Browser,
    width: Width,
    loads: u32,
    clicks: u32,
    seconds: f64,
    /// What was read: nobody reads the same label twice to find what has changed.
    read: HashSet<String>,
    /// Seconds of reading again what stood on an earlier page.
    read_again: f64,
}

impl Walker {
    fn new(width: Width) -> Self {
        Self::at(Browser::without_scripts("fr"), width)
    }

    fn at(browser: Browser, width: Width) -> Self {
        let (pixels, height) = match width {
            Width::Desk => (1440, 900),
            Width::Telephone => (390, 844),
        };
        let metrics = json!({
            "width": pixels, "height": height, "deviceScaleFactor": 1,
            "mobile": width == Width::Telephone,
        });
        let command = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics});
        browser.ask("POST", "/goog/cdp/execute", &command);
        Self {
            browser,
            width,
            loads: 0,
            clicks: 0,
            seconds: 0.0,
            read: HashSet::new(),
            read_again: 0.0,
        }
    }

    /// Signs in with the link of a role, and begins to count.
    fn enters(width: Width, stage: &Stage, role: &str) -> Self {
        let mut walker = Self::new(width);
        walker.browser.go(&stage.tour(role));
        walker.browser.click("a.button");
        walker.browser.click("form[action='/.digue/enter'] button");
        walker.counts_from_here();
        walker
    }

    fn counts_from_here(&mut self) {
        (self.loads, self.clicks, self.seconds) = (0, 0, 0.0);
        self.read.clear();
        self.read_again = 0.0;
    }

    /// A page is there: it says this, is read, and is not wider than its window.
    #[track_caller]
    fn arrives(&mut self, css: &str, words: &str) {
        self.browser.sees(css, words);
        let is_own = !self.browser.place().contains("kairos.");
        assert!(
            !is_own || self.browser.fits(),
            "{} is wider than its window",
            self.browser.place()
        );
        let said = self.script(READ, &[]);
        let (mut new, mut again) = (0, 0);
        for sentence in said.as_array().unwrap() {
            let sentence = sentence.as_str().unwrap();
            let words = sentence.split_whitespace().count();
            if self.read.insert(sentence.to_owned()) {
                new += words;
            } else {
                again += words;
            }
        }
        self.loads += 1;
        self.seconds += ANSWER + new as f64 / WORDS;
        self.read_again += again as f64 / WORDS;
        let place = self.browser.place();
        println!(
            "  {:.0} s {place}: {new} words, {again} again",
            self.seconds
        );
    }

    #[track_caller]
    fn goes(&mut self, address: &str, css: &str, words: &str) {
        self.browser.go(address);
        self.clicked();
        self.arrives(css, words);
    }

    fn clicked(&mut self) {
        self.clicks += 1;
        self.seconds += THINK + POINT + CLICK;
    }

    #[track_caller]
    fn click(&mut self, css: &str) {
        self.clicked();
        self.browser.click(css);
    }

    fn typed(&mut self, text: &str) {
        self.clicked();
        self.seconds += 2.0 * HAND + KEY * text.chars().count() as f64;
    }

    #[track_caller]
    fn write(&mut self, css: &str, text: &str) {
        self.typed(text);
        self.browser.write(css, text);
    }

    /// To a page of the menu, which a telephone folds.
    #[track_caller]
    fn by_menu(&mut self, place: &str) {
        if self.width == Width::Telephone {
            self.click(".menu-open");
        }
        self.click(&format!("#menu a[href='{place}']"));
    }

    /// Answers what a step still asks, and sends it.
    #[track_caller]
    fn step(&mut self, step: &str, said: &str) {
        let form = format!("form[action$='/steps/{step}']");
        self.browser.element(&form);
        let filled = self.script(
            FILL,
            &[json!(form), json!("2026-01-01T10:00"), json!(SENTENCE)],
        );
        for _ in 0..filled[0].as_u64().unwrap() {
            // A list is opened, and one of it chosen.
            self.clicked();
            self.clicked();
        }
        for _ in 0..filled[1].as_u64().unwrap() {
            self.typed(SENTENCE);
        }
        self.click(&format!("{form} button.main"));
        self.arrives(".saved", said);
    }

    fn script(&self, script: &str, arguments: &[Value]) -> Value {
        let body = json!({"script": script, "args": arguments});
        self.browser.ask("POST", "/execute/sync", &body)
    }

    fn end(self, name: &'static str, loads_max: u32) -> Journey {
        let (loads, clicks, seconds) = (self.loads, self.clicks, self.seconds);
        assert!(loads <= loads_max, "{name}: {loads} page loads");
        Journey {
            name,
            loads,
            clicks,
            seconds,
        }
    }
}

struct Journey {
    name: &'static str,
    loads: u32,
    clicks: u32,
    seconds: f64,
}

/// During an attack: from the first page to the verdict, which leads into the incident. Returns
/// where that is.
fn the_ciso_confirms_a_theft(width: Width, stage: &Stage) -> (Journey, String) {
    let mut ciso = Walker::enters(width, stage, "rssi");
    ciso.browser.sees("h1", "Accueil");
    let home = ciso.browser.place();
    ciso.browser.submit("form[action='/demo/attack']", 0);
    let deadline = Instant::now() + digue_testkit::PATIENCE;
    loop {
        ciso.browser.go(&home);
        ciso.browser.sees("h1", "Accueil");
        let situation = ciso.browser.text(".situation");
        if situation.contains("compte fermé") {
            break;
        }
        assert!(Instant::now() < deadline, "{situation}");
    }
    ciso.counts_from_here();
    ciso.goes(&home, ".situation", "à décider");
    ciso.click(".situation a");
    ciso.arrives("main", "Qui appeler");
    // Whom to call stands there, by name.
    ciso.browser.sees("h1", "Valérie Fauer");
    ciso.browser.sees(".holders", "03 53 01 12 22");
    ciso.write("#reason", "la titulaire n'a rien consulté cette nuit");
    ciso.click("button[value=theft]");
    ciso.arrives(".saved", "Vol confirmé.");
    let place = ciso.browser.place();
    let incident = place.split("/sheets").next().unwrap().to_owned();
    (ciso.end("RSSI: an attack, to the verdict", 4), incident)
}

/// Alone at night: from the first page to the draft for the CNIL, the papers and the register.
fn the_dpo_finishes_an_incident(width: Width, stage: &Stage, incident: &str) -> Journey {
    let mut dpo = Walker::enters(width, stage, "dpo");
    dpo.arrives("h1", "Accueil");
    let place = incident.split_once("/incidents").unwrap().1;
    dpo.by_menu("/incidents");
    dpo.arrives("h1", "Incidents");
    dpo.click(&format!("main a[href='/incidents{place}']"));
    dpo.arrives("main", "À faire maintenant");
    dpo.click(".line-bar a[href*='/sheets']");
    dpo.arrives("form[action$='/steps/qualify']", "Quand");
    dpo.step("qualify", "Qualification enregistrée.");
    dpo.step("persons", "Réponses sur les personnes enregistrées.");
    dpo.step("decide", "Décisions enregistrées.");
    // An answer may ask for another one.
    while dpo.browser.count(".field.missing") > 0 {
        dpo.step("authority", "Réponses pour la CNIL enregistrées.");
    }
    dpo.browser.sees("main", "Tous les champs sont remplis");
    for paper in ["notification.pdf", "complaint.zip"] {
        assert!(
            dpo.browser.count(&format!("a[href$='/papers/{paper}']")) > 0,
            "{paper}"
        );
        dpo.clicked();
    }
    dpo.click("main a[href$='/closing']");
    dpo.arrives("main", "La ligne du registre des violations");
    dpo.click("main a[href='/register']");
    dpo.arrives("table", "Vol confirmé du compte");
    dpo.end("DPO alone: an incident, to its papers", 12)
}

/// Access of the own organisation decided, and an incident reported.
fn the_delegate_decides_and_reports(width: Width, stage: &Stage) -> Journey {
    let mut delegate = Walker::enters(width, stage, "delegate");
    delegate.arrives("h1", "Accueil");
    delegate.click(".tasks .task a");
    delegate.arrives("h1", "Revue annuelle de tous les accès");
    // People are named, and not their accounts alone.
    delegate.browser.sees("table", "Yasmine Delretin");
    delegate.click("a[href*='choose=usual']");
    delegate.arrives(".choose", "lignes choisies");
    delegate.click("button[value=keep]");
    delegate.arrives("main", "2 accès décidés sur 3");
    delegate.by_menu("/own-incidents");
    delegate.arrives("h1", "Incidents de notre organisation");
    delegate.write(
        "main form input:not([type=hidden])",
        "Mot de passe donné au téléphone",
    );
    delegate.write(
        "main form textarea",
        "Ce matin, poste de l'accueil ; mot de passe changé.",
    );
    delegate.click("main form button.main");
    delegate.arrives("table", "Mot de passe donné au téléphone");
    delegate.end("Delegate: a review, and a report", 6)
}

/// A record of one's own, a refused one, and exceptional access to it.
fn the_agent_opens_a_record(width: Width, stage: &Stage) -> Journey {
    let mut agent = Walker::enters(width, stage, "agent");
    agent.arrives("h1", "Mes stagiaires");
    let portal = agent.browser.place();
    let person = agent.browser.text("tbody td a");
    agent.click("tbody td a");
    agent.arrives("dl", &person);
    let stranger = format!("{portal}fiche/1000003A");
    agent.goes(&stranger, "main", "pas dans votre portefeuille");
    assert!(agent.browser.count("a[href^='tel:']") > 0, "whom to call");
    agent.click("a[href^='/.digue/break-glass']");
    agent.arrives("h1", "Demander un accès exceptionnel");
    agent.write("#j", "Convocation urgente, la personne est au téléphone");
    agent.click("form.stack button.main");
    agent.arrives("main", "L'accès est ouvert jusqu'à");
    // It leads back to the record that was refused.
    agent.click("main a.button");
    agent.arrives("dl", "1000003A");
    agent.end("Agent: a refusal, and break glass", 7)
}

/// Who consulted the record; one consultation is contested, and the contest withdrawn.
fn the_person_contests(width: Width, stage: &Stage) -> Journey {
    let mut person = Walker::new(width);
    // A letter of its own for each width: a code opens once.
    person.browser.go(&stage.tour("letter"));
    person.browser.go(&stage.tour("person"));
    let code = person.browser.text("code");
    person.counts_from_here();
    person.click(".things li a");
    person.arrives("h1", "Qui a consulté mon dossier ?");
    person.write("#code", &code);
    person.click("form[action='/person/door'] button");
    person.arrives("main", "Votre dossier a été consulté");
    person.click("a[href*='kind=contest']");
    person.arrives("h1", "Consultation non reconnue");
    person.click("input[value=unknown-body]");
    person.click("form[action='/person/ask'] button");
    person.arrives("#asked", "Réponse au plus tard le");
    person.click("form[action='/person/withdraw'] button");
    person.arrives("#asked", "retirée par la personne");
    assert_eq!(person.browser.count("form[action='/person/withdraw']"), 0);
    person.end("Person: a letter, and a contest", 6)
}

/// A sample, one of its accounts, and an entry of the journal with its receipt.
fn the_auditor_follows_a_sample(width: Width, stage: &Stage) -> Journey {
    let mut auditor = Walker::enters(width, stage, "auditor");
    auditor.arrives("h1", "Accueil");
    auditor.by_menu("/smsi/registers");
    auditor.arrives("h1", "Registres");
    auditor.click("main a[href='/smsi/samples']");
    auditor.arrives("h1", "Échantillons");
    auditor.click("main form.grid button.main");
    auditor.arrives("main", "Graine du tirage 1");
    assert!(
        auditor.browser.count("a[href^='/smsi/samples.csv?']") > 0,
        "the draw is a file, too"
    );
    auditor.click("main ol a[href^='/accounts/']");
    auditor.arrives("main", "Ce que le journal sait de ce compte");
    auditor.by_menu("/journal");
    auditor.arrives("h1", "Journal");
    auditor.click("tbody summary");
    auditor.click("a[href$='/receipt']");
    auditor.end("Auditor: a sample, and a receipt", 7)
}

/// The first link of an installation: the passkey before anything else, then what is to do.
fn the_newcomer_begins(width: Width) -> Journey {
    let mut instance = Instance::open(&Plan::usual(), obliging);
    let token = instance.link("rssi", CONSOLE_HOST);
    let console = format!("http://{CONSOLE_HOST}:{}", instance.address.port());
    let browser = Browser::open("fr");
    browser.plug_in_authenticator();
    let mut newcomer = Walker::at(browser, width);
    newcomer.goes(
        &format!("{console}/.digue/enter?link={token}"),
        "h1",
        "Se connecter",
    );
    newcomer.click("form[action='/.digue/enter'] button");
    newcomer.arrives("main", "D'abord, votre clé d'accès");
    newcomer.click("form[data-passkey] button");
    newcomer.arrives("h1", "Accueil");
    newcomer.browser.sees("main", "La première heure");
    match width {
        Width::Desk => newcomer.click("a.who"),
        Width::Telephone => newcomer.by_menu("/self"),
    }
    newcomer.arrives("table", "mon appareil");
    newcomer.end("Newcomer: a first link, to a passkey", 5)
}

fn walk(width: Width) {
    let stage = Stage::open_in("fr");
    let (ciso, incident) = the_ciso_confirms_a_theft(width, &stage);
    let journeys = [
        ciso,
        the_dpo_finishes_an_incident(width, &stage, &incident),
        the_delegate_decides_and_reports(width, &stage),
        the_agent_opens_a_record(width, &stage),
        the_person_contests(width, &stage),
        the_auditor_follows_a_sample(width, &stage),
        the_newcomer_begins(width),
    ];
    println!("| journey | page loads | clicks | seconds |");
    println!("|---|--:|--:|--:|");
    for one in journeys {
        println!(
            "| {} | {} | {} | {:.0} |",
            one.name, one.loads, one.clicks, one.seconds
        );
    }
}

#[test]
fn seven_journeys_at_a_desk() {
    walk(Width::Desk);
}

#[test]
fn seven_journeys_on_a_telephone() {
    walk(Width::Telephone);
}
