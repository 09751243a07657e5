//! `digue inspect`: which persons does this saved response show, by the map of this route?
//!
//! For the author of a map: the same code as the lock's, on a file.

use std::path::Path;

use digue_inspect::inspect;
use digue_locales::Value;

use super::{BAD, GOOD, NOT_RUN, Out};
use crate::cli::SavedResponse;
use crate::config;

pub(crate) fn run(out: &Out, file: &Path, response: &SavedResponse) -> u8 {
    let config = match config::load(file) {
        Ok(config) => config,
        Err(faults) => {
            out.faults(&faults);
            return NOT_RUN;
        }
    };
    let found =
        config.portals.iter().find(|portal| portal.id.as_str() == response.portal).and_then(|portal| {
            let route = portal.routes.iter().find(|route| route.name.as_str() == response.route)?;
            Some((portal, route))
        });
    let Some((portal, route)) = found else {
        out.complain("inspect-no-route", &[]);
        return NOT_RUN;
    };
    let body = match std::fs::read(&response.body) {
        Ok(body) => body,
        Err(error) => {
            out.complain("inspect-no-body", &[("detail", Value::from(error.to_string()))]);
            return NOT_RUN;
        }
    };
    let (kind, coding) = (response.media_type.as_deref(), response.coding.as_str());
    match inspect(&route.response, &portal.kinds, kind, coding, &body, &route.inspect_limits) {
        Ok(identifiers) => {
            for identifier in identifiers {
                out.line(&format!("{}\t{}", portal.kinds[identifier.kind].name, identifier.text));
            }
            GOOD
        }
        Err(why) => {
            out.complain("inspect-unreadable", &[("detail", Value::from(why.to_string()))]);
            BAD
        }
    }
}
