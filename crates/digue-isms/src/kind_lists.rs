//! The closed lists from which fields of records choose.
//!
//! Codes are stored and exported: add, never rename. Names are in the locales: `treatment-accept`.
//! Numbers in parentheses are clauses of ISO/IEC 27001.

use digue_types::lists;

lists! {
    /// The subject of a line of the context (4.1 to 4.3).
    ContextKind "smsi-context" {
        Scope "scope",
        Internal "internal",
        External "external",
        Party "party",
        /// Whether climate change is a relevant issue (4.1, amendment 1 of 2024).
        Climate "climate",
    }

    /// Responsibilities (5.3).
    RoleKey "smsi-role" {
        TopManagement "top-management",
        Ciso "ciso",
        Dpo "dpo",
        InternalAuditor "internal-auditor",
        AssetOwner "asset-owner",
        PartnerLead "partner-lead",
    }

    /// Whether an asset has value in itself or supports others that have (EBIOS RM).
    AssetKind "asset" {
        Primary "primary",
        Supporting "supporting",
    }

    /// Likelihood from V1 to V4 (EBIOS RM).
    Likelihood "likelihood" {
        V1 "1",
        V2 "2",
        V3 "3",
        V4 "4",
    }

    /// Gravity from G1 to G4 (EBIOS RM).
    RiskGravity "risk-gravity" {
        G1 "1",
        G2 "2",
        G3 "3",
        G4 "4",
    }

    /// One to four: security needs of an asset, and the ratings of a stakeholder.
    Four "four" {
        One "1",
        Two "2",
        Three "3",
        Four "4",
    }

    /// The treatment of a risk (6.1.3).
    Treatment "treatment" {
        Mitigate "mitigate",
        Accept "accept",
        Avoid "avoid",
        Share "share",
    }

    MeasureKind "measure-kind" {
        Organisational "organisational",
        People "people",
        Physical "physical",
        Technological "technological",
    }

    /// The function that a measure serves (NIST CSF 2.0).
    Purpose "purpose" {
        Govern "govern",
        Identify "identify",
        Protect "protect",
        Detect "detect",
        Respond "respond",
        Recover "recover",
    }

    Priority "priority" {
        P1 "p1",
        P2 "p2",
        P3 "p3",
        P4 "p4",
    }

    /// The declared state of a measure.
    Declared "declared" {
        ToDo "to-do",
        InProgress "in-progress",
        InPlace "in-place",
        Dropped "dropped",
    }

    /// Where a measure comes from.
    MeasureOrigin "measure-origin" {
        Risk "risk",
        Dpia "dpia",
        Audit "audit",
        Incident "incident",
        Injunction "injunction",
        Law "law",
        Partner "partner",
        GoodPractice "good-practice",
    }

    YesNo "yes-no" {
        Yes "yes",
        No "no",
    }

    /// Why a control is in the statement of applicability.
    Inclusion "inclusion" {
        Risk "risk",
        Legal "legal",
        Contract "contract",
        GoodPractice "good-practice",
    }

    /// The conclusion of an internal audit.
    Conclusion "conclusion" {
        Conform "conform",
        Substantially "substantially",
        NotYet "not-yet",
    }

    /// The population from which an audit draws its sample.
    SamplePopulation "population" {
        Accounts "accounts",
        Organisations "organisations",
        Approvals "approvals",
        BreakGlass "break-glass",
        Incidents "incidents",
        Measures "measures",
    }

    FindingKind "finding-kind" {
        Major "major",
        Minor "minor",
        Observation "observation",
        Opportunity "opportunity",
        GoodPractice "good-practice",
    }

    FindingSource "finding-source" {
        Audit "audit",
        Check "check",
        Incident "incident",
        RestoreTest "restore-test",
        Partner "partner",
        Regulator "regulator",
    }

    /// Whether a corrective action was effective (10.2 d).
    Effect "effect" {
        Effective "effective",
        NotEffective "not-effective",
    }

    DocumentKind "document-kind" {
        Policy "policy",
        Procedure "procedure",
        Plan "plan",
        Evidence "evidence",
    }

    /// What a policy is about. A template exists for each, in the locales.
    PolicyTopic "policy-topic" {
        InformationSecurity "information-security",
        AcceptableUse "acceptable-use",
        AccessControl "access-control",
        SignIn "sign-in",
        RemoteWork "remote-work",
        Backups "backups",
        Incidents "incidents",
        Suppliers "suppliers",
        PersonalData "personal-data",
        Encryption "encryption",
        Updates "updates",
    }

    /// On which side of its target an objective is met (6.2).
    TargetSide "target-side" {
        AtLeast "at-least",
        AtMost "at-most",
    }

    /// The figure of a check that measures an objective.
    CheckFigure "check-figure" {
        /// Members that pass, of a hundred.
        ShareRight "share-right",
        /// Members that fail, of a hundred.
        ShareFailing "share-failing",
        /// The number of failing members.
        Failing "failing",
        /// The value that the check measures, in its own unit.
        Value "value",
    }

    /// The level of a risk on the scale in force.
    RiskLevel "risk-level" {
        Low "low",
        Moderate "moderate",
        High "high",
        Critical "critical",
    }

    /// What a resource of the management system is (7.1).
    ResourceKind "resource-kind" {
        Time "time",
        Money "money",
        Tool "tool",
        Help "help",
    }

    /// With whom something is communicated (7.4).
    CommunicationSide "communication-side" {
        Internal "internal",
        External "external",
    }

    /// Whether what was learnt gave the competence (7.2 c).
    Acquired "acquired" {
        Acquired "acquired",
        Partly "partly",
        NotYet "not-yet",
    }

    ProcessingRole "processing-role" {
        Controller "controller",
        Joint "joint",
        Processor "processor",
    }

    LegalBasis "legal-basis" {
        Consent "consent",
        Contract "contract",
        Obligation "obligation",
        VitalInterest "vital-interest",
        PublicTask "public-task",
        LegitimateInterest "legitimate-interest",
    }

    /// An answer of a partner's self-assessment.
    PartnerAnswer "said" {
        Yes "yes",
        Partly "partly",
        No "no",
        Unknown "unknown",
        NotApplicable "not-applicable",
    }

    /// The audience of an awareness campaign or a document.
    Audience "audience" {
        Everybody "everybody",
        Partners "partners",
        Operator "operator",
    }

    /// What is assumed in an exercise of crisis.
    ExerciseScenario "exercise-scenario" {
        Ransomware "ransomware",
        PortalLeak "portal-leak",
        SiteLost "site-lost",
        SupplierLost "supplier-lost",
        NetworkLost "network-lost",
        PeopleAbsent "people-absent",
    }
}
