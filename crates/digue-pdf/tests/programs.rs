//! Files that programs in use have written: every number of the list is read, as a word.

use digue_pdf::{PdfLimits, read};

const LIMITS: PdfLimits = PdfLimits {
    unpacked_bytes_max: 16 << 20,
};

#[track_caller]
fn check(bytes: &[u8]) {
    let text = read(bytes, &LIMITS).expect("a file of a program in use is read");
    let mut words = std::collections::BTreeSet::new();
    for reading in text.pages.iter().flat_map(|page| &page.readings) {
        words.extend(reading.split_whitespace());
    }
    for number in 0..40 {
        let number = format!("{}A", 1_000_000 + number);
        assert!(words.contains(number.as_str()), "{number} {words:?}");
    }
    assert!(words.contains("Numéro"), "{words:?}");
}

#[test]
fn a_browser_prints() {
    check(include_bytes!("files/chromium.pdf"));
}

#[test]
fn a_report_generator_lays_out_a_table() {
    check(include_bytes!("files/reportlab.pdf"));
}

#[test]
fn a_small_library_writes_with_standard_and_with_embedded_fonts() {
    check(include_bytes!("files/fpdf2.pdf"));
    check(include_bytes!("files/fpdf2-embedded.pdf"));
}
