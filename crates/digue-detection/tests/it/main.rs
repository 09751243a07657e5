//! The engine as a whole: what it must find, what it must not report, and what must make no difference.

mod laws;
mod learning;
mod signals;
