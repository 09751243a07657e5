//! Traffic and known identifiers in, portal map out.
//!
//! From what `digue_survey` saw come routes and rules, each with the figures that speak for it;
//! each is tried on the same traffic by `digue_inspect` before it is proposed. A proposal is a map
//! that a person reads: what could not be settled is a [`LearntFinding`], never a silence.
//!
//! It opens no file, has no text for people (see [`Wording`]), and decides nothing: no map of it is
//! in force before the binary has read it as any other.

pub mod compare;
pub mod compile;
mod directories;
mod draft;
mod draft_blocks;
mod draft_context;
mod draft_embedded;
mod draft_html;
mod draft_json;
mod draft_parameters;
mod draft_parts;
mod draft_requests;
mod draft_table;
mod draft_xml;
pub mod emit;
mod exact_sweep;
pub mod features;
pub mod finding;
pub mod journal_tally;
pub mod learn;
pub mod merge;
pub mod model;
pub mod report;
mod shape_watch;
pub mod traffic_tally;
mod trial;

pub use compile::{TriedMap, TriedRoute};
pub use finding::LearntFinding;
pub use learn::{LearnFault, Learnt, learn};
pub use model::{LearntMap, LineReason, MapHeading, Wording};
pub use report::{MapReport, MapReporter, TriedExchange};
