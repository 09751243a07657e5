//! A text as a QR code of characters, to be printed beside its words.

use qrcodegen::{QrCode, QrCodeEcc};

/// The lines of a code: two rows of it in each, dark on light as paper is. `None` when the text is too
/// long for any code (2,331 bytes).
///
/// The white of the paper is the quiet zone; on a dark screen readers take the code as inverted.
pub fn qr_lines(text: &str) -> Option<Vec<String>> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let line = |y| {
        let half = |x| match (code.get_module(x, y), code.get_module(x, y + 1)) {
            (true, true) => '\u{2588}',
            (true, false) => '\u{2580}',
            (false, true) => '\u{2584}',
            (false, false) => ' ',
        };
        (0..code.size()).map(half).collect()
    };
    Some((0..code.size()).step_by(2).map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_module_of_the_code_is_half_a_character() {
        let text = "abaisser abandon abdiquer".repeat(8);
        let (lines, code) = (
            qr_lines(&text).unwrap(),
            QrCode::encode_text(&text, QrCodeEcc::Medium).unwrap(),
        );
        for y in 0..code.size() {
            for x in 0..code.size() {
                let line = &lines[usize::try_from(y / 2).unwrap()];
                let sign = line.chars().nth(usize::try_from(x).unwrap()).unwrap();
                let half = if y % 2 == 0 { '\u{2580}' } else { '\u{2584}' };
                let is_dark = sign == '\u{2588}' || sign == half;
                assert_eq!(is_dark, code.get_module(x, y), "{x} {y}");
            }
        }
        assert_eq!(qr_lines(&"x".repeat(3_000)), None);
    }
}
