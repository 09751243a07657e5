//! Classes of persons: what is held back, what another person's agreement opens, and what the entry
//! says.

use digue_types::{Basis, ClassName, Outcome, PersonRef, RefusalReason, ShownClasses};

use crate::world::{Visit, WayIn, World};

fn open(target: &'static str) -> Visit {
    Visit {
        account: "caseload",
        method: "GET",
        target,
    }
}

fn archived() -> ClassName {
    ClassName::parse("archived").unwrap()
}

fn person(text: &str) -> PersonRef {
    PersonRef::parse(text).unwrap()
}

#[tokio::test]
async fn an_archived_record_opens_with_an_agreement_and_the_entry_says_so() {
    let mut world = World::new();
    world.set_classes(&[("archived", "P1"), ("protected", "P2")]);
    for way in [WayIn::Session, WayIn::ForwardAuth] {
        let refused = world.visit(way, open("/fiche/P1")).await;
        assert_eq!(refused.reasons, ["person-class:archived"], "{way:?}");
    }
    let entry = world.entries().pop().unwrap();
    assert_eq!(entry.reasons, [RefusalReason::PersonClass(archived())]);
    assert!(entry.shown.is_empty() && entry.classes.is_empty());

    world.agree("caseload", "P1");
    assert_eq!(
        world.visit(WayIn::Session, open("/fiche/P1")).await.status,
        200
    );
    let entry = world.entries().pop().unwrap();
    assert_eq!(
        (entry.outcome, entry.shown[0].basis),
        (Outcome::Released, Basis::Agreed)
    );
    assert_eq!(entry.justification.as_deref(), Some("une pension de 1998"));
    assert_eq!(entry.classes.of(&archived()), [person("P1")]);
}

#[tokio::test]
async fn a_watched_record_is_shown_and_named_by_its_entry() {
    let mut world = World::new();
    world.set_classes(&[("protected", "P2")]);
    assert_eq!(
        world.visit(WayIn::Session, open("/fiche/P2")).await.status,
        200
    );
    let entry = world.entries().pop().unwrap();
    let class = ClassName::parse("protected").unwrap();
    assert_eq!(entry.classes.of(&class), [person("P2")]);
    assert_eq!(entry.shown[0].basis, Basis::Caseload);
}

#[tokio::test]
async fn a_list_is_cut_where_the_map_cuts_lists() {
    let mut world = World::new();
    world.set_classes(&[("archived", "P1")]);
    let whole = world.visit(WayIn::Session, open("/entier?ids=P1,P2")).await;
    assert_eq!(whole.reasons, ["person-class:archived"]);
}

#[tokio::test]
async fn without_a_table_nothing_is_shown_and_a_trial_says_that_it_was_not_known() {
    let mut world = World::new();
    world.set_classes(&[]);
    let refused = world.visit(WayIn::Session, open("/fiche/P3")).await;
    assert_eq!(refused.reasons, ["class-unknown"]);
    let observed = world.visit(WayIn::Observed, open("/fiche/P3")).await;
    assert_eq!(observed.status, 200);
    let entry = world.entries().pop().unwrap();
    assert_eq!(entry.outcome, Outcome::WouldRefuse);
    assert_eq!(entry.reasons, [RefusalReason::ClassUnknown]);
    assert_eq!(entry.classes, ShownClasses::Unknown);
}
