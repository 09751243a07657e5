//! The acts about backups: what a command left is journalled, what has to be done is scheduled, and
//! what weakens them (deletion, snapshots accepted in spite of their signs) needs two persons.

pub mod acceptance;
pub mod backups;
pub mod deletion;
pub mod reports;
pub mod runner;
pub mod schedule;
