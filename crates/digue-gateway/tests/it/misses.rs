//! Before a person outside the caseload is refused, the operator's data are asked; a created person
//! is named before the decision.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use digue_access::additions::Addition;
use digue_gateway::Gateway;
use digue_gateway::ports::{BoxFuture, CaseloadMiss, CaseloadPort, CreatedPerson};
use digue_types::{AccountId, Basis, OrganisationId, PersonKey, PersonRef, PopulationId};

use crate::world::{NOON, Visit, WayIn, World};

/// Knows the persons from P70 to P79, and takes every created one.
struct Data {
    gateway: Gateway,
    heard: Mutex<Vec<String>>,
}

impl Data {
    fn add(&self, population: &PopulationId, who: (AccountId, OrganisationId), person: &PersonRef) {
        let mut rules = (*self.gateway.rules()).clone();
        let addition = Addition {
            organisation: who.1,
            added_at: NOON,
            until: NOON.plus(Duration::from_hours(24)),
        };
        let of = rules.additions.entry(population.clone()).or_default();
        let key = PersonKey::new(population, person.as_str());
        Arc::make_mut(of).add(who.0, key, addition);
        self.gateway.set_rules(rules);
    }
}

#[derive(Clone)]
struct Port(Arc<Data>);

impl CaseloadPort for Port {
    fn look_up(&self, miss: CaseloadMiss) -> BoxFuture<()> {
        let data = self.0.clone();
        Box::pin(async move {
            for person in &miss.persons {
                data.heard.lock().unwrap().push(format!("asked {person}"));
                if person.as_str().starts_with("P7") {
                    let who = (miss.account.clone(), miss.organisation.clone());
                    data.add(&miss.population, who, person);
                }
            }
        })
    }

    fn created(&self, created: CreatedPerson) -> BoxFuture<()> {
        let data = self.0.clone();
        Box::pin(async move {
            data.heard
                .lock()
                .unwrap()
                .push(format!("created {}", created.person));
            let who = (created.account, created.organisation);
            data.add(&created.population, who, &created.person);
        })
    }
}

fn world() -> (World, Arc<Data>) {
    let world = World::new();
    let data = Arc::new(Data {
        gateway: world.gateway.clone(),
        heard: Mutex::default(),
    });
    world
        .gateway
        .add_to_caseloads_by(Arc::new(Port(data.clone())));
    (world, data)
}

fn visit(method: &'static str, target: &'static str) -> Visit {
    Visit {
        account: "caseload",
        method,
        target,
    }
}

fn heard(data: &Data) -> Vec<String> {
    std::mem::take(&mut data.heard.lock().unwrap())
}

#[tokio::test]
async fn a_miss_is_looked_up_before_the_portal_is_asked() {
    for way in [WayIn::Session, WayIn::ForwardAuth] {
        let (mut world, data) = world();
        assert_eq!(
            world.visit(way, visit("GET", "/fiche/P71")).await.status,
            200
        );
        assert_eq!(world.entries()[0].shown[0].basis, Basis::Caseload);
        let refused = world.visit(way, visit("GET", "/fiche/P81")).await;
        assert_eq!(refused.reasons, ["outside-caseload"]);
        assert_eq!(heard(&data), ["asked P71", "asked P81"], "{way:?}");
        // In force: nobody is asked about the first one any more, nor about whom nobody misses.
        world.visit(way, visit("GET", "/fiche/P71")).await;
        world.visit(way, visit("GET", "/fiche/P1")).await;
        assert_eq!(heard(&data), [] as [&str; 0]);
    }
}

#[tokio::test]
async fn a_list_is_looked_up_before_it_is_refused_or_cut_and_a_long_one_is_not() {
    let (mut world, data) = world();
    let list = world
        .visit(WayIn::Session, visit("GET", "/liste?ids=P1,P72,P73"))
        .await;
    assert_eq!(list.status, 200);
    assert_eq!(heard(&data), ["asked P72", "asked P73"]);
    let long = "/liste?ids=P70,P71,P74,P75,P76,P77,P78,P79,P700,P701,P702,P703";
    let refused = world.visit(WayIn::Session, visit("GET", long)).await;
    assert_eq!(refused.status, 403);
    assert_eq!(heard(&data), [] as [&str; 0]);
}

#[tokio::test]
async fn nobody_is_looked_up_for_a_gate_or_a_class() {
    let (mut world, data) = world();
    world.set_classes(&[("archived", "P1")]);
    world.visit(WayIn::Session, visit("GET", "/fiche/P1")).await;
    let closed = Visit {
        account: "closed",
        ..visit("GET", "/fiche/P71")
    };
    world.visit(WayIn::Session, closed).await;
    assert_eq!(heard(&data), [] as [&str; 0]);
}

#[tokio::test]
async fn who_was_created_is_shown_to_the_creator_and_opened_again() {
    let (mut world, data) = world();
    let made = world
        .visit(WayIn::Session, visit("POST", "/inscription/Durand-90"))
        .await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(heard(&data), ["created P90"]);
    assert_eq!(
        world
            .visit(WayIn::Session, visit("GET", "/fiche/P90"))
            .await
            .status,
        200
    );
    let other = Visit {
        account: "other",
        ..visit("GET", "/fiche/P90")
    };
    assert_eq!(world.visit(WayIn::Session, other).await.status, 403);
    // A request that only reads creates nobody.
    let read = world
        .visit(WayIn::Session, visit("GET", "/inscription/Durand-91"))
        .await;
    assert_eq!(read.status, 403);
    assert_eq!(heard(&data), ["asked P90", "asked P91"]);
}

#[tokio::test]
async fn who_is_named_in_any_way_was_not_created() {
    let (mut world, data) = world();
    for target in [
        "/inscription/P90",
        "/inscription/Durand-90?fusion=%5090",
        "/inscription/Durand-90?fusion=P90",
        "/inscription/Durand-90?fusion=%255090",
        "/inscription/Durand-90?fusion=eC1QOTA7",
        "/inscription/Durand-90?fusion=x,P90;",
    ] {
        let refused = world.visit(WayIn::Session, visit("POST", target)).await;
        assert_eq!(refused.status, 403, "{target}");
        assert_eq!(heard(&data), ["asked P90"], "{target}");
    }
    for body in [
        "{\"fusion\":\"P90\"}",
        "fusion=%50%39%30",
        "{\"fusion\":\"\\u0050\\u00390\"}",
        "P\u{200b}90",
        "<a href='/fiche/P90'>",
    ] {
        let of = visit("POST", "/inscription/Durand-90");
        let mut request = world.request(WayIn::Session, of);
        *request.body_mut() = digue_http::body::full(body.to_owned());
        let refused = world.send(request).await;
        assert_eq!(refused.status, 403, "{body}");
        assert_eq!(heard(&data), ["asked P90"], "{body}");
    }
    // What cannot be searched may name anyone.
    let mut request = world.request(WayIn::Session, visit("POST", "/inscription/Durand-90"));
    let coding = "gzip".parse().unwrap();
    request.headers_mut().insert("content-encoding", coding);
    *request.body_mut() = digue_http::body::full(vec![0x1f, 0x8b, 8]);
    assert_eq!(world.send(request).await.status, 403);
    assert_eq!(heard(&data), ["asked P90"]);
}
