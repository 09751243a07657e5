//! Routes that are added to a portal's map from the console, beside the operator's file.
//!
//! One person adds a route and another approves it, as for a wider file (`rules`). From then on
//! the route is part of the map until it is withdrawn, or until the file has a route of that name:
//! the file is where maps are kept, and an addition is what it lacks until someone copies it.
//! What the lines of a route mean is decided where maps are read ([`MapReader`]), not here.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use digue_app::directory::organisation_of;
use digue_app::files::sha256;
use digue_app::gates::{REASON_CHARS_MIN, parse_reason};
use digue_app::{ActDetails, Actor, App, Area, OperationError, require};
use digue_types::{Act, PortalId, RouteName, UnmappedAddress};

use crate::approvals::{self, ApprovalRequest, RulesGuard};
use crate::rules;

pub use crate::added_route::AddedRoute;

/// The longest route, in bytes and lines: an approver reads it whole.
pub const LINES_BYTES_MAX: usize = 8 << 10;
pub const LINES_MAX: usize = 150;
/// Added routes of one portal, waiting or in force. Beyond, they belong in the file.
pub const ADDED_MAX: usize = 200;

/// Reads the lines of routes: implemented where maps are read.
pub trait MapReader: Send + Sync {
    /// The name of the one route in `lines`, when the map, the routes added before and this one
    /// are sound together.
    ///
    /// # Errors
    /// Every fault, with its line in `lines`.
    fn route(&self, map: &MapTexts<'_>, lines: &str) -> Result<RouteName, Vec<AddedLineFault>>;

    /// The added routes that do not fit the map any more, by their lines, with every fault.
    ///
    /// # Errors
    /// The map itself cannot be read.
    fn unfit(&self, map: &MapTexts<'_>) -> Result<UnfitLines, Vec<AddedLineFault>>;

    /// True when the operator's file has a route of this name.
    fn has_route(&self, map: &MapTexts<'_>, route: &RouteName) -> bool;

    /// What the one route in `lines` answers that another route answers now, and which of these
    /// addresses outside the map it describes.
    ///
    /// # Errors
    /// As [`Self::route`].
    fn taken(
        &self,
        map: &MapTexts<'_>,
        lines: &str,
        outside: &[UnmappedAddress],
    ) -> Result<TakenAddresses, Vec<AddedLineFault>>;

    /// Lines to begin with: a route for this address, as far as the address says what it needs.
    fn draft(&self, map: &MapTexts<'_>, address: &UnmappedAddress, use_as: AddressUse) -> String;
}

/// What a route answers once it is added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenAddresses {
    /// Routes that answer less then: some path matches both, and the added one goes first.
    pub routes: Vec<RouteName>,
    pub addresses: Vec<UnmappedAddress>,
}

/// The recent requests that a route answers once it is added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenRequests {
    /// Routes that answer less then, with the consultations of each among the last
    /// [`Self::recent`]: which of these were for addresses of both is not known, since no entry has
    /// an address that the map describes.
    pub routes: Vec<(RouteName, usize)>,
    /// The last consultations of the portal that are looked at.
    pub recent: usize,
    /// Addresses that no route described, with the requests for each.
    pub outside: Vec<(UnmappedAddress, u64)>,
}

/// Lines that do not fit, with their faults.
pub type UnfitLines = HashMap<String, Vec<AddedLineFault>>;

/// The map of a portal as it was stored, and the lines of the routes that were added to it.
pub struct MapTexts<'t> {
    pub portal: &'t PortalId,
    pub file: &'t str,
    pub added: Vec<&'t str>,
}

/// What an address is taken for at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressUse {
    /// Its responses show persons, or may.
    Persons,
    /// They never show anybody, on the map's responsibility.
    Nobody,
    /// A file of the site: style sheet, script, picture.
    Resource,
}

impl AddressUse {
    pub const ALL: [Self; 3] = [Self::Persons, Self::Nobody, Self::Resource];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Persons => "persons",
            Self::Nobody => "nobody",
            Self::Resource => "resource",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|draft| draft.code() == code)
    }
}

/// A fault in the lines of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedLineFault {
    /// Counted from 1; 0 for the whole.
    pub line: usize,
    /// Locale key, and the two values that its sentence may have.
    pub key: &'static str,
    pub name: String,
    pub detail: String,
}

/// The reader of maps, put in at start.
pub struct MapReading(pub Arc<dyn MapReader>);

impl Area for MapReading {}

/// How far an added route is part of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddedState {
    InForce,
    /// The file has a route of this name, which applies instead.
    InFile,
    /// It does not fit the map any more, and is left out: requests are answered as if it had never
    /// been added.
    Unfit(Vec<AddedLineFault>),
    /// What is stored is not what two persons granted, or was withdrawn by an act of the journal.
    Unsound,
}

/// An added route as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRoute {
    pub portal: PortalId,
    pub name: RouteName,
    /// `None` where what is stored is not what was granted.
    pub route: Option<AddedRoute>,
    pub state: AddedState,
}

/// What came of adding a route.
#[derive(Debug, PartialEq, Eq)]
pub enum AddOutcome {
    /// The id of the approval request.
    Waits(String),
    Faults(Vec<AddedLineFault>),
}

/// The last consultations that are looked at for what a route takes.
const RECENT_MAX: usize = 10_000;

/// The portals' granted maps, and what was added to each.
struct KeptMaps {
    stored: BTreeMap<RulesGuard, String>,
    /// Added routes that the journal contradicts: withdrawn or replaced ones that were put back.
    contradicted: BTreeSet<RulesGuard>,
}

impl KeptMaps {
    async fn read(app: &App) -> Result<Self, OperationError> {
        let stored = rules::granted(app).await?;
        let contradicted = rules::contradicted_routes(app, &stored).await;
        Ok(Self {
            stored,
            contradicted,
        })
    }

    fn file(&self, portal: &PortalId) -> Result<&str, OperationError> {
        let kept = self.stored.get(&RulesGuard::Portal(portal.clone()));
        kept.map(String::as_str)
            .ok_or(OperationError::NotFound("portal"))
    }

    fn added(&self, app: &App, portal: &PortalId) -> AddedRoutes {
        let mut found = AddedRoutes::default();
        for (of, text) in &self.stored {
            let (RulesGuard::AddedRoute(at, route), false) = (of, text.is_empty()) else {
                // Empty where it was withdrawn: the store keeps its place.
                continue;
            };
            if at != portal {
                continue;
            }
            let sealed = rules::unsealed(app.key(), of, text).and_then(AddedRoute::of_text);
            match sealed.filter(|_| !self.contradicted.contains(of)) {
                Some(one) => found.sound.push((route.clone(), one)),
                None => found.unsound.push(route.clone()),
            }
        }
        found
    }
}

/// The routes added to one map.
#[derive(Default)]
struct AddedRoutes {
    sound: Vec<(RouteName, AddedRoute)>,
    /// Those that nobody granted here as they are stored, that were withdrawn since, or that cannot
    /// be read: never in force.
    unsound: Vec<RouteName>,
}

/// How the act of a withdrawal names what it takes out: the route, and the digest of its stored
/// text. The stored form in the journal.
fn withdrawal(route: &RouteName, stored: &str) -> String {
    format!("{route} sha256:{}", sha256(stored))
}

fn texts<'t>(
    portal: &'t PortalId,
    file: &'t str,
    added: &'t [(RouteName, AddedRoute)],
) -> MapTexts<'t> {
    let added = added.iter().map(|(_, one)| one.lines.as_str()).collect();
    MapTexts {
        portal,
        file,
        added,
    }
}

/// Those who load data, and officers who act.
pub fn may_add(actor: &Actor) -> Result<(), OperationError> {
    require(actor.role.can_act() || actor.role.can_load())
}

/// The lines of the routes that two persons added to a portal's map, in the order of their names.
pub async fn granted_lines(app: &App, portal: &PortalId) -> Result<Vec<String>, OperationError> {
    let added = KeptMaps::read(app).await?.added(app, portal);
    for route in added.unsound {
        tracing::error!(%portal, %route, "A route that was added in the console is not stored as it was granted; it is left out");
    }
    Ok(added.sound.into_iter().map(|(_, one)| one.lines).collect())
}

/// The routes that were added to the maps of all portals.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<ListedRoute>, OperationError> {
    actor.must_see_coverage()?;
    let kept = KeptMaps::read(app).await?;
    let reader = &app.area::<MapReading>().0;
    let mut listed = Vec::new();
    for portal in app.gateway().hosts().portals() {
        let AddedRoutes {
            sound: added,
            unsound,
        } = kept.added(app, &portal.id);
        listed.extend(unsound.into_iter().map(|name| ListedRoute {
            portal: portal.id.clone(),
            name,
            route: None,
            state: AddedState::Unsound,
        }));
        if added.is_empty() {
            continue;
        }
        let file = kept.file(&portal.id)?;
        let map = texts(&portal.id, file, &added);
        let unfit = reader.unfit(&map);
        for (name, route) in &added {
            let state = match &unfit {
                Err(faults) => AddedState::Unfit(faults.clone()),
                Ok(_) if reader.has_route(&map, name) => AddedState::InFile,
                Ok(unfit) => match unfit.get(&route.lines) {
                    Some(faults) => AddedState::Unfit(faults.clone()),
                    None => AddedState::InForce,
                },
            };
            listed.push(ListedRoute {
                portal: portal.id.clone(),
                name: name.clone(),
                route: Some(route.clone()),
                state,
            });
        }
    }
    Ok(listed)
}

/// Lines to begin with, for an address that the map of `portal` does not describe.
pub async fn draft(
    app: &App,
    actor: &Actor,
    portal: &PortalId,
    address: &UnmappedAddress,
    use_as: AddressUse,
) -> Result<String, OperationError> {
    may_add(actor)?;
    let kept = KeptMaps::read(app).await?;
    let added = kept.added(app, portal).sound;
    let map = texts(portal, kept.file(portal)?, &added);
    Ok(app.area::<MapReading>().0.draft(&map, address, use_as))
}

/// What the route in `lines` would answer of the recent requests; for who decides about it, whose
/// right the caller has checked. `None` where it does not fit the map any more.
pub async fn taken(
    app: &App,
    portal: &PortalId,
    lines: &str,
) -> Result<Option<TakenRequests>, OperationError> {
    let kept = KeptMaps::read(app).await?;
    let added = kept.added(app, portal).sound;
    let map = texts(portal, kept.file(portal)?, &added);
    let mut outside: BTreeMap<UnmappedAddress, u64> = BTreeMap::new();
    let rows = app.journal_state().index.outside(portal).0;
    for row in rows {
        *outside.entry(row.address).or_default() += row.requests;
    }
    let addresses: Vec<UnmappedAddress> = outside.keys().cloned().collect();
    let taken = app.area::<MapReading>().0.taken(&map, lines, &addresses);
    let Ok(taken) = taken else {
        return Ok(None);
    };
    let mut recent = 0;
    let mut routes: Vec<(RouteName, usize)> =
        taken.routes.into_iter().map(|name| (name, 0)).collect();
    let state = app.journal_state();
    let last = state.index.recent(RECENT_MAX);
    for exposure in last.filter(|exposure| exposure.portal == *portal) {
        recent += 1;
        if let Some((_, count)) = routes.iter_mut().find(|(name, _)| *name == exposure.route) {
            *count += 1;
        }
    }
    let requests = |address: UnmappedAddress| {
        let count = outside.get(&address).copied().unwrap_or(0);
        (address, count)
    };
    Ok(Some(TakenRequests {
        routes,
        recent,
        outside: taken.addresses.into_iter().map(requests).collect(),
    }))
}

/// Requests that a route becomes part of the map of `portal`.
///
/// Always a second person's decision, in every mode: a pilot's map is enforced one day, and by
/// then nobody looks at its routes again.
///
/// # Errors
/// `Conflict` while a route of this name waits; `Full` beyond [`ADDED_MAX`].
pub async fn add(
    app: &App,
    actor: &Actor,
    portal: &PortalId,
    lines: &str,
    reason: &str,
) -> Result<AddOutcome, OperationError> {
    may_add(actor)?;
    let reason = parse_reason(reason, REASON_CHARS_MIN)?;
    actor.must_be_fresh(app)?;
    let lines = lines.replace("\r\n", "\n");
    if lines.len() > LINES_BYTES_MAX || lines.lines().count() > LINES_MAX {
        return Err(OperationError::Invalid("invalid-route-long"));
    }
    let kept = KeptMaps::read(app).await?;
    let added = kept.added(app, portal).sound;
    let map = texts(portal, kept.file(portal)?, &added);
    let name = match app.area::<MapReading>().0.route(&map, &lines) {
        Ok(name) => name,
        Err(faults) => return Ok(AddOutcome::Faults(faults)),
    };
    if added.len() >= ADDED_MAX {
        return Err(OperationError::Full);
    }
    let route = AddedRoute {
        lines,
        by: actor.account.clone(),
        at: app.clock().now(),
    };
    let organisation = organisation_of(&app.gateway().rules(), actor);
    let organisation = organisation.ok_or(OperationError::Denied)?;
    let of = RulesGuard::AddedRoute(portal.clone(), name);
    let text = route.text();
    let request = ApprovalRequest::WidenRules {
        detail: format!("sha256:{}\n{}", sha256(&text), route.lines.trim_end()),
        of: of.clone(),
    };
    // First the request, which is refused while one of this name waits: the other way round the
    // text that waits would be replaced. Without its text a request cannot be approved.
    let id = approvals::keep(app, actor, &request, organisation, reason).await?;
    app.store().set_wanted_rules(&of.name(), &text).await?;
    Ok(AddOutcome::Waits(id))
}

/// Takes an added route out of the map. One person may: its requests are refused afterwards, or,
/// in a pilot, counted as outside the map.
pub async fn withdraw(
    app: &App,
    actor: &Actor,
    portal: &PortalId,
    route: &RouteName,
) -> Result<(), OperationError> {
    may_add(actor)?;
    actor.must_be_fresh(app)?;
    let of = RulesGuard::AddedRoute(portal.clone(), route.clone());
    // Whatever is stored: one that was forged is taken out like any other.
    let kept = KeptMaps::read(app).await?.stored.remove(&of);
    let known = kept.filter(|text| !text.is_empty());
    let known = known.ok_or(OperationError::NotFound("route"))?;
    let details = ActDetails {
        subject: portal.into(),
        before: withdrawal(route, &known),
        ..ActDetails::default()
    };
    app.write_down(actor, Act::RouteWithdrawn, details).await?;
    rules::keep(app, &of, "").await?;
    app.want_reload();
    Ok(())
}
