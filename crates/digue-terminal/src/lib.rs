//! What every command of the command line needs: output in the user's language, input files, a bar,
//! and for crates of their own the program itself.

pub mod input;
mod output;
mod program;
mod progress;
mod qr;
mod server;

pub use output::{BAD, GOOD, NOT_RUN, Output};
pub use program::{CommandEnd, DigueProgram};
pub use progress::Progress;
pub use qr::qr_lines;
pub use server::{StartPurpose, StartedServer};
