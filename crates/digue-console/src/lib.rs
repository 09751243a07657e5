//! Pages and HTTP API; no rules.
