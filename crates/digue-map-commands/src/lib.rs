//! Commands about portal maps: `digue learn`, `digue inspect`.

pub mod arguments;
pub mod inspect;
pub mod learn;
pub mod live_traffic;
