//! Who saw whom: an index over the journal, made from it, fed by it, and thrown away when in doubt.
//!
//! Exact, for a population of a nation and a year of its work: rows of *who was shown whom, when* lie
//! account by account in files that never change, with the places of each person and the distinct
//! persons of each hour beside them; memory holds the persons' dictionary and the directories. It
//! decides nothing: the journal is the truth, and every answer names the entries that prove it.

mod bits;
mod block;
mod index;
mod names;
mod persons;
mod pulse;
mod scope;
mod segment;
mod sets;
mod shelf;
mod view;

pub use index::{Index, Opening};
pub use pulse::{Coverage, Minute, Seen};
pub use scope::{Affected, Answer, Bound, Quality, Question};
pub use segment::IndexError;
pub use shelf::Sizes;
pub use view::{Sight, View};
