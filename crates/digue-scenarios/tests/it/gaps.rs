//! Responses that left without an entry: the journal is told once it is written again.

use std::time::Duration;

use digue_app::gaps::journal_due;
use digue_quotas::gaps::UnrecordedResponses;
use digue_types::{Act, PortalId, Timestamp};

use crate::app::Home;

#[tokio::test]
async fn what_left_without_an_entry_is_journalled_once() {
    let home = Home::open().await;
    let since = Timestamp::from_secs(1_763_812_800);
    for (portal, count) in [("portail", 2), ("autre", 1), ("portail", 3)] {
        let portal = PortalId::parse(portal).unwrap();
        let until = since.plus(Duration::from_secs(9));
        home.app.gateway().put_back_unrecorded(UnrecordedResponses {
            portal,
            count,
            since,
            until,
        });
    }
    journal_due(&home.app).await.unwrap();
    journal_due(&home.app).await.unwrap();
    let told: Vec<String> = home
        .acts()
        .into_iter()
        .filter(|(act, _)| *act == Act::ResponsesUnrecorded)
        .map(|(_, subject)| subject)
        .collect();
    assert_eq!(told, ["portal:autre", "portal:portail"]);
}
