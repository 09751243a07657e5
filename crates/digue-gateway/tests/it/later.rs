//! Files that are fetched later by a token: whom the request named is in the file.

use digue_testkit::{Heard, Portal, Reply};
use digue_types::{Inspection, Means, Outcome};
use http::Request;
use serde_json::json;

use crate::world::{Visit, WayIn, World};

fn answer(heard: &Heard) -> Reply {
    match heard.target.as_str() {
        "/export" => {
            Reply::new("application/json", json!({ "job": "j-1" }).to_string()).status(202)
        }
        "/export-code" => {
            let body = crate::outside::gzip(json!({ "job": "j-3" }).to_string().as_bytes());
            Reply::new("application/json", body).header("content-encoding", "gzip")
        }
        "/envoi" => Reply::new("application/json", "{}")
            .status(201)
            .header("location", "/fichier/j-2"),
        "/fichier/attente" => {
            Reply::new("application/json", "{\"items\":[{\"id\":\"P5\"}]}").status(202)
        }
        "/fichier/j-2" => {
            let items = json!({ "items": [{ "id": "P5" }] });
            Reply::new("application/json", items.to_string())
        }
        _ => Reply::new("application/octet-stream", "\u{1}\u{2}"),
    }
}

fn world() -> (World, Portal) {
    let portal = Portal::start(answer);
    (World::before(portal.address.to_string()), portal)
}

async fn begin(world: &mut World, target: &'static str, ids: &[&str]) -> u16 {
    let visit = Visit {
        account: "caseload",
        method: "POST",
        target,
    };
    let (mut head, _) = world.request(WayIn::Session, visit).into_parts();
    let records: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
    let body = json!({ "dossiers": records }).to_string();
    head.headers
        .insert("content-type", "application/json".parse().unwrap());
    let request = Request::from_parts(head, digue_http::body::full(body));
    world.send(request).await.status
}

async fn fetch(world: &mut World, account: &'static str, target: &'static str) -> u16 {
    let visit = Visit {
        account,
        method: "GET",
        target,
    };
    world.visit(WayIn::Session, visit).await.status
}

fn shown(world: &World) -> Vec<(String, Means)> {
    let last = world.entries().pop().unwrap();
    let groups = last.shown.iter();
    let each = groups.flat_map(|group| {
        group
            .persons
            .iter()
            .map(|one| (one.as_str().to_owned(), group.means))
    });
    let mut each: Vec<_> = each.collect();
    each.sort();
    each
}

#[tokio::test]
async fn the_persons_of_the_request_are_in_the_file() {
    let (mut world, _portal) = world();
    assert_eq!(begin(&mut world, "/export", &["P1", "P2"]).await, 202);
    assert_eq!(fetch(&mut world, "caseload", "/fichier/j-1").await, 200);
    let last = world.entries().pop().unwrap();
    assert_eq!(last.inspection, Inspection::RequestOnly);
    assert_eq!(last.outcome, Outcome::Released);
    let by = Means::Request;
    assert_eq!(
        shown(&world),
        [("P1".to_owned(), by), ("P2".to_owned(), by)]
    );
}

#[tokio::test]
async fn a_token_in_a_compressed_answer_is_read() {
    let (mut world, _portal) = world();
    assert_eq!(begin(&mut world, "/export-code", &["P3"]).await, 200);
    assert_eq!(fetch(&mut world, "caseload", "/fichier/j-3").await, 200);
    assert_eq!(shown(&world), [("P3".to_owned(), Means::Request)]);
}

#[tokio::test]
async fn a_file_that_can_be_read_shows_both() {
    let (mut world, _portal) = world();
    assert_eq!(begin(&mut world, "/envoi", &["P1"]).await, 201);
    assert_eq!(fetch(&mut world, "caseload", "/fichier/j-2").await, 200);
    let expected = [
        ("P1".to_owned(), Means::Request),
        ("P5".to_owned(), Means::Described),
    ];
    assert_eq!(shown(&world), expected);
    assert_eq!(
        world.entries().pop().unwrap().inspection,
        Inspection::Inspected
    );
}

#[tokio::test]
async fn a_token_that_nobody_remembers_fetches_nothing() {
    let (mut world, _portal) = world();
    // Unknown, also where the file could be read.
    assert_eq!(fetch(&mut world, "caseload", "/fichier/j-1").await, 502);
    assert_eq!(fetch(&mut world, "caseload", "/fichier/j-2").await, 502);
    assert_eq!(begin(&mut world, "/export", &["P1"]).await, 202);
    // Of another account, or after its time.
    assert_eq!(fetch(&mut world, "other", "/fichier/j-1").await, 502);
    assert_eq!(fetch(&mut world, "caseload", "/fichier/attente").await, 202);
    world
        .clock
        .pass(digue_gateway::remembered::REMEMBERED_USUAL);
    assert_eq!(fetch(&mut world, "caseload", "/fichier/j-1").await, 502);
}

#[tokio::test]
async fn a_refused_request_gives_no_token() {
    let (mut world, _portal) = world();
    assert_eq!(begin(&mut world, "/export", &["P1", "P99"]).await, 403);
    assert_eq!(fetch(&mut world, "caseload", "/fichier/j-1").await, 502);
}
