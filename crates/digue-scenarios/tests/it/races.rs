//! Two things at once, and parts that fail in the middle: what one of them did stays done, and a
//! retry finishes what was begun.

use std::net::{SocketAddr, UdpSocket};
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use digue_access::{KeyProof, Membership, Reach, Role, Session};
use digue_administration::accounts::{self, AtTerminal};
use digue_administration::approvals::{self, ApprovalRequest, NewAccount};
use digue_administration::decisions;
use digue_app::{Actor, App, OperationError, directory, gates, identity_cuts};
use digue_casework::alerts::{self, AlertRules, Webhook};
use digue_casework::breach::{self, ListQuestion};
use digue_casework::{containment, incidents};
use digue_detection::{Action, Weight};
use digue_exposure::ScopeQuestion;
use digue_identity::providers::{self, ProviderLogout};
use digue_identity::{keys, sign_in};
use digue_mail::Mail;
use digue_response::incident::Source;
use digue_store::{AlertChannel, IdentityRecord};
use digue_testkit::portal::{Portal, Reply};
use digue_testkit::{Authenticator, Mailbox};
use digue_types::{AccountId, Act, Gate, OrganisationId, Subject, Timestamp};
use futures_util::future::{BoxFuture, join_all};

use crate::app::{CONSOLE, CONSOLE_HOST, Home, Plan, mail_to};
use crate::approvals::somebody;
use crate::containment::found;
use crate::passkey::{by_link, client, enrol};

pub(crate) fn on_disk() -> Plan {
    Plan {
        on_disk: true,
        ..Plan::default()
    }
}

fn membership(organisation: &str, role: Role) -> Membership {
    Membership {
        organisation: OrganisationId::parse(organisation).unwrap(),
        role,
    }
}

fn is_suspended(home: &Home, account: &AccountId) -> bool {
    home.app
        .gateway()
        .rules()
        .directory
        .find(account)
        .unwrap()
        .is_suspended
}

async fn is_stored_as_suspended(home: &Home, account: &AccountId) -> bool {
    let stored = home.store.accounts().await.unwrap();
    stored
        .iter()
        .find(|(known, _)| known == account)
        .unwrap()
        .1
        .is_suspended
}

fn suspending(
    by: &Actor,
    account: &AccountId,
) -> impl for<'a> FnOnce(&'a App) -> BoxFuture<'a, ()> + Send + use<> {
    let (by, account) = (by.clone(), account.clone());
    move |app| {
        Box::pin(async move {
            accounts::set_suspended(app, &by, &account, true, "compte volé")
                .await
                .unwrap();
        })
    }
}

/// Suspends an account in the middle of an act that saves it.
struct SuspensionDuring<'h> {
    home: &'h Home,
    ciso: Actor,
    dpo: Actor,
    account: AccountId,
}

impl SuspensionDuring<'_> {
    async fn holds(&self, act: Act, done: impl Future<Output = ()>) {
        if is_suspended(self.home, &self.account) {
            accounts::set_suspended(&self.home.app, &self.ciso, &self.account, false, "retrouvé")
                .await
                .unwrap();
        }
        self.home
            .interrupt(act, suspending(&self.ciso, &self.account));
        done.await;
        assert!(self.home.was_interrupted(), "{act:?}");
        assert!(
            is_suspended(self.home, &self.account),
            "{act:?} lifted a suspension"
        );
        assert!(
            is_stored_as_suspended(self.home, &self.account).await,
            "{act:?} lifted a suspension"
        );
    }

    /// Approved by the second officer.
    async fn approved(&self, by: &Actor, request: &ApprovalRequest) {
        let id = approvals::ask(&self.home.app, by, request, "demande de test")
            .await
            .unwrap();
        decisions::decide(&self.home.app, &self.dpo, &id, true)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn no_save_of_an_account_lifts_a_suspension_that_came_in_between() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let session = by_link(&home, "a1").await;
    let mut device = Authenticator::new(CONSOLE_HOST, CONSOLE);
    enrol(&home, &session, &mut device).await.unwrap();
    let delegate = somebody(&home, "delegue", "of-1", Role::Delegate).await;
    let account = session.account.clone();
    let race = SuspensionDuring {
        home: &home,
        ciso: ciso.clone(),
        dpo,
        account: account.clone(),
    };

    // A provisioning program, or the demonstration, that saves what it read before.
    let again = vec![(account.clone(), membership("of-2", Role::Agent))];
    race.holds(Act::AccountSaved, async {
        directory::save(&home.app, &ciso, again).await.unwrap();
    })
    .await;
    // The terminal, which sets Digue up alone while no officer has credentials.
    let terminal = async {
        let to = (OrganisationId::parse("of-1").unwrap(), Role::Agent);
        let set = accounts::set_at_terminal(&home.app, &account, to, true)
            .await
            .unwrap();
        assert_eq!(set, AtTerminal::Saved);
    };
    race.holds(Act::AccountSaved, terminal).await;
    // The delegate hands over to the account.
    let hand_over = ApprovalRequest::HandOver {
        organisation: OrganisationId::parse("of-1").unwrap(),
        from: delegate.account.clone(),
        to: account.clone(),
    };
    race.holds(Act::AccountSaved, race.approved(&delegate, &hand_over))
        .await;
    assert_eq!(
        home.app
            .gateway()
            .rules()
            .directory
            .find(&account)
            .unwrap()
            .role,
        Role::Delegate
    );
}

#[tokio::test]
async fn an_account_that_two_move_is_moved_by_two_and_stays_suspended() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let officer = by_link(&home, "officier").await;
    enrol(
        &home,
        &officer,
        &mut Authenticator::new(CONSOLE_HOST, CONSOLE),
    )
    .await
    .unwrap();
    let as_officer = vec![(officer.account.clone(), membership("op", Role::Ciso))];
    directory::save(&home.app, &Actor::digue(), as_officer)
        .await
        .unwrap();
    let agent = somebody(&home, "a1", "of-1", Role::Agent).await.account;
    let to = (OrganisationId::parse("of-2").unwrap(), Role::Agent);
    let set = accounts::set_at_terminal(&home.app, &agent, to, true)
        .await
        .unwrap();
    let AtTerminal::Waiting(id) = set else {
        panic!("an officer has credentials: {set:?}")
    };
    // Between what the approval reads and what it writes.
    home.interrupt(Act::AccountMoved, suspending(&ciso, &agent));
    decisions::decide(&home.app, &dpo, &id, true).await.unwrap();
    assert!(home.was_interrupted() && is_suspended(&home, &agent));
    let rules = home.app.gateway().rules();
    assert_eq!(
        rules.directory.find(&agent).unwrap().organisation.as_str(),
        "of-2"
    );
}

#[tokio::test]
async fn an_account_that_another_request_added_meanwhile_is_not_replaced() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let one = NewAccount {
        account: AccountId::parse("neuf").unwrap(),
        organisation: OrganisationId::parse("of-1").unwrap(),
        role: Role::Agent,
        email: None,
    };
    let request = ApprovalRequest::AddAccounts(vec![one]);
    let id = approvals::ask(&home.app, &ciso, &request, "nouvelle recrue")
        .await
        .unwrap();
    home.interrupt(Act::ApprovalGranted, |app| {
        let other = vec![(
            AccountId::parse("neuf").unwrap(),
            membership("of-2", Role::Delegate),
        )];
        Box::pin(async move { directory::save(app, &Actor::digue(), other).await.unwrap() })
    });
    let late = decisions::decide(&home.app, &dpo, &id, true).await;
    assert!(
        matches!(late, Err(OperationError::Invalid("invalid-account-exists"))),
        "{late:?}"
    );
    let rules = home.app.gateway().rules();
    let kept = rules
        .directory
        .find(&AccountId::parse("neuf").unwrap())
        .unwrap();
    assert_eq!(
        (kept.organisation.as_str(), kept.role),
        ("of-2", Role::Delegate)
    );
}

#[tokio::test]
async fn a_delegate_who_was_moved_while_the_request_waited_is_not_moved_back() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let session = by_link(&home, "a1").await;
    enrol(
        &home,
        &session,
        &mut Authenticator::new(CONSOLE_HOST, CONSOLE),
    )
    .await
    .unwrap();
    let delegate = somebody(&home, "delegue", "of-1", Role::Delegate).await;
    let request = ApprovalRequest::HandOver {
        organisation: OrganisationId::parse("of-1").unwrap(),
        from: delegate.account.clone(),
        to: session.account.clone(),
    };
    let id = approvals::ask(&home.app, &delegate, &request, "je pars")
        .await
        .unwrap();
    let from = delegate.account.clone();
    home.interrupt(Act::ApprovalGranted, move |app| {
        let elsewhere = vec![(from, membership("of-2", Role::Delegate))];
        Box::pin(async move {
            directory::save(app, &Actor::digue(), elsewhere)
                .await
                .unwrap()
        })
    });
    let late = decisions::decide(&home.app, &dpo, &id, true).await;
    assert!(
        matches!(late, Err(OperationError::Invalid("invalid-successor"))),
        "{late:?}"
    );
    let rules = home.app.gateway().rules();
    assert_eq!(
        rules
            .directory
            .find(&delegate.account)
            .unwrap()
            .organisation
            .as_str(),
        "of-2"
    );
    assert_eq!(
        rules.directory.find(&session.account).unwrap().role,
        Role::Agent
    );
}

/// Makes the database refuse one kind of change until `sql` is undone.
pub(crate) fn refuse(home: &Home, change: &str) {
    home.change_beside(&format!(
        "CREATE TRIGGER refused BEFORE {change} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    ));
}

pub(crate) fn accept(home: &Home) {
    home.change_beside("DROP TRIGGER refused");
}

#[tokio::test]
async fn a_suspension_and_a_closing_that_could_not_be_stored_are_stored_by_the_next_call() {
    let home = Home::with(on_disk()).await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let agent = somebody(&home, "a1", "of-1", Role::Agent).await.account;
    let suspend =
        async || accounts::set_suspended(&home.app, &ciso, &agent, true, "compte volé").await;
    refuse(&home, "UPDATE ON accounts");
    assert!(matches!(
        suspend().await,
        Err(OperationError::Unavailable(_))
    ));
    assert!(
        is_suspended(&home, &agent),
        "in force whatever the disk does"
    );
    accept(&home);
    suspend().await.unwrap();
    assert!(
        is_stored_as_suspended(&home, &agent).await,
        "a restart would have lifted it"
    );
    assert!(matches!(suspend().await, Err(OperationError::Conflict)));

    let reach = Reach::Account(agent.clone());
    let close = async || {
        gates::set_gate(&home.app, &ciso, reach.clone(), Gate::Closed, "compte volé").await
    };
    refuse(&home, "INSERT ON gates");
    assert!(matches!(close().await, Err(OperationError::Unavailable(_))));
    assert_eq!(home.app.gateway().rules().gates.of(&reach), Gate::Closed);
    accept(&home);
    close().await.unwrap();
    assert_eq!(
        home.store.gates().await.unwrap().len(),
        1,
        "a restart would have opened it"
    );
    assert!(matches!(close().await, Err(OperationError::Conflict)));
}

#[tokio::test]
async fn a_revoked_key_that_the_store_kept_is_removed_by_the_next_call() {
    let home = Home::with(on_disk()).await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let session = by_link(&home, "a1").await;
    let request = ApprovalRequest::IssueKey {
        account: session.account.clone(),
        proof: KeyProof::Signed("ab".repeat(32)),
        name: "synchronisation".to_owned(),
    };
    let id = approvals::ask(&home.app, &ciso, &request, "un programme")
        .await
        .unwrap();
    decisions::decide(&home.app, &dpo, &id, true).await.unwrap();
    let waiting = keys::waiting(&home.app, &session).await.unwrap();
    let key = keys::fetch(&home.app, &session, &waiting[0].id)
        .await
        .unwrap()
        .id;
    let revoke = async || keys::revoke(&home.app, &ciso, &key, "fuite").await;
    refuse(&home, "DELETE ON api_keys");
    assert!(matches!(
        revoke().await,
        Err(OperationError::Unavailable(_))
    ));
    accept(&home);
    assert_eq!(home.store.keys().await.unwrap().len(), 1);
    revoke().await.unwrap();
    assert!(
        home.store.keys().await.unwrap().is_empty(),
        "a restart would have brought it back"
    );
    assert!(matches!(revoke().await, Err(OperationError::NotFound(_))));
}

async fn link(home: &Home, account: &AccountId) -> String {
    let hour = Duration::from_hours(1);
    let link = sign_in::issue_link(&home.app, &Actor::digue(), account, CONSOLE_HOST, hour)
        .await
        .unwrap();
    link.split_once("link=").unwrap().1.to_owned()
}

/// What ends the sessions of an account.
type Ending = fn(Actor, AccountId) -> Box<dyn for<'a> FnOnce(&'a App) -> BoxFuture<'a, ()> + Send>;

const ENDINGS: [Ending; 4] = [
    |ciso, account| {
        Box::new(move |app| {
            Box::pin(async move {
                gates::cut_sessions(app, &ciso, &account, "compte volé")
                    .await
                    .unwrap();
            })
        })
    },
    // Suspended and given back at once: the session of before must not work again.
    |ciso, account| {
        Box::new(move |app| {
            Box::pin(async move {
                for is_suspended in [true, false] {
                    accounts::set_suspended(app, &ciso, &account, is_suspended, "un exercice")
                        .await
                        .unwrap();
                }
            })
        })
    },
    |_, account| {
        Box::new(move |app| {
            let moved = vec![(account, membership("of-2", Role::Agent))];
            Box::pin(async move { directory::save(app, &Actor::digue(), moved).await.unwrap() })
        })
    },
    // The holder ends every session but the one that it looks from.
    |_, account| {
        Box::new(move |app| {
            Box::pin(async move {
                let kept = app.gateway().sessions_of(&account).pop().unwrap();
                sign_in::cut_own(app, &kept, None).await.unwrap();
            })
        })
    },
];

#[tokio::test]
async fn a_session_that_is_being_opened_when_the_sessions_are_ended_is_not_opened() {
    for (number, ending) in ENDINGS.into_iter().enumerate() {
        let home = Home::open().await;
        let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
        let before: Session = by_link(&home, "a1").await;
        let token = link(&home, &before.account).await;
        home.interrupt(Act::SessionOpened, ending(ciso, before.account.clone()));
        let opened = sign_in::enter(&home.app, &token, CONSOLE_HOST, &client()).await;
        assert!(home.was_interrupted());
        assert!(
            matches!(opened, Err(OperationError::Denied)),
            "ending {number}"
        );
        let live = home.app.gateway().sessions_of(&before.account);
        assert!(
            live.iter().all(|session| session.id == before.id),
            "ending {number}: {live:?}"
        );
        let stored = home.store.sessions().await.unwrap();
        assert!(
            stored.iter().all(|(_, session)| session.id == before.id),
            "ending {number}: {stored:?}"
        );
        // The next one is a session like any other.
        let token = link(&home, &before.account).await;
        sign_in::enter(&home.app, &token, CONSOLE_HOST, &client())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_proof_that_began_before_a_cut_opens_no_session_after_it() {
    let home = Home::open().await;
    let session = by_link(&home, "a1").await;
    let other = home.account("a2", Role::Agent).await;
    let begun = home.app.begin_proof();
    identity_cuts::cut_account(&home.app, &other).await.unwrap();
    let opening = home
        .app
        .announce_session(&session, begun)
        .expect("another account was cut");
    drop(opening);
    identity_cuts::cut_account(&home.app, &session.account)
        .await
        .unwrap();
    assert!(matches!(
        home.app.announce_session(&session, begun),
        Err(OperationError::Denied)
    ));
    // A sign-in that was given up leaves nothing behind.
    let abandoned = home
        .app
        .announce_session(&session, home.app.begin_proof())
        .unwrap();
    drop(abandoned);
    assert!(home.app.cut_sessions(|_| true).is_empty());
}

#[tokio::test]
async fn a_cut_whose_sessions_the_store_kept_survives_a_restart_and_is_tidied() {
    let home = Home::with(on_disk()).await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let session = by_link(&home, "a1").await;
    refuse(&home, "DELETE ON sessions");
    let cut = gates::cut_sessions(&home.app, &ciso, &session.account, "compte volé").await;
    assert!(
        matches!(cut, Err(OperationError::Unavailable(_))),
        "{cut:?}"
    );
    assert_eq!(home.store.sessions().await.unwrap().len(), 1);
    accept(&home);
    // As a start reads the store.
    let (_, sessions) = home.app.first_state().await.unwrap();
    assert!(sessions.is_empty(), "the thief is back after a restart");
    // Without a restart, and for sessions that were ended in other ways.
    let session = by_link(&home, "a1").await;
    refuse(&home, "DELETE ON sessions");
    assert!(
        home.app
            .end_sessions(|known| known.id == session.id)
            .await
            .is_err()
    );
    accept(&home);
    assert_eq!(home.store.sessions().await.unwrap().len(), 1);
    home.app.tidy_sessions().await.unwrap();
    assert!(home.store.sessions().await.unwrap().is_empty());
}

fn logout(token: &str, subject: Option<&str>) -> ProviderLogout {
    ProviderLogout {
        provider: "proconnect".to_owned(),
        token: token.to_owned(),
        subject: subject.map(ToOwned::to_owned),
        sid: None,
    }
}

#[tokio::test]
async fn a_logout_that_the_store_failed_is_carried_out_when_the_provider_tries_again() {
    let home = Home::with(on_disk()).await;
    let session = by_link(&home, "a1").await;
    let identity = IdentityRecord {
        hash: "subject-of-a1".to_owned(),
        account: session.account.clone(),
        provider: "proconnect".to_owned(),
        linked_at: home.now(),
        used_at: Timestamp::ZERO,
    };
    home.store.add_identity(&identity).await.unwrap();
    let logout = logout("jti-1", Some("subject-of-a1"));
    home.change_beside("ALTER TABLE identities RENAME TO identities_away");
    let failed = providers::end_all(&home.app, &logout).await;
    assert!(
        matches!(failed, Err(OperationError::Unavailable(_))),
        "{failed:?}"
    );
    home.change_beside("ALTER TABLE identities_away RENAME TO identities");
    // The same when the session cannot be removed: it is over, and the next try removes it.
    refuse(&home, "DELETE ON sessions");
    assert!(providers::end_all(&home.app, &logout).await.is_err());
    assert!(home.app.gateway().sessions_of(&session.account).is_empty());
    accept(&home);
    providers::end_all(&home.app, &logout).await.unwrap();
    assert!(home.store.sessions().await.unwrap().is_empty());
    let replayed = providers::end_all(&home.app, &logout).await;
    assert!(
        matches!(
            replayed,
            Err(OperationError::Invalid("invalid-provider-answer"))
        ),
        "{replayed:?}"
    );
}

#[tokio::test]
async fn mail_goes_on_after_a_call_that_was_cancelled() {
    let mailbox = Mailbox::open();
    let home = Home::with(Plan {
        mail: Some(mail_to(&mailbox)),
        ..Plan::default()
    })
    .await;
    let account = home.account("a1", Role::Agent).await;
    digue_mail::queue(
        &home.app,
        "a1@exemple.fr",
        &Mail::FactorsChanged { account },
    )
    .await
    .unwrap();
    {
        let mut cancelled = pin!(digue_mail::send_due(&home.app));
        let mut context = Context::from_waker(Waker::noop());
        assert!(
            cancelled.as_mut().poll(&mut context).is_pending(),
            "it waits for the store"
        );
        assert_eq!(
            digue_mail::send_due(&home.app).await.unwrap(),
            0,
            "one sends at a time"
        );
    }
    assert_eq!(digue_mail::send_due(&home.app).await.unwrap(), 1);
    assert_eq!(mailbox.messages().len(), 1);
}

/// A receiver whose answers the test sets.
fn webhook(portal: &Portal) -> Option<Webhook> {
    Some(Webhook {
        url: format!("http://{}/findings", portal.address),
        secret: "secret".to_owned(),
    })
}

async fn untold(home: &Home, channel: AlertChannel) -> usize {
    home.store.untold_findings(channel, 10).await.unwrap().len()
}

#[tokio::test]
async fn a_channel_that_fails_makes_the_other_one_neither_wait_nor_repeat() {
    let good = Portal::start(|_| Reply::new("text/plain", "ok"));
    let bad = Portal::start(|_| Reply::new("text/plain", "no").status(500));
    let listener = UdpSocket::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    // No datagram can be sent to port 0.
    let nowhere: SocketAddr = ([127, 0, 0, 1], 0).into();
    let heard = || {
        let mut line = [0; 4096];
        std::iter::from_fn(|| listener.recv(&mut line).ok()).count()
    };
    for (portal, syslog, failing, working) in [
        (&good, nowhere, AlertChannel::Syslog, AlertChannel::Webhook),
        (
            &bad,
            listener.local_addr().unwrap(),
            AlertChannel::Webhook,
            AlertChannel::Syslog,
        ),
    ] {
        let alerts = AlertRules {
            webhook: webhook(portal),
            syslog: Some(syslog),
        };
        let home = Home::with(Plan {
            alerts,
            ..Plan::default()
        })
        .await;
        for account in ["b1", "b2"] {
            let found = found(&home, account, Weight::Alert, Action::Observe);
            containment::respond(&home.app, found).await.unwrap();
        }
        for _ in 0..4 {
            alerts::tell_due(&home.app).await.unwrap();
            home.clock.pass(Duration::from_mins(15));
        }
        assert_eq!(
            (untold(&home, working).await, untold(&home, failing).await),
            (0, 2),
            "{working:?}"
        );
    }
    assert_eq!(good.heard().len(), 2, "each finding once");
    assert_eq!(heard(), 2, "each finding once");
}

#[tokio::test]
async fn findings_of_before_a_channel_was_configured_do_not_wait_for_it() {
    let home = Home::open().await;
    containment::respond(
        &home.app,
        found(&home, "b1", Weight::Alert, Action::Observe),
    )
    .await
    .unwrap();
    assert_eq!(untold(&home, AlertChannel::Webhook).await, 1);
    alerts::tell_due(&home.app).await.unwrap();
    for channel in AlertChannel::ALL {
        assert_eq!(untold(&home, channel).await, 0, "{channel:?}");
    }
}

#[tokio::test]
async fn affected_sets_computed_at_once_have_their_own_numbers_and_lists() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    home.show("a1", &["P1", "P2"]).await;
    home.show("a2", &["P3"]).await;
    let id = incidents::open(&home.app, &dpo, Source::Person, "Comptes", Subject::Nothing)
        .await
        .unwrap();
    let compute = |account: &str| {
        let accounts = vec![account.parse().unwrap()];
        let question = ListQuestion {
            scope: ScopeQuestion {
                accounts,
                ..ScopeQuestion::default()
            },
            why_fewer: "un compte à la fois".to_owned(),
        };
        breach::compute_affected(&home.app, &dpo, &id, question)
    };
    let computed = join_all(["a1", "a2", "a1", "a2"].map(compute)).await;
    let mut numbers: Vec<u32> = computed
        .into_iter()
        .map(|version| version.unwrap().number)
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4]);
    let view = incidents::view(&home.app, &dpo, &id).await.unwrap();
    for version in &view.incident.affected {
        assert!(
            breach::recompute(&home.app, &dpo, &id, version.number)
                .await
                .unwrap()
        );
        let list = breach::signed_list(&home.app, &dpo, &id, version.number)
            .await
            .unwrap();
        let persons = String::from_utf8(list)
            .unwrap()
            .lines()
            .filter(|line| line.contains("\"person\""))
            .count();
        assert_eq!(
            persons as u64, version.persons,
            "the list of version {}",
            version.number
        );
    }
}

#[tokio::test]
async fn two_identities_unlinked_at_once_leave_one_way_to_sign_in() {
    let home = Home::with(on_disk()).await;
    let session = by_link(&home, "a1").await;
    let identity = |hash: &str| IdentityRecord {
        hash: hash.to_owned(),
        account: session.account.clone(),
        provider: "proconnect".to_owned(),
        linked_at: home.now(),
        used_at: Timestamp::ZERO,
    };
    let (first, second) = ("first-identity", "second-identity");
    for hash in [first, second] {
        assert!(home.store.add_identity(&identity(hash)).await.unwrap());
    }
    let unlinked =
        join_all([first, second].map(|hash| providers::unlink(&home.app, &session, hash)));
    let unlinked = unlinked.await;
    let done = unlinked.iter().filter(|done| done.is_ok()).count();
    assert_eq!(done, 1, "{unlinked:?}");
    let left = home.store.identities_of(&session.account).await.unwrap();
    assert_eq!(left.len(), 1);
}
