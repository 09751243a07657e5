//! The tables, created once; `docs/reference/shared-journal.md` describes them.
//!
//! In a schema of their own, so that the journal and the state can share one database. Nothing here
//! is UNLOGGED: such rows are gone after a promotion.

/// Written into `journal.version`; another version's tables are refused.
pub(super) const VERSION: i32 = 1;

/// Any number that no other program takes in this database.
pub(super) const LOCK: i64 = 0x6469_6775_656a;

pub(super) const TABLES: &[&str] = &[
    "CREATE SCHEMA IF NOT EXISTS digue_journal",
    // The head: one row, which each batch moves on. `key` is the journal's public key.
    "CREATE TABLE IF NOT EXISTS digue_journal.journal (
        one BOOLEAN PRIMARY KEY CHECK (one), version INTEGER NOT NULL, key TEXT NOT NULL,
        size BIGINT NOT NULL CHECK (size >= 0)) WITH (fillfactor = 50)",
    "CREATE TABLE IF NOT EXISTS digue_journal.batches (
        first BIGINT PRIMARY KEY, count BIGINT NOT NULL CHECK (count > 0),
        id BYTEA NOT NULL UNIQUE, gateway TEXT NOT NULL, entries BYTEA[] NOT NULL,
        CHECK (cardinality(entries) = count))",
    "CREATE TABLE IF NOT EXISTS digue_journal.publication (
        one BOOLEAN PRIMARY KEY CHECK (one), epoch BIGINT NOT NULL, size BIGINT NOT NULL,
        root BYTEA NOT NULL) WITH (fillfactor = 50)",
    "CREATE TABLE IF NOT EXISTS digue_journal.checkpoint (
        one BOOLEAN PRIMARY KEY CHECK (one), size BIGINT NOT NULL, note TEXT NOT NULL)
        WITH (fillfactor = 50)",
    "CREATE TABLE IF NOT EXISTS digue_journal.leases (
        name TEXT PRIMARY KEY, epoch BIGINT NOT NULL, boot BYTEA NOT NULL, holder TEXT NOT NULL,
        ticks BIGINT NOT NULL) WITH (fillfactor = 50)",
    "CREATE TABLE IF NOT EXISTS digue_journal.period_keys (
        number BIGINT PRIMARY KEY, stream TEXT NOT NULL, period TEXT NOT NULL,
        file BYTEA NOT NULL, digest BYTEA NOT NULL, UNIQUE (stream, period))",
    "CREATE TABLE IF NOT EXISTS digue_journal.barrier (
        one BOOLEAN PRIMARY KEY CHECK (one), ticks BIGINT NOT NULL) WITH (fillfactor = 50)",
    "CREATE TABLE IF NOT EXISTS digue_journal.halt (
        one BOOLEAN PRIMARY KEY CHECK (one), reason TEXT NOT NULL,
        at TIMESTAMPTZ NOT NULL DEFAULT now())",
    // What pruning left of the beginning of a journal that came from one machine: its hashes.
    "CREATE TABLE IF NOT EXISTS digue_journal.beginning (
        tile BIGINT PRIMARY KEY, content BYTEA NOT NULL)",
    "CREATE TABLE IF NOT EXISTS digue_journal.pruned (
        one BOOLEAN PRIMARY KEY CHECK (one), note TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS digue_journal.agreements (name TEXT PRIMARY KEY, digest BYTEA NOT NULL)",
    "CREATE TABLE IF NOT EXISTS digue_journal.files (
        path TEXT NOT NULL, part BIGINT NOT NULL, digest BYTEA NOT NULL, content BYTEA NOT NULL,
        PRIMARY KEY (path, part))",
    "INSERT INTO digue_journal.barrier VALUES (true, 0) ON CONFLICT DO NOTHING",
];
