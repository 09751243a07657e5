//! Why an entry of an incident is refused, as an error and as a locale key.

use digue_app::OperationError;
use digue_response::incident::EntryRefusal;

pub(crate) fn refused(why: EntryRefusal) -> OperationError {
    OperationError::Invalid(refusal_key(why))
}

/// The locale key of a refusal.
pub(crate) const fn refusal_key(why: EntryRefusal) -> &'static str {
    match why {
        EntryRefusal::NoReason => "incident-refused-no-reason",
        EntryRefusal::NoText => "incident-refused-no-text",
        EntryRefusal::NoSuchEntry => "incident-refused-no-such-entry",
        EntryRefusal::NoSuchStep => "incident-refused-no-such-step",
        EntryRefusal::Undecided => "incident-refused-undecided",
        EntryRefusal::NotNotified => "incident-refused-not-notified",
        EntryRefusal::NotificationOpen => "incident-refused-notification-open",
        EntryRefusal::PersonsNotInformed => "incident-refused-persons-not-told",
        EntryRefusal::NoticesUnsent => "incident-refused-notices-unsent",
        EntryRefusal::NobodyAffected => "incident-refused-nobody-affected",
        EntryRefusal::PublicNotInformed => "incident-refused-public-not-told",
        EntryRefusal::ControllerNotInformed => "incident-refused-controller-not-told",
        EntryRefusal::BeforeAwareness => "incident-refused-before-awareness",
        EntryRefusal::DutyOpen => "incident-refused-duty-open",
        EntryRefusal::StepsOpen => "incident-refused-steps-open",
        EntryRefusal::DeclaredLess => "incident-refused-declared-less",
        EntryRefusal::NoSuchDifference => "incident-refused-no-such-difference",
        EntryRefusal::Future => "incident-refused-future",
        EntryRefusal::Backwards => "incident-refused-backwards",
        EntryRefusal::DelayUnexplained => "incident-refused-delay-unexplained",
        EntryRefusal::ExemptionNeeded => "incident-refused-exemption-needed",
        EntryRefusal::Value => "incident-refused-value",
        EntryRefusal::TheftStands => "incident-refused-theft-stands",
        EntryRefusal::OpenedTwice => "incident-refused-opened-twice",
        EntryRefusal::Closed => "incident-refused-closed",
    }
}
