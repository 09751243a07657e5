//! Takes a number format apart: `0"A";-0` into sections, pieces and places for digits. What a
//! format means is decided by its readers.

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FormatToken {
    Digit(char),
    Literal(String),
    General,
}

/// A piece of a format code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A character with a meaning.
    Sign(char),
    Literal(char),
    /// The content of brackets.
    Bracket(String),
}

/// The sections of a format code: positive, negative, zero, text.
pub(super) fn sections(code: &str) -> Vec<Vec<Piece>> {
    let mut sections = vec![Vec::new()];
    let mut rest = code.chars();
    while let Some(c) = rest.next() {
        let last = sections
            .last_mut()
            .expect("`sections` starts with one element");
        match c {
            ';' => sections.push(Vec::new()),
            '"' => last.extend(rest.by_ref().take_while(|c| *c != '"').map(Piece::Literal)),
            '\\' => last.extend(rest.next().map(Piece::Literal)),
            // A space as wide as the next character.
            '_' => last.extend(rest.next().map(|_| Piece::Literal(' '))),
            '[' => last.push(Piece::Bracket(
                rest.by_ref().take_while(|c| *c != ']').collect(),
            )),
            c => last.push(Piece::Sign(c)),
        }
    }
    sections
}

pub(super) fn tokens(section: &[Piece], is_general: bool) -> Vec<FormatToken> {
    let mut tokens = Vec::new();
    let mut has_number = false;
    for piece in section {
        match piece {
            Piece::Sign(c @ ('0' | '#' | '?')) => tokens.push(FormatToken::Digit(*c)),
            Piece::Sign(',') | Piece::Bracket(_) => {}
            Piece::Sign(c) if is_general && (c.is_alphabetic() || *c == '@') => {
                if !has_number {
                    tokens.push(FormatToken::General);
                    has_number = true;
                }
            }
            Piece::Sign(c) | Piece::Literal(c) => tokens.push(FormatToken::Literal((*c).into())),
        }
    }
    tokens
}

/// Fills digit places from the right; the first place takes all remaining digits.
pub(super) fn filled(tokens: &[FormatToken], digits: &str) -> String {
    let places = tokens
        .iter()
        .filter(|token| matches!(token, FormatToken::Digit(_)))
        .count();
    // For zero `#` shows nothing, and `0` fills its place all the same.
    let digits = if digits == "0" && places > 0 {
        ""
    } else {
        digits
    };
    let surplus = digits.len().saturating_sub(places);
    let mut missing = places.saturating_sub(digits.len());
    let mut next = 0;
    let mut shown = String::new();
    for token in tokens {
        match token {
            FormatToken::General => shown.push_str(if digits.is_empty() { "0" } else { digits }),
            FormatToken::Literal(text) => shown.push_str(text),
            FormatToken::Digit(place) if missing > 0 => {
                missing -= 1;
                match place {
                    '0' => shown.push('0'),
                    '?' => shown.push(' '),
                    _ => {}
                }
            }
            FormatToken::Digit(_) => {
                let end = next + 1 + if next == 0 { surplus } else { 0 };
                shown.push_str(&digits[next..end]);
                next = end;
            }
        }
    }
    shown
}
