//! What all pages share: who reads, words and numbers in their language, what stands around a page,
//! lists, errors.
//!
//! It knows no page and no route.

pub mod body_storage;
pub mod chart;
pub mod choices;
pub mod device;
pub mod differences;
pub mod done;
pub mod error;
pub mod form;
pub mod frame;
pub mod help;
pub mod holder;
mod menu;
pub mod refill;
pub mod signed_in;
pub mod state;
pub mod table;
pub mod task_counts;
pub mod view;
pub mod visitor;
