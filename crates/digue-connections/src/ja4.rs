//! The fingerprint of a client's TLS stack: JA4 of its ClientHello.
//!
//! Cipher suites and extensions are sorted, signature algorithms are not, and all are hashed as the
//! JA4 specification says. Extensions that vary between two connections of one browser (a resumed
//! session's ticket, padding) would make it look like two; `TlsFingerprint` omits them, so that it
//! stays the same as long as the TLS stack does (decision 7). Evidence, not proof: a browser can be
//! imitated.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes, BytesMut};
use ring::digest::{SHA256, digest};
use tls_parser::{TlsExtension, TlsMessage, TlsMessageHandshake};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// The longest ClientHello that is examined; browsers send one or two thousand bytes.
const HELLO_BYTES_MAX: usize = 16 << 10;

/// The part of JA4 that a TLS stack keeps from connection to connection: two short hashes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TlsFingerprint([u8; 25]);

impl TlsFingerprint {
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hexadecimal digits and `_` are ASCII")
    }
}

/// The contents of a ClientHello.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Hello {
    version: u16,
    has_name: bool,
    ciphers: Vec<u16>,
    extensions: Vec<u16>,
    signatures: Vec<u16>,
    protocol: Option<Vec<u8>>,
}

const SERVER_NAME: u16 = 0x0000;
const PROTOCOLS: u16 = 0x0010;
/// Padding, pre-shared key, early data, cookie: they belong to a connection, not to a stack. And
/// the HTTP/2 settings (both numbers): browsers omit them from the connections of their WebSockets.
const PASSING: [u16; 6] = [0x0015, 0x0029, 0x002a, 0x002c, 0x4469, 0x44cd];

/// Values that browsers send to keep servers from relying on a fixed list (RFC 8701).
fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

impl Hello {
    /// Parses the records at the start of a connection; `None` while they hold no complete
    /// ClientHello.
    pub fn parse(records: &[u8]) -> Option<Self> {
        let mut message = Vec::new();
        let mut rest = records;
        while rest.len() >= 5 && rest[0] == 22 {
            let length = usize::from(u16::from_be_bytes([rest[3], rest[4]]));
            // Browsers split a long ClientHello over several records: the messages are joined
            // before parsing.
            message.extend_from_slice(rest.get(5..5 + length)?);
            rest = &rest[5 + length..];
            if let Some(hello) = Self::of_message(&message) {
                return Some(hello);
            }
        }
        None
    }

    fn of_message(message: &[u8]) -> Option<Self> {
        let (_, parsed) = tls_parser::parse_tls_message_handshake(message).ok()?;
        let TlsMessage::Handshake(TlsMessageHandshake::ClientHello(client_hello)) = parsed else {
            return None;
        };
        let mut hello = Self {
            version: client_hello.version.0,
            ..Self::default()
        };
        hello.ciphers = client_hello
            .ciphers
            .iter()
            .map(|cipher| cipher.0)
            .filter(|c| !is_grease(*c))
            .collect();
        let (_, extensions) =
            tls_parser::parse_tls_client_hello_extensions(client_hello.ext.unwrap_or_default())
                .ok()?;
        for extension in &extensions {
            match extension {
                TlsExtension::SNI(names) => hello.has_name = !names.is_empty(),
                TlsExtension::SupportedVersions(versions) => {
                    let real = versions.iter().map(|v| v.0).filter(|v| !is_grease(*v));
                    hello.version = real.max().unwrap_or(hello.version);
                }
                TlsExtension::SignatureAlgorithms(list) => hello.signatures.clone_from(list),
                TlsExtension::ALPN(names) => {
                    hello.protocol = names.first().map(|name| name.to_vec())
                }
                _ => {}
            }
        }
        hello.extensions = types_of(client_hello.ext.unwrap_or_default());
        hello.extensions.retain(|kind| !is_grease(*kind));
        Some(hello)
    }

    /// The whole JA4, as other programs write it.
    pub fn ja4(&self) -> String {
        let version = match self.version {
            0x0304 => "13",
            0x0303 => "12",
            0x0302 => "11",
            0x0301 => "10",
            _ => "00",
        };
        let (first, last) = match self.protocol.as_deref() {
            Some([one]) => (*one as char, *one as char),
            Some([first, .., last]) => (*first as char, *last as char),
            _ => ('0', '0'),
        };
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '9' };
        format!(
            "t{version}{}{:02}{:02}{}{}_{}",
            if self.has_name { 'd' } else { 'i' },
            self.ciphers.len().min(99),
            self.extensions.len().min(99),
            plain(first),
            plain(last),
            self.hashes(&[]),
        )
    }

    pub fn fingerprint(&self) -> TlsFingerprint {
        TlsFingerprint(
            self.hashes(&PASSING)
                .as_bytes()
                .try_into()
                .expect("twice twelve digits"),
        )
    }

    fn hashes(&self, without: &[u16]) -> String {
        let mut ciphers = self.ciphers.clone();
        ciphers.sort_unstable();
        let mut extensions = self.extensions.clone();
        // JA4 leaves these two out of the hash: its first part has them.
        extensions
            .retain(|kind| ![SERVER_NAME, PROTOCOLS].contains(kind) && !without.contains(kind));
        extensions.sort_unstable();
        let mut hashed = listed(&extensions);
        if !self.signatures.is_empty() {
            hashed.push('_');
            hashed.push_str(&listed(&self.signatures));
        }
        format!("{}_{}", short_hash(&listed(&ciphers)), short_hash(&hashed))
    }
}

/// The numbers of all extensions, including those that the parser does not know.
fn types_of(mut bytes: &[u8]) -> Vec<u16> {
    let mut types = Vec::new();
    while bytes.len() >= 4 {
        types.push(u16::from_be_bytes([bytes[0], bytes[1]]));
        let length = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
        bytes = bytes.get(4 + length..).unwrap_or_default();
    }
    types
}

fn listed(values: &[u16]) -> String {
    values
        .iter()
        .map(|value| format!("{value:04x}"))
        .collect::<Vec<_>>()
        .join(",")
}

fn short_hash(text: &str) -> String {
    if text.is_empty() {
        return "0".repeat(12);
    }
    digest(&SHA256, text.as_bytes()).as_ref()[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Reads the ClientHello of a connection, and returns the connection with all of its bytes.
pub async fn overhear<S: AsyncRead + Unpin>(
    mut stream: S,
) -> io::Result<(Option<TlsFingerprint>, Replayed<S>)> {
    let mut read = BytesMut::with_capacity(2048);
    let hello = loop {
        // 22 is a handshake record (RFC 8446, 5.1); anything else is left to the TLS acceptor to
        // refuse.
        if stream.read_buf(&mut read).await? == 0 || read[0] != 22 {
            break None;
        }
        let hello = Hello::parse(&read);
        if hello.is_some() || read.len() >= HELLO_BYTES_MAX {
            break hello;
        }
    };
    Ok((
        hello.map(|hello| hello.fingerprint()),
        Replayed {
            read: read.freeze(),
            stream,
        },
    ))
}

/// A connection whose first bytes were already read: it returns them again.
pub struct Replayed<S> {
    read: Bytes,
    stream: S,
}

impl<S: AsyncRead + Unpin> AsyncRead for Replayed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read.has_remaining() {
            let length = to.remaining().min(self.read.len());
            to.put_slice(&self.read.split_to(length));
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(cx, to)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Replayed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of the specification: a Chrome over TCP.
    fn chrome() -> Hello {
        Hello {
            version: 0x0304,
            has_name: true,
            ciphers: vec![
                0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,
                0xc014, 0x009c, 0x009d, 0x002f, 0x0035,
            ],
            extensions: vec![
                0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023,
                0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015,
            ],
            signatures: vec![
                0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601,
            ],
            protocol: Some(b"h2".to_vec()),
        }
    }

    #[test]
    fn agrees_with_the_specification() {
        assert_eq!(chrome().ja4(), "t13d1516h2_8daaf6152771_e5627efa2ab1");
    }

    #[test]
    fn a_resumed_connection_has_the_same_fingerprint_and_another_stack_has_not() {
        let mut resumed = chrome();
        resumed.extensions.push(0x0029);
        assert_ne!(resumed.ja4(), chrome().ja4());
        assert_eq!(resumed.fingerprint(), chrome().fingerprint());
        let mut web_socket = chrome();
        web_socket.protocol = Some(b"http/1.1".to_vec());
        web_socket.extensions.retain(|kind| *kind != 0x4469);
        assert_eq!(web_socket.fingerprint(), chrome().fingerprint());
        let mut other = chrome();
        other.signatures.pop();
        assert_ne!(other.fingerprint(), chrome().fingerprint());
    }

    #[test]
    fn grease_is_no_value() {
        assert!(is_grease(0x0a0a) && is_grease(0xfafa));
        assert!(!is_grease(0x1301) && !is_grease(0x0a1a));
    }

    #[test]
    fn anything_may_arrive() {
        for bytes in [
            &b""[..],
            b"GET / HTTP/1.1",
            &[22, 3, 1, 0, 0],
            &[22, 3, 1, 255, 255, 1],
        ] {
            assert_eq!(Hello::parse(bytes), None);
        }
    }

    /// A real client: the ClientHello of rustls is read, and reaches the other end unchanged.
    #[tokio::test]
    async fn the_connection_goes_on_as_if_nobody_had_listened() {
        let config = rustls::ClientConfig::builder_with_provider(
            rustls::crypto::ring::default_provider().into(),
        )
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
        let name = "digue.test".try_into().unwrap();
        let mut client = rustls::ClientConnection::new(config.into(), name).unwrap();
        let mut hello_bytes = Vec::new();
        client.write_tls(&mut hello_bytes).unwrap();
        let (near, mut far) = tokio::io::duplex(64);
        let sent = hello_bytes.clone();
        let sending = tokio::spawn(async move {
            tokio::io::AsyncWriteExt::write_all(&mut far, &sent)
                .await
                .unwrap();
            drop(far);
        });
        let (fingerprint, mut stream) = overhear(near).await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        sending.await.unwrap();
        assert_eq!(heard, hello_bytes);
        let hello = Hello::parse(&hello_bytes).unwrap();
        assert_eq!(fingerprint, Some(hello.fingerprint()));
        assert!(hello.ja4().starts_with("t13d"), "{}", hello.ja4());
    }
}
