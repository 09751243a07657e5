//! The warning on a page whose stored records differ from the journal, or cannot be read.

use digue_evidence::paper_warning::under_headings;
use digue_evidence::stored_records::{self, RecordDifference, StoredKind};

use crate::error::PageError;
use crate::state::Console;
use crate::view::Localizer;
use crate::visitor::Visitor;

/// The warning for a page that shows records of these kinds, with the faulty ones named; with
/// `name` only for this record.
pub async fn words_beside(
    console: &Console,
    visitor: &Visitor,
    kinds: &[StoredKind],
    name: Option<&str>,
) -> Result<Localizer, PageError> {
    let actor = visitor.actor(&console.app)?;
    // Users who see only a part are not told of differences elsewhere.
    if !actor.role.can_watch() {
        return Ok(console.words(visitor));
    }
    let compared = stored_records::compare(&console.app, &actor, kinds).await?;
    let is_shown = |one: &&RecordDifference| name.is_none_or(|name| one.is_about(name));
    let faulty: Vec<&RecordDifference> = compared.differences.iter().filter(is_shown).collect();
    Ok(words_with(console, visitor, faulty))
}

/// The same for a page that has compared its records itself.
pub fn words_with<'d>(
    console: &Console,
    visitor: &Visitor,
    faulty: impl IntoIterator<Item = &'d RecordDifference>,
) -> Localizer {
    let mut localizer = console.words(visitor);
    let mut faulty = under_headings(faulty.into_iter(), visitor.language);
    for (_, records) in &mut faulty {
        let more = records.len().saturating_sub(FAULTY_SHOWN);
        records.truncate(FAULTY_SHOWN);
        if more > 0 {
            records.push(localizer.counted("stored-more", more));
        }
    }
    localizer.faulty = faulty;
    localizer
}

/// The most faulty records that a page names; the check of stored records has all.
const FAULTY_SHOWN: usize = 20;

/// A difference from the result of a check, in words: `gate:account:a1`.
pub fn kept_in_words(w: &Localizer, kept: &str) -> String {
    RecordDifference::parse(kept)
        .map_or_else(|| kept.to_owned(), |one| one.in_words(w.reader().language))
}
