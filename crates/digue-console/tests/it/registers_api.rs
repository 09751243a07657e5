//! Registers and files of evidence, written and read by programs.

use digue_isms::kinds::RegisterKind;
use digue_locales::Language;
use serde_json::{Value, json};

use crate::world::{AGENT, AUDITOR, Answer, CISO, Reader, Sent, World};

const EVIDENCE: &str = "/api/v1/registers/evidence";

async fn get(world: &World, reader: Reader, target: &str) -> Answer {
    let sent = Sent::get(target);
    world.answer(reader, Language::French, sent).await
}

fn sent<'s>(method: &'s str, target: &'s str, body: &Value) -> Sent<'s> {
    Sent {
        method,
        target,
        kind: "application/json",
        body: body.to_string().into_bytes(),
    }
}

fn file<'s>(target: &'s str, bytes: &[u8]) -> Sent<'s> {
    Sent {
        method: "PUT",
        target,
        kind: "application/octet-stream",
        body: bytes.to_vec(),
    }
}

async fn post(world: &World, reader: Reader, target: &str, body: &Value) -> Answer {
    let sent = sent("POST", target, body);
    world.answer(reader, Language::French, sent).await
}

fn read(answer: &Answer) -> Value {
    serde_json::from_str(&answer.text).unwrap_or_else(|_| panic!("{answer:?}"))
}

#[test]
fn the_description_names_every_register() {
    let described = include_str!("../../../digue-api/assets/openapi.json");
    let described: Value = serde_json::from_str(described).unwrap();
    let kind = &described["paths"]["/api/v1/registers/{kind}"]["get"]["parameters"][0];
    let codes: Vec<&str> = RegisterKind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(kind["schema"]["enum"], json!(codes));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_files_evidence_from_the_revision_that_it_read() {
    let world = World::new().await;
    let values = json!({"values": {"title": ["Relevé des sauvegardes"]}});
    let added = post(&world, CISO, EVIDENCE, &values).await;
    assert_eq!((added.status, added.tag.as_deref()), (201, Some("\"1\"")));
    let place = added.location.unwrap();
    let id = read(&get(&world, AUDITOR, &place).await)["id"].clone();
    let id = id.as_str().unwrap().to_owned();

    // A further revision: only from the one in force.
    let later = json!({"values": {"title": ["Relevé de mars"], "valid-until": ["2027-01-31"]}});
    let without = world
        .answer(CISO, Language::French, sent("PUT", &place, &later))
        .await;
    assert_eq!(without.status, 428, "{without:?}");
    let other = world
        .answer_if_match(CISO, "\"2\"", sent("PUT", &place, &later))
        .await;
    assert_eq!(other.status, 412, "{other:?}");
    let changed = world
        .answer_if_match(CISO, "\"1\"", sent("PUT", &place, &later))
        .await;
    assert_eq!(
        (changed.status, changed.tag.as_deref()),
        (204, Some("\"2\""))
    );

    let target = format!("/api/v1/evidence/{id}/file?name=releve.txt");
    let log = b"2026-03-31 sauvegarde 112 : verifiee\n".as_slice();
    let without = world
        .answer(CISO, Language::French, file(&target, log))
        .await;
    assert_eq!(without.status, 428, "{without:?}");
    for (bytes, status) in [(b"MZ\x90\x00".as_slice(), 422), (log, 204)] {
        let put = world
            .answer_if_match(CISO, "\"2\"", file(&target, bytes))
            .await;
        assert_eq!(put.status, status, "{put:?}");
    }
    let known = get(&world, AUDITOR, &place).await;
    assert_eq!(known.tag.as_deref(), Some("\"3\""));
    let values = read(&known)["values"].clone();
    assert_eq!(values["file-name"], json!(["releve.txt"]));
    assert_eq!(values["size"], json!([log.len().to_string()]));
    assert_eq!(values["title"], json!(["Relevé de mars"]));
    let handed = get(&world, AUDITOR, &format!("/smsi/evidence/{id}/file")).await;
    assert_eq!(handed.bytes, log);

    let list = read(&get(&world, AUDITOR, &format!("{EVIDENCE}?count=0")).await);
    assert_eq!(
        (&list["items"], &list["unreadable"]),
        (&json!([]), &json!([]))
    );
    assert!(list["total"].as_u64().unwrap() >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_has_the_rights_of_its_account_and_signs_nothing() {
    let world = World::new().await;
    let titled = json!({"values": {"title": ["Relevé"]}});
    for (reader, status) in [(AGENT, 403), (AUDITOR, 403)] {
        let answer = post(&world, reader, EVIDENCE, &titled).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    assert_eq!(get(&world, AGENT, EVIDENCE).await.status, 403);
    for wrong in [
        json!({"values": {"titel": ["Relevé"]}}),
        json!({"values": {"title": []}}),
        json!({"values": {"title": ["Relevé"], "valid-until": ["demain"]}}),
        json!({"values": {"title": "Relevé"}}),
        json!({"title": ["Relevé"]}),
    ] {
        let answer = post(&world, CISO, EVIDENCE, &wrong).await;
        assert!(matches!(answer.status, 400 | 422), "{wrong}: {answer:?}");
        assert_eq!(answer.kind, "application/problem+json");
    }
    // The account that the record names as its signatory, with a fresh proof in its browser.
    let audit = json!({"values": {
        "title": ["Audit"], "scope": ["tout"], "auditor": ["X"],
        "planned-from": ["2026-03-01"], "signed-by": [CISO.account],
    }});
    let added = post(&world, CISO, "/api/v1/registers/audit", &audit).await;
    assert_eq!(added.status, 201, "{added:?}");
    let signed = read(&get(&world, AUDITOR, "/api/v1/registers/signature").await);
    assert_eq!(signed["total"], 0, "{signed}");
}
