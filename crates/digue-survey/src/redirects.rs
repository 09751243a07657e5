//! Where requests that say that they change something send their browser afterwards.
//!
//! A form that saves answers with a redirect, and so does a list that takes its filter by `POST`: the
//! list sends the browser to itself, with what was asked for in the query.

use crate::exchange::{Exchange, UrlParts, pairs};

/// The redirects of one route.
#[derive(Clone, Debug, Default)]
pub(crate) struct RedirectSurvey {
    /// To another address, or to one that is not known.
    elsewhere: usize,
    /// To the own address.
    own: usize,
    /// Of these, with a value of the form in the query.
    carrying: usize,
}

impl RedirectSurvey {
    pub(crate) fn add(&mut self, exchange: &Exchange<'_>, url: &UrlParts<'_>) {
        if !matches!(exchange.status, 300..=303 | 305..=399) {
            return;
        }
        let Some(query) = exchange
            .location
            .and_then(|location| query_of_own(location, url))
        else {
            self.elsewhere += 1;
            return;
        };
        self.own += 1;
        let form = String::from_utf8_lossy(exchange.request_body);
        let asked: Vec<(String, String)> = pairs(&form)
            .filter(|(_, value)| !value.trim().is_empty())
            .collect();
        self.carrying += usize::from(pairs(query).any(|pair| asked.contains(&pair)));
    }

    pub(crate) fn absorb(&mut self, other: &Self) {
        self.elsewhere += other.elsewhere;
        self.own += other.own;
        self.carrying += other.carrying;
    }

    /// True where all were those of a list to itself, with what was asked for.
    pub(crate) fn are_of_a_search(&self) -> bool {
        self.elsewhere == 0 && self.carrying > 0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.elsewhere == 0 && self.own == 0
    }
}

/// The query of a redirect to the address that was asked; `None` for another one.
fn query_of_own<'l>(location: &'l str, url: &UrlParts<'_>) -> Option<&'l str> {
    let location = location.split('#').next().unwrap_or(location);
    if let Some(query) = location.strip_prefix('?') {
        return Some(query);
    }
    let parts = match UrlParts::of(location) {
        Some(parts) => parts,
        // Relative to the folder of what was asked.
        None if !location.contains(':') => {
            let (path, query) = location.split_once('?').unwrap_or((location, ""));
            let folder = &url.path[..=url.path.rfind('/')?];
            let own = url.path.strip_prefix(folder)?;
            let path = path.strip_prefix("./").unwrap_or(path);
            return (!own.is_empty() && path == own).then_some(query);
        }
        None => return None,
    };
    let is_own = (parts.origin.is_empty() || parts.origin == url.origin) && parts.path == url.path;
    is_own.then_some(parts.query)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::HeldExchange;

    fn survey(location: Option<&str>, form: &str) -> RedirectSurvey {
        let url = "https://p.fr/personnes/liste.php?type=user";
        let held = HeldExchange {
            method: "POST".to_owned(),
            status: 302,
            location: location.map(str::to_owned),
            request_body: form.as_bytes().to_vec(),
            ..HeldExchange::get(url, "text/html", "")
        };
        let mut survey = RedirectSurvey::default();
        survey.add(&held.as_exchange(), &UrlParts::of(url).unwrap());
        survey
    }

    #[test]
    fn a_list_that_sends_its_browser_to_itself_with_the_filter_searches() {
        for location in [
            "liste.php?page=1&nom=Le+Goff",
            "./liste.php?nom=Le%20Goff",
            "?nom=Le+Goff",
            "/personnes/liste.php?nom=Le+Goff#haut",
            "https://p.fr/personnes/liste.php?nom=Le+Goff",
        ] {
            let survey = survey(Some(location), "nom=Le+Goff&tri=");
            assert!(survey.are_of_a_search(), "{location}");
        }
    }

    #[test]
    fn any_other_redirect_is_one_of_a_form_that_saves() {
        for location in [
            None,
            Some("liste.php"),
            Some("liste.php?page=1&tri="),
            Some("autre.php?nom=Le+Goff"),
            Some("/liste.php?nom=Le+Goff"),
            Some("https://q.fr/personnes/liste.php?nom=Le+Goff"),
            Some("//q.fr/personnes/liste.php?nom=Le+Goff"),
            Some("javascript:x?nom=Le+Goff"),
        ] {
            let survey = survey(location, "nom=Le+Goff&tri=");
            assert!(!survey.are_of_a_search(), "{location:?}");
            assert!(!survey.is_empty());
        }
        let mut both = survey(Some("?nom=x"), "nom=x");
        both.absorb(&survey(Some("/autre"), "nom=x"));
        assert!(!both.are_of_a_search());
    }
}
