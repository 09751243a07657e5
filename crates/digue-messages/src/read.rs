//! A message as somebody hands it in: a file of a mail program, a forwarded one, or plain text.

use mail_parser::{HeaderName, Message, MessageParser, MimeHeaders as _, PartType};

use crate::domains;

/// Larger ones are refused before anything is read.
pub const BYTES_MAX: usize = 2 << 20;
/// Parts that are looked at; a bomb of nested parts has more.
const PARTS_MAX: usize = 200;
/// A message in a message in a message.
const DEPTH_MAX: usize = 4;
const TEXT_BYTES_MAX: usize = 200_000;
const LINKS_MAX: usize = 200;
const HOPS_MAX: usize = 20;

/// A link: what is shown for it, and where it leads. Never followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub shown: String,
    /// The host, in small letters.
    pub host: String,
}

/// What a message says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// True when there were headers: a sender can be compared.
    pub is_mail: bool,
    pub from_name: String,
    pub from_address: String,
    pub reply_to: String,
    pub subject: String,
    pub text: String,
    pub links: Vec<Link>,
    /// Names of files; they are not opened.
    pub attachments: Vec<String>,
    /// The message itself, where a signature may be in it: of the innermost one.
    pub raw: Vec<u8>,
    /// The machines that handed it on and what they called themselves, the last one first: that one alone
    /// is named by the reporter's own server, the others may be made up.
    pub hops: Vec<(core::net::IpAddr, String)>,
    /// Where mail servers were told to send it back.
    pub return_path: String,
}

impl Read {
    pub fn from_domain(&self) -> &str {
        self.from_address.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    pub fn reply_domain(&self) -> &str {
        self.reply_to.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// Reads what somebody handed in; `None` for what is too large or holds nothing.
pub fn read(bytes: &[u8]) -> Option<Read> {
    if bytes.len() > BYTES_MAX || bytes.iter().all(u8::is_ascii_whitespace) {
        return None;
    }
    let raw = innermost(bytes);
    let message = MessageParser::default().parse(raw);
    match message.filter(|message| is_mail(message)) {
        Some(message) => Some(of_mail(&message, raw)),
        None => Some(of_text(&String::from_utf8_lossy(bytes))),
    }
}

/// Text that somebody typed begins with no headers: one needs a sender and another field.
fn is_mail(message: &Message<'_>) -> bool {
    message.from().is_some() && message.headers().len() >= 3 && message.parts.len() <= PARTS_MAX
}

/// The address that a message says it comes from, whatever is inside it.
pub fn sender(bytes: &[u8]) -> Option<String> {
    if bytes.len() > BYTES_MAX {
        return None;
    }
    let message = MessageParser::default().parse_headers(bytes)?;
    let sender = message.from()?.first()?.address.as_deref()?.trim().to_lowercase();
    Some(sender)
}

/// A message that was forwarded as a file is the one that is asked about.
fn innermost(bytes: &[u8]) -> &[u8] {
    let mut raw = bytes;
    for _ in 0..DEPTH_MAX {
        let Some(message) = MessageParser::default().parse(raw) else { break };
        if message.parts.len() > PARTS_MAX {
            break;
        }
        let nested = message.parts.iter().find_map(|part| match &part.body {
            PartType::Message(inner) => Some((inner.raw_message.len(), part)),
            _ => None,
        });
        let Some((_, part)) = nested else { break };
        let (start, end) = (part.raw_body_offset() as usize, part.raw_end_offset() as usize);
        match raw.get(start..end) {
            Some(inner) if inner.len() < raw.len() && !inner.is_empty() => raw = inner,
            _ => break,
        }
    }
    raw
}

fn of_mail(message: &Message<'_>, raw: &[u8]) -> Read {
    let first = |list: Option<&mail_parser::Address<'_>>| {
        let mailbox = list.and_then(|list| list.first())?;
        let name = mailbox.name.as_deref().unwrap_or_default().to_owned();
        Some((name, mailbox.address.as_deref().unwrap_or_default().trim().to_lowercase()))
    };
    let (from_name, from_address) = first(message.from()).unwrap_or_default();
    let reply_to = first(message.reply_to()).map(|(_, address)| address).unwrap_or_default();
    let html = message.html_bodies().take(3).filter_map(|part| match &part.body {
        PartType::Html(html) => Some(html.to_string()),
        _ => None,
    });
    let html: String = html.collect::<Vec<_>>().join("\n");
    let plain = message.text_bodies().take(3).filter_map(|part| part.text_contents());
    let mut text = plain.collect::<Vec<_>>().join("\n");
    if html.len() > text.len() / 2 {
        text.push('\n');
        text.push_str(&without_tags(cut(&html)));
    }
    let text = cut(&text).to_owned();
    let mut links = links_of_html(cut(&html));
    links.extend(links_of_text(&text));
    links.truncate(LINKS_MAX);
    let names = message.attachments().take(50).filter_map(|part| part.attachment_name());
    Read {
        is_mail: true,
        from_name,
        from_address,
        reply_to,
        subject: message.subject().unwrap_or_default().to_owned(),
        links,
        attachments: names.map(ToOwned::to_owned).collect(),
        raw: raw.to_vec(),
        hops: hops(message),
        return_path: message.return_path().as_text().unwrap_or_default().trim().to_lowercase(),
        text,
    }
}

fn hops(message: &Message<'_>) -> Vec<(core::net::IpAddr, String)> {
    let lines = message.header_values(HeaderName::Received).filter_map(|value| value.as_received());
    let hops = lines.filter_map(|received| {
        let helo = received.helo().or(received.from()).map(|host| host.to_string()).unwrap_or_default();
        Some((received.from_ip()?, helo))
    });
    hops.take(HOPS_MAX).collect()
}

fn of_text(text: &str) -> Read {
    let text = cut(text).to_owned();
    // A pasted text often begins with the lines that the mail program shows.
    let after = |names: &[&str]| {
        text.lines().take(40).find_map(|line| {
            let (name, value) = line.split_once(':')?;
            names.contains(&name.trim().to_lowercase().as_str()).then(|| value.trim().to_owned())
        })
    };
    let from = after(&["de", "from", "expéditeur", "sender"]).unwrap_or_default();
    let (from_name, from_address) = match from.split_once('<') {
        Some((name, rest)) => {
            (name.trim().trim_matches('"').to_owned(), rest.trim_end_matches('>').to_owned())
        }
        None if from.contains('@') => (String::new(), from),
        None => (from, String::new()),
    };
    Read {
        from_name,
        from_address: from_address.trim().to_lowercase(),
        subject: after(&["objet", "subject", "sujet"]).unwrap_or_default(),
        links: links_of_text(&text),
        text,
        ..Read::default()
    }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// What a reader would see, near enough: tags go, words stay.
fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        text.push(' ');
        rest = match rest[open..].find('>') {
            Some(close) => &rest[open + close + 1..],
            None => "",
        };
    }
    text.push_str(rest);
    html_escape::decode_html_entities(&text).into_owned()
}

/// Links of HTML with the words that stand for them.
fn links_of_html(html: &str) -> Vec<Link> {
    let small = html.to_ascii_lowercase();
    let mut links = Vec::new();
    let mut from = 0;
    while let Some(found) = small[from..].find("href") {
        let at = from + found + 4;
        from = at;
        let rest = html[at..].trim_start();
        let Some(rest) = rest.strip_prefix('=') else { continue };
        let rest = rest.trim_start();
        let target = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => rest[1..].split(quote).next(),
            _ => rest.split([' ', '>']).next(),
        };
        let target = html_escape::decode_html_entities(target.unwrap_or_default()).into_owned();
        let Some(host) = domains::host_of(&target) else { continue };
        let shown = html[at..].split_once('>').map_or("", |(_, rest)| rest);
        let shown = without_tags(shown.split("</a").next().unwrap_or_default());
        let shown: String =
            shown.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
        links.push(Link { shown, host });
        if links.len() == LINKS_MAX {
            break;
        }
    }
    links
}

/// Addresses in plain text.
fn links_of_text(text: &str) -> Vec<Link> {
    let words = text.split(|sign: char| sign.is_whitespace() || "<>\"'()[]{}".contains(sign));
    let hosts = words.filter_map(|word| {
        let word = word.trim_end_matches(['.', ',', ';', ':', '!', '?']);
        let is_link = word.contains("://") || word.to_ascii_lowercase().starts_with("www.");
        let host = if is_link { domains::host_of(word) } else { None }?;
        Some(Link { shown: word.chars().take(200).collect(), host })
    });
    hosts.take(LINKS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn links_are_read_with_what_is_shown_for_them() {
        let html = "<p>Cliquez <a class=x HREF='https://Vol.example/ft?a=1'><b>www.francetravail.fr</b></a> \
                    <a href=\"mailto:a@b.fr\">ici</a> <a href=\"&#104;ttps://x.example\">là</a>";
        let links = links_of_html(html);
        let link = |shown: &str, host: &str| Link { shown: shown.to_owned(), host: host.to_owned() };
        assert_eq!(links, [link("www.francetravail.fr", "vol.example"), link("là", "x.example")]);
        assert_eq!(
            links_of_text("voir (https://a.example/x), ou www.b.example."),
            [link("https://a.example/x", "a.example"), link("www.b.example", "www.b.example"),]
        );
    }

    #[test]
    fn pasted_text_says_who_it_claims_to_be_from() {
        let read = read("De : France Travail <info@ft.example>\nObjet : Votre dossier\n\nBonjour".as_bytes())
            .unwrap();
        assert!(!read.is_mail);
        assert_eq!((read.from_name.as_str(), read.from_domain()), ("France Travail", "ft.example"));
        assert_eq!(read.subject, "Votre dossier");
    }

    #[test]
    fn bombs_nesting_and_odd_encodings_end() {
        let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(3000);
        let parts = format!(
            "From: a@b.fr\r\nTo: c@d.fr\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}",
            "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".repeat(4000)
        );
        let base64 = format!(
            "From: a@b.fr\r\nTo: c@d.fr\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
            "PGEgaHJlZj0".repeat(50_000)
        );
        let charset = b"From: =?utf-7?Q?+AGEAYg-?= <a@b.fr>\r\nTo: x\r\nSubject: =?x?B?////?=\r\nContent-Type: text/plain; charset=x-unknown\r\n\r\n\xff\xfe\x00";
        let tags =
            format!("From: a@b.fr\r\nTo: b\r\nContent-Type: text/html\r\n\r\n{}", "<a href=".repeat(90_000));
        for bytes in
            [nested.as_bytes(), parts.as_bytes(), base64.as_bytes(), charset, tags.as_bytes(), b"\0\0\0"]
        {
            let _ = read(bytes);
        }
        assert_eq!(read(&vec![b'a'; BYTES_MAX + 1]), None);
        assert_eq!(read(b" \r\n"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_crash(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let _ = read(&bytes);
        }

        #[test]
        fn any_html_is_read_without_a_crash(html in "(<a href=|\"|'|>|</a|https://|é|[a-z.]{0,9}| |&#1){0,60}") {
            let mail = format!("From: a@b.fr\r\nTo: c\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}");
            let _ = read(mail.as_bytes());
        }
    }
}
