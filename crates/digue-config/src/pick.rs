//! What each rule of a map says alike, for requests and for responses: the kind of its identifiers,
//! and their pattern.

use digue_identifiers::{IdentifierKind, Pick, SearchPattern};

use super::reader::ConfigSection;

/// The kind of a rule, and the pattern that extracts it.
pub(crate) fn read_pick(section: &ConfigSection<'_>, kinds: &[IdentifierKind]) -> Option<Pick> {
    let kind = read_kind(section, kinds);
    let pattern = read_pattern(section);
    let rule = section.texts("at").join(" | ");
    let rule = if rule.is_empty() {
        section.own_name()
    } else {
        rule
    };
    Some(Pick {
        kind: kind?,
        pattern,
        rule: rule.into(),
    })
}

/// The kind that `as` names.
pub(crate) fn read_kind(section: &ConfigSection<'_>, kinds: &[IdentifierKind]) -> Option<usize> {
    match section.text("as") {
        None if kinds.len() == 1 => Some(0),
        None => section.refuse("as", "fault-missing", ""),
        Some(name) => match kinds.iter().position(|kind| kind.name == name) {
            Some(place) => Some(place),
            None => section.refuse("as", "fault-unknown-kind", name),
        },
    }
}

fn read_pattern(section: &ConfigSection<'_>) -> Option<SearchPattern> {
    let pattern = section.parse("pattern", SearchPattern::new);
    // Two groups are ambiguous; without a group the whole match is taken, with the words around the
    // identifier. A sweep has none around it.
    let groups = pattern
        .as_ref()
        .map_or(1, |pattern| pattern.captures_len() - 1);
    if groups > 1 || (groups == 0 && section.has("at")) {
        section.warn("pattern", "warning-pattern-groups", groups);
    }
    pattern
}
