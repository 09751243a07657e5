//! Populations, sample portal, attack scenarios.
