//! The ISMS in the formats of other programs: OSCAL, OCSF, CISO Assistant, MonServiceSécurisé.

use std::collections::BTreeSet;

use digue_app::files::sha256;
use digue_app::{Actor, App, OperationError};
use digue_casework::papers;
use digue_documents::{WrittenCell, WrittenSheet};
use digue_evidence::ocsf;
use digue_evidence::paper_warning::PaperSources;
use digue_isms::check::{Check, CheckOutcome, CheckResult};
use digue_isms::framework::{self, Framework};
use digue_isms::kinds::{Declared, Measure, Purpose, RegisterKind};
use digue_isms::register::RegisterEntry;
use digue_isms::standing::{CheckStatement, MeasuredState, Measurements};
use digue_isms::statement::StatementLine;
use digue_locales::{Language, text};
use serde_json::{Value as Json, json};

use super::{checks, complete, in_force, must_read, now, statement};
use digue_isms_words::library::{self, LibraryHead};

/// A UUID of version 4 form, derived from a text: the same text has the same one in every export.
fn uuid(text: &str) -> String {
    let hash = sha256(text);
    let variant = ["8", "9", "a", "b"][usize::from(hash.as_bytes()[16]) % 4];
    // Digits 13 and 17 are left out: version and variant stand there (RFC 9562, 4).
    format!(
        "{}-{}-4{}-{variant}{}-{}",
        &hash[..8],
        &hash[8..12],
        &hash[13..16],
        &hash[17..20],
        &hash[20..32]
    )
}

/// OSCAL 1.2.1 assessment results: each check an observation with its hash, each control a finding.
pub async fn oscal(app: &App, actor: &Actor, language: Language) -> Result<Json, OperationError> {
    let (lines, measured) = statement::now_standing(app, actor).await?;
    let now = now(app);
    let origin = app.journal().origin();
    let observations: Vec<Json> = measured
        .results
        .values()
        .map(|result| observation(&origin, language, result))
        .collect();
    let lines: Vec<&StatementLine> = lines
        .iter()
        .filter(|line| line.applies() && !line.checks.is_empty())
        .collect();
    let findings: Vec<Json> = lines
        .iter()
        .filter_map(|line| finding(&origin, language, line, &measured))
        .collect();
    let unmeasured = lines.iter().filter(|line| state_of(line).is_none());
    let unmeasured: Vec<Json> = unmeasured
        .map(|line| json!({"control-id": control_name(line)}))
        .collect();
    let title = text(language, "smsi-title");
    let mut result = json!({
        "uuid": uuid(&format!("{origin} result {}", now.at)),
        "title": title,
        "description": text(language, "oscal-explain"),
        "start": now.at.to_string(),
        "reviewed-controls": {"control-selections": [selection(language, unmeasured)]},
    });
    // The schema has no empty lists.
    for (name, all) in [("observations", observations), ("findings", findings)] {
        if !all.is_empty() {
            result[name] = Json::Array(all);
        }
    }
    let mut metadata = json!({
        "title": title,
        "last-modified": now.at.to_string(),
        "version": now.at.to_string(),
        "oscal-version": "1.2.1",
    });
    // The program that reads the file shows no page of ours.
    if let Some(remark) = PaperSources::ISMS.remark(app, language).await? {
        metadata["remarks"] = remark.into();
    }
    let plan = uuid(&format!("{origin} plan"));
    Ok(json!({"assessment-results": {
        "uuid": uuid(&format!("{origin} results {}", now.at)),
        "metadata": metadata,
        "import-ap": {"href": format!("#{plan}")},
        "results": [result],
        "back-matter": {"resources": [{
            "uuid": plan,
            "title": text(language, "oscal-plan"),
            "description": text(language, "oscal-plan-explain"),
            "rlinks": [{"href": format!("{}/smsi/checks", app.console_url())}],
        }]},
    }}))
}

/// The namespace of our own properties: the same for every operator, because they mean the same.
const NAMESPACE: &str = "urn:digue:ns:oscal";

fn control_name(line: &StatementLine) -> String {
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
            prop("result-hash", sha256(result.canonical())),
        ],
    })
}

/// The reviewed controls: all but those that no check measured. An exclusion needs an inclusion
/// first (OSCAL, `exclude-controls`).
fn selection(language: Language, unmeasured: Vec<Json>) -> Json {
    let mut selection =
        json!({"description": text(language, "oscal-selection"), "include-all": {}});
    // The schema has no empty lists.
    if !unmeasured.is_empty() {
        selection["exclude-controls"] = Json::Array(unmeasured);
    }
    selection
}

/// The combined result of a control's checks; `None` where they give none: "not measured" is
/// neither.
fn state_of(line: &StatementLine) -> Option<&'static str> {
    let says = |what: CheckStatement| line.checks.iter().any(|(_, says)| *says == what);
    // One failure decides: a control that is met by four of five checks is not met.
    if says(CheckStatement::Fail) {
        Some("not-satisfied")
    } else if all_pass(line) {
        Some("satisfied")
    } else {
        None
    }
}

/// There are checks, and each passes.
fn all_pass(line: &StatementLine) -> bool {
    let mut checks = line.checks.iter();
    !line.checks.is_empty() && checks.all(|(_, says)| *says == CheckStatement::Pass)
}

fn finding(
    origin: &str,
    language: Language,
    line: &StatementLine,
    measured: &MeasuredState,
) -> Option<Json> {
    let state = state_of(line)?;
    let ran = line
        .checks
        .iter()
        .filter(|(check, _)| measured.results.contains_key(check));
    let related: Vec<Json> = ran
        .map(|(check, _)| json!({"observation-uuid": observation_name(origin, *check)}))
        .collect();
    Some(json!({
        "uuid": uuid(&format!("{origin} finding {}", line.control.id)),
        "title": text(language, &framework::key(line.control.id)),
        "description": text(language, &format!("implementation-{}", line.implementation.code())),
        "target": {
            // The statement of a control, by the name that NIST's catalogs give it.
            "type": "statement-id",
            "target-id": format!("{}_smt", control_name(line)),
            "status": {"state": state},
        },
        "related-observations": related,
    }))
}

/// OCSF compliance findings (class 2003), one for each check.
pub async fn ocsf(app: &App, actor: &Actor, language: Language) -> Result<Json, OperationError> {
    must_read(actor)?;
    let measured = checks::measured(app).await?;
    let now = now(app);
    let event =
        |result: &CheckResult| compliance_event(language, result, measured.says(result.check, now));
    Ok(Json::Array(measured.results.values().map(event).collect()))
}

fn compliance_event(language: Language, result: &CheckResult, says: CheckStatement) -> Json {
    let (status, status_id) = match says {
        CheckStatement::Pass => ("Pass", 1),
        // Numbers of OCSF's `status_id`: 2 is "Warning", which no check gives.
        CheckStatement::Fail => ("Fail", 3),
        CheckStatement::Unknown | CheckStatement::Disabled => ("Unknown", 0),
    };
    json!({
        "class_uid": 2003, "class_name": "Compliance Finding",
        "category_uid": 2, "category_name": "Findings",
        "activity_id": 1, "activity_name": "Create", "type_uid": 200_301,
        "severity_id": if result.outcome == CheckOutcome::Fail { 4 } else { 1 },
        "time": result.at.micros() / 1000,
        "finding_info": {
            "uid": format!("{} {}", result.check.code(), result.at),
            "title": text(language, &result.check.key()),
            "desc": text(language, &format!("{}-explain", result.check.key())),
        },
        "compliance": {
            "standards": standards(language, result.check.requirements()),
            "control": result.check.code(),
            "requirements": result.check.requirements(),
            "status": status, "status_id": status_id,
        },
        "metadata": {"version": ocsf::VERSION, "product": ocsf::product(&result.version)},
        "unmapped": {
            "population": result.found.population,
            "failing": result.found.failing_count(),
            "journal_size": result.journal_size,
            "journal_root": result.journal_root,
            "result_hash": sha256(result.canonical()),
        },
    })
}

/// The names of the frameworks of these requirements.
fn standards(language: Language, requirements: &[&str]) -> Vec<String> {
    let frameworks = requirements
        .iter()
        .filter_map(|id| framework::requirement(id))
        .map(|one| one.framework);
    let frameworks: BTreeSet<Framework> = frameworks.collect();
    frameworks
        .into_iter()
        .map(|framework| text(language, framework.key()))
        .collect()
}

/// The measures as a CISO Assistant library: reference controls, and a framework that refers to
/// them.
pub async fn ciso_assistant(
    app: &App,
    actor: &Actor,
    language: Language,
) -> Result<String, OperationError> {
    must_read(actor)?;
    let registers = in_force(app).await?;
    let title = text(language, "smsi-title");
    let described = match PaperSources::ISMS.remark(app, language).await? {
        Some(remark) => format!("{title} – {remark}"),
        None => title,
    };
    // One library for each installation and language. Loading it again is refused unless its
    // version is higher.
    let origin = sha256(app.journal().origin());
    let head = LibraryHead {
        code: format!("measures-{}-{}", &origin[..12], language.code()),
        locale: language.code(),
        name: text(language, "kind-measure"),
        description: described,
        version: version_of_measures(app).await?,
    };
    Ok(library::written(&head, &complete::<Measure>(&registers)?))
}

/// A version that grows with each change of a measure and is stable otherwise: the seconds from
/// 2020 to the last revision.
async fn version_of_measures(app: &App) -> Result<i64, OperationError> {
    const FIRST_SECOND: i64 = 1_577_836_800;
    let revisions = app.store().last_revisions().await?;
    let of_measures = revisions
        .iter()
        .filter(|revision| revision.kind == RegisterKind::Measure.code());
    let last = of_measures
        .map(|revision| revision.at.secs())
        .max()
        .unwrap_or(FIRST_SECOND);
    Ok((last - FIRST_SECOND).max(1))
}

/// The most measures in one file of MonServiceSécurisé.
pub(crate) const MSS_ROWS_MAX: usize = 40;

/// The number of files that the measures need.
pub async fn mon_service_securise_files(app: &App, actor: &Actor) -> Result<usize, OperationError> {
    must_read(actor)?;
    Ok(in_force(app)
        .await?
        .of(RegisterKind::Measure)
        .len()
        .div_ceil(MSS_ROWS_MAX)
        .max(1))
}

/// The measures in the template of MonServiceSécurisé: one sheet, header on line 6, at most forty
/// rows. Open measures come first, by urgency; file `number` counts from 1.
///
/// # Errors
/// `NotFound` for a file beyond the last.
pub async fn mon_service_securise(
    app: &App,
    actor: &Actor,
    number: usize,
) -> Result<Vec<u8>, OperationError> {
    must_read(actor)?;
    let (registers, now) = (in_force(app).await?, now(app));
    let measured = checks::measured(app).await?;
    let mut measures = complete::<Measure>(&registers)?;
    measures.sort_by_key(|entry| {
        let is_over = matches!(
            entry.record.declared.0,
            Some(Declared::InPlace | Declared::Dropped)
        );
        (is_over, entry.record.priority.0)
    });
    let files: Vec<&[RegisterEntry<Measure>]> = measures.chunks(MSS_ROWS_MAX).collect();
    let entries = match (files.get(number.wrapping_sub(1)), number) {
        (Some(entries), _) => entries,
        (None, 1) => &[][..],
        (None, _) => return Err(OperationError::NotFound("file")),
    };
    let rows = entries
        .iter()
        .map(|entry| mss_row(entry, &measured, now))
        .collect();
    let header = [
        "Intitulé de la mesure *",
        "Description de la mesure",
        "Catégorie *",
    ]
    .map(ToOwned::to_owned)
    .to_vec();
    let mut above = vec![
        text(Language::French, "mss-title"),
        text(Language::French, "mss-explain"),
    ];
    above.extend(PaperSources::ISMS.remark(app, Language::French).await?);
    // The service expects its header on line 6.
    above.resize(5, String::new());
    let language = Language::French.code();
    let sheet = WrittenSheet {
        name: "Template mesures".to_owned(),
        language,
        above,
        header,
        rows,
    };
    papers::written(app, vec![sheet]).await
}

/// A measure with its measured state.
fn mss_row(
    entry: &RegisterEntry<Measure>,
    measured: &MeasuredState,
    now: Measurements,
) -> Vec<WrittenCell> {
    let RegisterEntry { id, record, .. } = entry;
    let french = |key: &str| text(Language::French, key);
    let category = match record.purpose.0 {
        Some(Purpose::Protect) => "Protection",
        Some(Purpose::Detect) => "Défense",
        Some(Purpose::Respond | Purpose::Recover) => "Résilience",
        _ => "Gouvernance",
    };
    let state_name = french(&format!(
        "standing-{}",
        record.standing(measured, now).code()
    ));
    let mut description = format!("{id} – {state_name}. {}", record.description.0);
    for check in &record.checks.0 {
        if let Some(result) = measured.results.get(check) {
            let says = french(&format!("says-{}", measured.says(*check, now).code()));
            description.push_str(&format!(
                "\n{} : {says} ({})",
                french(&check.key()),
                result.at
            ));
        }
    }
    [record.title.0.clone(), description, category.to_owned()]
        .map(WrittenCell::from)
        .to_vec()
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
        assert!(
            name.as_bytes()[14] == b'4' && b"89ab".contains(&name.as_bytes()[19]),
            "{name}"
        );
    }

    #[test]
    fn what_is_excluded_is_included_first_and_no_list_is_empty() {
        let none = selection(Language::French, Vec::new());
        assert!(
            none["include-all"] == json!({}) && none.get("exclude-controls").is_none(),
            "{none}"
        );
        let some = selection(
            Language::French,
            vec![json!({"control-id": "iso27001-2022-a.5.1"})],
        );
        assert!(
            some["include-all"] == json!({}) && some.get("include-controls").is_none(),
            "{some}"
        );
        assert_eq!(some["exclude-controls"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn a_finding_names_every_framework_of_its_requirements() {
        let named = standards(Language::French, &["iso-5.15", "iso-5.18", "recyf-2"]);
        let expected =
            [Framework::Iso, Framework::Recyf].map(|one| text(Language::French, one.key()));
        assert_eq!(named, expected);
        for check in Check::ALL {
            let named = standards(Language::English, check.requirements());
            assert_eq!(
                named.is_empty(),
                check.requirements().is_empty(),
                "{}",
                check.code()
            );
        }
    }
}
