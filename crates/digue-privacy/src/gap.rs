//! What a record about personal data may lack, and what is known beside the registers.

use std::collections::BTreeMap;

use digue_isms::kinds::RegisterKind;
use digue_response::vocabulary::DataKind;

use crate::arrangement::ArrangementTopic;
use crate::chain::ChainFault;
use crate::contract::ContractClause;
use crate::sheet::{SheetItem, SheetSettings};

/// What a record lacks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PrivacyGapKind {
    /// It cannot be read: whatever else it lacks is unknown.
    Unreadable,
    /// An item of its sheet (30).
    Item(SheetItem),
    /// No legal basis (6).
    Basis,
    /// Processors are named in words, and no contract is (28).
    ProcessorsWithoutContract,
    /// The gateway recorded this kind of data, and the sheet does not declare it (30(1)(c)).
    Undeclared(DataKind),
    /// It names a portal that is not configured: nothing is observed.
    PortalUnknown,
    /// Nothing says whether an assessment is needed (35(1)).
    NeedNotAssessed,
    /// The day of its review passed, or none is set.
    Review,
    /// A clause of the contract (28(3)).
    Clause(ContractClause),
    /// Subject, nature and purpose, kinds of data and persons (28(3)).
    Subject,
    NotSigned,
    /// The contract is over and still the last one.
    Ended,
    /// It is over, and the data are neither returned nor erased (28(3)(g)).
    DataNotEnded,
    /// Whether other processors are allowed is not said (28(2)).
    SubAuthorisation,
    /// What becomes of the data at its end is not said.
    AtEnd,
    /// A processor without a contract in force (28(3)).
    PartyWithoutContract,
    Criticality,
    /// High or vital, or a processor, and never assessed (28(1)).
    PartyNotAssessed,
    Chain(ChainFault),
    /// What an arrangement does not settle (26).
    Topic(ArrangementTopic),
    /// Two criteria or more, and "not needed".
    AgainstCriteria,
    /// The officer's opinion is missing (35(2)).
    Opinion,
    /// The persons' views, or why they were not asked (35(9)).
    Views,
    /// Nobody decided.
    NotDecided,
    /// Nobody stated whether the residual risk is high: whether to ask the authority is not known.
    ResidualUnknown,
    /// A high residual risk that the authority was not asked about (36(1)).
    ConsultationSkipped,
    /// A measure that it relies on is in no plan.
    WithoutMeasures,
    /// Its authority's answer is overdue: silence is no authorisation.
    ConsultationSilent,
    RetentionNotMeasured,
    RetentionStale,
    RetentionUndecided,
    RetentionBeyond,
}

impl PrivacyGapKind {
    /// Its locale key follows `privacy-gap-`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Item(_) => "item",
            Self::Basis => "basis",
            Self::ProcessorsWithoutContract => "processors-without-contract",
            Self::Undeclared(_) => "undeclared",
            Self::PortalUnknown => "portal-unknown",
            Self::NeedNotAssessed => "need-not-assessed",
            Self::Review => "review",
            Self::Clause(_) => "clause",
            Self::Subject => "subject",
            Self::NotSigned => "not-signed",
            Self::Ended => "ended",
            Self::DataNotEnded => "data-not-ended",
            Self::SubAuthorisation => "sub-authorisation",
            Self::AtEnd => "at-end",
            Self::PartyWithoutContract => "party-without-contract",
            Self::Criticality => "criticality",
            Self::PartyNotAssessed => "party-not-assessed",
            Self::Chain(fault) => fault.code(),
            Self::Topic(_) => "topic",
            Self::AgainstCriteria => "against-criteria",
            Self::Opinion => "opinion",
            Self::Views => "views",
            Self::NotDecided => "not-decided",
            Self::ResidualUnknown => "residual-unknown",
            Self::ConsultationSkipped => "consultation-skipped",
            Self::WithoutMeasures => "without-measures",
            Self::ConsultationSilent => "consultation-silent",
            Self::RetentionNotMeasured => "retention-not-measured",
            Self::RetentionStale => "retention-stale",
            Self::RetentionUndecided => "retention-undecided",
            Self::RetentionBeyond => "retention-beyond",
        }
    }
}

/// A gap and the record that has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrivacyGap {
    pub kind: RegisterKind,
    pub id: String,
    pub title: String,
    pub what: PrivacyGapKind,
}

/// What is known beside the registers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PrivacyFacts {
    pub settings: SheetSettings,
    /// Categories that each portal showed, by the name that a sheet gives it.
    pub portals: BTreeMap<String, PortalSeen>,
}

/// What the journal says of a portal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PortalSeen {
    NotConfigured,
    /// Names of categories; empty where it showed nobody.
    Categories(Vec<String>),
}
