//! What most commands begin with: the configuration, and one of its portals. Why there is none is
//! reported here.

use std::path::Path;

use digue_config::Config;
use digue_gateway::Portal;
use digue_locales::Value;
use digue_terminal::Output;

/// The configuration; `None` once its faults are reported.
pub(super) fn loaded(out: &Output, file: &Path) -> Option<Config> {
    match digue_config::load(file) {
        Ok(config) => Some(config),
        Err(faults) => {
            out.faults(&faults);
            None
        }
    }
}

/// The portal of this id; `None` once it is reported that there is none.
pub(super) fn portal_named<'c>(out: &Output, config: &'c Config, id: &str) -> Option<&'c Portal> {
    let portal = config.portals().find(|portal| portal.id.as_str() == id);
    if portal.is_none() {
        out.complain(
            "decoys-no-portal",
            &[("portal", Value::from(id.to_owned()))],
        );
    }
    portal
}
