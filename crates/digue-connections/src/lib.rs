//! Connections of clients: how many there may be, how fast they must be, whose they are, and the
//! fingerprint of their TLS stack.
//!
//! Nothing here knows portals, accounts or the journal.

pub mod activity;
pub mod client_address;
pub mod descriptors;
pub mod facts;
pub mod ja4;
pub mod paced;
pub mod table;
