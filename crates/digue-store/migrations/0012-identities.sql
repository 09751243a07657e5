CREATE TABLE identities (
    hash TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    provider TEXT NOT NULL,
    linked_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);
CREATE TABLE provider_sessions (
    session TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    identity TEXT NOT NULL,
    sid TEXT NOT NULL,
    sealed_token TEXT NOT NULL
);
CREATE INDEX identities_account ON identities (account);
CREATE INDEX provider_sessions_sid ON provider_sessions (sid)
