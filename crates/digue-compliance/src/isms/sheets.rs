//! Registers as tables: spreadsheets with stable names, PDF and Word, and all of them in one
//! file.

use digue_app::{Actor, App, OperationError};
use digue_casework::paper_reader::PaperReader;
use digue_casework::papers::{self, PaperFormat, printed_from, whole_cell};
use digue_documents::{Document, DocumentBlock, SheetDay, WrittenCell, WrittenSheet};
use digue_evidence::paper_warning::PaperSources;
use digue_isms::field::{Amount, FieldShape, FieldValue};
use digue_isms::framework::{self, Framework};
use digue_isms::kinds::RegisterKind;
use digue_isms::register::{Registers, Revision};
use digue_isms::signatures::signed;
use digue_isms::statement::StatementLine;
use digue_locales::{Language, Value, text, text_with};

use super::compared::compared;
use super::record_words::RecordWords;
pub use super::record_words::{field_name, in_words};
use super::{must_read, signatures};

/// The header of a kind's table: the record id, then every field.
fn header(language: Language, kind: RegisterKind) -> Vec<String> {
    let mut header = vec![text(language, "column-record")];
    header.extend(
        kind.fields()
            .iter()
            .map(|field| field_name(language, kind, field.code)),
    );
    header
}

/// A row in readable form. Checks and requirements stay codes, so that the import reads them back.
fn row(language: Language, kind: RegisterKind, revision: &Revision) -> Vec<WrittenCell> {
    let mut row = vec![WrittenCell::from(revision.id.as_str())];
    row.extend(kind.fields().iter().map(|field| {
        let texts = revision
            .values
            .get(field.code)
            .map_or(&[][..], Vec::as_slice);
        let in_kind = match field.shape {
            // A day that a spreadsheet cannot hold keeps its stored form, which the import reads.
            FieldShape::Day => texts
                .first()
                .map(|text| day_cell(text).unwrap_or_else(|| text.as_str().into())),
            FieldShape::Number => texts.first().and_then(|text| whole_cell(text)),
            FieldShape::Amount => Amount::read(texts)
                .ok()
                .and_then(|amount| amount.cents)
                .map(WrittenCell::Cents),
            FieldShape::Checks => Some(texts.join(", ").into()),
            FieldShape::Line
            | FieldShape::Text
            | FieldShape::Duration
            | FieldShape::One(..)
            | FieldShape::Many(..)
            | FieldShape::Link(_)
            | FieldShape::Links(_)
            | FieldShape::Requirements => None,
        };
        in_kind.unwrap_or_else(|| in_words(language, field, texts).into())
    }));
    row
}

/// A date cell; `None` for a date that the spreadsheet format cannot hold exactly, which stays
/// text.
fn day_cell(text: &str) -> Option<WrittenCell> {
    let day: jiff::civil::Date = text.parse().ok()?;
    SheetDay::new(day.year(), day.month(), day.day()).map(WrittenCell::Day)
}

pub(super) fn sheet(language: Language, kind: RegisterKind, registers: &Registers) -> WrittenSheet {
    WrittenSheet {
        name: text(language, &format!("kind-{}", kind.code())),
        language: language.code(),
        header: header(language, kind),
        rows: registers
            .of(kind)
            .iter()
            .map(|revision| row(language, kind, revision))
            .collect(),
        ..WrittenSheet::default()
    }
}

/// A register as a file.
pub async fn file(
    app: &App,
    actor: &Actor,
    kind: RegisterKind,
    reader: &PaperReader,
    form: PaperFormat,
) -> Result<Vec<u8>, OperationError> {
    must_read(actor)?;
    let registers = compared(app).await?.registers;
    let language = reader.language;
    match form {
        PaperFormat::Xlsx => {
            let mut sheets = vec![sheet(language, kind, &registers)];
            sheets.extend(signature_sheet(reader, &[kind], &registers));
            written(app, sheets, language).await
        }
        PaperFormat::Pdf | PaperFormat::Docx => {
            let mut document = document(
                app,
                reader,
                &text(language, &format!("kind-{}", kind.code())),
            );
            document.blocks.extend(records(reader, kind, &registers));
            printed_from(app, &document, form, PaperSources::ISMS).await
        }
    }
}

/// All registers in one file: one sheet each, or one after the other.
pub async fn whole(
    app: &App,
    actor: &Actor,
    reader: &PaperReader,
    form: PaperFormat,
) -> Result<Vec<u8>, OperationError> {
    must_read(actor)?;
    let registers = compared(app).await?.registers;
    let language = reader.language;
    let kinds: Vec<RegisterKind> = RegisterKind::ALL
        .iter()
        .copied()
        .filter(|kind| !registers.of(*kind).is_empty())
        .collect();
    if form == PaperFormat::Xlsx {
        let mut sheets: Vec<WrittenSheet> = kinds
            .iter()
            .map(|kind| sheet(language, *kind, &registers))
            .collect();
        sheets.extend(signature_sheet(reader, &kinds, &registers));
        return written(app, sheets, language).await;
    }
    let mut document = document(app, reader, &text(language, "smsi-title"));
    for kind in kinds {
        document.blocks.push(DocumentBlock::Title(text(
            language,
            &format!("kind-{}", kind.code()),
        )));
        document.blocks.extend(records(reader, kind, &registers));
    }
    printed_from(app, &document, form, PaperSources::ISMS).await
}

/// A sheet with text cells only.
fn text_sheet(
    name: String,
    language: Language,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
) -> WrittenSheet {
    let rows = rows
        .into_iter()
        .map(|row| row.into_iter().map(WrittenCell::from).collect())
        .collect();
    WrittenSheet {
        name,
        language: language.code(),
        header,
        rows,
        ..WrittenSheet::default()
    }
}

async fn written(
    app: &App,
    mut sheets: Vec<WrittenSheet>,
    language: Language,
) -> Result<Vec<u8>, OperationError> {
    sheets.extend(PaperSources::ISMS.sheet(app, language).await?);
    papers::written(app, sheets).await
}

fn document(app: &App, reader: &PaperReader, title: &str) -> Document {
    let made = Value::from(reader.moment(app.clock().now()));
    Document {
        title: title.to_owned(),
        language: reader.language.code(),
        foot: title.to_owned(),
        blocks: vec![DocumentBlock::Quiet(text_with(
            reader.language,
            "smsi-made",
            &[("at", made)],
        ))],
        ..Document::default()
    }
}

/// The signatures of records of these kinds, beside the names that were typed; `None` where no
/// record names a signatory.
fn signature_sheet(
    reader: &PaperReader,
    kinds: &[RegisterKind],
    registers: &Registers,
) -> Option<WrittenSheet> {
    let language = reader.language;
    let revisions = kinds.iter().flat_map(|kind| registers.of(*kind));
    let rows: Vec<Vec<String>> = revisions
        .filter_map(|revision| {
            let said = signature(reader, registers, revision)?;
            Some(vec![revision.id.clone(), said])
        })
        .collect();
    let header = ["column-record", "signature-title"].map(|key| text(language, key));
    (!rows.is_empty()).then(|| {
        text_sheet(
            text(language, "signature-sheet"),
            language,
            header.into(),
            rows,
        )
    })
}

/// Who signed a record, when, in what capacity and for what content; or that nobody did.
fn signature(reader: &PaperReader, registers: &Registers, revision: &Revision) -> Option<String> {
    let state = signed(registers, revision)?;
    signatures::in_words(reader.language, revision, &state, |at| reader.moment(at))
}

/// The records one after the other, each with its filled fields and its signature.
fn records(reader: &PaperReader, kind: RegisterKind, registers: &Registers) -> Vec<DocumentBlock> {
    let language = reader.language;
    let words = RecordWords {
        language,
        registers,
    };
    let mut blocks = Vec::new();
    for revision in registers.of(kind) {
        let title = words.title(kind, &revision.values);
        blocks.push(DocumentBlock::Heading(format!("{} – {title}", revision.id)));
        for field in kind.fields().iter().filter(|field| field.code != "title") {
            if let Some(texts) = revision.values.get(field.code) {
                let name = field_name(language, kind, field.code);
                blocks.push(DocumentBlock::Pair(name, words.values(field, texts)));
            }
        }
        if let Some(said) = signature(reader, registers, revision) {
            blocks.push(DocumentBlock::Pair(text(language, "signature-title"), said));
        }
    }
    blocks
}

/// The statement of applicability as a file.
pub async fn statement_file(
    app: &App,
    lines: &[StatementLine],
    reader: &PaperReader,
    form: PaperFormat,
) -> Result<Vec<u8>, OperationError> {
    let language = reader.language;
    let columns = [
        "control",
        "control-title",
        "applies",
        "inclusion",
        "exclusion",
        "measures",
        "checks",
        "implementation",
    ];
    let header: Vec<String> = columns
        .iter()
        .map(|column| text(language, &format!("column-{column}")))
        .collect();
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|line| statement_row(language, line))
        .collect();
    let title = text(language, "statement-title");
    if form == PaperFormat::Xlsx {
        let sheet = text_sheet(title, language, header, rows);
        return written(app, vec![sheet], language).await;
    }
    let mut document = document(app, reader, &title);
    document.blocks.push(DocumentBlock::Table { header, rows });
    printed_from(app, &document, form, PaperSources::ISMS).await
}

fn statement_row(language: Language, line: &StatementLine) -> Vec<String> {
    let yes = text(
        language,
        if line.applies() {
            "yes-no-yes"
        } else {
            "yes-no-no"
        },
    );
    let inclusion: Vec<String> = line
        .inclusion
        .iter()
        .map(|reason| text(language, reason.key()))
        .collect();
    let exclusion = line
        .decided
        .as_ref()
        .map(|decided| decided.record.exclusion.0.clone())
        .unwrap_or_default();
    let measures: Vec<String> = line
        .measures
        .iter()
        .map(|(id, state)| {
            format!(
                "{id} ({})",
                text(language, &format!("standing-{}", state.code()))
            )
        })
        .collect();
    let checks: Vec<String> = line
        .checks
        .iter()
        .map(|(check, says)| {
            format!(
                "{} ({})",
                text(language, &check.key()),
                text(language, &format!("says-{}", says.code()))
            )
        })
        .collect();
    vec![
        line.control.number().to_owned(),
        text(language, &framework::key(line.control.id)),
        yes,
        inclusion.join(", "),
        exclusion,
        measures.join(", "),
        checks.join(", "),
        text(
            language,
            &format!("implementation-{}", line.implementation.code()),
        ),
    ]
}

/// A framework as a dated file: each requirement, with the state of the controls that it maps to.
pub async fn framework_file(
    app: &App,
    framework: Framework,
    lines: &[StatementLine],
    reader: &PaperReader,
    form: PaperFormat,
) -> Result<Vec<u8>, OperationError> {
    let language = reader.language;
    let columns = ["column-record", "column-title", "column-implementation"];
    let header: Vec<String> = columns.iter().map(|key| text(language, key)).collect();
    let row = |one: &framework::Requirement| {
        let through = super::statement::through(lines, one)
            .into_iter()
            .map(|line| {
                let implementation = text(
                    language,
                    &format!("implementation-{}", line.implementation.code()),
                );
                format!("{} ({implementation})", line.control.number())
            });
        let through: Vec<String> = through.collect();
        vec![
            one.number().to_owned(),
            text(language, &one.key()),
            through.join(", "),
        ]
    };
    let rows: Vec<Vec<String>> = framework::requirements(framework).map(row).collect();
    let title = text(language, framework.key());
    if form == PaperFormat::Xlsx {
        let sheet = text_sheet(title, language, header, rows);
        return written(app, vec![sheet], language).await;
    }
    let mut document = document(app, reader, &title);
    if framework == Framework::Qualiopi {
        document.blocks.push(DocumentBlock::Paragraph(text(
            language,
            "frameworks-indirect",
        )));
    }
    document.blocks.push(DocumentBlock::Table { header, rows });
    printed_from(app, &document, form, PaperSources::ISMS).await
}
