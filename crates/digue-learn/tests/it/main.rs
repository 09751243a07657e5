//! Learning as a whole, on portals that are made up together with the truth.

mod hold_out;
mod hostile;
mod made;
mod merged;
mod recorded;
