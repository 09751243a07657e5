//! Incidents: the log that writes itself, the affected set, decisions and the clock.

use std::collections::BTreeSet;
use std::time::Duration;

use digue_access::{Reach, Role};
use digue_app::found::MonitoredFinding;
use digue_app::{OperationError, gates};
use digue_casework::breach::{self, ListError, ListQuestion};
use digue_casework::{containment, incidents, notification};
use digue_detection::{Action, Weight};
use digue_exposure::ScopeQuestion;
use digue_locales::{Language, has};
use digue_response::affected::{AffectedQuality, OtherQuestion};
use digue_response::claim::Happening;
use digue_response::clock::{Awareness, ClockKind};
use digue_response::incident::{IncidentState, Source};
use digue_response::notification::{
    Block, Field, FormFieldShape, Informant, Informed, Known, Stage,
};
use digue_response::severity::{
    Availability, Confidentiality, DataContext, Ease, Integrity, SeverityLevel,
};
use digue_response::sheet::{Answer, Sheet};
use digue_response::vocabulary::{
    Cause, Consequence, DataKind, Exemption, Gravity, Harm, Nature, Origin, PersonKind,
};
use digue_response::{IncidentNote, incident};
use digue_types::{Act, Gate, Subject};

use crate::app::Home;
use crate::approvals::somebody;
use crate::containment::found;

const BECAUSE: &str = "parce que les faits le montrent";

#[tokio::test]
async fn the_log_writes_itself_from_the_journal_and_nobody_can_change_it() {
    let home = Home::open().await;
    let (ciso, dpo) = (
        somebody(&home, "rssi", "op", Role::Ciso).await,
        somebody(&home, "dpo", "op", Role::Dpo).await,
    );
    let id = incidents::open(
        &home.app,
        &dpo,
        Source::Person,
        "Compte a1 suspect",
        Subject::parse("account:a1"),
    )
    .await
    .unwrap();
    let reach = Reach::Account("a1".parse().unwrap());
    gates::set_gate(&home.app, &ciso, reach, Gate::Closed, "vol probable")
        .await
        .unwrap();
    let view = incidents::view(&home.app, &dpo, &id).await.unwrap();
    let seen = view.entries.iter().find_map(|entry| match &entry.note {
        IncidentNote::Seen {
            act,
            after,
            journal,
            ..
        } if *act == Act::GateSet => Some((after.clone(), *journal)),
        _ => None,
    });
    let (after, journal) = seen.expect("the gate is in the log");
    assert!(after == "closed" && journal > 0);
    assert_eq!(
        incidents::check(&home.app, &dpo, &id).await.unwrap(),
        Vec::<u32>::new()
    );
    // Another account's gate is another story.
    let reach = Reach::Account("a2".parse().unwrap());
    gates::set_gate(&home.app, &ciso, reach, Gate::StepUp, "prudence")
        .await
        .unwrap();
    let again = incidents::view(&home.app, &dpo, &id).await.unwrap();
    assert_eq!(again.entries.len(), view.entries.len());
    // What an agent or an auditor may not.
    for (who, role) in [("a3", Role::Agent), ("auditor", Role::Auditor)] {
        let actor = somebody(&home, who, "op", role).await;
        let said = IncidentNote::Said {
            kind: incident::EntryKind::Fact,
            text: "x".to_owned(),
            journal: None,
        };
        let refused = incidents::add(&home.app, &actor, &id, None, said).await;
        assert!(matches!(refused, Err(OperationError::Denied)), "{who}");
    }
}

#[tokio::test]
async fn an_affected_set_is_exact_versioned_and_computed_again_to_the_same_hash() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    home.show("a1", &["P1", "P2", "P3"]).await;
    home.show("a2", &["P9"]).await;
    let id = incidents::open(
        &home.app,
        &dpo,
        Source::Person,
        "Compte a1",
        Subject::parse("account:a1"),
    )
    .await
    .unwrap();
    let question = ScopeQuestion {
        accounts: vec!["a1".parse().unwrap()],
        ..ScopeQuestion::default()
    };
    let first = breach::compute_affected(&home.app, &dpo, &id, question.clone())
        .await
        .unwrap();
    assert_eq!(
        (first.number, first.persons, first.quality),
        (1, 3, AffectedQuality::Exact)
    );
    assert!(breach::recompute(&home.app, &dpo, &id, 1).await.unwrap());
    home.show("a1", &["P4"]).await;
    let second = breach::compute_affected(&home.app, &dpo, &id, question)
        .await
        .unwrap();
    assert_eq!((second.number, second.persons), (2, 4));
    assert!(
        breach::recompute(&home.app, &dpo, &id, 1).await.unwrap(),
        "the first one still holds"
    );
    let new = breach::complement(&home.app, &dpo, &id, 1, 2)
        .await
        .unwrap();
    let new: BTreeSet<&str> = new.iter().map(|person| person.person.as_str()).collect();
    assert_eq!(new, BTreeSet::from(["P4"]));
    let basis = "champ tiers de confiance des fiches".to_owned();
    let others = vec![OtherQuestion {
        kind: PersonKind::Relatives,
        persons: 2,
        basis,
    }];
    let third = breach::state_others(&home.app, &dpo, &id, others)
        .await
        .unwrap();
    assert_eq!((third.number, third.persons), (3, 4));
    let view = incidents::view(&home.app, &dpo, &id).await.unwrap();
    let draft = notification::draft(&home.app, &view, Language::French).snapshot();
    assert_eq!(draft[&Field::PersonCount], ["6"], "relatives count, too");
    assert_eq!(draft[&Field::PersonKinds], ["users", "relatives"]);
    assert_eq!(draft[&Field::Natures], ["confidentiality"]);
}

/// A list of another account, or of a shorter period, would take persons off the list in silence:
/// they would be informed of nothing, and the authority be told fewer.
#[tokio::test]
async fn a_list_leaves_out_nobody_of_an_earlier_one_without_a_written_reason() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    home.show("a1", &["P1", "P2", "P3"]).await;
    home.show("a2", &["P3", "P9"]).await;
    let id = incidents::open(&home.app, &dpo, Source::Person, "Comptes", Subject::Nothing)
        .await
        .unwrap();
    let of = |account: &str, why_fewer: &str| ListQuestion {
        scope: ScopeQuestion {
            accounts: vec![account.parse().unwrap()],
            ..ScopeQuestion::default()
        },
        why_fewer: why_fewer.to_owned(),
    };
    let compute = async |account: &str, why: &str| {
        breach::compute_affected(&home.app, &dpo, &id, of(account, why)).await
    };
    compute("a1", "").await.unwrap();
    for why in ["", "  ", "\u{a0}"] {
        let refused = compute("a2", why).await;
        assert!(
            matches!(refused, Err(ListError::LeavesOut(2))),
            "{refused:?}"
        );
    }
    let view = incidents::view(&home.app, &dpo, &id).await.unwrap();
    assert_eq!(view.incident.affected.len(), 1);
    let why = "le compte a1 n'était pas en cause";
    let fewer = compute("a2", why).await.unwrap();
    let left_out = fewer.left_out.clone().unwrap();
    assert_eq!((left_out.persons, left_out.reason.as_str()), (2, why));
    // The reason answers for those persons, and for nobody else.
    assert_eq!(compute("a2", "").await.unwrap().left_out, None);
    home.show("a2", &["P10"]).await;
    compute("a2", "").await.unwrap();
    assert!(matches!(
        compute("a1", "").await,
        Err(ListError::LeavesOut(2))
    ));
    // It is in the log, and on what the authority reads.
    let view = incidents::view(&home.app, &dpo, &id).await.unwrap();
    let draft = notification::draft(&home.app, &view, Language::French).snapshot();
    assert_eq!(view.incident.affected[1].left_out, Some(left_out));
    assert!(draft[&Field::What][0].contains(why), "{draft:?}");
}

#[tokio::test]
async fn a_breach_is_notified_and_closed_with_both_decisions() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let id = incidents::open(
        &home.app,
        &dpo,
        Source::Person,
        "Fuite",
        Subject::parse("account:a1"),
    )
    .await
    .unwrap();
    let add = async |note| incidents::add(&home.app, &dpo, &id, None, note).await;
    let reason = || BECAUSE.to_owned();
    let now = home.app.clock().now();
    add(IncidentNote::Aware {
        at: now.micros(),
        reason: reason(),
        of: Awareness::Data,
    })
    .await
    .unwrap();
    add(IncidentNote::StateSet {
        state: IncidentState::Contained,
        reason: reason(),
    })
    .await
    .unwrap();
    let close = || IncidentNote::StateSet {
        state: IncidentState::Resolved,
        reason: reason(),
    };
    let undecided = add(close()).await;
    assert!(matches!(
        undecided,
        Err(OperationError::Invalid("incident-refused-undecided"))
    ));
    add(IncidentNote::AuthorityDecided {
        notify: true,
        reason: reason(),
    })
    .await
    .unwrap();
    add(IncidentNote::PersonsDecided {
        inform: false,
        exemption: Some(Exemption::Mitigated),
        reason: reason(),
    })
    .await
    .unwrap();
    // Seventy-three hours later the reasons come first.
    home.clock.pass(Duration::from_hours(73));
    let late = home.app.clock().now();
    let send =
        async || notification::submit(&home.app, &dpo, &id, Stage::Initial, late, "CNIL-42").await;
    assert!(matches!(
        send().await,
        Err(OperationError::Invalid(
            "incident-refused-delay-unexplained"
        ))
    ));
    add(IncidentNote::DelayExplained {
        clock: ClockKind::Authority,
        reason: reason(),
    })
    .await
    .unwrap();
    send().await.unwrap();
    let close_now = add(close()).await;
    assert!(matches!(
        close_now,
        Err(OperationError::Invalid(
            "incident-refused-notification-open"
        ))
    ));
    // What was unknown is answered, and the complement is sent.
    // An answer may ask for another one.
    loop {
        let view = incidents::view(&home.app, &dpo, &id).await.unwrap();
        let unknown = notification::draft(&home.app, &view, Language::French).unknown();
        let Some((field, _)) = unknown.first().copied() else {
            break;
        };
        let value = vec![match field.shape() {
            FormFieldShape::One(codes) | FormFieldShape::Many(codes) => codes[0].to_owned(),
            FormFieldShape::Number => "0".to_owned(),
            FormFieldShape::Moment => now.to_string(),
            FormFieldShape::Line | FormFieldShape::Text => "vu avec le responsable".to_owned(),
        }];
        add(IncidentNote::FieldSet { field, value }).await.unwrap();
    }
    let complement = Stage::Complementary;
    notification::submit(&home.app, &dpo, &id, complement, late, "CNIL-43")
        .await
        .unwrap();
    for sheet in incidents::view(&home.app, &dpo, &id)
        .await
        .unwrap()
        .incident
        .sheets
    {
        for step in sheet.steps() {
            let (step, text) = (step.code.to_owned(), String::new());
            add(IncidentNote::Step {
                sheet,
                step,
                answer: Answer::Unknown,
                text,
            })
            .await
            .unwrap();
        }
    }
    // A complaint that is not filed is a decision, with its reason.
    add(IncidentNote::LeftOpen {
        clock: ClockKind::Complaint,
        reason: "L'assureur n'est pas appelé.".to_owned(),
    })
    .await
    .unwrap();
    add(close()).await.unwrap();
    let view = incidents::view(&home.app, &dpo, &id).await.unwrap();
    assert_eq!(view.incident.state(), IncidentState::Resolved);
    let kept = &view.incident.submissions[0].1;
    assert_eq!(
        (
            kept.receipt.as_str(),
            kept.snapshot[&Field::DelayReasons][0].as_str()
        ),
        ("CNIL-42", BECAUSE)
    );
    assert_eq!(view.clocks[0].overdue(late), Some(Duration::from_hours(1)));
}

#[tokio::test]
async fn open_incidents_are_followed_again_after_a_start() {
    let home = Home::open().await;
    let (ciso, dpo) = (
        somebody(&home, "rssi", "op", Role::Ciso).await,
        somebody(&home, "dpo", "op", Role::Dpo).await,
    );
    let id = incidents::open(
        &home.app,
        &dpo,
        Source::Partner,
        "Signalement",
        Subject::parse("account:a1"),
    )
    .await
    .unwrap();
    incidents::follow_open(&home.app).await.unwrap();
    assert_eq!(
        incidents::about(&home.app, &Subject::parse("account:a1")).await,
        Some(id.clone())
    );
    let dismissed = IncidentNote::StateSet {
        state: IncidentState::Dismissed,
        reason: BECAUSE.to_owned(),
    };
    incidents::add(&home.app, &dpo, &id, None, dismissed)
        .await
        .unwrap();
    let reach = Reach::Account("a1".parse().unwrap());
    gates::set_gate(&home.app, &ciso, reach, Gate::StepUp, "prudence")
        .await
        .unwrap();
    let view = incidents::view(&home.app, &dpo, &id).await.unwrap();
    let after_the_end = view.entries.last().unwrap();
    assert!(
        matches!(after_the_end.note, IncidentNote::StateSet { .. }),
        "{after_the_end:?}"
    );
}

#[tokio::test]
async fn an_incident_of_an_organisation_follows_its_accounts() {
    let home = Home::open().await;
    let (ciso, dpo) = (
        somebody(&home, "rssi", "op", Role::Ciso).await,
        somebody(&home, "dpo", "op", Role::Dpo).await,
    );
    somebody(&home, "a1", "of-1", Role::Agent).await;
    somebody(&home, "b1", "of-2", Role::Agent).await;
    let id = incidents::open(
        &home.app,
        &dpo,
        Source::Partner,
        "Comptes de of-1",
        Subject::parse("organisation:of-1"),
    )
    .await
    .unwrap();
    for account in ["a1", "b1"] {
        let reach = Reach::Account(account.parse().unwrap());
        gates::set_gate(&home.app, &ciso, reach, Gate::Closed, "vol probable")
            .await
            .unwrap();
    }
    let view = incidents::view(&home.app, &dpo, &id).await.unwrap();
    let seen = view.entries.iter().filter_map(|entry| match &entry.note {
        IncidentNote::Seen { subject, .. } => Some(subject.to_string()),
        _ => None,
    });
    assert_eq!(seen.collect::<Vec<_>>(), ["account:a1"]);
}

#[tokio::test]
async fn the_notification_says_when_a_partner_reported_and_not_when_an_officer_wrote_it_down() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let delegate = somebody(&home, "chef", "of-1", Role::Delegate).await;
    let reported = incidents::report(&home.app, &delegate, "Poste volé", "un portable, hier soir")
        .await
        .unwrap();
    let at = home.now();
    home.clock.pass(Duration::from_hours(3));
    let entered = incidents::open(
        &home.app,
        &dpo,
        Source::Partner,
        "Appel de of-1",
        Subject::parse("organisation:of-1"),
    )
    .await
    .unwrap();
    let told = async |id: &str| {
        let view = incidents::view(&home.app, &dpo, id).await.unwrap();
        notification::draft(&home.app, &view, Language::French)
            .snapshot()
            .remove(&Field::ProcessorToldAt)
    };
    assert_eq!(told(&reported).await, Some(vec![at.to_string()]));
    assert_eq!(told(&entered).await, None);
}

#[test]
fn every_code_of_a_breach_has_its_word_in_both_languages() {
    let mut keys: Vec<String> = Vec::new();
    macro_rules! keys_of {
        ($($list:ident)+) => { $(keys.extend($list::ALL.iter().map(|one| one.key().to_owned()));)+ };
    }
    keys_of!(Nature Origin Cause PersonKind DataKind Consequence Harm Gravity Exemption);
    keys_of!(AffectedQuality ClockKind Stage Block Informant Known Informed Field IncidentState Source Sheet Answer);
    keys_of!(DataContext Ease Confidentiality Integrity Availability SeverityLevel);
    keys_of!(Awareness Happening);
    keys.extend(
        incident::IncidentRole::ALL
            .iter()
            .map(|one| one.key().to_owned()),
    );
    keys.extend(
        incident::EntryKind::ALL
            .iter()
            .map(|one| one.key().to_owned()),
    );
    for sheet in Sheet::ALL {
        keys.extend(
            sheet
                .steps()
                .iter()
                .map(|step| format!("{}-{}", sheet.key(), step.code)),
        );
    }
    for language in Language::ALL {
        for key in &keys {
            assert!(has(language, key), "{key} in {}", language.code());
        }
    }
}

#[tokio::test]
async fn an_incident_at_an_observed_portal_says_that_nobody_was_contained() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    somebody(&home, "a1", "of-1", Role::Agent).await;
    let seen = found(&home, "a1", Weight::Containment, Action::Observe);
    containment::respond(
        &home.app,
        MonitoredFinding {
            is_trial: true,
            ..seen
        },
    )
    .await
    .unwrap();
    home.settled().await;
    let id = incidents::open(
        &home.app,
        &dpo,
        Source::Person,
        "Compte a1",
        Subject::parse("account:a1"),
    );
    let id = id.await.unwrap();
    let view = incidents::view(&home.app, &dpo, &id).await.unwrap();
    let seen = view.entries.iter().find_map(|entry| match &entry.note {
        IncidentNote::Seen { act, journal, .. } => Some((*act, *journal > 0)),
        _ => None,
    });
    assert_eq!(seen, Some((Act::WatchAlerted, true)));
}
