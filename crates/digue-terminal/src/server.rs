//! A running Digue, for commands that live in crates of their own.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use digue_app::App;

use crate::Output;

/// What the parts are started for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StartPurpose {
    Serving,
    /// An act at the terminal. Nothing periodic runs beside it: it must not wait for a database that
    /// does not answer, nor judge checks and backups with half of the parts.
    OneAct,
}

/// A running Digue, as the command line starts and stops it.
pub trait StartedServer: Sized {
    fn app(&self) -> &Arc<App>;

    /// Starts one on the configuration of a folder; without listeners for one act.
    fn start_on(
        out: &Output,
        home: &Path,
        purpose: StartPurpose,
    ) -> impl Future<Output = Result<Self>>;

    /// Stops it; its journal is signed to the last entry then.
    fn stop(self) -> impl Future<Output = Result<()>>;
}
