//! The page that explains a refusal which a script received: its address says why, and nothing about
//! persons.

use digue_types::RefusalReason;
use http::StatusCode;

use crate::page::encode;
use crate::refusal::Refusal;

/// Where the page is, at every portal.
pub const EXPLANATION_PATH: &str = "/.digue/refused";

/// The most reasons of a refusal that are explained; none has so many.
const REASONS_MAX: usize = 20;

impl Refusal {
    /// The page to open after this refusal; `None` where no page says more.
    pub fn page_to_open(&self) -> Option<String> {
        if self.status == StatusCode::UNAUTHORIZED {
            return Some(self.sign_in_address());
        }
        if self.reasons.is_empty() {
            return None;
        }
        let reasons = self.reasons.iter().take(REASONS_MAX);
        let mut fields: Vec<String> = reasons
            .map(|reason| format!("reason={}", encode(&reason.to_string())))
            .collect();
        fields.extend(self.entry.map(|entry| format!("entry={entry}")));
        fields.extend(self.may_break_glass.then(|| "exceptional=1".to_owned()));
        fields.extend(self.may_ask_for_record.then(|| "record=1".to_owned()));
        Some(format!("{EXPLANATION_PATH}?{}", fields.join("&")))
    }

    /// The refusal that such an address explains; `None` for an address that no refusal has.
    pub fn explained(query: &str) -> Option<Self> {
        let (mut reasons, mut entry) = (Vec::new(), None);
        let (mut may_break_glass, mut may_ask_for_record) = (false, false);
        for field in query.split('&') {
            let (name, value) = field.split_once('=')?;
            let value = percent_encoding::percent_decode_str(value)
                .decode_utf8()
                .ok()?;
            match name {
                // Only reasons that exist: anyone can write such an address, and it must not put
                // a text of its author on a page of Digue.
                "reason" if reasons.len() < REASONS_MAX => {
                    reasons.push(value.parse::<RefusalReason>().ok()?);
                }
                "entry" => entry = Some(value.parse().ok()?),
                "exceptional" => may_break_glass = true,
                "record" => may_ask_for_record = true,
                _ => return None,
            }
        }
        if reasons.is_empty() {
            return None;
        }
        Some(Self {
            may_break_glass,
            may_ask_for_record,
            ..Self::of(reasons, entry)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::WaysOn;

    #[test]
    fn the_address_of_a_page_gives_back_its_refusal() {
        let refusal = Refusal {
            may_break_glass: true,
            may_ask_for_record: true,
            ..Refusal::of(
                vec![RefusalReason::OutsideCaseload, RefusalReason::DoneNotShown],
                Some(7),
            )
        };
        let page = refusal.page_to_open().unwrap();
        let query = page.strip_prefix("/.digue/refused?").unwrap();
        let again = Refusal::explained(query).unwrap();
        assert_eq!(
            (again.reasons, again.entry, again.may_break_glass),
            (refusal.reasons, Some(7), true)
        );
        assert!(again.may_ask_for_record);
        for other in [
            "",
            "reason=",
            "reason=%3Cb%3E",
            "entry=7",
            "reason=withheld&x=1",
        ] {
            assert!(Refusal::explained(other).is_none(), "{other}");
        }
    }

    #[test]
    fn who_must_sign_in_is_led_there() {
        let refusal = Refusal {
            ways_on: Box::new(WaysOn {
                return_to: Some("/fiche/P1".to_owned()),
                ..WaysOn::default()
            }),
            ..Refusal::of(vec![RefusalReason::NoSession], None)
        };
        assert_eq!(
            refusal.page_to_open().as_deref(),
            Some("/.digue/sign-in?next=%2Ffiche%2FP1")
        );
    }
}
