//! A register read back from a spreadsheet: what would change is shown first, old and new, and taken when it is
//! confirmed.
//!
//! A cell is taken, blank, or a fault with its place. A blank cell erases only where its column is there; a column
//! that the sheet has not leaves its field as it is. A row with a fault is told and left alone.

use std::collections::{BTreeMap, HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digue_inspect::xlsx::UploadedCell;
use digue_isms::check::Check;
use digue_isms::field::{Fault, FieldDef, Shape, Unfit, Values};
use digue_isms::kinds::Kind;
use digue_isms::register::{Registers, Revision};
use digue_locales::{Language, text};
use digue_types::UnreadCause;
use digue_types::written::{DayOrder, Unwritten, choices_in, day, folded, number};

use super::{Draft, add_all, free_number, in_force, must_govern, title, unknown_links};
use crate::actor::Actor;
use crate::error::OperationError;
use crate::files::sha256;
use crate::house::House;
use crate::uploaded_table::{TableWanted, UploadedTable, without_unit};

use super::sheets::field_name;

/// What a person sends back to confirm is a third longer than the file.
const FILE_BYTES_MAX: usize = 11 << 20;
const ROWS_MAX: usize = 20_000;
/// Faults that are listed.
const FAULTS_MAX: usize = 500;
/// The column of the names.
const ID: &str = "id";

/// A cell that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellFault {
    /// From 1.
    pub row: u32,
    /// Sheet and cell: `Mesures!H3`.
    pub place: String,
    /// Code of the field; `id` for the name.
    pub field: &'static str,
    pub unfit: Unfit,
    /// What the cell shows.
    pub seen: String,
}

/// A field whose value becomes another; in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    pub field: &'static FieldDef,
    pub before: Vec<String>,
    pub after: Vec<String>,
}

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowChange {
    pub row: u32,
    /// The name that it has or will have.
    pub id: String,
    pub is_new: bool,
    /// A record in force that has the same title.
    pub like: Option<String>,
    pub fields: Vec<FieldChange>,
}

/// What a spreadsheet would do.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ImportPreview {
    pub sheet: String,
    pub other_sheets: Vec<String>,
    pub ignored_columns: Vec<String>,
    pub changes: Vec<RowChange>,
    pub same: u32,
    /// The first of them.
    pub faults: Vec<CellFault>,
    pub fault_count: u32,
    /// Names exactly these changes.
    pub digest: String,
}

impl ImportPreview {
    pub fn added(&self) -> usize {
        self.changes.iter().filter(|change| change.is_new).count()
    }

    pub fn changed(&self) -> usize {
        self.changes.len() - self.added()
    }
}

/// What came of a confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    Taken(ImportPreview),
    /// The register changed since: this is what the file would do now, and nothing was done.
    Outdated(ImportPreview),
}

/// What a spreadsheet would do to a register; nothing is done.
///
/// # Errors
/// `Invalid` for what is no workbook, `Faults` where the register's table is not found.
pub async fn preview(
    house: &House,
    actor: &Actor,
    kind: Kind,
    bytes: &[u8],
) -> Result<ImportPreview, OperationError> {
    let registers = readable(house, actor, kind).await?;
    let free = free_number(house, &registers, kind).await?;
    Ok(read(kind, &registers, free, bytes)?.preview)
}

/// Does what a preview showed: `digest` names it.
pub async fn import(
    house: &House,
    actor: &Actor,
    kind: Kind,
    bytes: &[u8],
    digest: &str,
) -> Result<ImportOutcome, OperationError> {
    readable(house, actor, kind).await?;
    let _one_at_a_time = house.smsi().writing.lock().await;
    let registers = in_force(house).await?;
    let free = free_number(house, &registers, kind).await?;
    let plan = read(kind, &registers, free, bytes)?;
    if plan.preview.digest != digest {
        return Ok(ImportOutcome::Outdated(plan.preview));
    }
    // All at once: a spreadsheet of thousands of rows is one write.
    add_all(house, actor, plan.drafts).await?;
    Ok(ImportOutcome::Taken(plan.preview))
}

/// A file as a form keeps it until it is confirmed.
pub fn pack(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The file that `pack` kept; `None` for what it did not write.
pub fn unpack(kept: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode(kept.trim_ascii()).ok()
}

async fn readable(
    house: &House,
    actor: &Actor,
    kind: Kind,
) -> Result<std::sync::Arc<Registers>, OperationError> {
    must_govern(actor)?;
    if kind.is_written_by_digue() {
        return Err(OperationError::Denied);
    }
    in_force(house).await
}

/// Revisions that a spreadsheet asks for, and what they change.
struct Plan<'r> {
    kind: Kind,
    registers: &'r Registers,
    /// The next number of a new record.
    free: u32,
    /// Records in force by their folded titles.
    titles: HashMap<String, Vec<&'r Revision>>,
    /// Names and new records that a row has taken.
    ids: HashSet<String>,
    new_records: HashSet<String>,
    drafts: Vec<Draft>,
    preview: ImportPreview,
}

type RowFaults = Vec<(&'static str, Unfit, String)>;

fn read<'r>(
    kind: Kind,
    registers: &'r Registers,
    free: u32,
    bytes: &[u8],
) -> Result<Plan<'r>, OperationError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(OperationError::Invalid("table-too-large"));
    }
    let table = find(kind, bytes)?;
    let mut titles: HashMap<String, Vec<&Revision>> = HashMap::new();
    for known in registers.of(kind) {
        titles.entry(folded(&title(kind, &known.values, Language::default()))).or_default().push(known);
    }
    let mut plan = Plan {
        kind,
        registers,
        free,
        titles,
        ids: HashSet::new(),
        new_records: HashSet::new(),
        drafts: Vec::new(),
        preview: ImportPreview {
            sheet: table.sheet.clone(),
            other_sheets: table.other_sheets.clone(),
            ignored_columns: table.ignored.clone(),
            ..ImportPreview::default()
        },
    };
    let orders: BTreeMap<usize, DayOrder> =
        table.columns.keys().map(|place| (*place, DayOrder::of_column(table.texts_of(*place)))).collect();
    for row in &table.rows {
        let is_blank = |place: &usize| match row.cells.get(place) {
            None => true,
            Some(UploadedCell::Text(text)) => text.trim().is_empty(),
            Some(UploadedCell::Unreadable(..)) => false,
        };
        if table.columns.keys().all(is_blank) {
            continue;
        }
        let read = read_cells(kind, &table.columns, &orders, &row.cells);
        let taken = read.and_then(|(id, values)| plan.take(row.number, &id, values));
        for (field, unfit, seen) in taken.err().unwrap_or_default() {
            plan.preview.fault_count += 1;
            if plan.preview.faults.len() < FAULTS_MAX {
                let place = table.place(field, row.number);
                plan.preview.faults.push(CellFault { row: row.number, place, field, unfit, seen });
            }
        }
    }
    let drafts: Vec<(&str, u32, &Values)> =
        plan.drafts.iter().map(|draft| (draft.id.as_str(), draft.number, &draft.values)).collect();
    plan.preview.digest = sha256(&serde_json::to_string(&drafts).expect("texts are plain data"));
    Ok(plan)
}

impl<'r> Plan<'r> {
    fn take(&mut self, row: u32, id: &str, values: Values) -> Result<(), RowFaults> {
        let Self { kind, registers, .. } = *self;
        let known = registers.find(kind, id).or_else(|| registers.find(kind, &id.to_uppercase()));
        let id_fault = |unfit| vec![(ID, unfit, id.to_owned())];
        if !id.is_empty() && known.is_none() {
            return Err(id_fault(Unfit::Unknown));
        }
        if let Some(known) = known
            && !self.ids.insert(known.id.clone())
        {
            return Err(id_fault(Unfit::Twice));
        }
        let mut whole = known.map(|known| known.values.clone()).unwrap_or_default();
        let seen = values.clone();
        whole.extend(values);
        whole.retain(|_, texts| texts.iter().any(|text| !text.trim().is_empty()));
        let told = |faults: Vec<Fault>| -> RowFaults {
            let seen =
                |fault: &Fault| seen.get(fault.field).map(|texts| texts.join(", ")).unwrap_or_default();
            faults.into_iter().map(|fault| (fault.field, fault.unfit, seen(&fault))).collect()
        };
        let values = kind.checked(&whole).map_err(told)?;
        unknown_links(registers, kind, &values).map_err(told)?;
        let alike = self.alike(&values);
        let is_same =
            |other: &&Revision| seen.keys().all(|field| other.values.get(field) == values.get(field));
        let (id, number) = match known {
            Some(known) if known.values == values => return self.leave(),
            Some(known) if kind.is_closed(&known.values) => return Err(id_fault(Unfit::Closed)),
            Some(known) => (known.id.clone(), known.number + 1),
            None if alike.iter().copied().any(|other| is_same(&other)) => return self.leave(),
            None => (format!("{}-{}", kind.prefix(), self.free), 1),
        };
        if known.is_none() {
            let content = serde_json::to_string(&values).expect("texts are plain data");
            if !self.new_records.insert(content) {
                return Err(vec![(ID, Unfit::Twice, title(kind, &values, Language::default()))]);
            }
            self.free += 1;
        }
        let like = alike.first().filter(|_| known.is_none()).map(|other| other.id.clone());
        let before = known.map(|known| known.values.clone()).unwrap_or_default();
        let fields = changes_between(kind, &before, &values);
        self.preview.changes.push(RowChange { row, id: id.clone(), is_new: known.is_none(), like, fields });
        self.drafts.push(Draft { kind, id, number, is_over: false, values });
        Ok(())
    }

    fn leave(&mut self) -> Result<(), RowFaults> {
        self.preview.same += 1;
        Ok(())
    }

    /// Records in force with the same title.
    fn alike(&self, values: &Values) -> Vec<&'r Revision> {
        let name = folded(&title(self.kind, values, Language::default()));
        self.titles.get(&name).filter(|_| !name.is_empty()).cloned().unwrap_or_default()
    }
}

fn changes_between(kind: Kind, before: &Values, after: &Values) -> Vec<FieldChange> {
    let texts = |values: &Values, field: &str| values.get(field).cloned().unwrap_or_default();
    let change = |field: &'static FieldDef| {
        let (before, after) = (texts(before, field.code), texts(after, field.code));
        (before != after).then_some(FieldChange { field, before, after })
    };
    kind.fields().iter().filter_map(change).collect()
}

/// Other names that columns of the same meaning have, by the field's code.
const COMMON_COLUMNS: [&str; 7] = ["title", "description", "owner", "due", "priority", "declared", "cost"];

fn find(kind: Kind, bytes: &[u8]) -> Result<UploadedTable<&'static str>, OperationError> {
    let names = column_names(kind);
    let column_of = |name: &str| {
        let exact = names.iter().find(|(known, _)| known == name);
        let loose = || names.iter().find(|(known, _)| without_unit(known) == without_unit(name));
        exact.or_else(loose).map(|(_, field)| *field)
    };
    let sheet_name =
        |language: &Language| digue_documents::sheet_name(&text(*language, &format!("kind-{}", kind.code())));
    let sheet_names: Vec<String> = Language::ALL.iter().map(sheet_name).collect();
    let needed = kind.fields().iter().find(|field| field.is_needed).map_or("title", |field| field.code);
    UploadedTable::find(
        bytes,
        &TableWanted {
            sheet_names: &sheet_names,
            column_of: &column_of,
            // A table of known names may lack everything else.
            is_needed: &|column| {
                column == ID || kind.fields().iter().any(|field| field.is_needed && field.code == column)
            },
            needed_name: &field_name(Language::default(), kind, needed),
            rows_max: ROWS_MAX,
            invalid: "invalid-register",
        },
    )
}

/// Names of columns in their folded form, those of the register first.
fn column_names(kind: Kind) -> Vec<(String, &'static str)> {
    let mut names = vec![(ID.to_owned(), ID)];
    let mut add = |name: &str, field: &'static str| {
        let name = folded(name);
        if !names.iter().any(|(known, _)| *known == name) {
            names.push((name, field));
        }
    };
    for language in Language::ALL {
        add(&text(language, "column-record"), ID);
        for field in kind.fields() {
            add(&field_name(language, kind, field.code), field.code);
        }
    }
    for field in kind.fields() {
        add(field.code, field.code);
    }
    for field in kind.fields().iter().filter(|field| COMMON_COLUMNS.contains(&field.code)) {
        for language in Language::ALL {
            let others = text(language, &format!("import-column-{}", field.code));
            others.split('|').for_each(|name| add(name, field.code));
        }
    }
    names
}

/// The name and the values of a row; every cell of a column that is there is taken, blank, or a fault.
fn read_cells(
    kind: Kind,
    columns: &BTreeMap<usize, &'static str>,
    orders: &BTreeMap<usize, DayOrder>,
    cells: &BTreeMap<usize, UploadedCell>,
) -> Result<(String, Values), RowFaults> {
    let mut id = String::new();
    let mut values = Values::new();
    let mut faults = Vec::new();
    for (place, name) in columns {
        let cell = match cells.get(place) {
            None => "",
            Some(UploadedCell::Text(text)) => text.trim(),
            Some(UploadedCell::Unreadable(cause, seen)) => {
                let is_formula = *cause == UnreadCause::Formula;
                let unfit = if is_formula { Unfit::Formula } else { Unfit::CellError };
                faults.push((*name, unfit, seen.clone()));
                continue;
            }
        };
        let Some(field) = kind.fields().iter().find(|field| field.code == *name) else {
            cell.clone_into(&mut id);
            continue;
        };
        let order = orders.get(place).copied().unwrap_or_default();
        match read_cell(field.shape, cell, order) {
            Ok(texts) => drop(values.insert(field.code.to_owned(), texts)),
            Err(unfit) => faults.push((*name, unfit, cell.to_owned())),
        }
    }
    if faults.is_empty() { Ok((id, values)) } else { Err(faults) }
}

/// A cell as the texts of its field; nothing when it is blank.
fn read_cell(shape: Shape, cell: &str, order: DayOrder) -> Result<Vec<String>, Unfit> {
    if cell.is_empty() {
        return Ok(Vec::new());
    }
    let unwritten = |unfit: Unfit| {
        move |fault| match fault {
            Unwritten::Form => unfit,
            Unwritten::Ambiguous => Unfit::Ambiguous,
        }
    };
    let one = |text: String| Ok(vec![text]);
    match shape {
        Shape::Day => one(day(cell, order).map_err(unwritten(Unfit::Day))?.to_string()),
        Shape::Number => {
            let whole = number(cell).map_err(unwritten(Unfit::Number))?.whole();
            one(whole.ok_or(Unfit::Number)?.to_string())
        }
        Shape::One(prefix, codes) => one(choice(prefix, codes, cell).ok_or(Unfit::Choice)?.to_owned()),
        Shape::Many(prefix, codes) => {
            let chosen = choices_in(cell, |word| choice(prefix, codes, word)).map_err(|_| Unfit::Choice)?;
            Ok(chosen.into_iter().map(ToOwned::to_owned).collect())
        }
        Shape::Checks => {
            let chosen = choices_in(cell, check_named).map_err(|_| Unfit::Unknown)?;
            Ok(chosen.into_iter().map(|check| check.code().to_owned()).collect())
        }
        // Two owners in two lines.
        Shape::Line => one(lines_of(cell).collect::<Vec<_>>().join(", ")),
        Shape::Requirements => one(cell.to_lowercase()),
        Shape::Amount | Shape::Text | Shape::Link(_) | Shape::Links(_) => one(cell.to_owned()),
    }
}

/// The lines of a text that are not blank.
pub(super) fn lines_of(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Lists whose choices people call otherwise, too.
const COMMON_CHOICES: [&str; 3] = ["declared", "yes-no", "treatment"];

/// The code of a word of either language: the whole word, another word for it, or the only one that begins so.
fn choice(prefix: &str, codes: &'static [&'static str], word: &str) -> Option<&'static str> {
    let word = folded(word);
    let words: Vec<(String, &'static str)> = codes
        .iter()
        .flat_map(|code| {
            Language::ALL.map(|language| (folded(&text(language, &format!("{prefix}-{code}"))), *code))
        })
        .collect();
    let named = |is: &dyn Fn(&str) -> bool| words.iter().find(|(name, _)| is(name)).map(|(_, code)| *code);
    let exact = codes.iter().copied().find(|code| *code == word).or_else(|| named(&|name| name == word));
    let other = || {
        let is_common = COMMON_CHOICES.contains(&prefix);
        codes.iter().copied().filter(|_| is_common).find(|code| {
            Language::ALL.iter().any(|language| {
                let others = text(*language, &format!("import-{prefix}-{code}"));
                others.split('|').any(|other| folded(other) == word)
            })
        })
    };
    let begins = || {
        let start = format!("{word} ");
        let mut found: Vec<&str> =
            words.iter().filter(|(name, _)| name.starts_with(&start)).map(|(_, code)| *code).collect();
        found.dedup();
        if let [only] = found.as_slice() { codes.iter().copied().find(|code| code == only) } else { None }
    };
    exact.or_else(other).or_else(begins)
}

fn check_named(word: &str) -> Option<Check> {
    let word = folded(word);
    let is = |check: &&Check| {
        check.code() == word
            || Language::ALL.iter().any(|language| folded(&text(*language, &check.key())) == word)
    };
    Check::ALL.iter().find(is).copied()
}

#[cfg(test)]
mod tests;
