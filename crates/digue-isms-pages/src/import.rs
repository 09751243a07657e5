//! Import of a register from a spreadsheet: the changes, old and new, and the confirmation.

use askama::Template;
use axum::extract::{Multipart, Path, State};
use digue_app::OperationError;
use digue_casework::uploaded_table::UnnamedColumn;
use digue_compliance::isms::import::{self, FieldChange, ImportOutcome, ImportPreview, RowChange};
use digue_compliance::isms::sheets;
use digue_isms::kinds::RegisterKind;

use digue_pages::error::PageAnswer;
use digue_pages::form::fields_of;
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;

/// The most rows on the page.
const ROWS_SHOWN_MAX: usize = 500;

#[derive(Template)]
#[template(path = "isms_import.html")]
struct ImportPage {
    w: Localizer,
    kind: &'static str,
    preview: ImportPreview,
    changes: Vec<ChangeInWords>,
    faults: Vec<String>,
    unnamed: String,
    /// The file, carried by the form until it is confirmed.
    waiting: Option<String>,
    is_outdated: bool,
    tab: &'static str,
}

struct ChangeInWords {
    row: u32,
    id: String,
    is_new: bool,
    like: Option<String>,
    /// As (field, old value, new value).
    fields: Vec<(String, String, String)>,
}

/// The file, with the digest of the changes that its sender confirms: a new file has none, one that
/// the form carries has the digest of what was shown.
fn sent_file(
    file: Option<Vec<u8>>,
    kept: Option<Vec<u8>>,
    digest: Option<Vec<u8>>,
) -> Result<(Vec<u8>, Option<String>), OperationError> {
    let invalid = OperationError::Invalid("invalid-upload");
    match (file, kept, digest) {
        (Some(file), None, _) => Ok((file, None)),
        (None, Some(kept), Some(digest)) => {
            let bytes = import::unpack(&kept).ok_or(invalid)?;
            Ok((bytes, Some(String::from_utf8_lossy(&digest).into_owned())))
        }
        _ => Err(invalid),
    }
}

fn changes_in_words(
    w: &Localizer,
    kind: RegisterKind,
    preview: &ImportPreview,
) -> Vec<ChangeInWords> {
    let shown = preview.changes.iter().take(ROWS_SHOWN_MAX);
    shown.map(|change| in_words(w, kind, change)).collect()
}

fn faults_in_words(w: &Localizer, kind: RegisterKind, preview: &ImportPreview) -> Vec<String> {
    let faults = preview.faults.iter();
    faults.map(|fault| fault_in_words(w, kind, fault)).collect()
}

/// Shows the changes of a file, or applies those whose digest the form carries.
pub async fn import(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(code): Path<String>,
    form: Multipart,
) -> PageAnswer {
    let kind = RegisterKind::parse(&code).ok_or(OperationError::NotFound("register"))?;
    let [file, kept, digest] = fields_of(form, ["file", "kept", "digest"]).await?;
    let (bytes, confirmed) = sent_file(file, kept, digest)?;
    let app = &console.app;
    let (preview, is_taken, is_outdated) = match confirmed {
        None => (
            import::preview(app, &actor, kind, &bytes).await?,
            false,
            false,
        ),
        Some(digest) => match import::import(app, &actor, kind, &bytes, &digest).await? {
            ImportOutcome::Taken(preview) => (preview, true, false),
            ImportOutcome::Outdated(preview) => (preview, false, true),
        },
    };
    let w = console.words(&visitor);
    let waiting = (!is_taken && !preview.changes.is_empty()).then(|| import::pack(&bytes));
    Ok(page(&ImportPage {
        kind: kind.code(),
        changes: changes_in_words(&w, kind, &preview),
        unnamed: unnamed_in_words(&preview.unnamed_columns),
        faults: faults_in_words(&w, kind, &preview),
        preview,
        waiting,
        is_outdated,
        tab: "registers",
        w,
    }))
}

/// `G (1), K (12)`.
pub fn unnamed_in_words(columns: &[UnnamedColumn]) -> String {
    let described = columns
        .iter()
        .map(|column| format!("{} ({})", column.letters, column.cells));
    described.collect::<Vec<_>>().join(", ")
}

fn in_words(w: &Localizer, kind: RegisterKind, change: &RowChange) -> ChangeInWords {
    let language = w.reader().language;
    let field = |change: &FieldChange| {
        let cell = |texts: &[String]| sheets::in_words(language, change.field, texts);
        (
            sheets::field_name(language, kind, change.field.code),
            cell(&change.before),
            cell(&change.after),
        )
    };
    ChangeInWords {
        row: change.row,
        id: change.id.clone(),
        is_new: change.is_new,
        like: change.like.clone(),
        fields: change.fields.iter().map(field).collect(),
    }
}

fn fault_in_words(w: &Localizer, kind: RegisterKind, fault: &import::ImportCellFault) -> String {
    let field = kind.fields().iter().find(|field| field.code == fault.field);
    let name = match field {
        Some(field) => sheets::field_name(w.reader().language, kind, field.code),
        None => w.say("column-record"),
    };
    let seen: String = fault.seen.chars().take(80).collect();
    let values = [
        ("row", fault.row.into()),
        ("place", fault.place.as_str().into()),
        ("field", name.into()),
        ("fault", w.coded("unfit", fault.unfit.code()).into()),
        ("seen", seen.as_str().into()),
    ];
    w.with(
        if seen.is_empty() {
            "smsi-fault"
        } else {
            "smsi-fault-seen"
        },
        values,
    )
}
