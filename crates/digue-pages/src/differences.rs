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
    let mut localizer = console.words(visitor);
    let actor = visitor.actor(&console.app)?;
    // Users who see only a part are not told of differences elsewhere.
    if !actor.role.can_watch() {
        return Ok(localizer);
    }
    let compared = stored_records::compare(&console.app, &actor, kinds).await?;
    let is_shown = |one: &&RecordDifference| name.is_none_or(|name| one.is_about(name));
    localizer.faulty = under_headings(
        compared.differences.iter().filter(is_shown),
        visitor.language,
    );
    let mut faulty = std::mem::take(&mut localizer.faulty);
    for (_, records) in &mut faulty {
        let more = records.len().saturating_sub(FAULTY_SHOWN);
        records.truncate(FAULTY_SHOWN);
        if more > 0 {
            records.push(localizer.counted("stored-more", more));
        }
    }
    localizer.faulty = faulty;
    Ok(localizer)
}

/// The most faulty records that a page names; the check of stored records has all.
const FAULTY_SHOWN: usize = 20;

/// A difference from the result of a check, in words: `gate:account:a1`.
pub fn kept_in_words(w: &Localizer, kept: &str) -> String {
    RecordDifference::parse(kept)
        .map_or_else(|| kept.to_owned(), |one| one.in_words(w.reader().language))
}
