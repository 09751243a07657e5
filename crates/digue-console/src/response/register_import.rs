//! Import of an earlier data-breach register: what a spreadsheet would open, and the confirmation.

use digue_app::OperationError;
use digue_casework::register_import::{
    self, RegisterOutcome, RegisterPreview, RowFault, RowToOpen,
};
use digue_compliance::isms::import::{pack, unpack};

use askama::Template;
use axum::extract::{Multipart, State};

use crate::error::{PageAnswer, PageError};
use crate::form::fields_of;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, page};
use crate::visitor::Visitor;
use digue_isms_pages::import::unnamed_in_words;

/// The most rows on the page.
const ROWS_SHOWN_MAX: usize = 500;
/// The most references on the page.
const KNOWN_SHOWN_MAX: usize = 50;

#[derive(Template)]
#[template(path = "register_imported.html")]
struct RegisterImportPage {
    w: Localizer,
    preview: RegisterPreview,
    opened: Vec<OpenedInWords>,
    known: String,
    unnamed: String,
    faults: Vec<String>,
    /// The file, carried by the form until it is confirmed.
    waiting: Option<String>,
    is_outdated: bool,
}

struct OpenedInWords {
    row: u32,
    title: String,
    aware: String,
    authority: String,
    persons: String,
}

/// Shows the changes of a file, or applies those whose digest the form carries.
pub(crate) async fn import(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    form: Multipart,
) -> PageAnswer {
    let [file, kept, digest] = fields_of(form, ["file", "kept", "digest"]).await?;
    let invalid = || OperationError::Invalid("invalid-upload");
    let (bytes, confirmed) = match (file, kept, digest) {
        (Some(file), None, _) => (file, None),
        (None, Some(kept), Some(digest)) => {
            let bytes = unpack(&kept).ok_or_else(invalid)?;
            (bytes, Some(String::from_utf8_lossy(&digest).into_owned()))
        }
        _ => return Err(PageError::from(invalid())),
    };
    let app = &console.app;
    let (preview, is_taken, is_outdated) = match confirmed {
        None => (
            register_import::preview(app, &actor, &bytes).await?,
            false,
            false,
        ),
        Some(digest) => match register_import::import(app, &actor, &bytes, &digest).await? {
            RegisterOutcome::Taken(preview) => (preview, true, false),
            RegisterOutcome::Outdated(preview) => (preview, false, true),
        },
    };
    let w = console.words(&visitor);
    let waiting = (!is_taken && !preview.opened.is_empty()).then(|| pack(&bytes));
    Ok(page(&RegisterImportPage {
        opened: preview
            .opened
            .iter()
            .take(ROWS_SHOWN_MAX)
            .map(|row| in_words(&w, row))
            .collect(),
        known: known_in_words(&preview.known),
        unnamed: unnamed_in_words(&preview.unnamed_columns),
        faults: preview
            .faults
            .iter()
            .map(|fault| fault_in_words(&w, fault))
            .collect(),
        preview,
        waiting,
        is_outdated,
        w,
    }))
}

fn in_words(w: &Localizer, row: &RowToOpen) -> OpenedInWords {
    let decided = |decision: &Option<(bool, String)>, [yes, no]: [&str; 2]| match decision {
        Some((is, why)) => format!("{} – {why}", w.say(if *is { yes } else { no })),
        None => w.say("undecided"),
    };
    let is_undated = row.notified_at.is_none() && matches!(row.authority, Some((true, _)));
    let mut authority = decided(&row.authority, ["decided-notify", "decided-not-notify"]);
    if is_undated {
        authority = format!("{authority} ({})", w.say("register-import-undated"));
    }
    OpenedInWords {
        row: row.row,
        title: row.title.clone(),
        aware: row
            .aware_at
            .map_or_else(|| w.say("paper-unknown"), |at| w.moment(at)),
        authority,
        persons: decided(&row.persons, ["decided-inform", "decided-not-inform"]),
    }
}

/// The references; rows that repeat an earlier row of the file have none.
fn known_in_words(known: &[String]) -> String {
    let named: Vec<&str> = known
        .iter()
        .map(String::as_str)
        .filter(|reference| !reference.is_empty())
        .take(KNOWN_SHOWN_MAX)
        .collect();
    let more = if named.len() < KNOWN_SHOWN_MAX {
        ""
    } else {
        ", …"
    };
    format!("{}{more}", named.join(", "))
}

fn fault_in_words(w: &Localizer, fault: &RowFault) -> String {
    let values = [
        ("row", fault.row.into()),
        ("place", fault.place.as_str().into()),
        (
            "column",
            register_import::column(&w.reader(), fault.column).into(),
        ),
        ("fault", w.coded("register-fault", fault.fault).into()),
        ("seen", fault.seen.as_str().into()),
    ];
    w.with(
        if fault.seen.is_empty() {
            "register-fault-line"
        } else {
            "register-fault-line-seen"
        },
        values,
    )
}
