//! `digue init --small`: the first hour of an organisation without a portal.

use digue_init::SmallOptions;
use digue_terminal::{GOOD, Output};

use super::{runtime, stop_asked};
use crate::serve::RunningServer;

pub(crate) fn run(out: &Output, options: SmallOptions) -> u8 {
    let led = runtime().map_err(anyhow::Error::from).and_then(|runtime| {
        runtime.block_on(digue_init::lead::<RunningServer>(
            out,
            options,
            stop_asked(),
        ))
    });
    match led {
        Ok(()) => GOOD,
        Err(error) => out.failed(&error),
    }
}
