//! Import of a register from a spreadsheet: the changes, old and new, and the confirmation.

use askama::Template;
use axum::extract::{Multipart, Path, State};
use digue_app::OperationError;
use digue_compliance::isms::import::{
    self, FieldChange, ImportAnswers, ImportOutcome, ImportPreview, RowChange, SameNumbers,
};
use digue_compliance::isms::sheets;
use digue_isms::field::FieldShape;
use digue_isms::kinds::RegisterKind;
use digue_uploads::UnnamedColumn;

use digue_pages::error::PageAnswer;
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
    /// The file, carried by the form that answers its questions.
    asking: Option<String>,
    /// Rows whose numbers are those of records of ours with another title, in words.
    same_numbers: Vec<String>,
    /// The answer about them, as its code.
    whose: &'static str,
    /// Fields that rows leave out.
    left_out: Vec<LeftOutField>,
    /// The answers about these fields, as the form carries them.
    defaults: String,
    /// What the file came to, as a title.
    headline: &'static str,
    is_outdated: bool,
    tab: &'static str,
}

/// A field that rows leave out, in words.
struct LeftOutField {
    code: &'static str,
    name: String,
    /// How many rows leave it out.
    rows: String,
    /// As (code, words, is chosen).
    choices: Vec<(String, String, bool)>,
}

fn left_out_in_words(
    w: &Localizer,
    kind: RegisterKind,
    preview: &ImportPreview,
    answers: &ImportAnswers,
) -> Vec<LeftOutField> {
    let fields = kind.fields().iter().filter_map(|field| {
        let rows = preview.missing.get(field.code)?;
        let FieldShape::One(prefix, codes) = field.shape else {
            return None;
        };
        let chosen = answers.defaults.get(field.code);
        let choices = codes.iter().map(|code| {
            let is_chosen = chosen.is_some_and(|chosen| chosen == code);
            ((*code).to_owned(), w.coded(prefix, code), is_chosen)
        });
        Some(LeftOutField {
            code: field.code,
            name: sheets::field_name(w.reader().language, kind, field.code),
            rows: w.counted("smsi-import-left-out", *rows),
            choices: choices.collect(),
        })
    });
    fields.collect()
}

struct ChangeInWords {
    row: u32,
    id: String,
    is_new: bool,
    like: Option<String>,
    /// As (field, old value, new value).
    fields: Vec<(String, String, String)>,
}

/// The fields of the form by `NAMES`. One name may come several times, as one choice for each field
/// that a file leaves out: their values are separated by spaces.
async fn sent_fields(
    mut form: Multipart,
) -> Result<[Option<Vec<u8>>; NAMES.len()], OperationError> {
    let unreadable = |_| OperationError::Invalid("invalid-upload");
    let mut fields = [const { None::<Vec<u8>> }; NAMES.len()];
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let place = NAMES.iter().position(|name| field.name() == Some(name));
        let Some(place) = place else {
            continue;
        };
        let bytes = field.bytes().await.map_err(unreadable)?;
        match &mut fields[place] {
            Some(before) => {
                before.push(b' ');
                before.extend_from_slice(&bytes);
            }
            first @ None => *first = Some(bytes.to_vec()),
        }
    }
    Ok(fields)
}

const NAMES: [&str; 5] = ["file", "kept", "digest", "same-numbers", "defaults"];

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
        (None, Some(kept), digest) => {
            let bytes = import::unpack(&kept).ok_or(invalid)?;
            // Without one the questions of the file were answered: it is shown again.
            let digest = digest.map(|digest| String::from_utf8_lossy(&digest).into_owned());
            Ok((bytes, digest))
        }
        _ => Err(invalid),
    }
}

/// The answers to the questions of a file: whose its numbers are, and what it leaves out, as
/// `priority=p2`, one a line.
fn answers_of(
    kind: RegisterKind,
    same_numbers: Option<Vec<u8>>,
    defaults: Option<Vec<u8>>,
) -> Result<ImportAnswers, OperationError> {
    let invalid = || OperationError::Invalid("invalid-upload");
    let text = |bytes: Option<Vec<u8>>| {
        String::from_utf8(bytes.unwrap_or_default()).map_err(|_| invalid())
    };
    let same_numbers = match text(same_numbers)?.as_str() {
        "" => None,
        code => Some(SameNumbers::parse(code).ok_or_else(invalid)?),
    };
    let mut answers = ImportAnswers {
        same_numbers,
        ..ImportAnswers::default()
    };
    for line in text(defaults)?.split_whitespace() {
        let (field, value) = line.split_once('=').ok_or_else(invalid)?;
        let is_choice = kind.fields().iter().any(|known| {
            known.code == field
                && matches!(known.shape, FieldShape::One(_, codes) if codes.contains(&value))
        });
        if !is_choice {
            return Err(invalid());
        }
        answers.defaults.insert(field.to_owned(), value.to_owned());
    }
    Ok(answers)
}

/// The answers as the form carries them.
fn defaults_text(answers: &ImportAnswers) -> String {
    let lines = answers
        .defaults
        .iter()
        .map(|(field, value)| format!("{field}={value}"));
    lines.collect::<Vec<_>>().join(" ")
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
    let [file, kept, digest, same_numbers, defaults] = sent_fields(form).await?;
    let answers = answers_of(kind, same_numbers, defaults)?;
    let (bytes, confirmed) = sent_file(file, kept, digest)?;
    let app = &console.app;
    let (preview, is_taken, is_outdated) = match confirmed {
        None => (
            import::preview(app, &actor, kind, &bytes, &answers).await?,
            false,
            false,
        ),
        Some(digest) => match import::import(app, &actor, kind, (&bytes, &answers), &digest).await?
        {
            ImportOutcome::Taken(preview) => (preview, true, false),
            ImportOutcome::Outdated(preview) => (preview, false, true),
        },
    };
    let w = console.words(&visitor);
    let is_unanswered = preview.is_unanswered(&answers);
    let waiting =
        (!is_taken && !is_unanswered && !preview.changes.is_empty()).then(|| import::pack(&bytes));
    let is_asked = !preview.same_numbers.is_empty()
        || answers.same_numbers.is_some()
        || !preview.missing.is_empty();
    let headline = match (is_taken, waiting.is_some() || is_unanswered) {
        (_, true) => "smsi-import-preview",
        (true, false) if !preview.changes.is_empty() => "smsi-imported",
        (_, false) => "smsi-import-nothing",
    };
    let same_number = |one: &import::SameNumberRow| {
        w.with(
            "smsi-import-same-number",
            [
                ("row", one.row.into()),
                ("id", one.id.as_str().into()),
                ("ours", one.ours.as_str().into()),
                ("theirs", one.theirs.as_str().into()),
            ],
        )
    };
    Ok(page(&ImportPage {
        kind: kind.code(),
        asking: (!is_taken && is_asked).then(|| import::pack(&bytes)),
        same_numbers: preview
            .same_numbers
            .iter()
            .take(ROWS_SHOWN_MAX)
            .map(same_number)
            .collect(),
        whose: match answers.same_numbers {
            Some(SameNumbers::Renamed) => "renamed",
            Some(SameNumbers::Foreign) => "foreign",
            None => "",
        },
        left_out: left_out_in_words(&w, kind, &preview, &answers),
        defaults: defaults_text(&answers),
        headline,
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
