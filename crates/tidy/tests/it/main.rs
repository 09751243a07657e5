//! Rules that nobody checks are prose. These are checked.

mod docs;
mod edges;
mod facts;
mod locales;
mod matches;
mod modules;
mod names;
mod repository;
mod sizes;
mod tokens;
