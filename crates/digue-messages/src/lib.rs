//! Is this message genuine? What people paste or forward, read without opening it, compared with what
//! official senders publish and send.
//!
//! Pure: nothing is fetched, followed, unpacked or rendered. Names of the domain system are looked up
//! in a table that the caller brings; a name that is not in it does not exist.

pub mod domains;
mod links;
mod outlook;
pub mod proof;
mod quoted;
pub mod read;
pub mod received;
pub mod returned;
mod shape;
pub mod verdict;

pub use proof::{DnsRecords, Proof};
pub use read::{Mailbox, MessageLink, ReadMessage, SubmissionFault, SubmittedMessage, UnreadPart, read};
pub use shape::UnreadKind;
pub use verdict::{MessageVerdict, OfficialSenders, Opinion, Sign, SubmissionWay, judge};
