//! Signing in, without load and under a flood: its cost, whether it locks holders out, what its
//! timing reveals.
//!
//! `cargo bench -p digue --bench login`: starts the release binary on loopback, and stops by
//! itself.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at its first fault, and prints its figures"
)]

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use digue_access::session::ClientIp;
use digue_access::{OpenSession, RequestOrigin, Session, SessionLimits, Sessions};
use digue_testkit::{Answer, Authenticator, Client, Portal, Reply};
use digue_types::{AccountId, OrganisationId, SessionId, Timestamp};
use serde_json::Value;

const CONSOLE: &str = "digue.localhost";
const PORTAL: &str = "portail.localhost";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");
const PASSWORD: &str = "loutre granit parapluie 42";
const ATTEMPTS: usize = 10_000;
const ATTACKERS: usize = 64;

struct Instance {
    folder: tempfile::TempDir,
    address: SocketAddr,
    child: Option<Child>,
    _portal: Portal,
}

impl Instance {
    fn digue(&self, arguments: &[&str]) -> String {
        let done = Command::new(env!("CARGO_BIN_EXE_digue"))
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8(done.stdout).unwrap()
    }

    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let portal = Portal::start(|_| Reply::new("application/json", r#"{"id":"P1"}"#));
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let settings = format!(
            "[digue]\nname = \"digue.bench\"\n[console]\nurl = \"http://{CONSOLE}:{0}\"\n[[listeners]]\n\
             address = \"{address}\"\n[proxies]\ntrusted = [\"127.0.0.1/32\"]\n[password]\nallowed = true\n\
             [limits]\nrequests_per_minute = 4000000000\n[sessions]\nproof = \"1h\"\n",
            address.port()
        );
        std::fs::write(folder.path().join("digue.toml"), settings).unwrap();
        std::fs::create_dir_all(folder.path().join("portals")).unwrap();
        let map = format!(
            "[portal]\nname = \"portail\"\npopulation = \"p\"\nurl = \"http://{PORTAL}:{}\"\nupstream = \"{}\"\n\
             [identifiers.id]\nshape = \"[A-Z0-9]{{1,20}}\"\n[[routes]]\nname = \"fiche\"\npath = \"/fiche\"\n\
             action = \"open\"\ncategories = [\"identite\"]\ncaseload = \"not-required\"\n[[routes.response]]\n\
             format = \"json\"\nrecords = [\"$\"]\npersons = [{{ at = \"$.id\" }}]\n",
            address.port(),
            portal.url()
        );
        std::fs::write(folder.path().join("portals/portail.toml"), map).unwrap();
        let mut instance = Self {
            folder,
            address,
            child: None,
            _portal: portal,
        };
        instance.digue(&["account", "rssi", "--organisation", "op", "--role", "rssi"]);
        instance.digue(&["account", "a1", "--organisation", "of-1", "--role", "agent"]);
        let links = [(CONSOLE, "a1"), (PORTAL, "a1")]
            .map(|(host, account)| instance.digue(&["link", account, "--host", host]));
        std::fs::write(instance.folder.path().join("links"), links.concat()).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_digue"))
            .args(["serve", "--language", "en"])
            .current_dir(instance.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.is_ok_and(|line| line.contains("Digue is running"))));
        std::thread::spawn(move || lines.for_each(drop));
        instance.child = Some(child);
        instance
    }

    /// The session behind the nth link.
    fn enter(&self, place: usize, host: &str) -> Client {
        let links = std::fs::read_to_string(self.folder.path().join("links")).unwrap();
        let token = links
            .lines()
            .nth(place)
            .unwrap()
            .split("link=")
            .nth(1)
            .unwrap()
            .to_owned();
        let client = Client::new(self.address, host);
        let entered = client.send(
            "POST",
            "/.digue/enter",
            &[FORM],
            format!("link={token}").as_bytes(),
        );
        client.with_cookie(&cookie(&entered, "__Host-digue"))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn cookie(answer: &Answer, name: &str) -> String {
    let set = answer
        .headers
        .iter()
        .filter(|(known, _)| known == "set-cookie")
        .map(|(_, value)| value);
    let found = set
        .into_iter()
        .find_map(|value| value.strip_prefix(&format!("{name}=")));
    found
        .unwrap_or_else(|| panic!("{}: {}", answer.status, answer.text()))
        .split(';')
        .next()
        .unwrap()
        .to_owned()
}

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body)
        .unwrap_or_else(|_| panic!("{}: {}", answer.status, answer.text()))
}

/// Enrols a passkey.
fn enrol(session: &Client, key: &mut Authenticator) {
    let begun = body(&session.send("POST", "/self/passkeys/begin", &[JSON], b"{}"));
    let made = serde_json::json!({
        "ceremony": begun["ceremony"], "name": "clé", "answer": key.create(&begun["options"]),
    });
    let done = session.send(
        "POST",
        "/self/passkeys/finish",
        &[JSON],
        made.to_string().as_bytes(),
    );
    assert_eq!(done.status, 200, "{}", done.text());
}

/// Signs in with the passkey, challenge and answer together.
fn by_passkey(client: &Client, key: &mut Authenticator) -> Duration {
    let begun = Instant::now();
    let asked = body(&client.send("POST", "/.digue/passkey/begin", &[JSON], b"{}"));
    let shown =
        serde_json::json!({"ceremony": asked["ceremony"], "answer": key.get(&asked["options"])});
    let done = client.send(
        "POST",
        "/.digue/passkey/finish",
        &[JSON],
        shown.to_string().as_bytes(),
    );
    assert_eq!(done.status, 200, "{}", done.text());
    begun.elapsed()
}

/// Sets a password; returns the recovery codes.
fn set_password(session: &Client) -> Vec<String> {
    let page = session.get("/self/password").text();
    let between = |from: &str, to: &str| {
        page.split(from)
            .nth(1)
            .unwrap()
            .split(to)
            .next()
            .unwrap()
            .to_owned()
    };
    let secret = totp_rs::Secret::try_from_base32(between("<code>", "<")).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let sealed = between("name=\"sealed\" value=\"", "\"");
    let sent = format!(
        "password={}&sealed={sealed}&code={}",
        PASSWORD.replace(' ', "+"),
        totp.generate_current()
    );
    let codes = session.send("POST", "/self/password", &[FORM], sent.as_bytes());
    assert_eq!(codes.status, 200, "{}", codes.text());
    let text = codes.text();
    text.split("<code>")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect()
}

fn by_password(
    client: &Client,
    account: &str,
    password: &str,
    code: &str,
    from: &str,
) -> (Answer, Duration) {
    let sent = format!(
        "account={account}&password={}&code={code}",
        password.replace(' ', "+")
    );
    let begun = Instant::now();
    let answer = client.send(
        "POST",
        "/.digue/password",
        &[FORM, ("x-forwarded-for", from)],
        sent.as_bytes(),
    );
    (answer, begun.elapsed())
}

fn told(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{name}: {} times, p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        times.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

/// Requests a page of the portal while `goes_on`; returns the time of each response.
fn work(agent: &Client, goes_on: impl Fn(usize) -> bool) -> Vec<Duration> {
    let mut times = Vec::new();
    while goes_on(times.len()) {
        let begun = Instant::now();
        assert_eq!(agent.get("/fiche").status, 200);
        times.push(begun.elapsed());
    }
    times
}

/// Ten thousand attempts from as many addresses; returns how many were compared, and how many
/// rejected.
fn flood(address: SocketAddr) -> (usize, usize) {
    let (next, compared, busy) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    std::thread::scope(|scope| {
        for _ in 0..ATTACKERS {
            scope.spawn(|| {
                let client = Client::new(address, CONSOLE);
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= ATTEMPTS {
                        return;
                    }
                    let from = format!("198.18.{}.{}", number / 256, number % 256);
                    // Every other one on an existing account.
                    let account = if number.is_multiple_of(2) {
                        "a1".to_owned()
                    } else {
                        format!("x{number}")
                    };
                    let (answer, _) =
                        by_password(&client, &account, "essai au hasard", "000000", &from);
                    match answer.status {
                        422 => compared.fetch_add(1, Ordering::SeqCst),
                        429 => busy.fetch_add(1, Ordering::SeqCst),
                        status => panic!("{status}: {}", answer.text()),
                    };
                }
            });
        }
    });
    (compared.into_inner(), busy.into_inner())
}

fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Prints the memory of the table of live sessions.
fn weigh_sessions() {
    let before = resident_kib();
    let mut sessions = Sessions::new(SessionLimits::default());
    let at = Timestamp::from_secs(1_763_812_800);
    for number in 0..100_000_u32 {
        let mut token = [0; 32];
        token[..4].copy_from_slice(&number.to_le_bytes());
        let session = Session {
            id: SessionId::parse(&format!("s-{number:012}")).unwrap(),
            account: AccountId::parse(&format!("of-{:05}.agent{number}", number / 7)).unwrap(),
            organisation: OrganisationId::parse(&format!("of-{:05}", number / 7)).unwrap(),
            host: PORTAL.to_owned(),
            opened_at: at,
            seen_at: at,
            proved_at: at,
            origin: RequestOrigin {
                ip: ClientIp::read(&format!("192.0.{}.{}", number / 256 % 256, number % 256)),
                agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
                    .into(),
                tls: "8daaf6152771_e5627efa2ab1".into(),
            },
            other_ip: ClientIp::Unknown,
            device: None,
        };
        sessions.open(OpenSession { token, session });
    }
    println!(
        "100,000 sessions: {} MiB resident ({} kept)",
        (resident_kib() - before) / 1024,
        sessions.len()
    );
}

fn main() {
    weigh_sessions();
    let instance = Instance::open();
    let session = instance.enter(0, CONSOLE);
    let agent = instance.enter(1, PORTAL);
    let origin = format!("http://{CONSOLE}:{}", instance.address.port());
    let mut key = Authenticator::new(CONSOLE, &origin);
    enrol(&session, &mut key);
    let mut codes = set_password(&session).into_iter();
    let stranger = Client::new(instance.address, CONSOLE);

    told("portal, in peace", work(&agent, |count| count < 2_000));
    told(
        "passkey sign-in, in peace",
        (0..300).map(|_| by_passkey(&stranger, &mut key)).collect(),
    );
    let (answer, first) = by_password(
        &stranger,
        "a1",
        PASSWORD,
        &codes.next().unwrap(),
        "192.0.2.7",
    );
    assert_eq!(answer.status, 303, "{}", answer.text());
    println!(
        "password sign-in on a new device, in peace: {:.1} ms",
        first.as_secs_f64() * 1e3
    );
    let mut known = stranger.clone();
    known.cookie = format!(
        "__Host-digue-known={}",
        cookie(&answer, "__Host-digue-known")
    );

    // Text and status are the same; the time should be, too. Fewer attempts than the block, then
    // the blocked account.
    let mut times: [Vec<Duration>; 2] = Default::default();
    for number in 0..400 {
        let account = if number % 2 == 0 {
            "a1".to_owned()
        } else {
            format!("personne{number}")
        };
        let (answer, time) = by_password(
            &stranger,
            &account,
            "essai au hasard",
            "000000",
            "192.0.2.9",
        );
        assert_eq!(answer.status, 422);
        times[number % 2].push(time);
    }
    let [real, made_up] = times;
    told("wrong password, an account that is there", real);
    told("wrong password, an account that is not", made_up);

    let is_over = Arc::new(AtomicBool::new(false));
    let (over, worker) = (is_over.clone(), agent.clone());
    let working = std::thread::spawn(move || work(&worker, |_| !over.load(Ordering::SeqCst)));
    let address = instance.address;
    let begun = Instant::now();
    let flooding = std::thread::spawn(move || flood(address));
    let (mut passkeys, mut passwords) = (Vec::new(), Vec::new());
    while !flooding.is_finished() {
        passkeys.push(by_passkey(&stranger, &mut key));
        if let Some(code) = codes.next() {
            let (answer, time) = by_password(&known, "a1", PASSWORD, &code, "192.0.2.7");
            assert_eq!(
                answer.status,
                303,
                "the holder was locked out: {}",
                answer.text()
            );
            passwords.push(time);
        }
    }
    let (compared, busy) = flooding.join().unwrap();
    is_over.store(true, Ordering::SeqCst);
    println!(
        "{ATTEMPTS} attempts from as many addresses in {:.1} s: {compared} compared and wrong, {busy} sent away",
        begun.elapsed().as_secs_f64()
    );
    told("portal, during the flood", working.join().unwrap());
    told("passkey sign-in, during the flood", passkeys);
    told(
        "password sign-in of the holder on a known device, during the flood",
        passwords,
    );
}
