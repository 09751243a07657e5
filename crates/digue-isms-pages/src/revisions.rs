//! What each revision of a record changed.

use askama::Template;
use axum::extract::{Path, State};
use digue_compliance::isms::differences::{self, RevisionChanges};
use digue_compliance::isms::sheets;
use digue_isms::kinds::RegisterKind;
use digue_pages::differences::words_with;
use digue_pages::error::PageAnswer;
use digue_pages::state::Console;
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;

use crate::home::isms_overview;
use crate::registers::kind_of;

/// A changed field in words: name, before, after.
struct ShownChange {
    name: String,
    before: String,
    after: String,
}

/// A revision with its changes in words.
struct ShownRevision {
    changes: RevisionChanges,
    fields: Vec<ShownChange>,
}

#[derive(Template)]
#[template(path = "isms_revisions.html")]
struct RevisionsPage {
    w: Localizer,
    kind: &'static str,
    id: String,
    title: String,
    revisions: Vec<ShownRevision>,
    /// The numbers of those that cannot be read.
    unreadable: Vec<u32>,
    tab: &'static str,
}

pub async fn revisions(
    State(console): State<Console>,
    visitor: Visitor,
    Path((code, id)): Path<(String, String)>,
) -> PageAnswer {
    let kind = kind_of(&code)?;
    let (actor, overview) = isms_overview(&console, &visitor).await?;
    let (changes, unreadable) = differences::changes(&console.app, &actor, kind, &id).await?;
    let own = overview.comparison.differences.iter();
    let own: Vec<_> = own.filter(|one| one.is_about(&id)).cloned().collect();
    let w = words_with(&console, &visitor, &own);
    let words = overview.words(&w);
    let title = changes
        .first()
        .map(|last| words.title(kind, &last.revision.values));
    let shown = |changes: RevisionChanges| ShownRevision {
        fields: changes
            .changed
            .iter()
            .filter_map(|one| {
                let field = kind.fields().iter().find(|field| field.code == one.field)?;
                Some(ShownChange {
                    name: sheets::field_name(w.reader().language, kind, one.field),
                    before: words.values(field, &one.before),
                    after: words.values(field, &one.after),
                })
            })
            .collect(),
        changes,
    };
    Ok(page(&RevisionsPage {
        kind: RegisterKind::code(kind),
        title: title.unwrap_or_default(),
        revisions: changes.into_iter().map(shown).collect(),
        unreadable,
        id,
        tab: "registers",
        w,
    }))
}
