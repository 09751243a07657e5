//! May this account see these persons now?
