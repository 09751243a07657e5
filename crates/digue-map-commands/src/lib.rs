//! Commands about portal maps: `digue learn`, `digue inspect`; the files that they share with a running Digue.

pub mod arguments;
pub mod inspect;
pub mod learn;
pub mod live_traffic;
pub mod name_files;
pub mod traffic;
pub mod traffic_listener;
