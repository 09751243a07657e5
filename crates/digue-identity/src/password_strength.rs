//! Whether a password is strong enough to be set (CNIL 2022-100): by its form, and by what is known
//! of it.

use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use digue_access::Session;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

const CHARS_MIN: usize = 12;
/// The longest password.
pub(crate) const BYTES_MAX: usize = 256;
/// CNIL 2022-100, case of a password with restricted attempts.
const ENTROPY_BITS_MIN: f64 = 50.0;

/// Why a password is refused by its form, as a locale key.
pub(crate) fn must_be_well_formed(password: &str) -> Result<(), &'static str> {
    if password.chars().count() < CHARS_MIN {
        return Err("invalid-password-short");
    }
    if password.len() > BYTES_MAX {
        return Err("invalid-password-long");
    }
    if entropy_bits(password) < ENTROPY_BITS_MIN {
        return Err("invalid-password-simple");
    }
    Ok(())
}

/// A password, and what anyone who guesses it knows.
pub(crate) struct Guessable {
    pub(crate) password: String,
    known: [String; 4],
}

impl Guessable {
    pub(crate) fn of(session: &Session, password: &str) -> Self {
        let known = [
            session.account.as_str(),
            session.organisation.as_str(),
            session.host.as_str(),
            "digue",
        ];
        Self {
            password: password.to_owned(),
            known: known.map(ToOwned::to_owned),
        }
    }
}

/// Why a password is refused by its content, as a locale key. `breached`: a sorted file of hashes.
/// Slow: not to be called on an async worker.
pub(crate) fn must_be_hard_to_guess(
    breached: Option<&Path>,
    about: &Guessable,
) -> Result<(), &'static str> {
    // The estimate becomes slower with the length, and no password that needs more than 100
    // characters is trivial.
    let start: String = about.password.chars().take(100).collect();
    let known = about.known.each_ref().map(String::as_str);
    if zxcvbn::zxcvbn(&start, &known).score() < zxcvbn::Score::Three {
        return Err("invalid-password-trivial");
    }
    match breached.map(|file| is_breached(file, &about.password)) {
        None | Some(Ok(false)) => Ok(()),
        Some(Ok(true)) => Err("invalid-password-breached"),
        // Refused, not let through: an operator who configured the list relies on it, and a lost
        // file would end the check unnoticed.
        Some(Err(error)) => {
            tracing::error!(%error, "Reading the list of breached passwords failed; password refused");
            Err("invalid-password-list")
        }
    }
}

/// The entropy by the CNIL's formula: length times log2 of the size of the character classes used.
fn entropy_bits(password: &str) -> f64 {
    let length = u32::try_from(password.chars().count()).unwrap_or(u32::MAX);
    f64::log2(f64::max(alphabet_size(password), 1.0)) * f64::from(length)
}

/// The signs that could stand at each place, by the kinds that occur.
fn alphabet_size(password: &str) -> f64 {
    let kinds: [(fn(&char) -> bool, f64); 4] = [
        (char::is_ascii_lowercase, 26.0),
        (char::is_ascii_uppercase, 26.0),
        (char::is_ascii_digit, 10.0),
        (|c| !c.is_ascii_alphanumeric(), 37.0),
    ];
    let occurring = kinds
        .iter()
        .filter(|(is, _)| password.chars().any(|c| is(&c)));
    occurring.map(|(_, size)| size).sum()
}

/// Looks a password up in a sorted file of hashes by binary search, because such files have
/// gigabytes.
fn is_breached(file: &Path, password: &str) -> std::io::Result<bool> {
    // SHA-1 only because the published lists have this form; it protects nothing here.
    let wanted: String = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes())
        .as_ref()
        .iter()
        .map(|b| format!("{b:02X}"))
        .collect();
    let mut file = std::fs::File::open(file)?;
    let (mut low, mut high) = (0, file.metadata()?.len());
    // Invariant: the wanted line, if present, begins at or after `low` and before `high`.
    while low < high {
        let middle = low + (high - low) / 2;
        file.seek(SeekFrom::Start(middle))?;
        let mut reader = BufReader::new((&file).take(256));
        let mut skipped = Vec::new();
        // From the byte before `middle`, so that a line that begins exactly there is not skipped.
        if middle > 0 {
            file.seek(SeekFrom::Start(middle - 1))?;
            reader = BufReader::new((&file).take(256));
            reader.read_until(b'\n', &mut skipped)?;
        }
        let begins = if middle > 0 {
            middle - 1 + skipped.len() as u64
        } else {
            0
        };
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        if begins >= high || line.is_empty() {
            high = middle;
            continue;
        }
        let found = line
            .get(..40)
            .map(<[u8]>::to_ascii_uppercase)
            .unwrap_or_default();
        match found.as_slice().cmp(wanted.as_bytes()) {
            std::cmp::Ordering::Equal => return Ok(true),
            std::cmp::Ordering::Less => low = begins + line.len() as u64,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_breached_password_is_found_wherever_it_stands() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let sha1 = |text: &str| -> String {
            digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes())
                .as_ref()
                .iter()
                .map(|b| format!("{b:02X}"))
                .collect()
        };
        let words: Vec<String> = (0..500).map(|n| format!("mot de passe {n}")).collect();
        let mut lines: Vec<String> = words.iter().map(|word| sha1(word)).collect();
        lines.sort();
        for (place, line) in lines.iter().enumerate() {
            write!(file, "{line}:{}\r\n", place * 37).unwrap();
        }
        for word in &words {
            assert!(is_breached(file.path(), word).unwrap(), "{word}");
        }
        for n in 0..500 {
            assert!(!is_breached(file.path(), &format!("autre mot {n}")).unwrap());
        }
    }

    #[test]
    fn the_entropy_is_the_cnils() {
        // Its own examples: 8 characters of 3 classes and 16 digits reach 50 bits or so.
        assert!(entropy_bits("aB3aB3aB") > 47.0);
        assert!(entropy_bits("1234567890123456") > 50.0);
        assert!(entropy_bits("motdepasse") < 50.0);
    }
}
