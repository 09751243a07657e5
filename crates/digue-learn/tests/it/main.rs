//! Learning as a whole, on portals that are made up together with the truth.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first fault, and may say what it measured"
)]

mod files;
mod generated;
mod generated_json;
mod generated_measure;
mod generated_others;
mod generated_pages;
mod generated_posts;
mod hold_out;
mod hostile;
mod kinds;
mod made;
mod merged;
mod nobody_seen;
mod others;
mod readings;
mod recorded;
mod recorded_portal;
mod unseen;
