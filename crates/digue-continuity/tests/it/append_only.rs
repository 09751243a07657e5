//! `rclone serve restic --append-only`, as Debian has it.

use std::process::Command;

use digue_backup::canary::DeletionProof;
use digue_backup::schedule::PackSlice;
use digue_continuity::place::{RepositoryPlace, RepositorySettings};

use crate::{Bench, Server, client, send, tree};

fn rclone(bench: &Bench, more: &[&str]) -> Server {
    let folder = bench.path("serveur");
    std::fs::create_dir_all(&folder).unwrap();
    Server::start(|port| {
        let mut command = Command::new("rclone");
        command
            .args(["serve", "restic", "--addr", &format!("127.0.0.1:{port}")])
            .args(more)
            .arg(&folder)
            .env("RCLONE_CONFIG", bench.path("rclone.conf"));
        command
    })
}

fn settings(bench: &Bench, server: &Server) -> RepositorySettings {
    RepositorySettings {
        name: "serveur".to_owned(),
        place: RepositoryPlace::Rest {
            url: format!("http://127.0.0.1:{}/depot", server.port),
            login: None,
        },
        password_file: bench.path("password"),
        id: None,
    }
}

#[test]
fn a_thief_with_our_credentials_removes_nothing_from_an_append_only_server() {
    let bench = Bench::new();
    let server = rclone(&bench, &["--append-only"]);
    let settings = settings(&bench, &server);
    let (repository, is_new) = settings.open_or_init(&client(), None).unwrap();
    assert!(is_new);
    let made = repository.back_up(&bench.what()).unwrap();
    let stored = bench.path("serveur/depot");
    let before = tree(&stored);
    for path in before.keys() {
        // The protocol names a pack without the folder of its first two digits.
        let mut parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
        if parts[0] == "data" {
            parts.remove(1);
        }
        let url = format!("http://127.0.0.1:{}/depot/{}", server.port, parts.join("/"));
        assert_eq!(send("DELETE", &url, &[], ""), 403, "{url}");
        assert!(
            send("POST", &url, &[], "chiffré par le voleur") >= 400,
            "{url}"
        );
    }
    let all = format!("http://127.0.0.1:{}/depot/", server.port);
    assert!(send("DELETE", &all, &[], "") >= 400);
    assert_eq!(tree(&stored), before);
    let repository = settings.open(&client(), None).unwrap();
    let slice = PackSlice { part: 1, of: 1 };
    assert_eq!(repository.verify(slice).unwrap(), Vec::<String>::new());
    repository
        .restore(&made.snapshot, &bench.path("retour"))
        .unwrap();
    assert_eq!(tree(&bench.path("source")), tree(&bench.path("retour")));
}

#[test]
fn the_trial_tells_an_append_only_server_from_one_that_deletes() {
    let bench = Bench::new();
    let server = rclone(&bench, &["--append-only"]);
    let proof = settings(&bench, &server).try_deletion(&client()).unwrap();
    assert_eq!(proof, DeletionProof::Refused);
    drop(server);
    let server = rclone(&bench, &[]);
    let proof = settings(&bench, &server).try_deletion(&client()).unwrap();
    assert!(matches!(proof, DeletionProof::Deletable(_)), "{proof:?}");
}
