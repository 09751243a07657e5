//! A known name without an identifier of its person: counted in the entry, and handled as the map
//! chooses.

use std::sync::Arc;

use digue_identifiers::{NameKey, PersonNameTable, PersonNameTableBuilder};
use digue_testkit::{Heard, Reply};
use digue_types::{Inspection, Outcome, PortalId, UnreadCause};
use serde_json::json;

use crate::world::{Visit, WayIn, World};

const ALONE: &str = "uninspectable:name-without-identifier";

fn get(target: &'static str) -> Visit {
    Visit {
        account: "caseload",
        method: "GET",
        target,
    }
}

/// Shows the persons of its target, and names P2 besides.
fn answer(heard: &Heard) -> Reply {
    let (path, query) = heard.target.split_once('?').unwrap_or((&heard.target, ""));
    let ids = query
        .strip_prefix("ids=")
        .unwrap_or_else(|| path.rsplit('/').next().unwrap());
    let item = |id: &str| json!({ "id": id, "note": "Mme Marie DUPONT, vue avec Jean Petit" });
    let items: Vec<_> = ids.split(',').map(item).collect();
    Reply::new("application/json", json!({ "items": items }).to_string())
}

fn table() -> Arc<PersonNameTable> {
    let mut table = PersonNameTableBuilder::new(NameKey::new(b"0123456789abcdef"));
    table.add(Some("P1"), &["DUPONT", "Marie"]);
    table.add(Some("P2"), &["PETIT", "Jean"]);
    Arc::new(table.finish().unwrap())
}

/// A world with names, before a portal that lives as long.
fn world() -> (World, digue_testkit::Portal) {
    let portal = digue_testkit::Portal::start(answer);
    let world = World::before(portal.address.to_string());
    for name in ["portail", "pilote"] {
        world
            .gateway
            .set_names(&PortalId::parse(name).unwrap(), Some(table()));
    }
    (world, portal)
}

#[tokio::test]
async fn observed_names_leave_and_the_entry_counts_them() {
    let (mut world, _portal) = world();
    assert!(
        world
            .visit(WayIn::Session, get("/fiche/P1"))
            .await
            .is_let_through()
    );
    let entry = world.entries().pop().unwrap();
    assert_eq!(
        (entry.outcome, entry.inspection),
        (Outcome::Released, Inspection::Inspected)
    );
    assert_eq!((entry.names_alone, entry.persons().count()), (1, 1));
    let unread = entry.unread.clone().unwrap();
    assert_eq!(
        (unread.cause, unread.place.as_str()),
        (UnreadCause::NameAlone, "names 1")
    );
    let text = format!("{entry:?}").to_lowercase();
    assert!(
        !text.contains("petit") && !text.contains("dupont"),
        "the journal has no name: {text}"
    );
}

#[tokio::test]
async fn a_name_beside_an_identifier_of_its_person_is_not_alone() {
    let (mut world, _portal) = world();
    assert!(
        world
            .visit(WayIn::Session, get("/liste?ids=P1,P2"))
            .await
            .is_let_through()
    );
    let entry = world.entries().pop().unwrap();
    assert_eq!((entry.names_alone, &entry.unread), (0, &None));
}

#[tokio::test]
async fn refused_names_do_not_leave() {
    let (mut world, _portal) = world();
    let reaction = world.visit(WayIn::Session, get("/avis/P1")).await;
    assert!(
        !reaction.is_let_through() && !reaction.body.contains("Petit"),
        "{reaction:?}"
    );
    let entry = world.entries().pop().unwrap();
    assert_eq!((entry.outcome, entry.names_alone), (Outcome::Refused, 1));
    assert_eq!(entry.reasons[0].to_string(), ALONE);
}

#[tokio::test]
async fn released_names_count_as_not_inspected_and_the_persons_count_too() {
    let (mut world, _portal) = world();
    assert!(
        world
            .visit(WayIn::Session, get("/liste?ids=P1"))
            .await
            .is_let_through()
    );
    let entry = world.entries().pop().unwrap();
    assert_eq!(
        (entry.inspection, entry.outcome),
        (Inspection::NameAlone, Outcome::Released)
    );
    assert_eq!((entry.names_alone, entry.persons().count()), (1, 1));
    assert!(
        world
            .visit(WayIn::Session, get("/liste?ids=P1"))
            .await
            .is_let_through()
    );
    let reaction = world.visit(WayIn::Session, get("/liste?ids=P1")).await;
    assert!(
        !reaction.is_let_through(),
        "the budget of responses that were not inspected: {reaction:?}"
    );
}

#[tokio::test]
async fn a_pilot_refuses_no_name_and_says_that_it_would() {
    let (mut world, _portal) = world();
    let reaction = world.visit(WayIn::Pilot, get("/avis/P1")).await;
    assert!(reaction.is_let_through() && reaction.body.contains("Petit"));
    let entry = world.entries().pop().unwrap();
    assert_eq!(
        (entry.outcome, entry.names_alone),
        (Outcome::WouldRefuse, 1)
    );
    assert_eq!(entry.reasons[0].to_string(), ALONE);
}

#[tokio::test]
async fn without_a_table_no_name_is_searched_for() {
    let (mut world, _portal) = world();
    world
        .gateway
        .set_names(&PortalId::parse("portail").unwrap(), None);
    assert!(
        world
            .visit(WayIn::Session, get("/avis/P1"))
            .await
            .is_let_through()
    );
    let entry = world.entries().pop().unwrap();
    assert_eq!((entry.names_alone, &entry.unread), (0, &None));
}
