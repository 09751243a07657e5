//! The registers about personal data as a DPO works with them: requests by post, sheets and their
//! papers, counts of retention, an inventory beside the catalogue of exploited vulnerabilities.

use std::time::Duration;

use digue_access::Role;
use digue_app::names::VisibleNames;
use digue_app::{Actor, OperationError};
use digue_casework::paper_reader::PaperReader;
use digue_casework::papers::PaperFormat;
use digue_compliance::isms::advisories::{AdvisoryFeed, feed, feed_file};
use digue_compliance::isms::{self, SaveError, checks};
use digue_evidence::reading::EvidenceForm;
use digue_evidence::stored_records::RecordConfirmation;
use digue_isms::Values;
use digue_isms::check::{Check, CheckOutcome};
use digue_isms::field::FieldError;
use digue_isms::kinds::RegisterKind;
use digue_locales::Language;
use digue_privacy_acts::inventory::{self, InventoryOutcome};
use digue_privacy_acts::papers::{PrivacyPaper, paper};
use digue_selfservice::persons::letters::letter;
use digue_selfservice::persons::received::{ReceivedRequest, enter, note_proof};
use digue_selfservice::persons::requests::{
    self, RequestChannel, RequestKind, RequestOutcome, RequestProof, RequestRefusal, TrackedRequest,
};
use digue_types::Timestamp;

use crate::app::{Home, Plan};
use crate::approvals::somebody;
use crate::isms::add;

/// The words of a Word file, with plain apostrophes.
fn words_of(docx: &[u8]) -> String {
    crate::papers::words_of(docx).replace("&apos;", "'")
}

const DAY: Duration = Duration::from_hours(24);

fn reader() -> PaperReader {
    PaperReader {
        language: Language::French,
        zone: jiff::tz::TimeZone::UTC,
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

fn by_post(home: &Home, person: &str) -> ReceivedRequest {
    ReceivedRequest {
        kind: RequestKind::Erasure,
        channel: RequestChannel::Post,
        received_on: home.today(-3).parse().unwrap(),
        population: "personnes".to_owned(),
        person: person.to_owned(),
        requester: "Marie Durand\n1 rue Haute\n35000 Rennes".to_owned(),
        text: "Effacez mon dossier.".to_owned(),
        proof: None,
    }
}

async fn tracked(home: &Home, actor: &Actor, id: &str) -> TrackedRequest {
    let all = requests::list(&home.app, actor, EvidenceForm::Shown).await;
    let mut all = all.unwrap().into_iter();
    all.find(|one| one.record.id == id).unwrap()
}

fn invalid(done: Result<(), OperationError>) -> &'static str {
    match done {
        Err(OperationError::Invalid(key)) => key,
        other => panic!("{other:?}"),
    }
}

async fn letter_of(home: &Home, actor: &Actor, id: &str) -> String {
    let bytes = letter(&home.app, actor, &reader(), id, PaperFormat::Docx).await;
    words_of(&bytes.unwrap())
}

#[tokio::test]
async fn a_request_by_post_runs_from_the_day_it_came_and_is_refused_with_its_remedies() {
    let home = on_disk().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let id = enter(&home.app, &dpo, &by_post(&home, "")).await.unwrap();
    let one = tracked(&home, &dpo, &id).await;
    assert_eq!(home.today(-3), "2025-11-19");
    // The same date of the next month, to its last hour: a Friday, and no holiday.
    let due: jiff::Zoned = "2025-12-19T23:59:59[Europe/Paris]".parse().unwrap();
    let due = Timestamp::from_micros(due.timestamp().as_microsecond());
    assert_eq!(one.due, due, "from the day on which it came");
    assert_eq!(one.confirmation, RecordConfirmation::Same);
    let receipt = letter_of(&home, &dpo, &id).await;
    assert!(
        receipt.contains("35000 Rennes") && !receipt.contains("CNIL"),
        "{receipt}"
    );
    // Nobody is granted anything before their identity is established.
    let text = "Votre dossier est effacé.";
    let grant = async || requests::answer(&home.app, &dpo, &id, RequestOutcome::Done, text).await;
    assert_eq!(invalid(grant().await), "invalid-identity");
    note_proof(&home.app, &dpo, &id, RequestProof::Asked)
        .await
        .unwrap();
    assert_eq!(invalid(grant().await), "invalid-identity");
    assert!(
        letter_of(&home, &dpo, &id)
            .await
            .contains("preuve de votre identité")
    );
    home.clock.pass(DAY);
    let dpo = Actor {
        proved_at: home.now(),
        ..dpo.clone()
    };
    note_proof(&home.app, &dpo, &id, RequestProof::Document)
        .await
        .unwrap();
    let text = "Le dossier sert au suivi en cours, que la loi impose.";
    let refuse = async |reason| {
        let decided = (RequestOutcome::Refused, reason);
        requests::decide(&home.app, &dpo, &id, decided, text).await
    };
    assert_eq!(invalid(refuse(None).await), "invalid-refusal");
    refuse(Some(RequestRefusal::LegalDuty)).await.unwrap();
    let refusal = letter_of(&home, &dpo, &id).await;
    for said in [
        "17(3)(b)",
        text,
        "CNIL",
        "3 place de Fontenoy",
        "article 79",
        "12(4)",
    ] {
        assert!(refusal.contains(said), "{said}: {refusal}");
    }
    let one = tracked(&home, &dpo, &id).await;
    assert_eq!(one.confirmation, RecordConfirmation::Same);
    assert_eq!(one.record.refusal, "legal-duty");
}

#[tokio::test]
async fn an_entered_request_is_compared_with_the_journal_word_for_word() {
    let home = on_disk().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let request = ReceivedRequest {
        proof: Some(RequestProof::Asked),
        ..by_post(&home, "")
    };
    let id = enter(&home.app, &dpo, &request).await.unwrap();
    let decided = (RequestOutcome::Refused, Some(RequestRefusal::NotIdentified));
    let text = "Aucune preuve n'est parvenue.";
    requests::decide(&home.app, &dpo, &id, decided, text)
        .await
        .unwrap();
    let confirmed = async || tracked(&home, &dpo, &id).await.confirmation;
    assert_eq!(confirmed().await, RecordConfirmation::Same);
    for (column, other) in [
        ("channel", "'counter'"),
        ("received_at", "received_at - 86400000000"),
        ("requester", "'Personne'"),
        ("entered_by", "'rssi'"),
        ("proof", "'document'"),
        ("proof_at", "proof_at - 86400000000"),
        ("refusal", "'unfounded'"),
    ] {
        home.change_beside(
            "CREATE TABLE IF NOT EXISTS kept_requests AS SELECT * FROM person_requests",
        );
        home.change_beside(&format!("UPDATE person_requests SET {column} = {other}"));
        assert_eq!(confirmed().await, RecordConfirmation::Differs, "{column}");
        // No letter leaves from what the journal contradicts.
        let letter = letter(&home.app, &dpo, &reader(), &id, PaperFormat::Pdf).await;
        assert!(matches!(letter, Err(OperationError::Conflict)), "{column}");
        home.change_beside(&format!(
            "UPDATE person_requests SET {column} = (SELECT {column} FROM kept_requests)"
        ));
    }
    assert_eq!(confirmed().await, RecordConfirmation::Same);
}

#[tokio::test]
async fn what_cannot_be_entered_is_said() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let ciso_reads = somebody(&home, "audit", "op", Role::Auditor).await;
    let entered = async |change: fn(&mut ReceivedRequest)| {
        let mut request = by_post(&home, "P1");
        change(&mut request);
        enter(&home.app, &dpo, &request).await.map(drop)
    };
    for (change, key) in [
        (
            (|one| one.kind = RequestKind::Contest) as fn(&mut ReceivedRequest),
            "invalid-received-kind",
        ),
        (
            |one| one.requester = " ".to_owned(),
            "invalid-received-requester",
        ),
        (
            |one| one.text = "\u{200b}".to_owned(),
            "invalid-request-empty",
        ),
        (
            |one| one.received_on = one.received_on.saturating_add(jiff::Span::new().days(9)),
            "invalid-received-day",
        ),
    ] {
        assert_eq!(invalid(entered(change).await), key);
    }
    let denied = enter(&home.app, &ciso_reads, &by_post(&home, "P1")).await;
    assert!(matches!(denied, Err(OperationError::Denied)));
}

#[tokio::test]
async fn the_register_of_article_30_prints_what_is_missing_as_missing() {
    let home = on_disk().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let bare = [
        ("title", "Suivi des stagiaires"),
        ("role", "controller"),
        ("purposes", "Suivre les stagiaires"),
        ("safeguards", "none"),
    ];
    let id = add(&home, &dpo, RegisterKind::Processing, &bare).await;
    let processor = [
        ("title", "Hébergement"),
        ("role", "processor"),
        ("purposes", "Héberger"),
        ("on-behalf-of", "Commune du Val, 1 place de la Mairie"),
        ("safeguards", "none"),
        ("security", "Chiffrement des disques"),
    ];
    add(&home, &dpo, RegisterKind::Processing, &processor).await;
    let printed = async |name: &str| {
        let wanted = PrivacyPaper::parse(name).unwrap();
        let bytes = paper(&home.app, &dpo, &reader(), &wanted, PaperFormat::Docx).await;
        words_of(&bytes.unwrap())
    };
    let controller = printed("controller").await;
    let missing = |article: &str| format!("demandé par l'article {article}");
    for article in ["30(1)(c)", "30(1)(d)", "30(1)(f)", "30(1)(g)"] {
        assert!(
            controller.contains(&missing(article)),
            "{article}: {controller}"
        );
    }
    assert!(!controller.contains(&missing("30(1)(b)")) && !controller.contains("Hébergement"));
    assert!(
        controller.contains("MANQUANTE") && !controller.contains("field-"),
        "{controller}"
    );
    let other = printed("processor").await;
    assert!(other.contains("Commune du Val") && !other.contains("Suivi des stagiaires"));
    assert!(printed(&id).await.contains("Suivre les stagiaires"));
    for form in [PaperFormat::Pdf, PaperFormat::Xlsx] {
        let wanted = PrivacyPaper::parse("controller").unwrap();
        let bytes = paper(&home.app, &dpo, &reader(), &wanted, form)
            .await
            .unwrap();
        assert!(bytes.len() > 1000);
    }
    assert_eq!(PrivacyPaper::parse("ME-1"), None);
}

#[tokio::test]
async fn an_assessment_is_not_signed_without_the_officers_opinion() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let mut fields = vec![
        ("title", "Portail"),
        ("need", "needed"),
        ("description", "Un portail de dossiers."),
        ("necessity", "Rien de moins ne suffit."),
        ("rights", "Information et accès."),
        ("risk-words", "Vol d'un compte."),
        ("views", "Entendus."),
        ("high-residual", "no"),
        ("decision", "proceed"),
        ("decided-on", "2025-11-20"),
        ("decided-by", "direction"),
    ];
    let values = |fields: &[(&str, &str)]| -> Values {
        let one = |(field, text): &(&str, &str)| ((*field).to_owned(), vec![(*text).to_owned()]);
        fields.iter().map(one).collect()
    };
    let unsaved = isms::save(&home.app, &dpo, RegisterKind::Dpia, None, &values(&fields)).await;
    let Err(SaveError::Faults(faults)) = unsaved else {
        panic!("{unsaved:?}");
    };
    let asked: Vec<&str> = faults.iter().map(|fault| fault.field).collect();
    assert_eq!(asked, ["dpo-opinion", "dpo-words", "dpo-name", "dpo-on"]);
    assert!(faults.iter().all(|fault| fault.unfit == FieldError::ToSign));
    fields.extend([
        ("dpo-opinion", "with-reservations"),
        ("dpo-words", "Avec la double authentification."),
        ("dpo-name", "C. Martin"),
        ("dpo-on", "2025-11-19"),
    ]);
    let id = add(&home, &dpo, RegisterKind::Dpia, &fields).await;
    let wanted = PrivacyPaper::parse(&id).unwrap();
    let bytes = paper(&home.app, &dpo, &reader(), &wanted, PaperFormat::Docx).await;
    let words = words_of(&bytes.unwrap());
    assert!(words.contains("favorable avec réserves") && words.contains("Vol d'un compte."));
}

async fn outcome(home: &Home, check: Check) -> CheckOutcome {
    // Two results of one check never have the same time.
    home.clock.pass(Duration::from_secs(1));
    checks::run_one(&home.app, check).await.unwrap().outcome
}

#[tokio::test]
async fn a_term_is_kept_to_once_a_fresh_count_says_so() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    assert_eq!(
        outcome(&home, Check::RetentionPeriods).await,
        CheckOutcome::NotRun
    );
    let rule = [
        ("title", "Dossiers clos"),
        ("months", "24"),
        ("tolerated", "5"),
    ];
    let rule = add(&home, &dpo, RegisterKind::RetentionRule, &rule).await;
    assert_eq!(
        outcome(&home, Check::RetentionPeriods).await,
        CheckOutcome::NotRun
    );
    let count = async |beyond: &str| {
        let today = home.today(0);
        let fields = [
            ("rule", rule.as_str()),
            ("read-on", &today),
            ("records", "1000"),
            ("beyond", beyond),
            ("undated", "0"),
            ("quality", "exact"),
            ("source", "base"),
        ];
        add(&home, &dpo, RegisterKind::RetentionReading, &fields).await
    };
    count("6").await;
    assert_eq!(
        outcome(&home, Check::RetentionPeriods).await,
        CheckOutcome::Fail
    );
    count("5").await;
    assert_eq!(
        outcome(&home, Check::RetentionPeriods).await,
        CheckOutcome::Pass
    );
    home.clock.pass(DAY * 93);
    assert_eq!(
        outcome(&home, Check::RetentionPeriods).await,
        CheckOutcome::Fail,
        "stale"
    );
}

const INVENTORY: &str = r#"[{"name":"log4j2","version":"2.14.1","publisher":"Apache"},{"name":"nginx","version":"1.24.0"}]"#;

fn catalogue(day: &str, count: u64) -> String {
    format!(
        r#"{{"title":"x","catalogVersion":"1","dateReleased":"{day}T10:00:00Z","count":{count},"vulnerabilities":[
        {{"cveID":"CVE-2021-44228","vendorProject":"Apache","product":"Log4j2","vulnerabilityName":"Log4Shell","dateAdded":"2021-12-10",
        "shortDescription":"Apache Log4j2 before 2.15.0 allows code execution.","requiredAction":"Update","dueDate":"2021-12-24","knownRansomwareCampaignUse":"Known","notes":""}}]}}"#
    )
}

#[tokio::test]
async fn the_inventory_is_compared_with_a_catalogue_that_is_whole_and_fresh() {
    let home = on_disk().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let shown = inventory::preview(&home.app, &ciso, INVENTORY.as_bytes())
        .await
        .unwrap();
    assert_eq!((shown.added, shown.changed), (2, 0));
    let bytes = INVENTORY.as_bytes();
    let wrong = inventory::import(&home.app, &ciso, (bytes, "autre"))
        .await
        .unwrap();
    assert!(matches!(wrong, InventoryOutcome::Outdated(_)));
    let done = inventory::import(&home.app, &ciso, (bytes, &shown.digest))
        .await
        .unwrap();
    assert_eq!(done, InventoryOutcome::Taken(shown));
    assert_eq!(outcome(&home, Check::Software).await, CheckOutcome::NotRun);
    let file = feed_file(&home.app);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    write(&catalogue(&home.today(-2), 1));
    assert_eq!(outcome(&home, Check::Software).await, CheckOutcome::Fail);
    write(&catalogue(&home.today(-2), 2));
    assert_eq!(
        outcome(&home, Check::Software).await,
        CheckOutcome::Error,
        "incomplete"
    );
    write(&catalogue(&home.today(-40), 1));
    assert_eq!(
        outcome(&home, Check::Software).await,
        CheckOutcome::NotRun,
        "stale"
    );
    let stale = feed(&home.app, &ciso).await.unwrap();
    assert!(matches!(stale, AdvisoryFeed::Stale(_)));
    // The next inventory has the mended version.
    write(&catalogue(&home.today(-2), 1));
    let mended = INVENTORY.replace("2.14.1", "2.17.1");
    let shown = inventory::preview(&home.app, &ciso, mended.as_bytes())
        .await
        .unwrap();
    assert_eq!((shown.added, shown.changed, shown.same), (0, 1, 1));
    inventory::import(&home.app, &ciso, (mended.as_bytes(), &shown.digest))
        .await
        .unwrap();
    assert_eq!(outcome(&home, Check::Software).await, CheckOutcome::Pass);
}
