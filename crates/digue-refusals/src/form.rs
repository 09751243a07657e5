//! The form and the language that a request asks for, by its headers.

use digue_http::cookies::cookies;
use digue_locales::Language;
use http::header::{self, HeaderMap};

/// The form of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalForm {
    /// For a person whose browser opens a page.
    Page,
    /// For a page that puts what it fetches into itself (htmx).
    Fragment,
    /// RFC 9457, for programs and for the scripts of single-page applications.
    Problem,
}

impl RefusalForm {
    pub fn of(headers: &HeaderMap) -> Self {
        let says = |name: &str, value: &str| {
            headers
                .get(name)
                .is_some_and(|given| given.as_bytes().eq_ignore_ascii_case(value.as_bytes()))
        };
        // A page that htmx restores from its history is asked for whole.
        if says("hx-request", "true") && !says("hx-history-restore-request", "true") {
            return Self::Fragment;
        }
        let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok());
        let types: Vec<&str> = accept
            .unwrap_or_default()
            .split(',')
            .map(|one| one.split(';').next().unwrap_or_default().trim())
            .collect();
        let is_html = |one: &str| one.contains("html");
        let is_json = |one: &str| one == "application/json" || one.ends_with("+json");
        let wants_html = types.contains(&"text/html");
        // A script that takes HTML alone renders it as a page (Turbo); one that takes anything reads
        // data.
        let is_script = says("sec-fetch-dest", "empty") && !types.iter().all(|one| is_html(one));
        if wants_html && !is_script && !types.iter().any(|one| is_json(one)) {
            Self::Page
        } else {
            Self::Problem
        }
    }
}

/// True for a person's browser opening a page.
pub fn wants_page(headers: &HeaderMap) -> bool {
    RefusalForm::of(headers) == RefusalForm::Page
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

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[track_caller]
    fn check(sent: &[(&'static str, &'static str)], form: RefusalForm) {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        assert_eq!(RefusalForm::of(&headers), form, "{sent:?}");
    }

    #[test]
    fn each_client_gets_the_form_that_it_can_show() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        check(&[("accept", browser)], RefusalForm::Page);
        check(
            &[("accept", browser), ("sec-fetch-dest", "document")],
            RefusalForm::Page,
        );
        check(&[], RefusalForm::Problem);
        check(&[("accept", "*/*")], RefusalForm::Problem);
        check(
            &[("accept", "application/json, text/html")],
            RefusalForm::Problem,
        );
        check(
            &[
                ("accept", "text/html, */*; q=0.01"),
                ("sec-fetch-dest", "empty"),
            ],
            RefusalForm::Problem,
        );
        check(
            &[
                ("accept", "text/html, application/xhtml+xml"),
                ("sec-fetch-dest", "empty"),
            ],
            RefusalForm::Page,
        );
        check(
            &[("accept", "*/*"), ("hx-request", "true")],
            RefusalForm::Fragment,
        );
        check(
            &[
                ("accept", browser),
                ("hx-request", "true"),
                ("hx-history-restore-request", "true"),
            ],
            RefusalForm::Page,
        );
    }
}
