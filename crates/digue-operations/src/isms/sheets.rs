//! Registers as tables: spreadsheets with stable names, PDF and Word, and all of them in one
//! file.

use digue_documents::{Block, Document, Sheet, SheetCell, SheetDay, xlsx};
use digue_isms::field::{Amount, Cell, FieldDef, Shape};
use digue_isms::framework::{self, Framework};
use digue_isms::kinds::Kind;
use digue_isms::register::{Registers, Revision};
use digue_isms::statement::Line;
use digue_locales::{Language, Value, text, text_with};

use super::{in_force, must_read};
use crate::actor::Actor;
use crate::error::OperationError;
use crate::house::House;
use crate::papers::{Form, Reader, printed_from};
use crate::stored_records::Sources;

/// The name of a field of a kind.
pub fn field_name(language: Language, kind: Kind, field: &str) -> String {
    text(language, &format!("field-{}-{field}", kind.code()))
}

/// A value in words, as pages and papers show it.
pub fn in_words(language: Language, field: &FieldDef, texts: &[String]) -> String {
    let words = texts.iter().map(|value| match field.shape {
        Shape::One(prefix, _) | Shape::Many(prefix, _) => text(language, &format!("{prefix}-{value}")),
        Shape::Checks => text(language, &format!("check-{value}")),
        Shape::Amount if language == Language::French => value.replace('.', ","),
        _ => value.clone(),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// The header of a kind's table: the name first, then every field.
fn header(language: Language, kind: Kind) -> Vec<String> {
    let mut header = vec![text(language, "column-record")];
    header.extend(kind.fields().iter().map(|field| field_name(language, kind, field.code)));
    header
}

/// A row as people read it; names of checks and requirements stay codes, so that they come in again.
fn row(language: Language, kind: Kind, revision: &Revision) -> Vec<SheetCell> {
    let mut row = vec![SheetCell::from(revision.id.as_str())];
    row.extend(kind.fields().iter().map(|field| {
        let texts = revision.values.get(field.code).map_or(&[][..], Vec::as_slice);
        let in_kind = match field.shape {
            Shape::Day => texts.first().and_then(|text| day_cell(text)),
            Shape::Number => texts.first().and_then(|text| whole_cell(text)),
            Shape::Amount => Amount::read(texts).ok().and_then(|amount| amount.cents).map(SheetCell::Cents),
            Shape::Checks => Some(texts.join(", ").into()),
            Shape::Line
            | Shape::Text
            | Shape::One(..)
            | Shape::Many(..)
            | Shape::Link(_)
            | Shape::Links(_)
            | Shape::Requirements => None,
        };
        in_kind.unwrap_or_else(|| in_words(language, field, texts).into())
    }));
    row
}

/// A day that spreadsheets sort and count with; `None` where it would not be the same day.
fn day_cell(text: &str) -> Option<SheetCell> {
    let day: jiff::civil::Date = text.parse().ok()?;
    SheetDay::new(day.year(), day.month(), day.day()).map(SheetCell::Day)
}

/// A number that spreadsheets add; `None` where its digits would not come in again.
pub(crate) fn whole_cell(text: &str) -> Option<SheetCell> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(SheetCell::Whole(number))
}

pub(super) fn sheet(language: Language, kind: Kind, registers: &Registers) -> Sheet {
    Sheet {
        name: text(language, &format!("kind-{}", kind.code())),
        language: language.code(),
        header: header(language, kind),
        rows: registers.of(kind).iter().map(|revision| row(language, kind, revision)).collect(),
        ..Sheet::default()
    }
}

/// A register as a file.
pub async fn file(
    house: &House,
    actor: &Actor,
    kind: Kind,
    reader: &Reader,
    form: Form,
) -> Result<Vec<u8>, OperationError> {
    must_read(actor)?;
    let registers = in_force(house).await?;
    let language = reader.language;
    match form {
        Form::Xlsx => written(house, vec![sheet(language, kind, &registers)], language).await,
        _ => {
            let mut document = document(house, reader, &text(language, &format!("kind-{}", kind.code())));
            document.blocks.extend(records(language, kind, &registers));
            printed_from(house, &document, form, Sources::SMSI).await
        }
    }
}

/// Every register in one file: a sheet each, or one after the other.
pub async fn whole(
    house: &House,
    actor: &Actor,
    reader: &Reader,
    form: Form,
) -> Result<Vec<u8>, OperationError> {
    must_read(actor)?;
    let registers = in_force(house).await?;
    let language = reader.language;
    let kinds: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| !registers.of(*kind).is_empty()).collect();
    if form == Form::Xlsx {
        let sheets: Vec<Sheet> = kinds.iter().map(|kind| sheet(language, *kind, &registers)).collect();
        return written(house, sheets, language).await;
    }
    let mut document = document(house, reader, &text(language, "smsi-title"));
    for kind in kinds {
        document.blocks.push(Block::Title(text(language, &format!("kind-{}", kind.code()))));
        document.blocks.extend(records(language, kind, &registers));
    }
    printed_from(house, &document, form, Sources::SMSI).await
}

/// A sheet all of whose cells are texts.
fn text_sheet(name: String, language: Language, header: Vec<String>, rows: Vec<Vec<String>>) -> Sheet {
    let rows = rows.into_iter().map(|row| row.into_iter().map(SheetCell::from).collect()).collect();
    Sheet { name, language: language.code(), header, rows, ..Sheet::default() }
}

async fn written(
    house: &House,
    mut sheets: Vec<Sheet>,
    language: Language,
) -> Result<Vec<u8>, OperationError> {
    sheets.extend(Sources::SMSI.sheet(house, language).await?);
    xlsx(&sheets).map_err(|error| OperationError::Unavailable(error.to_string()))
}

fn document(house: &House, reader: &Reader, title: &str) -> Document {
    let made = Value::from(reader.moment(house.clock.now()));
    Document {
        title: title.to_owned(),
        language: reader.language.code(),
        foot: title.to_owned(),
        blocks: vec![Block::Quiet(text_with(reader.language, "smsi-made", &[("at", made)]))],
        ..Document::default()
    }
}

/// Records one after the other: what is filled of each.
fn records(language: Language, kind: Kind, registers: &Registers) -> Vec<Block> {
    let mut blocks = Vec::new();
    for revision in registers.of(kind) {
        let title = super::title(kind, &revision.values, language);
        blocks.push(Block::Heading(format!("{} – {title}", revision.id)));
        for field in kind.fields().iter().filter(|field| field.code != "title") {
            if let Some(texts) = revision.values.get(field.code) {
                let name = field_name(language, kind, field.code);
                blocks.push(Block::Pair(name, in_words(language, field, texts)));
            }
        }
    }
    blocks
}

/// The statement of applicability as a file.
pub async fn statement_file(
    house: &House,
    lines: &[Line],
    reader: &Reader,
    form: Form,
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
    let header: Vec<String> =
        columns.iter().map(|column| text(language, &format!("column-{column}"))).collect();
    let rows: Vec<Vec<String>> = lines.iter().map(|line| statement_row(language, line)).collect();
    let title = text(language, "statement-title");
    if form == Form::Xlsx {
        let sheet = text_sheet(title, language, header, rows);
        return written(house, vec![sheet], language).await;
    }
    let mut document = document(house, reader, &title);
    document.blocks.push(Block::Table { header, rows });
    printed_from(house, &document, form, Sources::SMSI).await
}

fn statement_row(language: Language, line: &Line) -> Vec<String> {
    let yes = text(language, if line.applies() { "yes-no-yes" } else { "yes-no-no" });
    let inclusion: Vec<String> = line.inclusion.iter().map(|reason| text(language, reason.key())).collect();
    let exclusion =
        line.decided.as_ref().map(|decided| decided.record.exclusion.0.clone()).unwrap_or_default();
    let measures: Vec<String> = line
        .measures
        .iter()
        .map(|(id, standing)| format!("{id} ({})", text(language, &format!("standing-{}", standing.code()))))
        .collect();
    let checks: Vec<String> = line
        .checks
        .iter()
        .map(|(check, says)| {
            format!("{} ({})", text(language, &check.key()), text(language, &format!("says-{}", says.code())))
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
        text(language, &format!("implementation-{}", line.implementation.code())),
    ]
}

/// A framework as a dated file: each requirement, and how the controls that it maps to stand.
pub async fn framework_file(
    house: &House,
    framework: Framework,
    lines: &[Line],
    reader: &Reader,
    form: Form,
) -> Result<Vec<u8>, OperationError> {
    let language = reader.language;
    let columns = ["column-record", "column-title", "column-implementation"];
    let header: Vec<String> = columns.iter().map(|key| text(language, key)).collect();
    let row = |one: &framework::Requirement| {
        let through = super::statement::through(lines, one).into_iter().map(|line| {
            let said = text(language, &format!("implementation-{}", line.implementation.code()));
            format!("{} ({said})", line.control.number())
        });
        let through: Vec<String> = through.collect();
        vec![one.number().to_owned(), text(language, &one.key()), through.join(", ")]
    };
    let rows: Vec<Vec<String>> = framework::requirements(framework).map(row).collect();
    let title = text(language, framework.key());
    if form == Form::Xlsx {
        let sheet = text_sheet(title, language, header, rows);
        return written(house, vec![sheet], language).await;
    }
    let mut document = document(house, reader, &title);
    if framework == Framework::Qualiopi {
        document.blocks.push(Block::Paragraph(text(language, "frameworks-indirect")));
    }
    document.blocks.push(Block::Table { header, rows });
    printed_from(house, &document, form, Sources::SMSI).await
}
