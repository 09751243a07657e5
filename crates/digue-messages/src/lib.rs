//! Is this message genuine? Reads a pasted or forwarded message without opening it, and compares it
//! with what official senders publish and send.
//!
//! Nothing is fetched, followed, unpacked or rendered, and there is no network: DNS records come
//! from a table that the caller supplies, and a name that is not in it does not exist
//! (docs/decisions/0014). Input is hostile: every limit here is on bytes, parts, depth or messages,
//! and what exceeds one is named as unread.

pub mod domains;
mod links;
pub mod message;
mod outlook;
pub mod proof;
mod quoted;
pub mod read;
pub mod received;
pub mod returned;
mod shape;
pub mod verdict;

pub use message::{
    Mailbox, MessageLink, ReadMessage, SubmissionFault, SubmittedMessage, UnreadKind, UnreadPart,
};
pub use proof::{DnsRecords, Proof};
pub use read::read;
pub use verdict::{MessageVerdict, OfficialSenders, Opinion, Sign, SubmissionWay, judge};
