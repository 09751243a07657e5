//! What one revision of a record changed in the one before it, field by field.

use digue_app::{Actor, App, OperationError};
use digue_isms::kinds::RegisterKind;
use digue_isms::register::Revision;

use super::{RecordHistory, history};

/// A field that a revision changed: its texts before and after; empty for one that was or is blank.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangedField {
    pub field: &'static str,
    pub before: Vec<String>,
    pub after: Vec<String>,
}

/// A revision with what it changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RevisionChanges {
    pub revision: Revision,
    /// The number of the revision that it is compared with; `None` for the first.
    pub before: Option<u32>,
    pub changed: Vec<ChangedField>,
}

/// Every readable revision of a record, the last first. One that cannot be read is left out of the
/// comparison, and its number is in `RecordHistory::unreadable`.
pub async fn changes(
    app: &App,
    actor: &Actor,
    kind: RegisterKind,
    id: &str,
) -> Result<(Vec<RevisionChanges>, Vec<u32>), OperationError> {
    let RecordHistory {
        revisions,
        unreadable,
    } = history(app, actor, kind, id).await?;
    let mut changes: Vec<RevisionChanges> = Vec::new();
    for revision in revisions {
        let before = changes.last().map(|last| &last.revision);
        changes.push(RevisionChanges {
            changed: changed(before, &revision),
            before: before.map(|before| before.number),
            revision,
        });
    }
    changes.reverse();
    Ok((changes, unreadable))
}

fn changed(before: Option<&Revision>, after: &Revision) -> Vec<ChangedField> {
    let texts = |revision: Option<&Revision>, field: &str| {
        let texts = revision.and_then(|revision| revision.values.get(field));
        texts.cloned().unwrap_or_default()
    };
    let fields = after.kind.fields().iter().map(|field| field.code);
    let pairs = fields.map(|field| ChangedField {
        field,
        before: texts(before, field),
        after: texts(Some(after), field),
    });
    pairs.filter(|one| one.before != one.after).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use digue_types::Timestamp;

    fn revision(fields: &[(&str, &str)]) -> Revision {
        let one = |(field, text): &(&str, &str)| ((*field).to_owned(), vec![(*text).to_owned()]);
        Revision {
            kind: RegisterKind::Measure,
            id: "ME-1".to_owned(),
            number: 1,
            at: Timestamp::ZERO,
            by: "rssi".to_owned(),
            is_over: false,
            hash: String::new(),
            values: fields.iter().map(one).collect(),
        }
    }

    #[test]
    fn a_revision_names_what_it_changed_added_and_erased_and_nothing_else() {
        let before = revision(&[("title", "Clés"), ("owner", "rssi"), ("due", "2026-01-01")]);
        let after = revision(&[("title", "Clés"), ("owner", "dpo"), ("evidence", "Relevé")]);
        let found: Vec<_> = changed(Some(&before), &after)
            .into_iter()
            .map(|one| (one.field, one.before.join(""), one.after.join("")))
            .collect();
        let expected = [
            ("owner", "rssi", "dpo"),
            ("due", "2026-01-01", ""),
            ("evidence", "", "Relevé"),
        ];
        let expected = expected.map(|(field, a, b)| (field, a.to_owned(), b.to_owned()));
        assert_eq!(found, expected);
        assert_eq!(changed(Some(&after), &after), []);
        assert_eq!(
            changed(None, &before).len(),
            3,
            "the first one wrote them all"
        );
    }
}
