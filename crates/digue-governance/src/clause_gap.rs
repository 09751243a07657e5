//! What a clause may lack, and what only the running system knows of it.

use digue_types::lists;

lists! {
    /// What a clause lacks.
    ClauseGap "clause-gap" {
        NoRecord "no-record",
        Unreadable "unreadable",
        NoIssue "no-issue",
        NoClimate "no-climate",
        NoParty "no-party",
        NoScope "no-scope",
        NoManagement "no-management",
        NoPolicy "no-policy",
        PolicyNotSigned "policy-not-signed",
        RoleEmpty "role-empty",
        NoScale "no-scale",
        ScaleNotSigned "scale-not-signed",
        ControlWithoutReason "control-without-reason",
        NotFrozen "not-frozen",
        OwnerNotApproved "owner-not-approved",
        TargetNotNumber "target-not-number",

        NotAcquired "not-acquired",
        NotEnough "not-enough",
        DocumentNotApproved "document-not-approved",
        DocumentNowhere "document-nowhere",
        MeasureLate "measure-late",
        RiskLate "risk-late",
        RiskUntreated "risk-untreated",
        NeverMeasured "never-measured",
        NoProgramme "no-programme",
        ProgrammeNotSigned "programme-not-signed",
        NotCovered "not-covered",
        OwnWork "own-work",
        ReviewNotSigned "review-not-signed",
        ReviewOld "review-old",
        ClosedIncomplete "closed-incomplete",
    }
}

/// What the registers do not know.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ClauseFacts {
    /// Accounts with the role of the management.
    pub management_accounts: usize,
    /// Frozen versions of the statement of applicability that are intact.
    pub frozen_statements: usize,
}

/// A gap, and the records that it is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundGap {
    pub gap: ClauseGap,
    /// Identifiers of records or numbers of controls; empty where nothing is there to be named.
    pub ids: Vec<String>,
}
