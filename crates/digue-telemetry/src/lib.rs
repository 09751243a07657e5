//! What Digue says of its own work while it runs: log lines, and traces of requests.
//!
//! Neither holds a person, a secret or a body. A trace names the portal, the route of the map, the
//! method, the status, and how long each stage took; never an address, an account or a path.

pub mod lines;
pub mod stages;
mod traces;

pub use traces::{TraceError, TraceTarget};
