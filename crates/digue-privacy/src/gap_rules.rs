//! What a record of each kind lacks, whatever the others say.

use digue_isms::kinds::Assessment;
use digue_isms::privacy_kinds::{Contract, Dpia, Processing, ThirdParty};
use digue_isms::privacy_lists::{Criticality, DpiaNeed, ThirdPartyRole};
use digue_isms::register::{RegisterEntry, days_between};
use digue_types::visible::is_blank;
use jiff::civil::Date;

use crate::contract::{self, needs_clauses};
use crate::dpia::{self, PriorConsultation};
use crate::gap::{PortalSeen, PrivacyFacts, PrivacyGapKind};
use crate::observed::CategoryComparison;
use crate::retention::RetentionState;
use crate::sheet::SheetSide;

/// A partner's answers count for a year, as in its own space.
const ASSESSED_DAYS: i64 = 365;

/// A list of gaps, each where its condition holds.
fn those<const N: usize>(gaps: [(bool, PrivacyGapKind); N]) -> Vec<PrivacyGapKind> {
    let open = gaps.into_iter().filter(|(is_open, _)| *is_open);
    open.map(|(_, gap)| gap).collect()
}

fn is_past(day: Option<Date>, today: Date) -> bool {
    day.is_none_or(|day| day < today)
}

pub(crate) fn of_processing(one: &Processing, today: Date) -> Vec<PrivacyGapKind> {
    let is_own = SheetSide::of(one) == SheetSide::Controller;
    let is_assessed = one.assessment.0.is_some() || !is_blank(&one.dpia.0);
    those([
        (is_own && one.basis.0.is_none(), PrivacyGapKind::Basis),
        (
            !is_blank(&one.processors.0) && one.contracts.0.is_empty(),
            PrivacyGapKind::ProcessorsWithoutContract,
        ),
        // A processor helps with it (28(3)(f)); the controller makes it.
        (is_own && !is_assessed, PrivacyGapKind::NeedNotAssessed),
        (is_past(one.review_on, today), PrivacyGapKind::Review),
    ])
}

/// What the gateway recorded beside what the sheet declares. A portal about which nothing is known is
/// not one that showed nothing.
pub(crate) fn of_portal(one: &Processing, facts: &PrivacyFacts) -> Vec<PrivacyGapKind> {
    match facts.portals.get(&one.portal.0) {
        None => Vec::new(),
        Some(PortalSeen::NotConfigured) => vec![PrivacyGapKind::PortalUnknown],
        Some(PortalSeen::Categories(seen)) => {
            let compared = CategoryComparison::of(&one.categories.0, seen);
            let undeclared = compared.undeclared.into_iter();
            undeclared.map(PrivacyGapKind::Undeclared).collect()
        }
    }
}

pub(crate) fn of_dpia(one: &Dpia, today: Date) -> Vec<PrivacyGapKind> {
    let is_made = matches!(one.need.0, Some(DpiaNeed::Needed | DpiaNeed::Listed));
    let has_views = !is_blank(&one.views.0) || !is_blank(&one.views_reason.0);
    let consultation = PriorConsultation::of(one, today);
    let is_silent = matches!(consultation, PriorConsultation::Silent { .. });
    let is_undetermined = consultation == PriorConsultation::Undetermined;
    let is_to_ask = consultation == PriorConsultation::ToAsk;
    those([
        (
            dpia::contradicts_criteria(one),
            PrivacyGapKind::AgainstCriteria,
        ),
        (one.dpo_opinion.0.is_none(), PrivacyGapKind::Opinion),
        (is_made && !has_views, PrivacyGapKind::Views),
        (
            is_made && one.measures.0.is_empty(),
            PrivacyGapKind::WithoutMeasures,
        ),
        (is_blank(&one.decided_by.0), PrivacyGapKind::NotDecided),
        (is_made && is_undetermined, PrivacyGapKind::ResidualUnknown),
        (is_to_ask, PrivacyGapKind::ConsultationSkipped),
        (is_silent, PrivacyGapKind::ConsultationSilent),
        // An assessment is reviewed when the risk changes (35(11)): at the latest on a day that is set.
        (
            is_made && is_past(one.review_on, today),
            PrivacyGapKind::Review,
        ),
    ])
}

pub(crate) fn of_party(
    id: &str,
    one: &ThirdParty,
    contracts: &[RegisterEntry<Contract>],
    assessments: &[RegisterEntry<Assessment>],
    today: Date,
) -> Vec<PrivacyGapKind> {
    let is_processor = one.roles.0.contains(&ThirdPartyRole::Processor);
    let is_in_force = |contract: &Contract| {
        contract.third_party.0.as_deref() == Some(id)
            && contract.is_processing()
            && contract.signed_on.is_some()
            && contract.ends_on.is_none_or(|end| today <= end)
    };
    let has_contract = contracts.iter().any(|one| is_in_force(&one.record));
    // A partner with accounts answers in its own space, and signs: for a year.
    let has_signed = |assessment: &Assessment| {
        !one.organisation.0.is_empty()
            && assessment.organisation.0 == one.organisation.0
            && assessment
                .signed_on
                .is_some_and(|on| days_between(on, today) <= ASSESSED_DAYS)
    };
    let is_assessed =
        one.assessed_on.is_some() || assessments.iter().any(|one| has_signed(&one.record));
    let is_critical = matches!(
        one.criticality.0,
        Some(Criticality::High | Criticality::Vital)
    );
    those([
        (
            is_processor && !has_contract,
            PrivacyGapKind::PartyWithoutContract,
        ),
        (one.criticality.0.is_none(), PrivacyGapKind::Criticality),
        (
            (is_processor || is_critical) && !is_assessed,
            PrivacyGapKind::PartyNotAssessed,
        ),
        (is_past(one.review_on, today), PrivacyGapKind::Review),
    ])
}

pub(crate) fn of_contract(one: &Contract, today: Date) -> Vec<PrivacyGapKind> {
    let clauses = contract::missing(one).into_iter();
    let mut gaps: Vec<PrivacyGapKind> = clauses.map(PrivacyGapKind::Clause).collect();
    let has_data = needs_clauses(one);
    let is_over = one.ends_on.is_some_and(|end| end < today);
    gaps.extend(those([
        (
            has_data && is_blank(&one.subject.0),
            PrivacyGapKind::Subject,
        ),
        (one.signed_on.is_none(), PrivacyGapKind::NotSigned),
        (
            has_data && one.sub_authorisation.0.is_none(),
            PrivacyGapKind::SubAuthorisation,
        ),
        (has_data && one.at_end.0.is_none(), PrivacyGapKind::AtEnd),
        (
            is_over && has_data && one.data_ended_on.is_none(),
            PrivacyGapKind::DataNotEnded,
        ),
        (is_over && !has_data, PrivacyGapKind::Ended),
    ]));
    gaps
}

pub(crate) const fn of_retention(state: RetentionState) -> Option<PrivacyGapKind> {
    match state {
        RetentionState::Within(_) => None,
        RetentionState::NotMeasured => Some(PrivacyGapKind::RetentionNotMeasured),
        RetentionState::Stale(_) => Some(PrivacyGapKind::RetentionStale),
        RetentionState::Undecided(_) => Some(PrivacyGapKind::RetentionUndecided),
        RetentionState::Beyond(_) => Some(PrivacyGapKind::RetentionBeyond),
    }
}
