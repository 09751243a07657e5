//! Import of impact assessments from the CNIL's PIA tool: the actions of their evaluations become
//! measures.
//!
//! An action is imported while its evaluation requires one: once the evaluation is acceptable, an
//! older plan is history. A value that is missing in the export is blank; one that is not
//! understood is kept as text.

use digue_app::{Actor, App, OperationError};
use digue_casework::operator;
use digue_html::references::{ReferenceContext, decoded};
use digue_isms::kinds::{Measure, RegisterKind};
use digue_locales::{Language, text, text_with};
use digue_types::written::{DayOrder, WrittenMoment, moment};
use encoding_rs::{Encoding, UTF_8};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use super::import::lines_of;
use super::{SaveError, in_force, values_of, write};

const EVALUATIONS_MAX: usize = 1_000;
const TITLE_CHARS_MAX: usize = 200;

/// The result of importing a PIA.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ImportedPia {
    pub name: String,
    pub added: u32,
    /// Actions that are measures already.
    pub known: u32,
    /// Actions without a date or a person: imported, to be completed.
    pub incomplete: u32,
    /// Actions of acceptable evaluations: not imported.
    pub acceptable: u32,
    /// Actions that are not valid measures, for example too long: not imported.
    pub refused: u32,
}

/// The tool's judgement of a part of an assessment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum PiaJudgement {
    /// To be corrected, to be improved, or not yet judged: an action is required.
    Asks,
    Acceptable,
}

/// One action of an evaluation.
#[derive(Clone, PartialEq, Eq, Debug)]
struct PiaAction {
    judgement: PiaJudgement,
    reference: String,
    title: String,
    description: String,
    owner: String,
    due: PiaDueDate,
}

/// The due date of an action in the export.
#[derive(Clone, PartialEq, Eq, Debug)]
enum PiaDueDate {
    On(Date),
    Blank,
    /// A text that is not a date.
    Unread(String),
}

/// Imports an export of the CNIL's PIA tool: every required action becomes a measure with origin
/// DPIA, its owner and its due date.
///
/// # Errors
/// `Invalid` for a file that is not such an export.
pub async fn pia(app: &App, actor: &Actor, bytes: &[u8]) -> Result<ImportedPia, OperationError> {
    actor.must_govern()?;
    let (file, zone) = (bytes.to_vec(), operator::rules(app).zone.clone());
    let read = app.blocking(move || read(&file, &zone)).await?;
    let (name, actions) = read.ok_or(OperationError::Invalid("invalid-pia"))?;
    let mut done = ImportedPia {
        name: name.clone(),
        ..ImportedPia::default()
    };
    for action in actions {
        if action.judgement == PiaJudgement::Acceptable {
            done.acceptable += 1;
            continue;
        }
        let reference = format!("{name} {}", action.reference);
        let reference = reference.trim();
        let registers = in_force(app).await?;
        let is_known = registers.read::<Measure>().entries.iter().any(|measure| {
            measure.record.origin_reference.0 == reference
                && measure.record.description.0 == action.description
        });
        if is_known {
            done.known += 1;
            continue;
        }
        let is_incomplete = action.owner.is_empty() || !matches!(action.due, PiaDueDate::On(_));
        let fields = [
            ("title", action.title),
            ("description", action.description),
            ("priority", "p1".to_owned()),
            ("declared", "to-do".to_owned()),
            ("origin", "dpia".to_owned()),
            ("origin-reference", reference.to_owned()),
            ("owner", action.owner),
            (
                "due",
                if let PiaDueDate::On(due) = action.due {
                    due.to_string()
                } else {
                    String::new()
                },
            ),
        ];
        match write(app, actor, RegisterKind::Measure, None, &values_of(fields)).await {
            Ok(_) => {
                done.added += 1;
                done.incomplete += u32::from(is_incomplete);
            }
            Err(SaveError::Faults(_)) => done.refused += 1,
            Err(error @ (SaveError::Overtaken | SaveError::Operation(_))) => {
                return Err(error.into());
            }
        }
    }
    Ok(done)
}

/// The name of the assessment and its actions; `None` for a file that is not an export.
fn read(bytes: &[u8], zone: &TimeZone) -> Option<(String, Vec<PiaAction>)> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((UTF_8, 0));
    let text_of_file =
        encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..])?;
    let read: Json = serde_json::from_str(&text_of_file).ok()?;
    let name = match read["pia"].as_object()?.get("name") {
        Some(Json::String(name)) => plain(name)
            .chars()
            .filter(|sign| !sign.is_control())
            .take(120)
            .collect(),
        None | Some(Json::Null) => String::new(),
        Some(_) => return None,
    };
    let name = if name.is_empty() {
        text(Language::default(), "exchange-pia-unnamed")
    } else {
        name
    };
    let evaluations = match read.get("evaluations") {
        Some(Json::Array(evaluations)) => evaluations.as_slice(),
        None | Some(Json::Null) => &[],
        Some(_) => return None,
    };
    if evaluations.len() > EVALUATIONS_MAX {
        return None;
    }
    Some((
        name,
        evaluations
            .iter()
            .filter_map(|evaluation| action_of(evaluation, zone))
            .collect(),
    ))
}

/// The action of an evaluation; `None` where it has none.
fn action_of(evaluation: &Json, zone: &TimeZone) -> Option<PiaAction> {
    let value = |field: &str| match &evaluation[field] {
        Json::String(value) => plain(value),
        Json::Number(value) => value.to_string(),
        _ => String::new(),
    };
    let mut description = value("action_plan_comment");
    if description.is_empty() {
        return None;
    }
    let title = title_of(&description);
    let due = due_of(&value("estimated_implementation_date"), zone);
    if let PiaDueDate::Unread(written) = &due {
        let values = [("date", written.clone().into())];
        description.push('\n');
        description.push_str(&text_with(
            Language::default(),
            "exchange-pia-date",
            &values,
        ));
    }
    // The tool's values: 0 not judged, 1 to be corrected, 2 to be improved, 3 acceptable.
    let judgement = if evaluation["status"] == 3 {
        PiaJudgement::Acceptable
    } else {
        PiaJudgement::Asks
    };
    let owner = lines_of(&value("person_in_charge"))
        .collect::<Vec<_>>()
        .join(", ");
    Some(PiaAction {
        judgement,
        reference: value("reference_to"),
        title,
        description,
        owner,
        due,
    })
}

/// Reads a due date. The tool writes local midnight of the browser as UTC, and 1970 for an empty
/// date.
fn due_of(written: &str, zone: &TimeZone) -> PiaDueDate {
    let on = match moment(written, DayOrder::DayFirst) {
        Ok(WrittenMoment::Day(day)) => day,
        Ok(WrittenMoment::Local(at)) => at.date(),
        Ok(WrittenMoment::Instant(at)) => match jiff::Timestamp::from_microsecond(at.micros()) {
            Ok(at) => at.to_zoned(zone.clone()).date(),
            Err(_) => return PiaDueDate::Unread(written.to_owned()),
        },
        Err(_) if written.is_empty() => return PiaDueDate::Blank,
        Err(_) => return PiaDueDate::Unread(written.to_owned()),
    };
    // An empty date may fall into 1969 in a zone west of Greenwich.
    if on.year() <= 1970 {
        PiaDueDate::Blank
    } else {
        PiaDueDate::On(on)
    }
}

/// The title of a measure: the first line, with the items of the list that it announces.
fn title_of(description: &str) -> String {
    let mut lines = lines_of(description);
    let mut title = lines.next().unwrap_or_default().to_owned();
    if title.ends_with(':') {
        let items: Vec<&str> = lines
            .by_ref()
            .map_while(|line| line.strip_prefix("- "))
            .collect();
        if !items.is_empty() {
            title = format!("{title} {}", items.join(", "));
        }
    }
    title.chars().take(TITLE_CHARS_MAX).collect()
}

/// HTML elements that begin and end a line.
const BLOCKS: [&str; 17] = [
    "p",
    "div",
    "ul",
    "ol",
    "li",
    "br",
    "tr",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "hr",
];

/// The text of an HTML fragment, one line for each paragraph and list item.
fn plain(html: &str) -> String {
    let mut plain = String::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        let is_tag = tag[1..].starts_with(|sign: char| sign.is_ascii_alphabetic() || sign == '/');
        let Some(end) = tag.find('>').filter(|_| is_tag) else {
            plain.push_str(before);
            plain.push('<');
            rest = &tag[1..];
            continue;
        };
        plain.push_str(before);
        let name: String = tag[1..]
            .chars()
            .skip_while(|sign| *sign == '/')
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let name = name.to_ascii_lowercase();
        if BLOCKS.contains(&name.as_str()) {
            plain.push('\n');
        }
        if name == "li" && !tag.starts_with("</") {
            plain.push_str("- ");
        }
        rest = &tag[end + 1..];
    }
    plain.push_str(rest);
    let decoded = decoded(&plain, ReferenceContext::Text).replace('\u{a0}', " ");
    lines_of(&decoded).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> (String, Vec<PiaAction>) {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/data/pia")
            .join(name);
        read(
            &std::fs::read(path).unwrap(),
            &TimeZone::get("Europe/Paris").unwrap(),
        )
        .unwrap()
    }

    fn on(text: &str) -> PiaDueDate {
        PiaDueDate::On(text.parse().unwrap())
    }

    #[test]
    fn entities_are_read_and_lists_stay_lists() {
        let (name, actions) = file("pia-entites.json");
        assert_eq!(name, "Test");
        let planned: Vec<(&str, &str, &PiaDueDate)> = actions
            .iter()
            .filter(|action| action.judgement == PiaJudgement::Asks)
            .map(|action| (action.title.as_str(), action.owner.as_str(), &action.due))
            .collect();
        assert_eq!(
            planned,
            [
                (
                    "Créer une procédure d’habilitation",
                    "RSSI",
                    &on("2027-03-15")
                ),
                (
                    "Mesures : Chiffrer la base, Former les agents",
                    "",
                    &PiaDueDate::Blank
                ),
                ("Prévoir une purge", "DPO", &PiaDueDate::Blank),
                ("Accepter, aucun plan", "DPO", &on("2027-07-01")),
            ]
        );
        assert_eq!(
            actions[1].description,
            "Mesures :\n- Chiffrer la base\n- Former les agents\nFin\nensuite"
        );
        assert_eq!(
            actions
                .iter()
                .filter(|action| action.judgement == PiaJudgement::Acceptable)
                .count(),
            1
        );
        let (_, actions) = file("pia-cas-entites-html.json");
        assert_eq!(
            actions[0].description,
            "Mettre l'accès à deux facteurs : \"MFA\" → tous\n- postes\n- portail"
        );
    }

    #[test]
    fn exports_are_read_as_the_tool_leaves_them() {
        assert_eq!(file("pia-cas-bom.json").1[0].due, on("2026-03-01"));
        assert_eq!(file("pia-cas-date-fr.json").1[0].due, on("2026-03-01"));
        assert_eq!(
            file("pia-cas-responsable-2-lignes.json").1[0].owner,
            "Paul, Marie"
        );
        assert_eq!(
            file("pia-cas-statut-3-acceptable.json").1[0].judgement,
            PiaJudgement::Acceptable
        );
        assert_eq!(
            file("pia-cas-sans-evaluations.json"),
            ("X".to_owned(), Vec::new())
        );
        let (name, actions) = file("pia-cas-nom-null.json");
        assert!(!name.is_empty() && actions.is_empty());
    }

    #[test]
    fn a_date_that_is_none_is_kept_as_text() {
        let zone = TimeZone::UTC;
        let read = |date: &str| {
            let file = format!(
                r#"{{"pia":{{"name":"X"}},"evaluations":[{{"action_plan_comment":"Agir","estimated_implementation_date":{date}}}]}}"#
            );
            read(file.as_bytes(), &zone).unwrap().1.remove(0)
        };
        let soon = read("\"avant l'été\"");
        assert_eq!(soon.due, PiaDueDate::Unread("avant l'été".to_owned()));
        assert!(
            soon.description.contains("avant l'été"),
            "{}",
            soon.description
        );
        for blank in [
            "null",
            "\"\"",
            "\"1970-01-01T00:00:00.000Z\"",
            "\"1969-12-31T23:00:00.000Z\"",
        ] {
            assert_eq!(read(blank).due, PiaDueDate::Blank, "{blank}");
        }
        for hostile in [
            "{}",
            "[",
            "{\"pia\": {\"name\": 4}}",
            "{\"pia\": {\"name\": \"x\"}, \"evaluations\": 3}",
        ] {
            assert_eq!(super::read(hostile.as_bytes(), &zone), None, "{hostile}");
        }
    }

    #[test]
    fn tags_go_and_words_stay() {
        assert_eq!(
            plain("<p>Chiffrer&nbsp;les <b>postes</b></p><p>avant juin</p>"),
            "Chiffrer les postes\navant juin"
        );
        assert_eq!(plain("a < b &amp;lt; c <3"), "a < b &lt; c <3");
        assert_eq!(
            plain("un<ol><li>deux</li><li>trois</li></ol>"),
            "un\n- deux\n- trois"
        );
        assert_eq!(plain(""), "");
    }
}
