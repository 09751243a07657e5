//! A refusal, worded so that its reader can act: a page for people, a fragment for pages that replace
//! parts of themselves, a problem document for programs, with a page that a person can open.
//!
//! Which request is refused and why, others decide; what is written here is what they say.

mod explained;
mod form;
mod page;
mod refusal;

pub use explained::EXPLANATION_PATH;
pub use form::{RefusalForm, language_of, wants_page};
pub use refusal::{NAMED_MAX, NamedPersons, RECEIPT, Refusal, WaysOn};
