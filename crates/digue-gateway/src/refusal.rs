//! A refusal, worded so that its reader can act: RFC 9457 for programs, a page for people.

use digue_http::body::{Body, full};
use digue_http::client::ClientError;
use digue_locales::{Language, Value, text, text_with};
use digue_types::RefusalReason;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde::Serialize;

use crate::headers::cookies;
use crate::hold::HoldError;
use crate::ports::JournalWriteError;

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
    pub retry_after_secs: Option<u32>,
    /// Where a person continues after signing in.
    pub return_to: Option<String>,
    /// The portal may have received the request.
    pub may_have_arrived: bool,
}

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

    /// The body of a request could not be held: its sender broke off or fell silent, or the memory
    /// is full.
    pub fn unheld_request(error: &HoldError) -> Self {
        match error {
            HoldError::Cut(_) => {
                Self::unavailable(StatusCode::BAD_REQUEST, "bad-request-title", "request-cut")
            }
            HoldError::Silent => Self::unavailable(
                StatusCode::REQUEST_TIMEOUT,
                "request-silent-title",
                "request-silent",
            ),
            HoldError::Full(_) => Self::busy(),
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

    /// The journal did not accept the entry: the response does not leave.
    pub fn unrecorded(JournalWriteError(cause): JournalWriteError) -> Self {
        tracing::error!(
            cause,
            "The journal accepts no entries; responses are refused until it does"
        );
        Self::unavailable(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable-title",
            "unavailable-journal",
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
            Some(RefusalReason::Uninspectable(_)) => StatusCode::BAD_GATEWAY,
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
            retry_after_secs: None,
            return_to: None,
            may_have_arrived: false,
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
            retry_after_secs: retry,
            return_to: None,
            may_have_arrived: false,
        }
    }

    /// The same, when the portal had already received the request.
    pub fn after_the_portal(self) -> Self {
        Self {
            may_have_arrived: true,
            ..self
        }
    }

    /// The response, in the form and language that the request's headers ask for.
    pub fn respond(&self, request: &HeaderMap) -> Response<Body> {
        let language = language_of(request);
        let is_page = wants_page(request);
        let body = if is_page {
            self.page(language)
        } else {
            self.problem(language)
        };
        let mut response = Response::new(full(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        let kind = if is_page {
            "text/html; charset=utf-8"
        } else {
            "application/problem+json"
        };
        let fixed: [(HeaderName, &str); 6] = [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, "no-store"),
            (header::CONTENT_LANGUAGE, language.code()),
            (header::VARY, "Accept, Accept-Language"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
            ),
        ];
        for (name, value) in fixed {
            headers.insert(
                name,
                HeaderValue::from_str(value).expect("the values above are ASCII"),
            );
        }
        if let Some(seconds) = self.retry_after_secs {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(entry) = self.entry {
            headers.insert(crate::headers::RECEIPT, HeaderValue::from(entry));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // A 401 must carry a challenge (RFC 9110, 15.5.2).
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Digue"));
        }
        response
    }

    fn problem(&self, language: Language) -> String {
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
        }
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
        };
        serde_json::to_string(&problem).expect("strings and numbers always serialise")
    }

    fn page(&self, language: Language) -> String {
        let say = |key: &str| escape(&text(language, key));
        let reference = match self.entry {
            Some(entry) => escape(&text_with(
                language,
                "refusal-reference",
                &[("reference", Value::from(entry.to_string()))],
            )),
            None => say("refusal-no-reference"),
        };
        let sentences: String = self
            .details
            .iter()
            .map(|key| format!("<p class=\"reason\">{}</p>", say(key)))
            .collect();
        let mut links = String::new();
        if self.status == StatusCode::UNAUTHORIZED {
            // A session is not enough where a fresh proof is required.
            let asks_proof = |reason: &RefusalReason| {
                matches!(
                    reason,
                    RefusalReason::StepUp(_) | RefusalReason::SessionMoved
                )
            };
            let is_step_up = self.reasons.iter().any(asks_proof);
            links.push_str(&format!(
                "<a class=\"button\" href=\"/.digue/sign-in?next={}{}\">{}</a>",
                encode(self.return_to.as_deref().unwrap_or_default()),
                if is_step_up { "&amp;fresh=1" } else { "" },
                say(if is_step_up {
                    "refusal-prove"
                } else {
                    "refusal-sign-in"
                })
            ));
        }
        if self.may_break_glass {
            links.push_str(&format!(
                "<a class=\"button\" href=\"/.digue/break-glass\">{}</a>",
                say("refusal-break-glass")
            ));
        }
        format!(
            "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{title} \u{2013} {product}</title>\
             <link rel=\"stylesheet\" href=\"/.digue/assets/digue.css\"></head>\
             <body class=\"refusal\"><main><p class=\"product\">{product}</p><h1>{title}</h1>\
             <p>{lead}</p>{sentences}<p class=\"quiet\">{reference}</p><p>{links}</p></main></body></html>",
            lang = language.code(),
            title = say(self.title),
            product = say("product"),
            lead = if self.reasons.is_empty() {
                String::new()
            } else {
                say("refusal-lead")
            },
        )
    }
}

/// The language of a request: the choice stored in a cookie, else the browser's.
pub fn language_of(headers: &HeaderMap) -> Language {
    let chosen = cookies(headers)
        .filter(|(name, _)| *name == b"digue-language")
        .find_map(|(_, value)| Language::parse(std::str::from_utf8(value).ok()?));
    chosen.unwrap_or_else(|| {
        let accepted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|v| v.to_str().ok());
        Language::negotiate(accepted.unwrap_or_default())
    })
}

/// True for a person's browser opening a page; programs get JSON.
pub fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
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
    fn a_request_that_did_not_arrive_whole_is_not_called_too_large() {
        let cut = HoldError::Cut("reset".into());
        for (error, status) in [
            (cut, StatusCode::BAD_REQUEST),
            (HoldError::Silent, StatusCode::REQUEST_TIMEOUT),
        ] {
            let refusal = Refusal::unheld_request(&error);
            assert_eq!(refusal.status, status);
            for key in refusal
                .details
                .iter()
                .map(String::as_str)
                .chain([refusal.title])
            {
                assert!(
                    Language::ALL
                        .iter()
                        .all(|language| digue_locales::has(*language, key)),
                    "{key}"
                );
            }
        }
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
            refusal.return_to = Some("/fiche/P1?a=b".to_owned());
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
    fn every_reason_has_its_sentence_in_both_languages() {
        let families = [
            RefusalReason::NoSession,
            RefusalReason::SessionMoved,
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
            RefusalReason::NotExact,
            RefusalReason::Budget(Scope::Account, SlidingWindow::Day),
            RefusalReason::ExactSearchBudget(SlidingWindow::Day),
            RefusalReason::BreakGlassBudget(SlidingWindow::Day),
            RefusalReason::UninspectedBudget(SlidingWindow::Day),
            RefusalReason::Uninspectable(digue_types::UninspectedCause::Broken),
            RefusalReason::Policy,
            RefusalReason::PolicyError,
            RefusalReason::RequestTooLarge,
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
