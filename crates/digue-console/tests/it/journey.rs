//! A DPO alone on a Saturday: an account was closed in the night, and in the morning there are a
//! draft for the CNIL, letters, a complaint and a row of the register. Walked through the router
//! without script, page by page.

use digue_locales::Language;

use crate::forms::{JourneyCost, PageForm, read_words};
use crate::html::{Element, parse};
use crate::world::{CISO, DPO, ROBBED, Sent, World};

/// Page loads from the home page to the last paper.
const LOADS_MAX: usize = 12;
const MINUTES_MAX: f64 = 15.0;

/// Somebody at the console.
pub(crate) struct Walk {
    pub(crate) world: World,
    cost: JourneyCost,
    /// The page on the screen, and its address.
    page: Element,
    place: String,
}

impl Walk {
    async fn begin(world: World) -> Self {
        let page = parse("<html><main></main></html>");
        let mut walk = Self {
            world,
            cost: JourneyCost::default(),
            page,
            place: String::new(),
        };
        walk.go("/").await;
        walk
    }

    /// Loads a page; a proof of identity that is asked for is given, which is two pages.
    async fn go(&mut self, target: &str) {
        let answer = self
            .world
            .answer(DPO, Language::French, Sent::get(target))
            .await;
        let page = parse(&answer.text);
        self.cost.shown(&page);
        if answer.status == 403 && answer.text.contains("data-passkey") {
            self.cost.click();
            self.world.prove().await;
            let again = self
                .world
                .answer(DPO, Language::French, Sent::get(target))
                .await;
            assert_eq!(again.status, 200, "{target}: {again:?}");
            self.page = parse(&again.text);
            self.cost.shown(&self.page);
        } else {
            assert_eq!(answer.status, 200, "{target}: {answer:?}");
            self.page = page;
        }
        self.place = target.split(['?', '#']).next().unwrap().to_owned();
        println!(
            "{} after {:.1} minutes: {} words",
            self.place,
            self.cost.minutes(),
            read_words(&self.page)
        );
    }

    /// Follows the first link of the page whose address begins so.
    async fn follow(&mut self, beginning: &str) {
        let links = self.page.first("main").unwrap().all();
        let link = links
            .into_iter()
            .filter(|one| one.is("a"))
            .find_map(|link| {
                link.attribute("href")
                    .filter(|place| place.starts_with(beginning))
                    .map(ToOwned::to_owned)
            });
        let link = link.unwrap_or_else(|| panic!("{}: no link to {beginning}", self.place));
        self.cost.click();
        self.go(&link).await;
    }

    fn links_to(&self, beginning: &str) -> bool {
        let main = self.page.first("main").unwrap();
        main.all().iter().any(|one| {
            one.is("a")
                && one
                    .attribute("href")
                    .is_some_and(|place| place.starts_with(beginning))
        })
    }

    fn form(&self, action: &str) -> PageForm {
        PageForm::at(&self.page, action)
    }

    /// Sends a form and shows where it leads.
    async fn send(&mut self, form: &PageForm) {
        self.cost.sent();
        self.world.pass(self.cost.minutes());
        let place = self.world.post(DPO, &form.action, &form.pairs()).await;
        self.go(&place).await;
    }

    fn choose(&mut self, form: &mut PageForm, name: &str, value: &str) {
        self.cost.chose();
        form.set(name, value);
    }

    fn write(&mut self, form: &mut PageForm, name: &str, text: &str) {
        self.cost.typed(text);
        form.set(name, text);
    }

    /// Ticks the boxes by which what Digue proposes becomes an answer.
    fn confirm(&mut self, form: &mut PageForm) {
        let boxes =
            self.page.all().into_iter().filter(|element| {
                element.is("input") && element.attribute("name") == Some("confirm")
            });
        let values: Vec<String> = boxes
            .map(|element| element.attribute("value").unwrap().to_owned())
            .collect();
        assert!(!values.is_empty(), "nothing is proposed at {}", self.place);
        for value in values {
            self.cost.chose();
            form.fields.push(("confirm".to_owned(), value));
        }
    }

    async fn save(&mut self, target: &str) -> Vec<u8> {
        self.cost.file();
        let answer = self
            .world
            .answer(DPO, Language::French, Sent::get(target))
            .await;
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        answer.text.into_bytes()
    }
}

const BECAUSE: &str = "données d'état civil et NIR, lues en série par un tiers";

/// The sheet of the first step: what Digue measures is proposed, the rest is asked.
async fn qualify(walk: &mut Walk, incident: &str) {
    let mut form = walk.form(&format!("{incident}/steps/qualify"));
    for proposed in ["aware-at", "aware-reason", "occurred-from", "occurred-to"] {
        assert!(!form.value(proposed).is_empty(), "{proposed} is proposed");
    }
    for known in [
        "qualification-still-going-on",
        "containment-close-account",
        "containment-sessions-cut",
    ] {
        assert!(
            !form.value(&format!("answer-{known}")).is_empty(),
            "{known} is measured"
        );
    }
    let what = "Un compte volé a lu des fiches en série dans la nuit de vendredi à samedi.";
    walk.write(&mut form, "text-qualification-what", what);
    for (name, answer) in [
        ("answer-containment-journal-verified", "done"),
        ("answer-stolen-account-holder-called", "done"),
        ("answer-stolen-account-workstation", "unknown"),
        ("answer-stolen-account-second-factor", "yes"),
        ("answer-stolen-account-colleagues", "yes"),
    ] {
        walk.choose(&mut form, name, answer);
    }
    walk.choose(&mut form, "state", "contained");
    walk.write(
        &mut form,
        "state-reason",
        "compte fermé par Digue, plus aucune session",
    );
    walk.confirm(&mut form);
    walk.send(&form).await;
}

async fn decide(walk: &mut Walk, incident: &str) {
    let mut form = walk.form(&format!("{incident}/steps/decide"));
    walk.choose(&mut form, "notify", "yes");
    walk.write(&mut form, "notify-reason", BECAUSE);
    walk.choose(&mut form, "inform", "yes");
    walk.write(&mut form, "inform-reason", BECAUSE);
    walk.send(&form).await;
}

/// Answers every field that is unknown.
async fn answer_fields(walk: &mut Walk, incident: &str) -> usize {
    let mut form = walk.form(&format!("{incident}/steps/authority"));
    let known = [
        ("processors", "aucun"),
        ("consequences", "misused"),
        ("harms", "identity-theft"),
        (
            "measures-planned",
            "clés d'accès pour tous les comptes du centre",
        ),
        ("cross-border", "no"),
        ("other-authorities", "aucune"),
        ("complaint-filed", "no"),
        ("origins", "hacking"),
        ("cause", "external-malicious"),
        ("data-other", "parcours de formation"),
        ("support", "portail, sur serveur"),
        ("data-kinds", "civil-status"),
        ("ended-at", "2025-11-22T03:47"),
        ("informed-at", "2025-11-24T09:00"),
        ("record-count", "29"),
        ("identifiable", "yes"),
    ];
    let missing: Vec<String> = walk
        .page
        .all()
        .into_iter()
        .filter(|one| {
            one.attribute("class")
                .is_some_and(|class| class.contains("missing"))
        })
        .filter_map(|field| {
            let field = field
                .all()
                .into_iter()
                .find(|one| one.attribute("name").is_some())?;
            field.attribute("name").map(ToOwned::to_owned)
        })
        .collect();
    for name in &missing {
        let (_, value) = known
            .iter()
            .find(|(known, _)| known == name)
            .unwrap_or_else(|| panic!("{name}?"));
        if matches!(
            name.as_str(),
            "processors"
                | "measures-planned"
                | "other-authorities"
                | "data-other"
                | "informed-at"
                | "ended-at"
        ) {
            walk.write(&mut form, name, value);
        } else {
            walk.choose(&mut form, name, value);
        }
    }
    walk.send(&form).await;
    missing.len()
}

async fn prepare_letters(walk: &mut Walk, incident: &str) {
    let form = walk.form(&format!("{incident}/notices"));
    let contacts: Vec<String> = (1..=29)
        .map(|n| format!("V{n};;Personne {n};{n} rue de la Digue, 62000 Arras"))
        .collect();
    let contacts = format!("person;email;name;address\n{}\n", contacts.join("\n"));
    let mut fields = form.pairs();
    fields.retain(|(name, _)| *name != "contacts");
    fields.push(("contacts", &contacts));
    walk.cost.chose();
    walk.cost.sent();
    walk.world.pass(walk.cost.minutes());
    let place = walk
        .world
        .upload(DPO, &format!("{incident}/notices"), &fields)
        .await;
    walk.go(&place).await;
}

/// What the walk left: the addresses of the incident and of the campaign of letters, and how many
/// fields of the CNIL were unknown.
pub(crate) struct PlayedIncident {
    pub(crate) incident: String,
    pub(crate) campaign: String,
    unknown: usize,
}

/// From containment to every paper.
pub(crate) async fn played() -> (Walk, PlayedIncident) {
    let mut walk = Walk::begin(World::robbed().await).await;
    if !walk.links_to("/watch/fi-") {
        walk.go("/watch").await;
    }
    walk.follow("/watch/fi-").await;
    let said = walk.page.first("main").unwrap().text();
    assert!(
        said.contains("le DPO (dpo) le supplée"),
        "who may confirm is said: {said}"
    );
    assert!(
        said.contains("51") && !said.contains("51/15"),
        "a signal is a sentence: {said}"
    );
    let mut verdict = walk.form("/watch/decide");
    walk.write(
        &mut verdict,
        "reason",
        "la titulaire dormait, elle n'a rien lu",
    );
    verdict
        .fields
        .push(("verdict".to_owned(), "theft".to_owned()));
    walk.send(&verdict).await;
    assert!(
        walk.place.ends_with("/sheets"),
        "a confirmed theft leads into its incident: {}",
        walk.place
    );
    let incident = walk.place.trim_end_matches("/sheets").to_owned();
    let text = walk.page.first("main").unwrap().text();
    assert!(
        text.contains("Un autre signalement du même compte est décidé avec lui."),
        "{text}"
    );
    assert!(
        text.contains("Restent") || text.contains("Il reste"),
        "{text}"
    );
    qualify(&mut walk, &incident).await;
    assert!(walk.place.ends_with("/affected"), "{}", walk.place);
    assert!(
        walk.page
            .first("main")
            .unwrap()
            .text()
            .contains("29 personnes touchées")
    );
    let mut persons = walk.form(&format!("{incident}/steps/persons"));
    walk.choose(&mut persons, "answer-data-leak-relatives", "no");
    walk.choose(&mut persons, "answer-data-leak-published", "unknown");
    walk.confirm(&mut persons);
    walk.send(&persons).await;
    assert!(walk.place.ends_with("/decisions"), "{}", walk.place);
    decide(&mut walk, &incident).await;
    assert!(walk.place.ends_with("/notification"), "{}", walk.place);
    let unknown = answer_fields(&mut walk, &incident).await;
    assert!(
        walk.page
            .first("main")
            .unwrap()
            .text()
            .contains("Tous les champs sont remplis.")
    );
    // The draft can be sent.
    let draft = walk
        .save(&format!("{incident}/papers/notification.pdf"))
        .await;
    assert!(draft.starts_with(b"%PDF"));
    let mut submitted = walk.form(&format!("{incident}/entries"));
    walk.write(&mut submitted, "receipt", "CNIL-2025-1122");
    walk.send(&submitted).await;
    assert!(walk.place.ends_with("/notices"), "{}", walk.place);
    prepare_letters(&mut walk, &incident).await;
    let campaign = walk.place.clone();
    let letters = walk.save(&format!("{campaign}/letters.pdf")).await;
    assert!(letters.starts_with(b"%PDF"));
    walk.go(&format!("{incident}/closing")).await;
    let complaint = walk.save(&format!("{incident}/papers/complaint.zip")).await;
    assert!(complaint.starts_with(b"PK"));
    // The help of the page is a list, too.
    let lists = walk.page.all().into_iter().filter(|one| one.is("dl"));
    let row: String = lists.map(|list| list.text()).collect();
    assert!(
        row.contains("29") && row.contains("notifier la CNIL"),
        "the row of the register: {row}"
    );
    let played = PlayedIncident {
        incident,
        campaign,
        unknown,
    };
    (walk, played)
}

#[tokio::test]
async fn a_dpo_alone_goes_from_containment_to_every_paper_in_a_dozen_pages() {
    let (Walk { cost, .. }, PlayedIncident { unknown, .. }) = played().await;
    println!(
        "journey of the DPO: {} page loads, {} files, {} forms, {} fields ({} decisions, {unknown} of the CNIL's \
         fields), {:.1} minutes by the keystroke model",
        cost.loads,
        cost.files,
        cost.forms,
        cost.fields,
        cost.decisions,
        cost.minutes()
    );
    assert!(cost.loads <= LOADS_MAX, "{cost:?}");
    assert!(
        cost.minutes() <= MINUTES_MAX,
        "{:.1} minutes: {cost:?}",
        cost.minutes()
    );
}

#[tokio::test]
async fn a_sheet_with_a_fault_comes_back_as_it_was_typed_and_saves_nothing() {
    let world = World::robbed().await;
    let mut walk = Walk::begin(world).await;
    walk.go("/watch").await;
    walk.follow("/watch/fi-").await;
    let mut verdict = walk.form("/watch/decide");
    verdict.set("reason", "la titulaire dormait");
    verdict
        .fields
        .push(("verdict".to_owned(), "theft".to_owned()));
    walk.send(&verdict).await;
    let incident = walk.place.trim_end_matches("/sheets").to_owned();
    let mut form = walk.form(&format!("{incident}/steps/qualify"));
    // What Digue proposes is signed by nobody who did not say so.
    let before = walk.world.entries();
    let answer = walk.world.send_form(DPO, &form.action, &form.pairs()).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    assert!(
        answer.text.contains("Rien n&#39;a été enregistré"),
        "{answer:?}"
    );
    assert_eq!(walk.world.entries(), before, "nothing was signed");
    // Nor when what Digue proposes has changed since the page was loaded.
    let mut earlier = form.clone();
    for (name, value) in &mut earlier.fields {
        if matches!(name.as_str(), "occurred-from" | "proposed-occurred-from") {
            *value = "2025-11-22T03:00".to_owned();
        }
    }
    let answer = walk
        .world
        .send_form(DPO, &earlier.action, &earlier.pairs())
        .await;
    assert_eq!(answer.status, 422, "{answer:?}");
    assert_eq!(walk.world.entries(), before, "nothing was signed");
    let what = "Un compte volé a lu des fiches.";
    form.set("text-qualification-what", what);
    form.set("aware-at", "2031-01-01T10:00");
    form.set("state", "contained");
    form.set("state-reason", "oui");
    let before = walk.world.entries();
    let answer = walk.world.send_form(DPO, &form.action, &form.pairs()).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    assert_eq!(
        walk.world.entries(),
        before,
        "nothing of the sheet is saved"
    );
    let page = parse(&answer.text);
    let again = PageForm::at(&page, &form.action);
    for (name, value) in [
        ("text-qualification-what", what),
        ("state-reason", "oui"),
        ("state", "contained"),
    ] {
        assert_eq!(again.value(name), value, "{name} is still there");
    }
    let alarm = page
        .all()
        .into_iter()
        .find(|one| one.attribute("role") == Some("alert"))
        .unwrap();
    let links: Vec<&str> = alarm
        .all()
        .iter()
        .filter_map(|one| one.attribute("href"))
        .collect();
    assert_eq!(
        links,
        ["#f-aware-at", "#f-state-reason"],
        "each fault leads to its field"
    );
    for field in ["aware-at", "state-reason"] {
        let shown = page
            .all()
            .into_iter()
            .find(|one| one.attribute("id") == Some(&format!("f-{field}")));
        assert_eq!(
            shown.unwrap().attribute("aria-invalid"),
            Some("true"),
            "{field}"
        );
    }
}

#[tokio::test]
async fn only_the_ciso_decides_that_it_was_work() {
    let world = World::robbed().await;
    let finding = world.names["FINDING-THEFT"].clone();
    let page = |reader| world.answer(reader, Language::French, Sent::get("/watch"));
    assert_eq!(page(DPO).await.status, 200);
    let fields = [
        ("id", finding.as_str()),
        ("verdict", "work"),
        ("reason", "un inventaire"),
    ];
    assert_eq!(
        world.send_form(DPO, "/watch/decide", &fields).await.status,
        403
    );
    assert_eq!(
        world.send_form(CISO, "/watch/decide", &fields).await.status,
        303
    );
}

#[tokio::test]
async fn a_small_form_that_is_refused_keeps_what_was_typed() {
    let world = World::robbed().await;
    let place = world
        .post(
            DPO,
            "/incidents",
            &[("title", "Essai"), ("source", "person")],
        )
        .await;
    let incident = place.split('?').next().unwrap();
    let fields = [
        ("note", "lesson"),
        ("text", ""),
        ("measure", "Mettre à jour les postes"),
        ("owner", "rssi"),
    ];
    let refused = world
        .send_form(DPO, &format!("{incident}/entries"), &fields)
        .await;
    assert_eq!(refused.status, 422);
    let again = PageForm::at(&parse(&refused.text), &format!("{incident}/entries"));
    assert_eq!(again.value("measure"), "Mettre à jour les postes");
    assert_eq!(again.value("note"), "lesson");
}

/// A confirmed theft whose first sheet is saved as Digue proposes it.
async fn qualified() -> (Walk, String) {
    let mut walk = Walk::begin(World::robbed_and_confirmed().await).await;
    walk.go("/incidents").await;
    walk.follow("/incidents/in-").await;
    let incident = walk.place.clone();
    walk.go(&format!("{incident}/sheets")).await;
    qualify(&mut walk, &incident).await;
    walk.go(&format!("{incident}/affected")).await;
    (walk, incident)
}

fn main_text(walk: &Walk) -> String {
    walk.page.first("main").unwrap().text()
}

/// The form that proposed the question lost the seconds of its end: of 29 persons it found none,
/// and called that exact.
#[tokio::test]
async fn a_version_computed_as_proposed_has_the_persons_of_the_first() {
    let (mut walk, incident) = qualified().await;
    assert!(main_text(&walk).contains("29 personnes touchées"));
    let form = walk.form(&format!("{incident}/affected"));
    assert!(
        !form.value("from").is_empty() && form.value("to") > form.value("from"),
        "{form:?}"
    );
    walk.send(&form).await;
    let text = main_text(&walk);
    assert!(text.contains("29 personnes touchées"), "{text}");
    let versions = walk.page.all().into_iter().filter(|row| row.is("tr"));
    assert_eq!(
        versions.filter(|row| row.text().contains("exact")).count(),
        2
    );
}

/// "0 persons (exact)" about a period in which nothing can lie is a false statement.
#[tokio::test]
async fn a_period_that_is_empty_turned_round_or_to_come_is_refused_with_a_sentence() {
    let (mut walk, incident) = qualified().await;
    // Reading the persons of a question asks for a fresh proof.
    walk.world.prove().await;
    let world = &walk.world;
    for (from, to, says) in [
        (
            "2025-11-22T03:00",
            "2025-11-22T03:00",
            "La période demandée est vide",
        ),
        (
            "2025-11-22T04:00",
            "2025-11-22T03:00",
            "La période demandée est vide",
        ),
        (
            "2031-01-01T00:00",
            "2031-01-02T00:00",
            "pas encore commencé",
        ),
        (
            "2001-01-01T00:00",
            "2001-01-02T00:00",
            "consultations conservées",
        ),
    ] {
        let fields = [("account", ROBBED), ("from", from), ("to", to)];
        let refused = world
            .send_form(DPO, &format!("{incident}/affected"), &fields)
            .await;
        assert_eq!(refused.status, 422, "{from} {to}: {refused:?}");
        assert!(refused.text.contains(says), "{from} {to}: {refused:?}");
        let asked = format!("/scope?account={}&from={from}&to={to}", ROBBED);
        let scope = world.answer(DPO, Language::French, Sent::get(&asked)).await;
        assert_eq!(scope.status, 422, "{asked}: {scope:?}");
        assert!(scope.text.contains(says), "{asked}: {scope:?}");
    }
}

/// A part of a name is enough where it names one account: lists of suggestions have an end.
#[tokio::test]
async fn a_question_takes_a_part_of_the_name_of_an_account() {
    let (mut walk, incident) = qualified().await;
    let mut form = walk.form(&format!("{incident}/affected"));
    let part = &ROBBED[..ROBBED.len() - 1];
    form.set("account", part);
    walk.send(&form).await;
    assert!(main_text(&walk).contains("29 personnes touchées"));
}

/// Closed with a complaint due, an incident said that nothing was left to do.
#[tokio::test]
async fn closing_names_what_is_open_and_asks_why_a_duty_is_left() {
    let (mut walk, incident) = qualified().await;
    let role = [("note", "role"), ("role", "controller"), ("insured", "on")];
    walk.world
        .post(DPO, &format!("{incident}/entries"), &role)
        .await;
    let mut persons = walk.form(&format!("{incident}/steps/persons"));
    persons.set("answer-data-leak-relatives", "no");
    persons.set("answer-data-leak-published", "unknown");
    walk.confirm(&mut persons);
    walk.send(&persons).await;
    walk.go(&format!("{incident}/closing")).await;
    let early = walk.form(&format!("{incident}/steps/close"));
    assert!(
        !choices(&walk, "state").contains(&"resolved".to_owned()),
        "closing is not offered while it is not possible: {early:?}"
    );
    assert!(main_text(&walk).contains("À faire avant de clore"));
    walk.go(&format!("{incident}/decisions")).await;
    let mut decide = walk.form(&format!("{incident}/steps/decide"));
    for (name, value) in [
        ("notify", "no"),
        ("notify-reason", BECAUSE),
        ("inform", "no"),
        ("exemption", "mitigated"),
        ("inform-reason", BECAUSE),
    ] {
        decide.set(name, value);
    }
    walk.send(&decide).await;
    walk.go(&format!("{incident}/closing")).await;
    let text = main_text(&walk);
    assert!(
        text.contains("6. Clore à faire") && text.contains("Déposer plainte"),
        "the step that can be taken says so, and names the duty: {text}"
    );
    assert!(text.contains("Personne ne le sait"), "{text}");
    let mut close = walk.form(&format!("{incident}/steps/close"));
    close.set("state", "resolved");
    close.set("state-reason", "tout est fait, rien ne dure");
    let refused = walk
        .world
        .send_form(DPO, &close.action, &close.pairs())
        .await;
    assert_eq!(
        refused.status, 422,
        "a duty is not passed over: {refused:?}"
    );
    assert!(
        refused.text.contains("Une échéance court encore"),
        "{refused:?}"
    );
    close.set("left-open-complaint", "l'assureur n'est pas saisi");
    walk.send(&close).await;
    walk.go(&format!("{incident}/closing")).await;
    let text = main_text(&walk);
    assert!(
        text.contains("Laissé ouvert à la clôture, avec un motif : Déposer plainte")
            && !text.contains("On attend"),
        "{text}"
    );
    // The list of a closed incident changes no more, and the page says how to go on.
    walk.go(&format!("{incident}/affected")).await;
    assert!(main_text(&walk).contains("rouvrez l'incident"));
    let fields = [("account", ROBBED)];
    let refused = walk
        .world
        .send_form(DPO, &format!("{incident}/affected"), &fields)
        .await;
    assert_eq!(refused.status, 422, "{refused:?}");
}

/// The codes that a field of the page offers.
fn choices(walk: &Walk, name: &str) -> Vec<String> {
    let field = walk
        .page
        .all()
        .into_iter()
        .find(|one| one.is("select") && one.attribute("name") == Some(name));
    let options = field
        .unwrap()
        .all()
        .into_iter()
        .filter(|one| one.is("option"));
    options
        .filter_map(|one| one.attribute("value").map(ToOwned::to_owned))
        .collect()
}
