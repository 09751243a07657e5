//! The register of violations (art. 33(5)): every one, notified or not, with the reasoning.
//!
//! A row is computed from an incident; rows of an earlier register are read from a table and become
//! incidents of their own.

use std::collections::BTreeMap;

use digue_types::Timestamp;

use crate::incident::{Incident, State};
use crate::notification::{Draft, Field, Filled, Shape};
use crate::vocabulary::Exemption;

/// One row.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    pub title: String,
    pub state: State,
    pub opened_at: Timestamp,
    pub aware_at: Option<Timestamp>,
    pub values: BTreeMap<Field, Vec<String>>,
    /// Whether the authority is told, who decided it and why.
    pub authority: Option<(bool, String, String)>,
    pub notified_at: Option<Timestamp>,
    pub delay_reason: Option<String>,
    pub persons: Option<(bool, Option<Exemption>, String, String)>,
    pub told_at: Option<Timestamp>,
}

impl Row {
    pub fn new(incident: &Incident, draft: &Draft) -> Self {
        let values = draft.0.iter().filter_map(|(field, filled)| match filled {
            Filled::Value { value, .. } => Some((*field, value.clone())),
            _ => None,
        });
        let authority = incident.authority.as_ref();
        let persons = incident.persons.as_ref();
        let delay = incident.delays.get(&crate::clock::ClockKind::Authority);
        Self {
            title: incident.title.clone(),
            state: incident.state(),
            opened_at: incident.opened_at,
            aware_at: incident.aware_at(),
            values: values.collect(),
            authority: authority.map(|decided| (decided.what, decided.by.clone(), decided.reason.clone())),
            notified_at: incident.notified_at(),
            delay_reason: delay.map(|decided| decided.reason.clone()),
            persons: persons.map(|decided| {
                (decided.what.inform, decided.what.exemption, decided.by.clone(), decided.reason.clone())
            }),
            told_at: incident.met_at(crate::clock::ClockKind::Persons),
        }
    }
}

/// The columns of a register that is read: what it is called, and what it fills.
pub const COLUMNS: [(&str, Column); 16] = [
    ("title", Column::Title),
    ("aware-at", Column::Aware),
    ("started-at", Column::Field(Field::StartedAt)),
    ("ended-at", Column::Field(Field::EndedAt)),
    ("natures", Column::Field(Field::Natures)),
    ("origins", Column::Field(Field::Origins)),
    ("cause", Column::Field(Field::CauseOf)),
    ("what", Column::Field(Field::What)),
    ("person-kinds", Column::Field(Field::PersonKinds)),
    ("person-count", Column::Field(Field::PersonCount)),
    ("data-kinds", Column::Field(Field::DataKinds)),
    ("record-count", Column::Field(Field::RecordCount)),
    ("gravity", Column::Field(Field::GravityOf)),
    ("measures-taken", Column::Field(Field::MeasuresTaken)),
    ("authority", Column::Authority),
    ("persons", Column::Persons),
];

/// What a column fills.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Column {
    Title,
    Aware,
    Field(Field),
    /// `yes: reason` or `no: reason`.
    Authority,
    /// The same.
    Persons,
}

/// A row of an earlier register.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Earlier {
    pub title: String,
    pub aware_at: Option<Timestamp>,
    pub fields: BTreeMap<Field, Vec<String>>,
    pub authority: Option<(bool, String)>,
    pub persons: Option<(bool, String)>,
}

/// What is wrong with a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CellFault {
    /// Needed and empty.
    Missing,
    /// No date or hour.
    Moment,
    Number,
    /// A word that the list does not have.
    Choice,
    /// Neither yes nor no with a reason.
    Decision,
}

impl CellFault {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Moment => "moment",
            Self::Number => "number",
            Self::Choice => "choice",
            Self::Decision => "decision",
        }
    }
}

/// Reads one row: the texts of the columns that are there. `choice` brings a word of any language to
/// a code of the field. Every fault of the row, otherwise.
pub fn read_row(
    cells: &BTreeMap<&str, String>,
    choice: &dyn Fn(Field, &str) -> Option<String>,
) -> Result<Earlier, Vec<(&'static str, CellFault)>> {
    let mut row = Earlier::default();
    let mut faults = Vec::new();
    for (name, column) in COLUMNS {
        let text = cells.get(name).map(|text| text.trim()).unwrap_or_default();
        let read = read_cell(&mut row, column, text, choice);
        if let Err(fault) = read {
            faults.push((name, fault));
        }
    }
    if faults.is_empty() { Ok(row) } else { Err(faults) }
}

fn read_cell(
    row: &mut Earlier,
    column: Column,
    text: &str,
    choice: &dyn Fn(Field, &str) -> Option<String>,
) -> Result<(), CellFault> {
    let is_empty = text.is_empty();
    match column {
        Column::Title if is_empty => return Err(CellFault::Missing),
        Column::Title => text.clone_into(&mut row.title),
        Column::Aware if is_empty => return Err(CellFault::Missing),
        Column::Aware => row.aware_at = Some(moment(text).ok_or(CellFault::Moment)?),
        _ if is_empty => {}
        Column::Field(field) => {
            row.fields.insert(field, value_of(field, text, choice)?);
        }
        Column::Authority => row.authority = Some(decision(text)?),
        Column::Persons => row.persons = Some(decision(text)?),
    }
    Ok(())
}

fn value_of(
    field: Field,
    text: &str,
    choice: &dyn Fn(Field, &str) -> Option<String>,
) -> Result<Vec<String>, CellFault> {
    match field.shape() {
        Shape::Moment => Ok(vec![moment(text).ok_or(CellFault::Moment)?.to_string()]),
        Shape::Number => {
            let digits: String = text.chars().filter(|sign| !sign.is_whitespace()).collect();
            digits.parse::<u64>().map(|number| vec![number.to_string()]).map_err(|_| CellFault::Number)
        }
        Shape::One(_) | Shape::Many(_) => {
            let words = text.split([';', '|']).map(str::trim).filter(|word| !word.is_empty());
            words.map(|word| choice(field, word).ok_or(CellFault::Choice)).collect()
        }
        Shape::Line | Shape::Text => Ok(vec![text.to_owned()]),
    }
}

/// A day or an instant; a day without an hour is its midnight, UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let instant = text.replace(' ', "T");
    Timestamp::parse_rfc3339(text)
        .or_else(|| Timestamp::parse_rfc3339(&format!("{instant}Z")))
        .or_else(|| Timestamp::parse_rfc3339(&format!("{instant}:00Z")))
        .or_else(|| Timestamp::parse_date(text.get(..10)?).filter(|_| text.len() == 10))
}

fn decision(text: &str) -> Result<(bool, String), CellFault> {
    let (word, reason) = text.split_once(':').ok_or(CellFault::Decision)?;
    let what = match word.trim().to_lowercase().as_str() {
        "oui" | "yes" => true,
        "non" | "no" => false,
        _ => return Err(CellFault::Decision),
    };
    let reason = reason.trim();
    if reason.is_empty() { Err(CellFault::Decision) } else { Ok((what, reason.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cells: &[(&'static str, &str)]) -> Result<Earlier, Vec<(&'static str, CellFault)>> {
        let cells = cells.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        read_row(&cells, &|field, word| {
            let (Shape::Many(codes) | Shape::One(codes)) = field.shape() else { return None };
            codes.iter().find(|code| **code == word).map(|code| (*code).to_owned())
        })
    }

    #[test]
    fn a_row_is_read_with_its_decisions() {
        let row = read(&[
            ("title", "Courriel envoyé au mauvais destinataire"),
            ("aware-at", "2025-03-02 14:05"),
            ("natures", "confidentiality; availability"),
            ("person-count", "1 200"),
            ("authority", "non : risque peu probable"),
        ])
        .unwrap();
        assert_eq!(row.aware_at, Timestamp::parse_rfc3339("2025-03-02T14:05:00Z"));
        assert_eq!(row.fields[&Field::Natures].len(), 2);
        assert_eq!(row.fields[&Field::PersonCount], ["1200"]);
        assert_eq!(row.authority, Some((false, "risque peu probable".to_owned())));
    }

    #[test]
    fn every_fault_of_a_row_is_told() {
        let faults = read(&[
            ("aware-at", "hier"),
            ("natures", "vitesse"),
            ("person-count", "beaucoup"),
            ("persons", "oui"),
        ]);
        let codes: Vec<(&str, &str)> =
            faults.unwrap_err().into_iter().map(|(name, fault)| (name, fault.code())).collect();
        let expected = [
            ("title", "missing"),
            ("aware-at", "moment"),
            ("natures", "choice"),
            ("person-count", "number"),
            ("persons", "decision"),
        ];
        assert_eq!(codes, expected);
    }

    proptest::proptest! {
        #[test]
        fn hostile_cells_are_told_and_do_no_harm(text in "\\PC{0,30}") {
            for (name, _) in COLUMNS {
                let _ = read(&[("title", "t"), ("aware-at", "2025-03-02"), (name, &text)]);
            }
        }
    }
}
