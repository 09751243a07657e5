//! Why a request or response was refused, or would have been.
//!
//! A reason has one stable text form (`budget:account:1h`), the same in the journal and in problem
//! documents (RFC 9457); locale keys begin with its family.

use std::fmt;
use std::str::FromStr;

use crate::ids::ClassName;
use crate::inspection::UninspectedCause;
use crate::scope::Scope;
use crate::time::SlidingWindow;

/// One reason for a refusal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum RefusalReason {
    /// No session, or one that is no longer valid.
    NoSession,
    /// The session's cookie comes from another network, browser or TLS stack than the session was
    /// opened with, or without the key of its device.
    SessionMoved,
    /// The portal, which signs its users in itself, did not say who is signed in.
    LoginUnclear,
    /// The account is unknown to the portal's caseloads or suspended.
    UnknownAccount,
    UnknownRoute,
    /// More requests of this account than it may make in a minute.
    TooManyRequests,
    /// The request could not be read safely (path tricks, broken body).
    MalformedRequest,
    /// The body of the request is larger than the map allows.
    RequestTooLarge,
    /// The request has a parameter that the map does not name.
    UnknownParameter,
    /// A GraphQL query renames fields with aliases, or cannot be parsed.
    RenamedFields,
    /// The rules need the body of the request, which forward-auth does not pass on.
    BodyUnseen,
    GateClosed(Scope),
    CaseloadOnly(Scope),
    StepUp(Scope),
    OutsideCaseload,
    /// A person who may see their own record asked for something else.
    NotOwnRecord,
    /// The search found more than one person, or was not made with full identifiers.
    NotExact,
    Budget(Scope, SlidingWindow),
    /// The smaller budget of persons found by exact search.
    ExactSearchBudget(SlidingWindow),
    /// The smaller budget of persons opened with break-glass.
    BreakGlassBudget(SlidingWindow),
    /// The budget of responses that were not inspected.
    UninspectedBudget(SlidingWindow),
    Uninspectable(UninspectedCause),
    /// A person of this class is shown only after another person has agreed, or not at all.
    PersonClass(ClassName),
    /// The classes of the persons are not known, and the map restricts one of them.
    ClassUnknown,
    /// Detection took it for a theft, and cut the account off.
    Withheld,
    /// The portal carried out the request; only its answer was not shown.
    DoneNotShown,
    /// The portal received the request; whether it carried it out is not known.
    OutcomeUnknown,
    /// A policy file forbids it, or none permits it.
    Policy,
    /// The rules could not be evaluated.
    PolicyError,
}

impl RefusalReason {
    /// The family of reasons, used as a locale key: `reason-budget`.
    pub fn family(&self) -> &'static str {
        match self {
            Self::NoSession => "no-session",
            Self::SessionMoved => "session-moved",
            Self::LoginUnclear => "login-unclear",
            Self::UnknownAccount => "unknown-account",
            Self::UnknownRoute => "unknown-route",
            Self::TooManyRequests => "too-many-requests",
            Self::MalformedRequest => "malformed-request",
            Self::RequestTooLarge => "request-too-large",
            Self::UnknownParameter => "unknown-parameter",
            Self::RenamedFields => "renamed-fields",
            Self::BodyUnseen => "body-unseen",
            Self::GateClosed(_) => "gate-closed",
            Self::CaseloadOnly(_) => "caseload-only",
            Self::StepUp(_) => "step-up",
            Self::OutsideCaseload => "outside-caseload",
            Self::NotOwnRecord => "not-own-record",
            Self::NotExact => "not-exact",
            Self::Budget(..) => "budget",
            Self::ExactSearchBudget(_) => "exact-search-budget",
            Self::BreakGlassBudget(_) => "break-glass-budget",
            Self::UninspectedBudget(_) => "uninspected-budget",
            Self::Uninspectable(_) => "uninspectable",
            Self::PersonClass(_) => "person-class",
            Self::ClassUnknown => "class-unknown",
            Self::Withheld => "withheld",
            Self::DoneNotShown => "done-not-shown",
            Self::OutcomeUnknown => "outcome-unknown",
            Self::Policy => "policy",
            Self::PolicyError => "policy-error",
        }
    }
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.family())?;
        match self {
            Self::GateClosed(scope) | Self::CaseloadOnly(scope) | Self::StepUp(scope) => {
                write!(f, ":{}", scope.code())
            }
            Self::Budget(scope, window) => write!(f, ":{}:{}", scope.code(), window.code()),
            Self::ExactSearchBudget(window)
            | Self::BreakGlassBudget(window)
            | Self::UninspectedBudget(window) => write!(f, ":{}", window.code()),
            Self::Uninspectable(cause) => write!(f, ":{}", cause.code()),
            Self::PersonClass(class) => write!(f, ":{class}"),
            _ => Ok(()),
        }
    }
}

/// The text is not a reason that this version knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown reason {0:?}")]
pub struct UnknownReason(pub String);

impl FromStr for RefusalReason {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, UnknownReason> {
        let unknown = || UnknownReason(text.to_owned());
        let mut parts = text.split(':');
        let family = parts.next().unwrap_or_default();
        let (first, second) = (parts.next(), parts.next());
        let scope = || first.and_then(Scope::parse).ok_or_else(unknown);
        let window = |code: Option<&str>| code.and_then(SlidingWindow::parse).ok_or_else(unknown);
        Ok(match family {
            "no-session" => Self::NoSession,
            "session-moved" => Self::SessionMoved,
            "login-unclear" => Self::LoginUnclear,
            "unknown-account" => Self::UnknownAccount,
            "unknown-route" => Self::UnknownRoute,
            "too-many-requests" => Self::TooManyRequests,
            "malformed-request" => Self::MalformedRequest,
            "request-too-large" => Self::RequestTooLarge,
            "unknown-parameter" => Self::UnknownParameter,
            "renamed-fields" => Self::RenamedFields,
            "body-unseen" => Self::BodyUnseen,
            "gate-closed" => Self::GateClosed(scope()?),
            "caseload-only" => Self::CaseloadOnly(scope()?),
            "step-up" => Self::StepUp(scope()?),
            "outside-caseload" => Self::OutsideCaseload,
            "not-own-record" => Self::NotOwnRecord,
            "not-exact" => Self::NotExact,
            "budget" => Self::Budget(scope()?, window(second)?),
            "exact-search-budget" => Self::ExactSearchBudget(window(first)?),
            "break-glass-budget" => Self::BreakGlassBudget(window(first)?),
            "uninspected-budget" => Self::UninspectedBudget(window(first)?),
            "uninspectable" => Self::Uninspectable(
                first
                    .and_then(UninspectedCause::parse)
                    .ok_or_else(unknown)?,
            ),
            "person-class" => {
                let class = first.and_then(|class| ClassName::parse(class).ok());
                Self::PersonClass(class.ok_or_else(unknown)?)
            }
            "class-unknown" => Self::ClassUnknown,
            "withheld" => Self::Withheld,
            "done-not-shown" => Self::DoneNotShown,
            "outcome-unknown" => Self::OutcomeUnknown,
            "policy" => Self::Policy,
            "policy-error" => Self::PolicyError,
            _ => return Err(unknown()),
        })
    }
}

impl serde::Serialize for RefusalReason {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_reads_back_from_its_text() {
        let mut reasons = vec![
            RefusalReason::NoSession,
            RefusalReason::SessionMoved,
            RefusalReason::LoginUnclear,
            RefusalReason::UnknownAccount,
            RefusalReason::UnknownRoute,
            RefusalReason::TooManyRequests,
            RefusalReason::MalformedRequest,
            RefusalReason::UnknownParameter,
            RefusalReason::RenamedFields,
            RefusalReason::OutsideCaseload,
            RefusalReason::NotOwnRecord,
            RefusalReason::NotExact,
            RefusalReason::RequestTooLarge,
            RefusalReason::PersonClass(ClassName::parse("archived").unwrap()),
            RefusalReason::ClassUnknown,
            RefusalReason::Withheld,
            RefusalReason::DoneNotShown,
            RefusalReason::OutcomeUnknown,
            RefusalReason::Policy,
            RefusalReason::PolicyError,
        ];
        for &scope in Scope::ALL {
            reasons.extend([
                RefusalReason::GateClosed(scope),
                RefusalReason::CaseloadOnly(scope),
                RefusalReason::StepUp(scope),
            ]);
            reasons.extend(SlidingWindow::ALL.map(|window| RefusalReason::Budget(scope, window)));
        }
        for window in SlidingWindow::ALL {
            reasons.extend([
                RefusalReason::ExactSearchBudget(window),
                RefusalReason::BreakGlassBudget(window),
                RefusalReason::UninspectedBudget(window),
            ]);
        }
        reasons.extend(
            UninspectedCause::ALL
                .iter()
                .map(|&c| RefusalReason::Uninspectable(c)),
        );
        for reason in reasons {
            assert_eq!(reason.to_string().parse(), Ok(reason));
        }
    }

    #[test]
    fn refuses_a_reason_it_does_not_know() {
        assert!("budget:account".parse::<RefusalReason>().is_err());
        assert!("weather".parse::<RefusalReason>().is_err());
    }
}
