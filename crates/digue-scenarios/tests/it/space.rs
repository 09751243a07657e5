//! The self-assessment of a partner through two years, with the clock moved by hand.

use std::time::Duration;

use digue_access::Role;
use digue_administration::decisions;
use digue_administration::{accounts, approvals};
use digue_app::{Actor, OperationError};
use digue_compliance::space::{self, assessment};
use digue_isms::Values;
use digue_isms::assessment::{Gap, Posture, Question};
use digue_testkit::{Authenticator, Mailbox};
use digue_types::AccountId;

use crate::app::{CONSOLE, CONSOLE_HOST, Home, Plan, mail_to};
use crate::passkey::{by_link, enrol};

const DAY: Duration = Duration::from_hours(24);

fn answers(said: &str) -> Values {
    Question::ALL
        .iter()
        .map(|question| (question.code().to_owned(), vec![said.to_owned()]))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assessment_is_signed_ends_and_is_asked_for_again() {
    let mailbox = Mailbox::open();
    let home = Home::with(Plan {
        mail: Some(mail_to(&mailbox)),
        ..Plan::default()
    })
    .await;
    let app = &home.app;
    let chef = home.account("chef", Role::Delegate).await;
    let agent = home.account("agent9", Role::Agent).await;
    let officer = home.account("rssi", Role::Ciso).await;
    home.contact(&chef, "chef@exemple.fr").await;
    home.contact(&agent, "agent@exemple.fr").await;
    let actor = |account: &AccountId, role| Actor {
        account: account.clone(),
        role,
        proved_at: home.now(),
    };
    let (leader, reader) = (actor(&chef, Role::Delegate), actor(&officer, Role::Ciso));

    // An agent answers for nobody, and silence is not signed.
    let agents = actor(&agent, Role::Agent);
    assert!(matches!(
        assessment::show(app, &agents).await,
        Err(OperationError::Denied)
    ));
    assessment::answer(app, &leader, answers("yes").into_iter().take(18).collect())
        .await
        .unwrap();
    assert!(matches!(
        assessment::sign(app, &leader).await,
        Err(OperationError::Invalid(_))
    ));
    assessment::answer(app, &leader, answers("yes"))
        .await
        .unwrap();
    let shown = assessment::show(app, &leader).await.unwrap();
    assert_eq!((shown.answered(), shown.posture), (19, Posture::Grace));
    assert_eq!(
        shown.gap(Question::Passkeys),
        Some(Gap::Contradicted),
        "nobody has one"
    );
    assert_eq!(shown.to_do.first(), Some(&Question::Passkeys));
    let read = assessment::everybody(app, &reader).await.unwrap();
    assert!(
        read[0].signed_on.is_none() && read[0].contradicted.is_empty(),
        "only what was signed"
    );
    assessment::sign(app, &leader).await.unwrap();
    let read = assessment::everybody(app, &reader).await.unwrap();
    assert!(read[0].contradicted.contains(&Question::Passkeys));
    assert_eq!(read[0].posture, Posture::Current);

    // Nobody is reminded while it holds; two months before the end the leader is, once a month.
    assert_eq!(assessment::remind_due(app).await.unwrap(), 0);
    home.clock.pass(DAY * 310);
    assert_eq!(assessment::remind_due(app).await.unwrap(), 1);
    assert_eq!(assessment::remind_due(app).await.unwrap(), 0);
    assert_eq!(digue_mail::send_due(app).await.unwrap(), 1);
    assert_eq!(mailbox.messages()[0].0, "chef@exemple.fr");

    // It ends by itself: grace, then due; a new one makes it current, and the old one stays.
    home.clock.pass(DAY * 60);
    assert_eq!(
        assessment::show(app, &leader).await.unwrap().posture,
        Posture::Grace
    );
    home.clock.pass(DAY * 40);
    assert_eq!(
        assessment::show(app, &leader).await.unwrap().posture,
        Posture::Due
    );
    assert_eq!(assessment::remind_due(app).await.unwrap(), 1);
    let leader = actor(&chef, Role::Delegate);
    assessment::answer(app, &leader, answers("partly"))
        .await
        .unwrap();
    assessment::sign(app, &leader).await.unwrap();
    let shown = assessment::show(app, &leader).await.unwrap();
    assert_eq!(shown.posture, Posture::Current);
    assert_eq!(shown.last.map(|(id, _)| id).as_deref(), Some("AE-2"));
}

/// Asked while everybody was at work; whoever was suspended meanwhile stays so, and takes nothing
/// over.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_suspended_while_a_hand_over_waits_stays_so() {
    for is_successor in [true, false] {
        let home = Home::open().await;
        let app = &home.app;
        let chef = home.account("chef", Role::Delegate).await;
        let session = by_link(&home, "adj").await;
        enrol(
            &home,
            &session,
            &mut Authenticator::new(CONSOLE_HOST, CONSOLE),
        )
        .await
        .unwrap();
        let next = home.account("adj", Role::Deputy).await;
        let officer = home.account("rssi", Role::Ciso).await;
        let actor = |account: &AccountId, role| Actor {
            account: account.clone(),
            role,
            proved_at: home.now(),
        };
        let ciso = actor(&officer, Role::Ciso);
        space::ask_hand_over(
            app,
            &actor(&chef, Role::Delegate),
            next.clone(),
            "je pars demain",
        )
        .await
        .unwrap();
        let waiting = approvals::list(app, &ciso)
            .await
            .unwrap()
            .remove(0)
            .record
            .id;
        let suspended = if is_successor { &next } else { &chef };
        accounts::set_suspended(app, &ciso, suspended, true, "compte volé")
            .await
            .unwrap();
        let granted = decisions::decide(app, &ciso, &waiting, true).await;
        let rules = app.gateway().rules();
        let known = |account: &AccountId| rules.directory.find(account).cloned().unwrap();
        assert!(known(suspended).is_suspended);
        if is_successor {
            assert!(
                matches!(granted, Err(OperationError::Invalid("invalid-successor"))),
                "{granted:?}"
            );
            assert_eq!(
                (known(&chef).role, known(&next).role),
                (Role::Delegate, Role::Deputy)
            );
        } else {
            granted.unwrap();
            assert_eq!(
                (known(&chef).role, known(&next).role),
                (Role::Agent, Role::Delegate)
            );
        }
    }
}
