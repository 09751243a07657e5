//! Import of impact assessments from the CNIL's PIA tool: the actions of their evaluations become
//! measures.
//!
//! An action is imported while its evaluation requires one: once the evaluation is acceptable, an
//! older plan is history. A value that is missing in the export is blank; one that is not
//! understood is kept as text.

use std::collections::HashSet;

use digue_app::files::sha256;
use digue_app::{Actor, App, OperationError};
use digue_casework::operator;
use digue_html::references::{ReferenceContext, decoded};
use digue_isms::field::Values;
use digue_isms::kinds::{Measure, Priority, RegisterKind};
use digue_isms::register::Registers;
use digue_locales::{Language, text, text_with};
use digue_types::written::{DayOrder, WrittenMoment, moment};
use encoding_rs::{Encoding, UTF_8};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use digue_compliance::isms::import::lines_of;
use digue_compliance::isms::{registers, save};

const EVALUATIONS_MAX: usize = 1_000;
const TITLE_CHARS_MAX: usize = 200;

/// What an export would add, and what of it stays where it is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PiaPreview {
    pub name: String,
    pub actions: Vec<PlannedAction>,
    /// Actions that are measures already.
    pub known: u32,
    /// Actions of acceptable evaluations: not imported.
    pub acceptable: u32,
    /// Actions that are not valid measures, for example too long: not imported.
    pub refused: u32,
    pub dropped: DroppedParts,
    /// SHA-256 of exactly these measures: a confirmation names it.
    pub digest: String,
}

/// A measure that an action of the assessment becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedAction {
    pub title: String,
    /// Blank where the assessment names nobody.
    pub owner: String,
    pub due: Option<Date>,
    values: Values,
}

impl PlannedAction {
    /// It has a date and a person.
    pub const fn is_complete(&self) -> bool {
        self.due.is_some() && !self.owner.is_empty()
    }
}

/// The parts of an assessment for which Digue has no place, by their number: they stay in the tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DroppedParts {
    pub answers: usize,
    pub measures: usize,
    pub comments: usize,
    pub attachments: usize,
    /// Of the data-protection officer and of the persons.
    pub opinions: usize,
}

/// What became of a confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PiaOutcome {
    Taken(PiaPreview),
    /// The register changed since the preview: nothing was written.
    Outdated(PiaPreview),
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

/// Shows what an export of the CNIL's PIA tool would add; adds nothing. Every required action is a
/// measure with origin DPIA, its owner and its due date.
///
/// # Errors
/// `Invalid` for a file that is not such an export.
pub async fn preview(app: &App, actor: &Actor, bytes: &[u8]) -> Result<PiaPreview, OperationError> {
    actor.must_govern()?;
    let (file, zone) = (bytes.to_vec(), operator::rules(app).zone.clone());
    let read = move || Some((read(&file, &zone)?, dropped(&file)?));
    let read = app.blocking(read).await?;
    let ((name, actions), dropped) = read.ok_or(OperationError::Invalid("invalid-pia"))?;
    let registers = registers(app, actor).await?;
    let planned = plan(&registers, &name, actions);
    Ok(PiaPreview { dropped, ..planned })
}

/// Adds the measures of a preview, named by its `digest`, with one priority for all: the assessment
/// has none.
pub async fn import(
    app: &App,
    actor: &Actor,
    (bytes, digest): (&[u8], &str),
    priority: Priority,
) -> Result<PiaOutcome, OperationError> {
    let planned = preview(app, actor, bytes).await?;
    if planned.digest != digest {
        return Ok(PiaOutcome::Outdated(planned));
    }
    for action in &planned.actions {
        let mut values = action.values.clone();
        let code = priority.code().to_owned();
        values.insert("priority".to_owned(), vec![code]);
        save(app, actor, RegisterKind::Measure, None, &values).await?;
    }
    Ok(PiaOutcome::Taken(planned))
}

/// The measures that the actions become.
fn plan(registers: &Registers, name: &str, actions: Vec<PiaAction>) -> PiaPreview {
    let mut planned = PiaPreview {
        name: name.to_owned(),
        ..PiaPreview::default()
    };
    let known = registers.read::<Measure>().entries.into_iter();
    let mut seen: HashSet<(String, String)> = known
        .map(|measure| {
            let Measure {
                origin_reference,
                description,
                ..
            } = measure.record;
            (origin_reference.0, description.0)
        })
        .collect();
    for action in actions {
        if action.judgement == PiaJudgement::Acceptable {
            planned.acceptable += 1;
            continue;
        }
        let reference = format!("{name} {}", action.reference);
        let reference = reference.trim().to_owned();
        // The same action of an earlier import, or twice in this file.
        if !seen.insert((reference.clone(), action.description.clone())) {
            planned.known += 1;
            continue;
        }
        let due = match &action.due {
            PiaDueDate::On(due) => Some(*due),
            PiaDueDate::Blank | PiaDueDate::Unread(_) => None,
        };
        let fields = [
            ("title", action.title.clone()),
            ("description", action.description),
            // Until the person who confirms chooses one.
            ("priority", Priority::P1.code().to_owned()),
            ("declared", "to-do".to_owned()),
            ("origin", "dpia".to_owned()),
            ("origin-reference", reference),
            ("owner", action.owner.clone()),
            ("due", due.map(|due| due.to_string()).unwrap_or_default()),
        ];
        let fields = fields.map(|(field, value)| (field.to_owned(), vec![value]));
        let values: Values = fields.into_iter().collect();
        if RegisterKind::Measure
            .checked(&filled(values.clone()))
            .is_err()
        {
            planned.refused += 1;
            continue;
        }
        planned.actions.push(PlannedAction {
            title: action.title,
            owner: action.owner,
            due,
            values,
        });
    }
    let measures: Vec<&Values> = planned.actions.iter().map(|one| &one.values).collect();
    planned.digest = sha256(serde_json::to_string(&measures).expect("strings always serialise"));
    planned
}

/// Without blank values, as records are checked.
fn filled(mut values: Values) -> Values {
    values.retain(|_, texts| texts.iter().any(|text| !text.is_empty()));
    values
}

/// What of an export has no place here; `None` for a file that is not an export, or has a list of
/// another form: how many parts that is cannot be said.
fn dropped(bytes: &[u8]) -> Option<DroppedParts> {
    let export = json_of(bytes)?;
    let count = |list: &str| match &export[list] {
        Json::Array(parts) => Some(parts.len()),
        Json::Null => Some(0),
        _ => None,
    };
    let opinion = |name: &str| match &export["pia"][name] {
        Json::String(text) => Some(usize::from(!plain(text).trim().is_empty())),
        Json::Null => Some(0),
        _ => None,
    };
    Some(DroppedParts {
        answers: count("answers")?,
        measures: count("measures")?,
        comments: count("comments")?,
        attachments: count("attachments")?,
        opinions: opinion("dpo_opinion")? + opinion("concerned_people_opinion")?,
    })
}

fn json_of(bytes: &[u8]) -> Option<Json> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((UTF_8, 0));
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..])?;
    serde_json::from_str(&text).ok()
}

/// The name of the assessment and its actions; `None` for a file that is not an export.
fn read(bytes: &[u8], zone: &TimeZone) -> Option<(String, Vec<PiaAction>)> {
    let read = json_of(bytes)?;
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
    fn an_export_is_shown_before_it_is_taken_and_says_what_it_drops() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pia");
        let bytes = std::fs::read(path.join("pia-entites.json")).unwrap();
        let (name, actions) = read(&bytes, &TimeZone::UTC).unwrap();
        let planned = plan(&Registers::default(), &name, actions.clone());
        assert_eq!((planned.actions.len(), planned.acceptable), (4, 1));
        let complete = planned.actions.iter().filter(|one| one.is_complete());
        assert_eq!(complete.count(), 2);
        // The same file again adds nothing, and an action that is twice in it is one.
        let twice = [actions.clone(), actions.clone()].concat();
        let repeated = plan(&Registers::default(), &name, twice);
        assert_eq!((repeated.actions.len(), repeated.known), (4, 4));
        assert_eq!(repeated.digest, planned.digest);
        let fewer = plan(&Registers::default(), &name, actions[1..].to_vec());
        assert_ne!(
            fewer.digest, planned.digest,
            "a confirmation is of what was shown"
        );
        let export = r#"{"pia":{"name":"X","dpo_opinion":"<p>Favorable</p>",
            "concerned_people_opinion":""},"answers":[{},{}],"measures":[{}],"comments":[]}"#;
        let parts = DroppedParts {
            answers: 2,
            measures: 1,
            opinions: 1,
            ..DroppedParts::default()
        };
        assert_eq!(dropped(export.as_bytes()), Some(parts));
        for list in ["3", r#"{"0":{}}"#] {
            let other = export.replace(r#""comments":[]"#, &format!(r#""comments":{list}"#));
            assert_eq!(dropped(other.as_bytes()), None, "{other}");
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
