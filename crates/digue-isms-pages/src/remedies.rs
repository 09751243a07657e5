//! What is done about a check that fails, where it is done, and the pages of what fails.
//!
//! It changes nothing and measures nothing: a remedy is a sentence and an address. Every check has
//! one, or the crate does not compile.

use std::collections::HashMap;

use digue_evidence::stored_records::{RecordDifference, StoredFault, StoredKind};
use digue_isms::check::{Check, DeadlineName};
use digue_isms::kinds::{RegisterKind, RoleKey};
use digue_pages::view::Localizer;
use digue_types::Subject;

/// What to do about a failing check, and the page where it is done.
pub(crate) struct Remedy {
    pub(crate) says: String,
    pub(crate) place: &'static str,
    /// The name of that page.
    pub(crate) page: String,
}

pub(crate) fn remedy(w: &Localizer, check: Check) -> Remedy {
    let (place, page) = place_of(check);
    Remedy {
        says: w.say(&key_of(check)),
        place,
        page: w.say(page),
    }
}

/// The locale key of what to do.
fn key_of(check: Check) -> String {
    format!("remedy-{}", check.code())
}

/// The page where a failing check is mended, and the locale key of its title.
const fn place_of(check: Check) -> (&'static str, &'static str) {
    match check {
        Check::Passkeys
        | Check::OfficersPasskeys
        | Check::Dormant
        | Check::NeverUsed
        | Check::QuarantineOld
        | Check::BeyondPeers
        | Check::WideCaseloads => ("/accounts", "accounts-title"),
        Check::Lockout
        | Check::SessionLength
        | Check::MailSigned
        | Check::Encrypted
        | Check::Retention
        | Check::AlertsLeave
        | Check::Decoys
        | Check::WatchActs
        | Check::ClockDrift
        | Check::JournalWitnessed
        | Check::Software => ("/settings", "settings-title"),
        Check::SessionsOld => ("/sessions", "sessions-title"),
        Check::KeysOld => ("/keys", "keys-title"),
        Check::RightsReviews => ("/reviews", "reviews-title"),
        Check::Leaders | Check::Deputies | Check::PartnerContacts => {
            ("/organisations", "organisations-title")
        }
        Check::TwoPersons | Check::ExportsGranted | Check::Configuration => {
            ("/approvals", "approvals-title")
        }
        Check::ClassAgreements => ("/classes", "classes-title"),
        Check::BreakGlass => ("/break-glass", "break-glass-title"),
        Check::PortalsEnforced | Check::Budgets | Check::Coverage | Check::Uninspected => {
            ("/portals", "portals-title")
        }
        Check::JournalVerified | Check::RecordsIntact => ("/journal", "journal-title"),
        Check::FalseAlarms | Check::FindingsDecided | Check::Containment => {
            ("/watch", "watch-title")
        }
        Check::IncidentDeadlines | Check::IncidentEvidence | Check::IncidentLessons => {
            ("/incidents", "incidents-title")
        }
        Check::Awareness => ("/awareness/state", "awareness-state"),
        Check::Roles => ("/smsi/registers/role", "kind-role"),
        Check::MeasuresLate => ("/smsi/registers/measure", "kind-measure"),
        Check::RisksReviewed => ("/smsi/registers/risk", "kind-risk"),
        Check::AuditsDone => ("/smsi/registers/audit", "kind-audit"),
        Check::DocumentsCurrent => ("/smsi/registers/document", "kind-document"),
        Check::ProcessingCurrent => ("/smsi/registers/processing", "kind-processing"),
        Check::AssetsOwned => ("/smsi/registers/asset", "kind-asset"),
        Check::RetentionPeriods => ("/smsi/registers/retention-rule", "kind-retention-rule"),
        Check::Backups | Check::RestoreDrills => ("/smsi/continuity", "continuity-title"),
    }
}

/// One of what fails, as people know it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FailingElement {
    pub(crate) name: String,
    /// The identifier where the name is another one; else empty.
    pub(crate) below: String,
    /// Its own page; `None` for what has none: a backup, a public address, a fault of a file.
    pub(crate) place: Option<String>,
}

/// What the failing names of a check are.
enum FailingKind {
    Account,
    Organisation,
    Portal,
    Finding,
    /// By its reference: `INC-2026-003`.
    Incident,
    Approval,
    BreakGlass,
    Key,
    Record(RegisterKind),
    /// A stored record, of one of several kinds.
    Stored,
    /// Without a page of its own: the page of the remedy is the nearest.
    Nothing,
}

const fn kind_of(check: Check) -> FailingKind {
    match check {
        Check::Passkeys
        | Check::OfficersPasskeys
        | Check::SessionsOld
        | Check::Dormant
        | Check::NeverUsed
        | Check::QuarantineOld
        | Check::BeyondPeers
        | Check::WideCaseloads
        | Check::Awareness => FailingKind::Account,
        Check::RightsReviews | Check::Leaders | Check::Deputies | Check::PartnerContacts => {
            FailingKind::Organisation
        }
        Check::PortalsEnforced
        | Check::Budgets
        | Check::Coverage
        | Check::Decoys
        | Check::WatchActs => FailingKind::Portal,
        Check::TwoPersons | Check::ExportsGranted | Check::Configuration => FailingKind::Approval,
        Check::BreakGlass => FailingKind::BreakGlass,
        Check::KeysOld => FailingKind::Key,
        Check::FindingsDecided => FailingKind::Finding,
        Check::IncidentDeadlines | Check::IncidentEvidence | Check::IncidentLessons => {
            FailingKind::Incident
        }
        Check::MeasuresLate => FailingKind::Record(RegisterKind::Measure),
        Check::Roles => FailingKind::Record(RegisterKind::Role),
        Check::RisksReviewed => FailingKind::Record(RegisterKind::Risk),
        Check::AuditsDone => FailingKind::Record(RegisterKind::Audit),
        Check::DocumentsCurrent => FailingKind::Record(RegisterKind::Document),
        Check::ProcessingCurrent => FailingKind::Record(RegisterKind::Processing),
        Check::AssetsOwned => FailingKind::Record(RegisterKind::Asset),
        Check::RetentionPeriods => FailingKind::Record(RegisterKind::RetentionRule),
        Check::RecordsIntact => FailingKind::Stored,
        Check::Lockout
        | Check::SessionLength
        | Check::ClassAgreements
        | Check::Uninspected
        | Check::Encrypted
        | Check::MailSigned
        | Check::JournalVerified
        | Check::JournalWitnessed
        | Check::Retention
        | Check::ClockDrift
        | Check::AlertsLeave
        | Check::FalseAlarms
        | Check::Containment
        | Check::Backups
        | Check::RestoreDrills
        | Check::Software => FailingKind::Nothing,
    }
}

/// The identifiers of incidents by their references: addresses have identifiers, checks references.
pub(crate) type IncidentIds = HashMap<String, String>;

/// The page of one of what fails.
pub(crate) fn place_of_failing(
    w: &Localizer,
    incidents: &IncidentIds,
    check: Check,
    id: &str,
) -> Option<String> {
    let quoted = w.query(id);
    match kind_of(check) {
        FailingKind::Account => Some(format!("/accounts/{quoted}")),
        FailingKind::Organisation => Some(format!("/organisations/{quoted}")),
        FailingKind::Portal => Some("/portals".to_owned()),
        FailingKind::Finding => Some(format!("/watch/{quoted}")),
        FailingKind::Incident => incident_place(incidents, id),
        FailingKind::Approval => Some("/approvals".to_owned()),
        FailingKind::BreakGlass => Some("/break-glass".to_owned()),
        FailingKind::Key => Some("/keys".to_owned()),
        FailingKind::Record(kind) => Some(record_place(w, kind, id)),
        FailingKind::Stored => RecordDifference::parse(id).and_then(|one| stored_place(w, &one)),
        FailingKind::Nothing => None,
    }
}

/// The incident of a reference, or of one of its deadlines.
fn incident_place(incidents: &IncidentIds, id: &str) -> Option<String> {
    let deadline = DeadlineName::parse(id);
    let reference = deadline.map_or_else(|| id.to_owned(), |deadline| deadline.incident);
    let id = incidents.get(&reference)?;
    Some(format!("/incidents/{id}"))
}

/// A role that nobody has written down is named by its code: its page is the new record.
fn record_place(w: &Localizer, kind: RegisterKind, id: &str) -> String {
    let is_missing = kind == RegisterKind::Role && RoleKey::parse(id).is_some();
    let last = if is_missing {
        "new".to_owned()
    } else {
        w.query(id)
    };
    format!("/smsi/registers/{}/{last}", kind.code())
}

/// The page of a stored record; `None` for one that is no longer there, and for what has no page.
fn stored_place(w: &Localizer, one: &RecordDifference) -> Option<String> {
    if one.fault == StoredFault::Missing {
        return None;
    }
    // `in-7 4` is an entry of `in-7`.
    let first = one.name.split(' ').next().unwrap_or(&one.name);
    let quoted = w.query(first);
    match one.kind {
        StoredKind::Account | StoredKind::Holder => Some(format!("/accounts/{quoted}")),
        StoredKind::Gate => match Subject::parse(first) {
            Subject::Account(account) => Some(format!("/accounts/{account}")),
            Subject::Organisation(organisation) => Some(format!("/organisations/{organisation}")),
            _ => None,
        },
        StoredKind::Approval => Some("/approvals".to_owned()),
        StoredKind::Finding => Some(format!("/watch/{quoted}")),
        StoredKind::Incident => Some(format!("/incidents/{quoted}")),
        StoredKind::Record => {
            let kinds = RegisterKind::ALL.iter();
            let prefix = first.split('-').next()?;
            let kind = kinds.copied().find(|kind| kind.prefix() == prefix)?;
            Some(record_place(w, kind, first))
        }
        StoredKind::Review => Some(format!("/reviews/{quoted}")),
        StoredKind::Check | StoredKind::CheckHistory | StoredKind::Switch => {
            Check::parse(first).map(|check| format!("/smsi/checks/{}", check.code()))
        }
        StoredKind::Statement => Some("/smsi/statement".to_owned()),
        StoredKind::Request => Some(format!("/requests/{quoted}")),
        StoredKind::Rules => Some("/portals".to_owned()),
        StoredKind::Campaign | StoredKind::File => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use digue_locales::{Language, text};

    use super::*;

    /// A check that fails and does not say what to do leaves its reader where they were.
    #[test]
    fn every_check_says_what_to_do_and_where() {
        for language in Language::ALL {
            let mut said = BTreeSet::new();
            for check in Check::ALL {
                let says = text(language, &key_of(*check));
                let is_sentence = says.contains(' ') && says.ends_with('.');
                assert!(is_sentence, "{}: {says}", check.code());
                assert!(said.insert(says), "{}: as another check", check.code());
                let (place, page) = place_of(*check);
                let title = text(language, page);
                assert!(place.starts_with('/') && !title.starts_with('['), "{place}");
            }
        }
    }
}
