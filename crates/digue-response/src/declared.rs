//! What people declare of an incident beside what its list of persons measures.
//!
//! Both are kept and both are shown. A figure below the measured one is corrected, or explained in
//! writing, before the incident is closed; a later list asks again.

use std::collections::BTreeSet;

use digue_types::{Subject, Timestamp};
use serde_json::Value as Json;

use crate::affected::{AffectedQuality, AffectedVersion};
use crate::incident::{Incident, IncidentDecision};
use crate::notification::Field;
use crate::vocabulary::DataKind;

pub use crate::figure::DeclaredFigure;

/// A figure that is declared otherwise than it is measured. Values are in the form of their field;
/// those of `DeclaredFigure::Subject` in the form of the journal.
#[derive(Clone, PartialEq, Debug)]
pub struct FigureDifference {
    pub figure: DeclaredFigure,
    pub declared: Vec<String>,
    pub measured: Vec<String>,
    /// The declared figure says less than the measured one.
    pub is_less: bool,
    /// Why it is declared so, for these two values.
    pub explained: Option<IncidentDecision<()>>,
}

impl FigureDifference {
    /// True while it has to be corrected or explained.
    pub const fn is_open(&self) -> bool {
        self.is_less && self.explained.is_none()
    }
}

/// Hours in forms are whole minutes.
const MINUTE_MICROS: i64 = 60_000_000;

impl Incident {
    /// The kinds of data of which the last list has persons.
    pub fn measured_kinds(&self) -> BTreeSet<DataKind> {
        let categories = self
            .affected()
            .into_iter()
            .flat_map(|version| version.by_category.keys());
        categories
            .map(|category| DataKind::of_category(category).unwrap_or(DataKind::Other))
            .collect()
    }

    /// Every figure that is declared otherwise than the last signed list measures it.
    pub fn differences(&self) -> Vec<FigureDifference> {
        let lists = self.affected.iter().rev();
        let Some(version) = lists.clone().find(|version| version.has_list()) else {
            return Vec::new();
        };
        let found = DeclaredFigure::ALL
            .iter()
            .filter_map(|figure| self.difference(*figure, version));
        found.collect()
    }

    /// The difference in a field of the form.
    pub fn difference_in(&self, field: Field) -> Option<FigureDifference> {
        self.differences()
            .into_iter()
            .find(|one| one.figure.field() == Some(field))
    }

    /// The figures that have to be corrected or explained.
    pub fn open_figures(&self) -> Vec<DeclaredFigure> {
        let open = self
            .differences()
            .into_iter()
            .filter(FigureDifference::is_open);
        open.map(|one| one.figure).collect()
    }

    fn difference(
        &self,
        figure: DeclaredFigure,
        version: &AffectedVersion,
    ) -> Option<FigureDifference> {
        let (declared, measured, is_less) = match figure {
            // Some of an upper bound or an estimate may not have been shown: fewer is no
            // contradiction.
            DeclaredFigure::Persons => self.number(
                Field::PersonCount,
                version.everybody(),
                match version.quality {
                    AffectedQuality::Exact | AffectedQuality::LowerBound => true,
                    AffectedQuality::UpperBound | AffectedQuality::Estimate => false,
                },
            )?,
            DeclaredFigure::Records => self.number(Field::RecordCount, version.records, true)?,
            DeclaredFigure::DataKinds => self.kinds()?,
            DeclaredFigure::Begin => {
                let from = version.period.map(|period| period.from)?;
                let declared = self.hour(Field::StartedAt, self.occurred.map(|(from, _)| from))?;
                // A wider period is no contradiction: nobody is shown all the time.
                let is_later =
                    declared.micros().div_euclid(MINUTE_MICROS) > from.div_euclid(MINUTE_MICROS);
                hours(declared, from, is_later)?
            }
            DeclaredFigure::End => {
                let to = version.period.map(|period| period.to)?;
                let declared = self.hour(Field::EndedAt, self.occurred.and_then(|(_, to)| to))?;
                let is_earlier =
                    declared.micros().div_euclid(MINUTE_MICROS) < to.div_euclid(MINUTE_MICROS);
                hours(declared, to, is_earlier)?
            }
            DeclaredFigure::Subject => {
                let asked = asked_about(&self.about, &version.question)?;
                (vec![self.about.to_string()], asked, true)
            }
        };
        let explained = self
            .explained
            .get(&figure)
            .filter(|one| (&one.declared, &one.measured) == (&declared, &measured))
            .map(|one| one.decision.clone());
        Some(FigureDifference {
            figure,
            declared,
            measured,
            is_less,
            explained,
        })
    }

    fn answer(&self, field: Field) -> Option<&[String]> {
        let answer = self.fields.get(&field)?;
        let is_blank = answer.what.iter().all(|text| text.trim().is_empty());
        (!is_blank).then_some(answer.what.as_slice())
    }

    /// A number that is declared otherwise; whether it is less, where `counts` says that fewer is a
    /// contradiction.
    fn number(
        &self,
        field: Field,
        measured: u64,
        counts: bool,
    ) -> Option<(Vec<String>, Vec<String>, bool)> {
        // Only numbers are stored under these fields (`notification::fits`).
        let declared: u64 = self.answer(field)?.first()?.parse().ok()?;
        (declared != measured).then(|| {
            (
                vec![declared.to_string()],
                vec![measured.to_string()],
                counts && declared < measured,
            )
        })
    }

    fn kinds(&self) -> Option<(Vec<String>, Vec<String>, bool)> {
        let declared: BTreeSet<DataKind> = self
            .answer(Field::DataKinds)?
            .iter()
            .filter_map(|code| DataKind::parse(code))
            .collect();
        let measured = self.measured_kinds();
        let codes =
            |kinds: &BTreeSet<DataKind>| kinds.iter().map(|kind| kind.code().to_owned()).collect();
        (!measured.is_empty() && declared != measured).then(|| {
            let is_less = !measured.is_subset(&declared);
            (codes(&declared), codes(&measured), is_less)
        })
    }

    /// The declared hour: the answer in the form, otherwise the period of the incident.
    fn hour(&self, field: Field, period: Option<Timestamp>) -> Option<Timestamp> {
        match self.answer(field) {
            Some(answer) => Timestamp::parse_rfc3339(answer.first()?),
            None => period,
        }
    }
}

fn hours(
    declared: Timestamp,
    measured: i64,
    is_less: bool,
) -> Option<(Vec<String>, Vec<String>, bool)> {
    let measured = Timestamp::from_micros(measured).to_string();
    is_less.then(|| (vec![declared.to_string()], vec![measured], true))
}

/// What the list was asked of, where that is another subject than the incident's, or a part of it;
/// nothing where the question cannot be read. `None` where it covers the subject: one that names no
/// account, organisation or portal has the persons of all.
///
/// A question may be narrowed to a session or a period: that of the theft is proposed.
fn asked_about(about: &Subject, question: &str) -> Option<Vec<String>> {
    let Ok(question) = serde_json::from_str::<Json>(question) else {
        return (*about != Subject::Nothing).then(Vec::new);
    };
    let named = |list: &str| -> Vec<Subject> {
        let names = question[list].as_array().into_iter().flatten();
        let kind = list.trim_end_matches('s');
        let names = names.filter_map(Json::as_str);
        names
            .map(|name| Subject::parse(&format!("{kind}:{name}")).canonical())
            .collect()
    };
    let [accounts, organisations, portals] = ["accounts", "organisations", "portals"].map(named);
    let about = about.clone().canonical();
    // Before its own kind stand those that are parts of it.
    let (parts, own) = match about {
        Subject::Account(_) => (Vec::new(), accounts),
        Subject::Organisation(_) => (accounts, organisations),
        Subject::Portal(_) => ([accounts, organisations].concat(), portals),
        _ => return None,
    };
    let asked = if parts.is_empty() { own } else { parts };
    let is_other = !asked.is_empty() && !asked.contains(&about);
    is_other.then(|| asked.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::affected::ShownPeriod;
    use crate::incident::Source;
    use crate::{IncidentEntry, IncidentNote};

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    /// Twenty-one persons, of seven of whom the number of social security was shown.
    fn list() -> AffectedVersion {
        let question = r#"{"accounts":["a1"],"organisations":[],"portals":[]}"#;
        AffectedVersion {
            number: 1,
            question: question.to_owned(),
            checkpoint: "9".to_owned(),
            hash: "00".to_owned(),
            quality: AffectedQuality::Exact,
            reason: String::new(),
            reasons: Vec::new(),
            persons: 21,
            records: 70,
            by_category: BTreeMap::from([
                ("identite".to_owned(), 21),
                ("nir".to_owned(), 7),
                ("coordonnees".to_owned(), 7),
            ]),
            by_population: BTreeMap::new(),
            others: Vec::new(),
            period: Some(ShownPeriod {
                from: at("2026-08-20T11:00:20Z").micros(),
                to: at("2026-08-20T14:10:40Z").micros(),
            }),
            left_out: None,
        }
    }

    fn log(about: &str, notes: Vec<IncidentNote>) -> Incident {
        let opened = IncidentNote::Opened {
            source: Source::Person,
            title: "Session ouverte".to_owned(),
            about: Subject::parse(about),
        };
        let now = at("2026-08-24T08:00:00Z");
        let entries = std::iter::once(opened).chain(notes);
        let entries: Vec<IncidentEntry> = (1..)
            .zip(entries)
            .map(|(number, note)| IncidentEntry {
                number,
                at: now,
                recorded_at: now,
                author: "dpo".to_owned(),
                note,
            })
            .collect();
        Incident::of(&entries).unwrap()
    }

    fn with(version: AffectedVersion, fields: &[(Field, &[&str])]) -> Incident {
        let set = fields.iter().map(|(field, value)| IncidentNote::FieldSet {
            field: *field,
            value: value.iter().map(|text| (*text).to_owned()).collect(),
        });
        let notes = std::iter::once(IncidentNote::Affected(version)).chain(set);
        log("account:a1", notes.collect())
    }

    #[test]
    fn less_than_was_measured_is_told_for_each_figure() {
        use DeclaredFigure as F;
        let cases: &[(Field, &[&str], Option<(F, bool)>)] = &[
            (Field::PersonCount, &["20"], Some((F::Persons, true))),
            (Field::PersonCount, &["21"], None),
            (Field::PersonCount, &["22"], Some((F::Persons, false))),
            (Field::RecordCount, &["1"], Some((F::Records, true))),
            (Field::RecordCount, &["70"], None),
            (
                Field::DataKinds,
                &["civil-status"],
                Some((F::DataKinds, true)),
            ),
            (Field::DataKinds, &["contact", "nir", "civil-status"], None),
            (
                Field::DataKinds,
                &["contact", "nir", "civil-status", "health"],
                Some((F::DataKinds, false)),
            ),
            (Field::DataKinds, &["unknown"], Some((F::DataKinds, true))),
            (Field::StartedAt, &["2026-08-20T11:00:00Z"], None),
            (Field::StartedAt, &["2026-08-20T10:00:00Z"], None),
            (
                Field::StartedAt,
                &["2026-08-20T11:01:00Z"],
                Some((F::Begin, true)),
            ),
            (Field::EndedAt, &["2026-08-20T14:10:00Z"], None),
            (
                Field::EndedAt,
                &["2026-08-20T14:09:00Z"],
                Some((F::End, true)),
            ),
            (Field::PersonCount, &[""], None),
        ];
        for (field, value, expected) in cases {
            let found = with(list(), &[(*field, *value)]).differences();
            let found: Vec<(F, bool)> = found.iter().map(|one| (one.figure, one.is_less)).collect();
            let expected: Vec<(F, bool)> = expected.iter().copied().collect();
            assert_eq!(found, expected, "{field:?} {value:?}");
        }
    }

    #[test]
    fn what_was_not_measured_contradicts_nothing() {
        let declared: &[(Field, &[&str])] = &[
            (Field::PersonCount, &["1"]),
            (Field::RecordCount, &["1"]),
            (Field::DataKinds, &["civil-status"]),
            (Field::StartedAt, &["2026-08-21T11:00:00Z"]),
        ];
        assert_eq!(with(list(), declared).differences().len(), 4);
        let stated = AffectedVersion {
            hash: String::new(),
            ..list()
        };
        assert_eq!(with(stated, declared).differences(), []);
        // A list of before its period was kept.
        let old = AffectedVersion {
            period: None,
            ..list()
        };
        assert_eq!(with(old, declared).differences().len(), 3);
        // Of an upper bound some may not have been shown.
        let upper = AffectedVersion {
            quality: AffectedQuality::UpperBound,
            ..list()
        };
        let persons = with(upper, &declared[..1]).differences();
        assert!(!persons[0].is_less && persons[0].measured == ["21"]);
    }

    #[test]
    fn the_period_of_the_incident_counts_where_the_form_says_nothing() {
        let occurred = IncidentNote::Occurred {
            from: at("2026-08-20T13:00:00Z").micros(),
            to: Some(at("2026-08-20T14:00:00Z").micros()),
        };
        let incident = log("account:a1", vec![IncidentNote::Affected(list()), occurred]);
        assert_eq!(
            incident.open_figures(),
            [DeclaredFigure::Begin, DeclaredFigure::End]
        );
    }

    #[test]
    fn a_list_of_another_account_is_told() {
        for (about, is_other) in [
            ("account:a1", false),
            ("account:a2", true),
            // A list of one account is not that of all.
            ("organisation:of-1", true),
            ("portal:kairos", true),
            ("", false),
        ] {
            let found = log(about, vec![IncidentNote::Affected(list())]).open_figures();
            assert_eq!(found == [DeclaredFigure::Subject], is_other, "{about}");
        }
    }

    #[test]
    fn a_list_whose_question_cannot_be_read_covers_nothing() {
        let list = AffectedVersion {
            question: "{".to_owned(),
            ..list()
        };
        let found = log("account:a1", vec![IncidentNote::Affected(list)]);
        assert_eq!(found.open_figures(), [DeclaredFigure::Subject]);
        assert!(found.differences()[0].measured.is_empty());
    }

    #[test]
    fn a_reason_holds_for_the_two_values_that_it_was_written_for() {
        let declared = |count: &str| IncidentNote::FieldSet {
            field: Field::RecordCount,
            value: vec![count.to_owned()],
        };
        let explained = IncidentNote::DifferenceExplained {
            figure: DeclaredFigure::Records,
            declared: vec!["1".to_owned()],
            measured: vec!["70".to_owned()],
            reason: "une liste, affichée une fois".to_owned(),
        };
        let mut notes = vec![IncidentNote::Affected(list()), declared("1"), explained];
        let first = log("account:a1", notes.clone());
        assert_eq!(first.open_figures(), []);
        assert!(
            first.differences()[0].explained.is_some(),
            "both stay shown"
        );
        notes.push(declared("2"));
        let changed = log("account:a1", notes.clone());
        assert_eq!(changed.open_figures(), [DeclaredFigure::Records]);
        notes.pop();
        notes.push(IncidentNote::Affected(AffectedVersion {
            number: 2,
            records: 80,
            ..list()
        }));
        let measured_again = log("account:a1", notes);
        assert_eq!(measured_again.open_figures(), [DeclaredFigure::Records]);
    }
}
