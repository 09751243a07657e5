//! The inbox of the message desk.

use digue_notices::desk::{self, DeskRules};

use crate::app::{Home, Plan};

#[tokio::test]
async fn a_message_that_nobody_could_read_is_left_unseen_for_a_person() {
    let inbox = tempfile::tempdir().unwrap();
    let new = inbox.path().join("new");
    std::fs::create_dir(&new).unwrap();
    std::fs::write(
        new.join("read"),
        "From: a@exemple.fr\r\nSubject: bonjour\r\n\r\nun mot\r\n",
    )
    .unwrap();
    std::fs::write(new.join("blank"), " \r\n\r\n").unwrap();
    std::fs::write(new.join("large"), vec![b'a'; (2 << 20) + 1]).unwrap();
    let desk = DeskRules {
        inbox: Some(inbox.path().to_owned()),
        ..DeskRules::default()
    };
    let home = Home::with(Plan {
        desk,
        ..Plan::default()
    })
    .await;
    assert_eq!(desk::read_due(&home.app).await.unwrap(), 1);
    let filed = std::fs::read_dir(inbox.path().join("cur")).unwrap();
    let mut filed: Vec<String> = filed
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    filed.sort();
    assert_eq!(filed, ["blank:2,", "large:2,", "read:2,S"]);
}
