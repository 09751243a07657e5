//! The kinds of records of the management system, field by field.
//!
//! One declaration gives the Rust struct and the list of its fields; forms, spreadsheets and
//! documents are generated from that list (docs/decisions/0013). Codes are stored and exported:
//! add, never rename. Titles and hints are in the locales: `kind-measure`, `field-measure-due`.
//! Numbers in parentheses are clauses of ISO/IEC 27001.

use digue_types::list::Listed;
use jiff::civil::Date;

use crate::field::{
    Amount, Checks, FieldDef, FieldError, FieldFault, FieldValue, LongText, Many, One,
    Requirements, ShortText, Values,
};
pub use crate::kind_lists::{
    Acquired, AssetKind, Audience, CheckFigure, CommunicationSide, Conclusion, ContextKind,
    Declared, DocumentKind, Effect, ExerciseScenario, FindingKind, FindingSource, Four, Inclusion,
    LegalBasis, Likelihood, MeasureKind, MeasureOrigin, PartnerAnswer, PolicyTopic, Priority,
    ProcessingRole, Purpose, ResourceKind, RiskGravity, RiskLevel, RoleKey, SamplePopulation,
    TargetSide, Treatment, YesNo,
};
use crate::record::RegisterRecord;
use crate::record_link::{RecordLink, RecordLinks};
pub use crate::register_kind::RegisterKind;
use crate::tolerated_time::ToleratedTime;

type Day = Option<Date>;
type Number = Option<u32>;

records! {
    /// Scope, issues and interested parties (4.1 to 4.3).
    Context {
        title "title" ShortText [needed],
        about "about" One<ContextKind> [needed],
        effect "effect" LongText,
        requirement "requirement" LongText,
        treatment "treatment" LongText,
        is_relevant "relevant" One<YesNo>,
    }

    /// A role, its holder and its deputy (5.3, 7.2).
    Role {
        role "role" One<RoleKey> [needed],
        holder "holder" ShortText,
        deputy "deputy" ShortText,
        duties "duties" LongText,
        competence "competence" LongText,
        appointed "appointed" Day,
    }

    Asset {
        title "title" ShortText [needed],
        about "about" One<AssetKind> [needed],
        owner "owner" ShortText,
        confidentiality "confidentiality" One<Four>,
        integrity "integrity" One<Four>,
        availability "availability" One<Four>,
        supports "supports" RecordLinks<Asset>,
        holds_data "holds-data" One<YesNo>,
        backup "backup" ShortText,
    }

    /// A feared event for an asset (EBIOS RM, workshop 1).
    FearedEvent {
        title "title" ShortText [needed],
        asset "asset" RecordLink<Asset>,
        gravity "gravity" One<RiskGravity> [needed],
        effect "effect" LongText,
    }

    /// A risk source and its goal (EBIOS RM, workshop 2).
    RiskSource {
        title "title" ShortText [needed],
        goal "goal" ShortText [needed],
        means "means" One<Four>,
        motivation "motivation" One<Four>,
        is_kept "kept" One<YesNo>,
        reason "reason" LongText,
    }

    /// A stakeholder of the ecosystem (EBIOS RM, workshop 3).
    Stakeholder {
        title "title" ShortText [needed],
        dependence "dependence" One<Four> [needed],
        penetration "penetration" One<Four> [needed],
        maturity "maturity" One<Four> [needed],
        trust "trust" One<Four> [needed],
    }

    /// A risk: source, path and feared event, with its likelihood and gravity before measures, now,
    /// and once its measures are in place (workshops 3 to 5).
    Risk {
        title "title" ShortText [needed],
        source "source" RecordLink<RiskSource>,
        event "event" RecordLink<FearedEvent>,
        path "path" LongText,
        assets "assets" RecordLinks<Asset>,
        owner "owner" ShortText,
        inherent_likelihood "inherent-likelihood" One<Likelihood>,
        inherent_gravity "inherent-gravity" One<RiskGravity>,
        likelihood "likelihood" One<Likelihood> [needed],
        gravity "gravity" One<RiskGravity> [needed],
        residual_likelihood "residual-likelihood" One<Likelihood>,
        residual_gravity "residual-gravity" One<RiskGravity>,
        treatment "treatment" One<Treatment>,
        measures "measures" RecordLinks<Measure>,
        signals "signals" Checks,
        incidents "incidents" LongText,
        review_on "review-on" Day,
    }

    /// The acceptance of a risk. Never changed; whether it still holds is computed (`StaleReason`).
    Acceptance {
        risk "risk" RecordLink<Risk> [needed],
        residual_likelihood "residual-likelihood" One<Likelihood> [needed],
        residual_gravity "residual-gravity" One<RiskGravity> [needed],
        justification "justification" LongText [needed],
        approver "approver" ShortText [needed],
        accepted_on "accepted-on" Day [needed],
        expires_on "expires-on" Day [needed],
    }

    Measure {
        title "title" ShortText [needed],
        description "description" LongText,
        about "about" One<MeasureKind>,
        purpose "purpose" One<Purpose>,
        priority "priority" One<Priority> [needed],
        owner "owner" ShortText,
        due "due" Day,
        declared "declared" One<Declared> [needed],
        declared_on "declared-on" Day,
        origin "origin" One<MeasureOrigin>,
        origin_reference "origin-reference" ShortText,
        penalty "penalty" Number,
        cost "cost" Amount,
        requirements "requirements" Requirements,
        checks "checks" Checks,
        evidence "evidence" LongText,
        evidence_until "evidence-until" Day,
    }

    /// A decision on one line of the statement of applicability (6.1.3 d).
    Applicability {
        requirement "requirement" Requirements [needed],
        applies "applies" One<YesNo> [needed],
        inclusion "inclusion" Many<Inclusion>,
        exclusion "exclusion" LongText,
        measures "measures" RecordLinks<Measure>,
    }

    /// An objective (6.2). Its target is a number with a unit: `closing` asks it of what is saved,
    /// and what was written before stays readable.
    Objective {
        title "title" ShortText [needed],
        indicator "indicator" ShortText [needed],
        side "side" One<TargetSide>,
        target "target" ShortText [needed],
        unit "unit" ShortText,
        check "check" Checks,
        figure "figure" One<CheckFigure>,
        source "source" ShortText,
        how "how" LongText,
        resources "resources" LongText,
        owner "owner" ShortText,
        due "due" Day,
    }

    /// A value of an indicator for a period; a correction is a new one.
    Measurement {
        objective "objective" RecordLink<Objective> [needed],
        period "period" ShortText [needed],
        value "value" ShortText [needed],
        remark "remark" LongText,
    }

    /// An internal audit (9.2). Its sample is drawn with a seed, so that it can be drawn again.
    Audit {
        title "title" ShortText [needed],
        scope "scope" LongText [needed],
        criteria "criteria" Requirements,
        programme "programme" RecordLink<AuditProgramme>,
        auditor "auditor" ShortText [needed],
        independence "independence" LongText,
        planned_from "planned-from" Day [needed],
        planned_to "planned-to" Day,
        done_on "done-on" Day,
        population "population" One<SamplePopulation>,
        seed "seed" Number,
        size "size" Number,
        sample "sample" LongText,
        conclusion "conclusion" One<Conclusion>,
        signed_by "signed-by" ShortText,
    }

    /// A finding with its cause, its correction and whether that was effective (10.2).
    Finding {
        title "title" ShortText [needed],
        about "about" One<FindingKind> [needed],
        source "source" One<FindingSource> [needed],
        audit "audit" RecordLink<Audit>,
        requirement "requirement" Requirements,
        cause "cause" LongText,
        correction "correction" LongText,
        corrective_action "corrective-action" LongText,
        measures "measures" RecordLinks<Measure>,
        owner "owner" ShortText,
        due "due" Day,
        closed_on "closed-on" Day,
        evidence "evidence" LongText,
        effect_on "effect-on" Day,
        effect "effect" One<Effect>,
    }

    /// A management review (9.3). Digue fills its inputs when it is prepared.
    Review {
        title "title" ShortText [needed],
        held_on "held-on" Day [needed],
        chair "chair" ShortText [needed],
        attendees "attendees" LongText,
        since_last "since-last" LongText,
        actions "actions" LongText,
        issues "issues" LongText,
        parties "parties" LongText,
        performance "performance" LongText,
        feedback "feedback" LongText,
        risks "risks" LongText,
        improvement "improvement" LongText,
        inputs "inputs" LongText,
        decisions "decisions" LongText,
        measures "measures" RecordLinks<Measure>,
        signed_by "signed-by" ShortText,
        signed_on "signed-on" Day,
    }

    Exception {
        title "title" ShortText [needed],
        justification "justification" LongText [needed],
        compensating "compensating" LongText,
        measures "measures" RecordLinks<Measure>,
        approver "approver" ShortText [needed],
        expires_on "expires-on" Day [needed],
    }

    /// A controlled document (7.5): its text, or a file that is kept by its hash, or the place where
    /// it is kept outside Digue.
    Document {
        title "title" ShortText [needed],
        about "about" One<DocumentKind> [needed],
        topic "topic" One<PolicyTopic>,
        edition "edition" ShortText [needed],
        text "text" LongText,
        owner "owner" ShortText,
        place "place" ShortText,
        file "file" ShortText,
        audience "audience" One<Audience>,
        approved_by "approved-by" ShortText,
        approved_on "approved-on" Day,
        review_on "review-on" Day,
    }

    /// A person read an edition of a document, whose file has this hash. Never changed.
    Receipt {
        document "document" RecordLink<Document> [needed],
        edition "edition" ShortText [needed],
        reader "reader" ShortText [needed],
        read_on "read-on" Day [needed],
        content "content" ShortText,
    }

    /// An awareness campaign (7.3).
    Campaign {
        title "title" ShortText [needed],
        modules "modules" Many<crate::awareness::Module> [needed],
        audience "audience" One<Audience> [needed],
        starts_on "starts-on" Day [needed],
        due "due" Day [needed],
    }

    /// A person completed an awareness module. Never changed.
    Attestation {
        module "module" One<crate::awareness::Module> [needed],
        edition "edition" Number [needed],
        person "person" ShortText [needed],
        organisation "organisation" ShortText,
        done_on "done-on" Day [needed],
        right "right" Number [needed],
    }

    /// A partner's signed self-assessment. Never changed: the next year has its own.
    Assessment {
        organisation "organisation" ShortText [needed],
        signed_by "signed-by" ShortText [needed],
        signed_on "signed-on" Day [needed],
        updates "updates" One<PartnerAnswer>,
        antivirus "antivirus" One<PartnerAnswer>,
        rights "rights" One<PartnerAnswer>,
        lost "lost" One<PartnerAnswer>,
        backups "backups" One<PartnerAnswer>,
        offline "offline" One<PartnerAnswer>,
        restored "restored" One<PartnerAnswer>,
        stored "stored" One<PartnerAnswer>,
        exports "exports" One<PartnerAnswer>,
        retention "retention" One<PartnerAnswer>,
        providers "providers" One<PartnerAnswer>,
        own_accounts "own-accounts" One<PartnerAnswer>,
        passkeys "passkeys" One<PartnerAnswer>,
        passwords "passwords" One<PartnerAnswer>,
        leavers "leavers" One<PartnerAnswer>,
        deputy "deputy" One<PartnerAnswer>,
        procedure "procedure" One<PartnerAnswer>,
        contacts "contacts" One<PartnerAnswer>,
        trained "trained" One<PartnerAnswer>,
        comment "comment" LongText,
    }

    /// The account that a record names signed one revision of it: the content with this hash, which
    /// those of before 0.2 do not have. Never changed.
    Signature {
        record "record" ShortText [needed],
        revision "revision" Number [needed],
        signed_on "signed-on" Day [needed],
        capacity "capacity" One<crate::capacity::Capacity>,
        content "content" ShortText,
        on_behalf "on-behalf" ShortText,
        delegation "delegation" RecordLink<SigningDelegation>,
        fields "fields" LongText,
    }

    /// An activity of the business impact analysis: what it needs, how long it may be away and how
    /// old its data may be (ISO 22301, 8.2.2; ISO/IEC 27001, A.5.30).
    BusinessActivity {
        title "title" ShortText [needed],
        description "description" LongText,
        lead "lead" ShortText,
        deputy "deputy" ShortText,
        outage "outage" ToleratedTime [needed],
        data_age "data-age" ToleratedTime,
        assets "assets" RecordLinks<Asset>,
        suppliers "suppliers" RecordLinks<Stakeholder>,
        people "people" RecordLinks<EmergencyContact>,
        activities "activities" RecordLinks<BusinessActivity>,
        degraded "degraded" LongText,
        restart "restart" LongText,
        review_on "review-on" Day,
    }

    /// A person or an organisation that is called in a crisis.
    EmergencyContact {
        title "title" ShortText [needed],
        duties "duties" LongText,
        phone "phone" ShortText,
        other_phone "other-phone" ShortText,
        email "email" ShortText,
        hours "hours" ShortText,
        reference "reference" ShortText,
        supplier "supplier" RecordLink<Stakeholder>,
        review_on "review-on" Day,
    }

    /// Who holds one sheet of a split recovery key, and where. The words stay on the sheet.
    KeyHolder {
        title "title" ShortText [needed],
        repository "repository" ShortText [needed],
        sheet "sheet" Number [needed],
        fingerprint "fingerprint" ShortText,
        place "place" LongText,
        contact "contact" RecordLink<EmergencyContact>,
        given_on "given-on" Day,
        seen_on "seen-on" Day,
    }

    /// An exercise of crisis at a table, with what was learnt (ISO 22301, 8.5).
    ContinuityExercise {
        title "title" ShortText [needed],
        scenario "scenario" One<ExerciseScenario> [needed],
        held_on "held-on" Day [needed],
        lead "lead" ShortText,
        attendees "attendees" LongText,
        activities "activities" RecordLinks<BusinessActivity>,
        course "course" LongText,
        restart_after "restart-after" ToleratedTime,
        worked "worked" LongText,
        failed "failed" LongText,
        lessons "lessons" LongText,
        measures "measures" RecordLinks<Measure>,
        signed_by "signed-by" ShortText,
    }

    /// The scale on which risks are rated, and what may be accepted (6.1.2 a). Each change is a
    /// revision, signed again.
    RiskScale {
        title "title" ShortText [needed],
        likelihood_words "likelihood-words" LongText,
        gravity_words "gravity-words" LongText,
        moderate "moderate" Number [needed],
        high "high" Number [needed],
        critical "critical" Number [needed],
        accepted "accepted" One<RiskLevel> [needed],
        who_accepts "who-accepts" LongText,
        starts_on "starts-on" Day [needed],
        approved_by "approved-by" ShortText,
    }

    /// An opportunity and what is done with it (6.1.1).
    Opportunity {
        title "title" ShortText [needed],
        benefit "benefit" LongText,
        action "action" LongText [needed],
        owner "owner" ShortText,
        due "due" Day,
        result "result" LongText,
    }

    /// A planned change of the management system (6.3).
    PlannedChange {
        title "title" ShortText [needed],
        purpose "purpose" LongText [needed],
        effects "effects" LongText [needed],
        resources "resources" LongText,
        owner "owner" ShortText [needed],
        due "due" Day [needed],
        measures "measures" RecordLinks<Measure>,
        done_on "done-on" Day,
        result "result" LongText,
    }

    /// One line of the plan of communication (7.4).
    CommunicationLine {
        title "title" ShortText [needed],
        side "side" One<CommunicationSide> [needed],
        recipients "recipients" ShortText [needed],
        occasion "occasion" ShortText [needed],
        means "means" ShortText [needed],
        owner "owner" ShortText [needed],
        next_on "next-on" Day,
    }

    /// A competence that work for the management system needs, and whether its holder has it (7.2).
    Competence {
        title "title" ShortText [needed],
        person "person" ShortText [needed],
        role "role" RecordLink<Role>,
        basis "basis" LongText,
        action "action" LongText,
        due "due" Day,
        acquired "acquired" One<Acquired>,
        proof "proof" LongText,
        review_on "review-on" Day,
    }

    /// What the management system needs to run, and what it was given (7.1).
    ResourceNeed {
        title "title" ShortText [needed],
        about "about" One<ResourceKind> [needed],
        needed "needed" LongText [needed],
        given "given" LongText,
        cost "cost" Amount,
        is_enough "enough" One<YesNo>,
        owner "owner" ShortText,
        review_on "review-on" Day,
    }

    /// A programme of audits (9.2.2): which clauses and controls are examined within it follows from
    /// its audits.
    AuditProgramme {
        title "title" ShortText [needed],
        starts_on "starts-on" Day [needed],
        ends_on "ends-on" Day [needed],
        method "method" LongText,
        owner "owner" ShortText,
        approved_by "approved-by" ShortText,
    }

    /// An account signs for another one between two days.
    SigningDelegation {
        title "title" ShortText [needed],
        giver "giver" ShortText [needed],
        receiver "receiver" ShortText [needed],
        starts_on "starts-on" Day [needed],
        ends_on "ends-on" Day [needed],
        reason "reason" LongText,
    }

    /// An account asks the one that a record names to sign this revision of it.
    SigningRequest {
        record "record" ShortText [needed],
        revision "revision" Number [needed],
        signatory "signatory" ShortText [needed],
        due "due" Day [needed],
        message "message" LongText,
    }

    /// A piece of evidence: a file kept by its hash, or a link, for any number of records.
    EvidenceItem {
        title "title" ShortText [needed],
        file "file" ShortText,
        file_name "file-name" ShortText,
        size "size" Number,
        link "link" ShortText,
        owner "owner" ShortText,
        taken_on "taken-on" Day,
        valid_until "valid-until" Day,
        requirements "requirements" Requirements,
        measures "measures" RecordLinks<Measure>,
        risks "risks" RecordLinks<Risk>,
        audits "audits" RecordLinks<Audit>,
        findings "findings" RecordLinks<Finding>,
        incident "incident" ShortText,
    }
}

impl RegisterKind {
    /// True for kinds whose records are written once; a correction is another record.
    pub const fn is_frozen(self) -> bool {
        matches!(
            self,
            Self::Acceptance
                | Self::Receipt
                | Self::Attestation
                | Self::Measurement
                | Self::Assessment
                | Self::Signature
                | Self::SigningRequest
                | Self::RetentionReading
        )
    }

    /// The field that closes a record of this kind once it is filled: what was signed is not
    /// changed.
    pub const fn seal(self) -> Option<&'static str> {
        match self {
            Self::Review => Some("signed-on"),
            Self::Audit | Self::ContinuityExercise => Some("signed-by"),
            _ => None,
        }
    }

    /// Pairs of fields that hold the start and the end of a period.
    pub(crate) const fn periods(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Campaign => &[("starts-on", "due")],
            Self::Audit => &[("planned-from", "planned-to")],
            Self::Acceptance => &[("accepted-on", "expires-on")],
            Self::Document => &[("approved-on", "review-on")],
            Self::AuditProgramme | Self::SigningDelegation => &[("starts-on", "ends-on")],
            Self::EvidenceItem => &[("taken-on", "valid-until")],
            Self::Contract => &[("starts-on", "ends-on")],
            Self::Dpia => &[("decided-on", "review-on")],
            _ => &[],
        }
    }

    /// Faults of periods that end before they start.
    pub(crate) fn backwards(self, values: &Values) -> Vec<FieldFault> {
        // A text that is not a day is reported by `read`; reporting it here too would name it
        // twice.
        let day = |field: &str| values.get(field)?.first()?.trim().parse::<Date>().ok();
        let is_backwards = |(from, to): &&(&str, &str)| match (day(from), day(to)) {
            (Some(from), Some(to)) => to < from,
            (None, _) | (_, None) => false,
        };
        let ends = self.periods().iter().filter(is_backwards);
        ends.map(|(_, field)| FieldFault {
            field,
            unfit: FieldError::Backwards,
        })
        .collect()
    }

    /// True when a record with these values cannot be changed: written once, or signed.
    pub fn is_closed(self, values: &Values) -> bool {
        self.is_frozen() || self.seal().is_some_and(|seal| values.contains_key(seal))
    }

    /// True for kinds that Digue writes from what users do; they have no form.
    pub const fn is_written_by_digue(self) -> bool {
        matches!(
            self,
            Self::Receipt
                | Self::Attestation
                | Self::Assessment
                | Self::Signature
                | Self::SigningRequest
        )
    }

    /// The field that names who signs a record of this kind; `None` for kinds that are not signed.
    pub const fn signatory(self) -> Option<&'static str> {
        match self {
            Self::Acceptance | Self::Exception => Some("approver"),
            Self::Audit | Self::Review | Self::ContinuityExercise => Some("signed-by"),
            Self::Document | Self::RiskScale | Self::AuditProgramme => Some("approved-by"),
            Self::SigningDelegation => Some("giver"),
            Self::Dpia => Some("decided-by"),
            _ => None,
        }
    }
}

/// The place of a value on its scale, from 1.
pub fn place<L: Listed>(one: L) -> u32 {
    let mut places = (1..).zip(L::CODES);
    let found = places.find(|(_, code)| **code == one.code());
    found.expect("the code of a value is in its list").0
}

/// False for fillers: a dash, a question mark, `x`, `TODO`.
pub fn says_something(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    let word = text.trim().to_lowercase();
    letters >= 3
        && ![
            "todo",
            "tbd",
            "xxx",
            "n/a",
            "nsp",
            "à compléter",
            "a completer",
        ]
        .contains(&word.as_str())
}
