//! Samples that an auditor draws again from the same seed.

use askama::Template;
use axum::extract::{Query, State};
use digue_app::{Actor, OperationError};
use digue_compliance::isms;
use digue_compliance::isms::audits::{self, Sample};
use digue_isms::kinds::SamplePopulation;
use digue_pages::error::{PageAnswer, PageError, PageResponse};
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::view::{Localizer, csv, page};
use digue_pages::visitor::Visitor;
use serde::Deserialize;

/// What a request asks to draw.
#[derive(Deserialize)]
pub struct SampleForm {
    #[serde(default)]
    population: String,
    #[serde(default)]
    seed: u32,
    #[serde(default)]
    size: u32,
}

impl SampleForm {
    /// The sample; `None` while no population is chosen.
    async fn drawn(&self, console: &Console, actor: &Actor) -> Result<Option<Sample>, PageError> {
        isms::registers(&console.app, actor).await?;
        let Some(of) = SamplePopulation::parse(&self.population) else {
            return Ok(None);
        };
        let size = self.size.clamp(1, 500);
        let drawn = audits::sampled(&console.app, actor, of, u64::from(self.seed), size).await;
        Ok(Some(drawn?))
    }
}

/// One drawn element: where its facts are, its name, and the identifier where that is another one.
struct SampleLine {
    place: String,
    name: String,
    below: String,
}

impl SampleLine {
    fn new(w: &Localizer, of: SamplePopulation, id: &str) -> Self {
        let (place, name) = match of {
            SamplePopulation::Accounts => (format!("/accounts/{id}"), w.person(id)),
            SamplePopulation::Organisations => (format!("/organisations/{id}"), w.organisation(id)),
            SamplePopulation::Approvals => (format!("/approvals?q={}", w.query(id)), id.to_owned()),
            SamplePopulation::BreakGlass => {
                (format!("/break-glass?q={}", w.query(id)), id.to_owned())
            }
            // The search leads from a whole reference to the incident.
            SamplePopulation::Incidents => (format!("/search?q={}", w.query(id)), id.to_owned()),
            SamplePopulation::Measures => (format!("/smsi/registers/measure/{id}"), id.to_owned()),
        };
        let below = if name == id {
            String::new()
        } else {
            id.to_owned()
        };
        Self { place, name, below }
    }
}

fn lines(w: &Localizer, drawn: &Sample) -> Vec<SampleLine> {
    let names = drawn.names.iter();
    names.map(|id| SampleLine::new(w, drawn.of, id)).collect()
}

#[derive(Template)]
#[template(path = "isms_samples.html")]
struct SamplesPage {
    w: Localizer,
    populations: Vec<&'static str>,
    drawn: Option<Sample>,
    lines: Vec<SampleLine>,
    /// The same draw as a file.
    file: String,
    tab: &'static str,
}

/// A sample for an auditor, who stores nothing.
pub async fn samples(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Query(form): Query<SampleForm>,
) -> PageAnswer {
    let drawn = form.drawn(&console, &actor).await?;
    let w = console.words(&visitor);
    let populations = SamplePopulation::ALL.iter().map(|one| one.code()).collect();
    let file = format!(
        "/smsi/samples.csv?population={}&seed={}&size={}",
        w.query(&form.population),
        form.seed,
        form.size
    );
    Ok(page(&SamplesPage {
        populations,
        lines: drawn.iter().flat_map(|drawn| lines(&w, drawn)).collect(),
        drawn,
        file,
        tab: "registers",
        w,
    }))
}

/// The same draw as a file, with what is needed to draw it again.
pub async fn samples_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Query(form): Query<SampleForm>,
) -> PageResponse {
    let Some(drawn) = form.drawn(&console, &actor).await? else {
        return Err(PageError::from(OperationError::NotFound("sample")));
    };
    let w = console.words(&visitor);
    let header = [
        "column-number",
        "column-name",
        "column-record",
        "field-audit-population",
        "field-audit-seed",
        "checks-hash",
    ];
    let header = header.map(|key| w.say(key)).to_vec();
    let rows: Vec<Vec<String>> = lines(&w, &drawn)
        .into_iter()
        .zip(1..)
        .map(|(line, number)| {
            let id = if line.below.is_empty() {
                line.name.clone()
            } else {
                line.below
            };
            vec![
                number.to_string(),
                line.name,
                id,
                w.coded("population", drawn.of.code()),
                drawn.seed.to_string(),
                drawn.hash.clone(),
            ]
        })
        .collect();
    Ok(csv(visitor.language, "sample", &header, rows.into_iter()))
}
