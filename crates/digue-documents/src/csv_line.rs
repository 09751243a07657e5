//! CSV rows that are safe to open in a spreadsheet: no cell is run as a formula, whichever
//! separator the spreadsheet expects.
//!
//! Quoting alone is not enough: a program that expects semicolons takes a comma after a closing
//! quote, and every later quote, for text, and splits the next cell at its semicolon. So a
//! character that starts a formula is escaped after any separator or line end, not only at the
//! start of a cell.

/// Characters that separate cells or rows in one program or another.
const SEPARATORS: [char; 6] = [',', ';', '\t', '|', '\n', '\r'];
/// Characters that start a formula, half-width and full-width.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// One row with its line end: cells separated by commas, quoted where needed (RFC 4180).
pub fn csv_line<'c>(cells: impl IntoIterator<Item = &'c str>) -> String {
    csv_line_by(',', cells)
}

/// The same with another separator: spreadsheets with French settings expect a semicolon.
pub fn csv_line_by<'c>(separator: char, cells: impl IntoIterator<Item = &'c str>) -> String {
    let mut line = String::new();
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            line.push(separator);
        }
        push_cell(&mut line, &guarded(cell));
    }
    // RFC 4180, 2: rows end with CRLF on every system.
    line.push_str("\r\n");
    line
}

fn push_cell(line: &mut String, cell: &str) {
    // Every separator is quoted, not only the one in use: see the head of this file.
    let is_plain = |sign: char| sign != '"' && !SEPARATORS.contains(&sign);
    if cell.chars().all(is_plain) {
        line.push_str(cell);
    } else {
        line.push('"');
        line.push_str(&cell.replace('"', "\"\""));
        line.push('"');
    }
}

/// The text with an apostrophe before each character that some program would take for the start of
/// a formula.
fn guarded(text: &str) -> String {
    let mut guarded = String::with_capacity(text.len());
    let mut may_start = true;
    for sign in text.chars() {
        if may_start && FORMULA.contains(&sign) {
            guarded.push('\'');
        }
        guarded.push(sign);
        // A skipped character keeps the position open: `; \u{feff}=1+1` still starts a formula.
        may_start = SEPARATORS.contains(&sign) || (may_start && is_skipped(sign));
    }
    guarded
}

/// Characters that programs drop before they look at the start of a cell.
fn is_skipped(sign: char) -> bool {
    sign == '"'
        || sign.is_whitespace()
        || sign.is_control()
        || matches!(sign, '\u{200b}'..='\u{200f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells as a given program sees them: its separator, with quotes interpreted or kept as text.
    fn cells_of(text: &str, separator: char, takes_quotes: bool) -> Vec<String> {
        let (mut cells, mut cell, mut is_quoted) = (Vec::new(), String::new(), false);
        let mut signs = text.chars().peekable();
        while let Some(sign) = signs.next() {
            match sign {
                '"' if takes_quotes && is_quoted && signs.peek() == Some(&'"') => {
                    signs.next();
                    cell.push('"');
                }
                '"' if takes_quotes && is_quoted => is_quoted = false,
                // Quotes in the middle of a cell are text.
                '"' if takes_quotes && cell.is_empty() => is_quoted = true,
                _ if !is_quoted && (sign == separator || sign == '\n' || sign == '\r') => {
                    cells.push(std::mem::take(&mut cell));
                }
                _ => cell.push(sign),
            }
        }
        cells.push(cell);
        cells
    }

    fn begins_a_formula(cell: &str) -> bool {
        cell.trim_start_matches(is_skipped).starts_with(FORMULA)
    }

    #[test]
    fn no_hostile_cell_becomes_a_formula_under_any_separator() {
        let starts = [
            "", "ok", "ok ", "\"", "\"\"", " ", "\t", "\r", "\n", "\u{a0}", "\u{feff}", "'",
        ];
        let between = [
            "",
            ";",
            ",",
            "\t",
            "|",
            "\n",
            "\r\n",
            "\";",
            ";\"",
            ";\"\"",
            "; ",
            ";\u{200b}",
            "\",\"",
        ];
        let formulas = [
            "=cmd|' /C calc'!A0",
            "+1+1",
            "-2+3",
            "@SUM(A1)",
            "＝1",
            "＋1",
            "==",
            "=\"x\"",
        ];
        let mut tried = 0;
        for start in starts {
            for separator in between {
                for formula in formulas {
                    let hostile = format!("{start}{separator}{formula}");
                    let line = csv_line([
                        hostile.as_str(),
                        "a",
                        hostile.as_str(),
                        &format!("b{hostile}"),
                    ]);
                    for reader in [',', ';', '\t', '|'] {
                        for takes_quotes in [true, false] {
                            let found = cells_of(&line, reader, takes_quotes);
                            let bad: Vec<&String> =
                                found.iter().filter(|cell| begins_a_formula(cell)).collect();
                            assert!(
                                bad.is_empty(),
                                "{hostile:?} under {reader:?}: {bad:?} of {line:?}"
                            );
                            tried += 1;
                        }
                    }
                }
            }
        }
        assert!(tried > 9_000, "{tried}");
    }

    #[test]
    fn what_is_harmless_comes_back_as_it_was() {
        let cells = [
            "",
            "plain",
            "a,b",
            "say \"yes\"",
            "two\r\nlines",
            "a-b=c@d+e",
            "fr; en",
            "[\"P1\",\"P2\"]",
        ];
        let line = csv_line(cells);
        assert_eq!(cells_of(line.trim_end_matches("\r\n"), ',', true), cells);
        assert_eq!(
            csv_line(["=HYPERLINK(\"x\")"]),
            "\"'=HYPERLINK(\"\"x\"\")\"\r\n"
        );
        // JSON stays JSON.
        assert_eq!(
            csv_line(["[\"P1\",\"-2\"]"]),
            "\"[\"\"P1\"\",\"\"'-2\"\"]\"\r\n"
        );
    }
}
