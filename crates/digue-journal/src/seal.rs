//! Sealed entries: the tree commits to ciphertext.
//!
//! A sealed entry shows the number of its key and a date; the rest can be opened only with the key
//! of its period. Once that key is destroyed the entry reveals nothing more, and every proof about
//! it still holds. Sealing is deterministic (a synthetic IV), so no randomness is drawn and a leaf
//! can be recomputed. Each entry has a key of its own, derived from the period's: a receipt can
//! disclose one entry and nothing else. The entry commits to that key, because AES-GCM does not:
//! otherwise an operator could prepare one ciphertext that opens as two histories
//! (docs/decisions/0009).
//!
//! Byte by byte in `docs/reference/journal.md`. Where keys come from and when they are destroyed is
//! `keyring`'s task.

use digue_types::Timestamp;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{Context, SHA256};
use ring::hmac;

use crate::tile::ENTRY_BYTES_MAX;

const VERSION: u8 = 1;
const CLEAR_BYTES: usize = 13;
const SIV_BYTES: usize = 16;
const COMMITMENT_BYTES: usize = 32;
/// The bytes before the ciphertext, all of them authenticated.
const HEADER_BYTES: usize = CLEAR_BYTES + SIV_BYTES + COMMITMENT_BYTES;
const TAG_BYTES: usize = 16;

/// The longest event that can be sealed.
pub const EVENT_BYTES_MAX: usize = ENTRY_BYTES_MAX - HEADER_BYTES - TAG_BYTES;

/// Why a sealed entry cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("not a sealed entry")]
    Malformed,
    #[error("the entry does not open with its key")]
    WrongKey,
}

/// The part of a sealed entry that can be read without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClearHeader {
    /// Number of the period key.
    pub key: u32,
    pub at: Timestamp,
}

impl ClearHeader {
    /// The clear part of `sealed`.
    pub fn of(sealed: &[u8]) -> Result<Self, SealError> {
        if sealed.len() < HEADER_BYTES + TAG_BYTES || sealed[0] != VERSION {
            return Err(SealError::Malformed);
        }
        let (key, at) = sealed[1..CLEAR_BYTES].split_at(4);
        Ok(Self {
            key: u32::from_be_bytes(key.try_into().expect("split at four bytes")),
            at: Timestamp::from_micros(i64::from_be_bytes(
                at.try_into().expect("eight of twelve bytes"),
            )),
        })
    }

    fn to_bytes(self) -> [u8; CLEAR_BYTES] {
        let mut bytes = [VERSION; CLEAR_BYTES];
        bytes[1..5].copy_from_slice(&self.key.to_be_bytes());
        bytes[5..].copy_from_slice(&self.at.micros().to_be_bytes());
        bytes
    }
}

/// The key of one entry; opens no other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EntryKey([u8; 32]);

impl EntryKey {
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn commitment(&self) -> [u8; COMMITMENT_BYTES] {
        let mut context = Context::new(&SHA256);
        context.update(b"digue entry commitment v1\0");
        context.update(&self.0);
        context
            .finish()
            .as_ref()
            .try_into()
            .expect("SHA-256 gives 32 bytes")
    }

    fn cipher(&self) -> LessSafeKey {
        LessSafeKey::new(
            UnboundKey::new(&AES_256_GCM, &self.0).expect("a key of AES-256 has 32 bytes"),
        )
    }

    /// The encoded event.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        ClearHeader::of(sealed)?;
        let (header, body) = sealed.split_at(HEADER_BYTES);
        // AES-GCM alone accepts one ciphertext under two prepared keys. Both sides of this
        // comparison are public, so it need not take constant time.
        if header[CLEAR_BYTES + SIV_BYTES..] != self.commitment() {
            return Err(SealError::WrongKey);
        }
        let mut bytes = body.to_vec();
        let opened = self
            .cipher()
            .open_in_place(zero_nonce(), Aad::from(header), &mut bytes);
        let length = opened.map_err(|_| SealError::WrongKey)?.len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

/// The key of one period: seals entries, and derives the key of each.
pub struct PeriodKey {
    number: u32,
    siv: hmac::Key,
    entry: hmac::Key,
}

impl PeriodKey {
    pub fn new(number: u32, secret: &[u8; 32]) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let derive =
            |purpose: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, purpose).as_ref());
        Self {
            number,
            siv: derive(b"digue siv v1"),
            entry: derive(b"digue entry key v1"),
        }
    }

    /// Seals an encoded event of at most `EVENT_BYTES_MAX` bytes; the result is stored in the
    /// journal.
    pub fn seal(&self, at: Timestamp, event: &[u8]) -> Vec<u8> {
        let clear = ClearHeader {
            key: self.number,
            at,
        }
        .to_bytes();
        let siv = self.siv_of(&clear, event);
        let key = self.key_from(&siv);
        let mut sealed = Vec::with_capacity(HEADER_BYTES + event.len() + TAG_BYTES);
        sealed.extend_from_slice(&clear);
        sealed.extend_from_slice(&siv);
        sealed.extend_from_slice(&key.commitment());
        let mut body = event.to_vec();
        let aad = Aad::from(sealed.as_slice());
        // A key is derived from the synthetic IV and seals one event only, so its nonce need not
        // vary. A counter would repeat, because a failed commit may be written again at the same
        // index.
        let tag = key
            .cipher()
            .seal_in_place_separate_tag(zero_nonce(), aad, &mut body);
        let tag = tag.expect("entries are far below the limit of AES-GCM");
        sealed.extend_from_slice(&body);
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// The encoded event.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let event = self.key_of(sealed)?.open(sealed)?;
        // Any event could be sealed under any IV: only this check makes the leaf recomputable from
        // it.
        let siv = self.siv_of(&sealed[..CLEAR_BYTES], &event);
        if siv != sealed[CLEAR_BYTES..CLEAR_BYTES + SIV_BYTES] {
            return Err(SealError::WrongKey);
        }
        Ok(event)
    }

    /// The key of the one entry `sealed`, to be disclosed with it.
    pub fn key_of(&self, sealed: &[u8]) -> Result<EntryKey, SealError> {
        if ClearHeader::of(sealed)?.key != self.number {
            return Err(SealError::WrongKey);
        }
        Ok(self.key_from(&sealed[CLEAR_BYTES..CLEAR_BYTES + SIV_BYTES]))
    }

    fn siv_of(&self, clear: &[u8], event: &[u8]) -> [u8; SIV_BYTES] {
        let mut context = hmac::Context::with_key(&self.siv);
        context.update(clear);
        context.update(event);
        context.sign().as_ref()[..SIV_BYTES]
            .try_into()
            .expect("HMAC-SHA-256 gives 32 bytes")
    }

    fn key_from(&self, siv: &[u8]) -> EntryKey {
        EntryKey(
            hmac::sign(&self.entry, siv)
                .as_ref()
                .try_into()
                .expect("HMAC-SHA-256 gives 32 bytes"),
        )
    }
}

fn zero_nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_secs(1_763_000_000);

    #[test]
    fn opens_what_it_sealed_and_shows_key_and_date_only() {
        let key = PeriodKey::new(3, &[7; 32]);
        let sealed = key.seal(AT, b"an event");
        assert_eq!(ClearHeader::of(&sealed), Ok(ClearHeader { key: 3, at: AT }));
        assert_eq!(key.open(&sealed), Ok(b"an event".to_vec()));
        assert!(!sealed.windows(8).any(|bytes| bytes == b"an event"));
        assert_eq!(
            sealed,
            key.seal(AT, b"an event"),
            "the same event gives the same leaf"
        );
    }

    #[test]
    fn the_key_of_one_entry_opens_no_other() {
        let key = PeriodKey::new(3, &[7; 32]);
        let (one, two) = (key.seal(AT, b"one"), key.seal(AT, b"two"));
        let disclosed = key.key_of(&one).unwrap();
        assert_eq!(disclosed.open(&one), Ok(b"one".to_vec()));
        assert_eq!(disclosed.open(&two), Err(SealError::WrongKey));
        assert_eq!(
            PeriodKey::new(3, &[8; 32]).open(&one),
            Err(SealError::WrongKey)
        );
        assert!(PeriodKey::new(4, &[7; 32]).open(&one).is_err());
    }

    #[test]
    fn one_flipped_bit_anywhere_does_not_open() {
        let key = PeriodKey::new(3, &[7; 32]);
        let sealed = key.seal(AT, b"an event");
        for place in 0..sealed.len() {
            let mut bytes = sealed.clone();
            bytes[place] ^= 1;
            assert!(key.open(&bytes).is_err(), "at {place}");
        }
        for length in 0..sealed.len() {
            assert!(key.open(&sealed[..length]).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn the_longest_event_fits_an_entry() {
        let sealed = PeriodKey::new(1, &[1; 32]).seal(AT, &vec![5; EVENT_BYTES_MAX]);
        assert_eq!(sealed.len(), ENTRY_BYTES_MAX);
    }

    /// Fixed bytes, so that another implementation can be checked against the documented format.
    #[test]
    fn seals_the_vector_of_the_reference() {
        let sealed = PeriodKey::new(1, &[0x2a; 32]).seal(Timestamp::from_secs(0), b"digue");
        let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, include_str!("../tests/data/sealed.hex").trim());
    }
}
