//! Incidents from their first entry to their last, and what may not happen on the way.

mod incidents;
