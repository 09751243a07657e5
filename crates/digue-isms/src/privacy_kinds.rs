//! The kinds of records about personal data: processing, those who process it for others, impact
//! assessments, terms of retention. Numbers in parentheses are articles of the GDPR.
//!
//! The rules about them are in `digue-privacy`. Codes are stored and exported: add, never rename.

use digue_response::vocabulary::DataKind;
use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::field::{
    FieldDef, FieldError, FieldFault, FieldValue, LongText, Many, One, ShortText, Values,
};
use crate::kinds::{
    Asset, Document, LegalBasis, Measure, ProcessingRole, Risk, Stakeholder, YesNo,
};
use crate::privacy_lists::{
    ContractRole, Criticality, DataFate, DpiaCriterion, DpiaDecision, DpiaNeed, DpoOpinion,
    EndOfContract, ReadingQuality, SubAuthorisation, ThirdPartyRole, TransferSafeguard,
};
use crate::record::RegisterRecord;
use crate::record_link::{RecordLink, RecordLinks};
use crate::register_kind::RegisterKind;

type Day = Option<Date>;
type Number = Option<u32>;

records! {
    /// A processing of personal data (30), as controller or processor.
    Processing {
        title "title" ShortText [needed],
        role "role" One<ProcessingRole> [needed],
        controller "controller" LongText,
        representative "representative" LongText,
        dpo "dpo" LongText,
        joint "joint" RecordLinks<JointArrangement>,
        on_behalf_of "on-behalf-of" LongText,
        purposes "purposes" LongText [needed],
        basis "basis" One<LegalBasis>,
        persons "persons" LongText,
        data "data" LongText,
        categories "categories" Many<DataKind>,
        recipients "recipients" LongText,
        processors "processors" LongText,
        contracts "contracts" RecordLinks<Contract>,
        transfers "transfers" LongText,
        safeguards "safeguards" Many<TransferSafeguard>,
        retention "retention" LongText,
        rules "rules" RecordLinks<RetentionRule>,
        security "security" LongText,
        measures "measures" RecordLinks<Measure>,
        portal "portal" ShortText,
        dpia "dpia" ShortText,
        assessment "assessment" RecordLink<Dpia>,
        review_on "review-on" Day,
    }

    /// A processor, supplier, recipient or partner.
    ThirdParty {
        title "title" ShortText [needed],
        roles "roles" Many<ThirdPartyRole> [needed],
        service "service" LongText,
        criticality "criticality" One<Criticality>,
        holds_data "holds-data" One<YesNo>,
        country "country" ShortText,
        contact "contact" LongText,
        security_contact "security-contact" ShortText,
        organisation "organisation" ShortText,
        stakeholder "stakeholder" RecordLink<Stakeholder>,
        owner "owner" ShortText,
        asked_on "asked-on" Day,
        assessed_on "assessed-on" Day,
        assessment "assessment" LongText,
        measures "measures" RecordLinks<Measure>,
        review_on "review-on" Day,
    }

    /// A contract, and for each clause of 28(3) where it stands in it.
    Contract {
        title "title" ShortText [needed],
        third_party "third-party" RecordLink<ThirdParty> [needed],
        about "about" One<ContractRole> [needed],
        subject "subject" LongText,
        signed_on "signed-on" Day,
        starts_on "starts-on" Day,
        ends_on "ends-on" Day,
        notice_days "notice-days" Number,
        owner "owner" ShortText,
        instructions "instructions" ShortText,
        confidentiality "confidentiality" ShortText,
        security "security" ShortText,
        sub_processing "sub-processing" ShortText,
        rights_help "rights-help" ShortText,
        duties_help "duties-help" ShortText,
        data_end "data-end" ShortText,
        audits "audits" ShortText,
        sub_authorisation "sub-authorisation" One<SubAuthorisation>,
        at_end "at-end" One<EndOfContract>,
        data_ended_on "data-ended-on" Day,
        document "document" RecordLink<Document>,
        remark "remark" LongText,
    }

    /// A further processor under a contract (28(2) and 28(4)); one below another names it.
    SubProcessor {
        title "title" ShortText [needed],
        contract "contract" RecordLink<Contract> [needed],
        below "below" RecordLink<SubProcessor>,
        third_party "third-party" RecordLink<ThirdParty>,
        service "service" LongText,
        country "country" ShortText,
        safeguard "safeguard" One<TransferSafeguard>,
        announced_on "announced-on" Day,
        authorised_on "authorised-on" Day,
        refused_on "refused-on" Day,
        same_duties "same-duties" ShortText,
    }

    /// The arrangement between joint controllers (26).
    JointArrangement {
        title "title" ShortText [needed],
        parties "parties" LongText [needed],
        informs "informs" LongText,
        rights "rights" LongText,
        contact_point "contact-point" LongText,
        security "security" LongText,
        breaches "breaches" LongText,
        others "others" LongText,
        essence "essence" LongText,
        published "published" ShortText,
        signed_on "signed-on" Day,
        document "document" RecordLink<Document>,
        review_on "review-on" Day,
    }

    /// An impact assessment (35), with the prior consultation (36) where it leads to one.
    Dpia {
        title "title" ShortText [needed],
        processing "processing" RecordLinks<Processing>,
        criteria "criteria" Many<DpiaCriterion>,
        need "need" One<DpiaNeed> [needed],
        need_reason "need-reason" LongText,
        description "description" LongText,
        necessity "necessity" LongText,
        rights "rights" LongText,
        risks "risks" RecordLinks<Risk>,
        risk_words "risk-words" LongText,
        measures "measures" RecordLinks<Measure>,
        high_residual "high-residual" One<YesNo>,
        views "views" LongText,
        views_reason "views-reason" LongText,
        dpo_opinion "dpo-opinion" One<DpoOpinion>,
        dpo_words "dpo-words" LongText,
        dpo_name "dpo-name" ShortText,
        dpo_on "dpo-on" Day,
        consulted_on "consulted-on" Day,
        consultation_extended_on "consultation-extended-on" Day,
        paused_on "paused-on" Day,
        resumed_on "resumed-on" Day,
        advice_on "advice-on" Day,
        advice "advice" LongText,
        decision "decision" One<DpiaDecision>,
        decision_reason "decision-reason" LongText,
        decided_by "decided-by" ShortText,
        decided_on "decided-on" Day,
        review_on "review-on" Day,
    }

    /// How long a category of data is kept, and from when (5(1)(e)).
    RetentionRule {
        title "title" ShortText [needed],
        categories "categories" Many<DataKind>,
        starts_with "starts-with" LongText,
        months "months" Number [needed],
        fate "fate" One<DataFate>,
        reason "reason" LongText,
        tolerated "tolerated" Number,
        source "source" ShortText,
        owner "owner" ShortText,
        review_on "review-on" Day,
    }

    /// How many records were beyond a term on one day. Never changed: the next day has its own.
    RetentionReading {
        rule "rule" RecordLink<RetentionRule> [needed],
        read_on "read-on" Day [needed],
        records "records" Number [needed],
        beyond "beyond" Number [needed],
        undated "undated" Number,
        quality "quality" One<ReadingQuality> [needed],
        source "source" ShortText [needed],
    }

    /// A program in use, as an inventory names it.
    Software {
        title "title" ShortText [needed],
        vendor "vendor" ShortText,
        version "version" ShortText,
        identifier "identifier" ShortText,
        place "place" ShortText,
        asset "asset" RecordLink<Asset>,
        source "source" ShortText,
        seen_on "seen-on" Day,
        supported_until "supported-until" Day,
    }
}

/// The next day of a contract on which something is awaited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContractDay {
    /// The last day to renew it or to give notice.
    Renewal(Date),
    /// It ended on this day, and the data are neither returned nor erased.
    DataEnd(Date),
}

impl Contract {
    /// True when the other party holds data for the operator.
    pub const fn is_processing(&self) -> bool {
        matches!(self.about.0, Some(ContractRole::Processor))
    }

    /// What is awaited; `None` for a contract without an end, or one that is over with its data.
    pub fn awaited(&self, today: Date) -> Option<ContractDay> {
        let end = self.ends_on?;
        if today <= end {
            let notice = i64::from(self.notice_days.unwrap_or(0));
            return Some(ContractDay::Renewal(end.saturating_sub(notice.days())));
        }
        // Only a processor has data to give back.
        let is_held = matches!(
            self.about.0,
            Some(ContractRole::Processor | ContractRole::ForThem)
        );
        (is_held && self.data_ended_on.is_none()).then_some(ContractDay::DataEnd(end))
    }
}
