//! The state of the services for partners and the public, as files that are served from elsewhere:
//! a page, and the same as a text signed with the journal's key.
//!
//! It names activities and hours, and nobody: neither the incident's title nor who works on what.

use digue_app::files::keep;
use digue_app::names::VisibleNames;
use digue_app::{Actor, App, OperationError};
use digue_casework::operator;
use digue_casework::paper_reader::PaperReader;
use digue_continuity::plan_folder;
use digue_documents::{Document, DocumentBlock, html};
use digue_locales::{Language, Value, text, text_with};
use digue_types::Timestamp;
use serde::Serialize;

use super::restart::{self, RestartIncident};
use super::{continuity, must_read};

/// Where one service stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
enum ServiceStanding {
    /// No restart is led.
    Usual,
    /// It waits for its turn in the restart.
    Awaited,
    Restored {
        #[serde(serialize_with = "as_date")]
        at: Timestamp,
    },
    /// A restart is led, and its incident has no step for this service.
    NotSaid,
}

fn as_date<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

impl ServiceStanding {
    const fn key(self) -> &'static str {
        match self {
            Self::Usual => "status-usual",
            Self::Awaited => "status-awaited",
            Self::Restored { .. } => "status-restored",
            Self::NotSaid => "status-not-said",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct ServiceStatus {
    service: String,
    #[serde(flatten)]
    state: ServiceStanding,
}

/// The two files.
pub struct StatusFiles {
    /// One HTML page, complete in itself.
    pub page: Vec<u8>,
    /// `digue-status-1`, the journal's name, JSON, and the signature of the journal's key.
    pub signed: Vec<u8>,
}

/// The state of the services now.
///
/// # Errors
/// For readers who may not watch; when registers or incidents cannot be read.
pub async fn files(
    app: &App,
    actor: &Actor,
    reader: &PaperReader,
) -> Result<StatusFiles, OperationError> {
    must_read(actor)?;
    computed(app, reader).await
}

async fn computed(app: &App, reader: &PaperReader) -> Result<StatusFiles, OperationError> {
    let digue = Actor::digue();
    let (_, plan) = continuity::computed(app).await?;
    let restarts = restart::open(app, &digue).await?;
    let at = app.clock().now();
    let services: Vec<ServiceStatus> = plan
        .activities()
        .map(|activity| ServiceStatus {
            service: activity.entry.record.title.0.clone(),
            state: state_of(&restarts, &activity.entry.id),
        })
        .collect();
    Ok(StatusFiles {
        page: html(&document(reader, &services, at)).into_bytes(),
        signed: signed(app, &services, at)?.into_bytes(),
    })
}

/// Of several restarts, the one in which the service is not back yet.
fn state_of(restarts: &[RestartIncident], activity: &str) -> ServiceStanding {
    if restarts.is_empty() {
        return ServiceStanding::Usual;
    }
    let steps = restarts.iter().filter_map(|one| one.task_of(activity));
    let mut state = ServiceStanding::NotSaid;
    for step in steps {
        match step.done_at {
            None => return ServiceStanding::Awaited,
            Some(at) => state = ServiceStanding::Restored { at },
        }
    }
    state
}

fn document(reader: &PaperReader, services: &[ServiceStatus], at: Timestamp) -> Document {
    let language = reader.language;
    let say = |key: &str| text(language, key);
    let moment = |at| [("at", Value::from(reader.moment(at)))];
    let mut blocks = vec![DocumentBlock::Quiet(text_with(
        language,
        "status-made",
        &moment(at),
    ))];
    if services.is_empty() {
        blocks.push(DocumentBlock::Paragraph(say("status-nothing")));
    } else {
        let row = |one: &ServiceStatus| {
            let said = match one.state {
                ServiceStanding::Restored { at } => {
                    text_with(language, one.state.key(), &moment(at))
                }
                ServiceStanding::Usual | ServiceStanding::Awaited | ServiceStanding::NotSaid => {
                    say(one.state.key())
                }
            };
            vec![one.service.clone(), said]
        };
        blocks.push(DocumentBlock::Table {
            header: vec![say("status-column-service"), say("status-column-state")],
            rows: services.iter().map(row).collect(),
        });
    }
    blocks.push(DocumentBlock::Quiet(say("status-signed")));
    Document {
        title: say("status-title"),
        foot: say("status-title"),
        language: language.code(),
        blocks,
        ..Document::default()
    }
}

#[derive(Serialize)]
struct SignedStatus<'s> {
    at: String,
    services: &'s [ServiceStatus],
}

fn signed(app: &App, services: &[ServiceStatus], at: Timestamp) -> Result<String, OperationError> {
    let status = SignedStatus {
        at: at.to_string(),
        services,
    };
    let json = serde_json::to_string(&status)
        .map_err(|error| OperationError::Unavailable(error.to_string()))?;
    let origin = app.journal().origin();
    Ok(app
        .journal()
        .sign(&format!("digue-status-1\n{origin}\n{json}\n")))
}

/// Writes both into the data folder, from which a command copies them to where they are served; in
/// French, the language of the body's papers.
///
/// # Errors
/// When registers or incidents cannot be read, or a file cannot be written.
pub async fn write_folder(app: &App) -> Result<(), OperationError> {
    let reader = PaperReader {
        language: Language::French,
        zone: operator::rules(app).zone.clone(),
        names: VisibleNames::default(),
    };
    let files = computed(app, &reader).await?;
    let [page, signed] = plan_folder::status_files_in(app.data_folder());
    let written = app
        .blocking(move || {
            keep(&page, &files.page)?;
            keep(&signed, &files.signed)
        })
        .await?;
    written.map_err(|error| OperationError::Unavailable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use digue_response::incident::IncidentTask;

    use super::*;

    fn restart(done_at: Option<Timestamp>) -> RestartIncident {
        let prefix = text(Language::default(), "continuity-task-begins");
        RestartIncident {
            id: "in-1".to_owned(),
            title: "R-1 – secret".to_owned(),
            tasks: vec![IncidentTask {
                number: 1,
                title: format!("{prefix} AV-1 – Paie"),
                owner: "C. Petit".to_owned(),
                due: None,
                done_at,
            }],
        }
    }

    #[test]
    fn a_service_is_back_when_its_step_is_done_in_every_restart() {
        let at = Timestamp::from_secs(1_800_000_000);
        assert_eq!(state_of(&[], "AV-1"), ServiceStanding::Usual);
        let open = restart(None);
        assert_eq!(
            state_of(std::slice::from_ref(&open), "AV-1"),
            ServiceStanding::Awaited
        );
        assert_eq!(
            state_of(std::slice::from_ref(&open), "AV-2"),
            ServiceStanding::NotSaid
        );
        // One whose number begins like it is another.
        assert_eq!(
            state_of(std::slice::from_ref(&open), "AV"),
            ServiceStanding::NotSaid
        );
        let done = restart(Some(at));
        let back = ServiceStanding::Restored { at };
        assert_eq!(state_of(std::slice::from_ref(&done), "AV-1"), back);
        assert_eq!(state_of(&[done, open], "AV-1"), ServiceStanding::Awaited);
    }
}
