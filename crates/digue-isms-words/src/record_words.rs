//! Records as people read them: linked records with their titles, requirements with their names. In
//! spreadsheets they stay codes, which the import reads back.

use digue_isms::field::{FieldDef, FieldShape, FieldValue, Values};
use digue_isms::framework;
use digue_isms::kinds::RegisterKind;
use digue_isms::register::Registers;
use digue_isms::tolerated_time::{TimeUnit, ToleratedTime};
use digue_locales::{Language, Value, text, text_with};

/// The name of a field.
pub fn field_name(language: Language, kind: RegisterKind, field: &str) -> String {
    text(language, &format!("field-{}-{field}", kind.code()))
}

/// Records in words, in one language.
#[derive(Clone, Copy)]
pub struct RecordWords<'r> {
    pub language: Language,
    pub registers: &'r Registers,
}

impl RecordWords<'_> {
    /// The values of a field.
    pub fn values(&self, field: &FieldDef, texts: &[String]) -> String {
        let each = |word: &dyn Fn(&String) -> String| {
            texts.iter().map(word).collect::<Vec<_>>().join(" ; ")
        };
        match field.shape {
            FieldShape::Requirements => each(&|id| requirement(self.language, id)),
            FieldShape::Link(kind) | FieldShape::Links(kind) => each(&|id| self.named(kind, id)),
            FieldShape::Line
            | FieldShape::Text
            | FieldShape::Day
            | FieldShape::Number
            | FieldShape::Amount
            | FieldShape::Duration
            | FieldShape::One(..)
            | FieldShape::Many(..)
            | FieldShape::Checks => in_words(self.language, field, texts),
        }
    }

    /// `RI-6 – Vol d'un compte`; the identifier alone where the record is not in force.
    fn named(&self, kind: RegisterKind, id: &str) -> String {
        match self.registers.find(kind, id) {
            Some(revision) => {
                let title = self.title(kind, &revision.values);
                if title.is_empty() {
                    id.to_owned()
                } else {
                    format!("{id} – {title}")
                }
            }
            None => id.to_owned(),
        }
    }

    /// The kind of a record that was signed: the identifier says which.
    pub fn kind_of_signed(&self, id: &str) -> Option<RegisterKind> {
        // A signature of a signature is none, and one of itself would have no end.
        let others = [RegisterKind::Signature, RegisterKind::SigningRequest];
        let signed = |kind: &&RegisterKind| !others.contains(kind);
        let mut kinds = RegisterKind::ALL.iter().filter(signed);
        kinds
            .find(|kind| self.registers.find(**kind, id).is_some())
            .copied()
    }

    /// A record that was signed, by its identifier and title.
    pub fn signed(&self, id: &str) -> String {
        self.kind_of_signed(id)
            .map_or_else(|| id.to_owned(), |kind| self.named(kind, id))
    }

    /// The title of a record. One that only points to another has the title of that one.
    pub fn title(&self, kind: RegisterKind, values: &Values) -> String {
        let of = |field: &str| values.get(field).and_then(|texts| texts.first());
        if let Some(title) = of("title") {
            return title.clone();
        }
        let linked = |field: &str, to: RegisterKind| of(field).map(|id| self.named(to, id));
        let title = match kind {
            RegisterKind::Role => {
                of("role").map(|code| text(self.language, &format!("smsi-role-{code}")))
            }
            RegisterKind::Applicability => {
                of("requirement").map(|id| requirement(self.language, id))
            }
            RegisterKind::Acceptance => linked("risk", RegisterKind::Risk),
            RegisterKind::Measurement => linked("objective", RegisterKind::Objective),
            RegisterKind::Receipt => linked("document", RegisterKind::Document),
            RegisterKind::Attestation => of("person").cloned(),
            RegisterKind::Assessment => of("organisation").cloned(),
            RegisterKind::Signature | RegisterKind::SigningRequest => {
                of("record").map(|id| self.signed(id))
            }
            RegisterKind::RetentionReading => linked("rule", RegisterKind::RetentionRule),
            RegisterKind::Context
            | RegisterKind::Asset
            | RegisterKind::FearedEvent
            | RegisterKind::RiskSource
            | RegisterKind::Stakeholder
            | RegisterKind::Risk
            | RegisterKind::Measure
            | RegisterKind::Objective
            | RegisterKind::Audit
            | RegisterKind::Finding
            | RegisterKind::Review
            | RegisterKind::Exception
            | RegisterKind::Document
            | RegisterKind::Campaign
            | RegisterKind::Processing
            | RegisterKind::BusinessActivity
            | RegisterKind::EmergencyContact
            | RegisterKind::KeyHolder
            | RegisterKind::ContinuityExercise
            | RegisterKind::RiskScale
            | RegisterKind::Opportunity
            | RegisterKind::PlannedChange
            | RegisterKind::CommunicationLine
            | RegisterKind::Competence
            | RegisterKind::ResourceNeed
            | RegisterKind::AuditProgramme
            | RegisterKind::SigningDelegation
            | RegisterKind::EvidenceItem
            | RegisterKind::ThirdParty
            | RegisterKind::Contract
            | RegisterKind::SubProcessor
            | RegisterKind::JointArrangement
            | RegisterKind::Dpia
            | RegisterKind::RetentionRule
            | RegisterKind::Software => None,
        };
        title.unwrap_or_default()
    }

    /// The title of a record in force, by its identifier; `None` for one that is not there or cannot
    /// be read.
    pub fn title_of(&self, kind: RegisterKind, id: &str) -> Option<String> {
        let revision = self.registers.find(kind, id)?;
        let title = self.title(kind, &revision.values);
        (!title.is_empty()).then_some(title)
    }
}

/// A value as text. Linked records and requirements stay codes here: `RecordWords` has their names.
pub fn in_words(language: Language, field: &FieldDef, texts: &[String]) -> String {
    let words = texts.iter().map(|value| match field.shape {
        FieldShape::One(prefix, _) | FieldShape::Many(prefix, _) => {
            text(language, &format!("{prefix}-{value}"))
        }
        FieldShape::Checks => text(language, &format!("check-{value}")),
        FieldShape::Amount if language == Language::French => value.replace('.', ","),
        FieldShape::Day => day_in_words(language, value),
        FieldShape::Duration => stored_time_in_words(language, value),
        _ => value.clone(),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// A stored day as people write it; a text that is no day stays as it is.
fn day_in_words(language: Language, text: &str) -> String {
    let pattern = match language {
        Language::French => "%d/%m/%Y",
        Language::English => "%d %b %Y",
    };
    text.parse().map_or_else(
        |_| text.to_owned(),
        |day: jiff::civil::Date| day.strftime(pattern).to_string(),
    )
}

/// A stored duration as people write it; a text that is none stays as it is.
fn stored_time_in_words(language: Language, stored: &str) -> String {
    match ToleratedTime::read(&[stored.to_owned()]) {
        Ok(ToleratedTime(Some(minutes))) => time_in_words(language, minutes),
        Ok(ToleratedTime(None)) | Err(_) => stored.to_owned(),
    }
}

/// `2 jours`, `4 h`, `90 min`: what the import reads back.
pub fn time_in_words(language: Language, minutes: u32) -> String {
    let (count, unit) = TimeUnit::largest(minutes);
    let key = match unit {
        TimeUnit::Minute => "tolerated-minutes",
        TimeUnit::Hour => "tolerated-hours",
        TimeUnit::Day => "tolerated-days",
    };
    // Without separators of thousands: `1,500 min` is read in two ways.
    let shown = ("shown", Value::from(count.to_string()));
    text_with(
        language,
        key,
        &[shown, ("count", Value::from(u64::from(count)))],
    )
}

/// `ISO/IEC 27001 5.18 – Droits d'accès`; a requirement of a later version as it is written.
pub fn requirement(language: Language, id: &str) -> String {
    let Some(known) = framework::requirement(id) else {
        return id.to_owned();
    };
    let words = [
        text(language, known.framework.key()),
        known.number().to_owned(),
        "–".to_owned(),
        text(language, &known.key()),
    ];
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use digue_isms::register::Revision;
    use digue_types::Timestamp;

    use super::*;

    fn revision(kind: RegisterKind, id: &str, fields: &[(&str, &str)]) -> Revision {
        let values = fields
            .iter()
            .map(|(field, text)| ((*field).to_owned(), vec![(*text).to_owned()]));
        Revision {
            kind,
            id: id.to_owned(),
            number: 1,
            at: Timestamp::from_secs(1_800_000_000),
            by: "rssi".to_owned(),
            is_over: false,
            hash: String::new(),
            values: values.collect(),
        }
    }

    #[test]
    fn a_record_that_points_to_another_has_its_title() {
        let registers = Registers::new([
            revision(RegisterKind::Risk, "RI-6", &[("title", "Vol d'un compte")]),
            revision(RegisterKind::Acceptance, "AC-2", &[("risk", "RI-6")]),
        ]);
        let words = RecordWords {
            language: Language::French,
            registers: &registers,
        };
        let acceptance = Some("RI-6 – Vol d'un compte".to_owned());
        let of = |kind, fields: &[(&str, &str)]| {
            words.title(kind, &revision(kind, "XX-1", fields).values)
        };
        assert_eq!(words.title_of(RegisterKind::Acceptance, "AC-2"), acceptance);
        assert_eq!(
            of(RegisterKind::Signature, &[("record", "AC-2")]),
            "AC-2 – RI-6 – Vol d'un compte"
        );
        let decided = of(RegisterKind::Applicability, &[("requirement", "iso-5.18")]);
        assert!(
            decided.contains("5.18 – ") && !decided.contains("iso-"),
            "{decided}"
        );
        // What is not there keeps its identifier: no name is invented.
        assert_eq!(of(RegisterKind::Acceptance, &[("risk", "RI-9")]), "RI-9");
        assert_eq!(requirement(Language::French, "iso-99.1"), "iso-99.1");
    }

    #[test]
    fn no_field_of_a_record_shows_the_code_of_a_requirement() {
        let registers = Registers::default();
        let words = RecordWords {
            language: Language::French,
            registers: &registers,
        };
        for kind in RegisterKind::ALL {
            for field in kind.fields() {
                if matches!(field.shape, FieldShape::Requirements) {
                    let said = words.values(field, &["iso-5.18".to_owned(), "demand-4".to_owned()]);
                    assert!(
                        !said.contains("iso-") && !said.contains("demand-"),
                        "{said}"
                    );
                }
            }
        }
    }
}
