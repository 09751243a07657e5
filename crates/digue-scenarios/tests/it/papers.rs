//! Papers of a breach, opened again; a register that leaves as a spreadsheet and comes back.

use std::io::Read as _;

use digue_access::Role;
use digue_app::names::VisibleNames;
use digue_app::{Actor, gates};
use digue_casework::paper_reader::PaperReader;
use digue_casework::papers::{self, PAPERS, PaperFormat};
use digue_casework::register_import::{self, RegisterOutcome, RegisterPreview, RowFault};
use digue_casework::{breach, bundle, incidents, register_paper};
use digue_documents::{WrittenCell, pdf};
use digue_evidence::affected;
use digue_journal::note::Verifier;
use digue_journal::receipt::Receipt;
use digue_locales::Language;
use digue_response::IncidentNote;
use digue_response::clock::{Awareness, ClockKind};
use digue_response::incident::{IncidentState, Source};
use digue_response::notification::{Field, SentNotification, Stage};
use digue_response::register::COLUMNS;
use digue_response::vocabulary::Exemption;

use digue_types::{Gate, Subject};

use crate::app::Home;
use crate::approvals::somebody;

fn reader(language: Language) -> PaperReader {
    PaperReader {
        language,
        zone: jiff::tz::TimeZone::get("Europe/Paris").unwrap(),
        names: VisibleNames::default(),
    }
}

/// The words of a Word file.
pub(crate) fn words_of(docx: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(docx)).unwrap();
    let mut xml = String::new();
    // References stand at the foot of each page.
    for place in 0..archive.len() {
        let mut part = archive.by_index(place).unwrap();
        let name = part.name().unwrap().into_owned();
        let is_read = |part: &str| name.starts_with(&format!("word/{part}"));
        if ["document", "header", "footer"].into_iter().any(is_read) {
            part.read_to_string(&mut xml).unwrap();
        }
    }
    let mut words = String::new();
    let mut rest = xml.as_str();
    // Not `w:tbl` or `w:titlePg`.
    let is_text = |at: &(usize, &str)| matches!(xml.as_bytes().get(at.0 + 4), Some(b'>' | b' '));
    while let Some((at, _)) = rest
        .match_indices("<w:t")
        .find(|(at, _)| is_text(&(xml.len() - rest.len() + at, "")))
    {
        let (_, text) = rest[at..].split_once('>').unwrap();
        let (text, after) = text.split_once("</w:t>").unwrap();
        words.push_str(text);
        words.push('\n');
        rest = after;
    }
    words
}

/// Shows what a file would open, opens it, and says what it was.
async fn imported(home: &Home, actor: &Actor, bytes: &[u8]) -> RegisterPreview {
    let shown = register_import::preview(&home.app, actor, bytes)
        .await
        .unwrap();
    let before = incidents::list(&home.app, actor).await.unwrap().len();
    let done = register_import::import(&home.app, actor, bytes, &shown.digest)
        .await
        .unwrap();
    assert_eq!(done, RegisterOutcome::Taken(shown.clone()));
    let after = incidents::list(&home.app, actor).await.unwrap().len();
    assert_eq!(after - before, shown.opened.len(), "exactly what was shown");
    shown
}

#[tokio::test]
async fn every_paper_is_printed_in_both_languages_with_the_facts_in_it() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    home.show("a1", &["P1", "P2"]).await;
    let id = incidents::open(
        &home.app,
        &dpo,
        Source::Person,
        "Compte a1 volé",
        Subject::parse("account:a1"),
    )
    .await
    .unwrap();
    let question = digue_exposure::ScopeQuestion {
        accounts: vec!["a1".parse().unwrap()],
        ..Default::default()
    };
    breach::compute_affected(&home.app, &dpo, &id, question)
        .await
        .unwrap();
    let view = incidents::view(&home.app, &dpo, &id).await.unwrap();
    for language in Language::ALL {
        let reader = reader(language);
        for name in PAPERS {
            let document = papers::paper(&home.app, &view, &reader, name)
                .await
                .unwrap()
                .unwrap();
            let printed = pdf(&document).unwrap();
            assert!(
                printed.starts_with(b"%PDF") && printed.len() > 4_000,
                "{name}"
            );
            let words = words_of(
                &papers::printed(&home.app, document, PaperFormat::Docx)
                    .await
                    .unwrap(),
            );
            assert!(words.contains(&view.reference()), "{name}: {words}");
            assert!(
                !words.contains("{ $") && !words.contains("[paper"),
                "{name}: {words}"
            );
        }
        let words = words_of(
            &papers::printed(
                &home.app,
                papers::notification(&home.app, &view, &reader),
                PaperFormat::Docx,
            )
            .await
            .unwrap(),
        );
        let unknown = if language == Language::French {
            "Inconnu. Qui peut répondre"
        } else {
            "Unknown. Who can answer"
        };
        assert!(words.contains(unknown), "{words}");
    }
    let none = papers::paper(&home.app, &view, &reader(Language::French), "rien").await;
    assert!(none.unwrap().is_none());
}

#[tokio::test]
async fn a_complaint_leaves_with_evidence_that_verifies_without_us() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    home.show("a1", &["P1", "P2"]).await;
    let id = incidents::open(
        &home.app,
        &dpo,
        Source::Person,
        "Compte a1 volé",
        Subject::parse("account:a1"),
    )
    .await
    .unwrap();
    let reach = digue_access::Reach::Account("a1".parse().unwrap());
    gates::set_gate(&home.app, &ciso, reach, Gate::Closed, "vol probable")
        .await
        .unwrap();
    home.settled().await;
    let question = digue_exposure::ScopeQuestion {
        accounts: vec!["a1".parse().unwrap()],
        ..Default::default()
    };
    breach::compute_affected(&home.app, &dpo, &id, question)
        .await
        .unwrap();
    let view = incidents::view(&home.app, &dpo, &id).await.unwrap();
    let bytes = bundle::complaint(&home.app, &dpo, &view, &reader(Language::French))
        .await
        .unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut text = |name: &str| {
        let mut text = String::new();
        archive
            .by_name(name)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    };
    let key = Verifier::parse(text("journal.pub").trim()).unwrap();
    let list = affected::read(text("list-1.ndjson").as_bytes(), &key).unwrap();
    assert_eq!(list.lines.len(), 2);
    let steps = text("VERIFICATION.txt");
    assert!(
        steps.contains("digue journal receipt receipts/") && steps.contains("list-1.ndjson"),
        "{steps}"
    );
    let names = archive
        .file_names()
        .filter_map(Result::ok)
        .map(std::borrow::Cow::into_owned);
    let receipts: Vec<String> = names.filter(|name| name.starts_with("receipts/")).collect();
    assert!(
        receipts.len() >= 2,
        "the opening, and the gate: {receipts:?}"
    );
    for name in receipts {
        let mut text = String::new();
        archive
            .by_name(&name)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        let receipt = Receipt::parse(&text).unwrap();
        assert!(receipt.verify(&key, &[], 0).is_ok(), "{name}");
    }
}

#[tokio::test]
async fn a_register_leaves_as_a_spreadsheet_and_is_read_again_once() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let id = incidents::open(
        &home.app,
        &dpo,
        Source::Person,
        "Courriel mal adressé",
        Subject::Nothing,
    )
    .await
    .unwrap();
    let reason = || "un seul destinataire, qui a effacé le message".to_owned();
    let at = home.now().micros();
    for note in [
        IncidentNote::Aware {
            at,
            reason: reason(),
            of: Awareness::Data,
        },
        IncidentNote::FieldSet {
            field: Field::Natures,
            value: vec!["confidentiality".to_owned(), "integrity".to_owned()],
        },
        IncidentNote::FieldSet {
            field: Field::PersonCount,
            value: vec!["1200".to_owned()],
        },
        IncidentNote::AuthorityDecided {
            notify: false,
            reason: reason(),
        },
        IncidentNote::PersonsDecided {
            inform: false,
            exemption: Some(Exemption::RiskNotHigh),
            reason: reason(),
        },
    ] {
        incidents::add(&home.app, &dpo, &id, None, note)
            .await
            .unwrap();
    }
    for language in Language::ALL {
        let views = incidents::list(&home.app, &dpo).await.unwrap();
        let bytes =
            register_paper::register_file(&home.app, &views, &reader(language), PaperFormat::Xlsx)
                .await
                .unwrap();
        // Into another house, and twice.
        let other = Home::open().await;
        let dpo = somebody(&other, "dpo", "op", Role::Dpo).await;
        let done = imported(&other, &dpo, &bytes).await;
        assert_eq!(
            (done.opened.len(), done.known.len(), done.faults),
            (1, 0, vec![]),
            "{language:?}"
        );
        let again = imported(&other, &dpo, &bytes).await;
        assert_eq!((again.opened.len(), again.known.len()), (0, 1));
        let taken = &incidents::list(&other.app, &dpo).await.unwrap()[0].incident;
        assert!(taken.state() == IncidentState::Suspected && taken.title == "Courriel mal adressé");
        assert_eq!(taken.fields[&Field::PersonCount].what, ["1200"]);
        assert_eq!(
            taken.fields[&Field::Natures].what,
            ["confidentiality", "integrity"]
        );
        assert_eq!(
            taken.aware_at().map(digue_types::Timestamp::micros),
            Some(at)
        );
    }
}

#[tokio::test]
async fn a_register_with_faults_tells_each_and_takes_what_is_right() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let sheet = digue_documents::WrittenSheet {
        name: "Registre".to_owned(),
        header: [
            "Titre",
            "Prise de connaissance",
            "Nature de la violation",
            "Nombre de personnes",
        ]
        .map(ToOwned::to_owned)
        .to_vec(),
        above: vec!["Registre des violations".to_owned()],
        rows: vec![
            [
                "Vol d'ordinateur",
                "2024-03-02",
                "perte de confidentialité",
                "12",
            ]
            .map(WrittenCell::from)
            .to_vec(),
            ["", "hier", "vitesse", "beaucoup"]
                .map(WrittenCell::from)
                .to_vec(),
        ],
        ..digue_documents::WrittenSheet::default()
    };
    let bytes = digue_documents::xlsx(&[sheet]).unwrap();
    let done = imported(&home, &dpo, &bytes).await;
    assert_eq!(done.opened.len(), 1);
    let fault = |place: &str, column, fault, seen: &str| {
        let (place, seen) = (format!("Registre!{place}"), seen.to_owned());
        RowFault {
            row: 4,
            place,
            column,
            fault,
            seen,
        }
    };
    let expected = [
        fault("A4", "title", "missing", ""),
        fault("B4", "aware-at", "moment", "hier"),
        fault("C4", "natures", "choice", "vitesse"),
        fault("D4", "person-count", "number", "beaucoup"),
    ];
    assert_eq!(done.faults, expected);
    assert!(
        register_import::preview(&home.app, &dpo, b"rien")
            .await
            .is_err()
    );
}

/// The register as a table, without what is not read again.
async fn table_of(home: &Home, language: Language) -> Vec<Vec<WrittenCell>> {
    let dpo = somebody(home, "dpo", "op", Role::Dpo).await;
    let views = incidents::list(&home.app, &dpo).await.unwrap();
    let sheet = register_paper::register_sheet(&home.app, &views, &reader(language));
    let mut rows: Vec<Vec<WrittenCell>> = sheet.rows;
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
    let sent = |at| SentNotification {
        stage: Stage::Initial,
        submitted_at: at,
        receipt: "CNIL-1".to_owned(),
        snapshot: std::collections::BTreeMap::new(),
        unknown: Vec::new(),
    };
    let by_press = IncidentNote::PersonsDecided {
        inform: false,
        exemption: Some(Exemption::Disproportionate),
        reason: reason("annuaire perdu"),
    };
    let late = IncidentNote::DelayExplained {
        clock: ClockKind::Authority,
        reason: reason("samedi, puis lundi"),
    };
    let told = IncidentNote::Met {
        clock: ClockKind::Persons,
        at: aware + 90 * hour,
        to: "lettre".to_owned(),
        receipt: String::new(),
        persons: None,
    };
    let explained = IncidentNote::DelayExplained {
        clock: ClockKind::Persons,
        reason: reason("adresses cherchées"),
    };
    let informed = IncidentNote::PersonsDecided {
        inform: true,
        exemption: None,
        reason: reason("risque élevé"),
    };
    let notified = |notify| IncidentNote::AuthorityDecided {
        notify,
        reason: reason("décision"),
    };
    let field = |field, value: &str| IncidentNote::FieldSet {
        field,
        value: vec![value.to_owned()],
    };
    let started = field(Field::StartedAt, "2025-10-26T00:30:00.25Z");
    let violations = [
        ("Sans rien", vec![]),
        (
            "Publiée par la presse",
            vec![
                notified(true),
                late,
                IncidentNote::Submitted(sent(aware + 80 * hour)),
                by_press,
            ],
        ),
        (
            "Dite à tous",
            vec![notified(false), informed, explained, told, started],
        ),
        (
            "Comptée",
            vec![
                field(Field::PersonCount, "1200"),
                field(Field::What, "a = b ; c : d\n=SUM(A1)"),
            ],
        ),
    ];
    for (title, notes) in violations {
        let id = incidents::open(&home.app, &dpo, Source::Person, title, Subject::Nothing)
            .await
            .unwrap();
        let first = IncidentNote::Aware {
            at: aware,
            reason: reason("vu"),
            of: Awareness::Data,
        };
        for note in std::iter::once(first).chain(notes) {
            incidents::add(&home.app, &dpo, &id, None, note)
                .await
                .unwrap();
        }
    }
    for language in Language::ALL {
        let views = incidents::list(&home.app, &dpo).await.unwrap();
        let bytes =
            register_paper::register_file(&home.app, &views, &reader(language), PaperFormat::Xlsx)
                .await
                .unwrap();
        let same = imported(&home, &dpo, &bytes).await;
        assert_eq!(
            (same.opened.len(), same.known.len(), same.faults),
            (0, 4, vec![]),
            "{language:?}"
        );
        let other = Home::open().await;
        let theirs = somebody(&other, "dpo", "op", Role::Dpo).await;
        let done = imported(&other, &theirs, &bytes).await;
        assert_eq!(
            (done.opened.len(), done.known.len(), done.faults),
            (4, 0, vec![]),
            "{language:?}"
        );
        assert_eq!(
            table_of(&other, language).await,
            table_of(&home, language).await,
            "{language:?}"
        );
    }
}

#[tokio::test]
async fn an_earlier_register_is_taken_as_people_wrote_it() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let bytes = include_bytes!("../data/registers/registre-violations.xlsx");
    let done = imported(&home, &dpo, bytes).await;
    let faults: Vec<(&str, &str, &str)> = done
        .faults
        .iter()
        .map(|fault| (fault.place.as_str(), fault.fault, fault.seen.as_str()))
        .collect();
    assert_eq!(
        faults,
        [
            ("Registre!O5", "decision", "Oui"),
            ("Registre!P5", "decision", "Non"),
            ("Registre!J6", "number", "environ 300")
        ]
    );
    assert_eq!(done.opened.len(), 3);
    let views = incidents::list(&home.app, &dpo).await.unwrap();
    let of = |title: &str| {
        &views
            .iter()
            .find(|view| view.incident.title == title)
            .unwrap()
            .incident
    };
    // Nine o'clock was nine where it was written.
    for title in ["Vol d ordinateur", "Date française"] {
        assert_eq!(
            of(title).aware_at().unwrap().to_string(),
            "2025-06-01T07:00:00Z",
            "{title}"
        );
    }
    let exemption = |title: &str| of(title).persons.as_ref().unwrap().what.exemption;
    assert_eq!(exemption("Vol d ordinateur"), Some(Exemption::Protected));
    assert_eq!(
        exemption("Courriel à mauvais destinataire 2024"),
        Some(Exemption::RiskNotHigh)
    );
    let again = imported(&home, &dpo, bytes).await;
    assert_eq!(
        (again.opened.len(), again.known.len(), again.faults.len()),
        (0, 3, 3)
    );
}

/// The register as its export has it, with some cells written over: row, column and text.
async fn edited(home: &Home, actor: &Actor, edits: &[(usize, &str, &str)]) -> Vec<u8> {
    let french = reader(Language::French);
    let views = incidents::list(&home.app, actor).await.unwrap();
    let mut sheet = register_paper::register_sheet(&home.app, &views, &french);
    for (row, column, text) in edits {
        let name = register_import::column(&french, column);
        let place = sheet
            .header
            .iter()
            .position(|known| *known == name)
            .unwrap();
        sheet.rows[*row][place] = (*text).into();
    }
    digue_documents::xlsx(&[sheet]).unwrap()
}

fn faults_of(preview: &RegisterPreview) -> Vec<String> {
    preview
        .faults
        .iter()
        .map(|fault| format!("{} {}", fault.column, fault.fault))
        .collect()
}

#[tokio::test]
async fn a_row_of_the_register_is_known_by_its_reference_and_never_opened_again() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let id = incidents::open(
        &home.app,
        &dpo,
        Source::Person,
        "Clé USB perdue",
        Subject::Nothing,
    )
    .await
    .unwrap();
    let at = home.now().micros() - 3_600_000_000;
    let reason = || "vu au retour de mission".to_owned();
    for note in [
        IncidentNote::Aware {
            at,
            reason: reason(),
            of: Awareness::Data,
        },
        IncidentNote::FieldSet {
            field: Field::PersonCount,
            value: vec!["12".to_owned()],
        },
    ] {
        incidents::add(&home.app, &dpo, &id, None, note)
            .await
            .unwrap();
    }
    // Nobody knows yet since when.
    incidents::open(
        &home.app,
        &dpo,
        Source::Person,
        "Sans heure",
        Subject::Nothing,
    )
    .await
    .unwrap();
    let told = |edits: &'static [(usize, &'static str, &'static str)]| {
        let (home, dpo) = (&home, &dpo);
        async move {
            let bytes = edited(home, dpo, edits).await;
            let preview = imported(home, dpo, &bytes).await;
            (
                preview.opened.len(),
                preview.known.len(),
                faults_of(&preview),
            )
        }
    };
    let fault = |column: &str, fault: &str| vec![format!("{column} {fault}")];
    assert_eq!(told(&[]).await, (0, 2, vec![]), "as it went out");
    assert_eq!(
        told(&[(1, "title", "Clé USB perdue à Lille")]).await,
        (0, 1, fault("title", "differs"))
    );
    assert_eq!(
        told(&[(1, "aware-at", "2025-06-01T07:08:00Z")]).await,
        (0, 1, fault("aware-at", "differs"))
    );
    assert_eq!(
        told(&[(1, "person-count", "13")]).await,
        (0, 1, fault("person-count", "differs"))
    );
    // What Digue computes is told, too.
    assert_eq!(
        told(&[(1, "controller-sector", "pêche")]).await,
        (0, 1, fault("controller-sector", "computed"))
    );
    assert_eq!(
        told(&[(0, "gravity", "maximale")]).await,
        (0, 1, fault("gravity", "computed"))
    );
    assert_eq!(
        told(&[(0, "title", "")]).await,
        (0, 1, fault("title", "missing"))
    );
    assert_eq!(
        told(&[(0, "person-count", "200 %")]).await,
        (0, 1, fault("person-count", "number"))
    );
    // The same reference on two rows, and a row without one.
    let first = incidents::list(&home.app, &dpo).await.unwrap()[0].reference();
    let twice: &'static str = first.leak();
    let (opened, known, faults) = told(Box::leak(Box::new([(1, "reference", twice)]))).await;
    assert_eq!(
        (opened, known),
        (0, 2),
        "known by its title and hour: {faults:?}"
    );
    assert_eq!(told(&[(1, "reference", "")]).await, (0, 2, vec![]));
    let new = told(&[(1, "reference", ""), (1, "title", "Une autre clé")]).await;
    assert_eq!(new, (1, 1, vec![]), "only what nobody knows is opened");
}

#[tokio::test]
async fn a_register_that_changed_since_it_was_shown_is_shown_again() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let csv = "Titre;Prise de connaissance;Nombre de personnes\nVol;02/03/2024 14:05;12\nPerte;03/03/2024;1\n";
    let shown = register_import::preview(&home.app, &dpo, csv.as_bytes())
        .await
        .unwrap();
    assert_eq!(
        (shown.opened.len(), shown.opened[0].title.as_str()),
        (2, "Vol")
    );
    assert!(
        incidents::list(&home.app, &dpo).await.unwrap().is_empty(),
        "nothing is written before"
    );
    imported(&home, &dpo, csv.as_bytes()).await;
    let late = register_import::import(&home.app, &dpo, csv.as_bytes(), &shown.digest)
        .await
        .unwrap();
    let RegisterOutcome::Outdated(now) = late else {
        panic!("{late:?}")
    };
    assert_eq!((now.opened.len(), now.known.len()), (0, 2));
}

#[tokio::test]
async fn a_register_that_libreoffice_wrote_is_taken_once() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let bytes = include_bytes!("../data/libreoffice/violations.xlsx");
    let done = imported(&home, &dpo, bytes).await;
    // Three of its five rows are of a year that has not come for this house.
    let future = vec!["aware-at future".to_owned(); 3];
    assert_eq!((done.opened.len(), faults_of(&done)), (2, future.clone()));
    let again = imported(&home, &dpo, bytes).await;
    assert_eq!(
        (again.opened.len(), again.known.len(), faults_of(&again)),
        (0, 2, future)
    );
}

#[tokio::test]
async fn several_entries_are_written_together_or_not_at_all() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let id = incidents::open(&home.app, &dpo, Source::Person, "Vol", Subject::Nothing)
        .await
        .unwrap();
    let set = |field, value: &str| IncidentNote::FieldSet {
        field,
        value: vec![value.to_owned()],
    };
    let notes = vec![
        set(Field::What, "un vol"),
        set(Field::PersonCount, "beaucoup"),
    ];
    let refused = incidents::add_all(&home.app, &dpo, &id, notes).await;
    assert!(refused.is_err(), "{refused:?}");
    assert!(
        incidents::view(&home.app, &dpo, &id)
            .await
            .unwrap()
            .incident
            .fields
            .is_empty()
    );
    let notes = vec![set(Field::What, "un vol"), set(Field::PersonCount, "12")];
    incidents::add_all(&home.app, &dpo, &id, notes)
        .await
        .unwrap();
    assert_eq!(
        incidents::view(&home.app, &dpo, &id)
            .await
            .unwrap()
            .incident
            .fields
            .len(),
        2
    );
}
