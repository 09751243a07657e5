//! `digue check`: every fault of a configuration, with file and line.

use std::path::Path;

use digue_locales::Value;

use super::{BAD, GOOD, Out};
use crate::config;

pub(crate) fn run(out: &Out, file: &Path) -> u8 {
    match config::load(file) {
        Ok(config) => {
            let routes: usize = config.portals.iter().map(|portal| portal.routes.len()).sum();
            let portals = Value::from(config.portals.len());
            out.say("check-good", &[("portals", portals), ("routes", Value::from(routes))]);
            GOOD
        }
        Err(faults) => {
            out.faults(&faults);
            BAD
        }
    }
}
