//! How a gateway comes to serve: it follows the journal until no other one serves, and holds the lease
//! from then on.

use std::time::Duration;

use digue_journal::disk::Disk;
use digue_journal::note::Signer;
use digue_shared_journal::lease::LeaseTerms;
use digue_shared_journal::log::DatabaseError;
use digue_shared_journal::postgres::PostgresSettings;
use digue_shared_journal::{
    Agreement, ServingGateway, SharedGatewayParts, SharedJournalError, WaitingGateway, WaitingStep,
};

/// Between two looks at the database of a gateway that waits.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A gateway that wants to serve.
pub struct GatewayCandidate {
    pub settings: PostgresSettings,
    pub signer: Signer,
    /// Its name among the gateways, for people.
    pub name: String,
    /// The folder of its copy of the journal.
    pub disk: Disk,
    pub draw: fn(&mut [u8]),
    pub terms: LeaseTerms,
    /// Names and SHA-256 of what all gateways must have alike: the keys that are not in the database.
    pub alike: Vec<(String, [u8; 32])>,
    /// How long it waits for its turn at most; `None` for a gateway that stands by.
    pub gives_up_after: Option<Duration>,
}

/// Why a gateway does not serve, and does not wait either.
#[derive(Debug, thiserror::Error)]
pub enum ServingError {
    #[error(transparent)]
    Shared(#[from] SharedJournalError),
    #[error(
        "`{0}` is not that of the other gateways: copy the folder `keys`, and the master key, from one \
         that has served"
    )]
    OtherKey(String),
    #[error("{0}")]
    GaveUp(String),
}

impl From<DatabaseError> for ServingError {
    fn from(error: DatabaseError) -> Self {
        Self::Shared(error.into())
    }
}

/// Follows until this gateway may serve; `None` when `goes_on` said no before. Blocks its thread,
/// which must not be one of an asynchronous runtime's workers.
///
/// # Errors
/// What waiting does not mend: the database is not fit (it does not replicate, holds no journal, or
/// another one), acknowledged entries were lost, keys differ, or the time is over.
pub fn wait_to_serve(
    candidate: GatewayCandidate,
    goes_on: &dyn Fn() -> bool,
) -> Result<Option<ServingGateway>, ServingError> {
    if candidate.settings.danger_asynchronous {
        tracing::warn!(
            "The journal's database may lose what it acknowledged: danger_asynchronous is set"
        );
    }
    let mut patience = Patience::new(candidate.gives_up_after);
    let Some(mut gateway) = connected(&candidate, &mut patience, goes_on)? else {
        return Ok(None);
    };
    for (name, digest) in &candidate.alike {
        if gateway.agree(name, digest)? == Agreement::Differs {
            return Err(ServingError::OtherKey(name.clone()));
        }
    }
    while goes_on() {
        match gateway.step() {
            Ok(WaitingStep::Ready) => return Ok(Some(gateway.serve()?)),
            Ok(WaitingStep::Waits(holder)) => {
                patience.wait(&format!("gateway `{holder}` serves"))?;
            }
            Ok(WaitingStep::Halted(reason)) => {
                patience.wait(&format!("the journal is halted: {reason}"))?;
            }
            Ok(WaitingStep::CatchingUp) => {
                patience.wait("the last entries of the gateway before are being signed")?;
            }
            // A failover: the server that is promoted may be set to replicate a moment later.
            Err(SharedJournalError::Database(error)) => patience.wait(&error.to_string())?,
            Err(other) => return Err(other.into()),
        }
    }
    gateway.release();
    Ok(None)
}

/// Connects; a database that is not there yet is waited for, one that is not fit is not.
fn connected(
    candidate: &GatewayCandidate,
    patience: &mut Patience,
    goes_on: &dyn Fn() -> bool,
) -> Result<Option<WaitingGateway>, ServingError> {
    while goes_on() {
        let draw = candidate.draw;
        let parts = SharedGatewayParts {
            settings: candidate.settings.clone(),
            signer: candidate.signer.clone(),
            name: candidate.name.clone(),
            terms: candidate.terms,
            draw: Box::new(draw),
        };
        match WaitingGateway::open(parts, candidate.disk.clone()) {
            Ok(gateway) => return Ok(Some(gateway)),
            Err(SharedJournalError::Database(
                error @ (DatabaseError::Unreachable(_) | DatabaseError::NotPrimary(_)),
            )) => patience.wait(&error.to_string())?,
            Err(other) => return Err(other.into()),
        }
    }
    Ok(None)
}

/// Waits between looks, and says why once for each reason.
struct Patience {
    left: Option<u32>,
    said: String,
}

impl Patience {
    fn new(at_most: Option<Duration>) -> Self {
        let turns = |time: Duration| time.as_millis() / LOOK_EVERY.as_millis();
        Self {
            left: at_most.map(|time| u32::try_from(turns(time)).unwrap_or(u32::MAX)),
            said: String::new(),
        }
    }

    fn wait(&mut self, reason: &str) -> Result<(), ServingError> {
        if self.said != reason {
            tracing::info!(reason, "Not serving; waiting for the shared journal");
            reason.clone_into(&mut self.said);
        }
        if let Some(left) = &mut self.left {
            *left = left
                .checked_sub(1)
                .ok_or_else(|| ServingError::GaveUp(reason.to_owned()))?;
        }
        // Nothing unparks this thread: it is a pause.
        std::thread::park_timeout(LOOK_EVERY);
        Ok(())
    }
}
