//! Incidents from their first entry to their last, and what must not happen in between.

mod incidents;
