//! Reads a submission: a file saved by a mail program, a forwarded message or plain text, with
//! every message attached to it, and a list of everything that could not be read.
//!
//! Nothing is dropped silently: a part that is not read gets an `UnreadPart`, and nothing is
//! genuine then. Whether a message is genuine is not decided here.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::{Address, HeaderName, Message, MessagePart, MimeHeaders as _, PartType};

use crate::links::{LINKS_MAX, links_of_html, links_of_text, without_tags};
use crate::message::{
    BYTES_MAX, Mailbox, ReadMessage, SubmissionFault, SubmittedMessage, UnreadKind, UnreadPart,
};
use crate::outlook::OutlookMessage;
use crate::quoted;
use crate::received::chain;
use crate::shape::{self, FileShape, shape};

/// The most parts of one message; a bomb of nested parts has more.
const PARTS_MAX: usize = 200;
/// The deepest level of messages attached to messages.
const DEPTH_MAX: usize = 4;
/// The most messages in one submission.
const MESSAGES_MAX: usize = 20;
const TEXT_BYTES_MAX: usize = 200_000;
const NAME_CHARS_MAX: usize = 120;

/// Reads a submission. Its kind is determined by its bytes, never by a name or a declared type.
///
/// # Errors
/// It is larger than `BYTES_MAX`, or blank.
pub fn read(bytes: &[u8]) -> Result<SubmittedMessage, SubmissionFault> {
    if bytes.len() > BYTES_MAX {
        return Err(SubmissionFault::TooLarge);
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(SubmissionFault::Blank);
    }
    let mut submission = SubmittedMessage::default();
    match shape(bytes) {
        FileShape::Mail(raw) => submission.add_mail(&raw, 0),
        FileShape::Outlook(message) => submission.add_outlook(*message, 0),
        FileShape::Page(html) => submission.add_page(html),
        FileShape::Words(text) => submission.add_words(text),
        FileShape::Unread(kind) => submission.miss(kind, ""),
    }
    Ok(submission)
}

/// The sender's address in the headers of a message, in lower case.
pub fn sender(bytes: &[u8]) -> Option<String> {
    if bytes.len() > BYTES_MAX {
        return None;
    }
    let message = shape::headers(bytes)?;
    let sender = message
        .from()?
        .first()?
        .address
        .as_deref()?
        .trim()
        .to_lowercase();
    Some(sender)
}

impl SubmittedMessage {
    fn miss(&mut self, kind: UnreadKind, name: &str) {
        let unread = UnreadPart {
            kind,
            name: name.chars().take(NAME_CHARS_MAX).collect(),
        };
        if !self.unread.contains(&unread) && self.unread.len() < MESSAGES_MAX {
            self.unread.push(unread);
        }
    }

    /// False when no further message is read; the reason is recorded as unread.
    fn has_room(&mut self, depth: usize) -> bool {
        if depth > DEPTH_MAX {
            self.miss(UnreadKind::Nesting, "");
        } else if self.messages.len() >= MESSAGES_MAX {
            self.miss(UnreadKind::Excess, "");
        } else {
            return true;
        }
        false
    }

    fn add_page(&mut self, html: String) {
        let mut body = Body {
            html,
            ..Body::default()
        };
        let read = ReadMessage {
            is_mail: false,
            ..body.read(self)
        };
        self.messages.push(read);
    }

    fn add_words(&mut self, text: String) {
        let from = quoted::from_line(&text).unwrap_or_default();
        let subject = quoted::subject_line(&text).unwrap_or_default();
        let mut body = Body {
            text,
            ..Body::default()
        };
        let mut read = body.read(self);
        read.quoted.retain(|sender| *sender != from);
        self.messages.push(ReadMessage {
            from_name: from.name,
            from_address: from.address,
            subject,
            ..read
        });
    }

    fn add_mail(&mut self, raw: &[u8], depth: usize) {
        if !self.has_room(depth) {
            return;
        }
        let parsed = shape::parsed(raw);
        let fault = match &parsed {
            None => Some(UnreadKind::Damaged),
            Some(message) if message.parts.len() > PARTS_MAX => Some(UnreadKind::Excess),
            Some(_) => None,
        };
        // Headers are read even where the parts are not, so that the sender can still be judged.
        let message = match fault {
            None => parsed,
            Some(kind) => {
                self.miss(kind, "");
                shape::headers(raw)
            }
        };
        let Some(message) = message else { return };
        // Reserve the place of this message before those attached to it: `judge` relies on the
        // order, and `has_room` must count it.
        let place = self.messages.len();
        self.messages.push(ReadMessage::default());
        let mut body = Body::default();
        for part in &message.parts {
            self.add_part(part, raw, depth, &mut body);
        }
        let read = ReadMessage {
            carries: self.messages.len() > place + 1,
            ..body.read(self)
        };
        self.messages[place] = ReadMessage {
            raw: raw.to_vec(),
            ..with_headers(&message, read)
        };
    }

    fn add_part(&mut self, part: &MessagePart<'_>, raw: &[u8], depth: usize, body: &mut Body) {
        let name = part.attachment_name().unwrap_or_default();
        let (kind, subtype) = type_of(part);
        if let Some(unread) = unread_type(&kind, &subtype) {
            return self.miss(unread, name);
        }
        if part.is_encoding_problem && !part.contents().is_empty() {
            self.miss(UnreadKind::Damaged, name);
        }
        match &part.body {
            PartType::Html(html) => push_lines(&mut body.html, html),
            PartType::Text(text) => self.add_text_part(part, name, text, depth, body),
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                body.has_picture |= kind == "image";
                self.add_file(bytes, name, depth, body);
            }
            PartType::Message(inner) => self.add_attached(inner, part, raw, depth, body),
            PartType::Multipart(_) => {}
        }
    }

    fn add_text_part(
        &mut self,
        part: &MessagePart<'_>,
        name: &str,
        text: &str,
        depth: usize,
        body: &mut Body,
    ) {
        let charset = part
            .content_type()
            .and_then(|kind| kind.attribute("charset"));
        // In an unknown character set, words such as "password" would not be found: name it as
        // unread.
        let is_known = charset.is_none_or(is_known_charset);
        if (!is_known && !text.is_ascii()) || text.contains('\0') {
            self.miss(UnreadKind::Charset, name);
        }
        let is_attached = !name.is_empty()
            || part
                .content_disposition()
                .is_some_and(|how| how.is_attachment());
        match is_attached.then(|| shape(text.as_bytes())) {
            Some(FileShape::Mail(raw)) => self.add_mail(&raw, depth + 1),
            Some(FileShape::Unread(kind)) => self.miss(kind, name),
            _ if text.contains("-----BEGIN PGP MESSAGE") => self.miss(UnreadKind::Encrypted, name),
            _ => push_lines(&mut body.text, text),
        }
    }

    /// Reads an attached file as far as it may be the message that the user asks about.
    fn add_file(&mut self, bytes: &[u8], name: &str, depth: usize, body: &mut Body) {
        match shape(bytes) {
            FileShape::Mail(raw) => self.add_mail(&raw, depth + 1),
            FileShape::Outlook(message) => self.add_outlook(*message, depth + 1),
            FileShape::Words(text) => push_lines(&mut body.text, &text),
            FileShape::Page(html) => push_lines(&mut body.html, &html),
            FileShape::Unread(kind) if is_message_kind(kind) || has_message_ending(name) => {
                self.miss(kind, name)
            }
            // A document or a picture is not the message in question: `Sign::NotOpened` names it.
            FileShape::Unread(_) => {}
        }
    }

    fn add_attached(
        &mut self,
        inner: &Message<'_>,
        part: &MessagePart<'_>,
        raw: &[u8],
        depth: usize,
        body: &mut Body,
    ) {
        let (start, end) = (
            part.raw_body_offset() as usize,
            part.raw_end_offset() as usize,
        );
        // An encoded message was decoded into its own buffer; offsets are valid for `raw` only
        // otherwise.
        let bytes: &[u8] = match &inner.raw_message {
            Cow::Owned(decoded) => decoded,
            Cow::Borrowed(_) => raw.get(start..end).unwrap_or_default(),
        };
        let name = part.attachment_name().unwrap_or_default();
        // A part cannot be as long as the message that holds it: its offsets are wrong.
        if bytes.is_empty() || bytes.len() >= raw.len() {
            return self.miss(UnreadKind::Damaged, name);
        }
        self.add_file(bytes, name, depth, body);
    }

    fn add_outlook(&mut self, message: OutlookMessage, depth: usize) {
        if !self.has_room(depth) {
            return;
        }
        let place = self.messages.len();
        self.messages.push(ReadMessage::default());
        for kind in &message.unread {
            self.miss(*kind, "");
        }
        let mut body = Body {
            text: message.text,
            html: message.html,
            ..Body::default()
        };
        for (name, bytes) in &message.files {
            self.add_file(bytes, name, depth, &mut body);
        }
        for inner in message.messages {
            self.add_outlook(inner, depth + 1);
        }
        let mut read = ReadMessage {
            carries: self.messages.len() > place + 1,
            ..body.read(self)
        };
        let headers = format!("{}\r\n\r\n", message.headers.trim_end());
        if let Some(headers) = shape::headers(headers.as_bytes()) {
            read = with_headers(&headers, read);
        }
        // The transport headers decide; the properties are what Outlook made of them, or what the
        // author typed.
        if read.from_address.is_empty() {
            (read.from_name, read.from_address) = (
                message.from_name,
                message.from_address.trim().to_lowercase(),
            );
        }
        if read.subject.is_empty() {
            read.subject = message.subject;
        }
        read.attachments = message
            .files
            .into_iter()
            .map(|(name, _)| name)
            .filter(|name| !name.is_empty())
            .collect();
        self.messages[place] = ReadMessage {
            is_mail: true,
            ..read
        };
    }
}

/// Text and HTML of a message, collected over its parts.
#[derive(Default)]
struct Body {
    text: String,
    html: String,
    has_picture: bool,
}

impl Body {
    fn read(&mut self, into: &mut SubmittedMessage) -> ReadMessage {
        let html = cut(&self.html);
        let plain = without_tags(html);
        let has_picture = self.has_picture || html.to_ascii_lowercase().contains("<img");
        push_lines(&mut self.text, &plain);
        let text = cut(&self.text);
        // Links also from the text: the words of an HTML part are in it, and mail programs make
        // them links.
        let mut links = links_of_html(html);
        links.extend(links_of_text(text));
        if html.len() < self.html.len() || text.len() < self.text.len() || links.len() > LINKS_MAX {
            into.miss(UnreadKind::Excess, "");
        }
        links.truncate(LINKS_MAX);
        if text.trim().is_empty() && has_picture {
            into.miss(UnreadKind::Picture, "");
        }
        ReadMessage {
            quoted: quoted::senders(text),
            text: text.to_owned(),
            links,
            ..ReadMessage::default()
        }
    }
}

fn push_lines(text: &mut String, more: &str) {
    // Keep at least one byte beyond the limit, so that `Body::read` can tell that something was
    // cut.
    let room = (TEXT_BYTES_MAX + 1).saturating_sub(text.len());
    let mut end = more.len().min(room);
    // Upwards, so that the byte beyond the limit is kept also when it is within a character.
    while !more.is_char_boundary(end) {
        end += 1;
    }
    if !text.is_empty() && end > 0 {
        text.push('\n');
    }
    text.push_str(&more[..end]);
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn type_of(part: &MessagePart<'_>) -> (String, String) {
    let small = |text: &str| text.to_ascii_lowercase();
    part.content_type().map_or_else(Default::default, |kind| {
        (
            small(&kind.c_type),
            kind.c_subtype.as_deref().map(small).unwrap_or_default(),
        )
    })
}

/// Why a part of this type is not read; `None` for other types.
fn unread_type(kind: &str, subtype: &str) -> Option<UnreadKind> {
    match (kind, subtype) {
        ("application", "ms-tnef" | "vnd.ms-tnef") => Some(UnreadKind::Winmail),
        ("multipart", "encrypted")
        | ("application", "pkcs7-mime" | "x-pkcs7-mime" | "pgp-encrypted") => {
            Some(UnreadKind::Encrypted)
        }
        ("message", "partial" | "external-body") => Some(UnreadKind::Partial),
        _ => None,
    }
}

fn is_known_charset(name: &str) -> bool {
    charset_decoder(name.as_bytes()).is_some()
        || Encoding::for_label(name.as_bytes()).is_some_and(|known| known == UTF_8)
}

/// True for kinds that could be a message if they were readable.
const fn is_message_kind(kind: UnreadKind) -> bool {
    match kind {
        UnreadKind::Outlook
        | UnreadKind::OutlookText
        | UnreadKind::Winmail
        | UnreadKind::Encrypted
        | UnreadKind::Partial
        | UnreadKind::Damaged
        | UnreadKind::Charset
        | UnreadKind::Nesting
        | UnreadKind::Mbox
        | UnreadKind::Excess => true,
        UnreadKind::Pdf
        | UnreadKind::Picture
        | UnreadKind::Archive
        | UnreadKind::Document
        | UnreadKind::Form => false,
    }
}

fn has_message_ending(name: &str) -> bool {
    let small = name.to_ascii_lowercase();
    [".eml", ".msg", ".emlx", ".mbox", ".oft", ".mht", ".p7m"]
        .iter()
        .any(|ending| small.ends_with(ending))
}

/// Adds what the headers say to what the body says.
fn with_headers(message: &Message<'_>, read: ReadMessage) -> ReadMessage {
    let mailbox = |one: &mail_parser::Addr<'_>| Mailbox {
        name: one.name.as_deref().unwrap_or_default().to_owned(),
        address: one
            .address
            .as_deref()
            .unwrap_or_default()
            .trim()
            .to_lowercase(),
    };
    let all = |list: &Address<'_>| list.iter().map(mailbox).collect::<Vec<_>>();
    let from = message
        .header_values(HeaderName::From)
        .filter_map(|value| value.as_address());
    let mut senders = from.flat_map(all);
    let first = senders.next().unwrap_or_default();
    let more_senders = senders.take(MESSAGES_MAX).collect();
    let names = message
        .attachments()
        .filter_map(|part| part.attachment_name());
    let root = message.root_part();
    let received = root
        .headers
        .iter()
        .filter(|header| header.name == HeaderName::Received);
    let lines = received
        .map(|header| {
            &message.raw_message[header.offset_start as usize..header.offset_end as usize]
        })
        .map(<[u8]>::trim_ascii);
    let returns: Vec<_> = message.header_values(HeaderName::ReturnPath).collect();
    // Of two, one was written by the sender: neither can be relied on.
    let return_path = match returns.as_slice() {
        [one] => one.as_text().unwrap_or_default(),
        _ => "",
    };
    ReadMessage {
        is_mail: true,
        from_name: first.name,
        from_address: first.address,
        more_senders,
        reply_to: message
            .reply_to()
            .and_then(|list| list.first())
            .map(mailbox)
            .unwrap_or_default()
            .address,
        subject: message.subject().unwrap_or_default().to_owned(),
        attachments: names.take(PARTS_MAX).map(ToOwned::to_owned).collect(),
        is_signed: message.header(HeaderName::DkimSignature).is_some(),
        hops: chain(lines),
        return_path: return_path.trim_matches(['<', '>', ' ']).to_lowercase(),
        ..read
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pasted_text_says_who_it_claims_to_be_from() {
        let read = read(
            "De : France Travail <info@ft.example>\nObjet : Votre dossier\n\nBonjour".as_bytes(),
        );
        let read = &read.unwrap().messages[0];
        assert!(!read.is_mail);
        assert_eq!(
            (read.from_name.as_str(), read.from_domain()),
            ("France Travail", "ft.example")
        );
        assert_eq!(read.subject, "Votre dossier");
        assert_eq!(read.quoted, []);
    }

    #[test]
    fn bombs_nesting_and_odd_encodings_end_and_are_named() {
        let nested =
            "Content-Type: message/rfc822\r\nMIME-Version: 1.0\r\nX: y\r\n\r\n".repeat(3000);
        let parts = format!(
            "From: a@b.fr\r\nTo: c@d.fr\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}",
            "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".repeat(4000)
        );
        let base64 = format!(
            "From: a@b.fr\r\nTo: c@d.fr\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
            "PGEgaHJlZj0".repeat(50_000)
        );
        let charset = b"From: =?utf-7?Q?+AGEAYg-?= <a@b.fr>\r\nTo: x\r\nSubject: =?x?B?////?=\r\nContent-Type: text/plain; charset=x-unknown\r\n\r\n\xff\xfe\x00";
        let tags = format!(
            "From: a@b.fr\r\nTo: b\r\nContent-Type: text/html\r\n\r\n{}",
            "<a href=".repeat(90_000)
        );
        for (name, bytes, kind) in [
            ("nested", nested.as_bytes(), UnreadKind::Nesting),
            ("parts", parts.as_bytes(), UnreadKind::Excess),
            ("base64", base64.as_bytes(), UnreadKind::Excess),
            ("charset", charset, UnreadKind::Charset),
            ("tags", tags.as_bytes(), UnreadKind::Excess),
            ("zeros", b"\0\0\0", UnreadKind::Form),
        ] {
            let read = read(bytes).unwrap();
            assert!(
                read.unread.iter().any(|unread| unread.kind == kind),
                "{name}: {:?}",
                read.unread
            );
        }
        assert_eq!(
            read(&vec![b'a'; BYTES_MAX + 1]),
            Err(SubmissionFault::TooLarge)
        );
        assert_eq!(read(b" \r\n"), Err(SubmissionFault::Blank));
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
