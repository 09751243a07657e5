//! Papers of a breach, opened again; a register that leaves as a spreadsheet and comes back.

use std::io::Read as _;

use digue_access::Role;
use digue_documents::{SheetCell, pdf};
use digue_journal::note::Verifier;
use digue_journal::receipt::Receipt;
use digue_locales::Language;
use digue_operations::papers::{self, Form, PAPERS, Reader};
use digue_operations::register_import::{self, RowFault};
use digue_operations::{affected, breach, bundle, gates, incidents};
use digue_response::Note;
use digue_response::clock::{Awareness, ClockKind};
use digue_response::incident::{Source, State};
use digue_response::notification::{Field, Stage, Submission};
use digue_response::register::COLUMNS;
use digue_response::vocabulary::Exemption;

use digue_types::Gate;

use crate::approvals::somebody;
use crate::house::Home;

fn reader(language: Language) -> Reader {
    Reader { language, zone: jiff::tz::TimeZone::get("Europe/Paris").unwrap() }
}

/// The words of a Word file.
fn words_of(docx: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(docx)).unwrap();
    let mut xml = String::new();
    archive.by_name("word/document.xml").unwrap().read_to_string(&mut xml).unwrap();
    let mut words = String::new();
    let mut rest = xml.as_str();
    while let Some((_, after)) = rest.split_once("<w:t") {
        let (_, text) = after.split_once('>').unwrap();
        let (text, after) = text.split_once("</w:t>").unwrap();
        words.push_str(text);
        words.push('\n');
        rest = after;
    }
    words
}

#[tokio::test]
async fn every_paper_is_printed_in_both_languages_with_the_facts_in_it() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    home.show("a1", &["P1", "P2"]).await;
    let id =
        incidents::open(&home.house, &dpo, Source::Person, "Compte a1 volé", "account:a1").await.unwrap();
    let question = digue_exposure::Question { accounts: vec!["a1".parse().unwrap()], ..Default::default() };
    breach::compute_affected(&home.house, &dpo, &id, question).await.unwrap();
    let view = incidents::view(&home.house, &dpo, &id).await.unwrap();
    for language in Language::ALL {
        let reader = reader(language);
        for name in PAPERS {
            let document = papers::paper(&home.house, &view, &reader, name).unwrap();
            let printed = pdf(&document).unwrap();
            assert!(printed.starts_with(b"%PDF") && printed.len() > 4_000, "{name}");
            let words = words_of(&papers::printed(&document, Form::Docx).unwrap());
            assert!(words.contains(&view.reference()), "{name}: {words}");
            assert!(!words.contains("{ $") && !words.contains("[paper"), "{name}: {words}");
        }
        let words = words_of(
            &papers::printed(&papers::notification(&home.house, &view, &reader), Form::Docx).unwrap(),
        );
        let unknown = if language == Language::French {
            "Inconnu. Qui peut répondre"
        } else {
            "Unknown. Who can answer"
        };
        assert!(words.contains(unknown) && words.contains("Compte a1 volé"), "{words}");
    }
    assert!(papers::paper(&home.house, &view, &reader(Language::French), "rien").is_none());
}

#[tokio::test]
async fn a_complaint_leaves_with_evidence_that_verifies_without_us() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let rssi = somebody(&home, "rssi", "op", Role::Rssi).await;
    home.show("a1", &["P1", "P2"]).await;
    let id =
        incidents::open(&home.house, &dpo, Source::Person, "Compte a1 volé", "account:a1").await.unwrap();
    let reach = digue_access::Reach::Account("a1".parse().unwrap());
    gates::set_gate(&home.house, &rssi, reach, Gate::Closed, "vol probable").await.unwrap();
    home.settled().await;
    let question = digue_exposure::Question { accounts: vec!["a1".parse().unwrap()], ..Default::default() };
    breach::compute_affected(&home.house, &dpo, &id, question).await.unwrap();
    let view = incidents::view(&home.house, &dpo, &id).await.unwrap();
    let bytes = bundle::complaint(&home.house, &dpo, &view, &reader(Language::French)).await.unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut text = |name: &str| {
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let key = Verifier::parse(text("journal.pub").trim()).unwrap();
    let list = affected::read(text("list-1.ndjson").as_bytes(), &key).unwrap();
    assert_eq!(list.lines.len(), 2);
    let steps = text("VERIFY.txt");
    assert!(steps.contains("digue journal receipt") && steps.contains("list-1.ndjson"), "{steps}");
    let names = archive.file_names().filter_map(Result::ok).map(std::borrow::Cow::into_owned);
    let receipts: Vec<String> = names.filter(|name| name.starts_with("receipts/")).collect();
    assert!(receipts.len() >= 2, "the opening, and the gate: {receipts:?}");
    for name in receipts {
        let mut text = String::new();
        archive.by_name(&name).unwrap().read_to_string(&mut text).unwrap();
        let receipt = Receipt::parse(&text).unwrap();
        assert!(receipt.verify(&key, &[], 0).is_ok(), "{name}");
    }
}

#[tokio::test]
async fn a_register_leaves_as_a_spreadsheet_and_is_read_again_once() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let id = incidents::open(&home.house, &dpo, Source::Person, "Courriel mal adressé", "").await.unwrap();
    let reason = || "un seul destinataire, qui a effacé le message".to_owned();
    let at = home.now().micros();
    for note in [
        Note::Aware { at, reason: reason(), of: Awareness::Data },
        Note::FieldSet {
            field: Field::Natures,
            value: vec!["confidentiality".to_owned(), "integrity".to_owned()],
        },
        Note::FieldSet { field: Field::PersonCount, value: vec!["1200".to_owned()] },
        Note::AuthorityDecided { notify: false, reason: reason() },
        Note::PersonsDecided { inform: false, exemption: Some(Exemption::RiskNotHigh), reason: reason() },
    ] {
        incidents::add(&home.house, &dpo, &id, None, note).await.unwrap();
    }
    for language in Language::ALL {
        let views = incidents::list(&home.house, &dpo).await.unwrap();
        let bytes = papers::register_file(&home.house, &views, &reader(language), Form::Xlsx).await.unwrap();
        // Into another house, and twice.
        let other = Home::open().await;
        let dpo = somebody(&other, "dpo", "op", Role::Dpo).await;
        let done = register_import::import(&other.house, &dpo, &bytes).await.unwrap();
        assert_eq!((done.taken, done.known, done.faults), (1, 0, vec![]), "{language:?}");
        let again = register_import::import(&other.house, &dpo, &bytes).await.unwrap();
        assert_eq!((again.taken, again.known), (0, 1));
        let taken = &incidents::list(&other.house, &dpo).await.unwrap()[0].incident;
        assert!(taken.state() == State::Suspected && taken.title == "Courriel mal adressé");
        assert_eq!(taken.fields[&Field::PersonCount].what, ["1200"]);
        assert_eq!(taken.fields[&Field::Natures].what, ["confidentiality", "integrity"]);
        assert_eq!(taken.aware_at().map(digue_types::Timestamp::micros), Some(at));
    }
}

#[tokio::test]
async fn a_register_with_faults_tells_each_and_takes_what_is_right() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let sheet = digue_documents::Sheet {
        name: "Registre".to_owned(),
        header: ["Titre", "Prise de connaissance", "Nature de la violation", "Nombre de personnes"]
            .map(ToOwned::to_owned)
            .to_vec(),
        above: vec!["Registre des violations".to_owned()],
        rows: vec![
            ["Vol d'ordinateur", "2024-03-02", "perte de confidentialité", "12"]
                .map(SheetCell::from)
                .to_vec(),
            ["", "hier", "vitesse", "beaucoup"].map(SheetCell::from).to_vec(),
        ],
        ..digue_documents::Sheet::default()
    };
    let bytes = digue_documents::xlsx(&[sheet]).unwrap();
    let done = register_import::import(&home.house, &dpo, &bytes).await.unwrap();
    assert_eq!(done.taken, 1);
    let fault = |place: &str, column, fault, seen: &str| {
        let (place, seen) = (format!("Registre!{place}"), seen.to_owned());
        RowFault { row: 4, place, column, fault, seen }
    };
    let expected = [
        fault("A4", "title", "missing", ""),
        fault("B4", "aware-at", "moment", "hier"),
        fault("C4", "natures", "choice", "vitesse"),
        fault("D4", "person-count", "number", "beaucoup"),
    ];
    assert_eq!(done.faults, expected);
    assert!(register_import::import(&home.house, &dpo, b"rien").await.is_err());
}

/// The register as a table, without what is not read again.
async fn table_of(home: &Home, language: Language) -> Vec<Vec<SheetCell>> {
    let dpo = somebody(home, "dpo", "op", Role::Dpo).await;
    let views = incidents::list(&home.house, &dpo).await.unwrap();
    let sheet = papers::register_sheet(&home.house, &views, &reader(language));
    let mut rows: Vec<Vec<SheetCell>> = sheet.rows;
    rows.iter_mut().for_each(|row| row.truncate(COLUMNS.len()));
    rows.sort();
    rows
}

#[tokio::test]
async fn a_register_with_every_date_and_decision_goes_out_and_comes_in_unchanged() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let reason = |text: &str| format!("{text} : parce que les faits\nle montrent");
    let hour = 3_600_000_000;
    let aware = home.now().micros() - 200 * hour;
    let sent = |at| Submission {
        stage: Stage::Initial,
        submitted_at: at,
        receipt: "CNIL-1".to_owned(),
        snapshot: std::collections::BTreeMap::new(),
        unknown: Vec::new(),
    };
    let by_press = Note::PersonsDecided {
        inform: false,
        exemption: Some(Exemption::Disproportionate),
        reason: reason("annuaire perdu"),
    };
    let late = Note::DelayExplained { clock: ClockKind::Authority, reason: reason("samedi, puis lundi") };
    let told = Note::Met {
        clock: ClockKind::Persons,
        at: aware + 90 * hour,
        to: "lettre".to_owned(),
        receipt: String::new(),
        persons: None,
    };
    let explained = Note::DelayExplained { clock: ClockKind::Persons, reason: reason("adresses cherchées") };
    let informed = Note::PersonsDecided { inform: true, exemption: None, reason: reason("risque élevé") };
    let notified = |notify| Note::AuthorityDecided { notify, reason: reason("décision") };
    let field = |field, value: &str| Note::FieldSet { field, value: vec![value.to_owned()] };
    let started = field(Field::StartedAt, "2025-10-26T00:30:00.25Z");
    let violations = [
        ("Sans rien", vec![]),
        (
            "Publiée par la presse",
            vec![notified(true), late, Note::Submitted(sent(aware + 80 * hour)), by_press],
        ),
        ("Dite à tous", vec![notified(false), informed, explained, told, started]),
        ("Comptée", vec![field(Field::PersonCount, "1200"), field(Field::What, "a = b ; c : d\n=SUM(A1)")]),
    ];
    for (title, notes) in violations {
        let id = incidents::open(&home.house, &dpo, Source::Person, title, "").await.unwrap();
        let first = Note::Aware { at: aware, reason: reason("vu"), of: Awareness::Data };
        for note in std::iter::once(first).chain(notes) {
            incidents::add(&home.house, &dpo, &id, None, note).await.unwrap();
        }
    }
    for language in Language::ALL {
        let views = incidents::list(&home.house, &dpo).await.unwrap();
        let bytes = papers::register_file(&home.house, &views, &reader(language), Form::Xlsx).await.unwrap();
        let same = register_import::import(&home.house, &dpo, &bytes).await.unwrap();
        assert_eq!((same.taken, same.known, same.faults), (0, 4, vec![]), "{language:?}");
        let other = Home::open().await;
        let theirs = somebody(&other, "dpo", "op", Role::Dpo).await;
        let done = register_import::import(&other.house, &theirs, &bytes).await.unwrap();
        assert_eq!((done.taken, done.known, done.faults), (4, 0, vec![]), "{language:?}");
        assert_eq!(table_of(&other, language).await, table_of(&home, language).await, "{language:?}");
    }
}

#[tokio::test]
async fn an_earlier_register_is_taken_as_people_wrote_it() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let bytes = include_bytes!("../data/registers/registre-violations.xlsx");
    let done = register_import::import(&home.house, &dpo, bytes).await.unwrap();
    let faults: Vec<(&str, &str, &str)> =
        done.faults.iter().map(|fault| (fault.place.as_str(), fault.fault, fault.seen.as_str())).collect();
    assert_eq!(
        faults,
        [
            ("Registre!O5", "decision", "Oui"),
            ("Registre!P5", "decision", "Non"),
            ("Registre!J6", "number", "environ 300")
        ]
    );
    assert_eq!(done.taken, 3);
    let views = incidents::list(&home.house, &dpo).await.unwrap();
    let of = |title: &str| &views.iter().find(|view| view.incident.title == title).unwrap().incident;
    // Nine o'clock was nine where it was written.
    for title in ["Vol d ordinateur", "Date française"] {
        assert_eq!(of(title).aware_at().unwrap().to_string(), "2025-06-01T07:00:00Z", "{title}");
    }
    let exemption = |title: &str| of(title).persons.as_ref().unwrap().what.exemption;
    assert_eq!(exemption("Vol d ordinateur"), Some(Exemption::Protected));
    assert_eq!(exemption("Courriel à mauvais destinataire 2024"), Some(Exemption::RiskNotHigh));
    let again = register_import::import(&home.house, &dpo, bytes).await.unwrap();
    assert_eq!((again.taken, again.known, again.faults.len()), (0, 3, 3));
}
