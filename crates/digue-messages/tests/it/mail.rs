//! Messages as mail programs save them, made for the tests.

use std::fmt::Write as _;

use digue_messages::verdict::CodeSeen;
use digue_messages::{
    DnsRecords, MessageVerdict, OfficialSenders, Opinion, Sign, SubmissionWay, judge, proof, read,
};
use lettre::Message;
use lettre::message::dkim::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm,
    DkimSigningKey,
};
use lettre::message::header::{ContentType, HeaderName};
use lettre::message::{Attachment, MultiPart, SinglePart};

/// The seed of the key `digue` of the records (RFC 8463's own example).
const SEED: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";

/// The records of the official domain: `portail.fr` sends from 192.0.2.0/24 and signs.
pub(crate) fn records() -> DnsRecords {
    DnsRecords::parse(include_str!("../data/records.txt")).unwrap()
}

pub(crate) fn known() -> OfficialSenders {
    OfficialSenders {
        domains: vec!["portail.fr".to_owned(), "portail-emploi.gouv.fr".to_owned()],
        names: vec!["Portail Emploi".to_owned()],
        subjects: vec!["Vos données : ce qui s'est passé".to_owned()],
    }
}

/// A message as a mail program saves it; `signed` by the official sender.
pub(crate) struct Mail<'m> {
    pub(crate) from: &'m str,
    pub(crate) reply_to: Option<&'m str>,
    pub(crate) subject: &'m str,
    pub(crate) text: &'m str,
    pub(crate) html: Option<&'m str>,
    pub(crate) attachment: Option<&'m str>,
    pub(crate) signed: bool,
    /// Address of the machine that delivered it.
    pub(crate) handed_by: Option<&'m str>,
}

pub(crate) const BLANK: Mail<'static> = Mail {
    from: "Portail Emploi <info@portail.fr>",
    reply_to: None,
    subject: "Votre rendez-vous",
    text: "Bonjour,\nvotre rendez-vous est confirmé pour mardi.",
    html: None,
    attachment: None,
    signed: false,
    handed_by: None,
};

impl Mail<'_> {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut builder = Message::builder()
            .from(self.from.parse().unwrap())
            .to("marie@exemple.fr".parse().unwrap())
            .subject(self.subject);
        if let Some(reply_to) = self.reply_to {
            builder = builder.reply_to(reply_to.parse().unwrap());
        }
        let message = match (self.html, self.attachment) {
            (_, Some(name)) => {
                let file =
                    Attachment::new(name.to_owned()).body(b"x".to_vec(), ContentType::TEXT_PLAIN);
                let parts = MultiPart::mixed().singlepart(SinglePart::plain(self.text.to_owned()));
                builder.multipart(parts.singlepart(file))
            }
            (Some(html), None) => builder.multipart(MultiPart::alternative_plain_html(
                self.text.to_owned(),
                html.to_owned(),
            )),
            (None, None) => builder
                .header(ContentType::TEXT_PLAIN)
                .body(self.text.to_owned()),
        };
        let mut message = message.unwrap();
        if self.signed {
            let key = DkimSigningKey::new(SEED, DkimSigningAlgorithm::Ed25519).unwrap();
            let form = DkimCanonicalization {
                header: DkimCanonicalizationType::Relaxed,
                body: DkimCanonicalizationType::Relaxed,
            };
            let headers = ["From", "To", "Subject", "Date"].map(HeaderName::new_from_ascii_str);
            let (selector, domain) = ("digue".to_owned(), "portail.fr".to_owned());
            message.sign(&DkimConfig::new(
                selector,
                domain,
                key,
                headers.to_vec(),
                form,
            ));
        }
        let mut bytes = String::new();
        if let Some(ip) = self.handed_by {
            let domain = self.from.rsplit_once('@').unwrap().1.trim_end_matches('>');
            write!(bytes, "Return-Path: <envoi@{domain}>\r\nReceived: from mx.{domain} (mx.{domain} [{ip}]) by mx.exemple.fr with ESMTPS; Sun, 22 Nov 2026 10:00:00 +0000\r\n").unwrap();
        }
        let mut bytes = bytes.into_bytes();
        bytes.extend(message.formatted());
        bytes
    }
}

pub(crate) async fn opinion(bytes: &[u8], code: Option<CodeSeen>) -> Opinion {
    judged(bytes, code, SubmissionWay::Shown).await
}

pub(crate) async fn judged(bytes: &[u8], code: Option<CodeSeen>, how: SubmissionWay) -> Opinion {
    let submission = read(bytes).unwrap();
    let proofs = proof::prove_all(&submission, &records()).await;
    let opinion = judge(&submission, &proofs, &known(), code, how);
    // Holds for every test: genuine needs a verified signature, and nothing unread.
    if opinion.verdict == MessageVerdict::Genuine {
        assert!(
            opinion.signs.iter().any(|(sign, _)| *sign == Sign::Proven),
            "{opinion:?}"
        );
        assert!(opinion.unread.is_empty(), "{opinion:?}");
    }
    opinion
}

/// A file of the corpus.
pub(crate) fn file(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A forwarding message with others attached, each with its type headers.
pub(crate) fn carrier(from: &str, text: &str, parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = format!(
        "From: {from}\r\nTo: guichet@exemple.fr\r\nSubject: Tr: suspect\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\n{text}\r\n"
    )
    .into_bytes();
    for (head, part) in parts {
        bytes.extend(format!("--b1\r\n{head}\r\n\r\n").bytes());
        bytes.extend_from_slice(part);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"--b1--\r\n");
    bytes
}
