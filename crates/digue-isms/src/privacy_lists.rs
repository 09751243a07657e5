//! The closed lists of records about personal data. Numbers in parentheses are articles of the GDPR.
//!
//! Codes are stored and exported: add, never rename. Names are in the locales: `dpia-need-needed`.

use digue_types::lists;

lists! {
    /// The ground on which data leave the European Economic Area (44 to 49); `none` when they do
    /// not, which is an answer and not a blank.
    TransferSafeguard "transfer-safeguard" {
        None "none",
        Adequacy "adequacy",
        StandardClauses "standard-clauses",
        BindingRules "binding-rules",
        CodeOrCertificate "code-or-certificate",
        PublicInstrument "public-instrument",
        Derogation "derogation",
    }

    /// What a third party is to the operator.
    ThirdPartyRole "third-party-role" {
        Processor "processor",
        JointController "joint-controller",
        Recipient "recipient",
        Supplier "supplier",
        Partner "partner",
    }

    /// How much of the activity stops with a third party.
    Criticality "criticality" {
        Low "low",
        Medium "medium",
        High "high",
        Vital "vital",
    }

    /// What a contract is, as to personal data.
    ContractRole "contract-role" {
        /// The other party processes data for the operator (28).
        Processor "processor",
        /// The operator processes data for the other party (28).
        ForThem "for-them",
        Joint "joint",
        /// Each is a controller of its own.
        Separate "separate",
        WithoutData "without-data",
    }

    /// How a processor may have another one (28(2)).
    SubAuthorisation "sub-authorisation" {
        Forbidden "forbidden",
        Specific "specific",
        General "general",
    }

    /// What becomes of the data when a contract ends (28(3)(g)).
    EndOfContract "end-of-contract" {
        Deletion "deletion",
        Return "return",
        /// The controller chooses when it ends.
        Choice "choice",
    }

    /// The nine criteria of WP 248 rev. 01: with two of them an assessment is as a rule needed.
    DpiaCriterion "dpia-criterion" {
        Scoring "scoring",
        AutomatedDecision "automated-decision",
        Monitoring "monitoring",
        Sensitive "sensitive",
        LargeScale "large-scale",
        Matching "matching",
        Vulnerable "vulnerable",
        NewTechnology "new-technology",
        PreventsRight "prevents-right",
    }

    /// Why an assessment is made, or why none is (35).
    DpiaNeed "dpia-need" {
        /// By the criteria.
        Needed "needed",
        /// The authority's list of 35(4).
        Listed "listed",
        /// The authority's list of 35(5).
        Exempt "exempt",
        /// Assessed with the law that founds the processing (35(10)).
        AssessedByLaw "assessed-by-law",
        NotNeeded "not-needed",
    }

    /// The opinion of the data-protection officer (35(2)).
    DpoOpinion "dpo-opinion" {
        Favourable "favourable",
        WithReservations "with-reservations",
        Unfavourable "unfavourable",
    }

    /// What is decided after an assessment.
    DpiaDecision "dpia-decision" {
        Proceed "proceed",
        ProceedWithMeasures "proceed-with-measures",
        /// The authority is asked first (36).
        Consult "consult",
        Stop "stop",
    }

    /// What becomes of data at the end of their term.
    DataFate "data-fate" {
        Deleted "deleted",
        Anonymised "anonymised",
        /// Kept apart, with restricted access, for a further term.
        Archived "archived",
        /// Handed to public archives.
        PublicArchives "public-archives",
    }

    /// How good a count is.
    ReadingQuality "reading-quality" {
        Exact "exact",
        /// At least so many.
        Lower "lower",
        Sampled "sampled",
    }
}
