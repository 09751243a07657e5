//! The text of a notice: blocks written by people, and the block about *your data*, which is made
//! from each person's own categories and dates. In three styles.

use digue_app::names::VisibleNames;
use digue_app::{Actor, App, OperationError};
use digue_casework::notice_style::Style;
use digue_locales::{Language, Value, text};
use digue_response::code::Code;
use digue_response::readability::{self, Readability};
use digue_response::vocabulary::DataKind;
use serde::{Deserialize, Serialize};

use digue_casework::incidents::{self, IncidentView};
use digue_casework::notification;
use digue_casework::operator;
use digue_casework::paper_reader::PaperReader;

/// The blocks that people write; the others are made for each person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocks {
    pub happened: String,
    pub risks: String,
    /// What to do now: one step a line, the first one first.
    pub steps: String,
    pub contact: String,
    /// The address that recipients type themselves to check a code.
    pub address: String,
}

/// What a person's record showed, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownData {
    pub categories: Vec<String>,
    pub first: String,
    pub last: String,
    pub times: u64,
    /// True when, of some of it, nobody knows of which categories it was.
    #[serde(default)]
    pub has_unknown: bool,
}

/// The proposed template: the facts of the incident, and the usual advice.
pub async fn proposed(
    app: &App,
    actor: &Actor,
    id: &str,
    style: Style,
) -> Result<(String, Blocks), OperationError> {
    let view = incidents::view(app, actor, id).await?;
    Ok(proposed_for(app, &view, style))
}

/// `proposed`, for an incident that was already read.
pub fn proposed_for(app: &App, view: &IncidentView, style: Style) -> (String, Blocks) {
    let zone = operator::rules(app).zone.clone();
    let reader = PaperReader {
        language: style.language(),
        zone,
        names: VisibleNames::default(),
    };
    let controller = notification::controller(app, style.language());
    let values = [("body", Value::from(controller.name.clone()))];
    let contact = [
        ("mail", Value::from(controller.mail)),
        ("phone", Value::from(controller.phone)),
        ("name", Value::from(controller.contact)),
    ];
    let blocks = Blocks {
        happened: reader.notice_happened(view, style),
        risks: style.word("risks"),
        steps: style.word("steps"),
        contact: style.with("contact", &contact),
        address: format!("{}/check", app.console_host()),
    };
    let happening = view.incident.happening().key();
    (style.with(&format!("{happening}-subject"), &values), blocks)
}

/// One block of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoticePart {
    pub(crate) title: String,
    pub(crate) body: PartBody,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PartBody {
    Text(String),
    /// What to do, the first one first.
    Steps(Vec<String>),
}

/// The blocks of one notice.
pub(crate) fn parts(
    style: Style,
    blocks: &Blocks,
    seen: &ShownData,
    code: Code,
    (masked, date): (&str, &str),
) -> Vec<NoticePart> {
    let values = [
        ("first", Value::from(seen.first.clone())),
        ("last", Value::from(seen.last.clone())),
        ("times", Value::from(seen.times)),
        // One date instead of a period from a day to the same day, which would read like a mistake.
        ("same", Value::from(usize::from(seen.first == seen.last))),
    ];
    let check = [
        ("address", Value::from(blocks.address.clone())),
        ("code", Value::from(code.to_string())),
        ("masked", Value::from(masked.to_owned())),
        ("date", Value::from(date.to_owned())),
    ];
    let steps = blocks.steps.lines().filter(|line| !line.trim().is_empty());
    let data = format!(
        "{} {}",
        style.with("data", &values),
        kinds_in_words(style, seen)
    );
    let text = |title: &str, body: &str| NoticePart {
        title: style.word(title),
        body: PartBody::Text(body.trim().to_owned()),
    };
    vec![
        text("title-happened", &blocks.happened),
        text("title-data", &data),
        text("title-risks", &blocks.risks),
        NoticePart {
            title: style.word("title-steps"),
            body: PartBody::Steps(steps.map(ToOwned::to_owned).collect()),
        },
        text("title-check", &style.with("check", &check)),
        text("title-contact", &blocks.contact),
    ]
}

/// The text of one notice, block by block.
pub fn written(
    style: Style,
    blocks: &Blocks,
    seen: &ShownData,
    code: Code,
    masked: &str,
    date: &str,
) -> String {
    let parts = parts(style, blocks, seen, code, (masked, date));
    let parts = parts.into_iter().map(|NoticePart { title, body }| {
        let body = match body {
            PartBody::Text(text) => text,
            PartBody::Steps(steps) => {
                let steps = (1..).zip(&steps).map(|(n, step)| format!("{n}. {step}"));
                steps.collect::<Vec<_>>().join("\n")
            }
        };
        format!("{title}\n{}", body.trim())
    });
    parts.collect::<Vec<_>>().join("\n\n") + "\n"
}

/// Which data it was. What is not known is said: an empty list would read as none.
fn kinds_in_words(style: Style, seen: &ShownData) -> String {
    let kinds: Vec<String> = kinds(&seen.categories)
        .into_iter()
        .map(|kind| text(style.language(), kind.key()))
        .collect();
    if kinds.is_empty() {
        return style.word("data-unknown");
    }
    let known = style.with("data-kinds", &[("kinds", Value::from(kinds.join(", ")))]);
    if seen.has_unknown {
        format!("{known} {}", style.word("data-more"))
    } else {
        known
    }
}

/// The CNIL's terms for the categories of a map.
fn kinds(categories: &[String]) -> Vec<DataKind> {
    let mut kinds: Vec<DataKind> = categories
        .iter()
        .map(|category| DataKind::of_category(category).unwrap_or(DataKind::Other))
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The readability of a notice.
pub fn measured(style: Style, text: &str) -> Readability {
    readability::measure(text, style.language() == Language::French)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_style_says_whose_data_and_how_to_check_in_plain_words() {
        let seen = ShownData {
            categories: vec!["identite".to_owned(), "nir".to_owned()],
            first: "12/07/2025".to_owned(),
            last: "13/07/2025".to_owned(),
            times: 3,
            has_unknown: false,
        };
        for style in Style::ALL {
            let when = [("when", Value::from("Du 12/07/2025 au 13/07/2025"))];
            let contact = [
                ("mail", Value::from("dpo@exemple.fr")),
                ("phone", Value::from("01 23 45 67 89")),
                ("name", Value::from("le DPO")),
            ];
            let blocks = Blocks {
                happened: style.with("happening-stolen-account", &when),
                risks: style.word("risks"),
                steps: style.word("steps"),
                contact: style.with("contact", &contact),
                address: "digue.exemple.fr/check".to_owned(),
            };
            let code = Code::of([7; 8]);
            let message = written(style, &blocks, &seen, code, "m•••@e•••.fr", "15/07/2025");
            for wanted in [
                &code.to_string(),
                "12/07/2025",
                "digue.exemple.fr/check",
                "m•••@e•••.fr",
                "1. ",
            ] {
                assert!(message.contains(wanted), "{wanted} in {message}");
            }
            assert!(
                !message.contains("http") && !message.contains('['),
                "no link, no missing word: {message}"
            );
            let figure = measured(style, &message);
            assert!(
                figure.score >= style.wanted(),
                "{}: {figure:?}\n{message}",
                style.code()
            );
        }
    }

    #[test]
    fn data_of_unknown_categories_is_said_to_be_unknown() {
        let seen = |categories: &[&str], has_unknown| ShownData {
            categories: categories.iter().map(ToString::to_string).collect(),
            first: "12/07/2025".to_owned(),
            last: "12/07/2025".to_owned(),
            times: 1,
            has_unknown,
        };
        for style in Style::ALL {
            assert_eq!(
                kinds_in_words(style, &seen(&[], true)),
                style.word("data-unknown")
            );
            let partly = kinds_in_words(style, &seen(&["identite"], true));
            assert!(partly.ends_with(&style.word("data-more")), "{partly}");
            let known = kinds_in_words(style, &seen(&["identite"], false));
            assert!(partly.starts_with(&known) && !known.ends_with(&style.word("data-more")));
        }
    }
}
