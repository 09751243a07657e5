//! The help of each page: what it is for, what its figures and words mean, and what to do first.
//!
//! It knows addresses and keys of texts; no page knows its own help.

use digue_locales::{Language, text};

/// Addresses, `{}` for a part that changes, with the key of their help: a text of three lines.
static HELP: &[(&str, &str)] = &[
    ("/", "help-page-home"),
    ("/activity", "help-page-activity"),
    ("/watch", "help-page-findings"),
    ("/watch/{}", "help-page-finding"),
    ("/scope", "help-page-scope"),
    ("/persons", "help-page-persons"),
    ("/journal", "help-page-journal"),
    ("/portals", "help-page-portals"),
    ("/portals/{}/routes/new", "help-page-portal-route"),
    ("/search", "help-page-search"),
    ("/incidents", "help-page-incidents"),
    ("/incidents/{}", "help-page-incident"),
    ("/incidents/{}/sheets", "help-page-incident-sheets"),
    ("/incidents/{}/affected", "help-page-incident-affected"),
    ("/incidents/{}/affected/{}", "help-page-incident-list"),
    ("/incidents/{}/decisions", "help-page-incident-decisions"),
    (
        "/incidents/{}/notification",
        "help-page-incident-notification",
    ),
    ("/incidents/{}/notices", "help-page-incident-notices"),
    ("/incidents/{}/notices/{}", "help-page-campaign"),
    ("/incidents/{}/closing", "help-page-incident-closing"),
    ("/check", "help-page-check"),
    ("/register", "help-page-register"),
    ("/requests", "help-page-requests"),
    ("/requests/{}", "help-page-request"),
    ("/break-glass", "help-page-break-glass"),
    ("/classes", "help-page-classes"),
    ("/messages", "help-page-messages"),
    ("/messages/reports", "help-page-message-reports"),
    ("/smsi", "help-page-smsi"),
    ("/smsi/start", "help-page-smsi-start"),
    ("/smsi/calendar", "help-page-smsi-calendar"),
    ("/smsi/contradictions", "help-page-smsi-contradictions"),
    ("/smsi/ebios", "help-page-smsi-ebios"),
    ("/smsi/exchange", "help-page-smsi-exchange"),
    ("/smsi/registers", "help-page-smsi-registers"),
    ("/smsi/registers/{}", "help-page-smsi-register"),
    ("/smsi/registers/{}/{}", "help-page-smsi-record"),
    (
        "/smsi/registers/{}/{}/revisions",
        "help-page-smsi-revisions",
    ),
    ("/smsi/clauses", "help-page-smsi-clauses"),
    ("/smsi/policies", "help-page-smsi-policies"),
    ("/smsi/objectives", "help-page-smsi-objectives"),
    ("/smsi/programmes/{}", "help-page-smsi-programme"),
    ("/smsi/samples", "help-page-smsi-samples"),
    ("/smsi/checks", "help-page-smsi-checks"),
    ("/smsi/checks/{}", "help-page-smsi-check"),
    ("/smsi/continuity", "help-page-smsi-continuity"),
    ("/smsi/privacy", "help-page-smsi-privacy"),
    ("/smsi/software", "help-page-smsi-software"),
    ("/smsi/statement", "help-page-smsi-statement"),
    ("/smsi/frameworks/{}", "help-page-smsi-framework"),
    ("/reviews", "help-page-reviews"),
    ("/reviews/{}", "help-page-review"),
    ("/awareness", "help-page-awareness"),
    ("/awareness/state", "help-page-awareness-state"),
    ("/awareness/{}", "help-page-awareness-module"),
    ("/awareness/documents/{}", "help-page-awareness-document"),
    ("/awareness/texts/{}", "help-page-awareness-text"),
    ("/own-incidents", "help-page-own-incidents"),
    ("/space", "help-page-space"),
    ("/space/assessment", "help-page-assessment"),
    ("/assessments", "help-page-assessments"),
    ("/person", "help-page-person"),
    ("/person/door", "help-page-person-sign-in"),
    ("/person/ask", "help-page-person-ask"),
    ("/person/information", "help-page-person-information"),
    ("/person/embed", "help-page-person-embed"),
    ("/accessibility", "help-page-accessibility"),
    ("/accounts", "help-page-accounts"),
    ("/accounts/{}", "help-page-account"),
    ("/accounts/{}/holder", "help-page-holder"),
    ("/organisations", "help-page-organisations"),
    ("/organisations/{}", "help-page-organisation"),
    ("/sessions", "help-page-sessions"),
    ("/approvals", "help-page-approvals"),
    ("/self", "help-page-own"),
    ("/self/identities", "help-page-own-identities"),
    ("/self/password", "help-page-own-password"),
    ("/keys", "help-page-keys"),
    ("/sources", "help-page-sources"),
    ("/signals", "help-page-signals"),
    ("/settings", "help-page-settings"),
    ("/.digue/sign-in", "help-page-sign-in"),
    ("/.digue/enter", "help-page-enter"),
    ("/.digue/printed-key", "help-page-printed-key"),
    ("/.digue/identity/end", "help-page-identity-end"),
    ("/.digue/left", "help-page-left"),
    ("/.digue/welcome", "help-page-welcome"),
    ("/.digue/break-glass", "help-page-break-glass-ask"),
    ("/.digue/record", "help-page-record-ask"),
];

/// The help of one page, in the reader's language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageHelp {
    /// As (heading, text).
    pub parts: Vec<(String, String)>,
}

impl PageHelp {
    /// The help of the page at `path`; `None` where the table has none.
    pub fn of(language: Language, path: &str) -> Option<Self> {
        let (_, key) = HELP
            .iter()
            .filter(|(pattern, _)| fits(pattern, path))
            // `/messages/reports` and not a pattern that would fit it, too.
            .min_by_key(|(pattern, _)| pattern.matches("{}").count())?;
        let said = text(language, key);
        let headings = ["help-what", "help-words", "help-first"];
        let parts = headings
            .into_iter()
            .zip(said.lines())
            .map(|(heading, line)| (text(language, heading), line.to_owned()));
        Some(Self {
            parts: parts.collect(),
        })
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut parts) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), parts.next()) {
            (None, None) => return true,
            (Some("{}"), Some(part)) if !part.is_empty() => {}
            (Some(wanted), Some(part)) if wanted == part => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_help_says_its_three_things_in_both_languages() {
        for language in Language::ALL {
            for (pattern, key) in HELP {
                let help = PageHelp::of(language, &pattern.replace("{}", "x")).unwrap();
                assert_eq!(help.parts.len(), 3, "{key}");
                assert_eq!(text(language, key).lines().count(), 3, "{key}");
            }
        }
    }

    #[test]
    fn the_nearest_pattern_counts() {
        let first =
            |path| PageHelp::of(Language::English, path).map(|help| help.parts[0].1.clone());
        assert_ne!(first("/awareness/state"), first("/awareness/calls"));
        assert_eq!(first("/awareness/calls"), first("/awareness/mail"));
        assert_eq!(first("/incidents/x/unknown"), None);
        assert_eq!(first("/accounts/"), None);
    }
}
