//! A witness (C2SP tlog-witness): remembers the last checkpoint of other journals, and cosigns the
//! next one only when it continues that one.
//!
//! To rewrite a journal unnoticed one would also have to rewrite the memory of its witnesses, which
//! belong to other people and run on other machines. Receiving requests is the caller's task.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digue_types::Timestamp;
use ring::digest::{SHA256, digest};

use crate::checkpoint::Checkpoint;
use crate::cosign::Cosigner;
use crate::disk::Disk;
use crate::note::{Note, NoteError, Verifier};
use crate::open_error::OpenError;
use crate::tree::{self, Hash};

/// Greatest number of hashes in a consistency proof, by the specification.
const PROOF_HASHES_MAX: usize = 63;

/// Refused checkpoints that are kept as evidence; a bound, because a rewritten journal may send any
/// number.
const REFUSED_MAX: usize = 100;

/// A request to cosign a checkpoint.
#[derive(Debug, PartialEq, Eq)]
pub struct AddCheckpoint<'r> {
    /// The size of the last checkpoint that the witness has, as far as the sender knows.
    pub old: u64,
    pub proof: Vec<Hash>,
    pub note: &'r str,
}

impl<'r> AddCheckpoint<'r> {
    /// Parses the body of an `add-checkpoint` request.
    pub fn parse(body: &'r str) -> Option<Self> {
        let (head, note) = body.split_once("\n\n")?;
        let mut lines = head.lines();
        let old_text = lines.next()?.strip_prefix("old ")?;
        let old: u64 = old_text.parse().ok()?;
        let proof: Option<Vec<Hash>> = lines
            .map(|line| STANDARD.decode(line).ok()?.try_into().ok())
            .collect();
        let proof = proof.filter(|proof| proof.len() <= PROOF_HASHES_MAX)?;
        (old.to_string() == old_text).then_some(Self { old, proof, note })
    }

    pub fn to_body(&self) -> String {
        let mut body = format!("old {}\n", self.old);
        for hash in &self.proof {
            body.push_str(&STANDARD.encode(hash));
            body.push('\n');
        }
        body.push('\n');
        body.push_str(self.note);
        body
    }
}

/// The answer of a witness; the status codes are those of the specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WitnessAnswer {
    /// 200: the signature line.
    Cosigned(String),
    /// 400.
    Malformed,
    /// 403: not signed by the key that this witness has for the journal.
    NotSigned,
    /// 404: this witness is not configured for the journal.
    UnknownJournal,
    /// 409: the last checkpoint of the witness has this size instead.
    Conflict(u64),
    /// 409, and a finding: two roots for the same size.
    Fork(u64),
    /// 422, and a finding: the checkpoint does not continue the last one of the witness.
    Inconsistent,
}

impl WitnessAnswer {
    pub const fn status(&self) -> u16 {
        match self {
            Self::Cosigned(_) => 200,
            Self::Malformed => 400,
            Self::NotSigned => 403,
            Self::UnknownJournal => 404,
            Self::Conflict(_) | Self::Fork(_) => 409,
            Self::Inconsistent => 422,
        }
    }
}

/// A witness and its memory.
pub struct WitnessState {
    disk: Disk,
    cosigner: Cosigner,
    journals: Vec<Verifier>,
    /// Guards the files in `known/`. Held from reading a checkpoint to replacing it, its sync
    /// included: two requests at once could otherwise get cosignatures for two continuations. No
    /// other lock is taken under it.
    turn: Mutex<()>,
}

impl WitnessState {
    /// `disk` must be locked (`Disk::lock`) by this process: `turn` does not exclude another one.
    pub fn new(disk: Disk, cosigner: Cosigner, journals: Vec<Verifier>) -> Self {
        Self {
            disk,
            cosigner,
            journals,
            turn: Mutex::new(()),
        }
    }

    /// Answers an `add-checkpoint` request.
    ///
    /// # Errors
    /// The memory cannot be read or written; nothing was signed.
    pub fn add_checkpoint(&self, body: &str, now: Timestamp) -> Result<WitnessAnswer, OpenError> {
        let Some(asked) = AddCheckpoint::parse(body) else {
            return Ok(WitnessAnswer::Malformed);
        };
        let Ok(note) = Note::parse(asked.note) else {
            return Ok(WitnessAnswer::Malformed);
        };
        let origin = note.text.lines().next().unwrap_or_default();
        let Some(key) = self.journals.iter().find(|key| key.name() == origin) else {
            return Ok(WitnessAnswer::UnknownJournal);
        };
        let head = match Checkpoint::open(asked.note, key) {
            Ok(head) => head,
            Err(NoteError::NotSigned(_) | NoteError::BadSignature(_)) => {
                return Ok(WitnessAnswer::NotSigned);
            }
            Err(_) => return Ok(WitnessAnswer::Malformed),
        };
        // The specification's 400 and not 409: no state of the witness could make this request
        // valid.
        if asked.old > head.size {
            return Ok(WitnessAnswer::Malformed);
        }
        // From here on one request at a time. Those that the journal's key did not sign never get
        // here.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.known(key)?;
        let known_size = known.as_ref().map_or(0, |known| known.size);
        if asked.old != known_size {
            return Ok(WitnessAnswer::Conflict(known_size));
        }
        let known_root = known.map_or_else(tree::empty_root, |known| known.root);
        if head.size == known_size && head.root != known_root {
            self.keep_refused(asked.note)?;
            return Ok(WitnessAnswer::Fork(known_size));
        }
        let continues =
            tree::verify_consistency(known_size, head.size, &asked.proof, &known_root, &head.root);
        if continues.is_err() {
            self.keep_refused(asked.note)?;
            return Ok(WitnessAnswer::Inconsistent);
        }
        // Durable before the answer: a witness that forgot it could cosign another history.
        self.disk.write_note(&file(key), asked.note.as_bytes())?;
        Ok(WitnessAnswer::Cosigned(
            self.cosigner.cosign(note.text, now),
        ))
    }

    /// The last checkpoint of this journal that was cosigned.
    pub fn known(&self, key: &Verifier) -> Result<Option<Checkpoint>, OpenError> {
        let Some(bytes) = self.disk.read(&file(key))? else {
            return Ok(None);
        };
        let note = String::from_utf8_lossy(&bytes);
        let known = Checkpoint::open(&note, key);
        known
            .map(Some)
            .map_err(|error| OpenError::Tampered(format!("{}: {error}", file(key))))
    }

    /// Keeps a refused checkpoint: two signed checkpoints that contradict each other prove a fork
    /// to anyone.
    fn keep_refused(&self, note: &str) -> Result<(), OpenError> {
        if self.disk.list("refused")?.len() < REFUSED_MAX {
            self.disk
                .write_note(&format!("refused/{}", hex(note)), note.as_bytes())?;
        }
        Ok(())
    }
}

fn file(key: &Verifier) -> String {
    // Hashed: the name of a journal may contain slashes and dots.
    format!("known/{}", hex(key.name()))
}

fn hex(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
