//! Which accounts a subject is.

use digue_app::{App, OperationError};
use digue_identity::providers::{NameAtProvider, accounts_of, end_begun};
use digue_security_events::{EventSubject, SecurityEvent, SecurityEventToken, SubjectIdentifier};
use digue_types::AccountId;

use crate::{ReceiveRules, SubjectName};

/// Whom an event is about.
pub(crate) struct ResolvedSubject {
    pub(crate) accounts: Vec<AccountId>,
    /// Sessions of persons that the subject had, where the event ends sessions; they are over.
    pub(crate) ended: usize,
}

/// One way to an account.
enum SubjectPath<'t> {
    /// At an issuer whose subjects the stream may name.
    AtProvider(&'t str, NameAtProvider<'t>),
    External(&'t str),
    Email(&'t str),
    Named(&'t str),
}

/// The accounts of a subject that exist here. With `ends` whatever began by the subject before ends,
/// too: sign-ins that are under way, and sessions of persons.
pub(crate) async fn find(
    app: &App,
    rules: &ReceiveRules,
    token: &SecurityEventToken,
    ends: bool,
) -> Result<ResolvedSubject, OperationError> {
    let mut found = ResolvedSubject {
        accounts: Vec::new(),
        ended: 0,
    };
    for path in paths(rules, token) {
        if let (true, SubjectPath::AtProvider(issuer, name)) = (ends, &path) {
            found.ended += end_begun(app, issuer, *name);
        }
        found.accounts.extend(accounts(app, &path).await?);
    }
    let snapshot = app.gateway().rules();
    found
        .accounts
        .retain(|account| snapshot.directory.find(account).is_some());
    found.accounts.sort_unstable();
    found.accounts.dedup();
    Ok(found)
}

async fn accounts(app: &App, path: &SubjectPath<'_>) -> Result<Vec<AccountId>, OperationError> {
    Ok(match path {
        SubjectPath::AtProvider(issuer, name) => accounts_of(app, issuer, *name).await?,
        SubjectPath::External(id) => {
            let known = app.store().scim_account_of(id).await?;
            known.into_iter().collect()
        }
        SubjectPath::Email(email) => app.store().accounts_at(email).await?,
        // A text that is no name of an account names nobody here.
        SubjectPath::Named(name) => AccountId::parse(name).into_iter().collect(),
    })
}

fn paths<'t>(rules: &'t ReceiveRules, token: &'t SecurityEventToken) -> Vec<SubjectPath<'t>> {
    let mut found = Vec::new();
    match token.subject.user() {
        Some(SubjectIdentifier::Aliases(all)) => {
            for one in all {
                add(rules, one, &mut found);
            }
        }
        Some(one) => add(rules, one, &mut found),
        None => {}
    }
    // A session alone identifies its account, where it was opened at a provider. A complex subject
    // that names a user means this user, whatever its session.
    let session = match &token.subject {
        EventSubject::Simple(SubjectIdentifier::Opaque(id))
            if token.event == SecurityEvent::SessionRevoked =>
        {
            Some(id)
        }
        EventSubject::Complex(parts) if !parts.contains_key("user") => match parts.get("session") {
            Some(SubjectIdentifier::Opaque(id)) => Some(id),
            _ => None,
        },
        EventSubject::Simple(_) | EventSubject::Complex(_) => None,
    };
    if let Some(id) = session {
        let issuers = rules.subject_issuers.iter();
        let name = NameAtProvider::Session(id);
        found.extend(issuers.map(|issuer| SubjectPath::AtProvider(issuer, name)));
    }
    found
}

fn add<'t>(
    rules: &'t ReceiveRules,
    identifier: &'t SubjectIdentifier,
    found: &mut Vec<SubjectPath<'t>>,
) {
    let is_by = |name| rules.identified_by.contains(&name);
    match identifier {
        // A transmitter speaks of its own subjects, or of those that the operator says: another
        // provider's are not its to end.
        SubjectIdentifier::IssSub { issuer, subject } => {
            if let Some(issuer) = rules.subject_issuers.iter().find(|known| *known == issuer) {
                found.push(SubjectPath::AtProvider(issuer, NameAtProvider::Subject(subject)));
            }
        }
        SubjectIdentifier::Opaque(id) => {
            if is_by(SubjectName::ExternalId) {
                found.push(SubjectPath::External(id));
            }
            if is_by(SubjectName::Account) {
                found.push(SubjectPath::Named(id));
            }
        }
        SubjectIdentifier::Account(uri) if is_by(SubjectName::Account) => {
            found.push(SubjectPath::Named(&uri["acct:".len()..]));
        }
        SubjectIdentifier::Email(email) if is_by(SubjectName::Email) => {
            found.push(SubjectPath::Email(email));
        }
        SubjectIdentifier::Account(_)
        | SubjectIdentifier::Email(_)
        | SubjectIdentifier::PhoneNumber(_)
        | SubjectIdentifier::Did(_)
        | SubjectIdentifier::Uri(_)
        | SubjectIdentifier::JwtId { .. }
        | SubjectIdentifier::SamlAssertionId { .. }
        | SubjectIdentifier::IpAddresses(_)
        // The parser nests no list of identifiers.
        | SubjectIdentifier::Aliases(_)
        | SubjectIdentifier::Other(_) => {}
    }
}

/// The most characters of an unknown subject that are kept.
const SHOWN_MAX: usize = 120;

/// What identifies an unknown subject, as an officer may look it up at the provider.
pub(crate) fn shown(subject: &EventSubject) -> String {
    let text = match subject {
        EventSubject::Simple(one) => shown_one(one),
        EventSubject::Complex(parts) => {
            let parts: Vec<String> = parts.values().map(shown_one).collect();
            parts.join(", ")
        }
    };
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn shown_one(identifier: &SubjectIdentifier) -> String {
    match identifier {
        SubjectIdentifier::Account(text)
        | SubjectIdentifier::Email(text)
        | SubjectIdentifier::Opaque(text)
        | SubjectIdentifier::PhoneNumber(text)
        | SubjectIdentifier::Did(text)
        | SubjectIdentifier::Uri(text)
        | SubjectIdentifier::IssSub { subject: text, .. }
        | SubjectIdentifier::JwtId { id: text, .. }
        | SubjectIdentifier::SamlAssertionId {
            assertion: text, ..
        }
        // What identifies the subject in it is not known: its format says at least which it is.
        | SubjectIdentifier::Other(text) => text.clone(),
        SubjectIdentifier::IpAddresses(all) => {
            let all: Vec<String> = all.iter().map(ToString::to_string).collect();
            all.join(", ")
        }
        SubjectIdentifier::Aliases(all) => {
            let all: Vec<String> = all.iter().map(shown_one).collect();
            all.join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_unknown_subject_is_shown_by_what_identifies_it_and_no_longer_than_a_line() {
        let subject = |value| shown(&EventSubject::parse(&value).unwrap());
        assert_eq!(
            subject(json!({"format": "complex",
                "user": {"format": "iss_sub", "iss": "https://idp", "sub": "99beb27c"},
                "device": {"format": "ip-addresses", "ip-addresses": ["10.0.0.1", "::1"]}})),
            "10.0.0.1, ::1, 99beb27c"
        );
        let long = subject(json!({"format": "opaque", "id": "é".repeat(300)}));
        assert_eq!(long.chars().count(), SHOWN_MAX + 1);
    }
}
