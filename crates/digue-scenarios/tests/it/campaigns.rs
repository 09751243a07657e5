//! Campaigns of notices that are interrupted: addresses of persons stay no longer than they are
//! needed.

use digue_access::Role;
use digue_app::Actor;
use digue_casework::incidents;
use digue_response::incident::Source;
use digue_types::Subject;

use crate::app::Home;
use crate::approvals::somebody;
use crate::races::{accept, on_disk, refuse};
use crate::stored_records::notices_to_one;

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
