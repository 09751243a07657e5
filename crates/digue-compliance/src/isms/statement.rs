//! The statement of applicability: the current one, and frozen versions signed with the journal's
//! key.

use digue_app::files::sha256;
use digue_app::{ActDetails, Actor, App, OperationError, attachments};
use digue_isms::framework;
use digue_isms::kinds::{Applicability, Measure};
use digue_isms::standing::MeasuredState;
use digue_isms::statement::{StatementLine, statement};
use digue_locales::{Language, text};
use digue_store::FileRecord;
use digue_types::{Act, Subject};
use serde_json::json;

use super::{IsmsState, complete, in_force, must_read, now};

/// The subject under which frozen versions are kept.
const SUBJECT: &str = "statement:";

/// The current statement, with the check results that it was computed from.
pub async fn now_standing(
    app: &App,
    actor: &Actor,
) -> Result<(Vec<StatementLine>, MeasuredState), OperationError> {
    must_read(actor)?;
    let registers = in_force(app).await?;
    let measured = super::checks::measured(app).await?;
    Ok((statement(&registers, &measured, now(app)), measured))
}

/// Frozen versions, the oldest first.
pub async fn versions(app: &App, actor: &Actor) -> Result<Vec<FileRecord>, OperationError> {
    must_read(actor)?;
    Ok(app.store().files(SUBJECT).await?)
}

/// Freezes the current statement: one line for each control, signed. Returns the number of the
/// version.
pub async fn freeze(app: &App, actor: &Actor) -> Result<usize, OperationError> {
    actor.must_govern()?;
    actor.must_be_fresh(app)?;
    // The number is counted from the stored versions: concurrent calls must not get the same one.
    let _one_at_a_time = app.area::<IsmsState>().writing.lock().await;
    // A record that cannot be read may decide a control: nothing is signed without it.
    let registers = in_force(app).await?;
    complete::<Measure>(&registers)?;
    complete::<Applicability>(&registers)?;
    let (lines, _) = now_standing(app, actor).await?;
    let number = app.store().files(SUBJECT).await?.len() + 1;
    let mut body = String::from("digue-statement-1\n");
    body.push_str(&format!(
        "version {number}\nby {}\nat {}\n",
        actor.account,
        app.clock().now()
    ));
    for line in &lines {
        body.push_str(&frozen(line));
        body.push('\n');
    }
    let signed = app.journal().sign(&body);
    let details = ActDetails {
        subject: Subject::Statement(number as u64),
        after: sha256(&signed),
        ..ActDetails::default()
    };
    app.write_down(actor, Act::StatementSigned, details).await?;
    attachments::keep(
        app,
        actor,
        SUBJECT,
        &format!(
            "{}-{number}.txt",
            text(Language::default(), "file-name-statement")
        ),
        signed.as_bytes(),
    )
    .await?;
    Ok(number)
}

/// One frozen line: JSON with a fixed set of names, so that versions can be compared.
fn frozen(line: &StatementLine) -> String {
    let exclusion = line
        .decided
        .as_ref()
        .map(|decided| decided.record.exclusion.0.clone())
        .unwrap_or_default();
    let inclusion: Vec<&str> = line.inclusion.iter().map(|reason| reason.code()).collect();
    let measures: Vec<String> = line
        .measures
        .iter()
        .map(|(id, state)| format!("{id} {}", state.code()))
        .collect();
    let checks: Vec<String> = line
        .checks
        .iter()
        .map(|(check, says)| format!("{} {}", check.code(), says.code()))
        .collect();
    // Codes and not words: versions that were frozen in two languages must compare equal.
    json!({
        "control": line.control.number(),
        "applies": line.applies(),
        "inclusion": inclusion,
        "exclusion": exclusion,
        "implementation": line.implementation.code(),
        "measures": measures,
        "checks": checks,
    })
    .to_string()
}

/// A frozen version: its file name and its signed text.
pub async fn version(
    app: &App,
    actor: &Actor,
    hash: &str,
) -> Result<(String, Vec<u8>), OperationError> {
    must_read(actor)?;
    attachments::read(app, SUBJECT, hash).await
}

/// The lines of the controls that a requirement of a framework maps to; a control of annex A is
/// its own.
pub fn through(
    lines: &[StatementLine],
    requirement: &framework::Requirement,
) -> Vec<StatementLine> {
    lines
        .iter()
        .filter(|line| {
            line.control.id == requirement.id || requirement.controls.contains(&line.control.id)
        })
        .cloned()
        .collect()
}
