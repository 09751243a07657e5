//! Samples that an auditor draws again from the same seed.

use askama::Template;
use axum::extract::{Query, State};
use digue_compliance::isms;
use digue_compliance::isms::audits::{self, Sample};
use digue_isms::kinds::SamplePopulation;
use digue_pages::error::PageAnswer;
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;
use serde::Deserialize;

#[derive(Deserialize)]
pub struct SampleForm {
    #[serde(default)]
    population: String,
    #[serde(default)]
    seed: u32,
    #[serde(default)]
    size: u32,
}

#[derive(Template)]
#[template(path = "isms_samples.html")]
struct SamplesPage {
    w: Localizer,
    populations: Vec<&'static str>,
    drawn: Option<Sample>,
    tab: &'static str,
}

/// A sample for an auditor, who stores nothing.
pub async fn samples(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Query(form): Query<SampleForm>,
) -> PageAnswer {
    isms::registers(&console.app, &actor).await?;
    let drawn = match SamplePopulation::parse(&form.population) {
        Some(of) => {
            let size = form.size.clamp(1, 500);
            let drawn = audits::sampled(&console.app, &actor, of, u64::from(form.seed), size).await;
            Some(drawn?)
        }
        None => None,
    };
    let w = console.words(&visitor);
    let populations = SamplePopulation::ALL.iter().map(|one| one.code()).collect();
    Ok(page(&SamplesPage {
        populations,
        drawn,
        tab: "registers",
        w,
    }))
}
