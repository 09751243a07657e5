//! Policies: eleven templates in plain words, from which an organisation begins its own. A policy is a
//! controlled document with its text; it is approved by a signature and read like any other.

use std::collections::BTreeSet;

use digue_app::{Actor, App, OperationError};
use digue_casework::operator;
use digue_isms::Values;
use digue_isms::kinds::{Document, PolicyTopic, Receipt, RegisterKind};
use digue_isms::register::{RegisterEntry, Registers};
use digue_isms::signatures::{SignatureState, signed};
use digue_locales::{Language, Value, text, text_with};
use digue_response::notification::Field;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::awareness::is_of_this_content;
use super::compared::compared;
use super::{must_read, now, save, values_of_filled};

/// How far a policy is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PolicyState {
    /// There is no document on this subject.
    Missing,
    /// It names nobody who approves it.
    Draft,
    /// It names who approves it, and waits for the signature.
    Waiting,
    Signed,
    /// What is stored is not what was signed.
    Broken,
}

impl PolicyState {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Draft => "draft",
            Self::Waiting => "waiting",
            Self::Signed => "signed",
            Self::Broken => "broken",
        }
    }
}

/// A subject of policies, with the document about it.
#[derive(Clone, PartialEq, Debug)]
pub struct TopicPolicy {
    pub topic: PolicyTopic,
    pub document: Option<RegisterEntry<Document>>,
    pub state: PolicyState,
    /// The accounts that confirmed that they read the present text.
    pub readers: usize,
}

/// Every subject, in the order of the templates.
pub async fn policies(app: &App, actor: &Actor) -> Result<Vec<TopicPolicy>, OperationError> {
    must_read(actor)?;
    let registers = compared(app).await?.registers;
    let documents = registers.read::<Document>().entries;
    let receipts = registers.read::<Receipt>().entries;
    let of = |topic: &PolicyTopic| {
        let mut own = documents
            .iter()
            .filter(|one| one.record.topic.0 == Some(*topic));
        // Of two on one subject the later one counts.
        let document = own.next_back().cloned();
        let readers = document.as_ref().map_or(0, |one| readers(one, &receipts));
        TopicPolicy {
            topic: *topic,
            state: state(&registers, document.as_ref()),
            document,
            readers,
        }
    };
    Ok(PolicyTopic::ALL.iter().map(of).collect())
}

fn state(registers: &Registers, document: Option<&RegisterEntry<Document>>) -> PolicyState {
    let Some(document) = document else {
        return PolicyState::Missing;
    };
    let revision = registers.find(RegisterKind::Document, &document.id);
    match revision.and_then(|revision| signed(registers, revision)) {
        Some(SignatureState::Broken(_)) => PolicyState::Broken,
        Some(state) if state.stands() => PolicyState::Signed,
        Some(SignatureState::Unnamed) | None => PolicyState::Draft,
        Some(SignatureState::Typed | SignatureState::Signed(_) | SignatureState::Unproven(..)) => {
            PolicyState::Waiting
        }
    }
}

fn readers(document: &RegisterEntry<Document>, receipts: &[RegisterEntry<Receipt>]) -> usize {
    let own = receipts.iter().filter(|receipt| {
        receipt.record.document.0.as_ref() == Some(&document.id)
            && receipt.record.edition == document.record.edition
            && is_of_this_content(&receipt.record, &document.record)
    });
    let readers: BTreeSet<&str> = own
        .map(|receipt| receipt.record.reader.0.as_str())
        .collect();
    readers.len()
}

/// Begins the policy on a subject from its template, in a language; nobody has approved it yet.
///
/// # Errors
/// `Conflict` when there is a document on this subject already.
pub async fn begin(
    app: &App,
    actor: &Actor,
    topic: PolicyTopic,
    language: Language,
) -> Result<String, OperationError> {
    actor.must_govern()?;
    let known = policies(app, actor).await?;
    if known
        .iter()
        .any(|one| one.topic == topic && one.document.is_some())
    {
        return Err(OperationError::Conflict);
    }
    let values = draft(app, topic, language);
    Ok(save(app, actor, RegisterKind::Document, None, &values).await?)
}

fn draft(app: &App, topic: PolicyTopic, language: Language) -> Values {
    let organisation = operator::rules(app).controller.get(&Field::ControllerName);
    let organisation = organisation.map(String::as_str).unwrap_or_default();
    template(topic, language, organisation, now(app).today)
}

/// A policy from its template; without a name the text says "our organisation".
pub(super) fn template(
    topic: PolicyTopic,
    language: Language,
    organisation: &str,
    today: Date,
) -> Values {
    let organisation = match organisation {
        "" => text(language, "policy-organisation"),
        name => name.to_owned(),
    };
    let values = [("organisation", Value::from(organisation))];
    let body = text_with(language, &format!("policy-text-{}", topic.code()), &values);
    values_of_filled([
        ("title", text(language, topic.key())),
        ("about", "policy".to_owned()),
        ("topic", topic.code().to_owned()),
        ("edition", "1".to_owned()),
        ("text", body),
        ("audience", "everybody".to_owned()),
        ("review-on", today.saturating_add(1.year()).to_string()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eleven_policies_are_whole_in_both_languages() {
        let today = "2026-11-30".parse().unwrap();
        assert_eq!(PolicyTopic::ALL.len(), 11);
        for topic in PolicyTopic::ALL {
            for language in Language::ALL {
                let values = template(*topic, language, "Exemple Formation", today);
                let fitting = RegisterKind::Document.checked(&values);
                let fitting = fitting.unwrap_or_else(|faults| panic!("{topic:?}: {faults:?}"));
                let body = &fitting["text"][0];
                assert!(body.chars().count() > 600, "{topic:?} {language:?}: {body}");
                assert!(body.contains("\n\n2. "), "{topic:?} {language:?}: {body}");
                assert!(!body.contains('{'), "{topic:?} {language:?}: {body}");
            }
        }
        let own = template(
            PolicyTopic::InformationSecurity,
            Language::French,
            "Exemple",
            today,
        );
        assert!(own["text"][0].contains("Exemple tient"), "{own:?}");
    }
}
