//! Who saw whom: the rebuildable index over the journal.
