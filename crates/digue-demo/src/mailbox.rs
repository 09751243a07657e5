//! The mailbox of the demonstration: a mail server on loopback that accepts every message, keeps
//! the last ones in memory and sends none on.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use digue_messages::read::read;
use digue_types::Timestamp;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Older mails make room for newer ones.
const MAILS_MAX: usize = 500;
const MAIL_BYTES_MAX: usize = 1 << 20;
const LINE_BYTES_MAX: u64 = 4096;

/// A mail that was caught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaughtMail {
    pub at: Timestamp,
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// The mails, the newest first.
#[derive(Clone, Default)]
pub struct DemoMailbox {
    // A leaf lock.
    mails: Arc<Mutex<VecDeque<CaughtMail>>>,
}

impl DemoMailbox {
    /// Opens the server on a free port of loopback.
    ///
    /// # Errors
    /// No port is free.
    pub async fn open() -> std::io::Result<(Self, SocketAddr)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mailbox = Self::default();
        let kept = mailbox.clone();
        tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        let kept = kept.clone();
                        tokio::spawn(async move {
                            if let Err(error) = kept.converse(stream).await {
                                tracing::debug!(%error, "A mail was cut off; its sender tries again");
                            }
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "The mailbox of the demonstration stopped");
                        return;
                    }
                }
            }
        });
        Ok((mailbox, address))
    }

    pub fn mails(&self) -> Vec<CaughtMail> {
        self.lock().iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<CaughtMail>> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, to: &str, raw: &[u8]) {
        let read = read(raw)
            .ok()
            .and_then(|read| read.messages.into_iter().next());
        let (subject, text) = match read {
            Some(message) => (message.subject, message.text),
            // Shown as it came: a mail that cannot be read was sent all the same.
            None => (String::new(), String::from_utf8_lossy(raw).into_owned()),
        };
        let mut mails = self.lock();
        mails.push_front(CaughtMail {
            at: Timestamp::from_micros(jiff::Timestamp::now().as_microsecond()),
            to: to.to_owned(),
            subject,
            text,
        });
        mails.truncate(MAILS_MAX);
    }

    /// As much of RFC 5321 as a client needs to deliver a message.
    async fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        let (input, mut out) = stream.into_split();
        let mut input = BufReader::new(input);
        out.write_all(b"220 demo\r\n").await?;
        let mut recipients: Vec<String> = Vec::new();
        while let Some(line) = line(&mut input).await? {
            let verb = line
                .split([' ', ':'])
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            match verb.as_str() {
                "RCPT" => {
                    recipients.extend(line.split(['<', '>']).nth(1).map(ToOwned::to_owned));
                    out.write_all(b"250 yes\r\n").await?;
                }
                "DATA" => {
                    out.write_all(b"354 go on\r\n").await?;
                    let raw = content(&mut input).await?;
                    for to in recipients.drain(..) {
                        self.keep(&to, &raw);
                    }
                    out.write_all(b"250 kept\r\n").await?;
                }
                "MAIL" | "RSET" => {
                    recipients.clear();
                    out.write_all(b"250 yes\r\n").await?;
                }
                "EHLO" | "HELO" | "NOOP" => out.write_all(b"250 yes\r\n").await?,
                "QUIT" => return out.write_all(b"221 bye\r\n").await,
                _ => out.write_all(b"500 unknown command\r\n").await?,
            }
        }
        Ok(())
    }
}

/// A line without its end; `None` at the end of the stream.
async fn line(
    input: &mut BufReader<tokio::net::tcp::OwnedReadHalf>,
) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let mut bounded = input.take(LINE_BYTES_MAX);
    if bounded.read_until(b'\n', &mut bytes).await? == 0 {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// What follows `DATA`, up to the line with a dot alone.
async fn content(
    input: &mut BufReader<tokio::net::tcp::OwnedReadHalf>,
) -> std::io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    while let Some(line) = line(input).await? {
        if line == "." {
            break;
        }
        // RFC 5321, 4.5.2: a dot was added to lines that begin with one.
        let line = line.strip_prefix('.').unwrap_or(&line);
        if raw.len() + line.len() < MAIL_BYTES_MAX {
            raw.extend_from_slice(line.as_bytes());
            raw.extend_from_slice(b"\r\n");
        }
    }
    Ok(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_mail_is_caught_with_its_subject_and_its_words() {
        let (mailbox, address) = DemoMailbox::open().await.unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let said = "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<dpo@formation.example>\r\nDATA\r\n\
            From: a@b.example\r\nTo: dpo@formation.example\r\nSubject: =?utf-8?q?=C3=80_lire?=\r\n\
            Content-Type: text/plain; charset=utf-8\r\n\r\n..dit\r\n.\r\nQUIT\r\n";
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).await.unwrap();
        assert!(answers.contains("250 kept"), "{answers}");
        let mails = mailbox.mails();
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, "dpo@formation.example");
        assert_eq!(mails[0].subject, "À lire");
        assert_eq!(mails[0].text.trim(), ".dit");
    }
}
