//! Signed notes (C2SP signed-note): a short text followed by Ed25519 signatures.
//!
//! What a text means is not known here.

use std::sync::Arc;

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

/// A private key and its name, to sign notes.
#[derive(Clone)]
pub struct Signer {
    pair: Arc<Ed25519KeyPair>,
    verifier: Verifier,
}

impl Signer {
    /// `seed` is the Ed25519 private key: 32 random bytes that the caller drew.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| NoteError::BadKey)?;
        let public: [u8; 32] = pair
            .public_key()
            .as_ref()
            .try_into()
            .map_err(|_| NoteError::BadKey)?;
        Ok(Self {
            pair: Arc::new(pair),
            verifier: Verifier::new(name, public)?,
        })
    }

    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// `text` with a signature line; `text` must end with a newline.
    pub fn sign(&self, text: &str) -> String {
        let mut blob = self.verifier.key_hash().to_vec();
        blob.extend_from_slice(self.pair.sign(text.as_bytes()).as_ref());
        format!(
            "{text}\n\u{2014} {} {}\n",
            self.verifier.name,
            STANDARD.encode(blob)
        )
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
        // A space ends the name in a signature line, a plus sign ends it in the text of a key.
        if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c == '+') {
            return Err(NoteError::BadKey);
        }
        Ok(Self {
            name: name.to_owned(),
            public,
        })
    }

    /// Parses the C2SP form `name+hash+base64`.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        parse_key(text, ED25519_KIND)
    }

    /// The C2SP form, for auditors and tlog clients.
    pub fn to_text(&self) -> String {
        key_text(self, ED25519_KIND)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn public(&self) -> &[u8; 32] {
        &self.public
    }

    fn key_hash(&self) -> [u8; 4] {
        key_hash(&self.name, ED25519_KIND, &self.public)
    }

    /// The text of `note`, if this key signed it. Other signatures are not looked at.
    pub fn open<'n>(&self, note: &'n str) -> Result<&'n str, NoteError> {
        let note = Note::parse(note)?;
        let Some(blob) = note.signature(&self.name, self.key_hash()) else {
            return Err(NoteError::NotSigned(self.name.clone()));
        };
        self.check(note.text.as_bytes(), blob)?;
        Ok(note.text)
    }

    pub(crate) fn check(&self, message: &[u8], signature: &[u8]) -> Result<(), NoteError> {
        UnparsedPublicKey::new(&ED25519, &self.public)
            .verify(message, signature)
            .map_err(|_| NoteError::BadSignature(self.name.clone()))
    }
}

/// The key hash of signed-note: it selects the line to verify, and proves nothing.
pub(crate) fn key_hash(name: &str, kind: u8, public: &[u8; 32]) -> [u8; 4] {
    let mut context = Context::new(&SHA256);
    context.update(name.as_bytes());
    context.update(&[b'\n', kind]);
    context.update(public);
    let hash = context.finish();
    hash.as_ref()[..4]
        .try_into()
        .expect("SHA-256 gives 32 bytes")
}

pub(crate) fn parse_key(text: &str, kind: u8) -> Result<Verifier, NoteError> {
    // In three at most: base64 contains `+` itself.
    let mut parts = text.trim().splitn(3, '+');
    let (name, hash, key) = (parts.next(), parts.next(), parts.next());
    let (Some(name), Some(hash), Some(key)) = (name, hash, key) else {
        return Err(NoteError::BadKey);
    };
    let blob = STANDARD.decode(key).map_err(|_| NoteError::BadKey)?;
    let Some((first, public)) = blob.split_first() else {
        return Err(NoteError::BadKey);
    };
    let public: [u8; 32] = public.try_into().map_err(|_| NoteError::BadKey)?;
    let verifier = Verifier::new(name, public)?;
    if *first != kind
        || format!("{:08x}", u32::from_be_bytes(key_hash(name, kind, &public))) != hash
    {
        return Err(NoteError::BadKey);
    }
    Ok(verifier)
}

pub(crate) fn key_text(key: &Verifier, kind: u8) -> String {
    let mut blob = vec![kind];
    blob.extend_from_slice(&key.public);
    let hash = u32::from_be_bytes(key_hash(&key.name, kind, &key.public));
    format!("{}+{hash:08x}+{}", key.name, STANDARD.encode(blob))
}

/// A note split into its text and its signatures, none of them verified.
pub struct Note<'n> {
    /// Ends with a newline.
    pub text: &'n str,
    signatures: Vec<(&'n str, Vec<u8>)>,
}

/// Far more than a journal has witnesses. Notes come from strangers, who may add any number of
/// lines.
const SIGNATURES_MAX: usize = 100;

impl<'n> Note<'n> {
    pub fn parse(note: &'n str) -> Result<Self, NoteError> {
        // The last empty line: a text may contain empty lines itself.
        let split = note
            .rfind("\n\n")
            .ok_or(NoteError::Malformed("no empty line"))?;
        let (text, lines) = (&note[..=split], &note[split + 2..]);
        if lines.is_empty() || !lines.ends_with('\n') {
            return Err(NoteError::Malformed("no signature line"));
        }
        // The specification allows no other control character: shown in a terminal, one could hide
        // a part of the text that was signed.
        if note.chars().any(|c| c.is_control() && c != '\n') {
            return Err(NoteError::Malformed("a control character"));
        }
        let signatures: Result<Vec<_>, NoteError> = lines.lines().map(parse_signature).collect();
        let signatures = signatures?;
        if signatures.len() > SIGNATURES_MAX {
            return Err(NoteError::Malformed("too many signatures"));
        }
        Ok(Self { text, signatures })
    }

    /// The bytes after the key hash in the signature by this name and key.
    pub(crate) fn signature(&self, name: &str, key_hash: [u8; 4]) -> Option<&[u8]> {
        let found = self
            .signatures
            .iter()
            .find(|(known, blob)| *known == name && blob[..4] == key_hash);
        found.map(|(_, blob)| &blob[4..])
    }
}

/// `— name base64`; the blob has at least the four bytes of a key hash.
fn parse_signature(line: &str) -> Result<(&str, Vec<u8>), NoteError> {
    let rest = line
        .strip_prefix("\u{2014} ")
        .ok_or(NoteError::Malformed("a signature line without its dash"))?;
    let (name, blob) = rest
        .split_once(' ')
        .ok_or(NoteError::Malformed("a signature without a name"))?;
    let blob = STANDARD
        .decode(blob)
        .map_err(|_| NoteError::Malformed("a signature not in base64"))?;
    if name.is_empty() || blob.len() < 5 {
        return Err(NoteError::Malformed("a signature without a name or bytes"));
    }
    Ok((name, blob))
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
        assert_eq!(
            verifier.open(&forged),
            Err(NoteError::BadSignature("PeterNeumann".into()))
        );
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
