//! What a refusal says, and its response in the form that a request asks for.

use std::sync::Arc;

use digue_http::body::{Body, full};
use digue_http::client::ClientError;
use digue_locales::{Language, text};
use digue_types::{OperatorContact, PersonRef, RefusalReason};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde::Serialize;

use crate::form::{RefusalForm, language_of};

/// The index of the journal entry of a response or of a refusal.
pub const RECEIPT: HeaderName = HeaderName::from_static("digue-receipt");

/// The most persons that a refusal names.
pub const NAMED_MAX: usize = 20;

/// The contents of a refusal.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub status: StatusCode,
    pub title: &'static str,
    /// Locale keys of the sentences.
    pub details: Vec<String>,
    /// Machine-readable reasons.
    pub reasons: Vec<RefusalReason>,
    /// Index of the journal entry.
    pub entry: Option<u64>,
    pub may_break_glass: bool,
    /// Another person may agree that the account opens the record.
    pub may_ask_for_record: bool,
    pub retry_after_secs: Option<u32>,
    /// In a box, like whom it names: a refusal is the error of most functions.
    pub ways_on: Box<WaysOn>,
    /// The portal may have received the request.
    pub may_have_arrived: bool,
    /// Who was outside the caseload: for an officer, and for nobody else; at most [`NAMED_MAX`].
    pub outside: Option<Box<NamedPersons>>,
}

/// Where the reader of a refusal can go from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaysOn {
    /// Where a person continues after signing in.
    pub return_to: Option<String>,
    /// The sign-in of a portal that signs its users in itself.
    pub portal_sign_in: Option<String>,
    /// Whom they can ask for help.
    pub contact: Option<Arc<OperatorContact>>,
}

/// Persons whom a refusal names. In a box: a refusal is the error of most functions, and most name
/// nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPersons(pub Vec<PersonRef>);

impl From<ClientError> for Refusal {
    fn from(error: ClientError) -> Self {
        let failed = |status| Self::unavailable(status, "unavailable-title", "unavailable-portal");
        match error {
            ClientError::Unreached => failed(StatusCode::BAD_GATEWAY),
            ClientError::Broken => failed(StatusCode::BAD_GATEWAY).after_the_portal(),
            ClientError::TimedOut => failed(StatusCode::GATEWAY_TIMEOUT).after_the_portal(),
        }
    }
}

impl Refusal {
    /// Too much at once, of one account or in total: nothing was decided, and a retry may succeed.
    pub fn busy() -> Self {
        let busy = Self::unavailable(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable-title",
            "unavailable-busy",
        );
        Self {
            retry_after_secs: Some(1),
            ..busy
        }
    }

    /// The body of a request is larger than its address allows.
    pub fn too_large() -> Self {
        Self::unavailable(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large-title",
            "too-large",
        )
    }

    /// A refusal by the rules.
    pub fn of(reasons: Vec<RefusalReason>, entry: Option<u64>) -> Self {
        let status = match reasons.first() {
            Some(
                RefusalReason::NoSession | RefusalReason::SessionMoved | RefusalReason::StepUp(_),
            ) => StatusCode::UNAUTHORIZED,
            Some(
                RefusalReason::MalformedRequest
                | RefusalReason::UnknownParameter
                | RefusalReason::RenamedFields,
            ) => StatusCode::BAD_REQUEST,
            Some(
                RefusalReason::Budget(..)
                | RefusalReason::ExactSearchBudget(_)
                | RefusalReason::BreakGlassBudget(_)
                | RefusalReason::UninspectedBudget(_)
                | RefusalReason::TooManyRequests,
            ) => StatusCode::TOO_MANY_REQUESTS,
            Some(RefusalReason::RequestTooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Some(RefusalReason::Uninspectable(_) | RefusalReason::LoginUnclear) => {
                StatusCode::BAD_GATEWAY
            }
            _ => StatusCode::FORBIDDEN,
        };
        let mut details: Vec<String> = reasons
            .iter()
            .map(|reason| format!("reason-{}", reason.family()))
            .collect();
        details.dedup();
        let title = match status {
            StatusCode::BAD_REQUEST => "bad-request-title",
            StatusCode::PAYLOAD_TOO_LARGE => "too-large-title",
            _ => "refusal-title",
        };
        Self {
            status,
            title,
            details,
            reasons,
            entry,
            may_break_glass: false,
            may_ask_for_record: false,
            retry_after_secs: None,
            ways_on: Box::default(),
            may_have_arrived: false,
            outside: None,
        }
    }

    /// Something does not exist or does not answer.
    pub fn unavailable(status: StatusCode, title: &'static str, detail: &str) -> Self {
        let retry = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(5);
        Self {
            status,
            title,
            details: vec![detail.to_owned()],
            reasons: Vec::new(),
            entry: None,
            may_break_glass: false,
            may_ask_for_record: false,
            retry_after_secs: retry,
            ways_on: Box::default(),
            may_have_arrived: false,
            outside: None,
        }
    }

    /// The same, when the portal had already received the request.
    pub fn after_the_portal(self) -> Self {
        Self {
            may_have_arrived: true,
            ..self
        }
    }

    /// Whom it names.
    pub(crate) fn named(&self) -> &[PersonRef] {
        self.outside.as_ref().map_or(&[], |named| &named.0)
    }

    /// The response, in the form and language that the request's headers ask for.
    pub fn respond(&self, request: &HeaderMap) -> Response<Body> {
        let language = language_of(request);
        let form = RefusalForm::of(request);
        let mut response = self.written(form, language);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if form == RefusalForm::Fragment {
            // Above the page, which stays as it is: what was asked for must not be taken for an empty
            // part, and the address of the page must not become that of the part.
            for (name, value) in [
                ("hx-retarget", "body"),
                ("hx-reswap", "afterbegin"),
                ("hx-push-url", "false"),
                ("hx-replace-url", "false"),
            ] {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
        if let Some(seconds) = self.retry_after_secs {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(entry) = self.entry {
            headers.insert(RECEIPT, HeaderValue::from(entry));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // A 401 must carry a challenge (RFC 9110, 15.5.2).
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Digue"));
        }
        response
    }

    /// The page of a refusal that was given before: it is not refused itself.
    pub fn explain(&self, language: Language) -> Response<Body> {
        self.written(RefusalForm::Page, language)
    }

    fn written(&self, form: RefusalForm, language: Language) -> Response<Body> {
        let (kind, body) = match form {
            RefusalForm::Page => ("text/html; charset=utf-8", self.page(language)),
            RefusalForm::Fragment => ("text/html; charset=utf-8", self.fragment(language)),
            RefusalForm::Problem => ("application/problem+json", self.problem(language)),
        };
        let mut response = Response::new(full(body));
        let fixed: [(HeaderName, &str); 6] = [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, "no-store"),
            (header::CONTENT_LANGUAGE, language.code()),
            (
                header::VARY,
                "Accept, Accept-Language, HX-Request, Sec-Fetch-Dest",
            ),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
            ),
        ];
        for (name, value) in fixed {
            response.headers_mut().insert(
                name,
                HeaderValue::from_str(value).expect("the values above are ASCII"),
            );
        }
        response
    }

    pub(crate) fn problem(&self, language: Language) -> String {
        #[derive(Serialize)]
        struct ProblemDocument<'p> {
            r#type: String,
            title: String,
            status: u16,
            detail: String,
            #[serde(skip_serializing_if = "<[RefusalReason]>::is_empty")]
            reasons: &'p [RefusalReason],
            #[serde(skip_serializing_if = "Option::is_none")]
            entry: Option<u64>,
            /// A page of Digue's, at the same host, that a person can open.
            #[serde(skip_serializing_if = "Option::is_none")]
            page: Option<String>,
            #[serde(skip_serializing_if = "<[PersonRef]>::is_empty")]
            outside: &'p [PersonRef],
            #[serde(skip_serializing_if = "Option::is_none")]
            help: Option<HelpMember<'p>>,
        }
        #[derive(Serialize)]
        struct HelpMember<'p> {
            name: &'p str,
            phone: &'p str,
            mail: &'p str,
            hours: &'p str,
        }
        let help = self.ways_on.contact.as_deref().map(|contact| HelpMember {
            name: &contact.name,
            phone: &contact.phone,
            mail: &contact.mail,
            hours: &contact.hours,
        });
        let kind = self.reasons.first().map(RefusalReason::family);
        let problem = ProblemDocument {
            r#type: kind.map_or("about:blank".to_owned(), |family| {
                format!("urn:digue:refusal:{family}")
            }),
            title: text(language, self.title),
            status: self.status.as_u16(),
            detail: self
                .details
                .iter()
                .map(|key| text(language, key))
                .collect::<Vec<_>>()
                .join(" "),
            reasons: &self.reasons,
            entry: self.entry,
            page: self.page_to_open(),
            outside: self.named(),
            help,
        };
        serde_json::to_string(&problem).expect("strings and numbers always serialise")
    }
}

#[cfg(test)]
mod tests {
    use digue_types::{Scope, SlidingWindow};

    use super::*;

    #[test]
    fn programs_get_a_problem_document_with_the_entry() {
        let refusal = Refusal::of(
            vec![RefusalReason::Budget(Scope::Account, SlidingWindow::Hour)],
            Some(42),
        );
        let response = refusal.respond(&HeaderMap::new());
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
        let problem: serde_json::Value =
            serde_json::from_str(&refusal.problem(Language::English)).unwrap();
        assert_eq!(problem["type"], "urn:digue:refusal:budget");
        assert_eq!(problem["reasons"][0], "budget:account:1h");
        assert_eq!(problem["entry"], 42);
    }

    #[test]
    fn people_get_a_page_in_their_language() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("text/html,*/*"));
        let refusal = Refusal::of(vec![RefusalReason::OutsideCaseload], Some(7));
        assert!(refusal.page(Language::French).contains("portefeuille"));
        assert!(refusal.page(Language::English).contains("caseload"));
        assert_eq!(
            refusal.respond(&headers).headers()[header::CONTENT_LANGUAGE],
            "fr"
        );
    }

    #[test]
    fn a_refusal_leads_to_the_door_and_back() {
        let link = |reason| {
            let mut refusal = Refusal::of(vec![reason], None);
            refusal.ways_on.return_to = Some("/fiche/P1?a=b".to_owned());
            refusal.page(Language::French)
        };
        let stranger = link(RefusalReason::NoSession);
        assert!(
            stranger.contains("/.digue/sign-in?next=") && !stranger.contains("fresh"),
            "{stranger}"
        );
        let step_up = link(RefusalReason::StepUp(Scope::Account));
        assert!(
            step_up.contains("&amp;fresh=1") && step_up.contains("Prouver"),
            "{step_up}"
        );
    }

    #[test]
    fn a_refusal_says_whom_to_ask() {
        let mut refusal = Refusal::of(vec![RefusalReason::OutsideCaseload], Some(7));
        assert!(!refusal.page(Language::French).contains("tel:"));
        assert!(!refusal.problem(Language::French).contains("help"));
        let contact =
            OperatorContact::new("OPCO <AKTO>", "01 02 03 04 05", "aide@opco.test", "8 h");
        refusal.ways_on.contact = contact.map(Arc::new);
        for text in [
            refusal.page(Language::French),
            refusal.fragment(Language::French),
        ] {
            assert!(
                text.contains("href=\"tel:0102030405\">01 02 03 04 05</a>"),
                "{text}"
            );
            assert!(text.contains("mailto:aide@opco.test"), "{text}");
            assert!(
                text.contains("OPCO &lt;AKTO&gt;") && text.contains("8 h"),
                "{text}"
            );
        }
        let problem: serde_json::Value =
            serde_json::from_str(&refusal.problem(Language::English)).unwrap();
        assert_eq!(problem["help"]["phone"], "01 02 03 04 05");
    }

    #[test]
    fn every_reason_has_its_sentence_in_both_languages() {
        let families = [
            RefusalReason::NoSession,
            RefusalReason::SessionMoved,
            RefusalReason::LoginUnclear,
            RefusalReason::UnknownAccount,
            RefusalReason::UnknownRoute,
            RefusalReason::MalformedRequest,
            RefusalReason::UnknownParameter,
            RefusalReason::RenamedFields,
            RefusalReason::BodyUnseen,
            RefusalReason::GateClosed(Scope::Account),
            RefusalReason::CaseloadOnly(Scope::Account),
            RefusalReason::StepUp(Scope::Account),
            RefusalReason::OutsideCaseload,
            RefusalReason::NotOwnRecord,
            RefusalReason::NotExact,
            RefusalReason::Budget(Scope::Account, SlidingWindow::Day),
            RefusalReason::ExactSearchBudget(SlidingWindow::Day),
            RefusalReason::BreakGlassBudget(SlidingWindow::Day),
            RefusalReason::UninspectedBudget(SlidingWindow::Day),
            RefusalReason::Uninspectable(digue_types::UninspectedCause::Broken),
            RefusalReason::Policy,
            RefusalReason::PolicyError,
            RefusalReason::RequestTooLarge,
            RefusalReason::PersonClass(digue_types::ClassName::parse("archived").unwrap()),
            RefusalReason::ClassUnknown,
            RefusalReason::Withheld,
            RefusalReason::DoneNotShown,
            RefusalReason::OutcomeUnknown,
        ];
        for reason in families {
            let key = format!("reason-{}", reason.family());
            for language in Language::ALL {
                assert!(
                    digue_locales::has(language, &key),
                    "{key} in {}",
                    language.code()
                );
            }
        }
    }
}
