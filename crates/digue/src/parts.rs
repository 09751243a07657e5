//! From the settings to what single parts are built with.

use digue_app::monitor::WatchRules;
use digue_casework::operator::OperatorRules;
use digue_config::portal_map::PortalMap;
use digue_config::server::Settings;
use digue_connections::descriptors;
use digue_gateway::ports::Clock;
use digue_gateway::{GatewayLimits, Portal};
use jiff::tz::TimeZone;

/// The configured limits, as far as the system allows them.
pub(crate) fn gateway_limits(settings: &Settings) -> GatewayLimits {
    let mut limits = settings.limits.gateway;
    let wanted = limits.connections.in_all;
    if let Some(fitting) = descriptors::connections_max().filter(|fitting| *fitting < wanted) {
        tracing::info!(
            wanted,
            fitting,
            "The system allows fewer open files; connections are limited to fit"
        );
        limits.connections.in_all = fitting;
    }
    limits
}

pub(crate) fn portals_of(maps: Vec<PortalMap>) -> Vec<Portal> {
    maps.into_iter().map(|map| map.portal).collect()
}

/// The controller and the legal clocks.
pub(crate) fn response_rules(settings: &Settings, zone: TimeZone) -> OperatorRules {
    let ours = &settings.response;
    OperatorRules {
        zone,
        rules: ours.rules.clone(),
        controller: ours.controller.clone(),
        contacts: ours.contacts.clone(),
        is_insured: ours.is_insured,
        is_nis2: ours.is_nis2,
        security: settings.security.clone(),
    }
}

/// The settings of detection, with the local time of the place where people work.
pub(crate) fn watch_rules(
    settings: &Settings,
    clock: &dyn Clock,
    maps: &[PortalMap],
) -> WatchRules {
    let now = clock.now();
    let (local, _) = clock.local(now);
    let utc = now.secs().rem_euclid(86_400) / 3600;
    // Between -12 and 11 hours, across midnight as well.
    let hours = (local - utc + 36).rem_euclid(24) - 12;
    let populations = |portal: &str| {
        let known = maps.iter().find(|known| known.portal.id.as_str() == portal);
        known.map(|known| known.portal.population.clone())
    };
    let decoys = settings.watch.decoys.iter();
    WatchRules {
        playbook: settings.watch.playbook.clone(),
        bars: settings.watch.bars,
        listed_max: settings.watch.listed_max,
        decoys: decoys
            .filter_map(|decoy| Some((populations(&decoy.portal)?, decoy.person.clone())))
            .collect(),
        day_offset_secs: i32::try_from(hours * 3600).unwrap_or(0),
        batches: settings.watch.batches.clone(),
        work: settings
            .watch
            .work
            .iter()
            .map(|known| (known.portal.clone(), known.work))
            .collect(),
    }
}
