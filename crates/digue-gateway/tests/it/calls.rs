//! One address that answers many methods: the body of a request says which route it falls under.

use digue_testkit::{Heard, Portal, Reply};
use digue_types::RefusalReason;
use http::Request;
use serde_json::json;

use crate::world::{Reaction, Visit, WayIn, World};

fn world() -> (World, Portal) {
    let answer = |_: &Heard| {
        let items = json!({ "items": [{ "id": "P1" }] });
        Reply::new("application/json", items.to_string())
    };
    let portal = Portal::start(answer);
    (World::before(portal.address.to_string()), portal)
}

async fn call(world: &mut World, way: WayIn, content_type: &str, body: &str) -> Reaction {
    let visit = Visit {
        account: "caseload",
        method: "POST",
        target: "/appel",
    };
    let (mut head, _) = world.request(way, visit).into_parts();
    head.headers
        .insert("content-type", content_type.parse().unwrap());
    let request = Request::from_parts(head, digue_http::body::full(body.to_owned()));
    world.send(request).await
}

fn last_route(world: &World) -> String {
    world.entries().pop().unwrap().route.to_string()
}

const JSON: &str = "application/json";
const LIST: &str = r#"{"method":"person.list"}"#;

#[tokio::test]
async fn each_method_has_its_route() {
    let (mut world, portal) = world();
    let read = r#"{"method":"person.read","ids":["P2"]}"#;
    let reaction = call(&mut world, WayIn::Session, JSON, read).await;
    assert_eq!(reaction.status, 200, "{reaction:?}");
    assert_eq!(last_route(&world), "appel-lire");
    let reaction = call(&mut world, WayIn::Session, JSON, LIST).await;
    assert_eq!(reaction.status, 200, "{reaction:?}");
    assert_eq!(last_route(&world), "appel-lister");
    // The body has been read here, and reaches the portal whole.
    let heard = portal.heard();
    let bodies: Vec<&[u8]> = heard.iter().map(|heard| heard.body.as_slice()).collect();
    assert_eq!(bodies, [read.as_bytes(), LIST.as_bytes()]);
}

#[tokio::test]
async fn what_meets_no_condition_reaches_no_portal() {
    let (mut world, portal) = world();
    let padded = format!(
        r#"{{"method":"person.list","x":"{}"}}"#,
        "x".repeat(2 << 10)
    );
    let unknown = RefusalReason::UnknownRoute.to_string();
    for (content_type, body, reason) in [
        (JSON, r#"{"method":"person.delete"}"#, unknown.clone()),
        (
            JSON,
            r#"{"method":"person.list","method":"person.delete"}"#,
            unknown.clone(),
        ),
        (
            JSON,
            r#"{"method":"person.list","Method":"person.delete"}"#,
            unknown.clone(),
        ),
        ("text/plain", LIST, unknown.clone()),
        (JSON, "{", unknown.clone()),
        (JSON, "", unknown.clone()),
        (JSON, &padded, RefusalReason::RequestTooLarge.to_string()),
    ] {
        let reaction = call(&mut world, WayIn::Session, content_type, body).await;
        assert_eq!(reaction.reasons, [reason], "{content_type} {body}");
    }
    assert_eq!(portal.heard().len(), 0);
}

#[tokio::test]
async fn a_pilot_lets_pass_what_no_condition_fits_and_says_so() {
    let (mut world, portal) = world();
    let other = r#"{"method":"person.delete"}"#;
    for (body, route) in [(LIST, "appel-lister"), (other, "-")] {
        let reaction = call(&mut world, WayIn::Pilot, JSON, body).await;
        assert_eq!(reaction.status, 200, "{reaction:?}");
        world.settle().await;
        assert_eq!(last_route(&world), route);
    }
    let entry = world.entries().pop().unwrap();
    assert_eq!(entry.reasons, [RefusalReason::UnknownRoute]);
    assert!(entry.unmapped.is_some());
    assert_eq!(portal.heard().len(), 2);
}

#[tokio::test]
async fn another_proxy_shows_no_body_and_no_route_is_chosen() {
    let (mut world, _portal) = world();
    let visit = Visit {
        account: "caseload",
        method: "POST",
        target: "/appel",
    };
    let reaction = world.visit(WayIn::AuthRequest, visit).await;
    assert!(!reaction.is_let_through(), "{reaction:?}");
    assert_eq!(
        world.entries().pop().unwrap().reasons,
        [RefusalReason::BodyUnseen]
    );
}
