-- What `settings` held, each in a table of its own. `migrate/settings.rs` fills them and drops `settings`.
CREATE TABLE installation (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    caseload_version BIGINT CHECK (caseload_version >= 0),
    digest_at BIGINT,
    journal_head TEXT CHECK (journal_head <> '')
);
CREATE TABLE former_journal_heads (
    suffix TEXT NOT NULL PRIMARY KEY CHECK (suffix <> ''),
    note TEXT NOT NULL CHECK (note <> '')
);
CREATE TABLE replaced_files (
    target TEXT NOT NULL PRIMARY KEY CHECK (target <> ''),
    version BIGINT NOT NULL CHECK (version >= 0)
);
CREATE TABLE file_digests (
    file TEXT NOT NULL CHECK (file <> ''),
    digest TEXT NOT NULL CHECK (LENGTH(digest) = 64),
    PRIMARY KEY (file, digest)
);
CREATE TABLE feeds (
    account TEXT NOT NULL REFERENCES accounts (id),
    target TEXT NOT NULL CHECK (target <> ''),
    per_day BIGINT NOT NULL CHECK (per_day BETWEEN 0 AND 4294967295),
    PRIMARY KEY (account, target)
);
CREATE TABLE feed_loads (
    account TEXT NOT NULL,
    target TEXT NOT NULL,
    at BIGINT NOT NULL,
    readings BIGINT NOT NULL CHECK (readings >= 0),
    PRIMARY KEY (account, target, at),
    FOREIGN KEY (account, target) REFERENCES feeds (account, target)
);
CREATE TABLE rules (
    subject TEXT NOT NULL CHECK (subject <> ''),
    state TEXT NOT NULL CHECK (state IN ('granted', 'wanted')),
    text TEXT NOT NULL,
    PRIMARY KEY (subject, state)
);
-- No foreign key: a cut restricts, and must never fail.
CREATE TABLE identity_cuts (
    account TEXT NOT NULL PRIMARY KEY CHECK (account <> ''),
    cut_at BIGINT NOT NULL,
    lifted BIGINT NOT NULL CHECK (lifted IN (0, 1))
);
CREATE TABLE assessments (
    organisation TEXT NOT NULL PRIMARY KEY REFERENCES organisations (id),
    known_at BIGINT,
    reminded_at BIGINT,
    draft TEXT CHECK (draft <> '')
)
