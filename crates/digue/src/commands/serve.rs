//! `digue serve`: runs until a signal stops it.

use std::io::{IsTerminal as _, stdout};
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow};
use digue_access::{Membership, Role};
use digue_administration::printed_key;
use digue_app::Actor;
use digue_cluster::turn::{self, JournalTurn};
use digue_config::Config;
use digue_config::log::LogSettings;
use digue_config::reader::ConfigFault;
use digue_config::server::Settings;
use digue_config::traces::TraceSettings;
use digue_doctor::certificates;
use digue_http::client::HttpClient;
use digue_identity::sign_in;
use digue_locales::Value;
use digue_metrics::service_manager::{ServiceManager, ServiceState};
use digue_telemetry::{TraceTarget, lines};
use digue_types::{AccountId, OrganisationId};
use tokio::signal::unix::{SignalKind, signal};

use super::{doctor, runtime};
use crate::serve::{RunningServer, candidate, start_on};
use crate::tls;
use digue_terminal::{BAD, GOOD, Output, StartPurpose};

pub(crate) fn run(out: &Output, file: &Path) -> u8 {
    let config = match load(file) {
        Ok(config) => config,
        Err(faults) => {
            out.faults(&faults);
            return BAD;
        }
    };
    let served = runtime().map_err(anyhow::Error::from).and_then(|runtime| {
        let served = runtime.block_on(hold(out, file, config));
        if served.is_err() {
            // Nothing that still runs is waited for: a gateway whose turn is over must not go on.
            runtime.shutdown_background();
        }
        served
    });
    match served {
        Ok(()) => GOOD,
        Err(error) => out.failed(&error),
    }
}

/// The configuration, if listeners can be opened with its certificates.
fn load(file: &Path) -> Result<Config, Vec<ConfigFault>> {
    let config = digue_config::load(file)?;
    // Before anything is opened, and before a reload has changed anything.
    let faults = certificates::faults(&config.settings.listeners, doctor::now());
    if faults.is_empty() {
        Ok(config)
    } else {
        Err(faults)
    }
}

async fn hold(out: &Output, file: &Path, config: Config) -> Result<()> {
    // Nothing is said of levels that nobody changed.
    if config.settings.log.is_some() || config.settings.traces.is_some() {
        follow(&config.settings)?;
    }
    // Before anything is opened: from here on a signal stops in good order instead of killing the
    // process.
    let mut stop = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut reload = signal(SignalKind::hangup())?;
    let candidate = candidate(&config.settings, None)?;
    let may_wait = candidate.is_some();
    let manager = ServiceManager::of_environment();
    if may_wait {
        out.say("serve-waits", &[]);
        // A gateway that stands by has started well; a load balancer sees which one listens.
        ready(manager.as_ref());
    }
    let stopped = async {
        tokio::select! {
            _ = stop.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let Some(turn) = JournalTurn::wait(candidate, stopped).await? else {
        out.say("serve-stopping", &[]);
        return Ok(());
    };
    // Read again: it may have waited for weeks.
    let config = if may_wait { again(out, file)? } else { config };
    let host = config.settings.console_host.clone();
    let schemes: Vec<&str> = config
        .settings
        .listeners
        .iter()
        .map(|listener| {
            if listener.tls.is_some() {
                "https"
            } else {
                "http"
            }
        })
        .collect();
    let running = start_on(turn, config, None, StartPurpose::Serving).await?;
    for (address, scheme) in running.addresses.iter().zip(schemes) {
        let values = [
            ("scheme", Value::from(scheme)),
            ("address", Value::from(address.to_string())),
        ];
        out.say("serve-listener", &values);
    }
    invite_first_officer(out, &running, &host).await?;
    // A log is read by more people than the one who keeps the key, and is kept longer.
    if stdout().is_terminal() {
        print_key(out, &running);
    } else if printed_key::printed(&running.app).is_some() {
        out.say("serve-printed-key-elsewhere", &[]);
    }
    out.say("serve-ready", &[]);
    // Told last: whatever waits for Digue sends its requests from now on.
    if !may_wait {
        ready(manager.as_ref());
    }
    loop {
        tokio::select! {
            _ = stop.recv() => break,
            _ = interrupt.recv() => break,
            _ = reload.recv() => take_over(out, &running, file).await,
            // A wider map was granted: the configuration is read again.
            () = running.app.reload_wanted() => take_over(out, &running, file).await,
            // Nothing is finished in good order: what this process remembers is out of date, and
            // the service manager starts it again.
            reason = turn::ended(&running.journal) => {
                return Err(anyhow!(reason).context("this gateway serves no more"));
            }
        }
    }
    out.say("serve-stopping", &[]);
    if let Some(manager) = &manager {
        manager.tell(ServiceState::Stopping);
    }
    let stopped = running.stop().await;
    // It waits for the collector.
    tokio::task::spawn_blocking(lines::finish).await?;
    stopped
}

/// Log lines and traces as the configuration wants them.
fn follow(settings: &Settings) -> Result<()> {
    let target = |traces: &TraceSettings| -> Result<TraceTarget> {
        let roots = tls::authorities(settings.upstream_authorities.as_deref())?;
        Ok(TraceTarget {
            endpoint: traces.endpoint.clone(),
            per_thousand: traces.per_thousand,
            client: HttpClient::new(roots, Duration::from_secs(5)),
        })
    };
    let target = settings.traces.as_ref().map(target).transpose()?;
    Ok(lines::follow(
        settings.log.map(LogSettings::filter),
        target.as_ref(),
    )?)
}

fn ready(manager: Option<&ServiceManager>) {
    if let Some(manager) = manager {
        manager.tell(ServiceState::Ready);
        manager.clone().keep_alive();
    }
}

/// The configuration, once more.
fn again(out: &Output, file: &Path) -> Result<Config> {
    load(file).map_err(|faults| {
        out.faults(&faults);
        anyhow!("the configuration became faulty while this gateway waited")
    })
}

/// Reloads the configuration; one with faults changes nothing.
async fn take_over(out: &Output, running: &RunningServer, file: &Path) {
    match load(file) {
        Err(faults) => {
            out.faults(&faults);
            out.complain("serve-reload-refused", &[]);
        }
        Ok(config) => {
            // Before anything that may fail: more lines may be wanted just for that.
            if let Err(error) = follow(&config.settings) {
                out.failed(&error);
            }
            match running.reload(config).await {
                Ok(()) => out.say("serve-reloaded", &[]),
                Err(error) => {
                    out.failed(&error);
                }
            }
        }
    }
}

/// Again and again until there is a second officer: a lost key must not leave the first one alone
/// for ever.
pub(super) fn print_key(out: &Output, running: &RunningServer) {
    let app = &running.app;
    if let Some(key) = printed_key::printed(app) {
        out.say(
            "serve-printed-key",
            &[
                ("key", Value::from(key)),
                ("url", Value::from(app.console_url())),
            ],
        );
    }
}

/// Without an officer no one could admit anyone: the terminal shows the first link.
async fn invite_first_officer(out: &Output, running: &RunningServer, host: &str) -> Result<()> {
    let app = &running.app;
    let rules = app.gateway().rules();
    if rules
        .directory
        .iter()
        .any(|(_, record)| record.role == Role::Ciso && !record.is_suspended)
    {
        return Ok(());
    }
    // A suspended officer stays suspended: the terminal gets an account of its own.
    let is_free = |name: &String| {
        !rules
            .directory
            .iter()
            .any(|(known, _)| known.as_str() == name)
    };
    let mut names =
        std::iter::once("rssi".to_owned()).chain((2..).map(|number| format!("rssi-{number}")));
    let account = AccountId::parse(&names.find(is_free).expect("there is always a next number"))?;
    let membership = Membership {
        organisation: OrganisationId::parse("operateur")?,
        role: Role::Ciso,
    };
    digue_app::directory::save(app, &Actor::digue(), vec![(account.clone(), membership)]).await?;
    let lasts = Duration::from_hours(1);
    let link = sign_in::issue_link(app, &Actor::digue(), &account, host, lasts).await?;
    let values = [
        ("account", Value::from(account.as_str())),
        ("link", Value::from(link)),
    ];
    out.say("serve-first-admin", &values);
    Ok(())
}
