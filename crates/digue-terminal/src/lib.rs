//! What every command of the command line needs: output in the user's language, input files, a bar.

pub mod input;
mod output;
mod progress;

pub use output::{BAD, GOOD, NOT_RUN, Output};
pub use progress::Progress;
