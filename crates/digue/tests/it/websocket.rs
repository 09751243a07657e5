//! WebSocket by explicit rule: a tunnel that is journalled, and cut with its account.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

use digue_testkit::is_end_of_connection;

use crate::instance::{Instance, Plan, obliging};

/// A portal that agrees to everything and repeats what it hears.
fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut writer = stream.try_clone().unwrap();
                let mut reader = BufReader::new(stream);
                let mut line = String::new();
                while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                    line.clear();
                }
                let agreed = "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
                let _ = writer.write_all(agreed.as_bytes());
                let mut bytes = [0u8; 256];
                while let Ok(read) = reader.read(&mut bytes) {
                    if read == 0 || writer.write_all(&bytes[..read]).is_err() {
                        break;
                    }
                }
            });
        }
    });
    format!("http://{address}")
}

#[test]
fn a_tunnel_is_an_entry_and_ends_with_its_account() {
    let route = "[[routes]]\nname = \"canal\"\nkind = \"websocket\"\npath = \"/canal\"\n";
    let plan = Plan::usual().add(route).replace("{upstream}", &echo());
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    let officer = instance.officer();
    // Without an upgrade there is nothing at this address.
    assert_eq!(a1.get("/canal").status, 400);
    let mut stream = a1.connect().unwrap();
    write!(
        stream,
        "GET /canal HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        a1.host, a1.cookie
    )
    .unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 101"), "{line}");
    while reader.read_line(&mut line).unwrap() > 2 {}
    stream.write_all(b"bonjour").unwrap();
    let mut heard = [0u8; 7];
    reader.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"bonjour");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = b"scope=account&name=a1&gate=closed&reason=exercice";
    assert_eq!(officer.send("POST", "/gates", &form, body).status, 303);
    // The tunnel ends: nothing comes any more.
    let end = reader.read(&mut heard);
    assert!(is_end_of_connection(&end), "{end:?}");
    let history = instance.history();
    assert!(
        history
            .iter()
            .any(|entry| entry["inspection"] == "stream" && entry["outcome"] == "released")
    );
}
