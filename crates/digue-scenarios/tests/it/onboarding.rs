//! Files of accounts: whole or not at all, every fault with its line.

use digue_access::Role;
use digue_administration::approvals::{self, ApprovalRequest};
use digue_administration::decisions;
use digue_administration::onboarding;
use digue_app::{Actor, OperationError};
use digue_identity::invitations;
use digue_types::AccountId;

use crate::app::Home;
use crate::approvals::somebody;

async fn faults(home: &Home, actor: &Actor, text: &[u8]) -> Vec<(usize, String)> {
    match onboarding::read(&home.app, actor, text).await {
        Err(OperationError::Faults(faults)) => faults
            .into_iter()
            .map(|fault| (fault.line, fault.key.replace("onboarding-fault-", "")))
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_organisation_of_three_comes_in_with_one_file_and_two_persons() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    // As a French spreadsheet saves it.
    let text = "\u{feff}Compte;Organisation;Rôle;Courriel\r\nmarie;of-9;delegate;marie@exemple.fr\r\n\
                paul;of-9;deputy;\r\nlea;of-9;;lea@exemple.fr\r\n";
    let request = onboarding::read(&home.app, &ciso, text.as_bytes())
        .await
        .unwrap();
    let ApprovalRequest::AddAccounts(accounts) = &request else {
        panic!("{request:?}")
    };
    let told: Vec<(&str, Role)> = accounts
        .iter()
        .map(|one| (one.account.as_str(), one.role))
        .collect();
    assert_eq!(
        told,
        [
            ("marie", Role::Delegate),
            ("paul", Role::Deputy),
            ("lea", Role::Agent)
        ]
    );
    let id = approvals::ask(&home.app, &ciso, &request, "convention signée")
        .await
        .unwrap();
    let done = decisions::decide(&home.app, &dpo, &id, true).await.unwrap();
    assert_eq!(done.request, request);
    // Whoever granted them holds no link: a third person hands each one over.
    assert!(done.invitations.len() == 3 && done.invitations.iter().all(|one| one.link.is_none()));
    let third = somebody(&home, "rssi2", "op", Role::Ciso).await;
    for one in &done.invitations {
        let refused = invitations::hand_over(&home.app, &dpo, &one.account).await;
        assert!(matches!(refused, Err(OperationError::Involved)));
        let handed = invitations::hand_over(&home.app, &third, &one.account)
            .await
            .unwrap();
        assert!(handed.link.is_some());
    }
    // The same file again is three faults, and nothing of it is taken.
    let again: Vec<(usize, String)> = (2..5).map(|line| (line, "exists".to_owned())).collect();
    assert_eq!(faults(&home, &ciso, text.as_bytes()).await, again);
}

#[tokio::test]
async fn a_file_with_blank_rows_at_its_end_and_french_roles_is_taken() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let text = include_str!("../data/accounts-semicolons.csv").replace(";agent;", ";Agent;");
    let text = text.replacen(";;;", "chef;of-7;Déléguée;chef@x.fr", 1);
    let request = onboarding::read(&home.app, &ciso, text.as_bytes())
        .await
        .unwrap();
    let ApprovalRequest::AddAccounts(accounts) = &request else {
        panic!("{request:?}")
    };
    let told: Vec<(&str, Role)> = accounts
        .iter()
        .map(|one| (one.account.as_str(), one.role))
        .collect();
    assert_eq!(told, [("m2", Role::Agent), ("chef", Role::Delegate)]);
}

#[tokio::test]
async fn a_filled_column_that_nobody_knows_is_a_fault_for_a_role_would_be_lost_in_it() {
    let home = Home::open().await;
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let told = async |text: &[u8]| match onboarding::read(&home.app, &ciso, text).await {
        Err(OperationError::Faults(faults)) => faults
            .into_iter()
            .map(|fault| {
                format!(
                    "{} {} {}",
                    fault.line,
                    fault.column.unwrap_or_default(),
                    fault.key
                )
            })
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let text =
        "compte;organisation;Rolle;Courrielle\nmarie;of-9;déléguée;m@x.fr\npaul;of-9;agent;\n";
    assert_eq!(
        told(text.as_bytes()).await,
        [
            "2 rolle onboarding-fault-column",
            "2 courrielle onboarding-fault-column"
        ]
    );
    assert_eq!(
        told("compte;organisation;\nmarie;of-9;déléguée\n".as_bytes()).await,
        ["2 3 csv-fault-nameless"]
    );
    // As a spreadsheet of the time of DOS writes an accent.
    assert_eq!(
        told(b"compte;organisation;R\x93le\nmarie;of-9;agent\n")
            .await
            .len(),
        1
    );
    // Blank, it says nothing.
    let blank = "compte;organisation;Remarque\nmarie;of-9;\n";
    assert!(
        onboarding::read(&home.app, &ciso, blank.as_bytes())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn every_fault_is_told_with_its_line_and_nothing_is_half_taken() {
    let home = Home::open().await;
    let delegate = somebody(&home, "delegue", "of-1", Role::Delegate).await;
    let text =
        b"account,organisation,role,email\nneuf,,,\nneuf,,,\ndelegue,,,\nx1,of-2,,\nx2,,rssi,\n\
                 x3,,chef,\nx4,,,pas une adresse\n../x,,,\nx5,a b,,\n";
    let expected = [
        (3, "twice"),
        (4, "exists"),
        (5, "denied"),
        (6, "denied"),
        (7, "role"),
        (8, "email"),
        (9, "account"),
        (10, "organisation"),
    ];
    assert_eq!(
        faults(&home, &delegate, text).await,
        expected.map(|(line, key)| (line, key.to_owned()))
    );
    let none = home
        .app
        .gateway()
        .rules()
        .directory
        .find(&AccountId::parse("neuf").unwrap())
        .is_none();
    assert!(
        none && approvals::list(&home.app, &delegate)
            .await
            .unwrap()
            .is_empty()
    );
    for (text, expected) in [
        (&b"nom,prenom\nx,y\n"[..], (1, "header")),
        (b"", (1, "header")),
        (b"account\n", (1, "empty")),
        (b"account\nr\x01gis\n", (2, "csv-fault-encoding")),
    ] {
        assert_eq!(
            faults(&home, &delegate, text).await,
            [(expected.0, expected.1.to_owned())]
        );
    }
}
