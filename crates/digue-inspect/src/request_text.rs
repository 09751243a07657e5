//! Everything in which a request can name a person: its address and its body, as sent. No rule is
//! applied: what is written there in any coding counts as named.

use digue_identifiers::collector::Collector;
use digue_identifiers::identifier::{Identifier, IdentifierKind, Pick};
use digue_identifiers::reading::Unreadable;
use digue_identifiers::sweep::{is_written_in, readings};
use digue_types::UnreadPlace;

/// The texts of a request.
#[derive(Clone, Copy, Debug)]
pub struct RequestText<'r> {
    /// Path and query.
    pub target: &'r str,
    /// In no coding.
    pub body: &'r [u8],
}

impl RequestText<'_> {
    fn texts(&self) -> [String; 2] {
        let body = String::from_utf8_lossy(self.body).into_owned();
        [self.target.to_owned(), body]
    }

    /// True when the identifier is written somewhere.
    pub fn has(&self, identifier: &str) -> bool {
        let texts = self.texts();
        texts.iter().any(|text| is_written_in(identifier, text))
    }

    /// Everything that may be an identifier, `identifiers_max` at most.
    ///
    /// # Errors
    /// There are more, or a pattern of `sweep` finds what is none.
    pub fn identifiers(
        &self,
        kinds: &[IdentifierKind],
        sweep: &[Pick],
        identifiers_max: usize,
    ) -> Result<Vec<Identifier>, Unreadable> {
        let mut found = Collector::new(kinds, sweep, identifiers_max);
        let mut like = Vec::new();
        for text in self.texts() {
            found.sweep(&text, UnreadPlace::default)?;
            for reading in readings(&text) {
                found.identifiers_like(&reading, &mut like);
            }
        }
        like.extend(found.into_identifiers());
        Ok(like)
    }
}
