//! Giving an account back: two persons, nothing left of what the thief had, and word to who must
//! know.

use std::time::Duration;

use digue_access::{Reach, Role};
use digue_administration::accounts;
use digue_administration::approvals::{self, ApprovalRequest};
use digue_administration::decisions;
use digue_app::{Actor, OperationError, gates};
use digue_evidence::reading::EvidenceForm;
use digue_identity::recovery::{self, PERCENT_AFTER, REDUCED_FOR};
use digue_identity::{invitations, sign_in};
use digue_mail::MailSettings;
use digue_testkit::{Authenticator, Mailbox};
use digue_types::{AccountId, Act, Gate, OrganisationId};

use crate::app::{CONSOLE, CONSOLE_HOST, Home, Plan, mail_to};
use crate::approvals::{again, somebody};
use crate::passkey::{by_link, client, come_in, enrol};

fn request(account: &AccountId, home: &Home) -> ApprovalRequest {
    let since = home.now().minus(Duration::from_hours(20));
    ApprovalRequest::RecoverAccount {
        account: account.clone(),
        since,
    }
}

#[tokio::test]
async fn a_recovery_takes_two_and_leaves_nothing_of_what_the_thief_had() {
    let home = Home::open().await;
    let session = by_link(&home, "a1").await;
    let account = session.account.clone();
    let mut stolen = Authenticator::new(CONSOLE_HOST, CONSOLE);
    enrol(&home, &session, &mut stolen).await.unwrap();
    let delegate = somebody(&home, "delegue", "of-1", Role::Delegate).await;
    let deputy = somebody(&home, "second", "of-1", Role::Deputy).await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let request = request(&account, &home);
    // Not oneself, not another organisation; and nobody alone.
    let itself = Actor {
        account: account.clone(),
        role: Role::Agent,
        proved_at: home.now(),
    };
    let stranger = somebody(&home, "autre", "of-2", Role::Delegate).await;
    for actor in [&itself, &stranger] {
        let asked = approvals::ask(&home.app, actor, &request, "ordinateur volé").await;
        assert!(matches!(asked, Err(OperationError::Denied)));
    }
    let id = approvals::ask(&home.app, &delegate, &request, "ordinateur volé")
        .await
        .unwrap();
    let alone = decisions::decide(&home.app, &delegate, &id, true).await;
    assert!(matches!(alone, Err(OperationError::Denied)));
    let none = recovery::look_back(&home.app, &ciso, &account, EvidenceForm::Shown).await;
    assert!(matches!(none, Err(OperationError::NotFound(_))));
    let done = decisions::decide(&home.app, &deputy, &id, true)
        .await
        .unwrap();

    // Sessions, passkeys and the gate; a part of the limits for two weeks.
    assert!(home.app.gateway().sessions_of(&account).is_empty());
    let refused = come_in(&home, &mut stolen).await;
    assert!(matches!(
        refused,
        Err(OperationError::Invalid("invalid-passkey"))
    ));
    let rules = home.app.gateway().rules();
    assert_eq!(
        rules.gates.of(&Reach::Account(account.clone())),
        Gate::Closed
    );
    assert_eq!(rules.percent_of(&account, home.now()), PERCENT_AFTER);
    assert_eq!(
        rules.percent_of(&account, home.now().plus(REDUCED_FOR)),
        100
    );
    let back = recovery::look_back(&home.app, &ciso, &account, EvidenceForm::Shown)
        .await
        .unwrap();
    assert_eq!(
        (back.record.asked_by, back.record.granted_by),
        (delegate.account.clone(), deputy.account)
    );
    assert_eq!(
        back.record.since,
        home.now().minus(Duration::from_hours(20))
    );
    let denied = recovery::look_back(&home.app, &delegate, &account, EvidenceForm::Shown).await;
    assert!(matches!(denied, Err(OperationError::Denied)));

    // The invitation is a third person's to hand over; a fourth confirms who took it.
    assert_eq!(done.invitations[0].link, None);
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let link = invitations::hand_over(&home.app, &ciso, &account)
        .await
        .unwrap()
        .link
        .unwrap();
    let token = link.split_once("link=").unwrap().1;
    let (_, session) = sign_in::enter(&home.app, token, CONSOLE_HOST, &client())
        .await
        .unwrap();
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
    let asker = invitations::confirm(&home.app, &delegate, &account, &code, "vu au bureau").await;
    assert!(matches!(asker, Err(OperationError::Involved)));
    invitations::confirm(&home.app, &dpo, &account, &code, "vu au bureau")
        .await
        .unwrap();
    assert_eq!(
        home.app
            .gateway()
            .rules()
            .gates
            .of(&Reach::Account(account)),
        Gate::Open
    );
    assert!(
        home.acts()
            .iter()
            .any(|(act, _)| *act == Act::AccountRecovered)
    );
}

/// A gate that was closed for a reason stays closed for it: recovery is no way around two officers.
#[tokio::test]
async fn a_recovery_does_not_reopen_what_was_closed_before() {
    let home = Home::open().await;
    let session = by_link(&home, "a1").await;
    let delegate = somebody(&home, "delegue", "of-1", Role::Delegate).await;
    let deputy = somebody(&home, "second", "of-1", Role::Deputy).await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let reach = Reach::Account(session.account.clone());
    gates::set_gate(&home.app, &ciso, reach.clone(), Gate::Closed, "vol avéré")
        .await
        .unwrap();
    let request = request(&session.account, &home);
    let id = approvals::ask(&home.app, &delegate, &request, "ordinateur volé")
        .await
        .unwrap();
    decisions::decide(&home.app, &deputy, &id, true)
        .await
        .unwrap();
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let link = invitations::hand_over(&home.app, &ciso, &session.account)
        .await
        .unwrap()
        .link
        .unwrap();
    let token = link.split_once("link=").unwrap().1;
    let (_, session) = sign_in::enter(&home.app, token, CONSOLE_HOST, &client())
        .await
        .unwrap();
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
    invitations::confirm(&home.app, &dpo, &session.account, &code, "vu au bureau")
        .await
        .unwrap();
    assert_eq!(home.app.gateway().rules().gates.of(&reach), Gate::Closed);
}

#[tokio::test]
async fn administrators_are_told_by_mail_and_the_thief_is_not_invited() {
    let mailbox = Mailbox::open();
    let home = Home::with(Plan {
        mail: Some(mail_to(&mailbox)),
        ..Plan::default()
    })
    .await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let second = somebody(&home, "rssi2", "op", Role::Ciso).await;
    let add = |name: &str, role| approvals::NewAccount {
        account: AccountId::parse(name).unwrap(),
        organisation: OrganisationId::parse("of-1").unwrap(),
        role,
        email: Some(format!("{name}@exemple.fr")),
    };
    let both =
        ApprovalRequest::AddAccounts(vec![add("delegue", Role::Delegate), add("a1", Role::Agent)]);
    let id = approvals::ask(&home.app, &ciso, &both, "convention signée")
        .await
        .unwrap();
    let done = decisions::decide(&home.app, &second, &id, true)
        .await
        .unwrap();
    assert!(
        done.invitations
            .iter()
            .all(|one| one.link.is_none() && one.email.is_some())
    );
    // The addresses are the asker's word: nothing leaves before somebody else vouches for them.
    assert_eq!(digue_mail::send_due(&home.app).await.unwrap(), 0);
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    for name in ["delegue", "a1"] {
        let account = AccountId::parse(name).unwrap();
        for involved in [&ciso, &second] {
            let refused = invitations::send(&home.app, involved, &account).await;
            assert!(matches!(refused, Err(OperationError::Involved)));
        }
        let sent = invitations::send(&home.app, &dpo, &account).await.unwrap();
        assert_eq!(
            (sent.link, sent.email),
            (None, Some(format!("{name}@exemple.fr")))
        );
    }
    assert_eq!(digue_mail::send_due(&home.app).await.unwrap(), 2);
    let invitations = mailbox.messages();
    let (to, text) = &invitations[1];
    assert_eq!(invitations.len(), 2);
    assert!(to.ends_with("@exemple.fr"));
    // Quoted-printable folds long lines; the link is whole once they are joined.
    let plain = text.replace("=\n", "").replace("=3D", "=");
    assert!(
        plain.contains("https://digue.test/.digue/enter?link="),
        "{plain}"
    );
    let token = plain
        .split("enter?link=")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned();
    sign_in::enter(&home.app, &token, CONSOLE_HOST, &client())
        .await
        .unwrap();

    let account = AccountId::parse("a1").unwrap();
    let id = approvals::ask(
        &home.app,
        &ciso,
        &request(&account, &home),
        "ordinateur volé",
    )
    .await
    .unwrap();
    let done = decisions::decide(&home.app, &second, &id, true)
        .await
        .unwrap();
    assert_eq!(done.invitations[0].link, None);
    let by_mail = invitations::send(&home.app, &dpo, &account).await;
    assert!(
        matches!(by_mail, Err(OperationError::NotFound(_))),
        "never by mail"
    );
    assert_eq!(digue_mail::send_due(&home.app).await.unwrap(), 2);
    let told = &mailbox.messages()[2..];
    let mut to: Vec<&str> = told.iter().map(|(to, _)| to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["a1@exemple.fr", "delegue@exemple.fr"]);
    assert!(told.iter().all(|(_, text)| !text.contains("enter?link")));
}

#[tokio::test]
async fn mail_waits_for_a_server_that_is_away_and_is_given_up_after_two_days() {
    let mailbox = Mailbox::open();
    // A port where nobody listens.
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let settings = MailSettings {
        port: closed.port(),
        ..mail_to(&mailbox)
    };
    let home = Home::with(Plan {
        mail: Some(settings),
        ..Plan::default()
    })
    .await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let second = somebody(&home, "rssi2", "op", Role::Ciso).await;
    let one = approvals::NewAccount {
        account: AccountId::parse("a1").unwrap(),
        organisation: OrganisationId::parse("of-1").unwrap(),
        role: Role::Agent,
        email: Some("a1@exemple.fr".into()),
    };
    let id = approvals::ask(
        &home.app,
        &ciso,
        &ApprovalRequest::AddAccounts(vec![one]),
        "recrue",
    )
    .await
    .unwrap();
    decisions::decide(&home.app, &second, &id, true)
        .await
        .unwrap();
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    invitations::send(&home.app, &dpo, &AccountId::parse("a1").unwrap())
        .await
        .unwrap();
    assert_eq!(digue_mail::send_due(&home.app).await.unwrap(), 0);
    let waiting = digue_administration::settings::read(&home.app, &ciso)
        .await
        .unwrap()
        .mails;
    assert_eq!((waiting.len(), waiting[0].tries), (1, 1));
    // Not again at once; and no link was made for a mail that did not leave.
    assert_eq!(digue_mail::send_due(&home.app).await.unwrap(), 0);
    assert_eq!(
        digue_administration::settings::read(&home.app, &ciso)
            .await
            .unwrap()
            .mails[0]
            .tries,
        1
    );
    home.clock.pass(Duration::from_hours(48));
    digue_mail::send_due(&home.app).await.unwrap();
    assert!(
        digue_administration::settings::read(&home.app, &again(&home, &ciso))
            .await
            .unwrap()
            .mails
            .is_empty()
    );
    assert!(!home.acts().iter().any(|(act, _)| *act == Act::LinkIssued));
}

/// The first thing one does is suspend the account: the recovery goes through, and does not undo
/// that.
#[tokio::test]
async fn a_suspended_account_is_recovered_and_stays_suspended() {
    let home = Home::open().await;
    let session = by_link(&home, "a1").await;
    let account = session.account.clone();
    let delegate = somebody(&home, "delegue", "of-1", Role::Delegate).await;
    let deputy = somebody(&home, "second", "of-1", Role::Deputy).await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    accounts::set_suspended(&home.app, &delegate, &account, true, "ordinateur volé")
        .await
        .unwrap();
    let request = request(&account, &home);
    let id = approvals::ask(&home.app, &delegate, &request, "ordinateur volé")
        .await
        .unwrap();
    let done = decisions::decide(&home.app, &deputy, &id, true)
        .await
        .unwrap();
    assert_eq!(done.invitations[0].link, None);
    assert!(
        home.app
            .gateway()
            .rules()
            .directory
            .find(&account)
            .unwrap()
            .is_suspended
    );
    let early = invitations::hand_over(&home.app, &ciso, &account).await;
    assert!(matches!(
        early,
        Err(OperationError::Invalid("invalid-invitation-suspended"))
    ));
    accounts::set_suspended(&home.app, &ciso, &account, false, "nouvel ordinateur")
        .await
        .unwrap();
    let again = invitations::hand_over(&home.app, &ciso, &account)
        .await
        .unwrap();
    assert!(again.link.is_some());
    assert_eq!(
        home.app
            .gateway()
            .rules()
            .gates
            .of(&Reach::Account(account)),
        Gate::Closed
    );
}
