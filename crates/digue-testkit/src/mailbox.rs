//! A mail server for tests: accepts every message, on loopback.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The messages received, each with its recipient.
pub struct Mailbox {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<(String, String)>>>,
}

impl Mailbox {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = received.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = kept.clone();
                std::thread::spawn(move || drop(converse(&stream, &kept)));
            }
        });
        Self { address, received }
    }

    /// Recipient and full text of each message.
    pub fn messages(&self) -> Vec<(String, String)> {
        self.received.lock().unwrap().clone()
    }
}

/// As much of RFC 5321 as a client needs to deliver a message.
fn converse(stream: &TcpStream, kept: &Mutex<Vec<(String, String)>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut out = stream;
    out.write_all(b"220 mailbox\r\n")?;
    let mut recipient = String::new();
    while let Some(line) = lines.next() {
        let line = line?;
        let verb = line
            .split([' ', ':'])
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" | "HELO" | "NOOP" | "RSET" | "MAIL" => out.write_all(b"250 yes\r\n")?,
            "RCPT" => {
                recipient = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                out.write_all(b"250 yes\r\n")?;
            }
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                let mut text = String::new();
                for line in lines.by_ref() {
                    let line = line?;
                    if line == "." {
                        break;
                    }
                    text.push_str(&line);
                    text.push('\n');
                }
                kept.lock().unwrap().push((recipient.clone(), text));
                out.write_all(b"250 kept\r\n")?;
            }
            "QUIT" => return out.write_all(b"221 bye\r\n"),
            _ => out.write_all(b"500 what\r\n")?,
        }
    }
    Ok(())
}
