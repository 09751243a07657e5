//! The words people read: French first, English complete.
