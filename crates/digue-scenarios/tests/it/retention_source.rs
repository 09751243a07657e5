//! Terms of retention counted from a file that the portal writes: the check says what the records
//! say, and a source that fails counts nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use digue_access::Role;
use digue_app::Actor;
use digue_compliance::isms::{self, checks};
use digue_isms::check::{Check, CheckOutcome};
use digue_isms::kinds::RegisterKind;
use digue_isms::privacy_kinds::RetentionReading;
use digue_sources::brake::Brake;
use digue_sources::origin::SourceOrigin;
use digue_sources::overview as sources;
use digue_sources::{SourceRules, SourceTarget, reading};

use crate::app::{Home, Plan};
use crate::approvals::somebody;
use crate::isms::add;

const DAY: Duration = Duration::from_hours(24);

struct Counted {
    home: Home,
    ciso: Actor,
    rule: String,
    path: PathBuf,
}

impl Counted {
    async fn open(folder: &Path) -> Self {
        let path = folder.join("ages.csv");
        let source = SourceRules {
            name: "ages".to_owned(),
            target: SourceTarget::Retention,
            origin: SourceOrigin::File(path.clone()),
            look_up: None,
            account: "flux".parse().unwrap(),
            every: DAY,
            late_after: DAY * 3,
            brake: Brake::default(),
        };
        let home = Home::with(Plan {
            sources: vec![source],
            ..Plan::default()
        })
        .await;
        let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
        somebody(&home, "flux", "op", Role::PortalTeam).await;
        let fields = [
            ("title", "Dossiers clos"),
            ("months", "24"),
            ("tolerated", "10"),
        ];
        let rule = add(&home, &ciso, RegisterKind::RetentionRule, &fields).await;
        Self {
            home,
            ciso,
            rule,
            path,
        }
    }

    /// Reads the file a day later; returns the fault of the source.
    async fn read_later(&self, csv: &str) -> Option<String> {
        self.home.clock.pass(DAY);
        self.read(csv).await
    }

    async fn read(&self, csv: &str) -> Option<String> {
        std::fs::write(&self.path, csv).unwrap();
        reading::read_now(&self.home.app, &self.ciso, "ages")
            .await
            .unwrap();
        let views = sources::list(&self.home.app, &self.ciso).await.unwrap();
        views[0].fault.clone().map(|(key, _)| key)
    }

    async fn readings(&self) -> Vec<(u32, u32, u32)> {
        let registers = isms::registers(&self.home.app, &self.ciso).await.unwrap();
        let entries = registers.read::<RetentionReading>().entries.into_iter();
        entries
            .map(|entry| {
                let record = entry.record;
                assert_eq!(record.rule.0.as_deref(), Some(self.rule.as_str()));
                assert_eq!(record.source.0, "[[sources]] ages");
                let number = |number: Option<u32>| number.unwrap();
                (
                    number(record.records),
                    number(record.beyond),
                    number(record.undated),
                )
            })
            .collect()
    }

    async fn outcome(&self) -> CheckOutcome {
        let result = checks::run_one(&self.home.app, Check::RetentionPeriods).await;
        result.unwrap().outcome
    }
}

#[tokio::test]
async fn a_term_is_judged_by_what_the_portal_counts() {
    let folder = tempfile::tempdir().unwrap();
    let counted = Counted::open(folder.path()).await;
    let rule = counted.rule.clone();
    assert_eq!(counted.outcome().await, CheckOutcome::NotRun);
    // The clock stands at 22 November 2025: of a thousand records ten are beyond, as is tolerated.
    let young = format!("rule,since,count\n{rule},2025-01-01,990\n{rule},2020-06-30,10\n");
    assert_eq!(counted.read_later(&young).await, None);
    assert_eq!(counted.readings().await, [(1000, 10, 0)]);
    assert_eq!(counted.outcome().await, CheckOutcome::Pass);
    // The same again on the same day is no further reading; other numbers are.
    assert_eq!(counted.read(&young).await, None);
    assert_eq!(counted.readings().await.len(), 1);
    let old = format!("{young}{rule},01/07/2020,\n{rule},,7\n");
    assert_eq!(counted.read(&old).await, None);
    assert_eq!(counted.readings().await, [(1000, 10, 0), (1008, 11, 7)]);
    assert_eq!(counted.outcome().await, CheckOutcome::Fail);
}

#[tokio::test]
async fn a_source_that_fails_counts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let counted = Counted::open(folder.path()).await;
    let rule = counted.rule.clone();
    for (csv, fault) in [
        (
            format!("rule,since\nDU-99,2020-01-01\n{rule},2020-01-01\n"),
            "source-fault-retention-rule",
        ),
        ("rule,since\n".to_owned(), "source-fault-retention-none"),
        (
            format!("rule,since\n{rule},hier\n"),
            "retention-list-fault-date",
        ),
        (
            format!("rule,since,count\n{rule},2020-01-01,9999999999\n"),
            "source-fault-retention-many",
        ),
    ] {
        assert_eq!(
            counted.read_later(&csv).await.as_deref(),
            Some(fault),
            "{csv}"
        );
    }
    assert_eq!(counted.readings().await, []);
    assert_eq!(counted.outcome().await, CheckOutcome::NotRun);
}
