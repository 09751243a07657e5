//! `digue decoys`: draws fictitious persons, whom the portal team then creates.

use std::collections::HashSet;

use anyhow::{Context as _, Result};
use digue_administration::decoys;
use digue_app::OperationError;
use digue_config::Config;
use digue_locales::{Value, text};

use super::loading::{loaded, portal_named};
use crate::cli::DecoysArguments;
use digue_terminal::{BAD, GOOD, NOT_RUN, Output};

pub(super) fn run(out: &Output, arguments: &DecoysArguments) -> u8 {
    let Some(config) = loaded(out, &arguments.config) else {
        return NOT_RUN;
    };
    let Some(portal) = portal_named(out, &config, &arguments.portal) else {
        return NOT_RUN;
    };
    let known = match known(&config, portal.population.as_str()) {
        Ok(known) => known,
        Err(error) => return out.failed(&error),
    };
    match decoys::draw(portal, &arguments.like, arguments.count, &|person| {
        known.contains(person)
    }) {
        Ok(drawn) => {
            out.line("portal,person");
            drawn
                .iter()
                .for_each(|person| out.line(&format!("{},{person}", portal.id)));
            out.complain("decoys-drawn", &[("count", Value::from(drawn.len()))]);
            GOOD
        }
        Err(error) => {
            let detail = match error {
                OperationError::Invalid(key) => text(out.language, key),
                other => other.to_string(),
            };
            out.complain("decoys-none", &[("detail", Value::from(detail))]);
            BAD
        }
    }
}

/// Identifiers in the caseloads in force, and earlier decoys.
fn known(config: &Config, population: &str) -> Result<HashSet<String>> {
    let settings = &config.settings;
    let earlier = settings.watch.decoys.iter();
    let mut known: HashSet<String> = earlier.map(|decoy| decoy.person.clone()).collect();
    let caseloads = settings.data_folder.join("caseloads");
    let path = caseloads.join(format!("{population}.csv"));
    match std::fs::read_to_string(&path) {
        // Every cell: it does not matter here which column has the persons.
        Ok(text) => known.extend(
            text.split([',', '\n', '\r'])
                .map(|cell| cell.trim().to_owned()),
        ),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    }
    Ok(known)
}
