//! What signatures and DNS records prove about a message: DKIM, SPF, DMARC.
//!
//! The caller supplies the records of official senders. No name server is ever asked: a query for a
//! fraudster's own name would tell them that their message is being checked (docs/decisions/0014).

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use mail_auth::common::crypto::Algorithm;
use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::DomainKey;
use mail_auth::dkim::Signature;
use mail_auth::dmarc::{Alignment, Dmarc, Policy as DmarcPolicy};
use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
use mail_auth::spf::Spf;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    AuthenticatedMessage, DkimResult, Error, MessageAuthenticator, Parameters, ResolverCache,
    SpfResult, Txt,
};

use crate::domains::is_under;
use crate::message::{ReadMessage, SubmittedMessage};
use crate::received::{ChainEnd, ReceivedHop, is_internal};

/// What is proven about a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Proof {
    pub signature: SignatureCheck,
    pub server: ServerCheck,
    /// The domain's DMARC policy is `quarantine` or `reject`.
    pub is_strict: bool,
}

/// The best signature of the sender's own domain. Nothing else proves where a message comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SignatureCheck {
    /// The sender's domain did not sign.
    #[default]
    Missing,
    /// Verified: it covers the sender, the subject and the whole body.
    Verified,
    /// Verified, but it covers only a part of what a reader sees: something may have been added.
    Partial,
    /// It does not match the message.
    Broken,
    /// Its key is unknown, in test or too weak; it expired; or the message was not preserved as
    /// sent.
    Unverifiable,
}

/// Whether the delivering machine belongs to the sender's domain, according to the `Received`
/// lines. Never a proof: the person who submits a file may have written them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ServerCheck {
    /// The lines do not show it, or not all of them are understood.
    #[default]
    Unknown,
    /// The newest line names a machine that the domain's SPF record permits.
    Own,
    /// All lines were read, and none names a machine that the SPF record permits.
    Foreign,
}

/// DNS records of official senders, by name.
#[derive(Default)]
pub struct DnsRecords(HashMap<String, Txt>);

/// A line that is not a valid record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {0} is not a valid DKIM, SPF or DMARC record")]
pub struct RecordFault(pub usize);

impl DnsRecords {
    /// Parses one record a line, as printed by `dig +noall +answer TXT`: a name and quoted texts;
    /// anything between them is ignored, and so are lines that begin with `;` or `#`.
    ///
    /// # Errors
    /// The first line that is not a record.
    pub fn parse(text: &str) -> Result<Self, RecordFault> {
        let mut records = HashMap::new();
        for (place, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with([';', '#']) {
                continue;
            }
            let (name, txt) = record(line).ok_or(RecordFault(place + 1))?;
            // A message signed with a key in test is treated as unsigned (RFC 6376, 3.6.1, flag
            // `y`).
            if !is_in_test(line) {
                records.insert(name, txt);
            }
        }
        Ok(Self(records))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The text of a record; one longer than 255 bytes is printed in several quoted strings.
fn value_of(line: &str) -> String {
    line.split('"').skip(1).step_by(2).collect()
}

fn is_in_test(line: &str) -> bool {
    let value = value_of(line);
    let is_key = line
        .split_whitespace()
        .next()
        .is_some_and(|name| name.contains("._domainkey."));
    let tags = value.split(';').filter_map(|tag| tag.split_once('='));
    let mut flags = tags
        .filter(|(name, _)| name.trim() == "t")
        .flat_map(|(_, flags)| flags.split(':'));
    is_key && flags.any(|flag| flag.trim().eq_ignore_ascii_case("y"))
}

fn record(line: &str) -> Option<(String, Txt)> {
    let name = line.split_whitespace().next()?;
    let value = value_of(line);
    let bytes = value.trim().as_bytes();
    let txt: Txt = if name.contains("._domainkey.") {
        DomainKey::parse(bytes).ok()?.into()
    } else if name.starts_with("_dmarc.") {
        Dmarc::parse(bytes).ok()?.into()
    } else {
        Spf::parse(bytes).ok()?.into()
    };
    Some((
        format!("{}.", name.trim_end_matches('.').to_lowercase()),
        txt,
    ))
}

impl ResolverCache<String, Txt> for DnsRecords {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        String: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        // Always `Some`: a missing entry would make the library query a name server.
        Some(
            self.0
                .get(name)
                .cloned()
                .unwrap_or(Txt::Error(Error::InvalidRecordType)),
        )
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        String: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: String, _: Txt, _: std::time::Instant) {}
}

/// Each signature costs a public-key operation, and a message may carry thousands.
const SIGNATURES_MAX: usize = 20;

/// Verifies every message of a submission, in order.
pub async fn prove_all(submission: &SubmittedMessage, records: &DnsRecords) -> Vec<Proof> {
    let mut proofs = Vec::with_capacity(submission.messages.len());
    for read in &submission.messages {
        proofs.push(prove(read, records).await);
    }
    proofs
}

/// Verifies a message against the known records. Any fault on the way proves nothing, and is not an
/// error.
pub async fn prove(read: &ReadMessage, records: &DnsRecords) -> Proof {
    let mut proof = Proof::default();
    if !read.is_mail {
        return proof;
    }
    if read.is_signed {
        proof.signature = SignatureCheck::Unverifiable;
    }
    // No name servers: even a bug in the cache above could not send a query.
    let authenticator = MessageAuthenticator::new(
        ResolverConfig::from_parts(None, Vec::new(), Vec::new()),
        ResolverOpts::default(),
    );
    let Ok(authenticator) = authenticator else {
        return proof;
    };
    // Nothing to verify with: what is signed stays unverifiable.
    if records.is_empty() {
        return proof;
    }
    let policy = policy(records, read.from_domain());
    proof.is_strict = policy.as_ref().is_some_and(|policy| policy.is_strict);
    if !read.raw.is_empty() {
        let is_exact = policy.is_some_and(|policy| policy.is_exact);
        proof.signature = signature(read, &read.raw, is_exact, records, &authenticator).await;
        // Mail programs save messages with the line ends of their machine; signatures are over
        // CRLF.
        if proof.signature != SignatureCheck::Verified && has_bare_line_ends(&read.raw) {
            let sent = with_line_ends(&read.raw);
            proof.signature = signature(read, &sent, is_exact, records, &authenticator).await;
        }
    }
    proof.server = server(read, records, &authenticator).await;
    proof
}

/// The best signature of the sender's own domain.
async fn signature(
    read: &ReadMessage,
    raw: &[u8],
    is_exact: bool,
    records: &DnsRecords,
    authenticator: &MessageAuthenticator,
) -> SignatureCheck {
    // Not strict: otherwise the library drops signatures with `l=`, and "covers a part" would look
    // like "not signed".
    let Some(message) = AuthenticatedMessage::parse_with_opts(raw, false) else {
        return SignatureCheck::Unverifiable;
    };
    // Honest messages have two or three signatures.
    if message.dkim_headers.len() > SIGNATURES_MAX {
        return SignatureCheck::Unverifiable;
    }
    let domain = read.from_domain();
    let is_aligned = |signature: &Signature| {
        let signer = signature.d.to_lowercase();
        // Relaxed alignment (RFC 7489, 3.1.1) in both directions, because organisational domains
        // would need a list of suffixes.
        let is_related = is_under(domain, &signer) || is_under(&signer, domain);
        // A signature by `fr` would be related to every French domain.
        signer.contains('.')
            && if is_exact {
                signer == domain
            } else {
                is_related
            }
    };
    let outputs = authenticator
        .verify_dkim(Parameters::new(&message).with_txt_cache(records))
        .await;
    let mut best = SignatureCheck::Missing;
    for output in &outputs {
        let Some(signature) = output.signature().filter(|signature| is_aligned(signature)) else {
            continue;
        };
        let found = match output.result() {
            // SHA-1 is not a proof (RFC 8301, 3.1).
            DkimResult::Pass if signature.a == Algorithm::RsaSha1 => SignatureCheck::Unverifiable,
            DkimResult::Pass if covers(signature, &message, read) => SignatureCheck::Verified,
            DkimResult::Pass => SignatureCheck::Partial,
            DkimResult::Fail(error) | DkimResult::Neutral(error) => match error {
                Error::FailedVerification | Error::FailedBodyHashMatch => SignatureCheck::Broken,
                _ => SignatureCheck::Unverifiable,
            },
            _ => SignatureCheck::Unverifiable,
        };
        // The best counts: a sender may sign twice, and a relay may break one of the two.
        if worth(found) > worth(best) {
            best = found;
        }
    }
    best
}

const fn worth(check: SignatureCheck) -> u8 {
    match check {
        SignatureCheck::Missing => 0,
        SignatureCheck::Unverifiable => 1,
        SignatureCheck::Broken => 2,
        SignatureCheck::Partial => 3,
        SignatureCheck::Verified => 4,
    }
}

/// Headers that decide what a mail program shows. With two of one kind, the program may show the
/// one that is not signed.
const ONCE: [&str; 8] = [
    "from",
    "sender",
    "reply-to",
    "subject",
    "date",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
];
/// Headers that must be signed when they are present.
const SIGNED: [&str; 3] = ["from", "subject", "reply-to"];

/// True when a reader sees exactly what was signed: the whole body (no `l=`), one sender, one
/// subject.
fn covers(signature: &Signature, message: &AuthenticatedMessage<'_>, read: &ReadMessage) -> bool {
    let names = header_names(message.raw_message);
    let count = |name: &str| count_of(&names, name);
    let is_signed = |name: &str| is_signed(signature, name);
    let is_one_sender = read.more_senders.is_empty()
        && matches!(message.from.as_slice(), [from] if from.eq_ignore_ascii_case(&read.from_address));
    // `l=` signs only the first bytes: everything after them was added by anyone (RFC 6376, 8.2).
    signature.l == 0
        && is_one_sender
        && count("from") == 1
        && is_signed("from")
        && ONCE.iter().all(|name| count(name) <= 1)
        && SIGNED
            .iter()
            .all(|name| count(name) == 0 || is_signed(name))
}

fn count_of(headers: &[&[u8]], name: &str) -> usize {
    let headers = headers.iter();
    headers
        .filter(|known| known.eq_ignore_ascii_case(name.as_bytes()))
        .count()
}

fn is_signed(signature: &Signature, name: &str) -> bool {
    let mut signed = signature.h.iter();
    signed.any(|signed| signed.trim().eq_ignore_ascii_case(name))
}

/// Header names as the most lenient mail program reads them, with spaces before the colon: a second
/// `From :` is a sender to some programs.
fn header_names(raw: &[u8]) -> Vec<&[u8]> {
    let lines = raw
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let lines = lines
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with(b" ") && !line.starts_with(b"\t"));
    lines.filter_map(header_name).collect()
}

fn header_name(line: &[u8]) -> Option<&[u8]> {
    let end = line.iter().position(|byte| *byte == b':')?;
    Some(line[..end].trim_ascii())
}

fn has_bare_line_ends(raw: &[u8]) -> bool {
    raw.iter()
        .enumerate()
        .any(|(at, byte)| *byte == b'\n' && (at == 0 || raw[at - 1] != b'\r'))
}

fn with_line_ends(raw: &[u8]) -> Vec<u8> {
    let mut sent = Vec::with_capacity(raw.len() + raw.len() / 30);
    for (at, byte) in raw.iter().enumerate() {
        if *byte == b'\n' && (at == 0 || raw[at - 1] != b'\r') {
            sent.push(b'\r');
        }
        sent.push(*byte);
    }
    sent
}

/// Whether a machine of the sender's domain delivered the message. Lines below the newest may be
/// invented: a machine of the domain there proves nothing, but keeps the message from being called
/// forged.
async fn server(
    read: &ReadMessage,
    records: &DnsRecords,
    authenticator: &MessageAuthenticator,
) -> ServerCheck {
    let domain = read.from_domain();
    let sender = if read.return_path.is_empty() {
        &read.from_address
    } else {
        &read.return_path
    };
    let sender_domain = sender.rsplit_once('@').map_or("", |(_, domain)| domain);
    // SPF is about the envelope sender: it says something of `From` only when the two are aligned.
    if !is_under(domain, sender_domain) && !is_under(sender_domain, domain) {
        return ServerCheck::Unknown;
    }
    let mut is_foreign = false;
    for (place, hop) in read.hops.hops.iter().enumerate() {
        let ReceivedHop::Machine { ip, helo } = hop else {
            continue;
        };
        // A machine of the reader's own network is in no SPF record.
        if is_internal(*ip) {
            continue;
        }
        let asked = SpfParameters::verify_mail_from(*ip, helo, "digue.invalid", sender);
        let output = authenticator
            .verify_spf(Parameters::new(asked).with_txt_cache(records))
            .await;
        match output.result() {
            // Only the newest line is written by the reader's own server.
            SpfResult::Pass if place == 0 => return ServerCheck::Own,
            SpfResult::Fail | SpfResult::SoftFail => is_foreign = true,
            SpfResult::Pass
            | SpfResult::Neutral
            | SpfResult::TempError
            | SpfResult::PermError
            | SpfResult::None => return ServerCheck::Unknown,
        }
    }
    // An unread line may be the one that names the domain's own machine.
    if is_foreign && read.hops.end == ChainEnd::Whole {
        ServerCheck::Foreign
    } else {
        ServerCheck::Unknown
    }
}

/// The DMARC policy of a domain.
struct Policy {
    is_strict: bool,
    /// `adkim=s`: the signing domain must equal the sender's, not only be related.
    is_exact: bool,
}

/// The policy of a domain, or of the closest parent that has one.
fn policy(records: &DnsRecords, domain: &str) -> Option<Policy> {
    let mut name = domain;
    loop {
        if let Some(Txt::Dmarc(dmarc)) = records.0.get(&format!("_dmarc.{name}.")) {
            let asked = if name == domain { dmarc.p } else { dmarc.sp };
            return Some(Policy {
                is_strict: matches!(asked, DmarcPolicy::Quarantine | DmarcPolicy::Reject),
                is_exact: dmarc.adkim == Alignment::Strict,
            });
        }
        // A policy of a top-level domain would cover unrelated owners.
        name = name
            .split_once('.')
            .map(|(_, above)| above)
            .filter(|above| above.contains('.'))?;
    }
}
