//! What is signed, approved, acknowledged or handed out is what was seen: each kind is falsified
//! beside Digue, and page, paper, contradiction and check say so.

use std::time::Duration;

use digue_access::Role;
use digue_app::names::VisibleNames;
use digue_app::{Actor, OperationError};
use digue_casework::incidents;
use digue_casework::paper_reader::PaperReader;
use digue_casework::papers::{self, PaperFormat};
use digue_compliance::isms::signatures::{in_words, save_own, sign};
use digue_compliance::isms::{awareness, checks, compared, sheets, statement};
use digue_documents::{Document, docx};
use digue_evidence::paper_warning::PaperSources;
use digue_evidence::reading::EvidenceForm;
use digue_evidence::stored_files::FileState;
use digue_evidence::stored_records::{RecordConfirmation, RecordDifference, StoredFault};
use digue_identity::person_sessions::SignedInPerson;
use digue_isms::Values;
use digue_isms::check::Check;
use digue_isms::contradictions::{ContradictionKind, contradictions};
use digue_isms::kinds::RegisterKind;
use digue_isms::signatures::{SignatureState, signed};
use digue_locales::Language;
use digue_response::incident::Source;
use digue_selfservice::persons::requests::{self, PersonRequest, RequestKind, RequestOutcome};
use digue_store::KnownPerson;
use digue_types::{Act, Subject};

use crate::app::{Home, Plan};
use crate::approvals::somebody;
use crate::isms::{add, change, give_reasons};
use crate::papers::words_of;

const DAY: Duration = Duration::from_hours(24);

fn reader() -> PaperReader {
    PaperReader {
        language: Language::English,
        zone: jiff::tz::TimeZone::get("Europe/Paris").unwrap(),
        names: VisibleNames::default(),
    }
}

async fn on_disk() -> Home {
    Home::with(Plan {
        on_disk: true,
        ..Plan::default()
    })
    .await
}

fn falsify(home: &Home, sql: &str) {
    assert!(home.change_beside(sql) > 0, "{sql}");
}

/// The records that the check names.
async fn named(home: &Home) -> Vec<RecordDifference> {
    // Two results of one check never have the same time.
    home.clock.pass(Duration::from_secs(1));
    let result = checks::run_one(&home.app, Check::RecordsIntact)
        .await
        .unwrap();
    let failing = result.found.failing.iter();
    failing
        .map(|code| RecordDifference::parse(code).unwrap())
        .collect()
}

/// The codes that the check names, without what is named beside the kind that is looked for.
async fn codes(home: &Home) -> Vec<String> {
    named(home)
        .await
        .iter()
        .map(RecordDifference::to_code)
        .collect()
}

fn is_altered<T>(result: Result<T, OperationError>) -> bool {
    matches!(result, Err(OperationError::FileAltered(_)))
}

fn values(fields: &[(&str, &str)]) -> Values {
    fields
        .iter()
        .map(|(field, value)| ((*field).to_owned(), vec![(*value).to_owned()]))
        .collect()
}

/// A record of each kind that is signed, naming `signer`.
async fn signable(home: &Home, author: &Actor, signer: &str) -> Vec<(RegisterKind, String)> {
    let risk = [("title", "Vol"), ("likelihood", "2"), ("gravity", "2")];
    let risk = add(home, author, RegisterKind::Risk, &risk).await;
    let (today, later) = (home.today(0), home.today(300));
    let (today, later) = (today.as_str(), later.as_str());
    let records: [(RegisterKind, Vec<(&str, &str)>); 10] = [
        (
            RegisterKind::Acceptance,
            vec![
                ("risk", risk.as_str()),
                ("residual-likelihood", "2"),
                ("residual-gravity", "2"),
                ("justification", "motif vrai"),
                ("approver", signer),
                ("accepted-on", today),
                ("expires-on", later),
            ],
        ),
        (
            RegisterKind::Exception,
            vec![
                ("title", "Navigateur"),
                ("justification", "motif vrai"),
                ("approver", signer),
                ("expires-on", later),
            ],
        ),
        (
            RegisterKind::Audit,
            vec![
                ("title", "Audit"),
                ("scope", "motif vrai"),
                ("auditor", "X"),
                ("planned-from", today),
                ("done-on", today),
                ("conclusion", "conform"),
                ("criteria", "iso-5.15"),
                ("signed-by", signer),
            ],
        ),
        (
            RegisterKind::Review,
            vec![
                ("title", "Revue"),
                ("held-on", today),
                ("chair", "Y"),
                ("actions", "vu"),
                ("issues", "vu"),
                ("parties", "vu"),
                ("performance", "vu"),
                ("feedback", "vu"),
                ("risks", "vu"),
                ("improvement", "vu"),
                ("decisions", "motif vrai"),
                ("signed-by", signer),
            ],
        ),
        (
            RegisterKind::Document,
            vec![
                ("title", "motif vrai"),
                ("about", "policy"),
                ("edition", "1"),
                ("audience", "everybody"),
                ("approved-by", signer),
                ("approved-on", today),
                ("review-on", later),
            ],
        ),
        (
            RegisterKind::Dpia,
            vec![
                ("title", "Portail"),
                ("need", "not-needed"),
                ("need-reason", "motif vrai"),
                ("dpo-opinion", "favourable"),
                ("dpo-words", "Favorable."),
                ("dpo-name", "C. Martin"),
                ("dpo-on", today),
                ("decision", "proceed"),
                ("decided-on", today),
                ("decided-by", signer),
            ],
        ),
        (
            RegisterKind::RiskScale,
            vec![
                ("title", "Échelle"),
                ("moderate", "4"),
                ("high", "8"),
                ("critical", "12"),
                ("accepted", "moderate"),
                ("who-accepts", "motif vrai"),
                ("starts-on", today),
                ("approved-by", signer),
            ],
        ),
        (
            RegisterKind::AuditProgramme,
            vec![
                ("title", "motif vrai"),
                ("starts-on", today),
                ("ends-on", later),
                ("approved-by", signer),
            ],
        ),
        (
            RegisterKind::SigningDelegation,
            vec![
                ("title", "Congés"),
                ("giver", signer),
                ("receiver", "adjoint"),
                ("starts-on", today),
                ("ends-on", later),
                ("reason", "motif vrai"),
            ],
        ),
        (
            RegisterKind::ContinuityExercise,
            vec![
                ("title", "motif vrai"),
                ("scenario", "ransomware"),
                ("held-on", today),
                ("signed-by", signer),
            ],
        ),
    ];
    let kinds: Vec<RegisterKind> = records.iter().map(|(kind, _)| *kind).collect();
    let all = RegisterKind::ALL
        .iter()
        .filter(|kind| kind.signatory().is_some());
    assert!(
        all.clone().all(|kind| kinds.contains(kind)),
        "a kind that is signed and not here"
    );
    let mut made = Vec::new();
    for (kind, fields) in records {
        made.push((kind, add(home, author, kind, &fields).await));
    }
    made
}

/// The state of the signature of a record, with the sentence of its page.
async fn shown(
    home: &Home,
    actor: &Actor,
    kind: RegisterKind,
    id: &str,
) -> (SignatureState, String) {
    let found = compared::registers(&home.app, actor).await.unwrap();
    let revision = found.registers.find(kind, id).unwrap();
    let state = signed(&found.registers, revision).unwrap();
    let said = in_words(Language::English, revision, &state, |at| at.to_string());
    (state, said.unwrap())
}

async fn paper(home: &Home, actor: &Actor, kind: RegisterKind) -> String {
    let reader = reader();
    let bytes = sheets::file(&home.app, actor, kind, &reader, PaperFormat::Docx);
    words_of(&bytes.await.unwrap())
}

async fn wrong(home: &Home, actor: &Actor, id: &str) -> Vec<ContradictionKind> {
    let found = compared::registers(&home.app, actor).await.unwrap();
    let measured = digue_compliance::isms::measured(&home.app, actor)
        .await
        .unwrap();
    let now = digue_compliance::isms::now(&home.app);
    contradictions(&found.registers, &measured, now)
        .into_iter()
        .filter(|one| one.id == id)
        .map(|one| one.wrong)
        .collect()
}

#[tokio::test]
async fn what_is_falsified_after_its_signature_is_shown_as_signed_nowhere() {
    let home = on_disk().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let head = somebody(&home, "directrice", "op", Role::Auditor).await;
    for (kind, id) in signable(&home, &ciso, "directrice").await {
        sign(&home.app, &head, kind, &id, 1).await.unwrap();
        let (state, said) = shown(&home, &ciso, kind, &id).await;
        let SignatureState::Signed(given) = &state else {
            panic!("{kind:?}: {state:?}")
        };
        let hash = &given.content.as_ref().unwrap()[..16];
        assert!(said.starts_with("Signed by directrice (auditor)"), "{said}");
        assert!(said.contains(hash), "{said}");
        let printed = paper(&home, &ciso, kind).await;
        assert!(
            printed.contains("Signed by directrice (auditor)"),
            "{printed}"
        );
        assert!(printed.contains(hash), "{printed}");
        assert!(
            !wrong(&home, &ciso, &id)
                .await
                .contains(&ContradictionKind::SignatureBroken)
        );
        let code = kind.code();
        falsify(
            &home,
            &format!(
                "UPDATE records SET content = replace(content, 'motif vrai', 'motif vrac') \
                 WHERE kind = '{code}'"
            ),
        );
        // As it is in memory, and as another process reads it.
        for is_read_again in [false, true] {
            if is_read_again {
                let any = [
                    ("title", "autre"),
                    ("priority", "p1"),
                    ("declared", "to-do"),
                ];
                add(&home, &ciso, RegisterKind::Measure, &any).await;
            }
            let (state, said) = shown(&home, &ciso, kind, &id).await;
            assert!(matches!(state, SignatureState::Broken(_)), "{state:?}");
            assert!(said.starts_with("Signature not valid"), "{said}");
            // Read again from the store, what changed has its name.
            let is_named = said.contains("Fields changed since the signature: ");
            assert_eq!(is_named, is_read_again, "{said}");
            let printed = paper(&home, &ciso, kind).await;
            assert!(printed.contains("Signature not valid"), "{printed}");
            assert!(!printed.contains("Signed by directrice"), "{printed}");
            assert!(
                wrong(&home, &ciso, &id)
                    .await
                    .contains(&ContradictionKind::SignatureBroken)
            );
            let again = sign(&home.app, &head, kind, &id, 1).await;
            assert!(matches!(again, Err(OperationError::Conflict)), "{again:?}");
        }
        assert!(codes(&home).await.contains(&format!("record:{id}")), "{id}");
        let check = match kind {
            RegisterKind::Audit => Some(Check::AuditsDone),
            RegisterKind::Document => Some(Check::DocumentsCurrent),
            _ => None,
        };
        if let Some(check) = check {
            let result = checks::run_one(&home.app, check).await.unwrap();
            assert!(result.found.failing.contains(&id), "{result:?}");
        }
        falsify(
            &home,
            &format!(
                "UPDATE records SET content = replace(content, 'motif vrac', 'motif vrai') \
                 WHERE kind = '{code}'"
            ),
        );
        let any = [
            ("title", "autre"),
            ("priority", "p1"),
            ("declared", "to-do"),
        ];
        add(&home, &ciso, RegisterKind::Measure, &any).await;
        let (state, _) = shown(&home, &ciso, kind, &id).await;
        assert!(matches!(state, SignatureState::Signed(_)), "{state:?}");
    }
    // The signature itself.
    falsify(
        &home,
        "UPDATE records SET content = replace(content, 'rssi', 'rss') || ' ' WHERE kind = 'signature'",
    );
    for kind in [RegisterKind::Audit, RegisterKind::Document] {
        let (state, _) = shown(&home, &ciso, kind, &format!("{}-1", kind.prefix())).await;
        assert!(matches!(state, SignatureState::Broken(_)), "{state:?}");
    }
}

#[tokio::test]
async fn the_act_of_a_signature_says_what_was_signed() {
    let home = on_disk().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let head = somebody(&home, "directrice", "op", Role::Auditor).await;
    let (kind, id) = signable(&home, &ciso, "directrice").await.remove(0);
    sign(&home.app, &head, kind, &id, 1).await.unwrap();
    let (state, _) = shown(&home, &ciso, kind, &id).await;
    let SignatureState::Signed(given) = state else {
        panic!("{state:?}")
    };
    let state = home.app.journal_state();
    let acts: Vec<String> = state
        .index
        .acts(usize::MAX)
        .filter(|(_, act)| act.act == Act::RecordSaved && !act.before.is_empty())
        .map(|(_, act)| act.before.clone())
        .collect();
    assert_eq!(acts, [format!("{id} 1 {}", given.content.unwrap())]);
}

#[tokio::test]
async fn who_writes_their_own_name_signs_only_with_a_fresh_proof() {
    let home = on_disk().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let stale = Actor {
        proved_at: home.now().minus(DAY),
        ..ciso.clone()
    };
    let exception = |title| {
        values(&[
            ("title", title),
            ("justification", "motif"),
            ("approver", "RSSI"),
            ("expires-on", &home.today(30)),
        ])
    };
    let kind = RegisterKind::Exception;
    let without = save_own(&home.app, &stale, kind, None, &exception("A"))
        .await
        .unwrap();
    let (state, said) = shown(&home, &ciso, kind, &without).await;
    assert_eq!(state, SignatureState::Typed);
    assert!(said.starts_with("Not signed yet"), "{said}");
    assert!(
        wrong(&home, &ciso, &without)
            .await
            .contains(&ContradictionKind::NotSigned)
    );
    let refused = sign(&home.app, &stale, kind, &without, 1).await;
    assert!(
        matches!(refused, Err(OperationError::ProofNeeded)),
        "{refused:?}"
    );
    sign(&home.app, &ciso, kind, &without, 1).await.unwrap();
    let with = save_own(&home.app, &ciso, kind, None, &exception("B"))
        .await
        .unwrap();
    for id in [&without, &with] {
        let (state, _) = shown(&home, &ciso, kind, id).await;
        assert!(
            matches!(state, SignatureState::Signed(_)),
            "{id}: {state:?}"
        );
    }
    // What Digue writes in the name of its author, such as a sample, is signed by nobody.
    change(&home, &ciso, kind, &with, &[("title", "C")]).await;
    let (state, _) = shown(&home, &ciso, kind, &with).await;
    assert_eq!(state, SignatureState::Typed);
}

#[tokio::test]
async fn a_signature_without_a_hash_is_said_to_be_one() {
    let home = on_disk().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let head = somebody(&home, "directrice", "op", Role::Auditor).await;
    let (kind, id) = signable(&home, &ciso, "directrice").await.remove(1);
    // As version 0.1.0 wrote it.
    let old = digue_store::RevisionRecord {
        kind: "signature".to_owned(),
        id: "SI-1".to_owned(),
        number: 1,
        at: home.now(),
        author: "directrice".to_owned(),
        is_over: false,
        content: format!(
            "{{\"record\":[\"{id}\"],\"revision\":[\"1\"],\"signed-on\":[\"{}\"]}}",
            home.today(0)
        ),
    };
    let details = digue_app::ActDetails {
        subject: Subject::Record("SI-1".to_owned()),
        after: format!("signature 1 {}", digue_app::files::sha256(&old.content)),
        ..digue_app::ActDetails::default()
    };
    home.app
        .write_down(&head, Act::RecordSaved, details)
        .await
        .unwrap();
    assert!(home.store.add_revisions(&[old]).await.unwrap());
    let (state, said) = shown(&home, &ciso, kind, &id).await;
    assert!(state.stands(), "{state:?}");
    assert!(said.contains("content not recorded"), "{said}");
}

#[tokio::test]
async fn nothing_is_frozen_and_signed_that_the_journal_does_not_confirm() {
    let home = on_disk().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    give_reasons(&home, &ciso).await;
    let decision = [
        ("requirement", "iso-5.7"),
        ("applies", "no"),
        ("exclusion", "Motif vrai."),
    ];
    let decision = add(&home, &ciso, RegisterKind::Applicability, &decision).await;
    // One that goes into no statement.
    let context = [("title", "Périmètre"), ("about", "scope")];
    add(&home, &ciso, RegisterKind::Context, &context).await;
    checks::run_one(&home.app, Check::Lockout).await.unwrap();
    let swap = |from: &str, to: &str, table: &str| {
        falsify(
            &home,
            &format!("UPDATE {table} SET content = replace(content, '{from}', '{to}')"),
        );
    };
    swap("Périmètre", "Perimetre", "records");
    statement::freeze(&home.app, &ciso).await.unwrap();
    let refused = async || match statement::freeze(&home.app, &ciso).await {
        Err(OperationError::Unconfirmed(codes)) => codes,
        other => panic!("{other:?}"),
    };
    swap("Motif vrai", "Motif faux", "records");
    assert_eq!(refused().await, [format!("record:{decision}")]);
    swap("Motif faux", "Motif vrai", "records");
    swap("\"pass\"", "\"fail\"", "check_results");
    assert_eq!(refused().await, ["check:lockout"]);
    swap("\"fail\"", "\"pass\"", "check_results");
    falsify(
        &home,
        &format!("DELETE FROM records WHERE kind = 'applicability' AND id = '{decision}'"),
    );
    assert_eq!(refused().await, [format!("missing:record:{decision}")]);
    let versions = statement::versions(&home.app, &ciso).await.unwrap();
    assert_eq!(versions.len(), 1, "nothing was signed meanwhile");
}

#[tokio::test]
async fn a_frozen_version_that_was_changed_is_not_handed_out() {
    let home = on_disk().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    give_reasons(&home, &ciso).await;
    for _ in 0..3 {
        statement::freeze(&home.app, &ciso).await.unwrap();
        home.clock.pass(Duration::from_secs(1));
    }
    let versions = statement::versions(&home.app, &ciso).await.unwrap();
    let served =
        async |place: usize| statement::version(&home.app, &ciso, &versions[place].hash).await;
    for (place, version) in versions.iter().enumerate() {
        assert_eq!(version.state, FileState::Intact);
        served(place).await.unwrap();
    }
    let of = |place: usize| {
        format!(
            "subject = 'statement:' AND hash = '{}'",
            versions[place].hash
        )
    };
    let planted = digue_app::files::sha256("autre");
    falsify(
        &home,
        &format!(
            "UPDATE kept_files SET bytes = CAST('autre' AS BLOB) WHERE {}",
            of(0)
        ),
    );
    // The row is made to fit the other bytes.
    falsify(
        &home,
        &format!(
            "UPDATE kept_files SET bytes = CAST('autre' AS BLOB), hash = '{planted}' WHERE {}",
            of(1)
        ),
    );
    let found = statement::versions(&home.app, &ciso).await.unwrap();
    let state = |hash: &str| found.iter().find(|one| one.hash == hash).unwrap().state;
    assert_eq!(state(&versions[0].hash), FileState::Altered);
    assert_eq!(state(&versions[1].hash), FileState::Missing);
    assert_eq!(state(&versions[2].hash), FileState::Intact);
    assert_eq!(state(&planted), FileState::Altered, "nobody signed it");
    for place in [0, 1] {
        assert!(is_altered(served(place).await), "{place}");
    }
    served(2).await.unwrap();
    assert!(is_altered(
        statement::version(&home.app, &ciso, &planted).await
    ));
    let codes = codes(&home).await;
    for code in ["statement:1", "missing:statement:2"] {
        assert!(codes.contains(&code.to_owned()), "{codes:?}");
    }
    assert!(!codes.contains(&"statement:3".to_owned()), "{codes:?}");
}

#[tokio::test]
async fn a_policy_that_was_changed_is_neither_read_nor_acknowledged() {
    let home = on_disk().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let agent = somebody(&home, "a1", "of-1", Role::Agent).await;
    let policy = [
        ("title", "Politique"),
        ("about", "policy"),
        ("edition", "1"),
        ("audience", "everybody"),
        ("approved-by", "directrice"),
        ("approved-on", &home.today(0)),
    ];
    let id = add(&home, &ciso, RegisterKind::Document, &policy).await;
    let bytes = b"Chacun ne voit que ses dossiers.";
    awareness::attach(&home.app, &ciso, &id, "politique.txt", bytes)
        .await
        .unwrap();
    let (name, read) = awareness::file(&home.app, &agent, &id).await.unwrap();
    assert_eq!((name.as_str(), &read[..]), ("politique.txt", &bytes[..]));
    let hash = digue_app::files::sha256(bytes);
    let (false_text, false_hash) = (
        "Chacun voit tout.",
        digue_app::files::sha256("Chacun voit tout."),
    );
    falsify(
        &home,
        &format!("UPDATE kept_files SET bytes = CAST('{false_text}' AS BLOB)"),
    );
    let is_refused = async || {
        is_altered(awareness::file(&home.app, &agent, &id).await)
            && is_altered(awareness::read(&home.app, &agent, &id).await)
    };
    assert!(is_refused().await);
    assert_eq!(
        awareness::file_fault(&home.app, &ciso, &id).await.unwrap(),
        Some(StoredFault::Differs)
    );
    assert_eq!(codes(&home).await, [format!("file:{id} {}", &hash[..8])]);
    // Row and record are made to fit the other text.
    falsify(
        &home,
        &format!("UPDATE kept_files SET hash = '{false_hash}'"),
    );
    falsify(
        &home,
        &format!("UPDATE records SET content = replace(content, '{hash}', '{false_hash}')"),
    );
    let any = [
        ("title", "autre"),
        ("priority", "p1"),
        ("declared", "to-do"),
    ];
    add(&home, &ciso, RegisterKind::Measure, &any).await;
    assert!(is_refused().await);
    let found = codes(&home).await;
    for code in [
        format!("file:{id} {}", &false_hash[..8]),
        format!("record:{id}"),
    ] {
        assert!(found.contains(&code), "{found:?}");
    }
    let tasks = awareness::documents(&home.app, &agent).await.unwrap();
    assert!(tasks.iter().all(|task| task.read_on.is_none()));
    // Restored, it is read and acknowledged, by its hash.
    falsify(
        &home,
        &format!(
            "UPDATE kept_files SET hash = '{hash}', bytes = CAST('{}' AS BLOB)",
            String::from_utf8_lossy(bytes)
        ),
    );
    falsify(
        &home,
        &format!("UPDATE records SET content = replace(content, '{false_hash}', '{hash}')"),
    );
    add(&home, &ciso, RegisterKind::Measure, &any).await;
    awareness::read(&home.app, &agent, &id).await.unwrap();
    let found = compared::registers(&home.app, &ciso).await.unwrap();
    let receipts = found.registers.of(RegisterKind::Receipt);
    assert_eq!(receipts[0].values["content"], [hash]);
    // Another file of the same edition waits for another reading.
    awareness::attach(&home.app, &ciso, &id, "politique.txt", b"Autre texte.")
        .await
        .unwrap();
    let tasks = awareness::documents(&home.app, &agent).await.unwrap();
    assert!(tasks.iter().all(|task| task.read_on.is_none()));
}

#[tokio::test]
async fn a_file_of_an_incident_and_a_template_that_were_changed_are_not_used() {
    let home = on_disk().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let app = &home.app;
    let incident = incidents::open(app, &dpo, Source::Person, "Une plainte", Subject::Nothing)
        .await
        .unwrap();
    incidents::keep_file(app, &dpo, &incident, "recepisse.txt", b"recu le 3 mars")
        .await
        .unwrap();
    let hash = digue_app::files::sha256("recu le 3 mars");
    incidents::file(app, &dpo, &incident, &hash).await.unwrap();
    let template = docx(&Document {
        blocks: vec![digue_documents::DocumentBlock::Paragraph(
            "{{content}}".to_owned(),
        )],
        ..Document::default()
    })
    .unwrap();
    papers::take_template(app, &ciso, "entete.docx", &template)
        .await
        .unwrap();
    let printed = async |form| {
        let document = Document::default();
        papers::printed_from(app, &document, form, PaperSources::ISMS).await
    };
    printed(PaperFormat::Docx).await.unwrap();
    assert_eq!(codes(&home).await, [""; 0]);
    falsify(
        &home,
        "UPDATE kept_files SET bytes = CAST('recu le 4 mars' AS BLOB)",
    );
    assert!(is_altered(
        incidents::file(app, &dpo, &incident, &hash).await
    ));
    assert!(is_altered(printed(PaperFormat::Docx).await));
    printed(PaperFormat::Pdf).await.unwrap();
    let found = codes(&home).await;
    let of_template = digue_app::files::sha256(&template);
    for code in [
        format!("file:{incident} {}", &hash[..8]),
        format!("file:docx {}", &of_template[..8]),
    ] {
        assert!(found.contains(&code), "{found:?}");
    }
}

#[tokio::test]
async fn a_result_of_a_check_is_compared_at_any_age() {
    let home = on_disk().await;
    for _ in 0..3 {
        checks::run_one(&home.app, Check::Lockout).await.unwrap();
        home.clock.pass(DAY * 30);
    }
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    assert_eq!(codes(&home).await, [""; 0]);
    falsify(
        &home,
        "UPDATE check_results SET content = replace(content, '\"pass\"', '\"fail\"') \
         WHERE name = 'lockout' AND at = (SELECT MIN(at) FROM check_results)",
    );
    let history = checks::history(&home.app, &ciso, Check::Lockout)
        .await
        .unwrap();
    let confirmations: Vec<RecordConfirmation> =
        history.iter().map(|one| one.confirmation).collect();
    assert_eq!(
        confirmations,
        [
            RecordConfirmation::Same,
            RecordConfirmation::Same,
            RecordConfirmation::Differs
        ]
    );
    let found = codes(&home).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("check-history:lockout "), "{found:?}");
    falsify(
        &home,
        "DELETE FROM check_results WHERE at = (SELECT MIN(at) FROM check_results)",
    );
    let found = codes(&home).await;
    assert!(
        found.len() == 1 && found[0].starts_with("missing:check-history:lockout "),
        "{found:?}"
    );
}

#[tokio::test]
async fn an_answer_to_a_person_is_compared() {
    let home = on_disk().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let person = SignedInPerson::vouched_for(KnownPerson {
        population: "personnes".to_owned(),
        person: "P1".to_owned(),
    });
    let ask = async |text: &str| {
        let request = PersonRequest {
            kind: RequestKind::Rectification,
            entry: None,
            reason: None,
            text: text.to_owned(),
        };
        requests::ask(&home.app, &person, &request).await.unwrap();
    };
    ask("Mon adresse est fausse.").await;
    ask("Mon nom aussi.").await;
    ask("Et mon prénom.").await;
    let all = requests::list(&home.app, &dpo, EvidenceForm::Shown)
        .await
        .unwrap();
    let id = |text: &str| {
        let found = all.iter().find(|one| one.record.text == text).unwrap();
        found.record.id.clone()
    };
    let (first, second) = (id("Mon adresse est fausse."), id("Mon nom aussi."));
    let reason = "la vérification demande un mois";
    requests::extend(&home.app, &dpo, &first, reason)
        .await
        .unwrap();
    let answer = "Votre adresse a été corrigée.";
    requests::answer(&home.app, &dpo, &first, RequestOutcome::Done, answer)
        .await
        .unwrap();
    requests::withdraw(&home.app, &person, &second)
        .await
        .unwrap();
    assert_eq!(codes(&home).await, [""; 0]);
    let own = async || requests::own(&home.app, &person).await.unwrap();
    let all_same = |one: &requests::TrackedRequest| one.confirmation == RecordConfirmation::Same;
    assert!(own().await.iter().all(all_same));
    let of = |text: &str| format!("WHERE text = '{text}'");
    for (change, back, which) in [
        (
            "answer = 'Non, jamais de la vie.'",
            format!("answer = '{answer}'"),
            &first,
        ),
        ("outcome = 'refused'", "outcome = 'done'".to_owned(), &first),
        (
            "answered_by = 'rssi'",
            "answered_by = 'dpo'".to_owned(),
            &first,
        ),
        (
            "extended_why = 'rien'",
            format!("extended_why = '{reason}'"),
            &first,
        ),
        (
            "text = 'Rien.'",
            "text = 'Mon nom aussi.'".to_owned(),
            &second,
        ),
        (
            "outcome = 'refused'",
            "outcome = 'withdrawn'".to_owned(),
            &second,
        ),
    ] {
        falsify(
            &home,
            &format!("UPDATE person_requests SET {change} WHERE id = '{which}'"),
        );
        assert_eq!(codes(&home).await, [format!("request:{which}")], "{change}");
        let own = own().await;
        let shown = own.iter().find(|one| one.record.id == *which).unwrap();
        assert_eq!(shown.confirmation, RecordConfirmation::Differs, "{change}");
        falsify(
            &home,
            &format!("UPDATE person_requests SET {back} WHERE id = '{which}'"),
        );
    }
    falsify(
        &home,
        &format!("DELETE FROM person_requests {}", of("Et mon prénom.")),
    );
    let gone = id("Et mon prénom.");
    assert_eq!(codes(&home).await, [format!("missing:request:{gone}")]);
}
