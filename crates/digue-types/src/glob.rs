//! Names with `*` for any text: `export-*.csv`.

/// A name in which `*` stands for any text, also for none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameGlob {
    /// The fixed pieces between the stars: one more than there are stars.
    pieces: Vec<String>,
}

impl NameGlob {
    pub fn new(text: &str) -> Self {
        Self {
            pieces: text.split('*').map(str::to_owned).collect(),
        }
    }

    /// True when `text` is one of the names.
    pub fn fits(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.pieces.as_slice() else {
            return self.pieces.iter().all(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        // The first place at which each piece fits leaves the most for those that follow.
        for piece in middle {
            let Some(at) = rest.find(piece.as_str()) else {
                return false;
            };
            rest = &rest[at + piece.len()..];
        }
        rest.ends_with(last.as_str())
    }

    /// Number of fixed bytes: the more, the fewer names fit.
    pub fn fixed_bytes(&self) -> usize {
        self.pieces.iter().map(String::len).sum()
    }

    /// The text before the first star, and the one after the last.
    pub fn ends(&self) -> (&str, &str) {
        let first = self.pieces.first().map_or("", String::as_str);
        let last = self.pieces.last().map_or("", String::as_str);
        (first, last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_nothing_else_is() {
        for (glob, fitting, others) in [
            (
                "export-*.csv",
                &["export-.csv", "export-1.csv", "export-a.csv.csv"][..],
                &["export-1.csvx", "xexport-1.csv", "export.csv"][..],
            ),
            ("*", &["", "a"], &[]),
            ("a", &["a"], &["", "aa"]),
            ("a*b*c", &["abc", "a-b-bc", "abbc"], &["acb", "ab", "ac"]),
            ("aa*aa", &["aaaa", "aaxaa"], &["aa", "aaa"]),
            ("[1].csv", &["[1].csv"], &["1.csv"]),
        ] {
            let known = NameGlob::new(glob);
            for text in fitting {
                assert!(known.fits(text), "{glob} {text}");
            }
            for text in others {
                assert!(!known.fits(text), "{glob} {text}");
            }
        }
    }
}
