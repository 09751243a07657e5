//! The lock itself.
