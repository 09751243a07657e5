//! Security event tokens (RFC 8417) as a language: subjects (RFC 9493), the events of CAEP 1.0 and
//! RISC 1.0, those of the Shared Signals Framework 1.0 about its own streams, and the messages of
//! poll delivery (RFC 8936).
//!
//! The claims of a token in, a typed event out, and back. Signatures, issuers and audiences are
//! checked by the caller before; what an event means for an account belongs to
//! `digue-shared-signals`.
//!
//! Written by hand: no crate for it is kept up, and an event is a dozen of members.

pub mod delivery;
pub mod event;
mod members;
pub mod subject;
pub mod token;

pub use event::SecurityEvent;
pub use members::EventFault;
pub use subject::{EventSubject, SubjectIdentifier};
pub use token::SecurityEventToken;
