//! State in SQLite or PostgreSQL, decided once.
