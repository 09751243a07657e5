//! Whom a person tells of a weakness that they found: the operator's contact, as RFC 9116 writes it.

use std::fmt::Write as _;
use std::time::Duration;

use digue_types::Timestamp;

/// How far away the end of the text is. RFC 9116, 2.5.5 asks for less than a year; the text is made
/// at each question, so that a quarter is enough, and a copy that is older is not believed.
const LASTS: Duration = Duration::from_hours(90 * 24);
const DAY_MICROS: i64 = 86_400_000_000;

/// `[security]`, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityContact {
    /// URIs (`mailto:`, `tel:`, `https:`), the preferred one first; never empty.
    pub contacts: Vec<String>,
    /// Where the operator's policy is published.
    pub policy: Option<String>,
    /// Where the key is to which a report can be encrypted.
    pub encryption: Option<String>,
}

impl SecurityContact {
    /// The text of `/.well-known/security.txt`. `url` is the address of the host that serves it.
    pub fn text(&self, url: &str, now: Timestamp) -> String {
        // Of whole days: copies that are taken on one day are the same.
        let today = Timestamp::from_micros(now.micros() - now.micros().rem_euclid(DAY_MICROS));
        let mut fields: Vec<(&str, String)> = Vec::new();
        fields.extend(self.contacts.iter().map(|uri| ("Contact", uri.clone())));
        fields.push(("Expires", today.plus(LASTS).to_string()));
        fields.extend(self.encryption.clone().map(|uri| ("Encryption", uri)));
        fields.push(("Preferred-Languages", "fr, en".to_owned()));
        // 2.5.2: only an address over TLS says anything about who wrote the text.
        if url.starts_with("https://") {
            fields.push(("Canonical", format!("{url}/.well-known/security.txt")));
        }
        fields.extend(self.policy.clone().map(|uri| ("Policy", uri)));
        let mut text = String::new();
        for (name, value) in fields {
            writeln!(text, "{name}: {value}").expect("a string takes everything");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact() -> SecurityContact {
        SecurityContact {
            contacts: vec![
                "mailto:securite@opco.test".to_owned(),
                "tel:+33-1-02-03-04-05".to_owned(),
            ],
            policy: Some("https://opco.test/securite".to_owned()),
            encryption: None,
        }
    }

    #[test]
    fn the_text_has_the_fields_of_the_rfc_and_ends_in_a_quarter() {
        let noon = Timestamp::parse_rfc3339("2026-11-29T12:00:00Z").unwrap();
        assert_eq!(
            contact().text("https://digue.test", noon),
            "Contact: mailto:securite@opco.test\n\
             Contact: tel:+33-1-02-03-04-05\n\
             Expires: 2027-02-27T00:00:00Z\n\
             Preferred-Languages: fr, en\n\
             Canonical: https://digue.test/.well-known/security.txt\n\
             Policy: https://opco.test/securite\n"
        );
    }

    #[test]
    fn the_end_moves_on_with_the_days_and_not_with_the_hours() {
        let at =
            |time: &str| contact().text("https://d.test", Timestamp::parse_rfc3339(time).unwrap());
        assert_eq!(at("2026-11-29T00:00:00Z"), at("2026-11-29T23:59:59Z"));
        assert!(at("2027-11-29T00:00:00Z").contains("Expires: 2028-02-27T00:00:00Z\n"));
    }
}
