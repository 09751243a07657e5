//! SCIM 2.0 (RFC 7643, RFC 7644) as a language: schemas, filters, paths, changes, messages.
//!
//! Texts and JSON in, checked values out, with a bound on everything that a client chooses. It
//! knows no account, no store and no connection: what is done with a change belongs to
//! `digue-provisioning`.
//!
//! Written by hand: the crates for it parse filters without a bound on their depth, refuse the paths
//! that directories send (`emails[type eq "work"].value`), or generate their grammar at build time.

mod attribute_names;
pub mod error;
pub mod filter;
pub mod message;
pub mod patch;
pub mod path;
pub mod schema;
pub mod selection;
pub mod value;

pub use error::{ScimError, ScimType};
