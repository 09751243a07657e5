//! The management system in other programs' words: OSCAL, OCSF, CISO Assistant, MonServiceSécurisé; and
//! the CNIL's PIA tool, read.

use digue_documents::{Sheet, xlsx};
use digue_isms::check::{Check, Outcome, Result as CheckResult};
use digue_isms::framework;
use digue_isms::kinds::{Kind, Measure, MeasureKind, Purpose};
use digue_isms::register::Entry;
use digue_isms::standing::{Measured, Says};
use digue_isms::statement::{Implementation, Line};
use digue_locales::{Language, text};
use serde_json::{Value as Json, json};

use super::{Unsaved, checks, in_force, must_govern, must_read, now, statement, values_of, write};
use crate::actor::Actor;
use crate::error::OperationError;
use crate::files::sha256;
use crate::house::House;

/// A name of version 4 made from a text: the same text has the same name wherever it is exported.
fn uuid(text: &str) -> String {
    let hash = sha256(text);
    let variant = ["8", "9", "a", "b"][usize::from(hash.as_bytes()[16]) % 4];
    format!("{}-{}-4{}-{variant}{}-{}", &hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32])
}

/// OSCAL 1.2.1 assessment results: each check an observation with its hash, each control a finding.
pub async fn oscal(house: &House, actor: &Actor, language: Language) -> Result<Json, OperationError> {
    let (lines, measured) = statement::now_standing(house, actor).await?;
    let now = now(house);
    let origin = house.journal.origin();
    let observations: Vec<Json> =
        measured.results.values().map(|result| observation(&origin, language, result)).collect();
    let lines: Vec<&Line> = lines.iter().filter(|line| line.applies() && !line.checks.is_empty()).collect();
    let findings: Vec<Json> = lines.iter().map(|line| finding(&origin, language, line, &measured)).collect();
    let controls: Vec<Json> = lines.iter().map(|line| json!({"control-id": control_name(line)})).collect();
    let title = text(language, "smsi-title");
    let mut result = json!({
        "uuid": uuid(&format!("{origin} result {}", now.at)),
        "title": title,
        "description": text(language, "oscal-explain"),
        "start": now.at.to_string(),
        "reviewed-controls": {"control-selections": [{"include-controls": controls}]},
    });
    // The schema has no empty lists.
    for (name, all) in [("observations", observations), ("findings", findings)] {
        if !all.is_empty() {
            result[name] = Json::Array(all);
        }
    }
    Ok(json!({"assessment-results": {
        "uuid": uuid(&format!("{origin} results {}", now.at)),
        "metadata": {
            "title": title,
            "last-modified": now.at.to_string(),
            "version": now.at.to_string(),
            "oscal-version": "1.2.1",
        },
        "import-ap": {"href": "#"},
        "results": [result],
    }}))
}

/// The name space of our own figures.
const NAMESPACE: &str = "https://digue.example/ns";

fn control_name(line: &Line) -> String {
    format!("iso27001-2022-a.{}", line.control.number())
}

fn observation_name(origin: &str, check: Check) -> String {
    uuid(&format!("{origin} observation {}", check.code()))
}

fn observation(origin: &str, language: Language, result: &CheckResult) -> Json {
    let key = result.check.key();
    let prop = |name: &str, value: String| json!({"name": name, "ns": NAMESPACE, "value": value});
    json!({
        "uuid": observation_name(origin, result.check),
        "title": text(language, &key),
        "description": text(language, &format!("{key}-explain")),
        "methods": ["TEST"],
        "collected": result.at.to_string(),
        "expires": result.at.plus(result.check.fresh_for()).to_string(),
        "props": [
            prop("outcome", result.outcome.code().to_owned()),
            prop("population", result.found.population.to_string()),
            prop("failing", result.found.failing_count().to_string()),
            prop("journal-size", result.journal_size.to_string()),
            prop("result-hash", sha256(&result.canonical())),
        ],
    })
}

fn finding(origin: &str, language: Language, line: &Line, measured: &Measured) -> Json {
    let is_met = line.implementation == Implementation::Measured;
    let ran = line.checks.iter().filter(|(check, _)| measured.results.contains_key(check));
    let related: Vec<Json> =
        ran.map(|(check, _)| json!({"observation-uuid": observation_name(origin, *check)})).collect();
    let mut finding = json!({
        "uuid": uuid(&format!("{origin} finding {}", line.control.id)),
        "title": text(language, &framework::key(line.control.id)),
        "description": text(language, &format!("implementation-{}", line.implementation.code())),
        "target": {
            "type": "objective-id",
            "target-id": control_name(line),
            "status": {"state": if is_met { "satisfied" } else { "not-satisfied" }},
        },
    });
    if !related.is_empty() {
        finding["related-observations"] = Json::Array(related);
    }
    finding
}

/// OCSF 1.4 compliance findings (class 2003), one for each check.
pub async fn ocsf(house: &House, actor: &Actor, language: Language) -> Result<Json, OperationError> {
    must_read(actor)?;
    let measured = checks::measured(house).await?;
    let now = now(house);
    let events: Vec<Json> = measured
        .results
        .values()
        .map(|result| {
            let (status, status_id) = match measured.says(result.check, now) {
                Says::Pass => ("Pass", 1),
                Says::Fail => ("Fail", 3),
                Says::Unknown | Says::Disabled => ("Unknown", 0),
            };
            let severity = if result.outcome == Outcome::Fail { 4 } else { 1 };
            json!({
                "class_uid": 2003, "class_name": "Compliance Finding",
                "category_uid": 2, "category_name": "Findings",
                "activity_id": 1, "activity_name": "Create", "type_uid": 200_301,
                "severity_id": severity,
                "time": result.at.micros() / 1000,
                "finding_info": {
                    "uid": format!("{} {}", result.check.code(), result.at),
                    "title": text(language, &result.check.key()),
                    "desc": text(language, &format!("{}-explain", result.check.key())),
                },
                "compliance": {
                    "standards": ["ISO/IEC 27001:2022"],
                    "control": result.check.code(),
                    "requirements": result.check.requirements(),
                    "status": status, "status_id": status_id,
                },
                "metadata": {
                    "version": "1.4.0",
                    "product": {"name": "Digue", "vendor_name": "Digue", "version": result.version},
                },
                "unmapped": {
                    "population": result.found.population,
                    "failing": result.found.failing_count(),
                    "journal_size": result.journal_size,
                    "journal_root": result.journal_root,
                    "result_hash": sha256(&result.canonical()),
                },
            })
        })
        .collect();
    Ok(Json::Array(events))
}

/// The measures as a library of CISO Assistant: reference controls, and a framework that names them.
/// JSON strings are YAML strings: nothing in a title ends a value early.
pub async fn ciso_assistant(
    house: &House,
    actor: &Actor,
    language: Language,
) -> Result<String, OperationError> {
    must_read(actor)?;
    let registers = in_force(house).await?;
    let quoted = |text: &str| json!(text).to_string();
    let mut yaml = format!(
        "urn: urn:digue:risk:library:measures\nlocale: {}\nref_id: digue-measures\nname: {}\n\
         description: {}\ncopyright: Digue\nversion: 1\nprovider: Digue\npackager: digue\nobjects:\n  \
         reference_controls:\n",
        language.code(),
        quoted(&text(language, "kind-measure")),
        quoted(&text(language, "smsi-title")),
    );
    let measures = registers.read::<Measure>();
    for Entry { id, record, .. } in &measures {
        let category = match record.about.0 {
            Some(MeasureKind::Physical) => "physical",
            Some(MeasureKind::Technological) => "technical",
            Some(MeasureKind::People) => "process",
            _ => "policy",
        };
        let function = record.purpose.0.unwrap_or(Purpose::Govern).code();
        yaml.push_str(&format!(
            "  - urn: urn:digue:risk:function:measures:{}\n    ref_id: {id}\n    name: {}\n    category: {category}\n    csf_function: {function}\n    description: {}\n",
            id.to_lowercase(),
            quoted(&record.title.0),
            quoted(&record.description.0),
        ));
    }
    yaml.push_str(&format!(
        "  framework:\n    urn: urn:digue:risk:framework:measures\n    ref_id: digue-measures\n    name: {}\n    \
         description: {}\n    requirement_nodes:\n",
        quoted(&text(language, "kind-measure")),
        quoted(&text(language, "smsi-title")),
    ));
    for Entry { id, record, .. } in &measures {
        let name = id.to_lowercase();
        yaml.push_str(&format!(
            "    - urn: urn:digue:risk:req_node:measures:{name}\n      assessable: true\n      depth: 1\n      ref_id: {id}\n      name: {}\n      reference_controls:\n      - urn:digue:risk:function:measures:{name}\n",
            quoted(&record.title.0),
        ));
    }
    Ok(yaml)
}

/// The measures in the layout that MonServiceSécurisé reads: title, description with what is measured,
/// category.
pub async fn mon_service_securise(house: &House, actor: &Actor) -> Result<Vec<u8>, OperationError> {
    must_read(actor)?;
    let (registers, now) = (in_force(house).await?, now(house));
    let measured = checks::measured(house).await?;
    let french = |key: &str| text(Language::French, key);
    let rows = registers.read::<Measure>().into_iter().map(|Entry { id, record, .. }| {
        let category = match record.purpose.0 {
            Some(Purpose::Protect) => "Protection",
            Some(Purpose::Detect) => "Défense",
            Some(Purpose::Respond | Purpose::Recover) => "Résilience",
            _ => "Gouvernance",
        };
        let standing = french(&format!("standing-{}", record.standing(&measured, now).code()));
        let seen = record.checks.0.iter().filter_map(|check| {
            let result = measured.results.get(check)?;
            let says = french(&format!("says-{}", measured.says(*check, now).code()));
            Some(format!("{} : {says} ({})", french(&check.key()), result.at))
        });
        let mut description = format!("{id} – {standing}. {}", record.description.0);
        for line in seen {
            description.push('\n');
            description.push_str(&line);
        }
        vec![record.title.0, description, category.to_owned()]
    });
    let header = ["Intitulé", "Description", "Catégorie"].map(ToOwned::to_owned).to_vec();
    let sheet = Sheet { name: "Mesures".to_owned(), header, rows: rows.collect() };
    xlsx(&[sheet]).map_err(|error| OperationError::Unavailable(error.to_string()))
}

/// What became of a PIA.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ImportedPia {
    pub name: String,
    pub added: u32,
    /// Followed already.
    pub known: u32,
    /// Actions without a day or a person: taken, and to be completed.
    pub incomplete: u32,
}

/// Reads an export of the CNIL's PIA tool: every action of its evaluations becomes a measure that comes
/// from a DPIA, with its owner and day.
///
/// # Errors
/// `Invalid` for what is no such export.
pub async fn pia(house: &House, actor: &Actor, bytes: &[u8]) -> Result<ImportedPia, OperationError> {
    must_govern(actor)?;
    let invalid = || OperationError::Invalid("invalid-pia");
    let read: Json = serde_json::from_slice(bytes).map_err(|_| invalid())?;
    let named = read["pia"]["name"].as_str().ok_or_else(invalid)?;
    let name: String = named.chars().filter(|sign| !sign.is_control()).take(120).collect();
    let evaluations = read["evaluations"].as_array().ok_or_else(invalid)?;
    let mut done = ImportedPia { name: name.clone(), ..ImportedPia::default() };
    for evaluation in evaluations.iter().take(1000) {
        let said = |field: &str| evaluation[field].as_str().map(str::trim).unwrap_or_default().to_owned();
        let action = plain(&said("action_plan_comment"));
        if action.is_empty() {
            continue;
        }
        let reference = format!("{name} {}", said("reference_to"));
        let registers = in_force(house).await?;
        let is_known = registers.read::<Measure>().iter().any(|measure| {
            measure.record.origin_reference.0 == reference.trim() && measure.record.description.0 == action
        });
        if is_known {
            done.known += 1;
            continue;
        }
        let due: String = said("estimated_implementation_date").chars().take(10).collect();
        let due = due.parse::<jiff::civil::Date>().ok();
        let owner: String = said("person_in_charge").chars().take(120).collect();
        if due.is_none() || owner.is_empty() {
            done.incomplete += 1;
        }
        let title: String = action.lines().next().unwrap_or_default().chars().take(200).collect();
        let fields = [
            ("title", title),
            ("description", action.chars().take(8000).collect()),
            ("priority", "p1".to_owned()),
            ("declared", "to-do".to_owned()),
            ("origin", "dpia".to_owned()),
            ("origin-reference", reference.trim().to_owned()),
            ("owner", owner),
            ("due", due.map(|due| due.to_string()).unwrap_or_default()),
        ];
        match write(house, actor, Kind::Measure, None, &values_of(fields)).await {
            Ok(_) => done.added += 1,
            Err(Unsaved::Faults(_)) => done.incomplete += 1,
            Err(Unsaved::Operation(error)) => return Err(error),
        }
    }
    Ok(done)
}

/// The tool writes HTML into its texts: tags go, words stay.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut in_tag = false;
    for sign in text.replace("</p>", "\n").replace("<br>", "\n").chars() {
        match sign {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            sign if !in_tag => plain.push(sign),
            _ => {}
        }
    }
    let plain = plain.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    plain.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_made_of_a_text_is_a_uuid_of_version_four() {
        let name = uuid("digue");
        assert_eq!(name, uuid("digue"));
        assert_ne!(name, uuid("autre"));
        let parts: Vec<usize> = name.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert!(name.as_bytes()[14] == b'4' && b"89ab".contains(&name.as_bytes()[19]), "{name}");
    }

    #[test]
    fn tags_go_and_words_stay() {
        assert_eq!(
            plain("<p>Chiffrer&nbsp;les <b>postes</b></p><p>avant juin</p>"),
            "Chiffrer les postes\navant juin"
        );
        assert_eq!(plain("<<p>"), "");
    }
}
