//! Each kind of record beside the type that has its fields.

use crate::field::{FieldDef, FieldFault, Values};
use crate::kinds::{
    Acceptance, Applicability, Assessment, Asset, Attestation, Audit, AuditProgramme,
    BusinessActivity, Campaign, CommunicationLine, Competence, Context, ContinuityExercise,
    Document, EmergencyContact, EvidenceItem, Exception, FearedEvent, Finding, KeyHolder, Measure,
    Measurement, Objective, Opportunity, PlannedChange, Receipt, ResourceNeed, Review, Risk,
    RiskScale, RiskSource, Role, Signature, SigningDelegation, SigningRequest, Stakeholder,
};
use crate::privacy_kinds::{
    Contract, Dpia, JointArrangement, Processing, RetentionReading, RetentionRule, Software,
    SubProcessor, ThirdParty,
};
use crate::record::RegisterRecord as _;
use crate::register_kind::RegisterKind;

/// Gives each kind to the record that has its fields.
macro_rules! of_kinds {
    ($($name:ident)+) => {
        impl RegisterKind {
            pub fn fields(self) -> &'static [FieldDef] {
                match self { $(Self::$name => $name::fields(),)+ }
            }

            /// The fields that cannot be parsed, or that are missing; empty for a record that
            /// reads.
            pub fn parse_faults(self, values: &Values) -> Vec<FieldFault> {
                let read = match self { $(Self::$name => $name::read(values).map(drop),)+ };
                read.err().unwrap_or_default()
            }

            /// The values in their one written form: parsed and written again, so that equal
            /// records have equal texts and the same hash.
            ///
            /// # Errors
            /// Every field that does not fit.
            pub fn checked(self, values: &Values) -> Result<Values, Vec<FieldFault>> {
                let read = match self { $(Self::$name => $name::read(values).map(|record| record.write()),)+ };
                // Of the written form where there is one: what is asked holds when it is read again.
                let of = |values: &Values| {
                    let mut unfit = self.backwards(values);
                    unfit.extend(crate::closing::faults(self, values));
                    unfit
                };
                match read {
                    Ok(written) => {
                        let unfit = of(&written);
                        if unfit.is_empty() { Ok(written) } else { Err(unfit) }
                    }
                    Err(faults) => Err(faults.into_iter().chain(of(values)).collect()),
                }
            }
        }
    };
}

of_kinds! {
    Context
    Role
    Asset
    FearedEvent
    RiskSource
    Stakeholder
    Risk
    Acceptance
    Measure
    Applicability
    Objective
    Measurement
    Audit
    Finding
    Review
    Exception
    Document
    Receipt
    Campaign
    Attestation
    Assessment
    Signature
    Processing
    BusinessActivity
    EmergencyContact
    KeyHolder
    ContinuityExercise
    RiskScale
    Opportunity
    PlannedChange
    CommunicationLine
    Competence
    ResourceNeed
    AuditProgramme
    SigningDelegation
    SigningRequest
    EvidenceItem
    ThirdParty
    Contract
    SubProcessor
    JointArrangement
    Dpia
    RetentionRule
    RetentionReading
    Software
}
