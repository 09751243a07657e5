//! The Kairos theft of July 2025, replayed: one training organisation's account, its password
//! stolen by an infostealer, reads everyone it can. Over real HTTP, through the gateway.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::population::Population;

/// What the thief has so far; shared with those who watch the attack.
#[derive(Default)]
pub struct StolenData {
    pub requests: AtomicU64,
    pub refused: AtomicU64,
    /// Distinct persons that the thief requested.
    pub asked: AtomicU64,
    pub is_over: AtomicBool,
    // A leaf.
    persons: Mutex<HashSet<String>>,
}

impl StolenData {
    /// Distinct persons whose number reached the thief.
    pub fn shown(&self) -> u64 {
        self.persons
            .lock()
            .map_or(0, |persons| persons.len() as u64)
    }

    /// Collects everything in a response that looks like a person's number; the thief knows their
    /// shape.
    fn take(&self, body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        // A poisoned lock is left alone: the figures of an attack are no reason to end the
        // demonstration.
        let Ok(mut persons) = self.persons.lock() else {
            return;
        };
        let is_number = |word: &&str| {
            word.len() == 8 && word.is_ascii() && word[..7].bytes().all(|b| b.is_ascii_digit())
        };
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        persons.extend(words.filter(is_number).map(ToOwned::to_owned));
    }
}

/// The thief's tools: an address, the portal's host, a stolen cookie.
pub struct AttackClient {
    pub address: SocketAddr,
    pub host: String,
    pub cookie: String,
    /// Pause between two requests.
    pub pace: Duration,
}

/// The `User-Agent` of the thief's script.
pub const AGENT: &str = "python-requests/2.32";

/// The thief could not attack at all.
#[derive(Debug, thiserror::Error)]
pub enum AttackError {
    #[error("the gateway cannot be reached")]
    Unreachable(#[from] hyper_util::client::legacy::Error),
    #[error("the response was cut off")]
    Cut(#[from] hyper::Error),
    #[error("the request is malformed")]
    Request(#[from] http::Error),
}

/// Lists and exports first, then record by record through exact search; at most `requests_max`
/// requests.
pub async fn kairos(
    thief: &AttackClient,
    population: &Population,
    requests_max: u64,
    stolen: &StolenData,
) -> Result<(), AttackError> {
    let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let result = read_all(thief, &client, population, requests_max, stolen).await;
    // Set also after a failure: the page that watches would otherwise wait for ever.
    stolen.is_over.store(true, Ordering::SeqCst);
    result
}

async fn read_all(
    thief: &AttackClient,
    client: &Client<HttpConnector, Full<Bytes>>,
    population: &Population,
    requests_max: u64,
    stolen: &StolenData,
) -> Result<(), AttackError> {
    let everybody = ["/", "/export.csv?portee=tous", "/export.xlsx?portee=tous"];
    for target in everybody {
        ask(thief, client, target, stolen).await?;
    }
    stolen
        .asked
        .store(population.persons.len() as u64, Ordering::Relaxed);
    for page in 0..20 {
        for target in [
            format!("/recherche?nom=a&page={page}"),
            format!("/api/personnes?nom=e&page={page}"),
        ] {
            ask(thief, client, &target, stolen).await?;
        }
    }
    for person in &population.persons {
        if stolen.requests.load(Ordering::Relaxed) + 2 > requests_max {
            break;
        }
        read_one(thief, client, &person.number, stolen).await?;
    }
    Ok(())
}

/// Searches for a number, and opens the record that is found.
async fn read_one(
    thief: &AttackClient,
    client: &Client<HttpConnector, Full<Bytes>>,
    number: &str,
    stolen: &StolenData,
) -> Result<(), AttackError> {
    let search = format!("/recherche?numero={number}");
    if ask(thief, client, &search, stolen).await? == StatusCode::OK {
        ask(thief, client, &format!("/fiche/{number}"), stolen).await?;
    }
    Ok(())
}

async fn ask(
    thief: &AttackClient,
    client: &Client<HttpConnector, Full<Bytes>>,
    target: &str,
    stolen: &StolenData,
) -> Result<StatusCode, AttackError> {
    let request = Request::builder()
        .uri(format!("http://{}{target}", thief.address))
        .header("host", &thief.host)
        .header("cookie", format!("__Host-digue={}", thief.cookie))
        .header("user-agent", AGENT)
        .body(Full::default())?;
    let response = client.request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    stolen.requests.fetch_add(1, Ordering::Relaxed);
    if status.is_success() {
        stolen.take(&body);
    } else {
        stolen.refused.fetch_add(1, Ordering::Relaxed);
    }
    if !thief.pace.is_zero() {
        tokio::time::sleep(thief.pace).await;
    }
    Ok(status)
}
