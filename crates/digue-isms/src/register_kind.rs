//! The kinds of records of the management system. Their fields are in `kinds`.
//!
//! Codes and prefixes are stored and exported: add, never rename.

macro_rules! register_kinds {
    ($($name:ident $code:literal $prefix:literal,)+) => {
        /// A kind of record.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum RegisterKind { $($name,)+ }

        impl RegisterKind {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            pub fn parse(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$name),)+ _ => None }
            }

            /// The prefix of its record identifiers: `ME` in `ME-12`.
            pub const fn prefix(self) -> &'static str {
                match self { $(Self::$name => $prefix,)+ }
            }
        }
    };
}

register_kinds! {
    Context "context" "CX",
    Role "role" "RO",
    Asset "asset" "BI",
    FearedEvent "feared-event" "ER",
    RiskSource "risk-source" "SR",
    Stakeholder "stakeholder" "PP",
    Risk "risk" "RI",
    Acceptance "acceptance" "AC",
    Measure "measure" "ME",
    Applicability "applicability" "AP",
    Objective "objective" "OB",
    Measurement "measurement" "VA",
    Audit "audit" "AU",
    Finding "finding" "CO",
    Review "review" "RD",
    Exception "exception" "DE",
    Document "document" "DO",
    Receipt "receipt" "LU",
    Campaign "campaign" "CA",
    Attestation "attestation" "AT",
    Assessment "assessment" "AE",
    Signature "signature" "SI",
    Processing "processing" "TR",
    BusinessActivity "activity" "AV",
    EmergencyContact "emergency-contact" "CT",
    KeyHolder "key-holder" "DC",
    ContinuityExercise "crisis-exercise" "EX",
    RiskScale "risk-scale" "EC",
    Opportunity "opportunity" "OP",
    PlannedChange "change" "CH",
    CommunicationLine "communication" "CM",
    Competence "competence" "CP",
    ResourceNeed "resource" "RS",
    AuditProgramme "audit-programme" "PA",
    SigningDelegation "delegation" "DL",
    SigningRequest "signing-request" "DS",
    EvidenceItem "evidence" "PV",
    ThirdParty "third-party" "TI",
    Contract "contract" "CN",
    SubProcessor "sub-processor" "SU",
    JointArrangement "joint-arrangement" "RC",
    Dpia "dpia" "AI",
    RetentionRule "retention-rule" "DU",
    RetentionReading "retention-reading" "MD",
    Software "software" "LO",
}
