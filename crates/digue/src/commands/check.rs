//! `digue check`: every fault of a configuration, with file and line, and of the certificates that
//! it names; and which route answers a request.

use std::path::Path;

use digue_config::Config;
use digue_config::reader::ConfigFault;
use digue_doctor::certificates;
use digue_gateway::path::Segments;
use digue_locales::Value;
use http::{Method, Uri};

use super::loading::loaded;
use crate::cli::RouteProbe;
use crate::commands::doctor;
use digue_terminal::{BAD, GOOD, NOT_RUN, Output};

pub(crate) fn run(out: &Output, file: &Path, probe: Option<&RouteProbe>) -> u8 {
    let Some(config) = loaded(out, file) else {
        return BAD;
    };
    if let Some(probe) = probe {
        return which_route(out, &config, probe);
    }
    let (now, listeners) = (doctor::now(), &config.settings.listeners);
    let readings = certificates::of_listeners(listeners, now);
    let faults: Vec<ConfigFault> = readings
        .iter()
        .flat_map(|reading| reading.faults.clone())
        .collect();
    if !faults.is_empty() {
        out.faults(&faults);
        return BAD;
    }
    out.warnings(&config.warnings);
    readings
        .iter()
        .for_each(|reading| out.warnings(&reading.warnings));
    let routes: usize = config.portals().map(|portal| portal.routes.len()).sum();
    let portals = Value::from(config.maps.len());
    out.say(
        "check-good",
        &[("portals", portals), ("routes", Value::from(routes))],
    );
    GOOD
}

/// Prints the portal and route that the gateway would choose.
fn which_route(out: &Output, config: &Config, probe: &RouteProbe) -> u8 {
    let (Ok(method), Ok(uri)) = (probe.method.parse::<Method>(), probe.url.parse::<Uri>()) else {
        out.complain("check-route-request", &[]);
        return NOT_RUN;
    };
    let host = uri.host().map(str::to_ascii_lowercase);
    let portal = match (&host, &config.maps[..]) {
        (None, [only]) => Some(&only.portal),
        (None, _) => None,
        (Some(host), _) => config.portals().find(|portal| portal.hosts.contains(host)),
    };
    let Some(portal) = portal else {
        out.complain("check-route-no-portal", &[]);
        return BAD;
    };
    // Where the body of a request decides, each of the routes that it may choose.
    let query = uri.query().unwrap_or_default();
    let found = match Segments::parse(uri.path()) {
        Ok(path) => portal.in_question(&method, &path, query),
        Err(_) => Vec::new(),
    };
    if found.is_empty() {
        out.complain(
            "check-route-none",
            &[("portal", Value::from(portal.id.as_str()))],
        );
        return BAD;
    }
    for (route, values) in found {
        out.line(&format!("{}\t{}", portal.id, route.name));
        for (name, value) in values {
            out.line(&format!("{name}\t{value}"));
        }
    }
    GOOD
}
