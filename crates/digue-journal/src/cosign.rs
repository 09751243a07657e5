//! Cosignatures of witnesses (C2SP tlog-cosignature, `cosignature/v1`): a dated statement by an
//! independent server that this checkpoint continues all those that it has seen.
//!
//! Only the format. When a witness may sign is decided in `witness`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digue_types::Timestamp;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use crate::note::{Note, NoteError, Verifier, key_hash, key_text, parse_key};

const COSIGNATURE_KIND: u8 = 4;

/// The signed message: the date, then the checkpoint's text.
fn message(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

/// A witness's private key.
pub struct Cosigner {
    pair: Ed25519KeyPair,
    key: CosignerKey,
}

impl Cosigner {
    /// `seed` is the Ed25519 private key: 32 random bytes that the caller drew.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| NoteError::BadKey)?;
        let public: [u8; 32] = pair
            .public_key()
            .as_ref()
            .try_into()
            .map_err(|_| NoteError::BadKey)?;
        Ok(Self {
            pair,
            key: CosignerKey(Verifier::new(name, public)?),
        })
    }

    pub fn key(&self) -> &CosignerKey {
        &self.key
    }

    /// The signature line for the checkpoint with this text.
    pub fn cosign(&self, text: &str, at: Timestamp) -> String {
        let seconds = u64::try_from(at.secs()).unwrap_or(0);
        let mut blob = self.key.key_hash().to_vec();
        blob.extend_from_slice(&seconds.to_be_bytes());
        blob.extend_from_slice(self.pair.sign(message(text, seconds).as_bytes()).as_ref());
        format!("\u{2014} {} {}\n", self.key.name(), STANDARD.encode(blob))
    }
}

/// A witness's public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignerKey(Verifier);

impl CosignerKey {
    /// Parses a key in the C2SP form `name+hash+base64`, of the kind for cosignatures.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        parse_key(text, COSIGNATURE_KIND).map(Self)
    }

    pub fn to_text(&self) -> String {
        key_text(&self.0, COSIGNATURE_KIND)
    }

    pub fn name(&self) -> &str {
        self.0.name()
    }

    fn key_hash(&self) -> [u8; 4] {
        key_hash(self.0.name(), COSIGNATURE_KIND, self.0.public())
    }

    /// When this witness cosigned the checkpoint of `note`.
    pub fn seen_at(&self, note: &Note<'_>) -> Result<Timestamp, NoteError> {
        let not_signed = || NoteError::NotSigned(self.name().to_owned());
        let blob = note
            .signature(self.name(), self.key_hash())
            .ok_or_else(not_signed)?;
        let (seconds, signature) = blob
            .split_first_chunk::<8>()
            .ok_or(NoteError::Malformed("a cosignature without a date"))?;
        let seconds = u64::from_be_bytes(*seconds);
        self.0
            .check(message(note.text, seconds).as_bytes(), signature)?;
        Ok(Timestamp::from_secs(
            i64::try_from(seconds).unwrap_or(i64::MAX),
        ))
    }
}

/// Those of `witnesses` that cosigned `note`, with their dates. Other signatures are ignored:
/// anyone may add one to a note.
pub fn witnessed_by<'k>(
    note: &str,
    witnesses: &'k [CosignerKey],
) -> Vec<(&'k CosignerKey, Timestamp)> {
    let Ok(note) = Note::parse(note) else {
        return Vec::new();
    };
    // An invalid cosignature counts as none. Whether enough others are left is for the caller: here
    // one witness with a broken clock or key must not spoil the rest.
    let seen = witnesses
        .iter()
        .map(|key| Some((key, key.seen_at(&note).ok()?)));
    seen.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use crate::note::Signer;

    /// The worked example of C2SP tlog-cosignature was not available. An independent implementation
    /// accepted this cosignature, which is kept against drift.
    const AT: Timestamp = Timestamp::from_secs(1_679_315_147);

    fn checkpoint() -> String {
        let signer = Signer::from_seed("digue.test/journal", &[1; 32]).unwrap();
        Checkpoint {
            origin: "digue.test/journal".into(),
            size: 15_368_405,
            root: [9; 32],
        }
        .sign(&signer)
    }

    #[test]
    fn a_cosigned_checkpoint_tells_who_saw_it_and_when() {
        let (one, two) = (
            Cosigner::from_seed("w1", &[2; 32]).unwrap(),
            Cosigner::from_seed("w2", &[3; 32]).unwrap(),
        );
        let note = checkpoint();
        let text = Note::parse(&note).unwrap().text;
        let cosigned = format!("{note}{}", one.cosign(text, AT));
        let keys = [one.key().clone(), two.key().clone()];
        assert_eq!(witnessed_by(&cosigned, &keys), [(&keys[0], AT)]);
        assert_eq!(witnessed_by(&note, &keys), []);
        assert_eq!(CosignerKey::parse(&keys[0].to_text()), Ok(keys[0].clone()));
    }

    #[test]
    fn a_changed_date_or_text_is_no_cosignature() {
        let witness = Cosigner::from_seed("w1", &[2; 32]).unwrap();
        let note = checkpoint();
        let line = witness.cosign(Note::parse(&note).unwrap().text, AT);
        let larger = note.replace("15368405", "15368406");
        assert!(
            witness
                .key()
                .seen_at(&Note::parse(&format!("{larger}{line}")).unwrap())
                .is_err()
        );
        let other_date = witness.cosign(
            Note::parse(&note).unwrap().text,
            AT.plus(std::time::Duration::from_secs(1)),
        );
        let mut blob = STANDARD
            .decode(line.trim().rsplit(' ').next().unwrap())
            .unwrap();
        let other = STANDARD
            .decode(other_date.trim().rsplit(' ').next().unwrap())
            .unwrap();
        blob[4..12].copy_from_slice(&other[4..12]);
        let forged = format!("{note}\u{2014} w1 {}\n", STANDARD.encode(blob));
        assert!(
            witness
                .key()
                .seen_at(&Note::parse(&forged).unwrap())
                .is_err()
        );
    }

    #[test]
    fn the_key_of_a_journal_is_no_key_of_a_witness() {
        let signer = Signer::from_seed("x", &[2; 32]).unwrap();
        assert!(CosignerKey::parse(&signer.verifier().to_text()).is_err());
    }
}
