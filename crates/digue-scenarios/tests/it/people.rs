//! Who holds an account, and how a sole officer gets a second one.

use digue_access::Role;
use digue_administration::approvals::{self, ApprovalRequest, NewAccount};
use digue_administration::holders::{self, HolderBook, HolderForm};
use digue_administration::{decisions, printed_key};
use digue_app::{Actor, OperationError};
use digue_identity::{invitations, sign_in};
use digue_types::{AccountId, Act, OrganisationId};

use crate::app::{CONSOLE_HOST, Home};
use crate::approvals::{again, somebody};
use crate::passkey::{by_link, client, enrol};

fn form(name: &str, telephone: &str) -> HolderForm {
    HolderForm {
        name: name.to_owned(),
        telephone: telephone.to_owned(),
        ..HolderForm::default()
    }
}

#[tokio::test]
async fn only_the_holder_and_those_who_answer_for_an_account_write_who_holds_it() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let delegate = somebody(&home, "cheffe", "of-1", Role::Delegate).await;
    let agent = somebody(&home, "a1", "of-1", Role::Agent).await;
    let other = somebody(&home, "b1", "of-2", Role::Agent).await;
    let save = async |actor: &Actor, form: HolderForm| {
        holders::save(&home.app, actor, &agent.account, &form).await
    };
    for denied in [&dpo, &other] {
        assert!(matches!(
            save(denied, form("Faux", "01 99 00 00 00")).await,
            Err(OperationError::Denied)
        ));
    }
    for allowed in [&agent, &delegate, &ciso] {
        save(allowed, form("Léa Martin", "01 99 00 12 34"))
            .await
            .unwrap();
    }
    // Holders give their first address, and change none alone.
    let with_email = |email: &str| HolderForm {
        email: email.to_owned(),
        ..form("Léa Martin", "01 99 00 12 34")
    };
    save(&agent, with_email("lea@exemple.fr")).await.unwrap();
    for changed in ["autre@exemple.fr", ""] {
        let refused = save(&agent, with_email(changed)).await;
        assert!(matches!(
            refused,
            Err(OperationError::Invalid("invalid-own-email"))
        ));
    }
    save(&delegate, with_email("lea.martin@exemple.fr"))
        .await
        .unwrap();
    // A session that was left open changes no number by which people are called.
    home.clock.pass(std::time::Duration::from_mins(6));
    let late = save(&agent, form("Faux", "01 99 00 00 00")).await;
    assert!(matches!(late, Err(OperationError::ProofNeeded)));
    let wrong = save(&again(&home, &agent), form("Léa", "jamais")).await;
    assert!(matches!(
        wrong,
        Err(OperationError::Invalid("invalid-telephone"))
    ));
    home.settled().await;
    let book = HolderBook::read(&home.app, &dpo).await.unwrap();
    let known = book.of(&agent.account).unwrap();
    assert_eq!(
        (known.name(), known.telephone()),
        ("Léa Martin", "01 99 00 12 34")
    );
    // The journal says that it was written, and has neither name nor number.
    let state = home.app.journal_state();
    let written = state
        .index
        .acts(20)
        .filter(|(_, act)| act.act == Act::HolderSaved);
    let texts: Vec<String> = written.map(|(_, act)| format!("{act:?}")).collect();
    assert!(
        texts.len() == 5
            && texts
                .iter()
                .all(|text| !text.contains("Martin") && !text.contains("99 00"))
    );
}

#[tokio::test]
async fn a_reader_sees_the_holders_of_their_own_organisation_and_the_officers() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let agent = somebody(&home, "a1", "of-1", Role::Agent).await;
    let delegate = somebody(&home, "cheffe", "of-1", Role::Delegate).await;
    let other = somebody(&home, "b1", "of-2", Role::Agent).await;
    let book = HolderBook::read(&home.app, &agent).await.unwrap();
    for seen in [&ciso, &agent, &delegate] {
        assert!(book.of(&seen.account).is_some(), "{}", seen.account);
    }
    assert_eq!(book.of(&other.account), None);
    assert_eq!(
        book.named("b1").unwrap(),
        other.account,
        "an identifier says nothing of whether it exists"
    );
    let leaders = book.leaders(&OrganisationId::parse("of-1").unwrap());
    assert_eq!(
        leaders
            .iter()
            .map(|one| one.account.as_str())
            .collect::<Vec<_>>(),
        ["cheffe"]
    );
    let everyone = HolderBook::read(&home.app, &ciso).await.unwrap();
    assert!(everyone.of(&other.account).is_some());
    assert!(matches!(
        everyone.named("1"),
        Err(OperationError::Invalid("invalid-account-several"))
    ));
    assert_eq!(everyone.named(" CHEF ").unwrap(), delegate.account);
    assert!(matches!(
        everyone.named("Léa Martin"),
        Err(OperationError::Invalid("invalid-account-none"))
    ));
}

fn second_officer(role: Role) -> ApprovalRequest {
    ApprovalRequest::AddAccounts(vec![NewAccount {
        account: AccountId::parse("dpo").unwrap(),
        organisation: OrganisationId::parse("op").unwrap(),
        role,
        email: None,
    }])
}

#[tokio::test]
async fn a_sole_officer_gets_a_second_one_by_the_printed_key_and_neither_is_enough_alone() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let key = printed_key::printed(&home.app).unwrap();
    let dpo = AccountId::parse("dpo").unwrap();
    // Nothing waits, and nobody but the key's holder is told.
    assert!(
        printed_key::waiting(&home.app, &key)
            .await
            .unwrap()
            .is_empty()
    );
    let id = approvals::ask(&home.app, &ciso, &second_officer(Role::Dpo), "DPO désignée")
        .await
        .unwrap();
    let known = approvals::list(&home.app, &ciso).await.unwrap();
    assert!(
        known[0].deciders.is_empty() && !known[0].may_decide,
        "alone nobody decides it"
    );
    assert!(
        decisions::decide(&home.app, &ciso, &id, true)
            .await
            .is_err()
    );
    for wrong in ["", "00000-00000-00000-00000", &key[1..]] {
        let refused = printed_key::grant(&home.app, wrong, &id).await;
        assert!(
            matches!(refused, Err(OperationError::Invalid("invalid-printed-key"))),
            "{wrong}"
        );
    }
    // As people type it.
    let typed = key.to_lowercase().replace('-', " ");
    let link = printed_key::grant(&home.app, &typed, &id)
        .await
        .unwrap()
        .link
        .unwrap();
    // Who asked never gets the link.
    let handed = invitations::hand_over(&home.app, &ciso, &dpo).await;
    assert!(matches!(handed, Err(OperationError::Involved)));
    // The key has served.
    assert_eq!(printed_key::printed(&home.app), None);
    assert!(printed_key::waiting(&home.app, &key).await.is_err());
    let token = link.split_once("link=").unwrap().1;
    sign_in::enter(&home.app, token, CONSOLE_HOST, &client())
        .await
        .unwrap();
    let session = home.app.gateway().sessions_of(&dpo).pop().unwrap();
    assert_eq!(
        Actor::of_session(&home.app, &session).unwrap().role,
        Role::Agent,
        "not confirmed yet"
    );
    let mut device = digue_testkit::Authenticator::new(CONSOLE_HOST, crate::app::CONSOLE);
    enrol(&home, &session, &mut device).await.unwrap();
    let code = invitations::own_code(&home.app, &session)
        .await
        .unwrap()
        .unwrap();
    assert!(invitations::may_confirm(&home.app, &ciso, &dpo));
    assert!(
        invitations::confirm(&home.app, &ciso, &dpo, "AAAA-AAAA", "de vive voix")
            .await
            .is_err()
    );
    invitations::confirm(&home.app, &ciso, &dpo, &code, "de vive voix")
        .await
        .unwrap();
    let rules = home.app.gateway().rules();
    assert_eq!(
        rules.directory.find(&dpo).map(|record| record.role),
        Some(Role::Dpo)
    );
    assert!(!home.app.unconfirmed().has(&dpo));
}

#[tokio::test]
async fn the_printed_key_grants_a_second_officer_and_nothing_else() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let key = printed_key::printed(&home.app).unwrap();
    let agent = approvals::ask(
        &home.app,
        &ciso,
        &second_officer(Role::Agent),
        "recrutement",
    )
    .await
    .unwrap();
    let export = approvals::ask(
        &home.app,
        &ciso,
        &ApprovalRequest::ExportJournal,
        "audit annuel",
    )
    .await
    .unwrap();
    assert!(
        printed_key::waiting(&home.app, &key)
            .await
            .unwrap()
            .is_empty()
    );
    for id in [&agent, &export] {
        let refused = printed_key::grant(&home.app, &key, id).await;
        assert!(matches!(refused, Err(OperationError::NotFound(_))));
    }
    // A second officer's account, even a suspended one, ends it for good.
    let second = somebody(&home, "dpo2", "op", Role::Dpo).await;
    assert_eq!(printed_key::printed(&home.app), None);
    digue_administration::accounts::set_suspended(
        &home.app,
        &ciso,
        &second.account,
        true,
        "a quitté le service",
    )
    .await
    .unwrap();
    assert_eq!(printed_key::printed(&home.app), None);
}

#[tokio::test]
async fn a_first_link_leaves_half_an_hour_for_the_first_passkey() {
    let home = Home::open().await;
    let session = by_link(&home, "a1").await;
    let mut device = digue_testkit::Authenticator::new(CONSOLE_HOST, crate::app::CONSOLE);
    // Longer than a proof of identity lasts: nothing proves the identity of one who has no key yet.
    home.clock.pass(std::time::Duration::from_mins(20));
    enrol(&home, &session, &mut device).await.unwrap();
    let again = enrol(&home, &session, &mut device).await;
    assert!(
        matches!(again, Err(OperationError::ProofNeeded)),
        "the second key takes a proof"
    );
    let late = by_link(&home, "a2").await;
    home.clock.pass(std::time::Duration::from_mins(31));
    let refused = enrol(&home, &late, &mut device).await;
    assert!(matches!(
        refused,
        Err(OperationError::Invalid("invalid-first-passkey"))
    ));
}
