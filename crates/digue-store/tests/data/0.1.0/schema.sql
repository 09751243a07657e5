-- The schema of version 0.1.0, as its twelve migrations left it. Never changed: it is what installations have.
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
)
;
CREATE TABLE passkeys (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    handle TEXT NOT NULL,
    name TEXT NOT NULL,
    credential TEXT NOT NULL,
    counter BIGINT NOT NULL,
    backed_up BIGINT NOT NULL,
    added_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);
CREATE INDEX passkeys_account ON passkeys (account);
ALTER TABLE links ADD COLUMN state TEXT NOT NULL DEFAULT '';
ALTER TABLE links ADD COLUMN proved_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN ip TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT ''
;
CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    organisation TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    granted BIGINT NOT NULL
)
;
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
;
CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    secret TEXT NOT NULL,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    thumbprint TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
)
;
CREATE TABLE findings (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    account TEXT NOT NULL,
    organisation TEXT NOT NULL,
    portal TEXT NOT NULL,
    weight TEXT NOT NULL,
    evidence BIGINT NOT NULL,
    signals TEXT NOT NULL,
    persons BIGINT NOT NULL,
    action TEXT NOT NULL,
    wished TEXT NOT NULL,
    told_at BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX findings_at ON findings (at)
;
CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    opened_at BIGINT NOT NULL,
    journal BIGINT NOT NULL
);
CREATE TABLE incident_entries (
    incident TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    author TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (incident, number)
)
;
CREATE TABLE campaigns (
    id TEXT PRIMARY KEY,
    incident TEXT NOT NULL,
    version BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    state TEXT NOT NULL,
    language TEXT NOT NULL,
    subject TEXT NOT NULL,
    blocks TEXT NOT NULL,
    rate BIGINT NOT NULL,
    ended_at BIGINT NOT NULL
);
CREATE TABLE notices (
    campaign TEXT NOT NULL,
    number BIGINT NOT NULL,
    code BIGINT NOT NULL UNIQUE,
    population TEXT NOT NULL,
    person TEXT NOT NULL,
    seen TEXT NOT NULL,
    channel TEXT NOT NULL,
    destination TEXT NOT NULL,
    masked TEXT NOT NULL,
    hash TEXT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    detail TEXT NOT NULL,
    checks BIGINT NOT NULL,
    places TEXT NOT NULL,
    PRIMARY KEY (campaign, number)
);
CREATE INDEX notices_state ON notices (campaign, state, number)
;
ALTER TABLE campaigns ADD COLUMN after_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE campaigns ADD COLUMN source TEXT NOT NULL DEFAULT 'csv';
ALTER TABLE campaigns ADD COLUMN persons BIGINT NOT NULL DEFAULT 0;
ALTER TABLE campaigns ADD COLUMN faults TEXT NOT NULL DEFAULT '[]';
CREATE TABLE kept_files (
    subject TEXT NOT NULL,
    hash TEXT NOT NULL,
    name TEXT NOT NULL,
    size BIGINT NOT NULL,
    kept_at BIGINT NOT NULL,
    kept_by TEXT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (subject, hash)
)
;
CREATE TABLE records (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    author TEXT NOT NULL,
    is_over BIGINT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (kind, id, number)
);
CREATE TABLE check_results (
    name TEXT NOT NULL,
    at BIGINT NOT NULL,
    content TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (name, at)
);
CREATE TABLE check_switches (
    name TEXT PRIMARY KEY,
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    until BIGINT NOT NULL
);
CREATE TABLE reviews (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    opened_by TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL
);
CREATE TABLE review_lines (
    review TEXT NOT NULL,
    account TEXT NOT NULL,
    organisation TEXT NOT NULL,
    facts TEXT NOT NULL,
    decision TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (review, account)
)
;
CREATE TABLE message_reports (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    reporter TEXT NOT NULL,
    verdict TEXT NOT NULL,
    signs TEXT NOT NULL,
    look_alikes TEXT NOT NULL,
    published_at BIGINT NOT NULL
);
CREATE TABLE person_codes (
    hash TEXT PRIMARY KEY,
    population TEXT NOT NULL,
    person TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);
CREATE TABLE person_requests (
    id TEXT PRIMARY KEY,
    population TEXT NOT NULL,
    person TEXT NOT NULL,
    kind TEXT NOT NULL,
    entry BIGINT NOT NULL,
    account TEXT NOT NULL,
    text TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    extended_at BIGINT NOT NULL,
    extended_why TEXT NOT NULL,
    answered_at BIGINT NOT NULL,
    answered_by TEXT NOT NULL,
    outcome TEXT NOT NULL,
    answer TEXT NOT NULL
);
CREATE TABLE person_wishes (
    population TEXT NOT NULL,
    person TEXT NOT NULL,
    sealed_email TEXT NOT NULL,
    language TEXT NOT NULL,
    first_visits BIGINT NOT NULL,
    monthly BIGINT NOT NULL,
    told_entry BIGINT NOT NULL,
    digest_at BIGINT NOT NULL,
    PRIMARY KEY (population, person)
);
CREATE TABLE hidden_sights (
    id TEXT PRIMARY KEY,
    reach TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    lifted_at BIGINT NOT NULL
);
CREATE INDEX person_requests_whose ON person_requests (population, person);
CREATE INDEX person_requests_open ON person_requests (kind, answered_at)
;
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
;
CREATE TABLE migrations (number BIGINT PRIMARY KEY);
INSERT INTO migrations (number) VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12)
