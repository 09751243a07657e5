//! Buckets of moto, which knows object lock and lets it be lifted: a store that the trial must
//! expose. And, where there is one, of a server that holds its locks.

use std::process::Command;
use std::time::Duration;

use digue_backup::canary::DeletionProof;
use digue_backup::schedule::PackSlice;
use digue_continuity::BucketAddress;
use digue_continuity::place::{BucketPlace, RepositoryPlace, RepositorySettings};

use crate::python::python;
use crate::{Bench, PASSWORD, Server, client, send, tree};

const WHOLE: PackSlice = PackSlice { part: 1, of: 1 };

fn moto() -> Server {
    Server::start(|port| {
        let mut command = Command::new(python("python"));
        command
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p"])
            .arg(port.to_string());
        command
    })
}

/// Settings for a new bucket of this name.
fn settings(bench: &Bench, endpoint: &str, bucket: &str) -> RepositorySettings {
    let authorization = "AWS4-HMAC-SHA256 Credential=cle/20260101/us-east-1/s3/aws4_request,\
                         SignedHeaders=host,Signature=0";
    let headers = [
        ("authorization", authorization),
        ("x-amz-bucket-object-lock-enabled", "true"),
    ];
    let made = send("PUT", &format!("{endpoint}/{bucket}"), &headers, "");
    assert_eq!(made, 200, "the bucket could not be made");
    std::fs::write(bench.path("secret"), "secret\n").unwrap();
    RepositorySettings {
        name: "magasin".to_owned(),
        place: RepositoryPlace::Bucket(BucketPlace {
            address: BucketAddress {
                endpoint: endpoint.to_owned(),
                region: "us-east-1".to_owned(),
                bucket: bucket.to_owned(),
                is_path_style: true,
            },
            prefix: "digue".to_owned(),
            access_key: "cle".to_owned(),
            secret_file: bench.path("secret"),
            lock: Some(Duration::from_hours(14 * 24)),
        }),
        password_file: bench.path("password"),
        id: None,
    }
}

fn restic(bench: &Bench, endpoint: &str, bucket: &str, arguments: &[&str]) -> String {
    let run = Command::new("restic")
        .args(["--no-cache", "--quiet", "--no-lock", "--repo"])
        .arg(format!("s3:{endpoint}/{bucket}/digue"))
        .args(arguments)
        .env("RESTIC_PASSWORD", PASSWORD)
        .env("AWS_ACCESS_KEY_ID", "cle")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("HOME", bench.folder.path())
        .output()
        .expect("restic is one of the packages that ./test installs");
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success(), "restic {arguments:?}: {said}");
    String::from_utf8(run.stdout).unwrap()
}

#[test]
fn what_went_to_a_bucket_comes_back_and_restic_reads_it_there() {
    let (bench, server) = (Bench::new(), moto());
    let endpoint = format!("http://127.0.0.1:{}", server.port);
    let settings = settings(&bench, &endpoint, "sauvegarde");
    let (repository, _) = settings.open_or_init(&client(), None).unwrap();
    let made = repository.back_up(&bench.what()).unwrap();
    let repository = settings.open(&client(), None).unwrap();
    assert_eq!(repository.verify(WHOLE).unwrap(), Vec::<String>::new());
    repository
        .restore(&made.snapshot, &bench.path("retour"))
        .unwrap();
    assert_eq!(tree(&bench.path("source")), tree(&bench.path("retour")));
    restic(&bench, &endpoint, "sauvegarde", &["check", "--read-data"]);
    let listed = restic(&bench, &endpoint, "sauvegarde", &["snapshots", "--json"]);
    assert!(listed.contains(made.snapshot.as_str()), "{listed}");
    // By one client, as a command does it: connections are shared.
    let client = client();
    let repository = settings.open(&client, None).unwrap();
    let renewal = settings.renew_locks(&client, &repository, WHOLE).unwrap();
    let renewal = renewal.unwrap();
    assert!(
        renewal.checked >= 5 && renewal.failed.is_empty(),
        "{renewal:?}"
    );
}

#[test]
fn a_store_whose_locks_can_be_lifted_is_exposed() {
    let (bench, server) = (Bench::new(), moto());
    let endpoint = format!("http://127.0.0.1:{}", server.port);
    let settings = settings(&bench, &endpoint, "sauvegarde");
    let (repository, _) = settings.open_or_init(&client(), None).unwrap();
    repository.back_up(&bench.what()).unwrap();
    let proof = settings.try_deletion(&client()).unwrap();
    assert_eq!(
        proof,
        DeletionProof::Deletable(vec!["shorten-lock".to_owned(), "weaken-lock".to_owned()])
    );
}

#[test]
#[ignore = "needs a server that holds its locks, in DIGUE_TEST_S3"]
fn a_store_that_holds_its_locks_is_proved() {
    #[expect(clippy::disallowed_methods, reason = "who runs this test says where")]
    let endpoint = std::env::var("DIGUE_TEST_S3").unwrap();
    let bench = Bench::new();
    let bucket = format!("digue-{}", std::process::id());
    let settings = settings(&bench, &endpoint, &bucket);
    let (repository, _) = settings.open_or_init(&client(), None).unwrap();
    let made = repository.back_up(&bench.what()).unwrap();
    assert_eq!(
        settings.try_deletion(&client()).unwrap(),
        DeletionProof::Refused
    );
    let renewal = settings.renew_locks(&client(), &repository, WHOLE).unwrap();
    let renewal = renewal.unwrap();
    assert_eq!(renewal.renewed, renewal.checked, "{renewal:?}");
    let repository = settings.open(&client(), None).unwrap();
    repository
        .restore(&made.snapshot, &bench.path("retour"))
        .unwrap();
    assert_eq!(tree(&bench.path("source")), tree(&bench.path("retour")));
    restic(&bench, &endpoint, &bucket, &["check", "--read-data"]);
}
