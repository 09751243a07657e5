//! Short answers to failed requests: is the text the portal's own, or a person's record?
//!
//! The map may say that such answers hold no record (`[errors]`), yet portals also answer a failed
//! request with the form as it was filled in, or with the record that could not be saved. Anything
//! in the form of data is not accepted as the portal's own text: a JSON member that errors do not
//! have, unless it holds a sentence; a table cell, a term's description, a filled-in field of a
//! page. The meaning of a sentence is not examined.

use std::cell::RefCell;
use std::fmt;
use std::sync::LazyLock;

use digue_types::visible::is_blank;
use digue_types::{ReadFailure, UnreadCause, UnreadPlace};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::html::{self, HtmlRecords, HtmlRules};
use crate::json::is_plain_name;
use crate::limits::InspectionLimits;
use digue_html::selector::{Selector, parse_selector};
use digue_identifiers::collector::Collector;
use digue_identifiers::reading::Unreadable;

/// Member names of JSON error answers: RFC 9457, and those of common frameworks. In lower case,
/// without hyphens and underscores.
const MEMBERS: [&str; 60] = [
    "action",
    "allowed",
    "args",
    "cause",
    "causes",
    "class",
    "code",
    "codes",
    "column",
    "constraint",
    "context",
    "data",
    "description",
    "detail",
    "details",
    "documentationurl",
    "error",
    "errorcode",
    "errordescription",
    "errormessage",
    "errors",
    "erroruri",
    "exception",
    "expected",
    "extensions",
    "fault",
    "field",
    "file",
    "help",
    "hint",
    "href",
    "httpstatus",
    "instance",
    "key",
    "kind",
    "level",
    "line",
    "link",
    "links",
    "loc",
    "locations",
    "message",
    "messages",
    "meta",
    "method",
    "ok",
    "param",
    "parameter",
    "path",
    "pointer",
    "reason",
    "requestid",
    "rule",
    "severity",
    "source",
    "stack",
    "status",
    "title",
    "type",
    "url",
];

const MORE_MEMBERS: [&str; 18] = [
    "correlationid",
    "ctx",
    "date",
    "developermessage",
    "errorid",
    "errortype",
    "nonfielderrors",
    "service",
    "statuscode",
    "statustext",
    "success",
    "timestamp",
    "trace",
    "traceid",
    "usermessage",
    "validation",
    "version",
    "violations",
];

/// Checks a JSON error answer.
///
/// # Errors
/// `Undescribed`, with the place of the first member that may belong to a person's record.
pub(crate) fn check_json(text: &str) -> Result<(), Unreadable> {
    let first = RefCell::new(None);
    let root = UnreadPlace::from("$");
    let words = ErrorValueVisitor {
        is_own: true,
        is_root: true,
        place: &root,
        first: &first,
    };
    let mut input = serde_json::Deserializer::from_str(text);
    let read = words.deserialize(&mut input).and_then(|()| input.end());
    match (first.into_inner(), read) {
        (Some(place), _) => Err(undescribed(place)),
        // What does not parse as JSON cannot be called the portal's own text.
        (None, Err(_)) => Err(undescribed("$")),
        (None, Ok(())) => Ok(()),
    }
}

/// Visits each value as it is parsed, without building a tree: of two members with the same name, a
/// tree would keep one, and clients differ in which.
#[derive(Clone, Copy)]
struct ErrorValueVisitor<'w> {
    /// The value of a member that errors have.
    is_own: bool,
    /// No member is open.
    is_root: bool,
    place: &'w UnreadPlace,
    first: &'w RefCell<Option<UnreadPlace>>,
}

impl ErrorValueVisitor<'_> {
    fn note(self, is_plain: bool) {
        if !self.is_own && !is_plain {
            self.first
                .borrow_mut()
                .get_or_insert_with(|| self.place.clone());
        }
    }
}

impl<'de> DeserializeSeed<'de> for ErrorValueVisitor<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ErrorValueVisitor<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        // A number in an unknown member may be a person's identifier; a truth value never is.
        self.note(false);
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.note(false);
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.note(false);
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        let is_plain = is_blank(text) || is_sentence(text);
        // A bare text is the portal's own unless it could be a name: `Not found`, `introuvable`.
        if self.is_root && !is_plain && !is_words(text) {
            self.first
                .borrow_mut()
                .get_or_insert_with(|| self.place.clone());
        }
        self.note(is_plain);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        while all.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            let own = member(&name);
            // Programs write plain member names. Anything else ("Martin Durand") may itself be a
            // person.
            if !is_plain_name(&name) {
                self.first
                    .borrow_mut()
                    .get_or_insert_with(|| self.place.clone().and(".*"));
            }
            let place = self.place.clone().and(".").and(own.unwrap_or("*"));
            let value = ErrorValueVisitor {
                is_own: own.is_some(),
                is_root: false,
                place: &place,
                first: self.first,
            };
            members.next_value_seed(value)?;
        }
        Ok(())
    }
}

/// The member that errors have and that `name` spells; `None` for any other name, which may be that
/// of a person.
fn member(name: &str) -> Option<&'static str> {
    let plain: String = name
        .chars()
        .filter(|c| !matches!(c, '-' | '_' | '@' | '$'))
        .collect();
    let plain = plain.to_ascii_lowercase();
    MEMBERS
        .iter()
        .chain(&MORE_MEMBERS)
        .copied()
        .find(|known| *known == plain)
}

/// True for a validation message such as `Ce champ est obligatoire.` At least half of its words are
/// in lower case, unlike names.
fn is_sentence(text: &str) -> bool {
    let words = text.split_whitespace().count();
    let small = text
        .split_whitespace()
        .filter(|word| word.starts_with(char::is_lowercase))
        .count();
    let is_long = words >= 3 || (words == 2 && text.trim_end().ends_with(['.', '!']));
    is_long && 2 * small >= words
}

/// True for words in lower case, of which the first may be capitalised when others follow.
fn is_words(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    let rest: Vec<&str> = words.collect();
    let is_small = |word: &&str| !word.chars().any(char::is_uppercase);
    (is_small(&first) || (!rest.is_empty() && first.chars().skip(1).all(|c| !c.is_uppercase())))
        && rest.iter().all(is_small)
}

/// Elements that hold data rather than the portal's own text.
const DATA: [&str; 14] = [
    "td",
    "dd",
    "textarea",
    "output",
    "data",
    "input:not([type])",
    "input[type=text]",
    "input[type=email]",
    "input[type=tel]",
    "input[type=date]",
    "input[type=number]",
    "input[type=search]",
    "input[type=url]",
    "option[selected]",
];

static DATA_RULES: LazyLock<HtmlRules> = LazyLock::new(|| {
    let selectors: Vec<Selector> = DATA
        .iter()
        .map(|text| parse_selector(text).expect("the selectors in `DATA` are valid"))
        .collect();
    HtmlRules {
        records: HtmlRecords::At(selectors),
        ..HtmlRules::default()
    }
});

/// Checks an HTML error page.
///
/// # Errors
/// `Undescribed` at the first element with data, or the reason why the page is unreadable.
pub(crate) fn check_html(
    charset: Option<&str>,
    bytes: &[u8],
    limits: &InspectionLimits,
) -> Result<(), Unreadable> {
    // Without kinds no element can have an identifier, so each one that is not empty is reported as
    // a record without one.
    let mut none = Collector::new(&[], &[], 0);
    match html::read(&DATA_RULES, charset, bytes, limits, &mut none) {
        Ok(_) => Ok(()),
        Err(unreadable) if unreadable.detail.cause == UnreadCause::NamelessRecord => {
            Err(undescribed(unreadable.detail.place))
        }
        Err(unreadable) => Err(unreadable),
    }
}

fn undescribed(place: impl Into<UnreadPlace>) -> Unreadable {
    ReadFailure::new(UnreadCause::Undescribed).at(place).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_frameworks_say_of_a_failed_request_is_their_own() {
        for text in [
            r#"{"detail":"Not found."}"#,
            r#"{"type":"about:blank","title":"Not Found","status":404,"instance":"/p/1","traceId":"00-1"}"#,
            r#"{"timestamp":1783674000000,"status":404,"error":"Not Found","path":"/p"}"#,
            r#"{"errors":[{"message":"You don't have permission.","extensions":{"code":"FORBIDDEN"}}]}"#,
            r#"{"ok":false,"error":"x","status":400,"title":null}"#,
            r#"{"nom":["Ce champ est obligatoire."],"non_field_errors":["Dates incohérentes."]}"#,
            r#"{"message":"The given data was invalid.","errors":{"email":["The email field is required."]}}"#,
            r#""introuvable""#,
            r#""Not found""#,
            "{}",
        ] {
            assert_eq!(check_json(text), Ok(()), "{text}");
        }
        for page in [
            "<h1>404</h1><p>La page demandée n'existe pas.</p>",
            "<form><input type=hidden name=jeton value=abc><input name=nom value=''><button>Envoyer</button></form>",
            "<table><tr><th>Erreur</th></tr></table>",
        ] {
            assert_eq!(
                check_html(None, page.as_bytes(), &InspectionLimits::default()),
                Ok(()),
                "{page}"
            );
        }
    }

    #[test]
    fn a_record_is_none_of_their_words() {
        for (text, place) in [
            (r#"{"error":"conflit","nom":"Durand"}"#, "$.*"),
            (
                r#"{"error":{"data":{"prenom":"Marie Anne"}}}"#,
                "$.error.data.*",
            ),
            (r#"{"errors":{"nom":["Durand"]}}"#, "$.errors.*"),
            (r#"{"age":41}"#, "$.*"),
            (r#"{"noms":["Durand","Martin"]}"#, "$.*"),
            (r#"{"nom":"Durand","nom":null}"#, "$.*"),
            (r#"["DUPONT Marie","MARTIN Jean"]"#, "$"),
            (r#"{"DUPONT Marie":["Ce champ est obligatoire."]}"#, "$.*"),
            (r#"{"nom":"DUPONT Marie née MARTIN"}"#, "$.*"),
            ("Durand", "$"),
        ] {
            let found = check_json(text).unwrap_err().detail;
            assert_eq!(
                (found.cause, found.place.as_str()),
                (UnreadCause::Undescribed, place),
                "{text}"
            );
        }
        for page in [
            "<table><tr><td>Durand</td></tr></table>",
            "<dl><dt>Nom<dd>Durand</dl>",
            "<form><input name=nom value='Durand'></form>",
            "<form><input type=email name=mail value='m@x.fr'></form>",
            "<textarea>Durand, voir le dossier</textarea>",
        ] {
            let found = check_html(None, page.as_bytes(), &InspectionLimits::default())
                .unwrap_err()
                .detail;
            assert_eq!(found.cause, UnreadCause::Undescribed, "{page}");
        }
    }
}
