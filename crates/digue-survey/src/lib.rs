//! What traffic shows of known persons: recorded exchanges in, routes and places with their
//! verdicts out.
//!
//! Exchanges are read one at a time and forgotten: what stays is where known values stood, how
//! often, and in which shape. Places are judged by what was seen at them and by the words around
//! them; what speaks for a verdict is counted.
//!
//! It opens no file and knows no map: which lines follow from a verdict is `digue-learn`'s to say.

pub mod alias;
pub mod body_format;
pub mod body_survey;
pub mod content;
pub mod embedded_json;
mod entity;
pub mod evidence;
pub mod exchange;
pub mod held;
pub mod html_place;
pub mod html_survey;
mod infer;
pub mod json_survey;
pub mod judge;
pub mod known;
pub mod named_persons;
mod names;
pub mod packed_texts;
mod part_names;
pub mod pdf_survey;
mod place_signs;
pub mod portal_survey;
pub mod reading;
mod redirects;
mod repeated;
mod request_words;
pub mod route_judge;
mod routes;
pub mod shape;
pub mod sight;
mod sole_shape;
pub mod survey;
pub mod table_survey;
mod tally;
pub mod traffic;
pub mod value;
pub mod xml_survey;

pub use alias::SeenAlias;
pub use exchange::{BodyGap, Exchange, ExchangeSource, HeldExchange, RecordedBody};
pub use known::KnownPersons;
pub use shape::Telling;
pub use traffic::{SurveyFault, SurveyedTraffic, survey_traffic};
