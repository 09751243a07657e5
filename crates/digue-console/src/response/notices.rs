//! Notices to persons: writing, preparing and sending them; and the public page that verifies one.

use askama::Template;
use axum::Form;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect};
use digue_access::Role;
use digue_app::{Actor, OperationError};
use digue_casework::incidents;
use digue_casework::notice_style::Style;
use digue_casework::operator;
use digue_casework::papers::PaperFormat;
use digue_evidence::stored_records::StoredKind;
use digue_notices::genuine::{self, Genuine, Official};
use digue_notices::{Blocks, CampaignRequest, CampaignView, RATE, ShownData};
use digue_response::Incident;
use digue_response::clock::ClockKind;
use digue_response::code::Code;
use digue_response::progress::ProgressStep;
use serde::Deserialize;

use crate::differences::words_beside;
use crate::error::{PageAnswer, PageError, PageRedirect, PageResponse};
use crate::response::breach::duties;
use crate::response::incident_head::{IncidentHead, SavedNotice};
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, Media, csv, file_name, kept, page};
use crate::visitor::Visitor;

#[derive(Deserialize)]
pub(crate) struct StyleChoice {
    #[serde(default)]
    style: String,
}

#[derive(Template)]
#[template(path = "incident_notices.html")]
struct NoticesPage {
    w: Localizer,
    head: IncidentHead,
    styles: Vec<(&'static str, bool)>,
    style: Style,
    subject: String,
    blocks: Blocks,
    preview: String,
    score: String,
    longest: u64,
    is_hard: bool,
    /// The portal's own source is configured: no file is needed.
    has_source: bool,
    /// Versions of the affected set with a list.
    versions: Vec<u32>,
    is_ready: bool,
    /// A mail server is configured.
    can_mail: bool,
    campaigns: Vec<CampaignView>,
    /// What became of the persons of several campaigns, each counted once.
    persons: Option<String>,
    /// The duties that a person may state as met here.
    duties: Vec<&'static str>,
    now: String,
    /// A proof of identity from the last minutes: without one it is asked for before anything is
    /// typed.
    is_proved: bool,
    chosen_rate: u32,
    /// Why what was typed cannot be prepared.
    fault: Option<String>,
}

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    Query(choice): Query<StyleChoice>,
    Query(saved): Query<SavedNotice>,
) -> PageAnswer {
    if saved.is_any() && actor.role.can_respond() {
        // Who comes from the step before goes on to prepare: the proof is asked for before anything
        // is typed.
        actor.must_be_fresh(&console.app)?;
    }
    let style = Style::parse(&choice.style).unwrap_or(Style::ALL[0]);
    shown(&console, &visitor, &actor, &id, (style, saved), None).await
}

/// Leads to the form of the notices once the proof of identity is fresh: what is typed there
/// includes a file, which could not be kept while the proof is asked for.
pub(crate) async fn begin(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
) -> PageRedirect {
    actor.must_respond()?;
    incidents::view(&console.app, &actor, &id).await?;
    actor.must_be_fresh(&console.app)?;
    Ok(Redirect::to(&format!("/incidents/{id}/notices#prepare")))
}

/// The persons of several campaigns that ended; one alone says it of itself.
fn persons_of_all(w: &Localizer, incident: &Incident) -> Option<String> {
    if incident.notices.len() < 2 {
        return None;
    }
    let persons = incident.notified()?;
    let values = [
        ("sent", persons.sent),
        ("listed", persons.listed),
        ("unsent", persons.unsent),
        ("unreached", persons.unreached),
    ];
    let values = values.map(|(name, count)| (name, w.number(count).into()));
    Some(w.with("notices-persons", values))
}

/// A request that was refused, and the locale key of the reason.
type RefusedRequest = (CampaignRequest, &'static str);

async fn shown(
    console: &Console,
    visitor: &Visitor,
    actor: &Actor,
    id: &str,
    (style, saved): (Style, SavedNotice),
    refused: Option<RefusedRequest>,
) -> PageAnswer {
    let app = &console.app;
    let view = incidents::view(app, actor, id).await?;
    let (proposed_subject, proposed_blocks) =
        digue_notices::proposed(app, actor, id, style).await?;
    let (subject, blocks, chosen_rate, fault) = match refused {
        Some((request, key)) => (request.subject, request.blocks, request.rate, Some(key)),
        None => (proposed_subject, proposed_blocks, RATE, None),
    };
    let campaigns = digue_notices::campaigns(app, actor, id).await?;
    let w = words_beside(console, visitor, &[StoredKind::Campaign], None).await?;
    let head = IncidentHead::new(
        console,
        actor,
        &w,
        &view,
        (Some(ProgressStep::Notices), &saved),
    )
    .await?;
    // Without a list of the affected nothing is known, and the example says so.
    let categories: Vec<String> = view
        .incident
        .affected()
        .map(|version| version.by_category.keys().cloned().collect())
        .unwrap_or_default();
    let seen = ShownData {
        has_unknown: categories.is_empty(),
        categories,
        first: w.date(view.record.opened_at),
        last: w.date(view.record.opened_at),
        times: 1,
    };
    let preview = digue_notices::written(
        style,
        &blocks,
        &seen,
        Code::of([0; 8]),
        "m•••@e•••.fr",
        &w.date(view.now),
    );
    let measured = digue_notices::measured(style, &preview);
    let versions: Vec<u32> = view
        .incident
        .affected
        .iter()
        .filter(|version| version.has_list())
        .map(|version| version.number)
        .collect();
    Ok(page(&NoticesPage {
        styles: Style::ALL
            .iter()
            .map(|one| (one.code(), *one == style))
            .collect(),
        score: w.decimal(measured.score),
        longest: measured.longest_sentence as u64,
        is_hard: measured.score < style.wanted(),
        is_ready: !versions.is_empty()
            && view
                .incident
                .persons
                .as_ref()
                .is_some_and(|decided| decided.what.inform),
        persons: persons_of_all(&w, &view.incident),
        duties: duties(&view, |kind| {
            matches!(kind, ClockKind::Persons | ClockKind::Public)
        }),
        now: w.form_time(view.now),
        is_proved: actor.must_be_fresh(app).is_ok(),
        chosen_rate,
        fault: fault.map(|key| w.say(key)),
        can_mail: digue_mail::is_configured(app),
        has_source: operator::rules(app).contacts.is_some(),
        style,
        subject,
        blocks,
        preview,
        versions,
        campaigns,
        head,
        w,
    }))
}

#[derive(Template)]
#[template(path = "campaign.html")]
struct CampaignPage {
    w: Localizer,
    id: String,
    campaign: CampaignView,
    /// As (channel, count).
    channels: Vec<(&'static str, u64)>,
    faults: Vec<String>,
    may_write: bool,
}

/// One campaign: its progress, the persons it does not reach, and the faulty lines of its contacts.
pub(crate) async fn campaign(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path((id, campaign)): Path<(String, String)>,
) -> PageAnswer {
    let campaigns = digue_notices::campaigns(&console.app, &actor, &id).await?;
    let found = campaigns
        .into_iter()
        .find(|known| known.record.id == campaign);
    let campaign = found.ok_or(OperationError::NotFound("campaign"))?;
    let w = words_beside(
        &console,
        &visitor,
        &[StoredKind::Campaign],
        Some(&campaign.record.id),
    )
    .await?;
    let fault = |(line, key): &(usize, String)| {
        if key == digue_notices::UNMATCHED {
            return w.counted(digue_notices::UNMATCHED, *line);
        }
        w.with(
            "fault-line",
            [("line", (*line).into()), ("fault", w.say(key).into())],
        )
    };
    let faults = campaign.faults.iter().map(fault).collect();
    let count = |channel| {
        (
            channel,
            campaign.channels.get(channel).copied().unwrap_or(0),
        )
    };
    let channels = ["mail", "letter", "sms", "none"].map(count).to_vec();
    let may_write = visitor.role.is_some_and(Role::can_respond);
    Ok(page(&CampaignPage {
        channels,
        faults,
        campaign,
        may_write,
        id,
        w,
    }))
}

/// Prepares a campaign; nothing is sent until a person starts it.
pub(crate) async fn prepare(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    mut form: Multipart,
) -> PageResponse {
    let unreadable = || PageError::from(OperationError::Invalid("invalid-upload"));
    let mut fields: std::collections::HashMap<String, String> = std::collections::HashMap::new();
    let mut contacts = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "contacts" {
            contacts = field.bytes().await.map_err(|_| unreadable())?.to_vec();
        } else {
            fields.insert(
                name,
                field
                    .text()
                    .await
                    .map_err(|_| unreadable())?
                    .replace("\r\n", "\n"),
            );
        }
    }
    let mut take = |name: &str| fields.remove(name).unwrap_or_default();
    let request = CampaignRequest {
        style: Style::parse(&take("style")).unwrap_or(Style::ALL[0]),
        version: number_of(&take("version"))?.unwrap_or(0),
        // Everybody is asked for with a blank: what cannot be read must not become everybody.
        after: number_of(&take("after"))?,
        subject: take("subject"),
        rate: take("rate").parse().unwrap_or(RATE),
        blocks: Blocks {
            happened: take("happened"),
            risks: take("risks"),
            steps: take("steps"),
            contact: take("contact"),
            address: take("address"),
        },
        contacts,
    };
    match digue_notices::prepare(&console.app, &actor, &id, request.clone()).await {
        Ok(campaign) => {
            Ok(Redirect::to(&format!("/incidents/{id}/notices/{campaign}")).into_response())
        }
        Err(OperationError::Invalid(key)) => {
            let (style, saved) = (request.style, SavedNotice::default());
            let refused = Some((request, key));
            let again = shown(&console, &visitor, &actor, &id, (style, saved), refused).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The number of a version; `None` for a blank.
fn number_of(text: &str) -> Result<Option<u32>, OperationError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.parse().map(Some);
    number.map_err(|_| OperationError::Invalid("invalid-campaign-version"))
}

#[derive(Deserialize)]
pub(crate) struct StateForm {
    state: String,
    /// Notices that were neither sent nor exported are abandoned.
    #[serde(default)]
    gives_up: Option<String>,
}

pub(crate) async fn set_state(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path((id, campaign)): Path<(String, String)>,
    Form(form): Form<StateForm>,
) -> PageRedirect {
    let gives_up = form.gives_up.is_some();
    let done =
        digue_notices::set_state(&console.app, &actor, &campaign, &form.state, gives_up).await;
    done?;
    Ok(Redirect::to(&format!("/incidents/{id}/notices/{campaign}")))
}

#[derive(Deserialize)]
pub(crate) struct CampaignQuery {
    #[serde(default)]
    after: u32,
}

/// Letters as PDF, a thousand at a time; the other channels as CSV.
pub(crate) async fn file(
    State(console): State<Console>,
    visitor: Visitor,
    Path((_, campaign, name)): Path<(String, String, String)>,
    Query(query): Query<CampaignQuery>,
) -> PageResponse {
    let (app, actor) = (&console.app, visitor.actor(&console.app)?);
    match name.as_str() {
        "letters.pdf" => {
            let letters = digue_notices::letters(app, &actor, &campaign, query.after).await;
            let (bytes, last) = letters?;
            let name = format!(
                "{}-{}-{last}.pdf",
                file_name(visitor.language, "letters"),
                query.after + 1
            );
            Ok(kept(&name, Media(PaperFormat::Pdf.media()), bytes))
        }
        "others.csv" => {
            let rows = digue_notices::others(app, &actor, &campaign).await?;
            let w = console.words(&visitor);
            let header = ["person", "channel", "destination", "state", "code", "text"]
                .map(|key| w.coded("column", key));
            Ok(csv(
                visitor.language,
                "notices",
                &header,
                rows.into_iter().map(Vec::from),
            ))
        }
        _ => Err(PageError::from(OperationError::NotFound("file"))),
    }
}

#[derive(Template)]
#[template(path = "check.html")]
struct NoticeCheckPage {
    w: Localizer,
    code: String,
    has_code: bool,
    found: Option<Genuine>,
    official: Vec<Official>,
}

/// The public page that verifies a code, without session and script.
pub(crate) async fn check(State(console): State<Console>, visitor: Visitor) -> PageAnswer {
    checked(&console, &visitor, String::new(), None).await
}

#[derive(Deserialize)]
pub(crate) struct NoticeCheckForm {
    code: String,
}

pub(crate) async fn check_code(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<NoticeCheckForm>,
) -> PageAnswer {
    let code: String = form.code.chars().take(40).collect();
    let found = genuine::check(&console.app, visitor.language, &code, &visitor.ip()).await;
    let found = found?;
    checked(&console, &visitor, code, Some(found)).await
}

async fn checked(
    console: &Console,
    visitor: &Visitor,
    code: String,
    found: Option<Option<Genuine>>,
) -> PageAnswer {
    let official = genuine::official(&console.app).await?;
    let w = console.words(visitor);
    Ok(page(&NoticeCheckPage {
        has_code: found.is_some(),
        found: found.flatten(),
        code,
        official,
        w,
    }))
}

/// The official messages as a signed list, for mirrors.
pub(crate) async fn messages(State(console): State<Console>) -> PageResponse {
    let signed = genuine::official_signed(&console.app).await?;
    Ok((
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        signed,
    )
        .into_response())
}
