ALTER TABLE sessions ADD COLUMN tls TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN device_key TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN device_cookie TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN device_until BIGINT NOT NULL DEFAULT 0;
CREATE TABLE organisations (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL
);
INSERT INTO organisations (id, name, email) SELECT DISTINCT organisation, organisation, '' FROM accounts;
CREATE TABLE contacts (
    account TEXT PRIMARY KEY,
    email TEXT NOT NULL
);
CREATE TABLE reductions (
    account TEXT PRIMARY KEY,
    percent BIGINT NOT NULL,
    until_at BIGINT NOT NULL
);
CREATE TABLE recoveries (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    since_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    granted_at BIGINT NOT NULL
);
CREATE TABLE connections (
    session TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    at BIGINT NOT NULL,
    host TEXT NOT NULL,
    ip TEXT NOT NULL,
    agent TEXT NOT NULL,
    means TEXT NOT NULL
);
CREATE INDEX connections_account ON connections (account, at);
CREATE TABLE passwords (
    account TEXT PRIMARY KEY,
    hash TEXT NOT NULL,
    totp TEXT NOT NULL,
    totp_step BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE TABLE recovery_codes (
    account TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (account, hash)
);
CREATE TABLE attempts (
    account TEXT NOT NULL,
    device TEXT NOT NULL,
    failures BIGINT NOT NULL,
    failed_at BIGINT NOT NULL,
    PRIMARY KEY (account, device)
);
CREATE TABLE mails (
    id TEXT PRIMARY KEY,
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    detail TEXT NOT NULL,
    tries BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
)
