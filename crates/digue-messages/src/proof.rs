//! What the signature and the sender's own records say of a message: DKIM, SPF, DMARC.
//!
//! The records of official senders are brought by the caller, as their domains publish them. Any other
//! name does not exist here: the sender of a fraud learns nothing of its being looked at.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::DomainKey;
use mail_auth::dmarc::Dmarc;
use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
use mail_auth::spf::Spf;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    AuthenticatedMessage, DkimResult, Error, MessageAuthenticator, Parameters, ResolverCache, SpfResult, Txt,
};

use crate::domains::is_under;
use crate::read::Read;

/// What is proven of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Proof {
    pub dkim: Finding,
    pub spf: Finding,
    /// The domain asks that what fails be refused, or set aside.
    pub is_strict: bool,
}

impl Proof {
    /// Signed by the domain that it says it comes from, or sent from where that domain sends (DMARC).
    pub const fn is_aligned(self) -> bool {
        matches!(self.dkim, Finding::Holds) || matches!(self.spf, Finding::Holds)
    }
}

/// What one of the ways says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Finding {
    /// There is nothing to verify, or nothing to verify it with.
    #[default]
    Nothing,
    Holds,
    Fails,
}

/// Records of official senders, by name.
#[derive(Default)]
pub struct Records(HashMap<String, Txt>);

/// A line that is no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {0} is no record that is understood")]
pub struct RecordFault(pub usize);

impl Records {
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
            records.insert(name, txt);
        }
        Ok(Self(records))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn record(line: &str) -> Option<(String, Txt)> {
    let name = line.split_whitespace().next()?;
    let mut quoted = line.split('"');
    quoted.next();
    // Long records are given in pieces.
    let value: String = quoted.step_by(2).collect();
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

impl ResolverCache<String, Txt> for Records {
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

/// Verifies a message that says it comes from one of the domains whose records are known.
pub async fn prove(read: &Read, records: &Records) -> Proof {
    let domain = read.from_domain();
    let mut proof = Proof::default();
    if records.is_empty() || !read.is_mail {
        return proof;
    }
    // Without a name server: what is not in the table cannot be asked for.
    let Ok(authenticator) = MessageAuthenticator::new(
        ResolverConfig::from_parts(None, Vec::new(), Vec::new()),
        ResolverOpts::default(),
    ) else {
        return proof;
    };
    proof.is_strict = is_strict(records, domain);
    if let Some(message) = AuthenticatedMessage::parse(&read.raw) {
        let outputs = authenticator.verify_dkim(Parameters::new(&message).with_txt_cache(records)).await;
        let own = outputs.iter().filter(|output| {
            output
                .signature()
                .is_some_and(|signature| is_under(domain, &signature.d) || is_under(&signature.d, domain))
        });
        for output in own {
            match output.result() {
                DkimResult::Pass => proof.dkim = Finding::Holds,
                DkimResult::Fail(_) | DkimResult::Neutral(_) if proof.dkim != Finding::Holds => {
                    proof.dkim = Finding::Fails;
                }
                _ => {}
            }
        }
    }
    proof.spf = sent_from(read, records, &authenticator).await;
    proof
}

/// Whether it was sent from where its domain sends. The last machine proves it; a message that went
/// through relays of the reporter's own house is not forged as long as any of them could have sent it.
async fn sent_from(read: &Read, records: &Records, authenticator: &MessageAuthenticator) -> Finding {
    let domain = read.from_domain();
    let sender = if read.return_path.is_empty() { &read.from_address } else { &read.return_path };
    let sender_domain = sender.rsplit_once('@').map_or("", |(_, domain)| domain);
    // Only what is of the same house as the sender speaks for it.
    if !is_under(domain, sender_domain) && !is_under(sender_domain, domain) {
        return Finding::Nothing;
    }
    let mut finding = Finding::Nothing;
    for (place, (ip, helo)) in read.hops.iter().enumerate() {
        let asked = SpfParameters::verify_mail_from(*ip, helo, "digue.invalid", sender);
        let output = authenticator.verify_spf(Parameters::new(asked).with_txt_cache(records)).await;
        match output.result() {
            SpfResult::Pass if place == 0 => return Finding::Holds,
            SpfResult::Pass => return Finding::Nothing,
            SpfResult::Fail | SpfResult::SoftFail => finding = Finding::Fails,
            _ => {}
        }
    }
    finding
}

/// The DMARC policy of a domain, or of the one that it is below.
fn is_strict(records: &Records, domain: &str) -> bool {
    let mut name = domain;
    loop {
        if let Some(Txt::Dmarc(dmarc)) = records.0.get(&format!("_dmarc.{name}.")) {
            return !matches!(
                dmarc.p,
                mail_auth::dmarc::Policy::None | mail_auth::dmarc::Policy::Unspecified
            );
        }
        match name.split_once('.') {
            Some((_, above)) if above.contains('.') => name = above,
            _ => return false,
        }
    }
}
