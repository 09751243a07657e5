//! Promise 28: an observe-only portal behaves as without Digue, byte for byte, and no one is acted
//! upon.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use digue_testkit::{Client, PATIENCE};

use crate::instance::{Instance, PORTAL_HOST, Plan, obliging};

/// A request of the day, as its client writes it.
#[derive(Clone)]
struct Sent {
    method: &'static str,
    target: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    is_chunked: bool,
}

/// An answer as its client reads it, less what belongs to the connection.
#[derive(Debug, PartialEq, Eq)]
struct Got {
    status_line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    is_whole: bool,
}

fn sent(method: &'static str, target: &str) -> Sent {
    Sent {
        method,
        target: target.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        is_chunked: false,
    }
}

impl Sent {
    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    fn chunked(mut self) -> Self {
        self.is_chunked = true;
        self
    }

    fn bytes(&self, cookie: Option<&str>) -> Vec<u8> {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nhost: {PORTAL_HOST}\r\n",
            self.method, self.target
        );
        let mut headers = self.headers.clone();
        if let Some(cookie) = cookie {
            headers.push(("cookie", cookie.to_owned()));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.is_chunked {
            head.push_str("transfer-encoding: chunked\r\n");
        } else if !self.body.is_empty() || self.method == "POST" {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("connection: close\r\n\r\n");
        let mut bytes = head.into_bytes();
        if self.is_chunked {
            for piece in self.body.chunks(10_000) {
                bytes.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                bytes.extend_from_slice(piece);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
        } else {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

/// Sends one request, and reads all that comes.
fn ask(address: SocketAddr, sent: &Sent, cookie: Option<&str>) -> Got {
    let client = Client::new(address, PORTAL_HOST);
    let stream = client.connect().unwrap();
    let mut writer = stream.try_clone().unwrap();
    let bytes = sent.bytes(cookie);
    // A portal may answer before it has read everything: both directions are in progress at once.
    let writing = std::thread::spawn(move || writer.write_all(&bytes));
    let got = read(&mut BufReader::new(stream), sent.method == "HEAD");
    let _ = writing.join().unwrap();
    got
}

fn read(reader: &mut BufReader<TcpStream>, is_head: bool) -> Got {
    loop {
        let mut status_line = String::new();
        reader.read_line(&mut status_line).unwrap();
        let mut headers: Vec<(String, String)> = Vec::new();
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap() > 2 {
            let (name, value) = line.trim_end_matches("\r\n").split_once(':').unwrap();
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            line.clear();
        }
        if status_line.starts_with("HTTP/1.1 1") {
            continue;
        }
        let find = |name: &str| {
            headers
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        };
        let is_bodiless = is_head || ["204", "304"].iter().any(|code| status_line.contains(code));
        let (mut body, mut is_whole) = (Vec::new(), true);
        if is_bodiless {
        } else if find("transfer-encoding").is_some() {
            is_whole = read_chunks(reader, &mut body);
        } else if let Some(length) =
            find("content-length").and_then(|length| length.parse::<u64>().ok())
        {
            let read = reader.take(length).read_to_end(&mut body);
            is_whole = read.is_ok() && body.len() as u64 == length;
        } else {
            is_whole = reader.read_to_end(&mut body).is_ok();
        }
        headers.retain(|(name, _)| {
            !["connection", "transfer-encoding", "keep-alive"].contains(&name.as_str())
        });
        headers.sort();
        return Got {
            status_line,
            headers,
            body,
            is_whole,
        };
    }
}

fn read_chunks(reader: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> bool {
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).is_err() {
            return false;
        }
        let Ok(size) = u64::from_str_radix(line.trim(), 16) else {
            return false;
        };
        let before = body.len() as u64;
        let read = reader.by_ref().take(size).read_to_end(body);
        if read.is_err()
            || body.len() as u64 != before + size
            || reader.read_line(&mut line).is_err()
        {
            return false;
        }
        if size == 0 {
            return true;
        }
    }
}

/// A portal of which the test writes every byte; it answers with what it heard where the day asks
/// for it.
fn portal() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    address
}

fn serve(stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(heard) = hear(&mut reader, &mut writer) {
        let (pieces, is_kept) = answer(&heard);
        if pieces.iter().any(|piece| writer.write_all(piece).is_err()) {
            return;
        }
        if heard.find("upgrade").is_some() {
            let mut bytes = [0u8; 64];
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                if writer.write_all(&bytes[..read]).is_err() {
                    return;
                }
            }
            return;
        }
        if !is_kept {
            return;
        }
    }
}

struct Heard {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Heard {
    fn find(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Everything that the client said, less what belongs to a connection and what a reverse proxy
    /// adds.
    fn echo(&self) -> String {
        let of_the_way = [
            "connection",
            "transfer-encoding",
            "upgrade",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            // From Digue's identification of the caller to a portal, for users signed in with
            // Digue.
            "digue-identity",
            "x-remote-account",
        ];
        let mut headers = self.headers.clone();
        headers.retain(|(name, _)| !of_the_way.contains(&name.as_str()));
        headers.sort();
        format!(
            "{} {} {headers:?} {:?}",
            self.method,
            self.target,
            String::from_utf8_lossy(&self.body)
        )
    }
}

fn hear(reader: &mut BufReader<TcpStream>, writer: &mut TcpStream) -> Option<Heard> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut heard = Heard {
        method,
        target,
        headers: Vec::new(),
        body: Vec::new(),
    };
    line.clear();
    while reader.read_line(&mut line).ok()? > 2 {
        let (name, value) = line.trim_end_matches("\r\n").split_once(':')?;
        heard
            .headers
            .push((name.to_ascii_lowercase(), value.trim().to_owned()));
        line.clear();
    }
    if heard.find("expect").is_some() {
        writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    if heard.find("transfer-encoding").is_some() {
        read_chunks(reader, &mut heard.body);
    } else if let Some(length) = heard
        .find("content-length")
        .and_then(|length| length.parse().ok())
    {
        reader
            .by_ref()
            .take(length)
            .read_to_end(&mut heard.body)
            .ok()?;
    }
    Some(heard)
}

/// Raw bytes, in the pieces in which they are written; false when the connection ends behind them.
fn answer(heard: &Heard) -> (Vec<Vec<u8>>, bool) {
    let date = "date: Fri, 10 Jul 2026 09:00:00 GMT\r\n";
    let raw = |text: String| (vec![text.into_bytes()], true);
    let whole = |head: &str, body: &[u8]| {
        let head = format!(
            "HTTP/1.1 {head}{date}content-length: {}\r\n\r\n",
            body.len()
        );
        let body = if heard.method == "HEAD" {
            Vec::new()
        } else {
            body.to_vec()
        };
        (vec![head.into_bytes(), body], true)
    };
    let json = "200 OK\r\ncontent-type: application/json\r\n";
    let (path, query) = heard.target.split_once('?').unwrap_or((&heard.target, ""));
    match (path, query) {
        ("/canal", _) => {
            raw("HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n".to_owned())
        }
        ("/liste", "range") if heard.find("range").is_some() => whole(
            "206 Partial Content\r\ncontent-range: bytes 0-4/12\r\naccept-ranges: bytes\r\n",
            b"{\"ite",
        ),
        ("/liste", "unchanged") if heard.find("if-none-match").is_some() => raw(format!(
            "HTTP/1.1 304 Not Modified\r\netag: \"v7\"\r\n{date}\r\n"
        )),
        ("/liste", "broken") => whole(json, br#"{"items":[{"id":"P1"}"#),
        ("/liste", "pdf") => whole(
            "200 OK\r\ncontent-type: application/pdf\r\n",
            b"%PDF-1.4 P1",
        ),
        ("/liste", "untyped") => whole("200 OK\r\n", b"P1 P2 P3"),
        ("/liste", "coding") => whole(
            "200 OK\r\ncontent-type: application/json\r\ncontent-encoding: exotic\r\n",
            b"\x00\x01\xff",
        ),
        ("/liste", "phrase") => whole(
            "200 Tout va bien pour P1\r\ncontent-type: application/json\r\n",
            b"{}",
        ),
        ("/liste", "headers") => whole(
            "200 OK\r\ncontent-type: application/json\r\netag: \"P2\"\r\ncache-control: public, max-age=60\r\n\
             expires: 0\r\nx-accel-expires: 60\r\nx-total-count: 7\r\nset-cookie: a=P3; Path=/\r\n\
             set-cookie: b=2\r\nlink: </fiche/P4>; rel=next\r\ndigue-receipt: 12\r\nserver: portail/1\r\n\
             clear-site-data: \"cache\"\r\nx-frame-options: DENY\r\n",
            br#"{"items":[]}"#,
        ),
        ("/liste", "moved") => whole("302 Found\r\nlocation: http://interne/fiche/P5\r\n", b""),
        ("/liste", "nothing") => raw(format!("HTTP/1.1 204 No Content\r\n{date}\r\n")),
        ("/liste", "wrong") => whole(
            "422 Unprocessable Content\r\ncontent-type: application/json\r\n",
            br#"{"items":[{"id":"P6"}]}"#,
        ),
        ("/liste", "failed") => whole("500 Oops\r\ncontent-type: text/html\r\n", b"<h1>P7</h1>"),
        ("/liste", "large") => whole(json, &vec![b' '; 3 << 20]),
        ("/liste", "large-chunked") => {
            let mut pieces = vec![
                format!("HTTP/1.1 {json}{date}transfer-encoding: chunked\r\n\r\n").into_bytes(),
            ];
            pieces.extend(
                (0..200).map(|_| format!("4000\r\n{}\r\n", " ".repeat(0x4000)).into_bytes()),
            );
            pieces.push(b"0\r\n\r\n".to_vec());
            (pieces, true)
        }
        ("/liste", "slow") => {
            let body = br#"{"items":[{"id":"P8"}]}"#;
            let head = format!(
                "HTTP/1.1 {json}{date}content-length: {}\r\n\r\n",
                body.len()
            );
            let letters = body.iter().map(|byte| vec![*byte]);
            (
                std::iter::once(head.into_bytes()).chain(letters).collect(),
                true,
            )
        }
        ("/liste", "cut") => (
            vec![
                format!("HTTP/1.1 {json}{date}content-length: 100\r\n\r\n{{\"items\":")
                    .into_bytes(),
            ],
            false,
        ),
        ("/liste", "without-length") => (
            vec![format!("HTTP/1.1 {json}{date}\r\n{{\"items\":[]}}").into_bytes()],
            false,
        ),
        ("/liste", ids) if ids.starts_with("ids=") => {
            let items: Vec<String> = ids[4..]
                .split(',')
                .map(|id| format!(r#"{{"id":"{id}","nom":"Nom de {id}"}}"#))
                .collect();
            whole(
                json,
                format!(r#"{{"items":[{}]}}"#, items.join(",")).as_bytes(),
            )
        }
        (path, "") if path.starts_with("/fiche/P") => {
            whole(json, format!(r#"{{"id":"{}"}}"#, &path[7..]).as_bytes())
        }
        _ => whole(
            "200 OK\r\ncontent-type: text/plain; charset=utf-8\r\n",
            heard.echo().as_bytes(),
        ),
    }
}

/// A working day, with everything in it that enforced mode would refuse.
fn day() -> Vec<Sent> {
    let mut day = vec![
        sent("GET", "/fiche/P1"),
        sent("GET", "/fiche/P9"),
        sent("HEAD", "/fiche/P9"),
        sent("GET", "/liste?range").header("range", "bytes=0-4"),
        sent("GET", "/liste?unchanged").header("if-none-match", "\"v7\""),
        sent("GET", "/autre?q=%20x").header("accept-encoding", "deflate;q=0.5, exotic"),
        sent("GET", "/autre")
            .header("accept", "*/*;q=0.1")
            .header("x-http-method-override", "DELETE"),
        sent("GET", "/autre")
            .header("x_custom_", "1")
            .header("x-original-url", "/x")
            .header("range", "bytes=1-"),
        sent("BREW", "/liste"),
        sent("PROPFIND", "/autre").header("depth", "1"),
        sent("DELETE", "/fiche/P9?x"),
        sent("OPTIONS", "/liste?x").header("origin", "http://ailleurs"),
        sent("POST", "/autre")
            .body(b"nom=Dupont")
            .header("content-type", "application/x-www-form-urlencoded"),
        sent("POST", "/autre")
            .body(b"")
            .header("authorization", "Bearer z"),
        sent("POST", "/autre").body(&vec![b'u'; 300_000]).chunked(),
        sent("PUT", "/autre")
            .body(b"corps")
            .header("expect", "100-continue"),
        sent("POST", "/recherche")
            .body(br#"{"id":"P3"}"#)
            .header("content-type", "application/json"),
        sent("POST", "/recherche")
            .body(br#"{"id":"#)
            .header("content-type", "application/json"),
        sent("POST", "/recherche")
            .body(&vec![b' '; 2 << 20])
            .header("content-type", "application/json"),
    ];
    for path in [
        "//fiche/P1",
        "/a/../b",
        "/fiche%2fP1",
        "/fiche/P1;x",
        "/fiche/%zz",
        "/fiche/%00",
        "/fiche/_!?",
        "/a//",
    ] {
        day.push(sent("GET", path));
    }
    for query in [
        "broken",
        "pdf",
        "untyped",
        "coding",
        "phrase",
        "headers",
        "moved",
        "nothing",
        "wrong",
        "failed",
        "large",
        "large-chunked",
        "slow",
        "cut",
        "without-length",
        "ids=P1,P2,P3",
        "ids=!!",
    ] {
        day.push(sent("GET", &format!("/liste?{query}")));
    }
    // A theft, sheet by sheet and by lists.
    day.extend((0..60).map(|number| sent("GET", &format!("/fiche/P{}", 1000 + number))));
    day.extend((0..4).map(|list| {
        let ids: Vec<String> = (0..90)
            .map(|number| format!("P{}", 5000 + 90 * list + number))
            .collect();
        sent("GET", &format!("/liste?ids={}", ids.join(",")))
    }));
    day
}

fn observing(portal: SocketAddr) -> Plan {
    let search = "[[routes]]\nname = \"recherche\"\npath = \"/recherche\"\naction = \"search\"\n\
                  request = [{ in = \"json\", at = \"$.id\" }]\n[[routes.response]]\nformat = \"json\"\n\
                  records = [\"$\"]\npersons = [{ at = \"$.id\" }]\n";
    Plan::usual()
        .replace(
            "upstream = \"{upstream}\"",
            &format!("upstream = \"http://{portal}\"\nmode = \"observe-only\""),
        )
        .replace(
            "path = \"/liste\"",
            "path = \"/liste\"\nheld_bytes = \"1MiB\"",
        )
        .replace("\"24h\" = 100000", "\"24h\" = 40")
        .add(search)
        .caseload("a1", &["P1"])
        .settings("[watch]\nautomatic = \"close-organisation\"\n")
}

/// The same request with and without Digue.
#[track_caller]
fn compare(instance: &Instance, portal: SocketAddr, sent: &Sent, own_cookie: Option<&str>) {
    let with = own_cookie.map(|own| format!("langue=fr; {own}; nom=\"x"));
    let (with, without) = match &with {
        Some(with) => (Some(with.as_str()), Some("langue=fr; nom=\"x")),
        None => (Some("nom=\u{e9};; =x"), Some("nom=\u{e9};; =x")),
    };
    let (there, here) = (
        ask(portal, sent, without),
        ask(instance.address, sent, with),
    );
    let name = format!(
        "{} {}",
        sent.method,
        sent.target.chars().take(60).collect::<String>()
    );
    assert_eq!(here.body.len(), there.body.len(), "{name}");
    assert_eq!(here, there, "{name}");
}

#[test]
fn a_recorded_day_is_the_same_as_without_digue_and_nobody_is_acted_upon() {
    let portal = portal();
    let mut instance = Instance::open(&observing(portal), obliging);
    let (a1, officer) = (instance.sign_in("a1"), instance.officer());
    for sent in day() {
        compare(&instance, portal, &sent, None);
        compare(&instance, portal, &sent, Some(&a1.cookie));
    }
    // Decisions of people about the account stop nothing here either.
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let close = b"scope=account&name=a1&gate=closed&reason=exercice";
    assert_eq!(officer.send("POST", "/gates", &form, close).status, 303);
    compare(
        &instance,
        portal,
        &sent("GET", "/fiche/P1"),
        Some(&a1.cookie),
    );
    let cut = officer.send(
        "POST",
        "/sessions/cut",
        &form,
        b"account=a1&reason=exercice",
    );
    assert_eq!(cut.status, 303);
    compare(
        &instance,
        portal,
        &sent("GET", "/fiche/P1"),
        Some(&a1.cookie),
    );

    let history = instance.history();
    assert!(
        history.iter().all(|entry| entry["outcome"] != "refused"),
        "{history:?}"
    );
    let causes: BTreeSet<String> = history
        .iter()
        .flat_map(|entry| entry["reasons"].as_array().cloned().unwrap_or_default())
        .map(|reason| reason.as_str().unwrap().to_owned())
        .collect();
    for cause in [
        "no-session",
        "unknown-route",
        "malformed-request",
        "request-too-large",
        "outside-caseload",
        "budget:account:24h",
        "uninspectable:broken",
        "uninspectable:unknown-type",
        "uninspectable:too-large",
        "gate-closed:account",
    ] {
        assert!(causes.contains(cause), "{cause} is not among {causes:?}");
    }
    let inspections: BTreeSet<&str> = history
        .iter()
        .map(|entry| entry["inspection"].as_str().unwrap())
        .collect();
    assert!(
        inspections.contains("partial") && inspections.contains("not-looked"),
        "{inspections:?}"
    );
    // The persons shown are journalled, with and without identity.
    for account in ["a1", "unknown"] {
        assert!(
            crate::instance::shown_to(&history, account).contains(&"P1059".to_owned()),
            "{account}"
        );
    }
    // Detection found the theft, and reported it; only a person closed a gate and cut a session.
    let acts = instance.acts();
    let by_digue = |act: &str| {
        acts.iter()
            .filter(|entry| entry["act"] == act && entry["actor"] == "digue")
            .count()
    };
    assert_eq!(
        (
            by_digue("gate-set"),
            by_digue("session-cut"),
            by_digue("watch-contained")
        ),
        (0, 0, 0)
    );
    let told: Vec<_> = acts
        .iter()
        .filter(|entry| entry["act"] == "watch-alerted")
        .collect();
    assert!(
        told.iter().any(|entry| entry["subject"] == "account:a1"),
        "{acts:?}"
    );
    assert!(
        told.iter().all(|entry| entry["after"] == "observe"),
        "{told:?}"
    );
}

#[test]
fn a_websocket_of_an_observed_portal_is_one_wherever_it_is() {
    let portal = portal();
    let mut instance = Instance::open(&observing(portal), obliging);
    for address in [portal, instance.address] {
        let mut stream = Client::new(address, PORTAL_HOST).connect().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "GET /canal HTTP/1.1\r\nhost: {PORTAL_HOST}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        .unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert_eq!(line, "HTTP/1.1 101 X\r\n");
        while reader.read_line(&mut line).unwrap() > 2 {}
        stream.write_all(b"bonjour").unwrap();
        let mut heard = [0u8; 7];
        reader.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"bonjour");
    }
    let history = instance.history();
    let stream = history
        .iter()
        .find(|entry| entry["inspection"] == "stream")
        .unwrap();
    assert_eq!(stream["outcome"], "would-refuse");
}

#[test]
fn a_trial_weighs_nothing_where_rules_are_enforced() {
    let plan = Plan::usual()
        .replace(
            "upstream = \"{upstream}\"",
            "upstream = \"{upstream}\"\nmode = \"observe-only\"",
        )
        .settings("[watch]\nautomatic = \"close-organisation\"\n");
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    for number in 0..100 {
        assert_eq!(a1.get(&format!("/fiche/V{number}")).status, 200);
    }
    // A restart reads it again, and draws no other conclusion.
    instance.kill();
    instance.start();
    for number in 100..200 {
        assert_eq!(a1.get(&format!("/fiche/V{number}")).status, 200);
    }
    let acts = instance.acts();
    assert!(
        acts.iter()
            .all(|entry| entry["act"] != "gate-set" && entry["act"] != "session-cut"),
        "{acts:?}"
    );
}
