//! Rules that nobody checks are prose. These are checked.

mod docs;
mod edges;
mod locales;
mod names;
mod repository;
mod sizes;
