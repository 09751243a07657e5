//! A refusal as a page, and as a fragment of another page.

use digue_locales::{Language, Value, text, text_with};
use digue_types::RefusalReason;
use http::StatusCode;

use crate::refusal::Refusal;

/// Digue's own page.
const SIGN_IN: &str = "/.digue/sign-in";

impl Refusal {
    pub(crate) fn page(&self, language: Language) -> String {
        let say = |key: &str| escape(&text(language, key));
        format!(
            "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{title} \u{2013} {product}</title>\
             <link rel=\"stylesheet\" href=\"/.digue/assets/digue.css\"></head>\
             <body class=\"refusal\"><main><p class=\"product\">{product}</p><h1>{title}</h1>\
             <p>{lead}</p>{sentences}<p class=\"quiet\">{reference}</p>{help}<p>{links}</p></main></body></html>",
            lang = language.code(),
            title = say(self.title),
            product = say("product"),
            lead = if self.reasons.is_empty() {
                String::new()
            } else {
                say("refusal-lead")
            },
            sentences = self.sentences(language),
            reference = self.reference(language),
            help = self.help(language),
            links = self.links(language),
        )
    }

    /// To be put into the page of a portal: without a style of its own.
    pub(crate) fn fragment(&self, language: Language) -> String {
        format!(
            "<section role=\"alert\" class=\"digue-refusal\" lang=\"{lang}\" hx-boost=\"false\">\
             <p><strong>{title}</strong></p>{sentences}<p>{reference}</p>{help}<p>{links}</p></section>",
            lang = language.code(),
            title = escape(&text(language, self.title)),
            sentences = self.sentences(language),
            reference = self.reference(language),
            help = self.help(language),
            links = self.links(language),
        )
    }

    /// Whom to ask: a refusal is often a mistake of the rules, which the operator can put right.
    fn help(&self, language: Language) -> String {
        let Some(contact) = &self.ways_on.contact else {
            return String::new();
        };
        let link = |scheme: &str, address: &str, text: &str| {
            format!(
                "<a href=\"{scheme}:{}\">{}</a>",
                escape(address),
                escape(text)
            )
        };
        let mut ways = Vec::new();
        if !contact.phone.is_empty() {
            ways.push(link("tel", &contact.phone_digits(), &contact.phone));
        }
        if !contact.mail.is_empty() {
            ways.push(link("mailto", &contact.mail, &contact.mail));
        }
        let of = [contact.name.as_str(), contact.hours.as_str()];
        let of: Vec<String> = of
            .iter()
            .filter(|text| !text.is_empty())
            .map(|text| escape(text))
            .collect();
        format!(
            "<p class=\"help\">{} {}<br>{}</p>",
            escape(&text(language, "refusal-help")),
            of.join(", "),
            ways.join(" · ")
        )
    }

    fn sentences(&self, language: Language) -> String {
        let sentences = self.details.iter().map(|key| text(language, key));
        let outside: Vec<&str> = self.named().iter().map(|person| person.as_str()).collect();
        let named = (!outside.is_empty()).then(|| {
            let persons = Value::from(outside.join(", "));
            text_with(language, "refusal-outside", &[("persons", persons)])
        });
        sentences
            .chain(named)
            .map(|sentence| format!("<p class=\"reason\">{}</p>", escape(&sentence)))
            .collect()
    }

    fn reference(&self, language: Language) -> String {
        escape(&match self.entry {
            Some(entry) => text_with(
                language,
                "refusal-reference",
                &[("reference", Value::from(entry.to_string()))],
            ),
            None => text(language, "refusal-no-reference"),
        })
    }

    fn links(&self, language: Language) -> String {
        let link = |address: &str, key: &str| {
            format!(
                "<a class=\"button\" href=\"{}\">{}</a>",
                escape(address),
                escape(&text(language, key))
            )
        };
        let mut links = String::new();
        if self.status == StatusCode::UNAUTHORIZED {
            let key = match self.asks_proof() {
                true => "refusal-prove",
                false => "refusal-sign-in",
            };
            links.push_str(&link(&self.sign_in_address(), key));
        }
        if self.may_break_glass {
            links.push_str(&link(&self.break_glass_address(), "refusal-break-glass"));
        }
        if self.may_ask_for_record {
            links.push_str(&link("/.digue/record", "refusal-record"));
        }
        links
    }

    /// A session is not enough where a fresh proof is required.
    fn asks_proof(&self) -> bool {
        let asks = |reason: &RefusalReason| {
            matches!(
                reason,
                RefusalReason::StepUp(_) | RefusalReason::SessionMoved
            )
        };
        self.reasons.iter().any(asks)
    }

    /// The form, which leads back to the refused page.
    fn break_glass_address(&self) -> String {
        match self.ways_on.return_to.as_deref() {
            Some(next) => format!("{BREAK_GLASS}?next={}", encode(next)),
            None => BREAK_GLASS.to_owned(),
        }
    }

    pub(crate) fn sign_in_address(&self) -> String {
        let page = self.sign_in_page();
        if page != SIGN_IN {
            return page.to_owned();
        }
        let next = encode(self.ways_on.return_to.as_deref().unwrap_or_default());
        let fresh = if self.asks_proof() { "&fresh=1" } else { "" };
        format!("{page}?next={next}{fresh}")
    }

    /// Where a person signs in. A proof of identity is Digue's, wherever the sign-in is.
    pub fn sign_in_page(&self) -> &str {
        match &self.ways_on.portal_sign_in {
            Some(address) if !self.asks_proof() => address,
            Some(_) | None => SIGN_IN,
        }
    }
}

const BREAK_GLASS: &str = "/.digue/break-glass";

pub(crate) fn encode(text: &str) -> String {
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
    use digue_types::PersonRef;

    use super::*;
    use crate::refusal::NamedPersons;

    #[test]
    fn an_officer_reads_who_was_outside_in_each_form() {
        let refusal = Refusal {
            outside: Some(Box::new(NamedPersons(vec![
                PersonRef::parse("P<9>").unwrap(),
            ]))),
            ..Refusal::of(vec![RefusalReason::OutsideCaseload], None)
        };
        for language in Language::ALL {
            for form in [refusal.page(language), refusal.fragment(language)] {
                assert!(
                    form.contains("P&lt;9&gt;") && !form.contains("P<9>"),
                    "{form}"
                );
            }
        }
        let problem: serde_json::Value =
            serde_json::from_str(&refusal.problem(Language::French)).unwrap();
        assert_eq!(problem["outside"], serde_json::json!(["P<9>"]));
        assert_eq!(problem["page"], "/.digue/refused?reason=outside%2Dcaseload");
        let others = Refusal::of(vec![RefusalReason::OutsideCaseload], None);
        assert!(!others.problem(Language::French).contains("outside\""));
    }

    #[test]
    fn a_fragment_is_no_document_and_stays_out_of_what_boosts_links() {
        let fragment = Refusal::of(vec![RefusalReason::NoSession], None).fragment(Language::French);
        assert!(fragment.starts_with("<section") && !fragment.contains("<html"));
        assert!(fragment.contains("hx-boost=\"false\"") && fragment.contains("/.digue/sign-in"));
    }
}
