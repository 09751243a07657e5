//! `creates` of a route: where the answer to a request that creates a person names the new one.

use digue_identifiers::Pick;
use digue_inspect::{RequestRule, RequestSource, jsonpath};

use super::reader::ConfigSection;

/// `creates = "$.id"`, of the primary kind; the outer `None` is a fault.
pub(crate) fn read_creates(
    section: &ConfigSection<'_>,
    primary: usize,
) -> Option<Option<RequestRule>> {
    let Some(at) = section.text("creates") else {
        return Some(None);
    };
    let pick = Pick::whole(primary, "creates");
    let path = section.accept("creates", jsonpath::RecordPath::parse(&at))?;
    let source = section.accept("creates", RequestSource::json(path, pick.clone()))?;
    Some(Some(RequestRule {
        name: "creates".to_owned(),
        source,
        pick,
        is_subject: false,
    }))
}
