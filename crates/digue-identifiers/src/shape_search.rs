//! Identifiers recognised by the shape of their kind, wherever they stand and however they are
//! printed: with separators, in the other letter case, with leading zeros, as the kind's own steps
//! undo it.
//!
//! A sweep pattern describes one way of writing; `1 000 001 a` is the person `1000001A` all the
//! same. A kind whose shape no ordinary text has is searched for without being asked. For any other
//! kind the map says so with a simple pattern in `sweep`, and other ways of printing what it
//! describes are found with it.

use crate::identifier::{Identifier, IdentifierKind, Pick};
use crate::printed::ShapeMarker;
use crate::reading::Unreadable;
use crate::sweep::Layers;

/// The search for identifiers by their shape, in the texts of one message.
#[derive(Clone, Copy, Debug)]
pub struct ShapeSearch<'k> {
    kinds: &'k [IdentifierKind],
    sweep: &'k [Pick],
}

impl<'k> ShapeSearch<'k> {
    pub const fn new(kinds: &'k [IdentifierKind], sweep: &'k [Pick]) -> Self {
        Self { kinds, sweep }
    }

    /// True when nothing is searched for.
    pub fn is_empty(&self) -> bool {
        self.sweep.is_empty() && !self.kinds.iter().any(|kind| kind.marker().is_some())
    }

    /// True when the search by shape finds everything that a pattern of the sweep would: nearly all
    /// patterns are the shape of their kind once more.
    pub(crate) fn covers(&self, pick: &Pick) -> bool {
        let described = &self.kinds[pick.kind];
        let pattern = pick.pattern.as_ref();
        match (described.marker(), pattern) {
            (Some(ShapeMarker::Runs(all)), Some(pattern)) => {
                matches!(&all[..], [one] if pattern.printed(described.printed_form()) == Some(one))
            }
            (Some(ShapeMarker::Words { .. }), _) | (Some(_), None) | (None, _) => false,
        }
    }

    /// Passes each identifier in the layers of a text to `take`, some more than once.
    pub(crate) fn each_identifier(
        &self,
        layers: &Layers<'_>,
        take: &mut dyn FnMut(Identifier) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        for (kind, described) in self.kinds.iter().enumerate() {
            let Some(marker) = described.marker() else {
                continue;
            };
            let mut keep = |word: &str| match described.canonical(word) {
                Some(text) => take(Identifier { kind, text }),
                // Found by its form alone, what is no identifier is ordinary text.
                None => Ok(()),
            };
            layers.each_text(&mut |text, is_coded| marker.each_word(text, is_coded, &mut keep))?;
        }
        for pick in self.sweep {
            let described = &self.kinds[pick.kind];
            let Some(pattern) = pick
                .pattern
                .as_ref()
                .filter(|_| described.marker().is_none())
            else {
                continue;
            };
            let Some(runs) = pattern.printed(described.printed_form()) else {
                continue;
            };
            layers.each_text(&mut |text, is_coded| {
                runs.each_match(
                    text,
                    is_coded,
                    &mut |word| match described.canonical(word) {
                        Some(text) => take(Identifier {
                            kind: pick.kind,
                            text,
                        }),
                        None => Ok(()),
                    },
                )
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use digue_types::UnreadPlace;

    use super::*;
    use crate::collector::Collector;
    use crate::identifier::Normalise;
    use crate::pattern::SearchPattern;
    use crate::shape::IdentifierShape;

    const NUMBER: &str = "^(?:[0-9]{7}[A-Z])$";
    const NIR: &str = "^(?:[12][0-9]{4}[0-9AB]{2}[0-9]{6})$";

    fn kind(steps: &[Normalise], shape: &str) -> [IdentifierKind; 1] {
        [IdentifierKind {
            name: "test".into(),
            steps: steps.to_vec(),
            shape: Some(IdentifierShape::new(shape).unwrap()),
        }]
    }

    fn found(kinds: &[IdentifierKind], sweep: &[Pick], text: &str) -> Vec<String> {
        let mut found = Collector::new(kinds, sweep, 1000);
        found.sweep(text, UnreadPlace::default).unwrap();
        let all = found.into_identifiers().into_iter();
        all.map(|identifier| identifier.text.to_string()).collect()
    }

    #[test]
    fn an_identifier_is_the_same_person_however_it_is_printed() {
        let kinds = kind(&[Normalise::Compact, Normalise::Upper], NUMBER);
        for text in [
            "1000001A",
            "1000001a",
            "1 000 001 A",
            "1\u{a0}000\u{a0}001\u{a0}A",
            "1&nbsp;000&#160;001\u{202f}a",
            "1.000.001-A",
            "10-00-001/a",
            "1_000_001_A",
            "\u{ff11}\u{ff10}\u{ff10}\u{ff10}\u{ff10}\u{ff10}\u{ff11}\u{ff21}",
            "10\u{200b}00\u{ad}001\u{2060}A",
            "n\u{ba}1000001A",
            "fiche_1000001A_2026",
            "<a href=/fiche/1000001A/edit>",
            "%31000001A",
            "\u{e9}tat 3 1000001A.",
            "1\u{2011}000\u{2011}001\u{2011}A",
            "MTAwMDAwMUE=",
            "{\"cursor\":\"MTAwMDAwMUE\"}",
        ] {
            assert_eq!(found(&kinds, &[], text), ["1000001A"], "{text}");
        }
    }

    #[test]
    fn only_what_a_kind_undoes_is_the_same() {
        let kinds = kind(&[Normalise::Trim], NUMBER);
        for text in ["1000001a", "1 000 001 A", "1000001 A payer"] {
            assert_eq!(found(&kinds, &[], text), [""; 0], "{text}");
        }
        // No-break spaces group the signs of one number, whatever the kind.
        assert_eq!(found(&kinds, &[], "1\u{a0}000\u{a0}001A"), ["1000001A"]);
        let zeros = kind(&[Normalise::TrimZeros], "^(?:[1-9][0-9]{3}Z)$");
        assert_eq!(found(&zeros, &[], "n° 000001234Z"), ["1234Z"]);
    }

    #[test]
    fn a_part_of_something_else_is_nobody() {
        let kinds = kind(&[Normalise::Compact, Normalise::Upper], NUMBER);
        for text in [
            "91000001A",
            "1000001AB",
            "1000001A2",
            "x1000001A",
            "é1000001A",
            "1000001aé",
            "550e8400-e29b-41d4-a716-446655440000",
            "1000001a-e29b-41d4-a716-446655440000",
            "550e8400-e29b-41d4-a716-1000001abcde",
            "9f1000001ae2fd4e1c67a2d28fced849ee1bb76e",
            "1 2 3 4 5 6 7 A",
            "2026-07-10T09:30:00Z",
            "+33 1 23 45 67 89",
        ] {
            assert_eq!(found(&kinds, &[], text), [""; 0], "{text}");
        }
    }

    #[test]
    fn digits_alone_are_looked_for_where_the_map_says_so() {
        let kinds = kind(&[Normalise::Nir], NIR);
        let text = "NIR : 1 85 03 75 116 001 23";
        assert_eq!(found(&kinds, &[], text), [""; 0]);
        let pattern = SearchPattern::new(r"\b[12][0-9]{4}[0-9AB]{2}[0-9]{6}\b").unwrap();
        let sweep = [Pick::by_pattern(0, pattern, "sweep")];
        for text in [
            text,
            "1850375116001",
            "185037511600123",
            "1.85.03.75.116.001",
            "1\u{a0}85\u{a0}03\u{a0}75\u{a0}116\u{a0}001/23",
            "1 85 03 75 116 001",
        ] {
            assert_eq!(found(&kinds, &sweep, text), ["1850375116001"], "{text}");
        }
        for text in [
            "10 20 30 40 50 60 70 80 90",
            "1 850 375 116 001,50",
            "1 850 375 116 001 €",
            "12 1 85 03 75 116 001 23 4",
        ] {
            assert_eq!(found(&kinds, &sweep, text), [""; 0], "{text}");
        }
        // With a group, the pattern says what stands around an identifier: it alone decides.
        let around = SearchPattern::new(r"dossier ([0-9]{7})").unwrap();
        let sweep = [Pick::by_pattern(0, around, "sweep")];
        let numbers = kind(&[Normalise::Compact], "^(?:[0-9]{7})$");
        let text = "dossier 1000001, montant 2 000 002";
        assert_eq!(found(&numbers, &sweep, text), ["1000001"]);
    }

    #[test]
    fn other_shapes_are_looked_for_word_by_word() {
        let shape = "^(?:(?:AB|CDE)[0-9]{6})$";
        let kinds = kind(&[Normalise::Upper, Normalise::Compact], shape);
        let text = "voir ab123456, /fiche/CDE-123457/x et AB1234567";
        assert_eq!(found(&kinds, &[], text), ["AB123456", "CDE123457"]);
    }

    #[test]
    fn a_list_of_numbers_costs_no_more_than_its_length() {
        let kinds = kind(&[Normalise::Compact, Normalise::Upper], NUMBER);
        let text = "1 2 3 4 ".repeat(1 << 18) + "1000001A";
        assert_eq!(found(&kinds, &[], &text), ["1000001A"]);
        let text = "1".repeat(1 << 21) + " 1000001A";
        assert_eq!(found(&kinds, &[], &text), ["1000001A"]);
    }

    proptest! {
        /// Printed in any way that the kind undoes, and however it is encoded, it is found; digits
        /// and letters beside it make it another text.
        #[test]
        fn any_print_of_an_identifier_is_found(
            number in 1_000_000u32..9_999_999, letter in "[A-Za-z]",
            gaps in proptest::collection::vec(0usize..14, 7),
            codes in proptest::collection::vec(0usize..9, 8),
            before in "[ ,;(é:=\"#°]{0,2}[ ,;(:=\"#°/]", after in "([ ,;)€:\"/.?][ ,;)é:\"]{0,2})?",
        ) {
            const GAPS: [&str; 8] = [" ", ".", "-", "_", "/", "\u{a0}", "\u{202f}", "&nbsp;"];
            let printed = format!("{number}{letter}");
            let mut text = before;
            let mut count = 0;
            for (place, c) in printed.chars().enumerate() {
                if let Some(gap) = place.checked_sub(1).and_then(|at| GAPS.get(gaps[at])).filter(|_| count < 4) {
                    text.push_str(gap);
                    count += 1;
                }
                let code = u32::from(c);
                match codes[place] {
                    0 => text.push_str(&format!("&#{code};")),
                    1 => text.push_str(&format!("%{code:02X}")),
                    2 => text.push_str(&format!("\\u{code:04x}")),
                    3 => { text.push('\u{200b}'); text.push(c); }
                    4 => text.push(char::from_u32(code - 0x21 + 0xff01).unwrap_or(c)),
                    _ => text.push(c),
                }
            }
            text.push_str(&after);
            let kinds = kind(&[Normalise::Compact, Normalise::Upper], NUMBER);
            prop_assert_eq!(found(&kinds, &[], &text), vec![printed.to_uppercase()], "{}", text);
        }

        #[test]
        fn words_digests_and_amounts_are_nobody(
            pieces in proptest::collection::vec(prop_oneof![
                "[a-zé]{1,12}", "[0-9]{1,6}", "[0-9]{8,12}", "[0-9a-f]{32,40}",
                "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
                "[0-9]{1,3}[.,][0-9]{2} €", "20[0-9]{2}-[01][0-9]-[0-3][0-9]", "0[1-9]( [0-9]{2}){4}",
            ], 0..20),
        ) {
            let kinds = kind(&[Normalise::Upper], NUMBER);
            let text = pieces.join(", ");
            prop_assert_eq!(found(&kinds, &[], &text), Vec::<String>::new(), "{}", text);
        }
    }
}
