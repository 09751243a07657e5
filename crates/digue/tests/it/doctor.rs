//! `digue doctor` beside a running Digue and without one: what it names, and that it changes
//! nothing.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::https::issue;
use crate::instance::{Instance, PORTAL_HOST, Plan, binary, digue, free_address, obliging};

const CHECKS: usize = 18;

/// What `digue doctor --json` says, and its exit code.
struct Examined {
    report: Value,
    code: i32,
}

fn examine(folder: &Path) -> Examined {
    let done = digue(folder, &["doctor", "--json"]);
    let report = serde_json::from_slice(&done.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&done.stderr)));
    Examined {
        report,
        code: done.status.code().unwrap(),
    }
}

impl Examined {
    fn check(&self, name: &str) -> &Value {
        let checks = self.report["checks"].as_array().unwrap();
        checks
            .iter()
            .find(|check| check["check"] == name)
            .unwrap_or_else(|| panic!("no check {name}"))
    }

    fn state(&self, name: &str) -> &str {
        self.check(name)["state"].as_str().unwrap()
    }

    /// The codes of what a check found.
    fn found(&self, name: &str) -> Vec<&str> {
        let findings = self.check(name)["findings"].as_array().unwrap();
        findings
            .iter()
            .map(|finding| finding["code"].as_str().unwrap())
            .collect()
    }
}

/// Every file below a folder, with its content and permissions.
fn contents(folder: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            if path.is_dir() {
                folders.push(path.clone());
                found.insert(path, (mode, Vec::new()));
            } else if path.is_file() {
                found.insert(path.clone(), (mode, fs::read(&path).unwrap()));
            }
        }
    }
    found
}

#[test]
fn a_running_digue_is_examined_and_a_stopped_one_without_a_change() {
    let monitoring = free_address();
    let plan = Plan::usual()
        .caseload("a1", &["P1"])
        .settings(&format!("[monitoring]\naddress = \"{monitoring}\"\n"));
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/P1").status, 200);

    let running = examine(instance.folder.path());
    assert_eq!(running.report["checks"].as_array().unwrap().len(), CHECKS);
    for name in [
        "configuration",
        "process",
        "state",
        "journal",
        "index",
        "keys",
        "listeners",
        "clock",
        "portals",
        "monitoring",
    ] {
        assert_eq!(
            running.state(name),
            "good",
            "{name}: {:#}",
            running.check(name)
        );
        assert!(
            !running.check(name)["examined"]
                .as_array()
                .unwrap()
                .is_empty(),
            "{name}"
        );
    }
    // The map of the tests lets every method through.
    assert!(running.found("maps").contains(&"warning-no-methods"));
    for name in ["certificates", "providers", "mail"] {
        assert_eq!(
            running.state(name),
            "not-applicable",
            "{:#}",
            running.check(name)
        );
    }
    assert_eq!(running.found("backups"), ["backups-none"]);
    // Who was shown, who signed in and what opens the journal are nobody's business here.
    let said = running.report.to_string();
    for word in ["P1", "a1", "of-1", "rssi"] {
        assert!(!said.contains(&format!("\"{word}\"")), "{word}: {said}");
    }

    assert!(instance.stop());
    let before = contents(instance.folder.path());
    let stopped = examine(instance.folder.path());
    assert!(
        before == contents(instance.folder.path()),
        "a file was made or changed"
    );
    assert_eq!(
        (stopped.code, stopped.found("process")),
        (1, vec!["process-stopped"])
    );
    for name in ["state", "journal", "index", "keys", "listeners", "clock"] {
        assert_eq!(stopped.state(name), "good", "{:#}", stopped.check(name));
    }
    // What a stopped Digue cannot answer is not called good.
    assert_eq!(stopped.state("monitoring"), "not-applicable");
}

#[test]
fn text_is_in_both_languages_and_each_finding_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    assert!(digue(folder.path(), &["init"]).status.success());
    for (language, name, summary) in [
        ("fr", "Place sur les disques", "sans objet"),
        ("en", "Disk space", "not applicable"),
    ] {
        let done = digue(folder.path(), &["--language", language, "doctor"]);
        let text = String::from_utf8(done.stdout).unwrap();
        assert!(text.contains(name) && text.contains(summary), "{text}");
        assert!(!text.contains("[doctor-"), "a text is missing: {text}");
        let findings = text
            .lines()
            .filter(|line| line.starts_with("    ") && !line.starts_with("      "));
        let next = text
            .lines()
            .filter(|line| line.starts_with("      -> "))
            .count();
        assert!(next > 0 && next == findings.count(), "{text}");
    }
}

#[test]
fn a_configuration_that_does_not_start_is_bad_and_nothing_else_is_called_good() {
    let folder = tempfile::tempdir().unwrap();
    assert!(digue(folder.path(), &["init"]).status.success());
    fs::write(folder.path().join("digue.toml"), "[digue]\nname = 7\n").unwrap();
    let examined = examine(folder.path());
    assert_eq!((examined.code, examined.state("configuration")), (1, "bad"));
    for check in examined.report["checks"].as_array().unwrap().iter().skip(1) {
        assert_eq!(check["state"], "unknown", "{check:#}");
    }
    // A map with a fault keeps none of the others from being made.
    let folder = tempfile::tempdir().unwrap();
    assert!(digue(folder.path(), &["init"]).status.success());
    fs::write(folder.path().join("portals/portail.toml"), "[portal\n").unwrap();
    let file = folder.path().join("digue.toml");
    let settings = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        settings.replace("127.0.0.1:8080\"\n#", &format!("{}\"\n#", free_address())),
    )
    .unwrap();
    let examined = examine(folder.path());
    assert_eq!(
        (examined.state("configuration"), examined.state("maps")),
        ("good", "bad")
    );
    assert_eq!(
        examined.state("listeners"),
        "good",
        "{:#}",
        examined.check("listeners")
    );
    assert_eq!(
        examined.state("portals"),
        "unknown",
        "there was none to ask"
    );
}

#[test]
fn what_breaks_beside_a_stopped_digue_is_named() {
    // Nothing listens at the portal's address.
    let nowhere = free_address();
    let plan = Plan::usual().replace("{upstream}", &format!("http://{nowhere}"));
    let mut instance = Instance::open(&plan, obliging);
    let older = tempfile::tempdir().unwrap();
    assert!(instance.stop());
    let data = instance.folder.path().join("data");
    copy(&data.join("journal"), &older.path().join("journal"));
    instance.start();
    assert!(instance.stop());
    let folder = instance.folder.path();
    assert_eq!(examine(folder).found("portals"), ["portals-unconnected"]);

    let _other = TcpListener::bind(instance.address).unwrap();
    assert_eq!(examine(folder).found("listeners"), ["listeners-taken"]);

    let key = data.join("keys/secrets.key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(examine(folder).found("keys"), ["keys-open"]);
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    fs::rename(&key, data.join("keys/elsewhere")).unwrap();
    assert_eq!(examine(folder).found("keys"), ["keys-lost"]);
    fs::rename(data.join("keys/elsewhere"), &key).unwrap();
    let master = data.join("keys/master.key");
    fs::write(&master, [1; 31]).unwrap();
    let examined = examine(folder);
    assert_eq!(
        (examined.found("keys"), examined.state("clock")),
        (vec!["keys-length"], "unknown")
    );

    fs::rename(data.join("state.db"), data.join("gone.db")).unwrap();
    assert_eq!(examine(folder).found("state"), ["store-lost"]);
    fs::write(
        data.join("state.db"),
        b"no database at all, and long enough to be read as one",
    )
    .unwrap();
    assert_eq!(examine(folder).found("state"), ["store-away"]);
    fs::rename(data.join("gone.db"), data.join("state.db")).unwrap();

    fs::remove_dir_all(data.join("journal")).unwrap();
    copy(&older.path().join("journal"), &data.join("journal"));
    assert_eq!(examine(folder).found("journal"), ["journal-older"]);
    fs::remove_file(data.join("journal/checkpoint")).unwrap();
    let examined = examine(folder);
    assert_eq!(
        (examined.found("journal"), examined.state("index")),
        (vec!["journal-not-signed"], "unknown")
    );
}

fn copy(from: &Path, to: &Path) {
    assert!(
        Command::new("cp")
            .arg("-a")
            .args([from, to])
            .status()
            .unwrap()
            .success()
    );
}

/// A server that answers each connection with `said`, and then to every line with `each`.
fn talker(said: &'static str, each: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut heard = [0; 1024];
            let mut answer = said;
            while stream.write_all(answer.as_bytes()).is_ok()
                && stream.read(&mut heard).is_ok_and(|read| read > 0)
            {
                answer = each;
            }
        }
    });
    address
}

#[test]
fn servers_that_do_not_answer_as_they_should_are_named_without_what_they_said() {
    let refusing = talker(
        "220 relais\r\n",
        "554 5.7.1 jean.dupont@exemple.fr refused\r\n",
    );
    let other = talker("<html>jean.dupont@exemple.fr\r\n", "<html>\r\n");
    let silent = free_address();
    for (relay, code) in [
        (refusing, "mail-refused"),
        (other, "mail-other"),
        (silent, "mail-away"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        assert!(digue(folder.path(), &["init"]).status.success());
        let file = folder.path().join("digue.toml");
        let settings = fs::read_to_string(&file).unwrap();
        let more = format!(
            "[mail]\nhost = \"127.0.0.1\"\nport = {}\nprotection = \"danger-none\"\nfrom = \"avis@exemple.fr\"\n\
             user = \"digue\"\npassword_file = \"mail.secret\"\n\
             [[providers]]\nid = \"pro\"\nissuer = \"https://127.0.0.1:{}\"\nclient = \"c\"\nfor = \"accounts\"\n\
             secret_file = \"provider.secret\"\n",
            relay.port(),
            silent.port()
        );
        fs::write(&file, format!("{settings}\n{more}")).unwrap();
        fs::write(folder.path().join("mail.secret"), "mot-de-passe").unwrap();
        fs::write(folder.path().join("provider.secret"), "secret-du-client").unwrap();
        let done = digue(folder.path(), &["doctor", "--json"]);
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
        for secret in ["jean.dupont", "mot-de-passe", "secret-du-client"] {
            assert!(!said.contains(secret), "{secret}: {said}");
        }
        let examined = Examined {
            report: serde_json::from_slice(&done.stdout).unwrap(),
            code: 1,
        };
        assert_eq!(done.status.code(), Some(examined.code));
        assert_eq!(examined.found("mail"), [code]);
        assert_eq!(examined.found("providers"), ["providers-away"]);
    }
}

#[test]
fn a_certificate_that_cannot_be_served_is_told_by_check_by_doctor_and_at_the_start() {
    let files = tempfile::tempdir().unwrap();
    issue(files.path(), "one", PORTAL_HOST);
    issue(files.path(), "two", PORTAL_HOST);
    let at = files.path().display().to_string();
    let folder = tempfile::tempdir().unwrap();
    assert!(digue(folder.path(), &["init"]).status.success());
    let file = folder.path().join("digue.toml");
    let settings = fs::read_to_string(&file).unwrap();
    let listener = |key: &str| {
        let address = free_address();
        let more = format!(
            "[[listeners]]\naddress = \"{address}\"\ncertificate = \"{at}/one.pem\"\nkey = \"{at}/{key}\"\n"
        );
        fs::write(&file, format!("{settings}\n{more}")).unwrap();
    };
    listener("one-key.pem");
    let checked = digue(folder.path(), &["check"]);
    assert_eq!(
        checked.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&checked.stderr)
    );
    // Portal and console have other names than this certificate.
    assert_eq!(
        examine(folder.path()).found("certificates"),
        ["certificates-hosts"]
    );

    listener("two-key.pem");
    for command in ["check", "serve"] {
        let done = Command::new(binary())
            .args(["--language", "en", command])
            .current_dir(folder.path())
            .output();
        let done = done.unwrap();
        assert_eq!(done.status.code(), Some(1), "{command}");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(
            said.contains("two-key.pem: is not the key of the certificate"),
            "{command}: {said}"
        );
    }
    assert!(!folder.path().join("data").exists(), "nothing was begun");
    let examined = examine(folder.path());
    assert!(
        examined
            .found("certificates")
            .contains(&"fault-key-mismatch"),
        "{:#}",
        examined.check("certificates")
    );
}

#[test]
fn a_certificate_that_went_bad_under_a_running_digue_changes_nothing_until_it_is_mended() {
    let files = tempfile::tempdir().unwrap();
    issue(files.path(), "one", PORTAL_HOST);
    let address = free_address();
    let at = files.path().display();
    let plan = Plan::usual().settings(&format!(
        "[[listeners]]\naddress = \"{address}\"\ncertificate = \"{at}/one.pem\"\nkey = \"{at}/one-key.pem\"\n"
    ));
    let instance = Instance::open(&plan, obliging);
    let examined = examine(instance.folder.path());
    assert_eq!(
        examined.found("certificates"),
        ["certificates-hosts"],
        "{:#}",
        examined.check("certificates")
    );
    // Renewed, and not reloaded.
    issue(files.path(), "one", PORTAL_HOST);
    let examined = examine(instance.folder.path());
    assert!(
        examined
            .found("certificates")
            .contains(&"certificates-other"),
        "{:#}",
        examined.check("certificates")
    );
    let key = fs::read(files.path().join("one-key.pem")).unwrap();
    fs::write(
        files.path().join("one-key.pem"),
        [b"\xef\xbb\xbf".as_slice(), &key].concat(),
    )
    .unwrap();
    let examined = examine(instance.folder.path());
    assert_eq!(examined.found("process"), ["process-no-restart"]);
    assert!(
        examined
            .found("certificates")
            .contains(&"fault-certificate-bom")
    );
    assert_eq!(
        examined.state("listeners"),
        "good",
        "it serves what it read at its start"
    );
}

/// What must not leave: a person, a secret, an address, a path. Planted wherever a text can stand.
const PLANTED: [&str; 6] = [
    "dupont",
    "Jeanne",
    "hors-de-portee",
    "0612345678",
    "192.0.2.77",
    "S3CRET",
];

#[test]
fn a_support_bundle_holds_no_secret_and_no_name_wherever_they_stand() {
    let monitoring = free_address();
    let secret = "S3CRET-dupont-qui-est-bien-assez-long";
    let settings = format!(
        "# Jeanne dupont, 0612345678\n\
         [monitoring]\naddress = \"{monitoring}\"\n\
         [proxies]\ntrusted = [\"192.0.2.77/32\"]\nsecret_file = \"dupont.secret\"\n\
         [help]\nname = \"Jeanne dupont\"\nphone = \"0612345678\"\nmail = \"jeanne@dupont.test\"\n\
         [security]\ncontact = [\"dupont@hors-de-portee.test\"]\n\
         [response]\nname = \"OPCO dupont\"\ncontact_name = \"Jeanne dupont\"\nnis2 = true\n\
         [messages]\ndomains = [\"hors-de-portee.test\"]\nnames = [\"Jeanne dupont\"]\n\
         [mail]\nhost = \"hors-de-portee.invalid\"\nuser = \"dupont\"\npassword_file = \"dupont.secret\"\n\
         from = \"jeanne@dupont.test\"\n\
         [watch.work]\nportail = \"desk\"\n"
    );
    let plan = Plan::usual()
        .settings(&settings)
        .add("\n# Jeanne dupont\n[report]\ntoken_file = \"../dupont.secret\"\n")
        .caseload("a1", &["P1"]);
    let mut instance = Instance::open_with(&plan, obliging, &[("dupont.secret", secret)]);
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/P1").status, 200);
    let folder = instance.folder.path().to_owned();
    let log = "2026-11-29T22:53:37.123456Z  WARN digue_mail::queue: Mail cannot be sent error=Jeanne dupont: S3CRET\n\
               Jeanne dupont: http://digue.localhost/.digue/enter?link=S3CRET\n";
    fs::write(folder.join("log"), log).unwrap();

    let arguments = ["doctor", "--bundle", "bundle.json", "--log", "log"];
    let done = digue(&folder, &arguments);
    let place = folder.join("bundle.json");
    let text = fs::read_to_string(&place)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&done.stderr)));
    for word in PLANTED {
        let (said, word) = (text.to_lowercase(), word.to_lowercase());
        assert!(!said.contains(&word), "{word}: {text}");
    }
    // Nor what the installation itself is called, and who works with it.
    let bundle: Value = serde_json::from_str(&text).unwrap();
    for word in [
        "portail",
        "P1",
        "a1",
        "of-1",
        "rssi",
        "127.0.0.1",
        "localhost",
        "/tmp",
    ] {
        assert!(!holds(&bundle, word), "{word}: {text}");
    }
    // And yet it says what helps.
    let checks = bundle["checks"].as_array().unwrap();
    assert_eq!(checks.len(), CHECKS);
    let mail = checks
        .iter()
        .find(|check| check["check"] == "mail")
        .unwrap();
    assert!(mail["findings"][0]["code"].is_string(), "{mail}");
    assert_eq!(bundle["configuration"]["read"]["response"]["nis2"], true);
    assert_eq!(
        bundle["configuration"]["read"]["watch"]["work"],
        "(1 names)"
    );
    assert_eq!(bundle["configuration"]["store"], "sqlite");
    assert_eq!(bundle["portals"][0]["mode"], "enforced");
    let samples = bundle["metrics"]["samples"].as_array().unwrap();
    let refused = "digue_responses_total{portal=\"1\",outcome=\"inspected\"} 1";
    assert!(
        samples.iter().any(|sample| sample == refused),
        "{samples:?}"
    );
    assert_eq!(bundle["log"]["left_out"], 1);
    assert_eq!(
        bundle["log"]["lines"][0],
        "2026-11-29T22:53:37.123456Z WARN digue_mail::queue: Mail cannot be sent"
    );
    assert_eq!(
        fs::metadata(&place).unwrap().permissions().mode() & 0o777,
        0o600
    );

    // Never over a file that is there.
    let again = digue(&folder, &arguments);
    assert_eq!(again.status.code(), Some(2));
    assert_eq!(fs::read_to_string(&place).unwrap(), text);

    // A configuration with faults has keys that Digue does not know: they may be anything.
    assert!(instance.stop());
    let settings = folder.join("digue.toml");
    let faulty = fs::read_to_string(&settings).unwrap() + "\n[S3CRET]\ndupont = \"Jeanne\"\n";
    fs::write(&settings, faulty).unwrap();
    digue(&folder, &["doctor", "--bundle", "faulty.json"]);
    let text = fs::read_to_string(folder.join("faulty.json")).unwrap();
    for word in PLANTED {
        assert!(
            !text.to_lowercase().contains(&word.to_lowercase()),
            "{word}: {text}"
        );
    }
    assert!(text.contains("fault-unknown-name"), "{text}");
}

/// True when a text of the value has this word for itself.
fn holds(value: &Value, word: &str) -> bool {
    match value {
        Value::String(text) => text
            .split(|sign: char| !(sign.is_alphanumeric() || "-./".contains(sign)))
            .any(|part| part == word || (word.starts_with('/') && part.starts_with(word))),
        Value::Array(items) => items.iter().any(|item| holds(item, word)),
        Value::Object(fields) => fields.values().any(|item| holds(item, word)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
