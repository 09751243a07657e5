//! Identity: how people prove who they are (passkeys, passwords, providers), how accounts get their first
//! credential, and how they get another after a loss.

mod ceremonies;
pub mod devices;
pub mod invitations;
pub mod keys;
pub mod passkey;
pub mod password;
pub mod person_sessions;
pub mod providers;
pub mod recovery;
pub mod sign_in;
mod state;

pub use state::IdentityState;
