//! Classes of persons: a source fills them, nobody frees a record alone, and an archived record
//! opens for two.

use std::path::Path;
use std::time::Duration;

use digue_access::classes::ClassRule;
use digue_access::session::{ClientIp, RequestOrigin};
use digue_access::{ClassRules, Role, Session};
use digue_administration::loads::LoadTarget;
use digue_administration::record_access::{self, RecordRequestState};
use digue_administration::{approvals, decisions, tables};
use digue_app::{Actor, OperationError};
use digue_gateway::Hosts;
use digue_sources::brake::Brake;
use digue_sources::origin::SourceOrigin;
use digue_sources::overview::{self, SourceStanding};
use digue_sources::{SourceRules, reading};
use digue_types::{AccountId, ClassName, OrganisationId, PersonKey, PortalId, SessionId};

use crate::app::{CONSOLE_HOST, Home, Plan};
use crate::approvals::{again, somebody};
use crate::loads::population;

const FIVE: Duration = Duration::from_mins(5);

fn class(name: &str) -> ClassName {
    ClassName::parse(name).unwrap()
}

fn rules() -> ClassRules {
    let lasts = Duration::from_hours(8);
    let rules = [
        ("archived", ClassRule::Agreement { lasts }),
        ("deceased", ClassRule::Refuse),
    ];
    ClassRules(
        rules
            .map(|(name, rule)| (class(name), rule))
            .into_iter()
            .collect(),
    )
}

/// A home whose source of classes may free `per_day` persons by itself, with its officers.
async fn home_with(path: &Path, per_day: u32) -> (Home, Actor, Actor) {
    let source = SourceRules {
        name: "classes".to_owned(),
        target: LoadTarget::Classes(population()).into(),
        origin: SourceOrigin::File(path.to_owned()),
        look_up: None,
        account: AccountId::parse("flux").unwrap(),
        every: FIVE,
        late_after: Duration::from_mins(15),
        brake: Brake::default(),
    };
    let home = Home::with(Plan {
        sources: vec![source],
        ..Plan::default()
    })
    .await;
    let mut portal = crate::portal("127.0.0.1:1".to_owned());
    portal.classes = rules();
    let hosts = Hosts::new(vec![portal], vec![CONSOLE_HOST.to_owned()], []);
    home.app.gateway().set_hosts(hosts, &|_| {});
    let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let feed = somebody(&home, "flux", "op", Role::PortalTeam).await;
    let target = LoadTarget::Classes(population()).name();
    home.store
        .set_feed(&feed.account, &target, per_day)
        .await
        .unwrap();
    (home, ciso, dpo)
}

fn write(path: &Path, archived: std::ops::Range<usize>) {
    let rows: String = archived
        .map(|number| format!("archived,P{number}\n"))
        .collect();
    std::fs::write(path, format!("class,person\n{rows}deceased,P900\n")).unwrap();
}

async fn read_later(home: &Home) {
    home.clock.pass(FIVE);
    reading::read_due(&home.app).await.unwrap();
}

fn is_archived(home: &Home, person: &str) -> bool {
    let rules = home.app.gateway().rules();
    let key = PersonKey::new(&population(), person);
    rules.classes[&population()].has(&class("archived"), key)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_comes_is_in_force_and_one_that_goes_waits_for_two() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("classes.csv");
    let (home, ciso, _) = home_with(&path, 0).await;
    write(&path, 0..100);
    reading::read_due(&home.app).await.unwrap();
    assert!(is_archived(&home, "P99") && !is_archived(&home, "P100"));
    write(&path, 0..103);
    read_later(&home).await;
    assert!(is_archived(&home, "P102"));
    let view = || async { overview::list(&home.app, &ciso).await.unwrap().remove(0) };
    assert_eq!(view().await.standing, SourceStanding::Fresh);

    write(&path, 2..104);
    read_later(&home).await;
    assert!(is_archived(&home, "P0") && is_archived(&home, "P103"));
    let waiting = view().await;
    assert_eq!(waiting.fault.unwrap().0, "source-fault-approval");
    let ciso = again(&home, &ciso);
    let asked = approvals::list(&home.app, &ciso).await.unwrap();
    let request = asked.iter().find(|one| one.record.kind == "load").unwrap();
    decisions::decide(&home.app, &ciso, &request.record.id, true)
        .await
        .unwrap();
    assert!(!is_archived(&home, "P0") && !is_archived(&home, "P1") && is_archived(&home, "P2"));
    // What waits no more is what the source says.
    read_later(&home).await;
    assert_eq!(view().await.standing, SourceStanding::Fresh);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_frees_as_many_as_two_persons_allowed_and_its_brake_lets_pass() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("classes.csv");
    let (home, ciso, _) = home_with(&path, 8).await;
    write(&path, 0..1000);
    reading::read_due(&home.app).await.unwrap();
    write(&path, 5..1000);
    read_later(&home).await;
    assert!(!is_archived(&home, "P4"), "within the bound");
    write(&path, 10..1000);
    read_later(&home).await;
    assert!(is_archived(&home, "P9"), "beyond the bound of the day");
    // A table that becomes empty, or archives a whole nation, waits for a person.
    for rows in [990..1000, 0..1300] {
        write(&path, rows.clone());
        read_later(&home).await;
        let view = overview::list(&home.app, &ciso).await.unwrap().remove(0);
        assert_eq!(view.standing, SourceStanding::Held, "{rows:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_is_not_taken_and_then_classes_are_not_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("classes.csv");
    let (home, ..) = home_with(&path, 0).await;
    write(&path, 0..10);
    reading::read_due(&home.app).await.unwrap();
    let kept = home.folder().join("classes").join("personnes.csv");
    std::fs::write(&kept, "class,person\n").unwrap();
    let mut rules = home.app.rules().await;
    rules.classes.clear();
    home.app.publish(&rules);
    drop(rules);
    tables::load_kept(&home.app).await.unwrap();
    assert!(home.app.gateway().rules().classes.is_empty());
    assert!(home.app.files_not_taken().contains_key("classes:personnes"));
}

fn session(home: &Home, account: &str) -> Session {
    let ip = ClientIp::read("192.0.2.1");
    Session {
        id: SessionId::parse("s1").unwrap(),
        account: AccountId::parse(account).unwrap(),
        organisation: OrganisationId::parse("of-1").unwrap(),
        host: "portail.test".to_owned(),
        opened_at: home.now(),
        seen_at: home.now(),
        proved_at: home.now(),
        origin: RequestOrigin {
            ip,
            agent: String::new(),
            tls: String::new(),
        },
        other_ip: ClientIp::Unknown,
        device: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_record_opens_for_two_and_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("classes.csv");
    let (home, _, dpo) = home_with(&path, 0).await;
    write(&path, 0..10);
    reading::read_due(&home.app).await.unwrap();
    somebody(&home, "a1", "of-1", Role::Agent).await;
    let chef = somebody(&home, "chef", "of-1", Role::Delegate).await;
    let other = somebody(&home, "autre", "of-2", Role::Delegate).await;
    let portal = PortalId::parse("portail").unwrap();
    let agent = session(&home, "a1");
    let reason = "Une pension de 1998 est recalculée.";
    let ask = |person: &'static str, reason: &'static str| {
        record_access::ask(&home.app, &agent, &portal, person, reason)
    };
    // A record of no class, one that nobody may open, and a reason that is none.
    for (person, reason) in [("P500", reason), ("P900", reason), ("P3", "parce que")] {
        let refused = ask(person, reason).await;
        assert!(
            matches!(refused, Err(OperationError::Invalid(_))),
            "{person}"
        );
    }
    ask("P3", reason).await.unwrap();
    assert!(matches!(
        ask("P3", reason).await,
        Err(OperationError::Conflict)
    ));

    let waiting = approvals::list(&home.app, &chef).await.unwrap();
    let record = &waiting
        .iter()
        .find(|one| one.record.kind == "open-record")
        .unwrap()
        .record;
    let deciders = &waiting[0].deciders;
    let names: Vec<&str> = deciders.iter().map(AccountId::as_str).collect();
    assert_eq!(
        names,
        ["chef", "dpo", "rssi"],
        "and nobody of another organisation"
    );
    let refused = decisions::decide(&home.app, &other, &record.id, true).await;
    assert!(matches!(refused, Err(OperationError::NotFound(_))));
    assert!(home.app.gateway().rules().agreements.is_empty());
    decisions::decide(&home.app, &chef, &record.id, true)
        .await
        .unwrap();

    let key = (population(), agent.account.clone());
    let open = |home: &Home| {
        let rules = home.app.gateway().rules();
        let agreed = rules.agreements.get(&key).cloned().unwrap_or_default();
        agreed
            .into_iter()
            .filter(|one| home.now() < one.until)
            .collect::<Vec<_>>()
    };
    let agreed = open(&home);
    assert_eq!(agreed.len(), 1);
    assert_eq!(agreed[0].person, PersonKey::new(&population(), "P3"));
    assert_eq!(agreed[0].reason, reason);
    let own = record_access::own(&home.app, &agent).await.unwrap();
    assert_eq!(own[0].state, RecordRequestState::Open);

    // As after a start: what was agreed to is still open, and ends at the same moment.
    let mut rules = home.app.rules().await;
    rules.agreements = Default::default();
    home.app.publish(&rules);
    drop(rules);
    record_access::restore(&home.app).await.unwrap();
    assert_eq!(open(&home), agreed);
    home.clock.pass(Duration::from_hours(8));
    assert!(open(&home).is_empty());
    let own = record_access::own(&home.app, &agent).await.unwrap();
    assert_eq!(own[0].state, RecordRequestState::Ended);

    // One that is refused opens nothing.
    let agent = session(&home, "a1");
    record_access::ask(&home.app, &agent, &portal, "P4", reason)
        .await
        .unwrap();
    let dpo = again(&home, &dpo);
    let waiting = approvals::list(&home.app, &dpo).await.unwrap();
    let id = &waiting.iter().find(|one| !one.is_over).unwrap().record.id;
    decisions::decide(&home.app, &dpo, id, false).await.unwrap();
    assert!(open(&home).is_empty());
}
