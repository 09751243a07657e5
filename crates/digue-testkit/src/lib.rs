//! Clocks, builders, faults; never shipped.
