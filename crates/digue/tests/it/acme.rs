//! A listener whose certificate comes from an authority: ordered, proved in both ways, kept.

use std::fs;
use std::process::Command;

use digue_testkit::pebble::{Pebble, ProofPorts};

use crate::evidence::wait_for;
use crate::https::issue;
use crate::instance::{Instance, PORTAL_HOST, Plan, free_address, obliging};
use crate::python::python;

/// The root that the authority issues from, as PEM.
fn root(pebble: &Pebble, authority: &std::path::Path) -> String {
    let one = "
import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[2])
print(urllib.request.urlopen(sys.argv[1], context=context).read().decode())
";
    let done = Command::new(python("python"))
        .args(["-c", one, &pebble.root])
        .arg(authority)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).unwrap()
}

/// What a client that trusts the file of a root alone is told by a listener: version, status, and
/// the serial number of the certificate. `Err` with the reason otherwise.
fn asked(port: u16, root: &std::path::Path) -> Result<String, String> {
    let one = "
import http.client, socket, ssl, sys
host, port, root = sys.argv[1:]
context = ssl.create_default_context(cafile=root)
stream = context.wrap_socket(socket.create_connection(('127.0.0.1', int(port))), server_hostname=host)
client = http.client.HTTPConnection(host)
client.sock = stream
client.request('GET', '/liste?ids=P1')
print(client.getresponse().status, stream.getpeercert()['serialNumber'])
";
    let done = Command::new(python("python"))
        .args(["-c", one, PORTAL_HOST, &port.to_string()])
        .arg(root)
        .output()
        .unwrap();
    if done.status.success() {
        Ok(String::from_utf8(done.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

#[test]
fn a_certificate_is_ordered_proved_in_both_ways_and_kept() {
    for method in ["tls-alpn-01", "http-01"] {
        let files = tempfile::tempdir().unwrap();
        issue(files.path(), "pebble", "127.0.0.1");
        let authority = files.path().join("pebble-authority.pem");
        let (plain, tls) = (free_address(), free_address());
        let ports = ProofPorts {
            http: plain.port(),
            tls: tls.port(),
        };
        let pebble = Pebble::start(files.path(), ports);
        let plan = Plan::usual().caseload("a1", &["P1"]).settings(&format!(
            "[[listeners]]\naddress = \"{tls}\"\nacme = true\n\
             [upstream]\nauthorities = \"{}\"\n\
             [acme]\ndirectory = \"{}\"\ncontact = \"rssi@exemple.fr\"\nterms_agreed = true\n\
             challenge = \"{method}\"\n",
            authority.display(),
            pebble.directory,
        ));
        let mut instance = Instance::open_at(plain, &plan, obliging, &[]);
        let trusted = files.path().join("root.pem");
        fs::write(&trusted, root(&pebble, &authority)).unwrap();
        let mut first = String::new();
        wait_for("a certificate of the authority", || {
            asked(tls.port(), &trusted).is_ok_and(|said| {
                first = said;
                true
            })
        });
        // Nobody has signed in: the gateway answers as it does on every listener.
        assert!(first.starts_with("401 "), "{method}: {first}");
        // A proof is shown while it is looked for, and to nobody afterwards.
        let answer = instance
            .stranger()
            .get("/.well-known/acme-challenge/AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(answer.status, 401, "{method}: {}", answer.text());

        // The next start serves what is kept, without the authority.
        drop(pebble);
        assert!(instance.stop());
        instance.start();
        assert_eq!(asked(tls.port(), &trusted).as_deref(), Ok(first.as_str()));
        let kept = instance.folder.path().join("data/certificates");
        let mut names: Vec<String> = fs::read_dir(kept)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["account.json", "certificate.pem"]);
    }
}

#[test]
fn what_cannot_be_ordered_is_told_before_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let digue = |arguments: &[&str]| crate::instance::digue(folder.path(), arguments);
    assert!(digue(&["init"]).status.success());
    let settings = folder.path().join("digue.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let listener = "[[listeners]]\naddress = \"127.0.0.1:8443\"\nacme = true\n";
    for (added, said) in [
        (listener.to_owned(), "\"acme\""),
        (
            format!("{listener}[acme]\ndirectory = \"https://autorite.exemple.fr/dir\"\n"),
            "terms_agreed = true",
        ),
        (
            format!(
                "{listener}[acme]\ndirectory = \"http://autorite.exemple.fr/dir\"\nterms_agreed = true\n"
            ),
            "https://",
        ),
        (
            "[acme]\ndirectory = \"https://autorite.exemple.fr/dir\"\nterms_agreed = true\n"
                .to_owned(),
            "no listener has acme = true",
        ),
        (
            format!(
                "{listener}certificate = \"a.pem\"\nkey = \"a.pem\"\n[acme]\ndirectory = \"https://autorite.exemple.fr/dir\"\nterms_agreed = true\n"
            ),
            "either acme = true, or certificate and key",
        ),
        (
            format!(
                "{listener}[acme]\ndirectory = \"https://autorite.exemple.fr/dir\"\nterms_agreed = true\ncontact = \"rssi\"\n"
            ),
            "rssi@exemple.fr",
        ),
    ] {
        fs::write(&settings, format!("{text}\n{added}")).unwrap();
        let done = digue(&["check"]);
        let told = String::from_utf8_lossy(&done.stderr).into_owned()
            + &String::from_utf8_lossy(&done.stdout);
        assert_eq!(done.status.code(), Some(1), "{added}\n{told}");
        assert!(told.contains(said), "{added}\n{told}");
    }
}
