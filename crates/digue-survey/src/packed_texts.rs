//! The texts of bodies that are none themselves: PDF files, and archives with such files in them.

use digue_identifiers::reading::Unreadable;
use digue_pdf::{PdfLimits, PdfText};
use digue_tables::archive::ZipArchive;

use crate::exchange::BODY_BYTES_MAX;

/// The texts in a body.
#[derive(Debug, PartialEq, Eq)]
pub enum PackedTexts {
    /// No PDF file and no archive.
    NotPacked,
    Whole(Vec<String>),
    /// Something in it cannot be read, and may show anybody.
    Partial(Vec<String>),
}

/// The texts of a PDF file, and of the entries of an archive, with their names.
pub fn texts_within(bytes: &[u8]) -> PackedTexts {
    let mut found = FoundTexts::default();
    if bytes.starts_with(b"%PDF-") {
        found.read_pdf(bytes);
    } else if bytes.starts_with(b"PK\x03\x04") {
        found.read_archive(bytes);
    } else {
        return PackedTexts::NotPacked;
    }
    match found.is_partial {
        true => PackedTexts::Partial(found.texts),
        false => PackedTexts::Whole(found.texts),
    }
}

#[derive(Default)]
struct FoundTexts {
    texts: Vec<String>,
    is_partial: bool,
}

impl FoundTexts {
    fn read_pdf(&mut self, bytes: &[u8]) {
        match pdf_text(bytes) {
            Ok(text) => each_text(&text, |text| self.texts.push(text.to_owned())),
            Err(_) => self.is_partial = true,
        }
    }

    fn read_archive(&mut self, bytes: &[u8]) {
        let Ok(mut archive) = ZipArchive::open(bytes, BODY_BYTES_MAX) else {
            self.is_partial = true;
            return;
        };
        for position in 0..archive.len() {
            let name = archive.part(position).map(|(name, _)| name.to_owned());
            self.texts.extend(name);
            match archive.unpack_at(position) {
                Ok(entry) if entry.starts_with(b"%PDF-") => self.read_pdf(&entry),
                Ok(entry) if entry.starts_with(b"PK\x03\x04") => self.is_partial = true,
                // A picture has no text; a table in another character set has its identifiers.
                Ok(entry) if entry.contains(&0) => {}
                Ok(entry) => self
                    .texts
                    .push(String::from_utf8_lossy(&entry).into_owned()),
                Err(_) => self.is_partial = true,
            }
        }
    }
}

/// The texts of a file.
pub(crate) fn pdf_text(bytes: &[u8]) -> Result<PdfText, Unreadable> {
    let limits = PdfLimits {
        unpacked_bytes_max: BODY_BYTES_MAX,
    };
    digue_pdf::read(bytes, &limits)
}

/// Every reading of every page, and what stands beside the pages.
pub(crate) fn each_text(text: &PdfText, mut take: impl FnMut(&str)) {
    for page in &text.pages {
        page.readings.iter().for_each(|reading| take(reading));
    }
    text.asides.iter().for_each(|aside| take(aside));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_never_nothing() {
        for bytes in [&b"%PDF-1.7 broken"[..], b"PK\x03\x04 broken"] {
            assert_eq!(texts_within(bytes), PackedTexts::Partial(Vec::new()));
        }
        assert_eq!(texts_within(b"P0001"), PackedTexts::NotPacked);
    }
}
