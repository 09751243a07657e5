//! The servers that Digue needs: portals, identity providers, the mail server. Each is asked what a
//! working day asks.

use std::sync::Arc;
use std::time::Duration;

use digue_gateway::portal::Portal;
use digue_http::body;
use digue_http::client::{ClientError, HttpClient};
use digue_locales::Value;
use digue_mail::RelayFault;
use futures_util::future::join_all;
use http::{Request, header};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::installation::ExaminedInstallation;
use crate::report::{HealthCheck, HealthResult};

const RESOLVED_WITHIN: Duration = Duration::from_secs(5);
const CONNECTED_WITHIN: Duration = Duration::from_secs(5);
const ANSWERED_WITHIN: Duration = Duration::from_secs(15);

/// How far a portal was reached.
enum PortalAnswer {
    /// With this status.
    Answered(u16),
    /// Its name has no address.
    Unresolved(String),
    Unconnected(String),
    /// It accepts connections, and its TLS or HTTP fails.
    Unspoken(ClientError),
    NotAsked(String),
}

pub(crate) async fn portals(installation: Arc<ExaminedInstallation>) -> HealthResult {
    let result = HealthResult::new(HealthCheck::Portals);
    let client = match &installation.client {
        Ok(client) => client,
        Err(cause) => {
            return result.bad(
                "doctor-portals-client",
                &[("cause", Value::from(cause.as_str()))],
            );
        }
    };
    let asked = installation
        .maps
        .iter()
        .map(|map| async move { (&map.portal, ask(&map.portal, client).await) });
    let answers = join_all(asked).await;
    answers
        .into_iter()
        .fold(result, |result, (portal, answer)| {
            judge(result, portal, answer)
        })
}

/// The head of its first page, without a caller's name.
async fn ask(portal: &Portal, client: &HttpClient) -> PortalAnswer {
    let authority = &portal.upstream.authority;
    let addresses = match timeout(RESOLVED_WITHIN, lookup_host(authority)).await {
        Ok(Ok(addresses)) => addresses.collect::<Vec<_>>(),
        Ok(Err(error)) => return PortalAnswer::Unresolved(error.to_string()),
        Err(late) => return PortalAnswer::Unresolved(late.to_string()),
    };
    match timeout(CONNECTED_WITHIN, TcpStream::connect(&addresses[..])).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return PortalAnswer::Unconnected(error.to_string()),
        Err(late) => return PortalAnswer::Unconnected(late.to_string()),
    }
    let scheme = if portal.upstream.is_https {
        "https"
    } else {
        "http"
    };
    let host = portal
        .upstream
        .host
        .as_deref()
        .or(portal.hosts.first().map(String::as_str));
    let request = Request::head(format!("{scheme}://{authority}/"));
    let request = request
        .header(header::HOST, host.unwrap_or(authority))
        .body(body::empty());
    match request {
        Ok(request) => match client.send(request, ANSWERED_WITHIN).await {
            Ok(response) => PortalAnswer::Answered(response.status().as_u16()),
            Err(error) => PortalAnswer::Unspoken(error),
        },
        Err(error) => PortalAnswer::NotAsked(error.to_string()),
    }
}

fn judge(result: HealthResult, portal: &Portal, answer: PortalAnswer) -> HealthResult {
    let values = |cause: String| {
        [
            ("portal", Value::from(portal.id.as_str())),
            ("address", Value::from(portal.upstream.authority.as_str())),
            ("cause", Value::from(cause)),
        ]
    };
    let result = result.looked_at("doctor-portals", &values(String::new()));
    match answer {
        // It answers, and is itself in trouble.
        PortalAnswer::Answered(status) if status >= 500 => {
            result.warning("doctor-portals-failing", &values(status.to_string()))
        }
        // It asks for a sign-in, or knows no such page: it works.
        PortalAnswer::Answered(_) => result,
        PortalAnswer::Unresolved(cause) => result.bad("doctor-portals-unresolved", &values(cause)),
        PortalAnswer::Unconnected(cause) => {
            result.bad("doctor-portals-unconnected", &values(cause))
        }
        PortalAnswer::Unspoken(error)
            if portal.upstream.is_https && error == ClientError::Unreached =>
        {
            result.bad("doctor-portals-tls", &values(error.to_string()))
        }
        PortalAnswer::Unspoken(error) => {
            result.bad("doctor-portals-unspoken", &values(error.to_string()))
        }
        PortalAnswer::NotAsked(cause) => result.unknown("doctor-portals-not-asked", &values(cause)),
    }
}

pub(crate) async fn providers(installation: Arc<ExaminedInstallation>) -> HealthResult {
    let result = HealthResult::new(HealthCheck::Providers);
    let providers = &installation.settings.providers;
    if providers.is_empty() {
        return result.not_applicable("doctor-not-configured");
    }
    let client = match &installation.client {
        Ok(client) => client,
        Err(cause) => {
            return result.bad(
                "doctor-portals-client",
                &[("cause", Value::from(cause.as_str()))],
            );
        }
    };
    let now = installation.now;
    let asked = providers.iter().map(|rules| async move {
        let answer = digue_identity::providers::answers(rules, client, now);
        (rules, timeout(ANSWERED_WITHIN * 2, answer).await)
    });
    let answers = join_all(asked).await;
    answers.into_iter().fold(result, |result, (rules, answer)| {
        let issuer = ("issuer", Value::from(rules.issuer.as_str()));
        let result = result.looked_at("doctor-providers", std::slice::from_ref(&issuer));
        match answer.unwrap_or_else(|late| Err(late.to_string())) {
            Ok(()) => result,
            Err(cause) => result.bad(
                "doctor-providers-away",
                &[issuer, ("cause", Value::from(cause))],
            ),
        }
    })
}

pub(crate) async fn signals(installation: Arc<ExaminedInstallation>) -> HealthResult {
    let result = HealthResult::new(HealthCheck::Signals);
    let streams = &installation.settings.signals.receive;
    if streams.is_empty() {
        return result.not_applicable("doctor-not-configured");
    }
    let client = match &installation.client {
        Ok(client) => client,
        Err(cause) => {
            return result.bad(
                "doctor-portals-client",
                &[("cause", Value::from(cause.as_str()))],
            );
        }
    };
    let asked = streams.iter().map(|rules| async move {
        let answer = digue_shared_signals::answers(rules, client);
        (rules, timeout(ANSWERED_WITHIN * 2, answer).await)
    });
    let answers = join_all(asked).await;
    answers.into_iter().fold(result, |result, (rules, answer)| {
        let named = [
            ("stream", Value::from(rules.name.as_str())),
            ("issuer", Value::from(rules.issuer.as_str())),
        ];
        let result = result.looked_at("doctor-signals", &named);
        match answer.unwrap_or_else(|late| Err(late.to_string())) {
            Ok(()) => result,
            Err(cause) => {
                let [stream, issuer] = named;
                let cause = ("cause", Value::from(cause));
                result.bad("doctor-signals-away", &[stream, issuer, cause])
            }
        }
    })
}

pub(crate) async fn mail(installation: Arc<ExaminedInstallation>) -> HealthResult {
    let result = HealthResult::new(HealthCheck::Mail);
    let Some(settings) = &installation.settings.mail else {
        return result.not_applicable("doctor-mail-none");
    };
    let relay = (
        "relay",
        Value::from(format!("{}:{}", settings.host, settings.port)),
    );
    let result = result.looked_at("doctor-mail", std::slice::from_ref(&relay));
    let fault = match digue_mail::answers(settings).await {
        Ok(()) => return result.looked_at("doctor-mail-answers", &[]),
        Err(fault) => fault,
    };
    let with = |cause: String| [relay.clone(), ("cause", Value::from(cause))];
    match fault {
        RelayFault::Settings(cause) => result.bad("doctor-mail-settings", &with(cause)),
        RelayFault::Refused(code) => result.bad("doctor-mail-refused", &with(code.to_string())),
        RelayFault::TimedOut => result.bad("doctor-mail-late", &with(String::new())),
        RelayFault::NotSmtp => result.bad("doctor-mail-other", &with(String::new())),
        RelayFault::Tls(cause) => result.bad("doctor-mail-tls", &with(cause)),
        RelayFault::Unreached(cause) => result.bad("doctor-mail-away", &with(cause)),
    }
}
