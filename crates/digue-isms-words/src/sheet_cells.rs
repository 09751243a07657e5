//! The cells of an imported register: which column is which field, and what each cell says.

use std::collections::BTreeMap;

use digue_app::OperationError;
use digue_isms::check::Check;
use digue_isms::field::{FieldDef, FieldError, FieldShape, Values};
use digue_isms::framework;
use digue_isms::kinds::RegisterKind;
use digue_locales::{Language, text};
use digue_tables::xlsx::{UnreadableCell, UploadedCell};
use digue_types::written::{DayOrder, Unwritten, choices_in, day, folded, number};
use digue_uploads::{
    CellUse, IgnoredCells, NameFit, TableWanted, UploadedTable, is_named, taken, without_unit,
};

use crate::record_words::field_name;

const ROWS_MAX: usize = 20_000;

/// The column of the record ids.
pub const ID: &str = "id";

/// A column called `Name`: the title in the files of other programs, and the record id in English
/// exports of Digue, which have a title beside it.
const NAME: &str = "name";

pub type RowFaults = Vec<(&'static str, FieldError, String)>;

/// Fields whose columns are also recognised by other common names (locale keys `import-column-*`).
const COMMON_COLUMNS: [&str; 7] = [
    "title",
    "description",
    "owner",
    "due",
    "priority",
    "declared",
    "cost",
];

pub fn find(
    kind: RegisterKind,
    bytes: &[u8],
) -> Result<UploadedTable<&'static str>, OperationError> {
    let names = column_names(kind);
    let column_of = |name: &str| {
        // Templates of others mark the columns that they need.
        let name = name.trim_end_matches('*').trim_end();
        let exact = names
            .iter()
            .find(|(known, ..)| known == name)
            .map(|(_, field, fit)| (*field, *fit));
        let loose = || {
            names
                .iter()
                .find(|(known, ..)| without_unit(known) == without_unit(name))
        };
        exact.or_else(|| loose().map(|(_, field, _)| (*field, NameFit::Loose)))
    };
    let sheet_name = |language: &Language| {
        digue_documents::sheet_name(&text(*language, &format!("kind-{}", kind.code())))
    };
    let sheet_names: Vec<String> = Language::ALL.iter().map(sheet_name).collect();
    let needed = kind
        .fields()
        .iter()
        .find(|field| field.is_needed)
        .map_or("title", |field| field.code);
    let mut table = UploadedTable::find(
        bytes,
        &TableWanted {
            sheet_names: &sheet_names,
            column_of: &column_of,
            // A table that names existing records may lack every other column.
            is_needed: &|column| {
                column == ID
                    || column == NAME
                    || kind
                        .fields()
                        .iter()
                        .any(|field| field.is_needed && field.code == column)
            },
            needed_name: &field_name(Language::default(), kind, needed),
            rows_max: ROWS_MAX,
            invalid: "invalid-register",
        },
    )?;
    settle_name(kind, &mut table);
    Ok(table)
}

/// Decides what a column called `Name` is.
fn settle_name(kind: RegisterKind, table: &mut UploadedTable<&'static str>) {
    let has = |wanted: &str| table.columns.values().any(|column| *column == wanted);
    let has_titles = kind.fields().iter().any(|field| field.code == "title");
    let meant = match (has("title") || !has_titles, has(ID)) {
        (false, _) => Some("title"),
        (true, false) => Some(ID),
        (true, true) => None,
    };
    let Some(place) = table
        .columns
        .iter()
        .find_map(|(place, column)| (*column == NAME).then_some(*place))
    else {
        return;
    };
    match meant {
        Some(column) => drop(table.columns.insert(place, column)),
        None => {
            table.columns.remove(&place);
            table.ignored.push(NAME.to_owned());
        }
    }
}

/// The recognised column names in folded form, the register's own names first.
fn column_names(kind: RegisterKind) -> Vec<(String, &'static str, NameFit)> {
    let mut names = vec![(ID.to_owned(), ID, NameFit::Code)];
    let mut add = |name: &str, field: &'static str, fit: NameFit| {
        let name = folded(name);
        if !names.iter().any(|(known, ..)| *known == name) {
            names.push((name, field, fit));
        }
    };
    // Before the others, of which one is called so in English.
    add(NAME, NAME, NameFit::Own);
    // The identifier of another program: never a number of ours.
    if kind
        .fields()
        .iter()
        .any(|field| field.code == "origin-reference")
    {
        for name in ["ref_id", "ref id", "reference id"] {
            add(name, "origin-reference", NameFit::Other);
        }
    }
    for language in Language::ALL {
        add(&text(language, "column-record"), ID, NameFit::Own);
        for field in kind.fields() {
            add(
                &field_name(language, kind, field.code),
                field.code,
                NameFit::Own,
            );
        }
    }
    for field in kind.fields() {
        add(field.code, field.code, NameFit::Code);
    }
    for field in kind
        .fields()
        .iter()
        .filter(|field| COMMON_COLUMNS.contains(&field.code))
    {
        for language in Language::ALL {
            let others = text(language, &format!("import-column-{}", field.code));
            others
                .split('|')
                .for_each(|name| add(name, field.code, NameFit::Other));
        }
    }
    if kind == RegisterKind::Applicability {
        // The name of the column in an exported statement.
        for language in Language::ALL {
            add(
                &text(language, "column-control"),
                "requirement",
                NameFit::Other,
            );
        }
    }
    names
}

/// The content of a row: record id, values, and faults.
pub struct RegisterRowCells {
    pub id: String,
    pub values: Values,
    pub faults: RowFaults,
}

/// The columns of a sheet, and the order of day and month in each.
pub struct SheetColumns<'s> {
    pub kind: RegisterKind,
    pub places: &'s BTreeMap<usize, &'static str>,
    pub orders: &'s BTreeMap<usize, DayOrder>,
}

impl SheetColumns<'_> {
    /// Reads a row: each cell of an existing column is used, blank, or a fault.
    pub fn read(&self, cells: &BTreeMap<usize, UploadedCell>) -> RegisterRowCells {
        let mut row = RegisterRowCells {
            id: String::new(),
            values: Values::new(),
            faults: Vec::new(),
        };
        for (place, name) in self.places {
            let cell = cells.get(place);
            let field = self.kind.fields().iter().find(|field| field.code == *name);
            let order = self.orders.get(place).copied().unwrap_or_default();
            let read = taken(
                cell,
                field.map_or(CellUse::Text, |field| usage(field.shape)),
            )
            .map_err(unfit)
            .and_then(|text| match field {
                None => Ok(vec![text.to_owned()]),
                Some(field) => read_cell(self.kind, field, text, order),
            });
            match (read, field) {
                (Ok(texts), None) => row.id = texts.concat(),
                (Ok(texts), Some(field)) => drop(row.values.insert(field.code.to_owned(), texts)),
                (Err(unfit), _) => {
                    row.faults.push((
                        *name,
                        unfit,
                        cell.map_or("", UploadedCell::seen).trim().to_owned(),
                    ));
                }
            }
        }
        row
    }
}

/// How a field uses a cell. Numbers are read as amounts, because they may be in euros.
const fn usage(shape: FieldShape) -> CellUse {
    match shape {
        FieldShape::Day => CellUse::Day,
        FieldShape::Number | FieldShape::Amount => CellUse::Amount,
        FieldShape::One(..)
        | FieldShape::Many(..)
        | FieldShape::Checks
        | FieldShape::Requirements => CellUse::Word,
        FieldShape::Line
        | FieldShape::Text
        | FieldShape::Duration
        | FieldShape::Link(_)
        | FieldShape::Links(_) => CellUse::Text,
    }
}

const fn unfit(untaken: IgnoredCells) -> FieldError {
    match untaken {
        IgnoredCells::Unreadable(UnreadableCell::Error) => FieldError::CellError,
        IgnoredCells::Unreadable(UnreadableCell::Formula) => FieldError::Formula,
        IgnoredCells::Unreadable(UnreadableCell::Covered) => FieldError::Covered,
        IgnoredCells::Unit => FieldError::Unit,
        IgnoredCells::Unseen => FieldError::Unseen,
        IgnoredCells::Truth => FieldError::Truth,
    }
}

/// The texts of a field from a cell; empty when the cell is blank.
fn read_cell(
    kind: RegisterKind,
    field: &FieldDef,
    cell: &str,
    order: DayOrder,
) -> Result<Vec<String>, FieldError> {
    if cell.is_empty() {
        return Ok(Vec::new());
    }
    let unwritten = |unfit: FieldError| {
        move |fault| match fault {
            Unwritten::Form => unfit,
            Unwritten::Ambiguous => FieldError::Ambiguous,
        }
    };
    let one = |text: String| Ok(vec![text]);
    match field.shape {
        FieldShape::Day => one(day(cell, order)
            .map_err(unwritten(FieldError::Day))?
            .to_string()),
        FieldShape::Number => {
            let whole = number(cell).map_err(unwritten(FieldError::Number))?.whole();
            one(whole.ok_or(FieldError::Number)?.to_string())
        }
        FieldShape::One(prefix, codes) => one(choice(prefix, codes, cell)
            .ok_or(FieldError::Choice)?
            .to_owned()),
        FieldShape::Many(prefix, codes) => {
            let chosen = choices_in(cell, |word| choice(prefix, codes, word))
                .map_err(|_| FieldError::Choice)?;
            Ok(chosen.into_iter().map(ToOwned::to_owned).collect())
        }
        FieldShape::Checks => {
            let chosen = choices_in(cell, check_named).map_err(|_| FieldError::Unknown)?;
            Ok(chosen
                .into_iter()
                .map(|check| check.code().to_owned())
                .collect())
        }
        // Two owners in two lines.
        FieldShape::Line => one(lines_of(cell).collect::<Vec<_>>().join(", ")),
        FieldShape::Requirements if kind == RegisterKind::Applicability => one(control_named(cell)),
        FieldShape::Requirements => one(cell.to_lowercase()),
        FieldShape::Links(to) => one(without_standings(to, cell)),
        FieldShape::Amount | FieldShape::Duration | FieldShape::Text | FieldShape::Link(_) => {
            one(cell.to_owned())
        }
    }
}

/// The requirement of a control that the statement calls by its number: `iso-5.1` for `5.1`.
fn control_named(cell: &str) -> String {
    let name = cell.to_lowercase();
    let id = format!("iso-{name}");
    if framework::requirement(&id).is_some() {
        id
    } else {
        name
    }
}

/// Names of records without what the statement says of them: `ME-1` for `ME-1 (in place)`.
fn without_standings(kind: RegisterKind, cell: &str) -> String {
    let is_name = |text: &str| {
        text.strip_prefix(kind.prefix())
            .and_then(|rest| rest.strip_prefix('-'))
            .is_some_and(|digits| {
                !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
            })
    };
    let plain = |part: &str| match part.trim().split_once(" (") {
        Some((name, _)) if is_name(name) && part.trim().ends_with(')') => name.to_owned(),
        _ => part.to_owned(),
    };
    cell.split_inclusive([',', ';', '\n'])
        .map(|part| {
            let (name, separator) = part.split_at(part.trim_end_matches([',', ';', '\n']).len());
            format!("{}{separator}", plain(name))
        })
        .collect()
}

/// The lines of a text that are not blank.
pub fn lines_of(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Lists whose choices people call otherwise, too.
const COMMON_CHOICES: [&str; 3] = ["declared", "yes-no", "treatment"];

/// The code of a word of either language: the whole word, another word for it, or the only one that
/// begins so.
pub fn choice(prefix: &str, codes: &'static [&'static str], word: &str) -> Option<&'static str> {
    let word = folded(word);
    let words: Vec<(String, &'static str)> = codes
        .iter()
        .flat_map(|code| {
            Language::ALL
                .map(|language| (folded(&text(language, &format!("{prefix}-{code}"))), *code))
        })
        .collect();
    let named = |is: &dyn Fn(&str) -> bool| {
        words
            .iter()
            .find(|(name, _)| is(name))
            .map(|(_, code)| *code)
    };
    let exact = codes
        .iter()
        .copied()
        .find(|code| *code == word)
        .or_else(|| named(&|name| name == word));
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
        let mut found: Vec<&str> = words
            .iter()
            .filter(|(name, _)| name.starts_with(&start))
            .map(|(_, code)| *code)
            .collect();
        // Both languages may give the same code; only different codes are ambiguous.
        found.dedup();
        if let [only] = found.as_slice() {
            codes.iter().copied().find(|code| code == only)
        } else {
            None
        }
    };
    exact.or_else(other).or_else(begins)
}

fn check_named(word: &str) -> Option<Check> {
    let mut all = Check::ALL.iter().copied();
    all.find(|check| is_named(word, check.code(), &check.key()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_heading_of_an_export_is_read_as_its_own_column() {
        for kind in RegisterKind::ALL {
            let names = column_names(*kind);
            for language in Language::ALL {
                let headings = kind
                    .fields()
                    .iter()
                    .map(|field| (field.code, field_name(language, *kind, field.code)))
                    .chain([(ID, text(language, "column-record"))]);
                let mut seen: BTreeMap<String, &str> = BTreeMap::new();
                for (code, heading) in headings {
                    let folded = folded(&heading);
                    let read = names.iter().find(|(known, ..)| *known == folded);
                    let read = read.map(|(_, column, _)| *column);
                    // Which of the two `Name` means is settled by the other columns.
                    let is_read = read == Some(code) || (read == Some(NAME) && code == "title");
                    assert!(is_read, "{kind:?} {language:?} {heading}: {read:?}");
                    let other = seen.insert(folded, code);
                    assert_eq!(other, None, "{kind:?} {language:?} {heading}: {code}");
                }
            }
        }
    }
}
