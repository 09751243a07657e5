//! Operations with the gateway and the journal, also on a failing disk.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first fault, and may say what it measured"
)]

mod account_lists;
mod app;
mod approvals;
mod backups;
mod campaigns;
mod claims_truth;
mod classes;
mod containment;
mod continuity;
mod damage;
mod declared;
mod desk;
mod devices;
mod gaps;
mod governance;
mod granted_rules;
mod incidents;
mod integrity;
mod isms;
mod loads;
mod look_ups;
mod onboarding;
mod order;
mod papers;
mod passkey;
mod password;
mod people;
mod privacy;
mod races;
mod recovery;
mod retention_source;
mod reviews;
mod scim;
mod signals;
mod sources;
mod space;
mod statements;
mod stored_records;
mod takeover;
mod tampering;
mod unreadable;
mod vectors;

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use digue_access::{EnforcementMode, LimitsTable, RouteAccess, Sessions, Snapshot};
use digue_app::alias_tables::AliasTables;
use digue_app::clock::SystemClock;
use digue_app::recorder::{JournalIndexer, JournalRecorder, JournalState};
use digue_connections::client_address::TrustedProxies;
use digue_gateway::identity::Asserter;
use digue_gateway::path::Pattern;
use digue_gateway::portal::{
    BreakGlassRule, Identity, NamedHeaders, OnUninspected, Portal, QueryRule, Route, RouteKind,
    Timeouts, Upstream,
};
use digue_gateway::ports::Clock;
use digue_gateway::server::Listener;
use digue_gateway::{Gateway, GatewayParts, Hosts};
use digue_http::client::HttpClient;
use digue_identifiers::{IdentifierKind, Pick};
use digue_inspect::graphql::GraphQl;
use digue_inspect::json::{JsonMap, JsonRule, JsonRules};
use digue_inspect::{BlockRules, ResponseRules, RuleBlock, jsonpath};
use digue_journal::disk::{Disk, DurableStep, FaultEffect};
use digue_journal::note::Signer;
use digue_journal::{Journal, JournalOptions};
use digue_portal_login::name_mapping::IdentityMapping;
use digue_testkit::disk::{DISK_FULL, FailAt, IO_ERROR};
use digue_testkit::{Client, Reply};
use digue_types::{ActionName, PopulationId, PortalId, RouteName};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use tokio::sync::watch;

use crate::app::NoPages;

fn portal(upstream: String) -> Portal {
    let path = |text| jsonpath::RecordPath::parse(text).unwrap();
    let map = JsonMap {
        rules: vec![JsonRule::new(path("$.id"), Pick::whole(0, "$.id"))],
        records: vec![path("$")],
        ..JsonMap::default()
    };
    let rules = JsonRules::new(map).unwrap();
    let route = Route {
        name: RouteName::parse("fiche").unwrap(),
        methods: vec![],
        pattern: Pattern::parse("/fiche").unwrap(),
        when: Vec::new(),
        kind: RouteKind::Held,
        session: digue_gateway::portal::SessionDemand::Required,
        action: ActionName::parse("open").unwrap(),
        categories: vec![],
        access: RouteAccess {
            needs_caseload: false,
            allows_exact_search: false,
            keeps_found: Duration::ZERO,
            allows_break_glass: false,
            proof_age_max: None,
            shows_own: false,
        },
        request: vec![],
        exact_sets: vec![],
        creates: None,
        query: QueryRule::Any,
        graphql: GraphQl::Unread,
        response: ResponseRules {
            blocks: vec![RuleBlock::new(
                vec!["application/json".into()],
                BlockRules::Json(rules),
            )],
            errors: None,
        },
        uninspected: OnUninspected::default(),
        later: digue_gateway::remembered::LaterAnswers::default(),
        held_bytes_max: 1 << 20,
        inspect_limits: digue_inspect::InspectionLimits::default(),
        request_bytes_max: 1 << 20,
    };
    Portal {
        id: PortalId::parse("portail").unwrap(),
        population: PopulationId::parse("personnes").unwrap(),
        hosts: vec!["portail.test".into()],
        upstream: Upstream {
            is_https: false,
            authority: upstream,
            host: None,
        },
        identity: Identity::Header {
            account: http::HeaderName::from_static("x-user"),
            organisation: Some(http::HeaderName::from_static("x-org")),
            from: vec!["127.0.0.1/32".parse().unwrap()],
        },
        mapping: IdentityMapping::default(),
        own_record: None,
        request_headers: Vec::new(),
        named_headers: NamedHeaders::default(),
        mode: EnforcementMode::Enforced,
        kinds: vec![IdentifierKind {
            name: "id".into(),
            steps: vec![],
            shape: None,
        }],
        primary: 0,
        limits: LimitsTable::default(),
        classes: digue_access::ClassRules::default(),
        break_glass: BreakGlassRule {
            lasts: Duration::from_secs(60),
        },
        routes: vec![route],
        timeouts: Timeouts::default(),
        report_tokens: Vec::new(),
        response_headers: Default::default(),
    }
}

/// Serves a portal that shows P1, over a journal whose disk fails as `faults` says; runs `test`.
async fn with_gateway(faults: Arc<FailAt>, test: impl FnOnce(Client) + Send + 'static) {
    with_gateway_in(EnforcementMode::Enforced, faults, |client, _| test(client)).await;
}

/// `with_gateway`, with the portal in this mode.
async fn with_gateway_in(
    mode: EnforcementMode,
    faults: Arc<FailAt>,
    test: impl FnOnce(Client, Gateway) + Send + 'static,
) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let upstream =
        digue_testkit::Portal::start(|_| Reply::new("application/json", r#"{"id":"P1"}"#));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(jiff::tz::TimeZone::UTC));
    let journal_state: Arc<RwLock<JournalState>> = Arc::default();
    let journal = Arc::new(
        Journal::open(JournalOptions {
            keyring: digue_testkit::keys::keyring(&Disk::new(folder.path())),
            disk: Disk::with_faults(folder.path(), faults),
            signer: Signer::from_seed("digue.test", &[1; 32]).unwrap(),
            queue_max: 64,
            checkpoint_every: Duration::from_millis(10),
            observer: Box::new(JournalIndexer {
                journal_state: journal_state.clone(),
                monitor: digue_app::monitor::unattended(),
                clock: clock.clone(),
            }),
        })
        .unwrap(),
    );
    let random = ring::rand::SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let gateway = Gateway::new(GatewayParts {
        monitor: Arc::new(digue_gateway::ports::NoMonitor),
        hosts: Hosts::new(
            vec![Portal {
                mode,
                ..portal(upstream.address.to_string())
            }],
            vec![],
            [],
        ),
        rules: Snapshot {
            caseloads: HashMap::new(),
            ..Snapshot::default()
        },
        sessions: Sessions::default(),
        recorder: Arc::new(JournalRecorder(journal.clone())),
        clock,
        aliases: Arc::new(AliasTables::default()),
        pages: Arc::new(NoPages),
        asserter: Asserter::new(key.as_ref(), "digue.test").unwrap(),
        upstream: HttpClient::new(rustls::RootCertStore::empty(), Duration::from_secs(1)),
        proxies: TrustedProxies::default(),
        limits: digue_gateway::GatewayLimits::default(),
    });
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None)
        .await
        .unwrap();
    let address = listener.local_address().unwrap();
    let (stop, stopping) = watch::channel(false);
    let serving = tokio::spawn(listener.serve(gateway.clone(), stopping, Duration::from_secs(5)));
    let client = Client::new(address, "portail.test");
    tokio::task::spawn_blocking(move || test(client, gateway))
        .await
        .unwrap();
    stop.send_replace(true);
    serving.await.unwrap();
    journal.close();
}

const WHO: [(&str, &str); 2] = [("x-user", "a1"), ("x-org", "of-1")];

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_refuses_means_503_and_no_bytes() {
    for (step, strike) in [
        (DurableStep::WalWrite, FaultEffect::Fail(DISK_FULL)),
        (DurableStep::WalWrite, FaultEffect::Short(DISK_FULL)),
        (DurableStep::WalSync, FaultEffect::Fail(IO_ERROR)),
        (DurableStep::WalSync, FaultEffect::FailAfter(IO_ERROR)),
    ] {
        let faults = Arc::new(FailAt::new(step, 1, 1, strike));
        with_gateway(faults, move |client| {
            let first = client.send("GET", "/fiche", &WHO, b"");
            assert_eq!((first.status, first.entry()), (200, Some(0)));
            let refused = client.send("GET", "/fiche", &WHO, b"");
            assert_eq!(refused.status, 503, "{step:?} {strike:?}");
            assert!(!refused.text().contains("P1"));
            assert!(refused.text().contains("journal"));
            // The disk accepts again: so does the lock, and nobody restarted anything.
            let after = client.send("GET", "/fiche", &WHO, b"");
            assert_eq!((after.status, after.text().contains("P1")), (200, true));
        })
        .await;
    }
}

/// Promise 28, with a journal that cannot write: the portal works as without Digue, and it is said
/// what is missing.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_refuses_stops_no_observed_portal() {
    for mode in [EnforcementMode::ObserveOnly, EnforcementMode::Pilot] {
        let faults = Arc::new(FailAt::new(
            DurableStep::WalWrite,
            1,
            1,
            FaultEffect::Fail(DISK_FULL),
        ));
        with_gateway_in(mode, faults, |client, gateway| {
            let runtime = tokio::runtime::Handle::current();
            for _ in 0..3 {
                for identity in [&WHO[..], &[]] {
                    let answer = client.send("GET", "/fiche", identity, b"");
                    assert_eq!(
                        (answer.status, answer.text()),
                        (200, r#"{"id":"P1"}"#.to_owned())
                    );
                    assert_eq!(answer.entry(), None, "nothing is added to a response");
                    // One commit each: the disk refuses the second.
                    assert!(runtime.block_on(gateway.finish_entries(digue_testkit::PATIENCE)));
                }
            }
            assert_eq!(gateway.unrecorded(), 1);
        })
        .await;
    }
}
