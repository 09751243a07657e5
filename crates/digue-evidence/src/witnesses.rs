//! Asks witnesses to cosign the journal's checkpoints (C2SP tlog-witness), and raises an alarm when
//! too few do.
//!
//! Entries do not wait for witnesses: an unreachable partner must not close a portal. Meanwhile the
//! part of the journal grows that only this machine vouches for. Its age is shown; beyond
//! `alarm_after` it is an alarm, journalled once when it begins and once when it ends.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use digue_app::{ActDetails, Actor, App, Area, OperationError};
use digue_http::body;
use digue_http::client::HttpClient;
use digue_journal::cosign::{CosignerKey, witnessed_by};
use digue_journal::heads::{HeadContradiction, JournalHead};
use digue_journal::note::Note;
use digue_journal::witness::AddCheckpoint;
use digue_types::{Act, Subject, Timestamp};

/// A witness of this journal.
#[derive(Clone, Debug)]
pub struct WitnessPeer {
    pub key: CosignerKey,
    /// The URL prefix of its requests.
    pub url: String,
}

/// The witnesses, and how many must cosign.
#[derive(Clone, Debug)]
pub struct WitnessRules {
    pub witnesses: Vec<WitnessPeer>,
    /// The number of cosignatures that a checkpoint needs.
    pub quorum: usize,
    /// The interval between two rounds.
    pub every: Duration,
    /// How long the journal may grow without a quorum before the alarm.
    pub alarm_after: Duration,
}

impl Default for WitnessRules {
    fn default() -> Self {
        let (every, alarm_after) = (Duration::from_secs(5), Duration::from_mins(5));
        Self {
            witnesses: Vec::new(),
            quorum: 0,
            every,
            alarm_after,
        }
    }
}

/// The state of the witnesses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WitnessView {
    pub quorum: usize,
    /// The size of the last checkpoint that a quorum cosigned, in entries.
    pub size: u64,
    /// When a quorum last cosigned the current checkpoint.
    pub seen_at: Option<Timestamp>,
    /// The time of the last quorum, while the alarm lasts.
    pub missing_since: Option<Timestamp>,
    /// Each witness: name, time of the last cosignature, last error.
    pub witnesses: Vec<(String, Option<Timestamp>, Option<String>)>,
}

/// The rounds of questions to the witnesses.
pub(crate) struct WitnessRounds {
    rules: WitnessRules,
    client: Option<HttpClient>,
    // A leaf lock, released before each request and before an act is journalled.
    state: Mutex<WitnessPeerState>,
}

#[derive(Default)]
struct WitnessPeerState {
    /// The size that each witness knows, as far as Digue remembers; only saves a question.
    known: HashMap<String, u64>,
    /// Seconds between this clock and the nearest witness's at the last cosignature.
    drift_secs: Option<u64>,
    view: WitnessView,
}

/// The witnesses of the journal, and the checkpoints that they cosigned.
pub fn view(app: &App) -> WitnessView {
    rounds(app).lock().view.clone()
}

/// Seconds between this clock and the nearest witness's at the last cosignature.
pub fn drift_secs(app: &App) -> Option<u64> {
    rounds(app).lock().drift_secs
}

fn rounds(app: &App) -> &WitnessRounds {
    app.area()
}

impl Area for WitnessRounds {}

impl WitnessRounds {
    pub(crate) fn new(rules: WitnessRules, client: Option<HttpClient>, now: Timestamp) -> Self {
        let names = rules
            .witnesses
            .iter()
            .map(|witness| (witness.key.name().to_owned(), None, None));
        let view = WitnessView {
            quorum: rules.quorum,
            // After a start the witnesses have the full `alarm_after` once more.
            seen_at: (rules.quorum > 0).then_some(now),
            witnesses: names.collect(),
            ..WitnessView::default()
        };
        Self {
            rules,
            client,
            state: Mutex::new(WitnessPeerState {
                view,
                ..WitnessPeerState::default()
            }),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, WitnessPeerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The largest answer that is read: more than any answer of the specification.
const ANSWER_BYTES_MAX: usize = 16 << 10;
/// Until the head of an answer, and from there to its end.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(5);

/// One round: asks every witness to cosign the last checkpoint, keeps it when a quorum did, and
/// begins or ends the alarm.
pub async fn ask_all(app: &App) -> Result<(), OperationError> {
    let rounds = rounds(app);
    let Some(client) = rounds
        .client
        .as_ref()
        .filter(|_| !rounds.rules.witnesses.is_empty())
    else {
        return Ok(());
    };
    let unavailable = |error: &dyn ToString| OperationError::Unavailable(error.to_string());
    // The same checkpoint for all: cosignatures of different ones form no quorum.
    let size = app.journal().status().checkpoint_size;
    let (note, _) = app
        .journal()
        .continuation(size)
        .map_err(|error| unavailable(&error))?;
    let text = Note::parse(&note)
        .map_err(|error| unavailable(&error))?
        .text
        .to_owned();
    let own = own_signature(&note, &text);
    let requests = rounds
        .rules
        .witnesses
        .iter()
        .map(|witness| ask(app, client, witness, &note, &text));
    let answers = futures_util::future::join_all(requests).await;
    let now = app.clock().now();
    let mut cosigned = format!("{text}\n{own}");
    {
        let mut state = rounds.lock();
        for ((witness, answer), shown) in rounds
            .rules
            .witnesses
            .iter()
            .zip(answers)
            .zip(0..rounds.rules.witnesses.len())
        {
            let line = &mut state.view.witnesses[shown];
            match answer {
                Ok(signature) => {
                    cosigned.push_str(&signature);
                    (line.1, line.2) = (Some(now), None);
                }
                Err(trouble) => {
                    let trouble = trouble.to_string();
                    tracing::warn!(
                        witness = witness.key.name(),
                        trouble,
                        "No cosignature; asking again"
                    );
                    line.2 = Some(trouble);
                }
            }
        }
    }
    // Verified once more as a whole, as an auditor will read the kept checkpoint.
    let keys: Vec<CosignerKey> = rounds
        .rules
        .witnesses
        .iter()
        .map(|witness| witness.key.clone())
        .collect();
    let seen = witnessed_by(&cosigned, &keys);
    let drift = seen
        .iter()
        .map(|(_, at)| at.secs().abs_diff(now.secs()))
        .min();
    // Outside the quorum's branch: the clock is judged even when too few witnesses answered.
    rounds.lock().drift_secs = drift;
    let seen = seen.len();
    // A quorum of zero is allowed in the configuration; without this check every round would keep a
    // checkpoint that nobody cosigned.
    if seen > 0 && seen >= rounds.rules.quorum {
        app.journal()
            .keep_witnessed(&cosigned)
            .map_err(|error| unavailable(&error))?;
        let mut state = rounds.lock();
        state.view.seen_at = Some(now);
        let head = text.lines().nth(1).and_then(|size| size.parse().ok());
        state.view.size = head.unwrap_or(state.view.size);
    }
    alarm(app, now).await
}

/// The signature line of the journal itself.
fn own_signature(note: &str, text: &str) -> String {
    let lines = note
        .strip_prefix(text)
        .and_then(|rest| rest.strip_prefix('\n'))
        .unwrap_or_default();
    lines
        .lines()
        // The note may hold cosignatures of an earlier round; the journal's own signature is the
        // first.
        .take(1)
        .map(|line| format!("{line}\n"))
        .collect()
}

/// Why a witness did not cosign.
#[derive(Clone, Debug, PartialEq, Eq)]
enum WitnessError {
    /// It has seen more of this journal (`known` entries), or a different one (`None`): the journal
    /// was rolled back or rewritten.
    Contradicts { size: u64, known: Option<u64> },
    /// Any other cause, as text for an administrator.
    Other(String),
}

impl From<String> for WitnessError {
    fn from(words: String) -> Self {
        Self::Other(words)
    }
}

impl std::fmt::Display for WitnessError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Contradicts {
                size,
                known: Some(known),
            } => {
                write!(f, "it knows {known} entries, this journal has {size}")
            }
            Self::Contradicts { .. } => f.write_str("it knows another journal of this size"),
            Self::Other(words) => f.write_str(words),
        }
    }
}

/// Refuses a journal of which a witness has seen more, or another version. Asked at a start before
/// anything is written: a restored older copy must not be continued. Unreachable witnesses do not
/// prevent a start.
pub async fn must_continue(app: &App) -> Result<(), HeadContradiction> {
    let rounds = rounds(app);
    let Some(client) = rounds
        .client
        .as_ref()
        .filter(|_| !rounds.rules.witnesses.is_empty())
    else {
        return Ok(());
    };
    let size = app.journal().status().checkpoint_size;
    let Ok((note, _)) = app.journal().continuation(size) else {
        return Ok(());
    };
    let Ok(text) = Note::parse(&note).map(|parsed| parsed.text.to_owned()) else {
        return Ok(());
    };
    let requests = rounds
        .rules
        .witnesses
        .iter()
        .map(|witness| ask(app, client, witness, &note, &text));
    let answers = futures_util::future::join_all(requests).await;
    for (witness, answer) in rounds.rules.witnesses.iter().zip(answers) {
        // Only a contradiction counts: a witness that is down, slow or wrong must not be able to
        // stop a start.
        let Err(WitnessError::Contradicts { size, known }) = answer else {
            continue;
        };
        let head = JournalHead {
            place: witness.key.name().to_owned(),
            size: known.unwrap_or(size),
            root: None,
        };
        return Err(match known {
            Some(_) => HeadContradiction::Older { size, head },
            None => HeadContradiction::Fork { head },
        });
    }
    Ok(())
}

/// Asks one witness for its cosignature.
async fn ask(
    app: &App,
    client: &HttpClient,
    witness: &WitnessPeer,
    note: &str,
    text: &str,
) -> Result<String, WitnessError> {
    let name = witness.key.name().to_owned();
    let mut old = rounds(app).lock().known.get(&name).copied().unwrap_or(0);
    // A witness that knows another size answers with it (409): the second question starts there.
    for _ in 0..2 {
        let size = text
            .lines()
            .nth(1)
            .and_then(|line| line.parse::<u64>().ok());
        let size = size.ok_or_else(|| "the checkpoint has no size".to_owned())?;
        // A witness may know more entries than this journal has; no proof exists for that, and its
        // 409 says so.
        let proof = app
            .journal()
            .consistency(old.min(size), size)
            .map_err(|error| error.to_string())?;
        let body = AddCheckpoint { old, proof, note }.to_body();
        let (status, answer) = send(client, &witness.url, body).await?;
        match status {
            200 => {
                let with = format!("{note}{answer}");
                // Verified at once: an answer with status 200 is only a claim, and would spoil the
                // checkpoint for the others.
                let seen = witnessed_by(&with, std::slice::from_ref(&witness.key));
                if seen.is_empty() {
                    return Err("its cosignature does not verify".to_owned().into());
                }
                rounds(app).lock().known.insert(name, size);
                return Ok(answer);
            }
            409 => match answer.trim().parse::<u64>() {
                Ok(known) if known > size => {
                    return Err(WitnessError::Contradicts {
                        size,
                        known: Some(known),
                    });
                }
                Ok(known) if known != old => old = known,
                _ => return Err(WitnessError::Contradicts { size, known: None }),
            },
            422 => return Err(WitnessError::Contradicts { size, known: None }),
            status => return Err(format!("status {status}").into()),
        }
    }
    Err("it names a different size at each question"
        .to_owned()
        .into())
}

async fn send(client: &HttpClient, url: &str, body: String) -> Result<(u16, String), String> {
    let request = http::Request::post(format!("{url}/add-checkpoint"))
        .header("content-type", "text/plain; charset=utf-8")
        .body(body::full(body))
        .map_err(|error| error.to_string())?;
    let answer = client
        .send(request, ANSWER_TIME_MAX)
        .await
        .map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    // The limit of the request ends with the head of the answer; a body that trickles needs its
    // own.
    let bytes = tokio::time::timeout(
        ANSWER_TIME_MAX,
        body::collect(answer.into_body(), ANSWER_BYTES_MAX),
    );
    let bytes = bytes
        .await
        .map_err(|_| "its answer does not end".to_owned())?;
    let bytes = bytes.map_err(|error| error.to_string())?;
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
}

/// Begins or ends the alarm; each is journalled once.
async fn alarm(app: &App, now: Timestamp) -> Result<(), OperationError> {
    let (change, since) = {
        let mut state = rounds(app).lock();
        let rules = &rounds(app).rules;
        let seen_at = state.view.seen_at.unwrap_or(now);
        let is_late = rules.quorum > 0 && now.since(seen_at) > rules.alarm_after;
        // Compared with the last state: a round every five seconds must not write an entry each.
        let change = match (is_late, state.view.missing_since.is_some()) {
            (true, false) => Some(Act::WitnessesMissing),
            (false, true) => Some(Act::WitnessesBack),
            _ => None,
        };
        state.view.missing_since = is_late.then(|| state.view.missing_since.unwrap_or(seen_at));
        (change, seen_at)
    };
    let Some(act) = change else { return Ok(()) };
    if act == Act::WitnessesMissing {
        tracing::error!("Too few witnesses cosign the journal; entries are still written");
    }
    let details = ActDetails {
        subject: Subject::Journal,
        before: since.to_string(),
        after: format!("quorum:{}", rounds(app).rules.quorum),
        ..ActDetails::default()
    };
    app.write_down(&Actor::digue(), act, details)
        .await
        .map(drop)
}
