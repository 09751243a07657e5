//! The texts of bodies that are none themselves: PDF files, and archives with such files in them.

use digue_identifiers::reading::Unreadable;
use digue_pdf::{PdfLimits, PdfText};
use digue_tables::archive::ZipArchive;

use crate::exchange::BODY_BYTES_MAX;

/// The texts of a PDF file, and of the entries of an archive, with their names; `None` for any
/// other body.
pub fn texts_within(bytes: &[u8]) -> Option<Vec<String>> {
    if bytes.starts_with(b"%PDF-") {
        return Some(pdf_texts(bytes));
    }
    if !bytes.starts_with(b"PK\x03\x04") {
        return None;
    }
    let mut texts = Vec::new();
    let Ok(mut archive) = ZipArchive::open(bytes, BODY_BYTES_MAX) else {
        return Some(texts);
    };
    for position in 0..archive.len() {
        let name = archive.part(position).map(|(name, _)| name.to_owned());
        texts.extend(name);
        match archive.unpack_at(position) {
            Ok(entry) if entry.starts_with(b"%PDF-") => texts.extend(pdf_texts(&entry)),
            Ok(entry) => texts.extend(String::from_utf8(entry.into_owned()).ok()),
            // What cannot be unpacked is unreadable for the inspection too, which says so.
            Err(_) => {}
        }
    }
    Some(texts)
}

fn pdf_texts(bytes: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    if let Ok(text) = pdf_text(bytes) {
        each_text(&text, |text| texts.push(text.to_owned()));
    }
    texts
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
