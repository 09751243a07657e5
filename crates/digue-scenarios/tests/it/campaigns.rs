//! Campaigns of notices that are interrupted: addresses of persons stay no longer than they are
//! needed.

use digue_access::Role;
use digue_app::Actor;
use digue_app::names::VisibleNames;
use digue_casework::paper_reader::PaperReader;
use digue_casework::{incidents, notification};
use digue_locales::Language;
use digue_response::clock::ClockKind;
use digue_response::incident::{NotifiedPersons, Source};
use digue_response::notification::{Field, FilledField};
use digue_response::{Incident, IncidentNote};
use digue_types::{Subject, Timestamp};
use jiff::tz::TimeZone;

use crate::app::Home;
use crate::approvals::somebody;
use crate::races::{accept, on_disk, refuse};
use crate::stored_records::{notices_to, notices_to_one};

async fn incident(home: &Home) -> (Actor, String) {
    let dpo = somebody(home, "dpo", "op", Role::Dpo).await;
    somebody(home, "a1", "of-1", Role::Agent).await;
    let id = incidents::open(
        &home.app,
        &dpo,
        Source::Person,
        "Une plainte",
        Subject::Nothing,
    );
    let id = id.await.unwrap();
    (dpo, id)
}

fn files_of_contacts(home: &Home) -> Vec<String> {
    let folder = std::fs::read_dir(home.app.data_folder().join("incidents")).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("contacts-")).collect()
}

#[tokio::test]
async fn destinations_that_the_end_of_a_campaign_left_are_deleted_at_the_next_start() {
    let home = Home::with(on_disk()).await;
    let (dpo, incident) = incident(&home).await;
    let asked = notices_to_one(&home, &dpo, &incident).await;
    let id = digue_notices::prepare(&home.app, &dpo, &incident, asked)
        .await
        .unwrap();
    refuse(&home, "UPDATE OF destination ON notices");
    let ended = digue_notices::set_state(&home.app, &dpo, &id, "ended", true).await;
    assert!(ended.is_err());
    accept(&home);
    let destination = async || {
        let notices = home.store.notices(&id, "waiting", 0, 10).await.unwrap();
        notices[0].destination.clone()
    };
    assert_eq!(destination().await, "p1@exemple.fr");
    digue_notices::after_a_start(&home.app).await.unwrap();
    assert_eq!(destination().await, "");
}

#[tokio::test]
async fn contacts_of_a_campaign_that_could_not_be_requested_are_deleted() {
    let home = Home::with(on_disk()).await;
    let (dpo, incident) = incident(&home).await;
    let asked = notices_to_one(&home, &dpo, &incident).await;
    refuse(&home, "INSERT ON campaigns");
    let prepared = digue_notices::prepare(&home.app, &dpo, &incident, asked).await;
    assert!(prepared.is_err());
    assert_eq!(files_of_contacts(&home), [""; 0]);
    // Digue was killed before it could.
    let left = home.app.data_folder().join("incidents/contacts-ca-9.csv");
    std::fs::write(left, "personne;courriel\n").unwrap();
    digue_notices::after_a_start(&home.app).await.unwrap();
    assert_eq!(files_of_contacts(&home), [""; 0]);
}

async fn folded(home: &Home, dpo: &Actor, incident: &str) -> Incident {
    let view = incidents::view(&home.app, dpo, incident).await;
    view.unwrap().incident
}

/// Prepares a campaign and ends it, in between with what `leaves` does to its notices.
async fn run(
    home: &Home,
    dpo: &Actor,
    incident: &str,
    asked: digue_notices::CampaignRequest,
    leaves: impl AsyncFnOnce(&str),
) {
    let id = digue_notices::prepare(&home.app, dpo, incident, asked);
    let id = id.await.unwrap();
    leaves(&id).await;
    let ended = digue_notices::set_state(&home.app, dpo, &id, "ended", true);
    ended.await.unwrap();
}

/// Two of three were to have a mail, and one came back; then all three had a letter. That was five
/// notices, and they were added up as persons.
#[tokio::test]
async fn a_person_written_to_by_mail_and_by_post_is_one_person() {
    let home = Home::with(on_disk()).await;
    let (dpo, incident) = incident(&home).await;
    let persons: &[&str] = &["P1", "P2", "P3"];
    let mails = "personne;courriel\nP1;p1@exemple.fr\nP2;p2@exemple.fr\n";
    let asked = notices_to(&home, &dpo, &incident, (persons, mails)).await;
    run(&home, &dpo, &incident, asked, async |id| {
        let waiting = home.store.notices(id, "waiting", 0, 10).await.unwrap();
        assert_eq!(waiting.len(), 2);
        for (notice, state) in waiting.iter().zip(["sent", "returned"]) {
            let (number, now) = (notice.number, Timestamp::ZERO);
            let set = home.store.set_notice(id, number, state, "", now);
            set.await.unwrap();
        }
    })
    .await;
    let after_mails = NotifiedPersons {
        sent: 1,
        unsent: 1,
        unreached: 1,
        ..NotifiedPersons::default()
    };
    let open = folded(&home, &dpo, &incident).await;
    assert_eq!(open.notified(), Some(after_mails));

    let letters = "personne;nom;adresse\nP1;Ana;1 rue A\nP2;Bo;2 rue B\nP3;Cy;3 rue C\n";
    let asked = notices_to(&home, &dpo, &incident, (persons, letters)).await;
    run(&home, &dpo, &incident, asked, async |id| {
        let letters = digue_notices::letters(&home.app, &dpo, id, 0).await;
        letters.unwrap();
    })
    .await;
    let after_letters = NotifiedPersons {
        sent: 1,
        listed: 2,
        ..NotifiedPersons::default()
    };
    let open = folded(&home, &dpo, &incident).await;
    assert_eq!(open.notified(), Some(after_letters));
    // Whether letters were posted, a person has to say.
    assert_eq!(open.informed_count(), None);

    let stated = IncidentNote::Met {
        clock: ClockKind::Persons,
        at: home.app.clock().now().micros(),
        to: "courriels et lettres".to_owned(),
        receipt: String::new(),
        persons: None,
    };
    let stated = incidents::add(&home.app, &dpo, &incident, None, stated).await;
    stated.unwrap();
    let view = incidents::view(&home.app, &dpo, &incident).await.unwrap();
    assert_eq!(view.incident.informed_count(), Some(3));
    let draft = notification::draft(&home.app, &view, Language::French);
    let count = draft
        .0
        .iter()
        .find(|(field, _)| *field == Field::InformedCount);
    let Some((_, FilledField::Value { value, .. })) = count else {
        panic!("the draft for the authority has no number: {count:?}");
    };
    assert_eq!(value, &["3"], "the draft for the authority");
    let reader = PaperReader {
        language: Language::French,
        zone: TimeZone::UTC,
        names: VisibleNames::default(),
    };
    let claims = reader.claims_with_sources(&view).join("\n");
    let both = "(lettre, message, appel)\u{a0}: 2. Courriels envoyés par Digue\u{a0}: 1.";
    assert!(claims.contains(both), "the register: {claims}");
}

/// Neither campaign alone reached every person, and both together did.
#[tokio::test]
async fn a_campaign_that_reaches_the_rest_of_an_earlier_one_meets_the_duty() {
    let home = Home::with(on_disk()).await;
    let (dpo, incident) = incident(&home).await;
    let persons: &[&str] = &["P1", "P2"];
    for only in ["P1", "P2"] {
        let before = folded(&home, &dpo, &incident).await;
        assert!(!before.met.contains_key(&ClockKind::Persons));
        let contacts = format!("personne;courriel\n{only};un@exemple.fr\n");
        let asked = notices_to(&home, &dpo, &incident, (persons, &contacts)).await;
        run(&home, &dpo, &incident, asked, async |id| {
            let waiting = home.store.notices(id, "waiting", 0, 10).await.unwrap();
            let (number, now) = (waiting[0].number, Timestamp::ZERO);
            let set = home.store.set_notice(id, number, "sent", "", now);
            set.await.unwrap();
        })
        .await;
    }
    let incident = folded(&home, &dpo, &incident).await;
    assert_eq!(incident.informed_count(), Some(2));
    assert_eq!(incident.met[&ClockKind::Persons].persons, Some(2));
    assert_eq!(incident.open_campaign(), None);
}
