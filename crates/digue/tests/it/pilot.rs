//! The first ten minutes: what `digue init` writes, in front of a portal of which Digue knows
//! nothing.

use std::path::Path;

use digue_testkit::{Client, Heard, Portal, Reply};

use crate::instance::{CONSOLE_HOST, Instance, digue, free_address};

/// The portal's host in the map that `digue init` writes.
const HOST: &str = "portail.localhost";

/// A portal with a login and pages of its own.
fn portal_page(heard: &Heard) -> Reply {
    let path = heard.target.split('?').next().unwrap_or_default();
    match path {
        "/connexion" => Reply::new("text/html", "<form>identifiant</form>")
            .header("set-cookie", "sessionid=abc; Path=/")
            .header("x-frame-options", "DENY"),
        "/fiche/1000040B" => Reply::new(
            "text/html",
            "<html><body data-numero=\"1000040B\">Dossier</body></html>",
        ),
        "/export/1000040B.pdf" => Reply::new("application/pdf", "%PDF-1.4 1000040B"),
        _ => Reply::new("text/html", format!("<h1>{}</h1>", heard.target)),
    }
}

fn edit(file: &Path, changes: &[(&str, &str)]) {
    let mut text = std::fs::read_to_string(file).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    std::fs::write(file, text).unwrap();
}

#[test]
fn a_portal_behind_a_new_digue_works_as_before_and_its_map_is_told_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    assert!(digue(folder.path(), &["init"]).status.success());
    let (portal, address) = (Portal::start(portal_page), free_address());
    let port = address.port();
    edit(
        &folder.path().join("digue.toml"),
        &[
            ("127.0.0.1:8080", &address.to_string()),
            (":8080", &format!(":{port}")),
        ],
    );
    let upstream = [
        (":8080", format!(":{port}")),
        ("http://127.0.0.1:9000", portal.url()),
    ];
    let upstream: Vec<(&str, &str)> = upstream
        .iter()
        .map(|(from, to)| (*from, to.as_str()))
        .collect();
    edit(&folder.path().join("portals/portail.toml"), &upstream);
    let account = [
        "account",
        "rssi",
        "--organisation",
        "operateur",
        "--role",
        "rssi",
    ];
    assert!(digue(folder.path(), &account).status.success());
    let direct = Client::new(portal.address, HOST);
    let mut instance = Instance::in_folder(folder, portal, address);
    let officer = instance.officer();
    let client = Client::new(address, HOST);
    // No account, no session, and addresses of which the map says nothing.
    let targets = [
        "/connexion",
        "/fiche/1000040B",
        "/agenda/2026-11-29/jean.dupont?mois=11",
        "/export/1000040B.pdf",
        "//x",
    ];
    for target in targets {
        let (with, without) = (client.get(target), direct.get(target));
        assert_eq!(
            (with.status, &with.body),
            (without.status, &without.body),
            "{target}"
        );
        for name in [
            "content-type",
            "set-cookie",
            "x-frame-options",
            "digue-receipt",
        ] {
            assert_eq!(with.header(name), without.header(name), "{target} {name}");
        }
    }
    assert_eq!(
        client
            .send("POST", "/agenda/2026-11-29", &[], b"jour=29")
            .status,
        200
    );
    // What the map lacks is known after a restart, too.
    assert!(instance.stop());
    instance.start();
    let page = officer.get("/portals").text();
    for text in [
        "/agenda/{x}/{y}",
        "/export/{x}.pdf",
        "/connexion",
        "application/pdf",
        "POST",
    ] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    for value in ["1000040B", "dupont", "2026-11-29", "mois"] {
        assert!(!page.contains(value), "{value} is in {page}");
    }
    let history = instance.history();
    assert!(
        history.iter().all(|entry| entry["account"] == "unknown"),
        "{history:?}"
    );
    let sheet = history
        .iter()
        .find(|entry| entry["route"] == "fiche")
        .expect("the map describes it");
    assert_eq!(
        (&sheet["outcome"], &sheet["inspection"]),
        (&"released".into(), &"inspected".into())
    );
    assert_eq!(sheet["persons"][0]["person"], "1000040B");
    assert_eq!(sheet["persons"][0]["basis"], "caller-unknown");
    let unmapped = history
        .iter()
        .find(|entry| entry["unmapped"]["template"] == "/export/{x}.pdf")
        .unwrap();
    assert_eq!(
        (&unmapped["outcome"], &unmapped["reasons"][0]),
        (&"would-refuse".into(), &"unknown-route".into())
    );
    assert_eq!(
        CONSOLE_HOST, "digue.localhost",
        "the console of the configuration that init writes"
    );
}
