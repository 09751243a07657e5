//! The management system in other programs' words: OSCAL, OCSF, CISO Assistant, MonServiceSécurisé.

use digue_documents::{Sheet, SheetCell, xlsx};
use digue_isms::check::{Check, Outcome, Result as CheckResult};
use digue_isms::framework;
use digue_isms::kinds::{Declared, Kind, Measure, MeasureKind, Purpose};
use digue_isms::register::Entry;
use digue_isms::standing::{Measured, Now, Says};
use digue_isms::statement::Line;
use digue_locales::{Language, text};
use serde_json::{Value as Json, json};

use super::{checks, in_force, must_read, now, statement};
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
    let findings: Vec<Json> =
        lines.iter().filter_map(|line| finding(&origin, language, line, &measured)).collect();
    let named = |is_measured: bool| -> Vec<Json> {
        let lines = lines.iter().filter(|line| state_of(line).is_some() == is_measured);
        lines.map(|line| json!({"control-id": control_name(line)})).collect()
    };
    let title = text(language, "smsi-title");
    let mut result = json!({
        "uuid": uuid(&format!("{origin} result {}", now.at)),
        "title": title,
        "description": text(language, "oscal-explain"),
        "start": now.at.to_string(),
        "reviewed-controls": {"control-selections": [selection(language, named(true), named(false))]},
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

/// What was reviewed, and what no check measured.
fn selection(language: Language, measured: Vec<Json>, unmeasured: Vec<Json>) -> Json {
    let mut selection = json!({"description": text(language, "oscal-selection")});
    // The schema has no empty lists.
    for (name, all) in [("include-controls", measured), ("exclude-controls", unmeasured)] {
        if !all.is_empty() {
            selection[name] = Json::Array(all);
        }
    }
    selection
}

/// What the checks of a control say together; `None` where they do not say it: not measured is neither.
fn state_of(line: &Line) -> Option<&'static str> {
    let says = |what: Says| line.checks.iter().any(|(_, says)| *says == what);
    if says(Says::Fail) {
        Some("not-satisfied")
    } else if line.checks.iter().all(|(_, says)| *says == Says::Pass) && !line.checks.is_empty() {
        Some("satisfied")
    } else {
        None
    }
}

fn finding(origin: &str, language: Language, line: &Line, measured: &Measured) -> Option<Json> {
    let state = state_of(line)?;
    let ran = line.checks.iter().filter(|(check, _)| measured.results.contains_key(check));
    let related: Vec<Json> =
        ran.map(|(check, _)| json!({"observation-uuid": observation_name(origin, *check)})).collect();
    Some(json!({
        "uuid": uuid(&format!("{origin} finding {}", line.control.id)),
        "title": text(language, &framework::key(line.control.id)),
        "description": text(language, &format!("implementation-{}", line.implementation.code())),
        "target": {
            "type": "objective-id",
            "target-id": control_name(line),
            "status": {"state": state},
        },
        "related-observations": related,
    }))
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
    // A library is one of this installation and language; loaded twice, it is refused unless its version grew.
    let origin = sha256(&house.journal.origin());
    let library = format!("measures-{}-{}", &origin[..12], language.code());
    let mut yaml = format!(
        "urn: urn:digue:risk:library:{library}\nlocale: {}\nref_id: digue-{library}\nname: {}\n\
         description: {}\ncopyright: Digue\nversion: {}\nprovider: Digue\npackager: digue\nobjects:\n  \
         reference_controls:\n",
        language.code(),
        quoted(&text(language, "kind-measure")),
        quoted(&text(language, "smsi-title")),
        version_of_measures(house).await?,
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
            "  - urn: urn:digue:risk:function:{library}:{}\n    ref_id: {id}\n    name: {}\n    category: {category}\n    csf_function: {function}\n    description: {}\n",
            id.to_lowercase(),
            quoted(&record.title.0),
            quoted(&record.description.0),
        ));
    }
    yaml.push_str(&format!(
        "  framework:\n    urn: urn:digue:risk:framework:{library}\n    ref_id: digue-{library}\n    name: {}\n    \
         description: {}\n    requirement_nodes:\n",
        quoted(&text(language, "kind-measure")),
        quoted(&text(language, "smsi-title")),
    ));
    for Entry { id, record, .. } in &measures {
        let name = id.to_lowercase();
        yaml.push_str(&format!(
            "    - urn: urn:digue:risk:req_node:{library}:{name}\n      assessable: true\n      depth: 1\n      ref_id: {id}\n      name: {}\n      reference_controls:\n      - urn:digue:risk:function:{library}:{name}\n",
            quoted(&record.title.0),
        ));
    }
    Ok(yaml)
}

/// A number that grows with each change of a measure, and stays as long as none changes: the seconds from 2020 to the
/// last revision.
async fn version_of_measures(house: &House) -> Result<i64, OperationError> {
    const FIRST_SECOND: i64 = 1_577_836_800;
    let revisions = house.store.last_revisions().await?;
    let of_measures = revisions.iter().filter(|revision| revision.kind == Kind::Measure.code());
    let last = of_measures.map(|revision| revision.at.secs()).max().unwrap_or(FIRST_SECOND);
    Ok((last - FIRST_SECOND).max(1))
}

/// Measures that one file of MonServiceSécurisé holds.
pub const MSS_ROWS_MAX: usize = 40;

/// How many files the measures of MonServiceSécurisé take.
pub async fn mon_service_securise_files(house: &House, actor: &Actor) -> Result<usize, OperationError> {
    must_read(actor)?;
    Ok(in_force(house).await?.of(Kind::Measure).len().div_ceil(MSS_ROWS_MAX).max(1))
}

/// The measures as the template of MonServiceSécurisé has them: one sheet, its header on line 6, at most forty rows.
/// What is still to be done comes first, the urgent before the rest; file `number` counts from 1.
///
/// # Errors
/// `NotFound` for a file beyond the last.
pub async fn mon_service_securise(
    house: &House,
    actor: &Actor,
    number: usize,
) -> Result<Vec<u8>, OperationError> {
    must_read(actor)?;
    let (registers, now) = (in_force(house).await?, now(house));
    let measured = checks::measured(house).await?;
    let mut measures = registers.read::<Measure>();
    measures.sort_by_key(|entry| {
        let is_over = matches!(entry.record.declared.0, Some(Declared::InPlace | Declared::Dropped));
        (is_over, entry.record.priority.0)
    });
    let files: Vec<&[Entry<Measure>]> = measures.chunks(MSS_ROWS_MAX).collect();
    let entries = match (files.get(number.wrapping_sub(1)), number) {
        (Some(entries), _) => entries,
        (None, 1) => &[][..],
        (None, _) => return Err(OperationError::NotFound("file")),
    };
    let rows = entries.iter().map(|entry| mss_row(entry, &measured, now)).collect();
    let header = ["Intitulé de la mesure *", "Description de la mesure", "Catégorie *"]
        .map(ToOwned::to_owned)
        .to_vec();
    let above = vec![text(Language::French, "mss-title"), text(Language::French, "mss-explain")];
    let above = above.into_iter().chain([const { String::new() }; 3]).collect();
    let language = Language::French.code();
    let sheet = Sheet { name: "Template mesures".to_owned(), language, above, header, rows };
    xlsx(&[sheet]).map_err(|error| OperationError::Unavailable(error.to_string()))
}

/// A measure with what is measured of it.
fn mss_row(entry: &Entry<Measure>, measured: &Measured, now: Now) -> Vec<SheetCell> {
    let Entry { id, record, .. } = entry;
    let french = |key: &str| text(Language::French, key);
    let category = match record.purpose.0 {
        Some(Purpose::Protect) => "Protection",
        Some(Purpose::Detect) => "Défense",
        Some(Purpose::Respond | Purpose::Recover) => "Résilience",
        _ => "Gouvernance",
    };
    let standing = french(&format!("standing-{}", record.standing(measured, now).code()));
    let mut description = format!("{id} – {standing}. {}", record.description.0);
    for check in &record.checks.0 {
        if let Some(result) = measured.results.get(check) {
            let says = french(&format!("says-{}", measured.says(*check, now).code()));
            description.push_str(&format!("\n{} : {says} ({})", french(&check.key()), result.at));
        }
    }
    [record.title.0.clone(), description, category.to_owned()].map(SheetCell::from).to_vec()
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
}
