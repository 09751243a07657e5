//! Approval requests, and new accounts whose holder is not confirmed.

use std::time::Duration;

use digue_access::{Membership, Reach, Role};
use digue_administration::approvals::{
    self, AgreedRelation, ApprovalRequest, NewAccount, ReopeningStep,
};
use digue_administration::decisions;
use digue_app::{Actor, OperationError, gates};
use digue_identity::{invitations, sign_in};
use digue_testkit::Authenticator;
use digue_types::{AccountId, Act, Gate, GateReason, OrganisationId, PopulationId};

use crate::app::{CONSOLE, CONSOLE_HOST, Home};
use crate::passkey::{client, enrol};

/// How an identity was checked.
pub(crate) const CALL: &str = "appel téléphonique";

pub(crate) async fn somebody(home: &Home, name: &str, organisation: &str, role: Role) -> Actor {
    let account = AccountId::parse(name).unwrap();
    let organisation = OrganisationId::parse(organisation).unwrap();
    let membership = Membership { organisation, role };
    digue_app::directory::save(
        &home.app,
        &Actor::digue(),
        vec![(account.clone(), membership)],
    )
    .await
    .unwrap();
    Actor {
        account,
        role,
        proved_at: home.now(),
    }
}

/// The same person with a fresh proof of identity.
pub(crate) fn again(home: &Home, actor: &Actor) -> Actor {
    Actor {
        proved_at: home.now(),
        ..actor.clone()
    }
}

fn new_account(name: &str, organisation: &str, role: Role) -> ApprovalRequest {
    ApprovalRequest::AddAccounts(vec![NewAccount {
        account: AccountId::parse(name).unwrap(),
        organisation: OrganisationId::parse(organisation).unwrap(),
        role,
        email: None,
    }])
}

fn gate_of(home: &Home, account: &AccountId) -> Gate {
    home.app
        .gateway()
        .rules()
        .gates
        .of(&Reach::Account(account.clone()))
}

/// Missions locales, December 2025: one delegate's account created two more.
#[tokio::test]
async fn a_delegate_account_taken_over_alone_creates_no_reader() {
    let home = Home::open().await;
    let delegate = somebody(&home, "delegue", "of-1", Role::Delegate).await;
    let stranger = somebody(&home, "autre", "of-2", Role::Delegate).await;
    let request = new_account("complice", "of-1", Role::Agent);
    let id = approvals::ask(&home.app, &delegate, &request, "nouvelle recrue")
        .await
        .unwrap();
    let alone = decisions::decide(&home.app, &delegate, &id, true).await;
    assert!(matches!(alone, Err(OperationError::Denied)));
    // The delegate of another organisation cannot see it.
    let elsewhere = decisions::decide(&home.app, &stranger, &id, true).await;
    assert!(matches!(elsewhere, Err(OperationError::NotFound(_))));
    assert!(
        approvals::list(&home.app, &stranger)
            .await
            .unwrap()
            .is_empty()
    );
    let rules = home.app.gateway().rules();
    assert!(
        rules
            .directory
            .find(&AccountId::parse("complice").unwrap())
            .is_none()
    );
    // A delegate requests no more than an agent, nor for another organisation; an agent requests
    // nothing.
    for (actor, request) in [
        (&delegate, new_account("x1", "of-1", Role::Delegate)),
        (&delegate, new_account("x2", "of-1", Role::Ciso)),
        (&delegate, new_account("x3", "of-2", Role::Agent)),
        (
            &somebody(&home, "agent", "of-1", Role::Agent).await,
            new_account("x4", "of-1", Role::Agent),
        ),
        (
            &somebody(&home, "dpo", "op", Role::Dpo).await,
            new_account("x5", "of-1", Role::Agent),
        ),
    ] {
        let asked = approvals::ask(&home.app, actor, &request, "nouvelle recrue").await;
        assert!(matches!(asked, Err(OperationError::Denied)), "{request:?}");
    }
}

#[tokio::test]
async fn a_new_account_sees_nobody_until_two_persons_and_a_passkey_say_so() {
    let home = Home::open().await;
    let delegate = somebody(&home, "delegue", "of-1", Role::Delegate).await;
    let deputy = somebody(&home, "second", "of-1", Role::Deputy).await;
    let request = new_account("neuf", "of-1", Role::Agent);
    let id = approvals::ask(&home.app, &delegate, &request, "nouvelle recrue")
        .await
        .unwrap();
    let twice = approvals::ask(&home.app, &delegate, &request, "nouvelle recrue").await;
    assert!(matches!(twice, Err(OperationError::Conflict)));
    let done = decisions::decide(&home.app, &deputy, &id, true)
        .await
        .unwrap();
    assert_eq!(done.request, request);
    let again = decisions::decide(&home.app, &deputy, &id, true).await;
    assert!(matches!(again, Err(OperationError::Conflict)));
    let account = AccountId::parse("neuf").unwrap();
    assert_eq!(gate_of(&home, &account), Gate::Closed);

    // Requester and approver hold no link; a third person hands it over.
    assert_eq!(done.invitations[0].link, None);
    for actor in [&delegate, &deputy] {
        let refused = invitations::hand_over(&home.app, actor, &account).await;
        assert!(matches!(refused, Err(OperationError::Involved)));
    }
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let early = invitations::confirm(&home.app, &dpo, &account, "AAAA-AAAA", CALL).await;
    assert!(matches!(
        early,
        Err(OperationError::Invalid("invalid-confirm-passkey"))
    ));
    let lost = invitations::hand_over(&home.app, &ciso, &account)
        .await
        .unwrap()
        .link
        .unwrap();
    let link = invitations::hand_over(&home.app, &ciso, &account)
        .await
        .unwrap()
        .link
        .unwrap();
    let token = |link: &str| link.split_once("link=").unwrap().1.to_owned();
    // The invitation opens the console, where the holder makes a passkey; the account still sees no
    // person.
    let voided = sign_in::enter(&home.app, &token(&lost), CONSOLE_HOST, &client()).await;
    assert!(matches!(voided, Err(OperationError::NotFound(_))));
    sign_in::enter(&home.app, &token(&link), CONSOLE_HOST, &client())
        .await
        .unwrap();
    let used = sign_in::enter(&home.app, &token(&link), CONSOLE_HOST, &client()).await;
    assert!(matches!(used, Err(OperationError::NotFound(_))));
    let session = home.app.gateway().sessions_of(&account).pop().unwrap();
    assert_eq!(
        invitations::own_code(&home.app, &session).await.unwrap(),
        None,
        "without a key, no code"
    );
    enrol(
        &home,
        &session,
        &mut Authenticator::new(CONSOLE_HOST, CONSOLE),
    )
    .await
    .unwrap();
    let code = invitations::own_code(&home.app, &session)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(gate_of(&home, &account), Gate::Closed);

    // The holder cannot confirm themselves, nor can anyone of another organisation.
    let itself = Actor {
        account: account.clone(),
        role: Role::Agent,
        proved_at: home.now(),
    };
    let stranger = somebody(&home, "autre", "of-2", Role::Delegate).await;
    for actor in [&itself, &stranger] {
        let denied = invitations::confirm(&home.app, actor, &account, &code, CALL).await;
        assert!(matches!(denied, Err(OperationError::Denied)));
    }
    // Those who requested, approved or saw the link cannot confirm: a thief of that account would
    // do both.
    for actor in [&delegate, &deputy, &ciso] {
        let alone = invitations::confirm(&home.app, actor, &account, &code, CALL).await;
        assert!(matches!(alone, Err(OperationError::Involved)), "{actor:?}");
    }
    // No other way opens its gate.
    let request = ApprovalRequest::OpenGate {
        reach: Reach::Account(account.clone()),
        gate: Gate::Open,
    };
    let around = approvals::ask(&home.app, &ciso, &request, "il attend").await;
    assert!(matches!(
        around,
        Err(OperationError::Invalid("invalid-gate-unconfirmed"))
    ));
    let guessed = invitations::confirm(&home.app, &dpo, &account, "AAAA-AAAA", CALL).await;
    assert!(matches!(
        guessed,
        Err(OperationError::Invalid("invalid-confirm-code"))
    ));
    let typed = code.to_lowercase().replace('-', " ");
    invitations::confirm(&home.app, &dpo, &account, &typed, CALL)
        .await
        .unwrap();
    assert_eq!(gate_of(&home, &account), Gate::Open);
    assert!(
        home.app.gateway().sessions_of(&account).is_empty(),
        "from now on by its passkey alone"
    );
    // Confirmed once: a gate closed later is not a quarantine.
    gates::set_gate(
        &home.app,
        &ciso,
        Reach::Account(account.clone()),
        Gate::Closed,
        "suspect",
    )
    .await
    .unwrap();
    let reopened = invitations::confirm(&home.app, &delegate, &account, &code, CALL).await;
    assert!(matches!(reopened, Err(OperationError::Conflict)));
    let again = invitations::hand_over(&home.app, &delegate, &account).await;
    assert!(matches!(again, Err(OperationError::Conflict)));
    let acts: Vec<Act> = home.acts().into_iter().map(|(act, _)| act).collect();
    for act in [
        Act::ApprovalAsked,
        Act::ApprovalGranted,
        Act::InvitationHandedOver,
        Act::LinkIssued,
        Act::PasskeyAdded,
        Act::HolderConfirmed,
        Act::GateSet,
    ] {
        assert!(acts.contains(&act), "{act:?}");
    }
}

#[tokio::test]
async fn a_closed_gate_is_opened_by_two_within_four_days() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let agent = somebody(&home, "a1", "of-1", Role::Agent).await;
    let reach = Reach::Account(agent.account.clone());
    gates::set_gate(&home.app, &ciso, reach.clone(), Gate::Closed, "suspect")
        .await
        .unwrap();
    let alone = gates::set_gate(&home.app, &ciso, reach.clone(), Gate::Open, "retrouvé").await;
    assert!(matches!(alone, Err(OperationError::SecondNeeded)));
    let request = ApprovalRequest::OpenGate {
        reach: reach.clone(),
        gate: Gate::Open,
    };
    let late = approvals::ask(&home.app, &ciso, &request, "retrouvé")
        .await
        .unwrap();
    home.clock.pass(Duration::from_hours(4 * 24));
    let expired = decisions::decide(&home.app, &dpo, &late, true).await;
    assert!(matches!(expired, Err(OperationError::Conflict)));
    // Days later who they are is no longer proved: neither asks nor grants.
    let stale = approvals::ask(&home.app, &ciso, &request, "retrouvé").await;
    assert!(matches!(stale, Err(OperationError::ProofNeeded)));
    let (ciso, dpo_now) = (again(&home, &ciso), again(&home, &dpo));
    let id = approvals::ask(&home.app, &ciso, &request, "retrouvé")
        .await
        .unwrap();
    let stale = decisions::decide(&home.app, &dpo, &id, false).await;
    assert!(matches!(stale, Err(OperationError::ProofNeeded)));
    let dpo = dpo_now;
    decisions::decide(&home.app, &dpo, &id, false)
        .await
        .unwrap();
    let id = approvals::ask(&home.app, &ciso, &request, "retrouvé")
        .await
        .unwrap();
    decisions::decide(&home.app, &dpo, &id, false)
        .await
        .unwrap();
    assert_eq!(gate_of(&home, &agent.account), Gate::Closed);
    let id = approvals::ask(&home.app, &ciso, &request, "retrouvé")
        .await
        .unwrap();
    decisions::decide(&home.app, &dpo, &id, true).await.unwrap();
    assert_eq!(gate_of(&home, &agent.account), Gate::Open);
    // Closing is one person's act; so is narrowing a gate that is open.
    gates::set_gate(&home.app, &ciso, reach, Gate::StepUp, "prudence")
        .await
        .unwrap();
}

/// A delegate is a second person for agents only: an officer taken over and a delegate make no
/// officer.
#[tokio::test]
async fn a_delegate_neither_grants_nor_confirms_more_than_agents() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let delegate = somebody(&home, "delegue", "op", Role::Delegate).await;
    for role in [Role::Ciso, Role::Dpo, Role::Auditor, Role::Delegate] {
        let request = new_account(&format!("neuf-{}", role.code()), "op", role);
        let id = approvals::ask(&home.app, &ciso, &request, "renfort")
            .await
            .unwrap();
        let granted = decisions::decide(&home.app, &delegate, &id, true).await;
        assert!(matches!(granted, Err(OperationError::Denied)), "{role:?}");
    }
    let second = somebody(&home, "rssi2", "op", Role::Ciso).await;
    let request = new_account("neuf", "op", Role::Dpo);
    let id = approvals::ask(&home.app, &ciso, &request, "renfort")
        .await
        .unwrap();
    decisions::decide(&home.app, &second, &id, true)
        .await
        .unwrap();
    let account = AccountId::parse("neuf").unwrap();
    let confirmed = invitations::confirm(&home.app, &delegate, &account, "AAAA-AAAA", CALL).await;
    assert!(matches!(confirmed, Err(OperationError::Denied)));
    let handed = invitations::hand_over(&home.app, &delegate, &account).await;
    assert!(matches!(handed, Err(OperationError::Denied)));
    // An officer who writes "quarantine" puts no account in quarantine: one person could confirm it
    // away.
    let a1 = somebody(&home, "a1", "of-1", Role::Agent).await;
    let reach = Reach::Account(a1.account);
    gates::set_gate(
        &home.app,
        &ciso,
        reach.clone(),
        Gate::Closed,
        " quarantine ",
    )
    .await
    .unwrap();
    let stored = home
        .store
        .gates()
        .await
        .unwrap()
        .into_iter()
        .find(|gate| gate.reach == reach)
        .unwrap();
    assert_eq!(stored.reason, GateReason::Officer("quarantine".to_owned()));
    assert!(!gates::is_quarantine(&stored));
    let alone = gates::set_gate(&home.app, &ciso, reach, Gate::Open, "retrouvé").await;
    assert!(matches!(alone, Err(OperationError::SecondNeeded)));
    // Each step is in the journal under the name of its author.
    let acts = home.acts();
    assert!(
        acts.contains(&(Act::GateSet, "account:neuf".to_owned())),
        "{acts:?}"
    );
}

/// What an officer would gain by is decided by another officer.
#[tokio::test]
async fn an_officer_approves_nothing_for_their_own_account() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let third = somebody(&home, "rssi2", "op", Role::Ciso).await;
    let reach = Reach::Account(dpo.account.clone());
    gates::set_gate(&home.app, &ciso, reach.clone(), Gate::Closed, "suspect")
        .await
        .unwrap();
    let reopening = ReopeningStep {
        reach: reach.clone(),
        gate: Gate::Open,
        percent: 50,
        incident: "in-1".into(),
    };
    let opening = ApprovalRequest::OpenGate {
        reach,
        gate: Gate::Open,
    };
    let own = somebody(&home, "delegue", "op", Role::Delegate).await;
    let partner = somebody(&home, "autre", "of-1", Role::Delegate).await;
    let relation = |account: Option<&Actor>, organisation: &str, person: &str| {
        ApprovalRequest::AddToCaseload(AgreedRelation {
            population: PopulationId::parse("patients").unwrap(),
            person: person.into(),
            account: account.map(|actor| actor.account.clone()),
            organisation: OrganisationId::parse(organisation).unwrap(),
            until: None,
        })
    };
    for (asks, request, dpo_may, third_may) in [
        (&ciso, opening, false, true),
        (&ciso, ApprovalRequest::Reopen(reopening), false, true),
        (&own, relation(Some(&dpo), "op", "100"), false, true),
        (&own, relation(None, "op", "101"), false, false),
        (&partner, relation(None, "of-1", "102"), true, true),
    ] {
        let id = approvals::ask(&home.app, asks, &request, "demande de test")
            .await
            .unwrap();
        assert_eq!(may_decide(&home, &dpo, &id).await, dpo_may, "{request:?}");
        assert_eq!(
            may_decide(&home, &third, &id).await,
            third_may,
            "{request:?}"
        );
        if !dpo_may {
            let alone = decisions::decide(&home.app, &dpo, &id, true).await;
            assert!(matches!(alone, Err(OperationError::Denied)), "{request:?}");
        }
    }
}

async fn may_decide(home: &Home, actor: &Actor, id: &str) -> bool {
    let waiting = approvals::list(&home.app, actor).await.unwrap();
    let one = waiting.iter().find(|one| one.record.id == id);
    one.unwrap().may_decide
}
