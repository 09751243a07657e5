//! What a piece of a file looks like: a known format, text, or nothing but noise.
//!
//! Entropy alone is useless on office files: they are compressed, and reach 7.9 bits in every
//! second sample. The chi-square of byte counts tells them apart, because compressed formats keep
//! headers and tables, and encrypted bytes do not (Davies et al., Entropy 24:1503). It does not
//! tell apart xz or gzip, whose magic numbers do.

/// Bytes read from each place of a file.
pub const SAMPLE_BYTES: usize = 64 * 1024;
/// Counts of fewer bytes say nothing: each of the 256 values is expected sixteen times.
const JUDGED_FROM: usize = 4 * 1024;
/// Chi-square of uniformly random bytes, 255 degrees of freedom: 99.9 % lie between.
const RANDOM_LIKE: std::ops::RangeInclusive<f64> = 176.0..=349.0;

/// What a sample is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContentKind {
    Empty,
    /// Starts with the magic number of a known format.
    Format(KnownFormat),
    /// UTF-8 or Latin text.
    Text,
    /// Byte counts as even as those of random bytes.
    RandomLike,
    /// None of these.
    Other,
}

/// Formats that people keep, and that an encryptor destroys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KnownFormat {
    /// Also .docx, .xlsx, .odt, .jar.
    Zip,
    Pdf,
    Png,
    Jpeg,
    Gif,
    Gzip,
    Xz,
    Zstd,
    SevenZip,
    Sqlite,
    /// Also .doc, .xls, .msg.
    CompoundFile,
    Elf,
}

const MAGIC: [(&[u8], KnownFormat); 12] = [
    (b"PK\x03\x04", KnownFormat::Zip),
    (b"%PDF-", KnownFormat::Pdf),
    (b"\x89PNG\r\n\x1a\n", KnownFormat::Png),
    (b"\xff\xd8\xff", KnownFormat::Jpeg),
    (b"GIF8", KnownFormat::Gif),
    (b"\x1f\x8b", KnownFormat::Gzip),
    (b"\xfd7zXZ\x00", KnownFormat::Xz),
    (b"\x28\xb5\x2f\xfd", KnownFormat::Zstd),
    (b"7z\xbc\xaf\x27\x1c", KnownFormat::SevenZip),
    (b"SQLite format 3\0", KnownFormat::Sqlite),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        KnownFormat::CompoundFile,
    ),
    (b"\x7fELF", KnownFormat::Elf),
];

impl ContentKind {
    /// Judges the beginning of a file.
    pub fn of_head(head: &[u8]) -> Self {
        if head.is_empty() {
            return Self::Empty;
        }
        if let Some((_, format)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
            return Self::Format(*format);
        }
        // Fast families encrypt the beginning only: the first counted bytes are judged by
        // themselves, too.
        if head.get(..JUDGED_FROM).is_some_and(is_random_like) {
            return Self::RandomLike;
        }
        Self::of_middle(head)
    }

    /// Judges a piece from anywhere else: no magic number is expected there.
    pub fn of_middle(piece: &[u8]) -> Self {
        if piece.is_empty() {
            Self::Empty
        } else if is_text(piece) {
            Self::Text
        } else if is_random_like(piece) {
            Self::RandomLike
        } else {
            Self::Other
        }
    }

    /// True when a file that was `before` lost its type: nothing that people do to a document turns
    /// it into noise.
    pub fn is_lost_from(self, before: Self) -> bool {
        match before {
            Self::Format(_) => matches!(self, Self::RandomLike | Self::Other),
            Self::Text | Self::Other => self == Self::RandomLike,
            Self::Empty | Self::RandomLike => false,
        }
    }
}

/// Pearson's statistic of the byte counts against even ones. Empty: zero.
pub fn chi_square(bytes: &[u8]) -> f64 {
    if bytes.is_empty() {
        return 0.0;
    }
    let mut counts = [0u32; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let expected = bytes.len() as f64 / 256.0;
    counts
        .iter()
        .map(|count| (f64::from(*count) - expected).powi(2) / expected)
        .sum()
}

/// True when the byte counts are those of random bytes: neither more uneven, nor suspiciously even.
pub fn is_random_like(bytes: &[u8]) -> bool {
    bytes.len() >= JUDGED_FROM && RANDOM_LIKE.contains(&chi_square(bytes))
}

/// Text has no control characters but white space, in UTF-8 or in a Latin encoding.
fn is_text(bytes: &[u8]) -> bool {
    let is_control =
        |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    let controls = bytes.iter().filter(|byte| is_control(byte)).count();
    // A random byte is a control character in one of nine cases.
    controls * 200 <= bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// xorshift64*: noise that is the same in every run.
    fn noise(seed: u64, length: usize) -> Vec<u8> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = || {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 56) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn noise_is_seen_in_nearly_every_sample() {
        let seen = (1..=1_000)
            .filter(|seed| is_random_like(&noise(*seed, SAMPLE_BYTES)))
            .count();
        assert!(seen >= 990, "{seen}");
    }

    #[test]
    fn text_and_tables_are_no_noise() {
        let text = "Le dossier de la personne est complet. ".repeat(2_000);
        assert_eq!(ContentKind::of_head(text.as_bytes()), ContentKind::Text);
        let even: Vec<u8> = (0..=255u8).cycle().take(SAMPLE_BYTES).collect();
        assert!(!is_random_like(&even), "too even is not random");
    }

    #[test]
    fn a_document_that_became_noise_lost_its_type_and_a_saved_one_did_not() {
        let noise = ContentKind::of_head(&noise(1, SAMPLE_BYTES));
        let document = ContentKind::of_head(b"PK\x03\x04and so on");
        let text = ContentKind::of_head("un texte".repeat(100).as_bytes());
        assert!(noise.is_lost_from(document) && noise.is_lost_from(text));
        assert!(
            !document.is_lost_from(document)
                && !document.is_lost_from(text)
                && !text.is_lost_from(text)
        );
        assert!(
            !noise.is_lost_from(noise),
            "what was noise before has no type to lose"
        );
    }

    #[test]
    fn a_text_whose_head_alone_is_noise_lost_its_type() {
        let text = "Le dossier de la personne est complet. "
            .repeat(2_000)
            .into_bytes();
        let mut attacked = text.clone();
        attacked[..JUDGED_FROM].copy_from_slice(&noise(5, JUDGED_FROM));
        assert!(ContentKind::of_head(&attacked).is_lost_from(ContentKind::of_head(&text)));
    }

    #[test]
    fn a_few_bytes_say_nothing() {
        assert!(!is_random_like(&noise(3, JUDGED_FROM - 1)));
        assert_eq!(ContentKind::of_head(b""), ContentKind::Empty);
    }
}
