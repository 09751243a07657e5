//! Is this message genuine? What people paste or forward, read without opening it, compared with what
//! official senders publish and send.
//!
//! Pure: nothing is fetched, followed, unpacked or rendered. Names of the domain system are looked up
//! in a table that the caller brings; a name that is not in it does not exist.

pub mod domains;
pub mod proof;
pub mod read;
pub mod returned;
pub mod verdict;

pub use proof::{Proof, Records};
pub use read::{Link, Read, read};
pub use verdict::{Known, Opinion, Sign, Verdict, judge};
