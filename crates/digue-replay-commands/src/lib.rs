//! Commands that measure detection: `digue replay` on worlds and recorded work, `digue watch` on exposures.

pub mod arguments;
pub mod replay;
mod replay_record;
pub mod watch;
