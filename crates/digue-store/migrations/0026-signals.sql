-- Events from identity providers (OpenID Shared Signals): each token once, what waits for a person, and
-- how each stream stands.
CREATE TABLE signal_tokens (
    stream TEXT NOT NULL CHECK (stream <> ''),
    token TEXT NOT NULL CHECK (token <> ''),
    event TEXT NOT NULL CHECK (event <> ''),
    subject TEXT NOT NULL CHECK (subject <> ''),
    account TEXT CHECK (account <> ''),
    accounts BIGINT NOT NULL CHECK (accounts >= 0),
    outcome TEXT NOT NULL CHECK (outcome <> ''),
    issued_at BIGINT NOT NULL,
    taken_at BIGINT NOT NULL,
    PRIMARY KEY (stream, token)
);
CREATE INDEX signal_tokens_taken ON signal_tokens (taken_at);

CREATE TABLE signal_waiting (
    account TEXT NOT NULL PRIMARY KEY CHECK (account <> ''),
    "change" TEXT NOT NULL CHECK ("change" IN ('close', 'reopen')),
    stream TEXT NOT NULL CHECK (stream <> ''),
    event TEXT NOT NULL CHECK (event <> ''),
    since BIGINT NOT NULL
);

CREATE TABLE signal_streams (
    name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
    heard_at BIGINT,
    verified_at BIGINT,
    status TEXT NOT NULL CHECK (status IN ('enabled', 'paused', 'disabled')),
    refused BIGINT NOT NULL CHECK (refused >= 0),
    refused_at BIGINT,
    refused_why TEXT CHECK (refused_why <> ''),
    asked_at BIGINT,
    failing_since BIGINT,
    CHECK ((refused_at IS NULL) = (refused_why IS NULL))
);
