//! What every letter of the operator has: who writes, where and when, and who signs. It takes the
//! operator's own details from the configuration, and leaves out what is not there.

use digue_app::App;
use digue_app::names::VisibleNames;
use digue_documents::{DocumentBlock, LetterHead, PostalAddress};
use digue_locales::{Value, text_with};
use digue_response::notification::Field;

use crate::notice_style::Style;
use crate::operator;
use crate::paper_reader::PaperReader;

/// To whom a letter goes, and about what.
pub struct LetterTo {
    pub recipient: PostalAddress,
    /// For the hand that addresses the envelope; empty where the address is known.
    pub handling: String,
    /// Empty where nothing but the person names the letter.
    pub reference: String,
    pub subject: String,
}

/// The head of a letter of today.
pub fn head(app: &App, style: Style, to: LetterTo) -> LetterHead {
    let rules = operator::rules(app);
    let reader = PaperReader {
        language: style.language(),
        zone: rules.zone.clone(),
        names: VisibleNames::default(),
    };
    let detail = |field: Field| rules.controller.get(&field).cloned();
    let address = detail(Field::ControllerAddress).map(|text| PostalAddress::of(&text));
    let address = address.unwrap_or_default();
    let phone =
        detail(Field::ContactPhone).map(|phone| reader.say1("letter-phone", "phone", phone));
    let sender = detail(Field::ControllerName)
        .into_iter()
        .chain(address.lines().to_vec())
        .chain(phone)
        .chain(detail(Field::ContactMail));
    let date = reader.spelled_date(app.clock().now());
    let place_and_date = match place_of(&address) {
        Some(place) => reader.sentence("letter-place-date", &[("place", place), ("date", date)]),
        None => reader.say1("letter-date", "date", date),
    };
    LetterHead {
        sender: sender.collect(),
        recipient: to.recipient,
        handling: to.handling,
        place_and_date,
        reference: match to.reference {
            none if none.is_empty() => none,
            reference => reader.say1("letter-reference", "reference", reference),
        },
        subject: reader.say1("letter-subject", "subject", to.subject),
        salutation: style.word("salutation"),
    }
}

/// The closing words and the signature of the contact for data protection.
pub fn signature(app: &App, style: Style) -> [DocumentBlock; 2] {
    let rules = operator::rules(app);
    let detail = |field: Field| rules.controller.get(&field).cloned();
    let body = detail(Field::ControllerName);
    let contact = detail(Field::ContactName).unwrap_or_default();
    // "Dominique Petit, DPO": a name with its function.
    let (name, function) = match contact.split_once(',') {
        Some((name, function)) => (name.trim().to_owned(), Some(function.trim().to_owned())),
        None => (contact, None),
    };
    let function = function.unwrap_or_else(|| text_with(style.language(), "letter-function", &[]));
    let for_body = body.map(|body| {
        text_with(
            style.language(),
            "letter-for",
            &[("body", Value::from(body))],
        )
    });
    let lines = for_body.into_iter().chain([function, name]);
    [
        DocumentBlock::Paragraph(style.word("closing")),
        DocumentBlock::Signature(lines.filter(|line| !line.is_empty()).collect()),
    ]
}

/// The town of an address: what follows its postal code; `None` where no line has one.
fn place_of(address: &PostalAddress) -> Option<String> {
    let town = |line: &String| {
        let (code, town) = line.split_once(' ')?;
        let is_code = code.len() == 5 && code.bytes().all(|sign| sign.is_ascii_digit());
        let town = town.trim();
        (is_code && !town.is_empty()).then(|| town.to_owned())
    };
    address.lines().iter().rev().find_map(town)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_the_town_of_the_address_or_is_not_said() {
        let place = |text: &str| place_of(&PostalAddress::of(text));
        assert_eq!(
            place("2 place de l'Hôtel-de-Ville, 62000 Arras").as_deref(),
            Some("Arras")
        );
        assert_eq!(
            place("1 rue Haute\n13100 Aix-en-Provence\nFrance").as_deref(),
            Some("Aix-en-Provence")
        );
        assert_eq!(place("2 place de l'Hôtel-de-Ville"), None);
        assert_eq!(place("62000"), None);
        assert_eq!(place(""), None);
    }
}
