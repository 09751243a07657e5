CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    organisation TEXT NOT NULL,
    role TEXT NOT NULL,
    suspended BIGINT NOT NULL
);
CREATE TABLE gates (
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    gate TEXT NOT NULL,
    reason TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    PRIMARY KEY (scope, name)
);
CREATE TABLE links (
    token TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    host TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE TABLE sessions (
    token TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    account TEXT NOT NULL,
    organisation TEXT NOT NULL,
    host TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    proved_at BIGINT NOT NULL
);
CREATE TABLE break_glass (
    id TEXT PRIMARY KEY,
    portal TEXT NOT NULL,
    account TEXT NOT NULL,
    justification TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    reviewed_by TEXT NOT NULL,
    reviewed_at BIGINT NOT NULL
);
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
