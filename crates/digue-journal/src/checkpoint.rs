//! Checkpoints: the size and root of the tree as a signed note (C2SP tlog-checkpoint).
//!
//! Whether a checkpoint continues an earlier one is not known here: see `proof` and `witness`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::note::{NoteError, Signer, Verifier};
use crate::tree::Hash;

/// The size and root of a journal at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The journal's name: the first line of the note.
    pub origin: String,
    pub size: u64,
    pub root: Hash,
}

impl Checkpoint {
    pub fn sign(&self, signer: &Signer) -> String {
        signer.sign(&format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            STANDARD.encode(self.root)
        ))
    }

    /// Parses a note signed by `verifier`, whose name is the journal's origin. Extension lines
    /// after the root are allowed by the specification and ignored.
    pub fn open(note: &str, verifier: &Verifier) -> Result<Self, NoteError> {
        let mut lines = verifier.open(note)?.lines();
        let origin = lines.next().unwrap_or_default().to_owned();
        if origin != verifier.name() {
            return Err(NoteError::Malformed("the origin is another journal's"));
        }
        let size_text = lines.next().unwrap_or_default();
        let size = size_text
            .parse()
            .map_err(|_| NoteError::Malformed("the size is not a number"))?;
        // The specification allows no leading zero and no sign: one checkpoint has one text.
        if format!("{size}") != size_text {
            return Err(NoteError::Malformed("the size is not in its shortest form"));
        }
        let root = STANDARD
            .decode(lines.next().unwrap_or_default())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(NoteError::Malformed("the root is not a hash"))?;
        Ok(Self { origin, size, root })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_signed() {
        let signer = Signer::from_seed("digue.test/journal", &[1; 32]).unwrap();
        let head = Checkpoint {
            origin: "digue.test/journal".into(),
            size: 42,
            root: [9; 32],
        };
        let note = head.sign(&signer);
        assert_eq!(Checkpoint::open(&note, signer.verifier()), Ok(head));
        assert!(Checkpoint::open(&note.replace("\n42\n", "\n43\n"), signer.verifier()).is_err());
    }
}
