//! HTTP as a client, and what proves things over HTTP: JSON web tokens and proofs that the other
//! side holds a key. Also the text of headers, with every encoding undone. Knows neither portals
//! nor sessions.

pub mod body;
pub mod client;
pub mod cookies;
pub mod header_text;
pub mod jwt;
pub mod possession;
pub mod signing;
