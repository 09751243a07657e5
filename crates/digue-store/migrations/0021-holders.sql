-- Who holds an account, as people find them. The address stays in `contacts`, which mail reads.

CREATE TABLE holders (
    account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    name TEXT NOT NULL CHECK (name <> ''),
    job TEXT,
    telephone TEXT,
    written_by TEXT NOT NULL,
    written_at BIGINT NOT NULL
);
