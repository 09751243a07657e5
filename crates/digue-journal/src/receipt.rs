//! A receipt: one entry with the proof that a signed journal contains it (C2SP tlog-proof).
//!
//! It can be verified offline with the journal's public key, without Digue or the journal's files,
//! and stays valid after the journal was pruned. The sealed entry is in the `extra` line; when the
//! operator discloses it, the key that opens this entry and no other follows.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digue_types::{Event, Timestamp};

use crate::checkpoint::Checkpoint;
use crate::codec;
use crate::cosign::{CosignerKey, witnessed_by};
use crate::note::{NoteError, Verifier};
use crate::seal::{ClearHeader, EntryKey};
use crate::tree::{self, Hash, ProofError};

const MAGIC: &str = "c2sp.org/tlog-proof@v1";

/// An audit path has at most one hash for each level: 64 in a tree of 2^64 entries.
const PROOF_HASHES_MAX: usize = 64;

/// Why a receipt is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    #[error("not a receipt: {0}")]
    Malformed(&'static str),
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] NoteError),
    #[error("the proof: {0}")]
    Proof(#[from] ProofError),
    #[error("the disclosed key does not open the entry")]
    Disclosure,
    #[error("{found} witnesses cosigned it, {needed} are required")]
    Witnesses { found: usize, needed: usize },
}

/// One entry with its proof.
#[derive(Clone, PartialEq, Eq)]
pub struct Receipt {
    pub index: u64,
    /// The entry as stored in the journal.
    pub sealed: Vec<u8>,
    pub disclosed: Option<EntryKey>,
    pub proof: Vec<Hash>,
    /// The signed note, cosignatures included.
    pub checkpoint: String,
}

/// The result of verifying a receipt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProvenEntry {
    pub index: u64,
    pub checkpoint: Checkpoint,
    /// The clear date of the entry.
    pub at: Timestamp,
    /// The event, if its key was disclosed.
    pub event: Option<Event>,
    /// Witnesses that cosigned the checkpoint, with their dates.
    pub witnesses: Vec<(String, Timestamp)>,
}

impl Receipt {
    pub fn to_text(&self) -> String {
        let mut extra = u16::try_from(self.sealed.len())
            .expect("entries have at most 65,535 bytes")
            .to_be_bytes()
            .to_vec();
        extra.extend_from_slice(&self.sealed);
        if let Some(key) = &self.disclosed {
            extra.extend_from_slice(key.as_bytes());
        }
        let mut text = format!(
            "{MAGIC}\nextra {}\nindex {}\n",
            STANDARD.encode(extra),
            self.index
        );
        for hash in &self.proof {
            text.push_str(&STANDARD.encode(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        let malformed = ReceiptError::Malformed;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(malformed("no empty line"))?;
        let mut lines = head.lines();
        if lines.next() != Some(MAGIC) {
            return Err(malformed("the first line is not a tlog-proof's"));
        }
        let extra = lines.next().and_then(|line| line.strip_prefix("extra "));
        let extra = extra
            .and_then(|text| STANDARD.decode(text).ok())
            .ok_or(malformed("no entry"))?;
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let index = index
            .and_then(|text| text.parse().ok())
            .ok_or(malformed("no index"))?;
        let mut proof = Vec::new();
        for line in lines {
            let hash = STANDARD
                .decode(line)
                .ok()
                .and_then(|bytes| Hash::try_from(bytes).ok());
            proof.push(hash.ok_or(malformed("a line is not a hash"))?);
            if proof.len() > PROOF_HASHES_MAX {
                return Err(malformed("too many hashes"));
            }
        }
        let (sealed, disclosed) =
            parse_extra(&extra).ok_or(malformed("the entry is cut wrongly"))?;
        Ok(Self {
            index,
            sealed,
            disclosed,
            proof,
            checkpoint: checkpoint.to_owned(),
        })
    }

    /// Verifies the receipt with public keys alone: the journal's, and those of `witnesses`, at
    /// least `quorum` of which must have cosigned.
    pub fn verify(
        &self,
        key: &Verifier,
        witnesses: &[CosignerKey],
        quorum: usize,
    ) -> Result<ProvenEntry, ReceiptError> {
        let checkpoint = Checkpoint::open(&self.checkpoint, key)?;
        let leaf = tree::leaf_hash(&self.sealed);
        // Before the entry is opened: what it says counts only once the journal is known to contain
        // it.
        tree::verify_inclusion(
            self.index,
            checkpoint.size,
            leaf,
            &self.proof,
            &checkpoint.root,
        )?;
        let seen = witnessed_by(&self.checkpoint, witnesses);
        if seen.len() < quorum {
            return Err(ReceiptError::Witnesses {
                found: seen.len(),
                needed: quorum,
            });
        }
        let clear = ClearHeader::of(&self.sealed)
            .map_err(|_| ReceiptError::Malformed("the entry is not sealed"))?;
        let event = self.disclosed.map(|key| key.open(&self.sealed)).transpose();
        let event = event.map_err(|_| ReceiptError::Disclosure)?;
        let event = event.map(|bytes| codec::decode(&bytes)).transpose();
        Ok(ProvenEntry {
            index: self.index,
            checkpoint,
            at: clear.at,
            event: event.map_err(|_| ReceiptError::Disclosure)?,
            witnesses: seen
                .into_iter()
                .map(|(key, at)| (key.name().to_owned(), at))
                .collect(),
        })
    }
}

fn parse_extra(extra: &[u8]) -> Option<(Vec<u8>, Option<EntryKey>)> {
    let (length, rest) = extra.split_first_chunk::<2>()?;
    let (sealed, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    let disclosed = match rest.len() {
        0 => None,
        _ => Some(EntryKey::from_bytes(rest.try_into().ok()?)),
    };
    Some((sealed.to_vec(), disclosed))
}
