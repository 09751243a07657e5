//! The data-breach register (GDPR art. 33(5)): every breach, notified or not, with the reasoning.
//!
//! A row is computed from an incident. Rows of an earlier register are parsed from a table and
//! become incidents of their own. Cells arrive as texts: this module knows no spreadsheet, and no
//! language except for yes, no and the word for risk.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use digue_types::Timestamp;
use digue_types::written::{
    DayOrder, Unwritten, WrittenMoment, choices_in, folded, moment, number,
};
use jiff::tz::TimeZone;

use crate::incident::Incident;
use crate::incident::entry::IncidentState;
use crate::notification::{Field, FilledField, FormFieldShape, NotificationDraft, fits};
use crate::vocabulary::{Exemption, TEXT_CHARS_MAX};

/// One row of the register, computed from an incident.
#[derive(Clone, PartialEq, Debug)]
pub struct ViolationRow {
    pub title: String,
    pub state: IncidentState,
    pub opened_at: Timestamp,
    pub aware_at: Option<Timestamp>,
    pub values: BTreeMap<Field, Vec<String>>,
    /// Whether to notify the authority: decision, author, reason.
    pub authority: Option<(bool, String, String)>,
    pub notified_at: Option<Timestamp>,
    pub delay_reason: Option<String>,
    /// Whether to inform the persons: decision, exemption, author, reason.
    pub persons: Option<(bool, Option<Exemption>, String, String)>,
    pub informed_at: Option<Timestamp>,
}

impl ViolationRow {
    pub fn new(incident: &Incident, draft: &NotificationDraft) -> Self {
        let values = draft.0.iter().filter_map(|(field, filled)| match filled {
            FilledField::Value { value, .. } => Some((*field, value.clone())),
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
            authority: authority
                .map(|decided| (decided.what, decided.by.clone(), decided.reason.clone())),
            notified_at: incident.notified_at(),
            delay_reason: delay.map(|decided| decided.reason.clone()),
            persons: persons.map(|decided| {
                (
                    decided.what.inform,
                    decided.what.exemption,
                    decided.by.clone(),
                    decided.reason.clone(),
                )
            }),
            informed_at: incident.met_at(crate::clock::ClockKind::Persons),
        }
    }
}

/// The columns of a register, for export and import: the code of each, and its meaning. One table
/// for both, so that an export can be imported unchanged.
pub static COLUMNS: LazyLock<Vec<(&'static str, ViolationColumn)>> = LazyLock::new(|| {
    const FIRST: [Field; 12] = [
        Field::StartedAt,
        Field::EndedAt,
        Field::Natures,
        Field::Origins,
        Field::CauseOf,
        Field::What,
        Field::PersonKinds,
        Field::PersonCount,
        Field::DataKinds,
        Field::RecordCount,
        Field::GravityOf,
        Field::MeasuresTaken,
    ];
    // These fields repeat what other columns hold.
    const ELSEWHERE: [Field; 3] = [Field::AwareAt, Field::DelayReasons, Field::InformedAt];
    let others = Field::ALL
        .iter()
        .filter(|field| !FIRST.contains(field) && !ELSEWHERE.contains(field));
    let field = |field: &Field| (field.code(), ViolationColumn::Field(*field));
    let mut columns = vec![
        ("title", ViolationColumn::Title),
        ("aware-at", ViolationColumn::Aware),
    ];
    columns.extend(FIRST.iter().map(field));
    columns.extend([
        ("authority", ViolationColumn::Authority),
        ("notified", ViolationColumn::NotifiedAt),
        ("delay", ViolationColumn::Delay),
        ("persons", ViolationColumn::Persons),
        ("exemption", ViolationColumn::Exemption),
        ("told", ViolationColumn::InformedAt),
        ("state", ViolationColumn::State),
    ]);
    columns.extend(others.map(field));
    columns
});

/// The meaning of a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ViolationColumn {
    Title,
    Aware,
    Field(Field),
    /// `yes: reason` or `no: reason`.
    Authority,
    NotifiedAt,
    /// Why the authority was notified after the deadline.
    Delay,
    /// `yes: reason` or `no: reason`.
    Persons,
    /// Why persons were not informed.
    Exemption,
    InformedAt,
    State,
}

/// A row of an earlier register, parsed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EarlierViolation {
    pub title: String,
    pub aware_at: Option<Timestamp>,
    pub fields: BTreeMap<Field, Vec<String>>,
    pub authority: Option<(bool, String)>,
    pub notified_at: Option<Timestamp>,
    pub delay: Option<String>,
    pub persons: Option<(bool, String)>,
    pub exemption: Option<Exemption>,
    pub informed_at: Option<Timestamp>,
    pub state: Option<IncidentState>,
}

impl EarlierViolation {
    /// A row of this register in the form of an earlier one, to compare with an import.
    pub fn of(row: &ViolationRow) -> Self {
        let lines = |text: &String| text.trim().replace("\r\n", "\n");
        let is_column = |field: &Field| {
            COLUMNS
                .iter()
                .any(|(_, column)| *column == ViolationColumn::Field(*field))
        };
        let answer = |(field, values): (&Field, &Vec<String>)| {
            let values: Vec<String> = values
                .iter()
                .map(lines)
                .filter(|text| !text.is_empty())
                .collect();
            (is_column(field) && !values.is_empty()).then_some((*field, values))
        };
        Self {
            title: row.title.trim().to_owned(),
            aware_at: row.aware_at,
            fields: row.values.iter().filter_map(answer).collect(),
            authority: row.authority.as_ref().map(|(is, _, why)| (*is, lines(why))),
            notified_at: row.notified_at,
            delay: row.delay_reason.as_ref().map(lines),
            persons: row
                .persons
                .as_ref()
                .map(|(is, _, _, why)| (*is, lines(why))),
            exemption: row
                .persons
                .as_ref()
                .and_then(|(_, exemption, ..)| *exemption),
            informed_at: row.informed_at,
            state: Some(row.state),
        }
    }

    /// The columns in which this imported row differs from the register. Blank cells are not
    /// compared: a file may leave out columns.
    pub fn differences_from(&self, register: &Self) -> Vec<&'static str> {
        let differs = |column: &ViolationColumn| match column {
            ViolationColumn::Title => !self.title.is_empty() && self.title != register.title,
            ViolationColumn::Aware => self.aware_at.is_some() && self.aware_at != register.aware_at,
            ViolationColumn::Field(field) => self
                .fields
                .get(field)
                .is_some_and(|value| register.fields.get(field) != Some(value)),
            ViolationColumn::Authority => {
                self.authority.is_some() && self.authority != register.authority
            }
            ViolationColumn::NotifiedAt => {
                self.notified_at.is_some() && self.notified_at != register.notified_at
            }
            ViolationColumn::Delay => self.delay.is_some() && self.delay != register.delay,
            ViolationColumn::Persons => self.persons.is_some() && self.persons != register.persons,
            ViolationColumn::Exemption => {
                self.exemption.is_some() && self.exemption != register.exemption
            }
            ViolationColumn::InformedAt => {
                self.informed_at.is_some() && self.informed_at != register.informed_at
            }
            ViolationColumn::State => self.state.is_some() && self.state != register.state,
        };
        COLUMNS
            .iter()
            .filter(|(_, column)| differs(column))
            .map(|(name, _)| *name)
            .collect()
    }
}

/// Why a cell cannot be imported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ViolationCellFault {
    /// Required and empty.
    Missing,
    /// Not a date or time.
    Moment,
    /// An hour that occurs twice or never, or a number or day that can be read in two ways.
    Ambiguous,
    /// In the future.
    Future,
    Number,
    /// A word that is not in the list.
    Choice,
    /// Not `yes: reason` or `no: reason`.
    Decision,
    /// Persons were not informed and no exemption is named, or they were and one is.
    Exemption,
    Long,
    /// A spreadsheet error such as `#N/A`.
    Error,
    /// A formula whose result is not in the file.
    Formula,
    /// Hidden below a merged cell.
    Covered,
    /// A percentage, or a unit other than that of the field.
    Unit,
    /// A number whose format cannot be shown.
    Unseen,
    /// A Boolean.
    Truth,
    /// The end comes before the beginning.
    Backwards,
    /// The register has this breach with another value.
    Differs,
    /// The register computes this cell, and its value differs today.
    Computed,
    /// Another row of the file has the same reference.
    Twice,
    /// The rules of incidents refuse it.
    Refused,
}

impl ViolationCellFault {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Moment => "moment",
            Self::Ambiguous => "ambiguous",
            Self::Future => "future",
            Self::Number => "number",
            Self::Choice => "choice",
            Self::Decision => "decision",
            Self::Exemption => "exemption",
            Self::Long => "long",
            Self::Error => "error",
            Self::Formula => "formula",
            Self::Covered => "covered",
            Self::Unit => "unit",
            Self::Unseen => "unseen",
            Self::Truth => "truth",
            Self::Backwards => "backwards",
            Self::Differs => "differs",
            Self::Computed => "computed",
            Self::Twice => "twice",
            Self::Refused => "refused",
        }
    }

    const fn of(fault: Unwritten, otherwise: Self) -> Self {
        match fault {
            Unwritten::Form => otherwise,
            Unwritten::Ambiguous => Self::Ambiguous,
        }
    }
}

/// Parses rows. The words of each language are passed in as functions.
pub struct ViolationRowReader<'r> {
    /// Time zone of times that name none.
    pub zone: &'r TimeZone,
    pub now: Timestamp,
    /// Maps a word of any language to a code of the field.
    pub choice: &'r (dyn Fn(Field, &str) -> Option<String> + Sync),
    pub exemption: &'r (dyn Fn(&str) -> Option<Exemption> + Sync),
    pub state: &'r (dyn Fn(&str) -> Option<IncidentState> + Sync),
    /// Order of day and month in each column.
    pub orders: BTreeMap<&'static str, DayOrder>,
}

impl ViolationRowReader<'_> {
    /// Parses one row from the texts of the columns that are present.
    ///
    /// # Errors
    /// Every fault of the row.
    pub fn read(
        &self,
        cells: &BTreeMap<&str, String>,
    ) -> Result<EarlierViolation, Vec<(&'static str, ViolationCellFault)>> {
        self.read_with(cells, &[ViolationColumn::Title, ViolationColumn::Aware])
    }

    /// Parses a row about a breach that the register has. It may lack what the register lacks:
    /// otherwise an export of an incident without an hour of awareness could not be imported.
    ///
    /// # Errors
    /// As `read`.
    pub fn read_known(
        &self,
        cells: &BTreeMap<&str, String>,
        register: &EarlierViolation,
    ) -> Result<EarlierViolation, Vec<(&'static str, ViolationCellFault)>> {
        let needed = [ViolationColumn::Title, ViolationColumn::Aware];
        self.read_with(
            cells,
            if register.aware_at.is_some() {
                &needed
            } else {
                &needed[..1]
            },
        )
    }

    fn read_with(
        &self,
        cells: &BTreeMap<&str, String>,
        needed: &[ViolationColumn],
    ) -> Result<EarlierViolation, Vec<(&'static str, ViolationCellFault)>> {
        let mut row = EarlierViolation::default();
        let mut faults = Vec::new();
        for (name, column) in COLUMNS.iter() {
            let text = cells.get(name).map(|text| text.trim()).unwrap_or_default();
            let read = match text {
                // All faults of a row are collected, so that a file is corrected in one pass.
                "" if needed.contains(column) => Err(ViolationCellFault::Missing),
                "" => Ok(()),
                text => self.read_cell(&mut row, name, *column, text),
            };
            if let Err(fault) = read {
                faults.push((*name, fault));
            }
        }
        let moment = |field| {
            row.fields
                .get(&field)
                .and_then(|texts| Timestamp::parse_rfc3339(texts.first()?))
        };
        if let (Some(from), Some(to)) = (moment(Field::StartedAt), moment(Field::EndedAt))
            && to < from
        {
            faults.push((Field::EndedAt.code(), ViolationCellFault::Backwards));
        }
        match (&row.persons, row.exemption) {
            (Some((false, why)), None) => match exemption_in(why) {
                Some(exemption) => row.exemption = Some(exemption),
                None => faults.push(("exemption", ViolationCellFault::Exemption)),
            },
            (Some((false, _)), Some(_)) | (_, None) => {}
            (Some((true, _)) | None, Some(_)) => {
                faults.push(("exemption", ViolationCellFault::Exemption))
            }
        }
        if faults.is_empty() {
            Ok(row)
        } else {
            Err(faults)
        }
    }

    fn read_cell(
        &self,
        row: &mut EarlierViolation,
        name: &'static str,
        column: ViolationColumn,
        text: &str,
    ) -> Result<(), ViolationCellFault> {
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(ViolationCellFault::Long);
        }
        match column {
            ViolationColumn::Title => {
                row.title = text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
            }
            ViolationColumn::Aware => row.aware_at = Some(self.past(name, text)?),
            ViolationColumn::Field(field) => {
                drop(row.fields.insert(field, self.value_of(field, name, text)?))
            }
            ViolationColumn::Authority => row.authority = Some(decision(text)?),
            ViolationColumn::NotifiedAt => row.notified_at = Some(self.past(name, text)?),
            ViolationColumn::Delay => row.delay = Some(text.replace("\r\n", "\n")),
            ViolationColumn::Persons => row.persons = Some(decision(text)?),
            ViolationColumn::Exemption => {
                row.exemption = Some((self.exemption)(text).ok_or(ViolationCellFault::Choice)?)
            }
            ViolationColumn::InformedAt => row.informed_at = Some(self.past(name, text)?),
            ViolationColumn::State => {
                row.state = Some((self.state)(text).ok_or(ViolationCellFault::Choice)?)
            }
        }
        Ok(())
    }

    fn value_of(
        &self,
        field: Field,
        name: &'static str,
        text: &str,
    ) -> Result<Vec<String>, ViolationCellFault> {
        let values = match field.shape() {
            FormFieldShape::Moment => vec![self.moment(name, text)?.to_string()],
            FormFieldShape::Number => {
                let number = number(text)
                    .map_err(|fault| ViolationCellFault::of(fault, ViolationCellFault::Number))?;
                let whole = number.whole().and_then(|whole| u64::try_from(whole).ok());
                vec![whole.ok_or(ViolationCellFault::Number)?.to_string()]
            }
            FormFieldShape::One(_) => {
                vec![(self.choice)(field, text).ok_or(ViolationCellFault::Choice)?]
            }
            FormFieldShape::Many(_) => choices_in(text, |word| (self.choice)(field, word))
                .map_err(|_| ViolationCellFault::Choice)?,
            FormFieldShape::Line => {
                vec![text.lines().map(str::trim).collect::<Vec<_>>().join(", ")]
            }
            FormFieldShape::Text => vec![text.replace("\r\n", "\n")],
        };
        if fits(field, &values) {
            Ok(values)
        } else {
            Err(ViolationCellFault::Long)
        }
    }

    fn past(&self, name: &'static str, text: &str) -> Result<Timestamp, ViolationCellFault> {
        let at = self.moment(name, text)?;
        if at > self.now {
            Err(ViolationCellFault::Future)
        } else {
            Ok(at)
        }
    }

    /// Parses an instant. A day without a time is its midnight; a time without a zone is local.
    fn moment(&self, name: &'static str, text: &str) -> Result<Timestamp, ViolationCellFault> {
        let order = self.orders.get(name).copied().unwrap_or_default();
        let written = moment(text, order)
            .map_err(|fault| ViolationCellFault::of(fault, ViolationCellFault::Moment))?;
        let local = match written {
            WrittenMoment::Instant(at) => return Ok(at),
            WrittenMoment::Day(day) => day.at(0, 0, 0, 0),
            WrittenMoment::Local(at) => at,
        };
        // An hour that occurs twice or never is a fault: a guess would move a legal deadline by an
        // hour.
        let instant = self.zone.to_ambiguous_timestamp(local).unambiguous();
        instant
            .map(|at| Timestamp::from_micros(at.as_microsecond()))
            .map_err(|_| ViolationCellFault::Ambiguous)
    }
}

/// The exemption that a reason names by its letter in article 34(3), or by the word for risk.
/// Anything else is `None`: an exemption is never supposed.
fn exemption_in(reason: &str) -> Option<Exemption> {
    let plain = folded(reason);
    let signs: String = plain.chars().filter(char::is_ascii_alphanumeric).collect();
    let letters = [
        ("343a", Exemption::Protected),
        ("343b", Exemption::Mitigated),
        ("343c", Exemption::Disproportionate),
    ];
    let named = letters
        .into_iter()
        .find(|(letter, _)| signs.contains(letter))
        .map(|(_, exemption)| exemption);
    let is_risk = plain
        .split(|sign: char| !sign.is_alphanumeric())
        .any(|word| matches!(word, "risque" | "risk"));
    named.or_else(|| is_risk.then_some(Exemption::RiskNotHigh))
}

fn decision(text: &str) -> Result<(bool, String), ViolationCellFault> {
    let (word, reason) = text.split_once(':').ok_or(ViolationCellFault::Decision)?;
    let what = match folded(word).as_str() {
        "oui" | "yes" => true,
        "non" | "no" => false,
        _ => return Err(ViolationCellFault::Decision),
    };
    let reason = reason.trim().replace("\r\n", "\n");
    if reason.is_empty() {
        Err(ViolationCellFault::Decision)
    } else {
        Ok((what, reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        cells: &[(&'static str, &str)],
    ) -> Result<EarlierViolation, Vec<(&'static str, ViolationCellFault)>> {
        let cells = cells
            .iter()
            .map(|(name, text)| (*name, (*text).to_owned()))
            .collect();
        let choice = |field: Field, word: &str| {
            let (FormFieldShape::Many(codes) | FormFieldShape::One(codes)) = field.shape() else {
                return None;
            };
            codes
                .iter()
                .find(|code| **code == word)
                .map(|code| (*code).to_owned())
        };
        let reader = ViolationRowReader {
            zone: &TimeZone::get("Europe/Paris").unwrap(),
            now: Timestamp::parse_rfc3339("2026-11-28T00:00:00Z").unwrap(),
            choice: &choice,
            exemption: &Exemption::parse,
            state: &IncidentState::parse,
            orders: BTreeMap::new(),
        };
        reader.read(&cells)
    }

    #[track_caller]
    fn at(text: &str) -> Option<Timestamp> {
        Some(Timestamp::parse_rfc3339(text).unwrap())
    }

    #[test]
    fn a_row_is_read_with_its_decisions() {
        let row = read(&[
            ("title", "Courriel envoyé au mauvais destinataire"),
            ("aware-at", "2025-03-02 14:05"),
            ("natures", "confidentiality; availability"),
            ("person-count", "1 200"),
            ("authority", "Oui : notifié dans les temps"),
            ("notified", "03/03/2025 à 09h30"),
            ("persons", "non : risque peu probable"),
        ])
        .unwrap();
        assert_eq!(row.aware_at, at("2025-03-02T13:05:00Z"), "local");
        assert_eq!(row.notified_at, at("2025-03-03T08:30:00Z"));
        assert_eq!(row.fields[&Field::Natures].len(), 2);
        assert_eq!(row.fields[&Field::PersonCount], ["1200"]);
        assert_eq!(
            row.authority,
            Some((true, "notifié dans les temps".to_owned()))
        );
        assert_eq!(row.exemption, Some(Exemption::RiskNotHigh));
    }

    #[test]
    fn an_exemption_is_what_was_said_and_never_supposed() {
        let of = |persons: &str, exemption: &str| {
            read(&[
                ("title", "t"),
                ("aware-at", "2025-03-02"),
                ("persons", persons),
                ("exemption", exemption),
            ])
            .map(|row| row.exemption)
            .map_err(|faults| faults[0].1.code())
        };
        assert_eq!(
            of("Non : chiffré, art. 34(3)a", ""),
            Ok(Some(Exemption::Protected))
        );
        assert_eq!(
            of("Non : art. 34, 3, c : communiqué", ""),
            Ok(Some(Exemption::Disproportionate))
        );
        assert_eq!(
            of("No: the risk is low", ""),
            Ok(Some(Exemption::RiskNotHigh))
        );
        assert_eq!(
            of("Non : disque chiffré", "mitigated"),
            Ok(Some(Exemption::Mitigated))
        );
        assert_eq!(of("Non : rien", ""), Err("exemption"));
        assert_eq!(of("Oui : lettre", "mitigated"), Err("exemption"));
        assert_eq!(of("Oui : lettre", ""), Ok(None));
    }

    #[test]
    fn hours_that_came_twice_or_never_are_faults() {
        let aware = |text: &str| {
            read(&[("title", "t"), ("aware-at", text)])
                .map(|row| row.aware_at)
                .map_err(|faults| faults[0].1.code())
        };
        assert_eq!(aware("25/10/2026 02:30"), Err("ambiguous"));
        assert_eq!(aware("29/03/2026 02:30"), Err("ambiguous"));
        assert_eq!(
            aware("2026-10-25T02:30:00+01:00"),
            Ok(at("2026-10-25T01:30:00Z"))
        );
        assert_eq!(aware("01/06/2025"), Ok(at("2025-05-31T22:00:00Z")));
        assert_eq!(aware("01/06/2027"), Err("future"));
    }

    #[test]
    fn every_fault_of_a_row_is_told() {
        let faults = read(&[
            ("aware-at", "hier"),
            ("natures", "vitesse"),
            ("person-count", "environ 300"),
            ("persons", "oui"),
        ]);
        let codes: Vec<(&str, &str)> = faults
            .unwrap_err()
            .into_iter()
            .map(|(name, fault)| (name, fault.code()))
            .collect();
        let expected = [
            ("title", "missing"),
            ("aware-at", "moment"),
            ("natures", "choice"),
            ("person-count", "number"),
            ("persons", "decision"),
        ];
        assert_eq!(codes, expected);
    }

    #[test]
    fn a_row_that_the_register_has_may_lack_what_the_register_lacks() {
        let cells = BTreeMap::from([("title", "t".to_owned())]);
        let zone = TimeZone::UTC;
        let reader = ViolationRowReader {
            zone: &zone,
            now: Timestamp::from_secs(1_800_000_000),
            choice: &|_, _| None,
            exemption: &|_| None,
            state: &|_| None,
            orders: BTreeMap::new(),
        };
        let without = EarlierViolation {
            title: "t".to_owned(),
            ..EarlierViolation::default()
        };
        let row = reader.read_known(&cells, &without).unwrap();
        assert_eq!(row.differences_from(&without), Vec::<&str>::new());
        let with = EarlierViolation {
            aware_at: at("2026-03-02T13:05:00Z"),
            ..without
        };
        assert_eq!(
            reader.read_known(&cells, &with).unwrap_err(),
            [("aware-at", ViolationCellFault::Missing)]
        );
        assert!(reader.read(&cells).is_err());
    }

    #[test]
    fn an_end_before_its_beginning_is_told_with_the_other_faults() {
        let faults = read(&[
            ("title", "t"),
            ("started-at", "2025-03-02"),
            ("ended-at", "2025-03-01"),
        ]);
        assert_eq!(
            faults.unwrap_err(),
            [
                ("aware-at", ViolationCellFault::Missing),
                ("ended-at", ViolationCellFault::Backwards)
            ]
        );
    }

    #[test]
    fn every_column_has_a_name_of_its_own() {
        for (place, (name, column)) in COLUMNS.iter().enumerate() {
            assert!(
                !COLUMNS[..place]
                    .iter()
                    .any(|(other, same)| other == name || same == column),
                "{name}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn hostile_cells_are_told_and_do_no_harm(text in "\\PC{0,30}") {
            for (name, _) in COLUMNS.iter() {
                let _ = read(&[("title", "t"), ("aware-at", "2025-03-02"), (name, &text)]);
            }
        }
    }
}
