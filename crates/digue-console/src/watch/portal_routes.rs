//! Adding a route to a portal's map, from an address that the map does not describe.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use digue_administration::map_additions::{
    self, AddOutcome, AddedLineFault, AddedState, AddressUse, ListedRoute,
};
use digue_app::{Actor, OperationError};
use digue_locales::Value;
use digue_types::{PortalId, RouteName, UnmappedAddress};
use serde::Deserialize;

use crate::done::{DoneAct, done};
use crate::error::{PageError, PageResponse};
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, page, with_ceremony};
use crate::visitor::Visitor;

/// A row of the table of added routes.
pub(crate) struct AddedRow {
    pub route: RouteName,
    /// When, and by whom; `None` where it is not known.
    pub made: Option<(String, String)>,
    pub state: String,
    pub is_left_out: bool,
    pub lines: Option<String>,
}

/// The added routes of one portal as its page lists them.
pub(crate) fn rows_of(w: &Localizer, portal: &PortalId, listed: &[ListedRoute]) -> Vec<AddedRow> {
    let own = listed.iter().filter(|one| one.portal == *portal);
    own.map(|one| AddedRow {
        route: one.name.clone(),
        made: one
            .route
            .as_ref()
            .map(|route| (w.moment(route.at), route.by.to_string())),
        state: match &one.state {
            AddedState::InForce => w.say("added-in-force"),
            AddedState::InFile => w.say("added-in-file"),
            AddedState::Unfit(faults) => {
                let faults: Vec<String> = faults.iter().map(|fault| sentence(w, fault)).collect();
                w.with1("added-unfit", "faults", faults.join(" "))
            }
            AddedState::Unsound => w.say("added-unsound"),
        },
        is_left_out: matches!(one.state, AddedState::Unfit(_) | AddedState::Unsound),
        lines: one.route.as_ref().map(|route| route.lines.clone()),
    })
    .collect()
}

/// A fault as a sentence, with its line where it has one.
fn sentence(w: &Localizer, fault: &AddedLineFault) -> String {
    let values = [
        ("name", Value::from(fault.name.as_str())),
        ("detail", Value::from(fault.detail.as_str())),
    ];
    let sentence = w.with(fault.key, values);
    match fault.line {
        0 => sentence,
        line => {
            let line = i64::try_from(line).unwrap_or(i64::MAX);
            let values = [
                ("line", Value::from(line)),
                ("fault", Value::from(sentence.as_str())),
            ];
            w.with("added-fault-line", values)
        }
    }
}

#[derive(Template)]
#[template(path = "portal_route.html")]
struct PortalRoutePage {
    w: Localizer,
    portal: PortalId,
    /// The address that the lines begin with; empty where they were typed.
    address: Option<UnmappedAddress>,
    /// What the address may be taken for: code, address of the same form, whether it is chosen.
    drafts: Vec<(&'static str, String, bool)>,
    lines: String,
    reason: String,
    faults: Vec<String>,
    /// The form's own address.
    place: String,
    /// Sending would first require a proof.
    is_fresh: bool,
}

/// What is on the form: lines, reason, and what is wrong with the last try.
#[derive(Default)]
struct FormContent {
    lines: String,
    reason: String,
    faults: Vec<String>,
}

fn form_page(
    console: &Console,
    w: Localizer,
    actor: &Actor,
    (portal, asked): (PortalId, &AskedAddress),
    content: FormContent,
) -> Response {
    let age = console.app.clock().now().since(actor.proved_at);
    let chosen = asked.draft();
    let drafts = AddressUse::ALL.map(|draft| {
        let place = asked.place(&w, &portal, draft);
        (draft.code(), place, draft == chosen)
    });
    let FormContent {
        lines,
        reason,
        faults,
    } = content;
    let page = page(&PortalRoutePage {
        place: asked.place(&w, &portal, chosen),
        address: asked.address(),
        drafts: drafts.into(),
        is_fresh: age <= console.app.proof_lasts(),
        w,
        portal,
        lines,
        reason,
        faults,
    });
    with_ceremony(page)
}

/// The address of a request outside the map, as a link to this form names it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct AskedAddress {
    method: String,
    path: String,
    media: String,
    draft: String,
}

impl AskedAddress {
    /// As it is remembered: what else a link says is left out.
    fn address(&self) -> Option<UnmappedAddress> {
        let is_path = self.path.starts_with('/') && self.path.bytes().all(|b| b.is_ascii_graphic());
        is_path.then(|| UnmappedAddress::new(&self.method, &self.path, Some(&self.media)))
    }

    fn draft(&self) -> AddressUse {
        let usual = || match self.media.as_str() {
            "text/css" | "text/javascript" | "application/javascript" => AddressUse::Resource,
            media if media.starts_with("image/") || media.starts_with("font/") => {
                AddressUse::Resource
            }
            _ => AddressUse::Persons,
        };
        AddressUse::parse(&self.draft).unwrap_or_else(usual)
    }

    fn place(&self, w: &Localizer, portal: &PortalId, draft: AddressUse) -> String {
        format!(
            "/portals/{portal}/routes/new?method={}&path={}&media={}&draft={}",
            w.query(&self.method),
            w.query(&self.path),
            w.query(&self.media),
            draft.code()
        )
    }
}

fn portal_named(console: &Console, text: &str) -> Result<PortalId, OperationError> {
    let portal = PortalId::parse(text).map_err(|_| OperationError::NotFound("portal"))?;
    let hosts = console.app.gateway().hosts();
    hosts
        .portal(&portal)
        .map(|known| known.id.clone())
        .ok_or(OperationError::NotFound("portal"))
}

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(portal): Path<String>,
    Query(asked): Query<AskedAddress>,
) -> PageResponse {
    let portal = portal_named(&console, &portal)?;
    let unknown = UnmappedAddress::new("GET", "/", None);
    let address = asked.address().unwrap_or(unknown);
    let lines =
        map_additions::draft(&console.app, &actor, &portal, &address, asked.draft()).await?;
    let content = FormContent {
        lines,
        ..FormContent::default()
    };
    let w = console.words(&visitor);
    Ok(form_page(&console, w, &actor, (portal, &asked), content))
}

#[derive(Deserialize)]
pub(crate) struct RouteFields {
    #[serde(default)]
    lines: String,
    #[serde(default)]
    reason: String,
}

/// Requests the addition; what is wrong is said beside what was typed.
pub(crate) async fn add(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(portal): Path<String>,
    Query(asked): Query<AskedAddress>,
    Form(RouteFields { lines, reason }): Form<RouteFields>,
) -> PageResponse {
    let portal = portal_named(&console, &portal)?;
    let w = console.words(&visitor);
    let faults = match map_additions::add(&console.app, &actor, &portal, &lines, &reason).await {
        Ok(AddOutcome::Waits(_)) => return Ok(done("/portals", DoneAct::Requested, &portal)),
        Ok(AddOutcome::Faults(faults)) => faults.iter().map(|fault| sentence(&w, fault)).collect(),
        Err(OperationError::Invalid(key)) => vec![w.say(key)],
        Err(OperationError::Conflict) => vec![w.say("added-waits-already")],
        Err(error) => return Err(PageError::from(error)),
    };
    let content = FormContent {
        lines,
        reason,
        faults,
    };
    let mut again = form_page(&console, w, &actor, (portal, &asked), content);
    *again.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(again)
}

pub(crate) async fn withdraw(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path((portal, route)): Path<(String, String)>,
) -> PageResponse {
    let portal = portal_named(&console, &portal)?;
    let route = RouteName::parse(&route).map_err(|_| OperationError::NotFound("route"))?;
    map_additions::withdraw(&console.app, &actor, &portal, &route).await?;
    Ok(done("/portals", DoneAct::RouteWithdrawn, &route))
}

/// The added routes as they are copied into the portal's file.
pub(crate) async fn as_file(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path(portal): Path<String>,
) -> PageResponse {
    let portal = portal_named(&console, &portal)?;
    let listed = map_additions::list(&console.app, &actor).await?;
    let own = listed.iter().filter(|one| one.portal == portal);
    let routes: Vec<&str> = own
        .filter(|one| one.state != AddedState::InFile)
        .filter_map(|one| one.route.as_ref())
        .map(|route| route.lines.trim_end())
        .collect();
    let head = [
        (
            header::CONTENT_TYPE,
            "application/toml; charset=utf-8".to_owned(),
        ),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{portal}-routes.toml\""),
        ),
    ];
    Ok((head, routes.join("\n\n") + "\n").into_response())
}
