//! Traffic and known identifiers in, portal map out.
//!
//! Recorded exchanges are read one at a time and forgotten: what stays is where known values stood, how often, and in
//! which shape. From that come routes and rules, each with the figures that speak for it; each is tried on the same
//! traffic by `digue_inspect` before it is proposed. A proposal is a map that a person reads: what could not be settled
//! is a [`LearntFinding`], never a silence.
//!
//! It opens no file, has no text for people (see [`Wording`]), and decides nothing: no map of it is in force before the
//! binary has read it as any other.

pub mod alias;
mod body_format;
pub mod compare;
pub mod compile;
mod directories;
mod draft;
mod draft_blocks;
mod draft_context;
mod draft_html;
mod draft_json;
mod draft_table;
mod draft_xml;
pub mod emit;
mod entity;
pub mod evidence;
pub mod exchange;
pub mod finding;
pub mod har;
mod held;
mod html_place;
mod html_survey;
mod infer;
mod json_survey;
mod judge;
pub mod known;
pub mod learn;
pub mod merge;
pub mod model;
mod names;
mod portal_survey;
pub mod report;
mod route_judge;
mod routes;
mod shape;
mod sight;
mod survey;
mod table_survey;
mod tally;
mod template;
pub mod traffic;
mod trial;
mod value;
mod xml_survey;

pub use alias::SeenAlias;
pub use compile::{TriedMap, TriedRoute};
pub use exchange::{BodyGap, Exchange, ExchangeSource, HeldExchange, RecordedBody};
pub use finding::LearntFinding;
pub use known::KnownPersons;
pub use learn::{LearnFault, Learnt, learn};
pub use model::{LearntMap, LineReason, MapHeading, Wording};
pub use report::{MapReport, MapReporter, TriedExchange};
pub use shape::Telling;
