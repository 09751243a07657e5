//! The head of a letter: who writes, to whom, where and when, about what.

/// The most lines of a postal address (NF Z 10-011).
const LINES_MAX: usize = 6;
/// The most characters of one of its lines.
const LINE_CHARS_MAX: usize = 38;

/// What stands above the text of a letter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LetterHead {
    /// Name, address and ways to reach the sender, line by line.
    pub sender: Vec<String>,
    /// Stands in the window of the envelope.
    pub recipient: PostalAddress,
    /// For the hand that puts the letter into its envelope, where no address is known; printed
    /// below the window.
    pub handling: String,
    /// `Arras, le 24 novembre 2025`.
    pub place_and_date: String,
    /// Names the letter, also at the head of its second page.
    pub reference: String,
    pub subject: String,
    pub salutation: String,
}

/// A postal address as it stands in the window of an envelope: six lines of 38 characters where it
/// fits, more where it does not. No word of it is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostalAddress(Vec<String>);

impl PostalAddress {
    /// From a text with one line for each part, or with commas between them.
    pub fn of(text: &str) -> Self {
        let lines: Vec<&str> = parts(text, &['\n']);
        // "1 rue de la Digue, 62000 Arras" is two lines, unless there would be too many.
        let apart: Vec<&str> = parts(text, &['\n', ',', ';']);
        let fewest = if apart.len() > LINES_MAX {
            lines
        } else {
            apart
        };
        Self(fewest.into_iter().flat_map(wrapped).collect())
    }

    pub fn lines(&self) -> &[String] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn map(&self, change: impl Fn(&str) -> String) -> Self {
        Self(self.0.iter().map(|line| change(line)).collect())
    }
}

fn parts<'t>(text: &'t str, separators: &[char]) -> Vec<&'t str> {
    text.split(separators)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

/// The line, cut between words where it is longer than a line of an address.
fn wrapped(line: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        match lines.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= LINE_CHARS_MAX => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(text: &str) -> Vec<String> {
        PostalAddress::of(text).lines().to_vec()
    }

    #[test]
    fn an_address_of_one_line_is_set_in_the_lines_of_an_envelope() {
        assert_eq!(
            lines("Personne 1\n1 rue de la Digue, 62000 Arras"),
            ["Personne 1", "1 rue de la Digue", "62000 Arras"]
        );
        assert_eq!(
            lines("\nRésidence des Trois-Fontaines-et-du-Vieux-Moulin bâtiment C escalier 4"),
            [
                "Résidence des",
                "Trois-Fontaines-et-du-Vieux-Moulin",
                "bâtiment C escalier 4"
            ]
        );
        assert_eq!(
            lines("a,b,c,d,e,f,g"),
            ["a,b,c,d,e,f,g"],
            "commas as written"
        );
        assert!(PostalAddress::of(" \n , ").is_empty());
    }

    proptest! {
        #[test]
        fn no_letter_of_an_address_is_lost(text in any::<String>()) {
            let kept = |text: &str| text.chars().filter(|sign| !sign.is_whitespace() && !",;".contains(*sign)).collect::<String>();
            prop_assert_eq!(kept(&lines(&text).concat()), kept(&text));
        }
    }
}
