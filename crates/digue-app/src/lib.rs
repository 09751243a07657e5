//! What every operation works with: the store, the journal, the clock, the actor, errors, and how
//! an act becomes durable.
//!
//! It knows no area of operations. Areas keep their state here by type (`Areas`) and follow acts by
//! subscribing (`ActSubscriber`).

pub mod act_contents;
mod actor;
mod acts;
pub mod alias_tables;
mod app;
mod areas;
pub mod attachments;
mod blocking;
pub mod canonical;
pub mod class_sights;
pub mod clock;
pub mod closings;
pub mod csv_file;
pub mod directory;
mod error;
pub mod files;
mod first_state;
pub mod found;
pub mod gaps;
pub mod gates;
pub mod identity_cuts;
pub mod indexing;
pub mod kept_files;
pub mod monitor;
pub mod names;
pub mod quotas;
pub mod recorder;
pub mod secret;
pub mod sessions;
pub mod signals;
mod unconfirmed;

use std::sync::Arc;

use digue_store::Store;

use crate::acts::Subscribers;
use crate::alias_tables::AliasTables;
use crate::blocking::BlockingWork;
use crate::directory::AccountSaveLock;
use crate::kept_files::UnfinishedFiles;
use crate::sessions::SessionChanges;
use crate::unconfirmed::UnconfirmedAccounts;

pub use actor::{Actor, console_role, require};
pub use acts::{ActDetails, ActSubscriber, CommittedAct};
pub use app::{App, AppParts};
pub use areas::{Area, Areas};
pub use error::{LineFault, OperationError};

/// The areas of the app itself, to which each area of operations adds its own. The subscribers are
/// called with each act once it is durable, in this order.
///
/// # Errors
/// `Unavailable` when the store cannot be read.
pub async fn areas(
    store: &Store,
    aliases: Arc<AliasTables>,
    subscribers: Vec<Box<dyn ActSubscriber>>,
) -> Result<Areas, OperationError> {
    let unconfirmed = UnconfirmedAccounts::new(store.unconfirmed().await?);
    let areas = Areas::default().with(aliases).with(unconfirmed);
    Ok(areas
        .with(UnfinishedFiles::default())
        .with(Subscribers(subscribers))
        .with(AccountSaveLock::default())
        .with(SessionChanges::default())
        .with(BlockingWork::default()))
}
