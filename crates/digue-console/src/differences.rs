//! A page about stored records says which of them are not as the journal tells.

use digue_operations::stored_records::{self, Difference, StoredKind};

use crate::error::{PageError, told};
use crate::router::Console;
use crate::view::Words;
use crate::visitor::Visitor;

/// Words for a page that shows records of these kinds, those that differ among them named; with `name` only those
/// of this record.
pub(crate) async fn words_beside(
    console: &Console,
    visitor: &Visitor,
    kinds: &[StoredKind],
    name: Option<&str>,
) -> Result<Words, PageError> {
    let mut words = Words::in_zone(visitor, &console.zone);
    let actor = told(visitor, visitor.actor(&console.house))?;
    // Whoever looks after a part only is not told of the whole.
    if !actor.role.can_watch() {
        return Ok(words);
    }
    let compared = told(visitor, stored_records::compare(&console.house, &actor, kinds).await)?;
    let is_asked = |one: &&Difference| name.is_none_or(|name| is_of(&one.name, name));
    words.differs = compared.differences.iter().filter(is_asked).map(|one| in_words(&words, one)).collect();
    Ok(words)
}

/// `account:a1` and `in-7 4` are about `a1` and `in-7`.
fn is_of(found: &str, name: &str) -> bool {
    found.split([':', ' ']).any(|part| part == name)
}

/// `Barrière – a1`, `Registre – RI-3 (absent de la base)`.
pub(crate) fn in_words(w: &Words, one: &Difference) -> String {
    named(w, one.kind.code(), &one.name, one.is_missing)
}

/// The same of what a check kept: `gate:account:a1`.
pub(crate) fn kept_in_words(w: &Words, kept: &str) -> String {
    match kept.split_once(':') {
        Some((kind, name)) if StoredKind::parse(kind).is_some() => named(w, kind, name, false),
        _ => kept.to_owned(),
    }
}

fn named(w: &Words, kind: &str, name: &str, is_missing: bool) -> String {
    let name = name.rsplit_once(':').map_or(name, |(_, name)| name);
    let kind = w.coded("stored", kind);
    let key = if is_missing { "stored-missing" } else { "stored-named" };
    w.with(key, [("kind", kind.into()), ("name", name.into())])
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn a_difference_is_of_the_record_that_it_names() {
        for (found, name, expected) in [
            ("account:a1", "a1", true),
            ("account:a12", "a1", false),
            ("in-7 4", "in-7", true),
            ("in-71 4", "in-7", false),
            ("RI-3", "RI-3", true),
        ] {
            assert_eq!(is_of(found, name), expected, "{found} {name}");
        }
    }
}
