//! Operations of all areas together, with the gateway and the journal: tests alone (`tests/it`),
//! never shipped.
