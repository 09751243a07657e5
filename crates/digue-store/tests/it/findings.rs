//! The contract of findings.

use digue_store::{AlertChannel, FindingRecord, FindingVerdict, Store};
use digue_types::{OrganisationId, PortalId, Timestamp};

use super::{NOON, account};

fn finding(id: &str, at: Timestamp) -> FindingRecord {
    FindingRecord {
        id: id.parse().unwrap(),
        at,
        account: (id != "f3").then(|| account("a1")),
        organisation: OrganisationId::parse("of-1").unwrap(),
        portal: PortalId::parse("kairos").unwrap(),
        weight: "containment".into(),
        evidence: 4_210,
        signals: "[]".into(),
        around: r#"{"usual":12}"#.into(),
        persons: 32,
        action: "close-account".into(),
        intended: "close-organisation".into(),
        is_fused: id == "f2",
        verdict: None,
    }
}

pub(crate) async fn keep_the_contract(store: &Store) {
    let later = Timestamp::from_secs(NOON.secs() + 60);
    let all = [
        finding("f2", later),
        finding("f1", NOON),
        finding("f3", NOON),
    ];
    for one in &all {
        store.add_finding(one).await.unwrap();
    }
    assert!(store.add_finding(&all[0]).await.is_err(), "ids are unique");
    assert_eq!(store.findings(10).await.unwrap(), all);
    assert_eq!(store.findings(1).await.unwrap(), all[..1]);
    assert_eq!(store.finding("f1").await.unwrap(), Some(all[1].clone()));
    assert_eq!(store.finding("f9").await.unwrap(), None);
    let untold = async |channel, most| -> Vec<String> {
        store
            .untold_findings(channel, most)
            .await
            .unwrap()
            .into_iter()
            .map(|finding| finding.id.to_string())
            .collect()
    };
    store
        .tell_finding("f1", AlertChannel::Webhook, later)
        .await
        .unwrap();
    assert_eq!(untold(AlertChannel::Webhook, 10).await, ["f3", "f2"]);
    assert_eq!(
        untold(AlertChannel::Syslog, 10).await,
        ["f1", "f3", "f2"],
        "each has its own progress"
    );
    assert_eq!(untold(AlertChannel::Syslog, 2).await, ["f1", "f3"]);
    store
        .skip_findings(AlertChannel::Syslog, later)
        .await
        .unwrap();
    assert!(untold(AlertChannel::Syslog, 10).await.is_empty());
    assert_eq!(untold(AlertChannel::Webhook, 10).await, ["f3", "f2"]);
    // Of two who decide, one does.
    let verdict = FindingVerdict {
        is_theft: false,
        by: account("rssi"),
        at: later,
        reason: "un inventaire".into(),
    };
    assert!(store.decide_finding("f1", &verdict).await.unwrap());
    assert!(
        !store
            .decide_finding(
                "f1",
                &FindingVerdict {
                    is_theft: true,
                    ..verdict.clone()
                }
            )
            .await
            .unwrap()
    );
    assert_eq!(
        store.finding("f1").await.unwrap().unwrap().verdict,
        Some(verdict)
    );
}
