//! Everything Digue can be asked to do.
