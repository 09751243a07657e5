//! Log files as numbered lines, whatever their compression and encoding, and the past requests that
//! access logs hold.
//!
//! Bytes in, lines and fields out; it opens no file. It knows no persons: which of them a past
//! request showed, the portal map and the inspection say.

pub mod access_log;
pub mod lines;
