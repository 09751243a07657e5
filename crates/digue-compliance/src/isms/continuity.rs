//! The continuity plan with what the journal knows of backups, and the plan as a file.

use std::sync::Arc;

use digue_app::files::keep;
use digue_app::names::VisibleNames;
use digue_app::{Actor, App, OperationError};
use digue_backup::history::BackupHistory;
use digue_backup::reports::ReportStanding;
use digue_casework::operator;
use digue_casework::paper_reader::PaperReader;
use digue_casework::papers::{PaperFormat, printed_from};
use digue_continuity::plan_folder;
use digue_documents::{Document, html};
use digue_evidence::paper_warning::PaperSources;
use digue_isms::continuity::{
    self, BackupKnowledge, ContinuityPlan, CopyFacts, KeyFacts, KeySplit, LastCopy,
    MeasuredBackups, MeasuredRestore,
};
use digue_isms::register::Registers;
use digue_locales::Language;
use digue_types::Timestamp;

use super::plan_words::PlanWords;
use super::{in_force, must_read};
use digue_backup_acts::backups::{self, BackupRules, ReportRule};

/// The plan now, and the registers from which it was computed.
///
/// # Errors
/// For readers who may not watch; when registers or journal cannot be read.
pub async fn plan(
    app: &App,
    actor: &Actor,
) -> Result<(Arc<Registers>, ContinuityPlan), OperationError> {
    must_read(actor)?;
    computed(app).await
}

/// True when backups are configured, so that ages and restores are measured.
pub fn is_measured(app: &App) -> bool {
    backups::rules(app).is_some()
}

pub(super) async fn computed(
    app: &App,
) -> Result<(Arc<Registers>, ContinuityPlan), OperationError> {
    let registers = in_force(app).await?;
    let known = match backups::rules(app) {
        None => BackupKnowledge::NotConfigured,
        Some(rules) => BackupKnowledge::Measured(measured(rules, &backups::history(app).await?)),
    };
    let plan = continuity::plan(&registers, &known, app.clock().now());
    Ok((registers, plan))
}

fn measured(rules: &BackupRules, history: &BackupHistory) -> MeasuredBackups {
    let mut measured = MeasuredBackups::default();
    for source in &rules.sources {
        let copies = rules.repositories.iter().map(|repository| CopyFacts {
            place: repository.clone(),
            last: history
                .last_made(repository, source)
                .map_or(LastCopy::Never, LastCopy::At),
            every: rules.backups.every,
            restore: restore(history, repository, source),
        });
        let facts = measured.sources.entry(source.clone()).or_default();
        facts.copies.extend(copies);
    }
    for rule in &rules.reports {
        let facts = measured.sources.entry(rule.name.clone()).or_default();
        facts.copies.push(reported(history, rule));
    }
    for repository in &rules.repositories {
        let split = history
            .split_key(repository)
            .map_or(KeySplit::Never, |key| {
                KeySplit::Split(KeyFacts {
                    at: key.at,
                    needed: key.needed,
                    sheets: key.sheets,
                    fingerprint: key.fingerprint.clone(),
                })
            });
        measured.keys.insert(repository.clone(), split);
    }
    measured
}

fn restore(history: &BackupHistory, repository: &str, source: &str) -> MeasuredRestore {
    match history.last_restore(repository, source) {
        None => MeasuredRestore::NeverTried,
        Some(drill) => MeasuredRestore::Tried {
            at: drill.at,
            // One that is incomplete proves nothing.
            has_passed: drill.verdict == digue_backup::drill::DrillVerdict::Passed,
            took: drill.time,
        },
    }
}

fn reported(history: &BackupHistory, rule: &ReportRule) -> CopyFacts {
    let last = match history.dated_report(&rule.name) {
        None => LastCopy::Never,
        Some((taken, standing)) => match standing {
            // The other system's clock may be ahead: a backup of tomorrow would stay young.
            ReportStanding::Made { at_secs: secs, .. }
            | ReportStanding::Failed {
                last_secs: Some(secs),
            } => LastCopy::At(Timestamp::from_secs(*secs).min(*taken)),
            ReportStanding::Empty | ReportStanding::Failed { last_secs: None } => LastCopy::Never,
            ReportStanding::Unreadable => LastCopy::Unreadable,
        },
    };
    CopyFacts {
        place: rule.name.clone(),
        last,
        every: rule.backups.every,
        restore: MeasuredRestore::OfAnotherSystem,
    }
}

/// The plan as PDF or Word.
///
/// # Errors
/// `NotFound` for a spreadsheet; as [`plan`] otherwise.
pub async fn paper(
    app: &App,
    actor: &Actor,
    reader: &PaperReader,
    form: PaperFormat,
) -> Result<Vec<u8>, OperationError> {
    must_read(actor)?;
    let document = document(app, reader).await?;
    printed_from(app, &document, form, PaperSources::ISMS).await
}

/// The plan as one HTML file that is read without Digue.
///
/// # Errors
/// As [`plan`].
pub async fn page(
    app: &App,
    actor: &Actor,
    reader: &PaperReader,
) -> Result<Vec<u8>, OperationError> {
    must_read(actor)?;
    alone(app, reader).await
}

async fn document(app: &App, reader: &PaperReader) -> Result<Document, OperationError> {
    let (registers, plan) = computed(app).await?;
    let words = PlanWords {
        reader,
        registers: &registers,
    };
    Ok(words.document(&plan, is_measured(app)))
}

async fn alone(app: &App, reader: &PaperReader) -> Result<Vec<u8>, OperationError> {
    let mut document = document(app, reader).await?;
    // Records that differ from the journal are named at the head, as on paper.
    let warning = PaperSources::ISMS.warning(app, reader.language).await?;
    document.blocks.splice(0..0, warning);
    Ok(html(&document).into_bytes())
}

/// Writes the plan into the data folder, from which each backup of Digue takes it; in French, the
/// language of the body's papers.
///
/// # Errors
/// When registers or journal cannot be read, or the file cannot be written.
pub async fn write_folder(app: &App) -> Result<(), OperationError> {
    let reader = PaperReader {
        language: Language::French,
        zone: operator::rules(app).zone.clone(),
        names: VisibleNames::default(),
    };
    let bytes = alone(app, &reader).await?;
    let path = plan_folder::file_in(app.data_folder());
    let written = app.blocking(move || keep(&path, &bytes)).await?;
    written.map_err(|error| OperationError::Unavailable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use digue_backup::history::BackupEvent;
    use digue_backup::reports::ReportFormat;
    use digue_backup::schedule::Cadence;
    use jiff::tz::TimeZone;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn what_the_journal_shows_becomes_the_facts_of_the_plan() {
        let rules = BackupRules {
            repositories: vec!["disque".to_owned(), "serveur".to_owned()],
            sources: vec!["digue".to_owned(), "partage".to_owned()],
            backups: Cadence::every(DAY),
            drills: Cadence::every(DAY * 30),
            reports: vec![ReportRule {
                name: "compta".to_owned(),
                format: ReportFormat::Restic,
                file: PathBuf::new(),
                backups: Cadence::every(DAY * 7),
            }],
            outside: Vec::new(),
            zone: TimeZone::UTC,
            runs_itself: false,
        };
        let at = Timestamp::from_secs(1_764_000_000);
        let mut history = BackupHistory::default();
        let id = "0".repeat(64);
        for text in [
            format!(
                r#"{{"kind":"made","repository":"disque","id":"{id}","source":"digue","snapshot":"{id}",
                    "files":1,"bytes":1,"unread":0,"suspicion":"clean"}}"#
            ),
            format!(
                r#"{{"kind":"drilled","repository":"disque","id":"{id}","snapshot":"{id}",
                    "verdict":"passed","age_secs":60,"time_secs":600,"failed":[],"sources":["digue"]}}"#
            ),
            format!(
                r#"{{"kind":"key-split","repository":"disque","id":"{id}","needed":2,"sheets":3,
                    "fingerprint":"ab12"}}"#
            ),
            r#"{"kind":"reported","system":"compta","standing":{"state":"unreadable"}}"#.to_owned(),
        ] {
            history.add(at, &BackupEvent::parse(&text).unwrap());
        }
        let facts = measured(&rules, &history);
        let digue = &facts.sources["digue"];
        assert_eq!(digue.newest(), Some(at));
        assert_eq!(digue.restore_time(), Some(Duration::from_mins(10)));
        assert_eq!(digue.copies[1].last, LastCopy::Never);
        let share = &facts.sources["partage"];
        assert_eq!((share.newest(), share.restore_time()), (None, None));
        let other = &facts.sources["compta"].copies[0];
        assert_eq!(other.last, LastCopy::Unreadable);
        assert_eq!(other.every, DAY * 7);
        assert!(matches!(&facts.keys["disque"], KeySplit::Split(key) if key.needed == 2));
        assert_eq!(facts.keys["serveur"], KeySplit::Never);
        // A report that dates its backup after the entry that took it in.
        let ahead = r#"{"kind":"reported","system":"compta","standing":{"state":"made","at_secs":1900000000,"bytes":null}}"#;
        history.add(at, &BackupEvent::parse(ahead).unwrap());
        let facts = measured(&rules, &history);
        assert_eq!(facts.sources["compta"].newest(), Some(at));
    }
}
