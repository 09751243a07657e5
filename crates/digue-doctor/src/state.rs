//! The state: whether the database answers, is of this version, and is whole.

use std::error::Error;
use std::io;
use std::sync::Arc;

use digue_locales::Value;
use digue_store::{SchemaStanding, inspect};

use crate::installation::{ExaminedInstallation, RunState};
use crate::report::{HealthCheck, HealthResult};

pub(crate) async fn examine(installation: Arc<ExaminedInstallation>) -> HealthResult {
    let url = &installation.settings.store_url;
    let place = [("place", Value::from(without_login(url)))];
    let result = HealthResult::new(HealthCheck::State).looked_at("doctor-store", &place);
    let inspected = match inspect(url).await {
        Ok(inspected) => inspected,
        Err(error) => {
            let cause =
                Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            let cause = [("cause", Value::from(cause))];
            return if is_denied(&error) {
                result.unknown("doctor-store-unread", &cause)
            } else {
                result.bad("doctor-store-away", &cause)
            };
        }
    };
    let result = match inspected.schema {
        SchemaStanding::Current => result.looked_at("doctor-store-current", &[]),
        SchemaStanding::Absent if installation.run == RunState::NeverStarted => {
            result.warning("doctor-store-absent", &[])
        }
        SchemaStanding::Absent => match &installation.run {
            RunState::Unknown(cause) => {
                let cause = [("cause", Value::from(cause.as_str()))];
                result.unknown("doctor-store-unread", &cause)
            }
            // There is a journal: the state was there, and is lost.
            RunState::Running | RunState::Stopped | RunState::NeverStarted => {
                result.bad("doctor-store-lost", &[])
            }
        },
        SchemaStanding::NotOurs => result.bad("doctor-store-not-ours", &[]),
        SchemaStanding::Behind { missing } => {
            result.warning("doctor-store-behind", &[("missing", Value::from(missing))])
        }
        SchemaStanding::Newer => result.bad("doctor-store-newer", &[]),
    };
    match inspected.damage {
        Some(damage) => result.bad("doctor-store-damaged", &[("damage", Value::from(damage))]),
        None => result,
    }
}

/// Whether this user may not look at it, which says nothing about it.
fn is_denied(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let denied = error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied);
        if denied {
            return true;
        }
        next = error.source();
    }
    false
}

/// The address of a database without the name and password in it.
fn without_login(url: &str) -> String {
    let url = url.split('?').next().unwrap_or(url);
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_login() {
        for (url, shown) in [
            (
                "postgres://digue:p@ss@db.test:5432/digue?sslmode=require",
                "postgres://db.test:5432/digue",
            ),
            (
                "postgres://db.test/digue?password=secret",
                "postgres://db.test/digue",
            ),
            ("sqlite:data/state.db", "sqlite:data/state.db"),
            ("sqlite:/srv/a@b/state.db", "sqlite:/srv/a@b/state.db"),
        ] {
            assert_eq!(without_login(url), shown);
        }
    }
}
