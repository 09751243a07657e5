//! What requests share, and how much of it each may take: memory for the bodies that are held or
//! copied, time for inspections, requests of one account at once, refusals that become entries of
//! their own, entries that wait for a response that has left.
//!
//! Nothing here knows portals, maps or rules; time is an argument.

pub mod account_requests;
pub mod gaps;
pub mod hold;
pub mod inspection_queue;
pub mod lock;
pub mod pending_entries;
pub mod refusal_counter;
pub mod tee;
