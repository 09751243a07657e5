//! `digue inspect`: which persons does this saved response show, according to the map of this
//! route? With `--har`, which persons do all responses of a recording show?
//!
//! For authors of maps: the same code as in the gateway, applied to a file.

use std::path::Path;

use digue_gateway::Portal;
use digue_identifiers::{ResponseReading, WhyNobody};
use digue_inspect::{Message, inspect};
use digue_locales::Value;

use crate::arguments::{InspectedTraffic, SavedResponse};
use digue_terminal::{BAD, GOOD, NOT_RUN, Output};

pub fn run(out: &Output, file: &Path, portal: &str, what: &InspectedTraffic) -> u8 {
    let config = match digue_config::load(file) {
        Ok(config) => config,
        Err(faults) => {
            out.faults(&faults);
            return NOT_RUN;
        }
    };
    let found = config.portals().find(|known| known.id.as_str() == portal);
    match (found, what) {
        (Some(portal), InspectedTraffic::Har { har, each }) => {
            super::learn::inspect(out, portal, har, each.as_deref())
        }
        (Some(portal), InspectedTraffic::Response(response)) => one_response(out, portal, response),
        (None, _) => {
            out.complain("inspect-no-route", &[]);
            NOT_RUN
        }
    }
}

fn one_response(out: &Output, portal: &Portal, response: &SavedResponse) -> u8 {
    let Some(route) = portal
        .routes
        .iter()
        .find(|route| route.name.as_str() == response.route)
    else {
        out.complain("inspect-no-route", &[]);
        return NOT_RUN;
    };
    let body = match std::fs::read(&response.body) {
        Ok(body) => body,
        Err(error) => {
            out.complain(
                "inspect-no-body",
                &[("detail", Value::from(error.to_string()))],
            );
            return NOT_RUN;
        }
    };
    let message = Message {
        status: response.status,
        content_type: response.media_type.as_deref(),
        content_encoding: &response.coding,
        body: &body,
    };
    match inspect(
        &route.response,
        &portal.kinds,
        &message,
        &route.inspect_limits,
    ) {
        ResponseReading::Persons(shown) => {
            for (identifier, means) in shown.found {
                let kind = &portal.kinds[identifier.kind].name;
                out.line(&format!("{kind}\t{}\t{}", identifier.text, means.code()));
            }
            GOOD
        }
        ResponseReading::ShowsNobody(why) => {
            out.say(why_key(why), &[]);
            GOOD
        }
        ResponseReading::Unreadable(why) => {
            out.unread(&why.detail);
            BAD
        }
    }
}

const fn why_key(why: WhyNobody) -> &'static str {
    match why {
        WhyNobody::EmptyBody => "inspect-nobody-empty-body",
        WhyNobody::Stated => "inspect-nobody-stated",
        WhyNobody::DescribedAsEmpty => "inspect-nobody-described",
        WhyNobody::EmptyTable => "inspect-nobody-table",
        WhyNobody::Status => "inspect-nobody-status",
    }
}
