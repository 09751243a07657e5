//! Which header fields pass between a client and a portal: of a client's those of a list, of a
//! portal's those that show no person or whose persons were found; the one host of a request; and the
//! signed statement of who sends it.
//!
//! Header fields and rules in, header fields out; it knows neither visits nor caseloads.

pub mod assertion;
pub mod authority;
pub mod proxied;
pub mod request_headers;
pub mod response_headers;
