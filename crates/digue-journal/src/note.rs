//! Signed notes (C2SP signed-note): a short text and Ed25519 signatures under it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Context, SHA256};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

const ED25519_KIND: u8 = 1;

/// What is wrong with a note or a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("the note is not well formed: {0}")]
    Malformed(&'static str),
    #[error("no signature by {0}")]
    NotSigned(String),
    #[error("the signature by {0} does not match the text")]
    BadSignature(String),
    #[error("the key is not well formed")]
    BadKey,
}

/// A private key and its name, able to sign notes.
pub struct Signer {
    pair: Ed25519KeyPair,
    verifier: Verifier,
}

impl Signer {
    /// `seed` is the Ed25519 private key: 32 random bytes that the caller drew.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| NoteError::BadKey)?;
        let public: [u8; 32] = pair.public_key().as_ref().try_into().map_err(|_| NoteError::BadKey)?;
        Ok(Self { pair, verifier: Verifier::new(name, public)? })
    }

    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// `text` with a signature line; `text` must end with a newline.
    pub fn sign(&self, text: &str) -> String {
        let mut blob = self.verifier.key_hash().to_vec();
        blob.extend_from_slice(self.pair.sign(text.as_bytes()).as_ref());
        format!("{text}\n\u{2014} {} {}\n", self.verifier.name, STANDARD.encode(blob))
    }
}

/// A public key and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    public: [u8; 32],
}

impl Verifier {
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, NoteError> {
        if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c == '+') {
            return Err(NoteError::BadKey);
        }
        Ok(Self { name: name.to_owned(), public })
    }

    /// Reads the C2SP form `name+hash+base64`.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (name, hash, key) = (parts.next(), parts.next(), parts.next());
        let (Some(name), Some(hash), Some(key)) = (name, hash, key) else {
            return Err(NoteError::BadKey);
        };
        let blob = STANDARD.decode(key).map_err(|_| NoteError::BadKey)?;
        let [ED25519_KIND, public @ ..] = blob.as_slice() else {
            return Err(NoteError::BadKey);
        };
        let public = public.try_into().map_err(|_| NoteError::BadKey)?;
        let verifier = Self::new(name, public)?;
        if format!("{:08x}", u32::from_be_bytes(verifier.key_hash())) != hash {
            return Err(NoteError::BadKey);
        }
        Ok(verifier)
    }

    /// The C2SP form, for auditors and tlog clients.
    pub fn to_text(&self) -> String {
        let mut blob = vec![ED25519_KIND];
        blob.extend_from_slice(&self.public);
        let hash = u32::from_be_bytes(self.key_hash());
        format!("{}+{hash:08x}+{}", self.name, STANDARD.encode(blob))
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    fn key_hash(&self) -> [u8; 4] {
        let mut context = Context::new(&SHA256);
        context.update(self.name.as_bytes());
        context.update(&[b'\n', ED25519_KIND]);
        context.update(&self.public);
        let hash = context.finish();
        hash.as_ref()[..4].try_into().expect("four of 32 bytes")
    }

    /// The text of `note` if this key signed it.
    pub fn open<'n>(&self, note: &'n str) -> Result<&'n str, NoteError> {
        let split = note.rfind("\n\n").ok_or(NoteError::Malformed("no empty line"))?;
        let (text, signatures) = (&note[..=split], &note[split + 2..]);
        if signatures.is_empty() || !signatures.ends_with('\n') {
            return Err(NoteError::Malformed("no signature line"));
        }
        for line in signatures.lines() {
            let rest = line
                .strip_prefix("\u{2014} ")
                .ok_or(NoteError::Malformed("a signature line without its dash"))?;
            let (name, blob) =
                rest.split_once(' ').ok_or(NoteError::Malformed("a signature without a name"))?;
            let blob =
                STANDARD.decode(blob).map_err(|_| NoteError::Malformed("a signature not in base64"))?;
            if name != self.name || blob.len() < 4 || blob[..4] != self.key_hash() {
                continue;
            }
            return UnparsedPublicKey::new(&ED25519, &self.public)
                .verify(text.as_bytes(), &blob[4..])
                .map(|()| text)
                .map_err(|_| NoteError::BadSignature(self.name.clone()));
        }
        Err(NoteError::NotSigned(self.name.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of Go's golang.org/x/mod/sumdb/note, BSD-3-Clause.
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\
        \n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn opens_a_note_signed_by_another_implementation() {
        let verifier = Verifier::parse(KEY).unwrap();
        assert!(verifier.open(NOTE).unwrap().starts_with("If you think"));
        assert_eq!(verifier.to_text(), KEY);
    }

    #[test]
    fn refuses_a_note_whose_text_was_changed() {
        let verifier = Verifier::parse(KEY).unwrap();
        let forged = NOTE.replace("your problem is", "my problem is");
        assert_eq!(verifier.open(&forged), Err(NoteError::BadSignature("PeterNeumann".into())));
    }

    #[test]
    fn what_it_signs_it_opens_and_another_key_does_not() {
        let signer = Signer::from_seed("digue.test/journal", &[7; 32]).unwrap();
        let other = Signer::from_seed("digue.test/journal", &[8; 32]).unwrap();
        let note = signer.sign("hello\n");
        assert_eq!(signer.verifier().open(&note), Ok("hello\n"));
        assert!(other.verifier().open(&note).is_err());
    }
}
