//! Scope: who was shown by some exposures, as a page, as CSV, and as a signed list.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::IntoResponse as _;
use digue_administration::holders::HolderBook;
use digue_app::OperationError;
use digue_casework::typed_form::{maybe_local_end, maybe_local_time};
use digue_evidence::reading::EvidenceForm;
use digue_evidence::scope::{self, ScopeResult};
use digue_exposure::{Affected, ScopeQuestion};
use digue_types::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::chart::{Bar, bars};
use crate::choices::NameChoices;
use crate::error::{PageAnswer, PageResponse};
use crate::form::names;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, Media, csv, kept, page};
use crate::visitor::Visitor;

/// The most lines on the page; the exports have all.
const LINES: usize = 200;
/// Time slices in the chart.
const SLICES: u64 = 60;
const CHART_WIDTH: f64 = 720.0;
const CHART_HEIGHT: f64 = 120.0;

/// The question, as the form sends it.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ScopeForm {
    account: String,
    organisation: String,
    session: String,
    network: String,
    route: String,
    from: String,
    to: String,
}

impl ScopeForm {
    fn is_empty(&self) -> bool {
        let all = [
            &self.account,
            &self.organisation,
            &self.session,
            &self.network,
            &self.route,
        ];
        all.into_iter()
            .chain([&self.from, &self.to])
            .all(|text| text.trim().is_empty())
    }

    fn question(
        &self,
        zone: &TimeZone,
        book: &HolderBook,
    ) -> Result<ScopeQuestion, OperationError> {
        let networks = self.network.split_whitespace().map(|text| {
            let address = text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from);
            address
                .or_else(|_| text.parse())
                .map_err(|_| OperationError::Invalid("invalid-scope-network"))
        });
        Ok(ScopeQuestion {
            accounts: book.accounts_named(&self.account)?,
            organisations: book.organisations_named(&self.organisation)?,
            portals: Vec::new(),
            routes: names(&self.route)?,
            sessions: names(&self.session)?,
            networks: networks.collect::<Result<_, _>>()?,
            from: maybe_local_time(&self.from, zone)?,
            to: maybe_local_end(&self.to, zone)?,
            before_entry: None,
        })
    }

    /// The same question, for the links of the exports.
    fn query(&self) -> String {
        let pairs = [
            ("account", &self.account),
            ("organisation", &self.organisation),
            ("session", &self.session),
            ("network", &self.network),
            ("route", &self.route),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let pairs = pairs
            .into_iter()
            .filter(|(_, value)| !value.trim().is_empty());
        let pairs = pairs.map(|(name, value)| format!("{name}={}", crate::view::query_part(value)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

/// The answer, for the page.
struct ShownScope {
    persons: u64,
    exposures: u64,
    bound: &'static str,
    uninspected: u64,
    unseen: u64,
    presumed: u64,
    swept: u64,
    unmerged: u64,
    size: u64,
    lines: Vec<Affected>,
    /// As (start of the slice, persons first shown in it).
    slices: Vec<(Timestamp, u64)>,
    bars: Vec<Bar>,
    top: u64,
    bar_width: f64,
}

#[derive(Template)]
#[template(path = "scope.html")]
struct ScopePage {
    w: Localizer,
    form: ScopeForm,
    query: String,
    /// Accounts and organisations for the form.
    names: NameChoices,
    found: Option<ShownScope>,
}

fn found(scoped: ScopeResult) -> ShownScope {
    let unmerged = scoped.unmerged;
    let (persons, sureness) = scoped.counted();
    let answer = scoped.people;
    let slices = slices(&answer.persons);
    let values: Vec<u64> = slices.iter().map(|(_, count)| *count).collect();
    ShownScope {
        persons,
        exposures: answer.exposures,
        bound: sureness.code(),
        unmerged,
        uninspected: answer.quality.uninspected,
        unseen: answer.quality.unseen,
        presumed: answer.quality.presumed,
        swept: answer.quality.swept,
        size: scoped.size,
        bars: bars(&values, CHART_WIDTH, CHART_HEIGHT),
        top: values.iter().copied().max().unwrap_or(0),
        bar_width: (CHART_WIDTH / values.len().max(1) as f64 - 2.0).max(1.0),
        slices,
        lines: answer.persons.into_iter().take(LINES).collect(),
    }
}

/// The time from the first person to the last in equal slices, with the persons first shown in
/// each.
fn slices(persons: &[Affected]) -> Vec<(Timestamp, u64)> {
    let firsts = || persons.iter().map(|one| one.first.secs());
    let (Some(start), Some(end)) = (firsts().min(), firsts().max()) else {
        return Vec::new();
    };
    let step = ((end - start) / SLICES as i64 + 1).max(1);
    let count = ((end - start) / step + 1) as usize;
    let mut counts = vec![0; count];
    for first in firsts() {
        counts[((first - start) / step) as usize] += 1;
    }
    let starts = (0..).map(|place| Timestamp::from_secs(start + place * step));
    starts.zip(counts).collect()
}

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Query(form): Query<ScopeForm>,
) -> PageAnswer {
    scope::may_ask(&actor)?;
    let book = HolderBook::read(&console.app, &actor).await?;
    let scoped = if form.is_empty() {
        None
    } else {
        let question = form.question(&console.zone, &book)?;
        Some(scope::scope(&console.app, &actor, question, EvidenceForm::Shown).await?)
    };
    let w = console.words(&visitor);
    let names = NameChoices::of(&w, &book);
    Ok(page(&ScopePage {
        w,
        query: form.query(),
        form,
        names,
        found: scoped.map(found),
    }))
}

pub(crate) async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Query(form): Query<ScopeForm>,
) -> PageResponse {
    let book = HolderBook::read(&console.app, &actor).await?;
    let question = form.question(&console.zone, &book)?;
    let scoped = scope::scope(&console.app, &actor, question, EvidenceForm::File).await?;
    let w = console.words(&visitor);
    let header = [
        "population",
        "person",
        "first",
        "last",
        "times",
        "categories",
        "entries",
    ];
    let header = header.map(|key| w.coded("column", key));
    let joined = |items: &mut dyn Iterator<Item = String>| items.collect::<Vec<_>>().join(" ");
    let rows = scoped.people.persons.iter().map(|one| {
        vec![
            one.population.to_string(),
            one.person.to_string(),
            one.first.to_string(),
            one.last.to_string(),
            one.times.to_string(),
            joined(&mut one.categories.iter().map(ToString::to_string)),
            joined(&mut one.entries.iter().map(ToString::to_string)),
        ]
    });
    Ok(csv(visitor.language, "scope", &header, rows))
}

/// The list with its proof: `digue scope check` recomputes it.
pub(crate) async fn signed_list(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Query(form): Query<ScopeForm>,
) -> PageResponse {
    let book = HolderBook::read(&console.app, &actor).await?;
    let question = form.question(&console.zone, &book)?;
    let bytes = scope::signed_list(&console.app, &actor, question).await?;
    Ok(kept("scope.ndjson", Media("application/x-ndjson"), bytes))
}

/// The receipt of one entry.
pub(crate) async fn receipt(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path(entry): Path<u64>,
) -> PageResponse {
    let text = scope::receipt(&console.app, &actor, entry).await?;
    Ok(kept(
        &format!("receipt-{entry}.txt"),
        Media("text/plain; charset=utf-8"),
        text.into_bytes(),
    ))
}

/// A file of the journal for tlog clients, without sign-in, if it is published.
pub(crate) async fn published(
    State(console): State<Console>,
    Path(path): Path<String>,
) -> PageResponse {
    let bytes = scope::published(&console.app, &path).await?;
    let (kind, lasts) = match path.as_str() {
        "checkpoint" => ("text/plain; charset=utf-8", "no-cache"),
        // The content of a tile never changes: it can be cached for good.
        _ => (
            "application/octet-stream",
            "public, max-age=604800, immutable",
        ),
    };
    Ok((
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, lasts)],
        bytes,
    )
        .into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn affected(first: i64) -> Affected {
        Affected {
            population: "personnes".parse().unwrap(),
            person: digue_types::PersonRef::parse("P").unwrap(),
            first: Timestamp::from_secs(first),
            last: Timestamp::from_secs(first),
            times: 1,
            categories: Default::default(),
            entries: Vec::new(),
            is_certain: true,
        }
    }

    #[test]
    fn every_person_is_in_one_slice() {
        for firsts in [
            vec![],
            vec![5],
            vec![5, 5, 6],
            (0..1000).map(|n| n * 37).collect(),
        ] {
            let persons: Vec<Affected> = firsts.iter().map(|first| affected(*first)).collect();
            let slices = slices(&persons);
            assert_eq!(
                slices.iter().map(|(_, count)| *count).sum::<u64>(),
                firsts.len() as u64
            );
            assert!(slices.len() <= SLICES as usize + 1);
        }
    }
}
