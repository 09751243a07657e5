//! `[response]`: the controller, its contacts, and the legal clocks.

use std::collections::BTreeMap;

use digue_response::clock::{ClockKind, ClockRule, LegalTerm, RULES};
use digue_response::notification::Field;
use digue_store::ContactSource;
use digue_types::OperatorContact;
use jiff::civil::Date;

use super::addresses::parse_read_url;
use super::reader::ConfigSection;

/// `[response]`, checked.
#[derive(Clone)]
pub struct ResponseSettings {
    pub controller: BTreeMap<Field, String>,
    pub rules: Vec<ClockRule>,
    pub contacts: Option<ContactSource>,
    pub is_insured: bool,
    pub is_nis2: bool,
}

/// The fields of the notification about the controller, and the keys that fill them.
const CONTROLLER: [(&str, Field); 9] = [
    ("name", Field::ControllerName),
    ("number", Field::ControllerNumber),
    ("address", Field::ControllerAddress),
    ("sector", Field::ControllerSector),
    ("size", Field::ControllerSize),
    ("notified_by", Field::NotifiedBy),
    ("contact_name", Field::ContactName),
    ("contact_mail", Field::ContactMail),
    ("contact_phone", Field::ContactPhone),
];

pub(crate) fn read_response(section: Option<ConfigSection<'_>>) -> Option<ResponseSettings> {
    let mut settings = ResponseSettings {
        controller: BTreeMap::new(),
        rules: RULES.to_vec(),
        contacts: None,
        is_insured: false,
        is_nis2: false,
    };
    let Some(section) = section else {
        return Some(settings);
    };
    for (key, field) in CONTROLLER {
        if let Some(text) = section.text(key).filter(|text| !text.trim().is_empty()) {
            settings.controller.insert(field, text.trim().to_owned());
        }
    }
    settings.is_insured = section.boolean("insured").unwrap_or(false);
    settings.is_nis2 = section.boolean("nis2").unwrap_or(false);
    if let Some(section) = section.section("contacts") {
        settings.contacts = Some(read_contacts(&section)?);
    }
    let later: Vec<Option<ClockRule>> = section.sections("clocks").iter().map(read_rule).collect();
    for rule in later.into_iter().collect::<Option<Vec<_>>>()? {
        // The rule in force until then ends when this one begins.
        for earlier in settings
            .rules
            .iter_mut()
            .filter(|known| known.kind == rule.kind)
        {
            if earlier.from < rule.from && earlier.until.is_none_or(|until| until > rule.from) {
                earlier.until = Some(rule.from);
            }
        }
        settings.rules.push(rule);
    }
    Some(settings)
}

/// `[help]`: whom people can ask who were refused. Without it, the contact that `[response]` names.
pub(crate) fn read_help(
    section: Option<ConfigSection<'_>>,
    response: &ResponseSettings,
) -> Option<OperatorContact> {
    let of = |field: Field| response.controller.get(&field).map_or("", String::as_str);
    let Some(section) = section else {
        return OperatorContact::new(
            of(Field::ControllerName),
            of(Field::ContactPhone),
            of(Field::ContactMail),
            "",
        );
    };
    let text = |key: &str| section.text(key).unwrap_or_default();
    let name = text("name");
    let name = match name.trim() {
        "" => of(Field::ControllerName),
        name => name,
    };
    let contact = OperatorContact::new(name, &text("phone"), &text("mail"), &text("hours"));
    if contact.is_none() {
        section.fault("phone", "fault-missing", "");
    }
    contact
}

/// The portal's own database of contacts, and the query that the operator wrote for it.
pub(crate) fn read_contacts(section: &ConfigSection<'_>) -> Option<ContactSource> {
    let url = match section.path("url_file").map(std::fs::read_to_string) {
        // A URL with a password has a file of its own.
        Some(Ok(text)) => section.accept("url_file", parse_read_url(text.trim()))?,
        Some(Err(error)) => return section.refuse("url_file", "fault-value", error),
        None => section.need("url", parse_read_url)?,
    };
    Some(ContactSource {
        url,
        query: section.need_text("query")?,
    })
}

fn parse_date(text: &str) -> Result<Date, &'static str> {
    text.parse().map_err(|_| "2028-01-01")
}

fn read_hours(section: &ConfigSection<'_>) -> Option<u32> {
    match section.number("hours") {
        Some(hours) if (1..=8760).contains(&hours) => Some(hours),
        Some(_) | None => section.refuse("hours", "fault-value", "1-8760"),
    }
}

/// A new line of the table: the same article with another term, from a date on.
fn read_rule(section: &ConfigSection<'_>) -> Option<ClockRule> {
    let kinds = ClockKind::ALL.iter().map(|kind| (kind.code(), *kind));
    let kinds: Vec<(&str, ClockKind)> = kinds.collect();
    let kind = section.choice("kind", &kinds)?;
    let from = section.need("from", parse_date)?;
    let until = if section.has("until") {
        Some(section.need("until", parse_date)?)
    } else {
        None
    };
    let hours = read_hours(section)?;
    let known = RULES.iter().find(|rule| rule.kind == kind)?;
    Some(ClockRule {
        term: LegalTerm::Hours(hours),
        from,
        until,
        ..*known
    })
}
