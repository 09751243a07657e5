//! Registers as tables: spreadsheets out and in with stable names, PDF and Word, and all of them in one
//! file.

use std::collections::BTreeMap;

use digue_documents::{Block, Document, Sheet, xlsx};
use digue_inspect::xlsx::first_sheet;
use digue_isms::field::{Fault, FieldDef, Shape, Unfit, Values};
use digue_isms::framework::{self, Framework};
use digue_isms::kinds::Kind;
use digue_isms::register::{Registers, Revision};
use digue_isms::statement::Line;
use digue_locales::{Language, Value, text, text_with};

use super::{Draft, add_all, free_number, in_force, must_govern, must_read, unknown_links};
use crate::actor::Actor;
use crate::error::OperationError;
use crate::house::House;
use crate::papers::{Form, Reader, printed_for};

const BYTES_MAX: usize = 64 << 20;
const ROWS_MAX: usize = 20_000;
const FAULTS_MAX: usize = 500;

/// The name of a field of a kind.
pub fn field_name(language: Language, kind: Kind, field: &str) -> String {
    text(language, &format!("field-{}-{field}", kind.code()))
}

/// A value in words, as pages and papers show it.
pub fn in_words(language: Language, field: &FieldDef, texts: &[String]) -> String {
    let words = texts.iter().map(|value| match field.shape {
        Shape::One(prefix, _) | Shape::Many(prefix, _) => text(language, &format!("{prefix}-{value}")),
        Shape::Checks => text(language, &format!("check-{value}")),
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
fn row(language: Language, kind: Kind, revision: &Revision) -> Vec<String> {
    let mut row = vec![revision.id.clone()];
    row.extend(kind.fields().iter().map(|field| {
        let texts = revision.values.get(field.code).map_or(&[][..], Vec::as_slice);
        match field.shape {
            Shape::Checks => texts.join(", "),
            _ => in_words(language, field, texts),
        }
    }));
    row
}

fn sheet(language: Language, kind: Kind, registers: &Registers) -> Sheet {
    Sheet {
        name: text(language, &format!("kind-{}", kind.code())),
        header: header(language, kind),
        rows: registers.of(kind).iter().map(|revision| row(language, kind, revision)).collect(),
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
        Form::Xlsx => written(&[sheet(language, kind, &registers)]),
        _ => {
            let mut document = document(house, reader, &text(language, &format!("kind-{}", kind.code())));
            document.blocks.extend(records(language, kind, &registers));
            printed_for(house, &document, form).await
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
        return written(&sheets);
    }
    let mut document = document(house, reader, &text(language, "smsi-title"));
    for kind in kinds {
        document.blocks.push(Block::Title(text(language, &format!("kind-{}", kind.code()))));
        document.blocks.extend(records(language, kind, &registers));
    }
    printed_for(house, &document, form).await
}

fn written(sheets: &[Sheet]) -> Result<Vec<u8>, OperationError> {
    xlsx(sheets).map_err(|error| OperationError::Unavailable(error.to_string()))
}

fn document(house: &House, reader: &Reader, title: &str) -> Document {
    let made = Value::from(reader.moment(house.clock.now()));
    Document {
        title: title.to_owned(),
        language: reader.language.code(),
        foot: title.to_owned(),
        blocks: vec![Block::Quiet(text_with(reader.language, "smsi-made", &[("at", made)]))],
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
        return written(&[Sheet { name: title, header, rows }]);
    }
    let mut document = document(house, reader, &title);
    document.blocks.push(Block::Table { header, rows });
    printed_for(house, &document, form).await
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
        return written(&[Sheet { name: title, header, rows }]);
    }
    let mut document = document(house, reader, &title);
    if framework == Framework::Qualiopi {
        document.blocks.push(Block::Paragraph(text(language, "frameworks-indirect")));
    }
    document.blocks.push(Block::Table { header, rows });
    printed_for(house, &document, form).await
}

/// A cell that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellFault {
    /// From 1.
    pub row: u32,
    /// Code of the field; `id` for the name.
    pub field: &'static str,
    pub unfit: Unfit,
}

/// What became of a spreadsheet.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Imported {
    pub added: u32,
    pub changed: u32,
    pub same: u32,
    pub faults: Vec<CellFault>,
}

/// Reads a register back: rows with a known name are revised, rows without one are added, rows with a
/// fault are told and left alone.
pub async fn import(
    house: &House,
    actor: &Actor,
    kind: Kind,
    bytes: &[u8],
) -> Result<Imported, OperationError> {
    must_govern(actor)?;
    if kind.is_written_by_digue() {
        return Err(OperationError::Denied);
    }
    let unreadable = |_| OperationError::Invalid("invalid-register");
    let rows = first_sheet(bytes, BYTES_MAX, ROWS_MAX).map_err(unreadable)?;
    let mut rows = rows.into_iter();
    let (_, first) = rows.next().ok_or(OperationError::Invalid("invalid-register"))?;
    let places = places(kind, &first);
    if !places.values().any(|field| kind.fields().iter().any(|one| one.is_needed && one.code == *field)) {
        return Err(OperationError::Invalid("invalid-register"));
    }
    let _one_at_a_time = house.smsi().writing.lock().await;
    let registers = in_force(house).await?;
    let mut plan = Plan {
        kind,
        registers: &registers,
        free: free_number(house, &registers, kind).await?,
        drafts: Vec::new(),
    };
    let mut done = Imported::default();
    for (number, cells) in rows {
        if cells.values().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let (id, values) = values_of(kind, &places, &cells);
        match plan.take(&id, values) {
            Ok(Taken::Added) => done.added += 1,
            Ok(Taken::Changed) => done.changed += 1,
            Ok(Taken::Same) => done.same += 1,
            Err(faults) => {
                let room = FAULTS_MAX.saturating_sub(done.faults.len());
                let faults = faults.into_iter().take(room);
                done.faults.extend(faults.map(|(field, unfit)| CellFault { row: number, field, unfit }));
            }
        }
    }
    // All at once: a spreadsheet of thousands of rows is one write.
    add_all(house, actor, plan.drafts).await?;
    Ok(done)
}

type Faults = Vec<(&'static str, Unfit)>;

/// What becomes of a row.
enum Taken {
    Added,
    Changed,
    Same,
}

/// Revisions that a spreadsheet asks for.
struct Plan<'r> {
    kind: Kind,
    registers: &'r Registers,
    /// The next number of a new record.
    free: u32,
    drafts: Vec<Draft>,
}

impl Plan<'_> {
    fn take(&mut self, id: &str, values: Values) -> Result<Taken, Faults> {
        let Self { kind, registers, .. } = *self;
        let known = registers.find(kind, id);
        let is_twice = !id.is_empty() && self.drafts.iter().any(|draft| draft.id == id);
        if !id.is_empty() && (known.is_none() || is_twice) {
            return Err(vec![("id", Unfit::Unknown)]);
        }
        // A column that the sheet does not have stays as it is.
        let mut whole = known.map(|known| known.values.clone()).unwrap_or_default();
        whole.extend(values);
        whole.retain(|_, texts| texts.iter().any(|text| !text.trim().is_empty()));
        let told = |faults: Vec<Fault>| -> Faults {
            faults.into_iter().map(|fault| (fault.field, fault.unfit)).collect()
        };
        let values = kind.checked(&whole).map_err(told)?;
        unknown_links(registers, kind, &values).map_err(told)?;
        let (id, number) = match known {
            Some(known) if known.values == values => return Ok(Taken::Same),
            Some(known) if kind.is_closed(&known.values) => return Err(vec![("id", Unfit::Choice)]),
            Some(known) => (known.id.clone(), known.number + 1),
            None => (format!("{}-{}", kind.prefix(), self.free), 1),
        };
        self.free += u32::from(known.is_none());
        self.drafts.push(Draft { kind, id, number, is_over: false, values });
        Ok(if known.is_some() { Taken::Changed } else { Taken::Added })
    }
}

/// Which field each column is, by its name in either language or its code.
fn places(kind: Kind, first: &BTreeMap<usize, String>) -> BTreeMap<usize, &'static str> {
    let fold = |text: &str| text.trim().to_lowercase();
    let mut places = BTreeMap::new();
    for (place, name) in first {
        let name = fold(name);
        let is_named = |key: &str| Language::ALL.iter().any(|language| fold(&text(*language, key)) == name);
        if name == "id" || is_named("column-record") {
            places.insert(*place, "id");
            continue;
        }
        let found = kind
            .fields()
            .iter()
            .find(|field| field.code == name || is_named(&format!("field-{}-{}", kind.code(), field.code)));
        if let Some(field) = found {
            places.insert(*place, field.code);
        }
    }
    places
}

fn values_of(
    kind: Kind,
    places: &BTreeMap<usize, &'static str>,
    cells: &BTreeMap<usize, String>,
) -> (String, Values) {
    let mut id = String::new();
    let mut values = Values::new();
    for (place, field) in places {
        let cell = cells.get(place).map(|cell| cell.trim()).unwrap_or_default();
        if *field == "id" {
            cell.clone_into(&mut id);
            continue;
        }
        let shape = kind.fields().iter().find(|known| known.code == *field).map(|known| known.shape);
        values.insert((*field).to_owned(), vec![as_codes(shape, cell)]);
    }
    (id, values)
}

/// Words of a list become its codes again; what is no word of it stays, and is a fault.
fn as_codes(shape: Option<Shape>, cell: &str) -> String {
    let (Some(Shape::One(prefix, codes) | Shape::Many(prefix, codes)), false) = (shape, cell.is_empty())
    else {
        // Spreadsheets write days with a time of midnight.
        return match shape {
            Some(Shape::Day) => cell.split(['T', ' ']).next().unwrap_or_default().to_owned(),
            _ => cell.to_owned(),
        };
    };
    let fold = |text: &str| text.trim().to_lowercase().replace('\u{a0}', " ");
    let code_of = |word: &str| {
        let named = |code: &&&str| {
            **code == word.trim()
                || Language::ALL
                    .iter()
                    .any(|language| fold(&text(*language, &format!("{prefix}-{code}"))) == fold(word))
        };
        codes.iter().find(named).map_or_else(|| word.to_owned(), |code| (*code).to_owned())
    };
    // A name of a list may hold a comma itself.
    let whole = code_of(cell);
    if codes.contains(&whole.as_str()) {
        return whole;
    }
    cell.split(',').map(|word| code_of(word)).collect::<Vec<_>>().join(",")
}
