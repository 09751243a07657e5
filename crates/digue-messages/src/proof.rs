//! What the signature and the sender's own records say of a message: DKIM, SPF, DMARC.
//!
//! The records of official senders are brought by the caller, as their domains publish them. Any other
//! name does not exist here: the sender of a fraud learns nothing of its being looked at.

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
    AuthenticatedMessage, DkimResult, Error, MessageAuthenticator, Parameters, ResolverCache, SpfResult, Txt,
};

use crate::domains::is_under;
use crate::read::{ReadMessage, SubmittedMessage};
use crate::received::{ChainEnd, ReceivedHop, is_internal};

/// What is proven of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Proof {
    pub signature: SignatureCheck,
    pub server: ServerCheck,
    /// The domain asks that what fails be refused, or set aside.
    pub is_strict: bool,
}

/// What the signatures of the sender's own domain are worth. Nothing else proves where a message is from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SignatureCheck {
    /// The sender's domain did not sign.
    #[default]
    Missing,
    /// Verified, of the sender's domain, over the sender, the subject and the whole body.
    Verified,
    /// It holds for a part of what a reader sees: something may have been added.
    Partial,
    /// It does not fit the message.
    Broken,
    /// Its key is not known, not in use yet or too weak; it has expired; or the message was not kept as sent.
    Unverifiable,
}

/// What the newest server says of the machine that handed the message over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ServerCheck {
    /// The lines do not tell, or are not all understood.
    #[default]
    Unknown,
    /// One that the domain names for its mail, by the newest line.
    Own,
    /// All lines were read, and in none is there a machine that the domain names.
    Foreign,
}

/// Records of official senders, by name.
#[derive(Default)]
pub struct DnsRecords(HashMap<String, Txt>);

/// A line that is no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {0} is no record that is understood")]
pub struct RecordFault(pub usize);

impl DnsRecords {
    /// One record a line, as `dig +noall +answer TXT` prints it: a name, and texts in quotes; what
    /// stands between them does not matter. Lines that begin with `;` or `#` are left out.
    ///
    /// # Errors
    /// The first line that is none.
    pub fn parse(text: &str) -> Result<Self, RecordFault> {
        let mut records = HashMap::new();
        for (place, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with([';', '#']) {
                continue;
            }
            let (name, txt) = record(line).ok_or(RecordFault(place + 1))?;
            // What a key in test signs is as if it were not signed (RFC 6376, 3.6.1).
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

/// The text of a record; long ones are given in pieces.
fn value_of(line: &str) -> String {
    line.split('"').skip(1).step_by(2).collect()
}

fn is_in_test(line: &str) -> bool {
    let value = value_of(line);
    let is_key = line.split_whitespace().next().is_some_and(|name| name.contains("._domainkey."));
    let tags = value.split(';').filter_map(|tag| tag.split_once('='));
    let mut flags = tags.filter(|(name, _)| name.trim() == "t").flat_map(|(_, flags)| flags.split(':'));
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
    Some((format!("{}.", name.trim_end_matches('.').to_lowercase()), txt))
}

impl ResolverCache<String, Txt> for DnsRecords {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        String: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        // A name that is not known does not exist: nothing is asked of anybody.
        Some(self.0.get(name).cloned().unwrap_or(Txt::Error(Error::InvalidRecordType)))
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

const SIGNATURES_MAX: usize = 20;

/// Verifies every message of a submission, in their order.
pub async fn prove_all(submission: &SubmittedMessage, records: &DnsRecords) -> Vec<Proof> {
    let mut proofs = Vec::with_capacity(submission.messages.len());
    for read in &submission.messages {
        proofs.push(prove(read, records).await);
    }
    proofs
}

/// Verifies a message that says it comes from one of the domains whose records are known.
pub async fn prove(read: &ReadMessage, records: &DnsRecords) -> Proof {
    let mut proof = Proof::default();
    if !read.is_mail {
        return proof;
    }
    if read.is_signed {
        proof.signature = SignatureCheck::Unverifiable;
    }
    // Without a name server: what is not in the table cannot be asked for.
    let authenticator = MessageAuthenticator::new(
        ResolverConfig::from_parts(None, Vec::new(), Vec::new()),
        ResolverOpts::default(),
    );
    let Ok(authenticator) = authenticator else { return proof };
    if records.is_empty() {
        return proof;
    }
    let policy = policy(records, read.from_domain());
    proof.is_strict = policy.as_ref().is_some_and(|policy| policy.is_strict);
    if !read.raw.is_empty() {
        let is_exact = policy.is_some_and(|policy| policy.is_exact);
        proof.signature = signature(read, &read.raw, is_exact, records, &authenticator).await;
        // Mail programs keep messages with the line ends of their machine.
        if proof.signature != SignatureCheck::Verified && has_bare_line_ends(&read.raw) {
            let sent = with_line_ends(&read.raw);
            proof.signature = signature(read, &sent, is_exact, records, &authenticator).await;
        }
    }
    proof.server = server(read, records, &authenticator).await;
    proof
}

/// The best of the signatures that the sender's own domain made.
async fn signature(
    read: &ReadMessage,
    raw: &[u8],
    is_exact: bool,
    records: &DnsRecords,
    authenticator: &MessageAuthenticator,
) -> SignatureCheck {
    // Not strict: a signature of the first so many bytes is told from none.
    let Some(message) = AuthenticatedMessage::parse_with_opts(raw, false) else {
        return SignatureCheck::Unverifiable;
    };
    // Honest messages have two or three; each costs the work of a key.
    if message.dkim_headers.len() > SIGNATURES_MAX {
        return SignatureCheck::Unverifiable;
    }
    let domain = read.from_domain();
    let is_aligned = |signature: &Signature| {
        let signer = signature.d.to_lowercase();
        let is_related = is_under(domain, &signer) || is_under(&signer, domain);
        signer.contains('.') && if is_exact { signer == domain } else { is_related }
    };
    let outputs = authenticator.verify_dkim(Parameters::new(&message).with_txt_cache(records)).await;
    let mut best = SignatureCheck::Missing;
    for output in &outputs {
        let Some(signature) = output.signature().filter(|signature| is_aligned(signature)) else { continue };
        let found = match output.result() {
            // SHA-1 proves nothing any more (RFC 8301).
            DkimResult::Pass if signature.a == Algorithm::RsaSha1 => SignatureCheck::Unverifiable,
            DkimResult::Pass if covers(signature, &message, read) => SignatureCheck::Verified,
            DkimResult::Pass => SignatureCheck::Partial,
            DkimResult::Fail(error) | DkimResult::Neutral(error) => match error {
                Error::FailedVerification | Error::FailedBodyHashMatch => SignatureCheck::Broken,
                _ => SignatureCheck::Unverifiable,
            },
            _ => SignatureCheck::Unverifiable,
        };
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

/// Lines that a mail program shows or reads the message by: with two of one, it may take the other one.
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
/// What must be signed when it is there.
const SIGNED: [&str; 3] = ["from", "subject", "reply-to"];

/// True when what a reader sees is what was signed: the whole body, one sender, one subject.
fn covers(signature: &Signature, message: &AuthenticatedMessage<'_>, read: &ReadMessage) -> bool {
    let names = header_names(message.raw_message);
    let count = |name: &str| names.iter().filter(|known| known.eq_ignore_ascii_case(name.as_bytes())).count();
    let is_signed = |name: &str| signature.h.iter().any(|signed| signed.trim().eq_ignore_ascii_case(name));
    let is_one_sender = read.more_senders.is_empty()
        && matches!(message.from.as_slice(), [from] if from.eq_ignore_ascii_case(&read.from_address));
    signature.l == 0
        && is_one_sender
        && count("from") == 1
        && is_signed("from")
        && ONCE.iter().all(|name| count(name) <= 1)
        && SIGNED.iter().all(|name| count(name) == 0 || is_signed(name))
}

/// Names of headers as the most lenient of mail programs reads them: with spaces before the colon, too.
fn header_names(raw: &[u8]) -> Vec<&[u8]> {
    let lines = raw.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let lines = lines
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with(b" ") && !line.starts_with(b"\t"));
    lines
        .filter_map(|line| line.iter().position(|byte| *byte == b':').map(|end| line[..end].trim_ascii()))
        .collect()
}

fn has_bare_line_ends(raw: &[u8]) -> bool {
    raw.iter().enumerate().any(|(at, byte)| *byte == b'\n' && (at == 0 || raw[at - 1] != b'\r'))
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

/// Whether it was handed over by a machine of its domain. Lines below the newest may be made up: a machine
/// of the domain there is no proof, and keeps the message from being called forged.
async fn server(
    read: &ReadMessage,
    records: &DnsRecords,
    authenticator: &MessageAuthenticator,
) -> ServerCheck {
    let domain = read.from_domain();
    let sender = if read.return_path.is_empty() { &read.from_address } else { &read.return_path };
    let sender_domain = sender.rsplit_once('@').map_or("", |(_, domain)| domain);
    // Only what is related to the sender speaks for it.
    if !is_under(domain, sender_domain) && !is_under(sender_domain, domain) {
        return ServerCheck::Unknown;
    }
    let mut is_foreign = false;
    for (place, hop) in read.hops.hops.iter().enumerate() {
        let ReceivedHop::Machine { ip, helo } = hop else { continue };
        // A machine within the reader's own network is of nobody's records.
        if is_internal(*ip) {
            continue;
        }
        let asked = SpfParameters::verify_mail_from(*ip, helo, "digue.invalid", sender);
        let output = authenticator.verify_spf(Parameters::new(asked).with_txt_cache(records)).await;
        match output.result() {
            SpfResult::Pass if place == 0 => return ServerCheck::Own,
            SpfResult::Fail | SpfResult::SoftFail => is_foreign = true,
            SpfResult::Pass
            | SpfResult::Neutral
            | SpfResult::TempError
            | SpfResult::PermError
            | SpfResult::None => return ServerCheck::Unknown,
        }
    }
    if is_foreign && read.hops.end == ChainEnd::Whole { ServerCheck::Foreign } else { ServerCheck::Unknown }
}

/// What a domain asks of whoever receives its mail (DMARC).
struct Policy {
    is_strict: bool,
    /// The signature must be of the very domain, not of a related one.
    is_exact: bool,
}

/// The policy of a domain, or of the one that it is below.
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
        name = name.split_once('.').map(|(_, above)| above).filter(|above| above.contains('.'))?;
    }
}
