//! The notification to the authority: every field of the CNIL's online form is filled from facts,
//! answered by a person, or unknown with the role that can answer it. Nothing is sent from here.

use std::collections::BTreeMap;

use digue_types::{Timestamp, lists};
use serde::{Deserialize, Serialize};

use crate::vocabulary::{
    Cause, Consequence, DataKind, Gravity, Harm, Nature, Origin, PersonKind, TEXT_CHARS_MAX,
};

lists! {
    /// The stage of a notification.
    Stage "stage" {
        Initial "initial",
        Complementary "complementary",
        /// Complete at once, without a complement to follow.
        Complete "complete",
    }

    /// The sections of the form.
    Block "block" {
        Controller "controller",
        Dates "dates",
        Breach "breach",
        Persons "persons",
        Data "data",
        Consequences "consequences",
        Measures "measures",
        Informing "informing",
        Others "others",
    }

    /// The role that can answer a field.
    Informant "who" {
        Dpo "dpo",
        Ciso "ciso",
        Portal "portal-team",
        Management "management",
        Partner "partner",
    }

    /// Yes, no or unknown.
    Known "known" {
        Yes "yes",
        No "no",
        Unknown "unknown",
    }

    /// Whether persons are informed.
    Informed "informed" {
        Yes "yes",
        Later "later",
        No "no",
    }

    /// The fields of the form.
    Field "field" {
        ControllerName "controller-name",
        ControllerNumber "controller-number",
        ControllerAddress "controller-address",
        ControllerSector "controller-sector",
        ControllerSize "controller-size",
        NotifiedBy "notified-by",
        ContactName "contact-name",
        ContactMail "contact-mail",
        ContactPhone "contact-phone",
        Processors "processors",
        JointControllers "joint-controllers",

        Established "established",
        DiscoveredAt "discovered-at",
        AwareAt "aware-at",
        StartedAt "started-at",
        EndedAt "ended-at",
        StillGoingOn "still-going-on",
        ProcessorToldAt "processor-told-at",
        Circumstances "circumstances",
        DelayReasons "delay-reasons",

        Natures "natures",
        Origins "origins",
        CauseOf "cause",
        What "what",

        PersonKinds "person-kinds",
        PersonCount "person-count",
        PersonCountQuality "person-count-quality",
        Identifiable "identifiable",

        DataKinds "data-kinds",
        DataOther "data-other",
        RecordCount "record-count",
        Support "support",

        MeasuresBefore "measures-before",
        Consequences "consequences",
        Harms "harms",
        GravityOf "gravity",
        MeasuresTaken "measures-taken",
        MeasuresPlanned "measures-planned",

        InformedState "informed",
        InformedAt "informed-at",
        InformedBy "informed-by",
        InformedCount "informed-count",
        InformedText "informed-text",
        NotInformedWhy "not-informed-why",

        CrossBorder "cross-border",
        OtherAuthorities "other-authorities",
        ComplaintFiled "complaint-filed",
    }
}

/// The shape of a field's value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormFieldShape {
    /// One line.
    Line,
    /// Several lines.
    Text,
    Number,
    /// RFC 3339, UTC.
    Moment,
    One(&'static [&'static str]),
    Many(&'static [&'static str]),
}

macro_rules! codes {
    ($($name:ident $list:ident $count:literal;)+) => {$(
        const $name: [&str; $count] = {
            let mut codes = [""; $count];
            let mut place = 0;
            while place < $count {
                codes[place] = $list::ALL[place].code();
                place += 1;
            }
            codes
        };
    )+};
}

codes! {
    NATURES Nature 3;
    ORIGINS Origin 11;
    CAUSES Cause 5;
    PERSONS PersonKind 12;
    DATA DataKind 18;
    CONSEQUENCES Consequence 7;
    HARMS Harm 10;
    GRAVITIES Gravity 4;
    KNOWN Known 3;
    INFORMED Informed 3;
}

/// How exact the number of persons is: the codes of `AffectedQuality`.
const QUALITIES: [&str; 4] = ["exact", "lower-bound", "upper-bound", "estimate"];

impl Field {
    pub const fn block(self) -> Block {
        use Field as F;
        match self {
            F::ControllerName
            | F::ControllerNumber
            | F::ControllerAddress
            | F::ControllerSector
            | F::ControllerSize
            | F::NotifiedBy
            | F::ContactName
            | F::ContactMail
            | F::ContactPhone
            | F::Processors
            | F::JointControllers => Block::Controller,
            F::Established
            | F::DiscoveredAt
            | F::AwareAt
            | F::StartedAt
            | F::EndedAt
            | F::StillGoingOn
            | F::ProcessorToldAt
            | F::Circumstances
            | F::DelayReasons => Block::Dates,
            F::Natures | F::Origins | F::CauseOf | F::What => Block::Breach,
            F::PersonKinds | F::PersonCount | F::PersonCountQuality | F::Identifiable => {
                Block::Persons
            }
            F::DataKinds | F::DataOther | F::RecordCount | F::Support => Block::Data,
            F::Consequences | F::Harms | F::GravityOf => Block::Consequences,
            F::MeasuresBefore | F::MeasuresTaken | F::MeasuresPlanned => Block::Measures,
            F::InformedState
            | F::InformedAt
            | F::InformedBy
            | F::InformedCount
            | F::InformedText
            | F::NotInformedWhy => Block::Informing,
            F::CrossBorder | F::OtherAuthorities | F::ComplaintFiled => Block::Others,
        }
    }

    pub const fn shape(self) -> FormFieldShape {
        use Field as F;
        match self {
            F::Natures => FormFieldShape::Many(&NATURES),
            F::Origins => FormFieldShape::Many(&ORIGINS),
            F::CauseOf => FormFieldShape::One(&CAUSES),
            F::PersonKinds => FormFieldShape::Many(&PERSONS),
            F::DataKinds => FormFieldShape::Many(&DATA),
            F::Consequences => FormFieldShape::Many(&CONSEQUENCES),
            F::Harms => FormFieldShape::Many(&HARMS),
            F::GravityOf => FormFieldShape::One(&GRAVITIES),
            F::Established
            | F::StillGoingOn
            | F::Identifiable
            | F::CrossBorder
            | F::ComplaintFiled => FormFieldShape::One(&KNOWN),
            F::InformedState => FormFieldShape::One(&INFORMED),
            F::PersonCountQuality => FormFieldShape::One(&QUALITIES),
            F::PersonCount | F::RecordCount | F::InformedCount => FormFieldShape::Number,
            F::DiscoveredAt
            | F::AwareAt
            | F::StartedAt
            | F::EndedAt
            | F::ProcessorToldAt
            | F::InformedAt => FormFieldShape::Moment,
            F::Circumstances
            | F::DelayReasons
            | F::What
            | F::MeasuresBefore
            | F::MeasuresTaken
            | F::MeasuresPlanned
            | F::InformedText
            | F::NotInformedWhy
            | F::OtherAuthorities
            | F::Processors
            | F::JointControllers => FormFieldShape::Text,
            F::ControllerName
            | F::ControllerNumber
            | F::ControllerAddress
            | F::ControllerSector
            | F::ControllerSize
            | F::NotifiedBy
            | F::ContactName
            | F::ContactMail
            | F::ContactPhone
            | F::DataOther
            | F::Support
            | F::InformedBy => FormFieldShape::Line,
        }
    }

    /// The role that can answer the field when no fact does.
    pub const fn who(self) -> Informant {
        use Field as F;
        match self {
            F::ControllerName
            | F::ControllerNumber
            | F::ControllerAddress
            | F::ControllerSector
            | F::ControllerSize
            | F::OtherAuthorities
            | F::ComplaintFiled => Informant::Management,
            F::MeasuresBefore
            | F::MeasuresTaken
            | F::MeasuresPlanned
            | F::StillGoingOn
            | F::Circumstances => Informant::Ciso,
            F::RecordCount | F::Support | F::DataKinds | F::DataOther | F::Identifiable => {
                Informant::Portal
            }
            F::ProcessorToldAt => Informant::Partner,
            _ => Informant::Dpo,
        }
    }

    /// The locale key of a choice; `None` when the field has no such choice.
    pub fn choice_key(self, code: &str) -> Option<String> {
        let prefix = match self {
            Self::Natures => Nature::PREFIX,
            Self::Origins => Origin::PREFIX,
            Self::CauseOf => Cause::PREFIX,
            Self::PersonKinds => PersonKind::PREFIX,
            Self::DataKinds => DataKind::PREFIX,
            Self::Consequences => Consequence::PREFIX,
            Self::Harms => Harm::PREFIX,
            Self::GravityOf => Gravity::PREFIX,
            Self::InformedState => Informed::PREFIX,
            Self::PersonCountQuality => "quality",
            _ => Known::PREFIX,
        };
        match self.shape() {
            FormFieldShape::One(codes) | FormFieldShape::Many(codes) if codes.contains(&code) => {
                Some(format!("{prefix}-{code}"))
            }
            _ => None,
        }
    }

    /// True unless the other values show that the field does not apply.
    fn is_asked(self, values: &BTreeMap<Self, Vec<String>>) -> bool {
        let is = |field: Self, code: &str| {
            values
                .get(&field)
                .is_some_and(|value| value.iter().any(|known| known == code))
        };
        match self {
            Self::EndedAt => !is(Self::StillGoingOn, "yes"),
            Self::DataOther => is(Self::DataKinds, "other"),
            Self::NotInformedWhy => is(Self::InformedState, "no"),
            Self::InformedAt => is(Self::InformedState, "yes") || is(Self::InformedState, "later"),
            Self::InformedBy | Self::InformedCount | Self::InformedText => {
                is(Self::InformedState, "yes")
            }
            // An empty field is an answer here: no processor, no delay, no joint controller.
            Self::ProcessorToldAt | Self::DelayReasons | Self::JointControllers => false,
            _ => true,
        }
    }
}

/// True when a value fits its field. An empty value withdraws the answer.
pub fn fits(field: Field, value: &[String]) -> bool {
    match field.shape() {
        FormFieldShape::Many(codes) => value.iter().all(|code| codes.contains(&code.as_str())),
        _ if value.is_empty() => true,
        _ if value.len() > 1 => false,
        FormFieldShape::One(codes) => codes.contains(&value[0].as_str()),
        FormFieldShape::Line => value[0].chars().count() <= 300 && !value[0].contains(['\n', '\r']),
        FormFieldShape::Text => value[0].chars().count() <= TEXT_CHARS_MAX,
        FormFieldShape::Number => value[0].parse::<u64>().is_ok(),
        FormFieldShape::Moment => Timestamp::parse_rfc3339(&value[0]).is_some(),
    }
}

/// The source of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormFieldSource {
    /// Computed from measured facts.
    Facts,
    /// Entered by a person; replaces the computed value.
    Answer,
}

/// A field of the draft.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FilledField {
    Value {
        value: Vec<String>,
        from: FormFieldSource,
        /// The computed value where the answer differs; it stays visible.
        computed: Option<Vec<String>>,
    },
    Unknown(Informant),
    /// Does not apply, given the other values.
    NotAsked,
}

/// Every field of the form, in the order of the form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotificationDraft(pub Vec<(Field, FilledField)>);

impl NotificationDraft {
    /// Fills every field: answers replace facts, and a field with neither is unknown, with the role
    /// that can answer it.
    pub fn new(
        facts: &BTreeMap<Field, Vec<String>>,
        answers: &BTreeMap<Field, Vec<String>>,
    ) -> Self {
        // A blank answer is no answer: the field stays unknown, and the notification incomplete.
        let given = |values: &BTreeMap<Field, Vec<String>>, field: Field| {
            values
                .get(&field)
                .filter(|value| value.iter().any(|text| !text.trim().is_empty()))
                .cloned()
        };
        let mut values = facts.clone();
        values.extend(
            answers
                .iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(f, v)| (*f, v.clone())),
        );
        let fields = Field::ALL.iter().map(|&field| {
            let computed = given(facts, field);
            let filled = match (given(answers, field), computed) {
                (Some(value), computed) => {
                    // An answer equal to the facts is no disagreement to show.
                    let computed = computed.filter(|computed| *computed != value);
                    FilledField::Value {
                        value,
                        from: FormFieldSource::Answer,
                        computed,
                    }
                }
                (None, Some(value)) => FilledField::Value {
                    value,
                    from: FormFieldSource::Facts,
                    computed: None,
                },
                (None, None) if field.is_asked(&values) => FilledField::Unknown(field.who()),
                (None, None) => FilledField::NotAsked,
            };
            (field, filled)
        });
        Self(fields.collect())
    }

    pub fn unknown(&self) -> Vec<(Field, Informant)> {
        let unknown = self.0.iter().filter_map(|(field, filled)| match filled {
            FilledField::Unknown(who) => Some((*field, *who)),
            _ => None,
        });
        unknown.collect()
    }

    /// The values alone, as stored with a submission.
    pub fn snapshot(&self) -> BTreeMap<Field, Vec<String>> {
        let values = self.0.iter().filter_map(|(field, filled)| match filled {
            FilledField::Value { value, .. } => Some((*field, value.clone())),
            _ => None,
        });
        values.collect()
    }
}

/// A notification that was sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SentNotification {
    pub stage: Stage,
    /// Microseconds, UTC.
    pub submitted_at: i64,
    pub receipt: String,
    /// The values as sent; never changed, so that later answers can be compared with them.
    pub snapshot: BTreeMap<Field, Vec<String>>,
    pub unknown: Vec<Field>,
}

impl SentNotification {
    pub fn submitted_at(&self) -> Timestamp {
        Timestamp::from_micros(self.submitted_at)
    }
}

/// One field whose value changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    pub field: Field,
    pub before: Vec<String>,
    pub after: Vec<String>,
}

/// The fields whose values differ, in the order of the form.
pub fn changes(
    before: &BTreeMap<Field, Vec<String>>,
    after: &BTreeMap<Field, Vec<String>>,
) -> Vec<Change> {
    let empty = Vec::new();
    let changed = Field::ALL.iter().filter_map(|field| {
        let (before, after) = (
            before.get(field).unwrap_or(&empty),
            after.get(field).unwrap_or(&empty),
        );
        (before != after).then(|| Change {
            field: *field,
            before: before.clone(),
            after: after.clone(),
        })
    });
    changed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Vec<String> {
        vec![text.to_owned()]
    }

    #[test]
    fn every_field_is_filled_or_unknown_with_who_can_answer() {
        let draft = NotificationDraft::new(&BTreeMap::new(), &BTreeMap::new());
        assert_eq!(draft.0.len(), Field::ALL.len());
        assert!(draft.unknown().len() > 30);
        let facts = BTreeMap::from([
            (Field::PersonCount, one("340000")),
            (Field::StillGoingOn, one("yes")),
        ]);
        let answers = BTreeMap::from([
            (Field::PersonCount, one("340012")),
            (Field::ContactName, one(" ")),
        ]);
        let draft = NotificationDraft::new(&facts, &answers);
        let of = |field| {
            draft
                .0
                .iter()
                .find(|(known, _)| *known == field)
                .map(|(_, filled)| filled)
                .unwrap()
        };
        let value = FilledField::Value {
            value: one("340012"),
            from: FormFieldSource::Answer,
            computed: Some(one("340000")),
        };
        assert_eq!(
            of(Field::PersonCount),
            &value,
            "what the facts say stays visible"
        );
        assert_eq!(
            of(Field::EndedAt),
            &FilledField::NotAsked,
            "it still goes on"
        );
        assert_eq!(
            of(Field::ContactName),
            &FilledField::Unknown(Informant::Dpo),
            "blanks are no answer"
        );
    }

    #[test]
    fn a_value_fits_its_field() {
        for (field, value, expected) in [
            (Field::PersonCount, "12", true),
            (Field::PersonCount, "about 12", false),
            (Field::AwareAt, "2025-07-12T12:20:00Z", true),
            (Field::AwareAt, "yesterday", false),
            (Field::CauseOf, "external-malicious", true),
            (Field::CauseOf, "aliens", false),
            (Field::ContactName, "two\nlines", false),
        ] {
            assert_eq!(fits(field, &one(value)), expected, "{field:?} {value}");
        }
        let two = vec!["confidentiality".to_owned(), "availability".to_owned()];
        assert_eq!(
            (fits(Field::Natures, &two), fits(Field::What, &two)),
            (true, false)
        );
    }

    #[test]
    fn the_difference_between_two_stages_is_listed() {
        let before = BTreeMap::from([(Field::PersonCount, one("300")), (Field::What, one("x"))]);
        let after = BTreeMap::from([
            (Field::PersonCount, one("340")),
            (Field::What, one("x")),
            (Field::Support, one("y")),
        ]);
        let fields: Vec<Field> = changes(&before, &after)
            .iter()
            .map(|change| change.field)
            .collect();
        assert_eq!(fields, [Field::PersonCount, Field::Support]);
    }

    #[test]
    fn choices_have_names() {
        assert_eq!(
            Field::Origins.choice_key("hacking").as_deref(),
            Some("origin-hacking")
        );
        assert_eq!(
            Field::StillGoingOn.choice_key("yes").as_deref(),
            Some("known-yes")
        );
        assert_eq!(Field::Origins.choice_key("magic"), None);
    }
}
