-- Every table again, with NULL where a value is absent, CHECK for what the readers take, and foreign keys.
--
-- Foreign keys are where a row is a part of another one, or opens an account. There are none from gates,
-- reductions, unconfirmed accounts and attempts, which restrict and must never fail, nor from records of what
-- happened, where an account is a name: Digue itself acts under one that is no account. A list that is empty,
-- a device in `attempts` and the name of the gate of everything are values and stay texts.
--
-- Rows of which the other one is missing are set aside, and a value that no version wrote stops the migration:
-- see `migrate/rebuild.rs`, which runs each INSERT of this file.
CREATE TABLE set_aside (
    number BIGINT NOT NULL PRIMARY KEY,
    origin TEXT NOT NULL CHECK (origin <> ''),
    statement TEXT NOT NULL CHECK (statement <> '')
);

DROP INDEX passkeys_account;
DROP INDEX connections_account;
DROP INDEX findings_at;
DROP INDEX notices_state;
DROP INDEX person_requests_whose;
DROP INDEX person_requests_open;
DROP INDEX identities_account;
DROP INDEX provider_sessions_sid;

ALTER TABLE organisations RENAME TO old_organisations;
ALTER TABLE accounts RENAME TO old_accounts;
ALTER TABLE gates RENAME TO old_gates;
ALTER TABLE links RENAME TO old_links;
ALTER TABLE sessions RENAME TO old_sessions;
ALTER TABLE provider_sessions RENAME TO old_provider_sessions;
ALTER TABLE break_glass RENAME TO old_break_glass;
ALTER TABLE passkeys RENAME TO old_passkeys;
ALTER TABLE passwords RENAME TO old_passwords;
ALTER TABLE recovery_codes RENAME TO old_recovery_codes;
ALTER TABLE attempts RENAME TO old_attempts;
ALTER TABLE identities RENAME TO old_identities;
ALTER TABLE identity_invitations RENAME TO old_identity_invitations;
ALTER TABLE api_keys RENAME TO old_api_keys;
ALTER TABLE granted_keys RENAME TO old_granted_keys;
ALTER TABLE contacts RENAME TO old_contacts;
ALTER TABLE connections RENAME TO old_connections;
ALTER TABLE reductions RENAME TO old_reductions;
ALTER TABLE recoveries RENAME TO old_recoveries;
ALTER TABLE unconfirmed RENAME TO old_unconfirmed;
ALTER TABLE approvals RENAME TO old_approvals;
ALTER TABLE mails RENAME TO old_mails;
ALTER TABLE findings RENAME TO old_findings;
ALTER TABLE incidents RENAME TO old_incidents;
ALTER TABLE incident_entries RENAME TO old_incident_entries;
ALTER TABLE campaigns RENAME TO old_campaigns;
ALTER TABLE notices RENAME TO old_notices;
ALTER TABLE kept_files RENAME TO old_kept_files;
ALTER TABLE records RENAME TO old_records;
ALTER TABLE check_results RENAME TO old_check_results;
ALTER TABLE check_switches RENAME TO old_check_switches;
ALTER TABLE reviews RENAME TO old_reviews;
ALTER TABLE review_lines RENAME TO old_review_lines;
ALTER TABLE message_reports RENAME TO old_message_reports;
ALTER TABLE person_codes RENAME TO old_person_codes;
ALTER TABLE person_requests RENAME TO old_person_requests;
ALTER TABLE person_wishes RENAME TO old_person_wishes;
ALTER TABLE hidden_sights RENAME TO old_hidden_sights;

-- Organisations and accounts.

CREATE TABLE organisations (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    name TEXT NOT NULL,
    email TEXT CHECK (email <> '')
);
INSERT INTO organisations (id, name, email) SELECT id, name, NULLIF(email, '') FROM old_organisations;
-- An organisation exists from its first account on.
INSERT INTO organisations (id, name)
    SELECT DISTINCT organisation, organisation FROM old_accounts
    WHERE organisation NOT IN (SELECT id FROM organisations);

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    organisation TEXT NOT NULL REFERENCES organisations (id),
    role TEXT NOT NULL
        CHECK (role IN ('agent', 'deputy', 'delegate', 'portal-team', 'rssi', 'dpo', 'auditor')),
    suspended BIGINT NOT NULL CHECK (suspended IN (0, 1))
);
INSERT INTO accounts (id, organisation, role, suspended)
    SELECT id, organisation, role, suspended FROM old_accounts;

CREATE TABLE contacts (
    account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    email TEXT NOT NULL CHECK (email <> '')
);
INSERT INTO contacts (account, email) SELECT account, email FROM old_contacts;

-- What restricts.

CREATE TABLE gates (
    scope TEXT NOT NULL CHECK (scope IN ('account', 'organisation', 'portal', 'everything')),
    name TEXT NOT NULL CHECK (name <> '' OR scope = 'everything'),
    gate TEXT NOT NULL CHECK (gate IN ('open', 'caseload-only', 'step-up', 'closed')),
    reason TEXT NOT NULL,
    set_by TEXT NOT NULL CHECK (set_by <> ''),
    set_at BIGINT NOT NULL,
    PRIMARY KEY (scope, name)
);
INSERT INTO gates (scope, name, gate, reason, set_by, set_at)
    SELECT scope, name, gate, reason, set_by, set_at FROM old_gates;

CREATE TABLE reductions (
    account TEXT NOT NULL PRIMARY KEY CHECK (account <> ''),
    percent BIGINT NOT NULL CHECK (percent BETWEEN 0 AND 255),
    until_at BIGINT NOT NULL
);
INSERT INTO reductions (account, percent, until_at) SELECT account, percent, until_at FROM old_reductions;

CREATE TABLE unconfirmed (
    account TEXT NOT NULL PRIMARY KEY CHECK (account <> ''),
    asked_by TEXT CHECK (asked_by <> ''),
    granted_by TEXT CHECK (granted_by <> ''),
    email TEXT CHECK (email <> ''),
    handed_by TEXT NOT NULL,
    invited_at BIGINT CHECK (invited_at <> 0),
    since BIGINT NOT NULL
);
INSERT INTO unconfirmed (account, asked_by, granted_by, email, handed_by, invited_at, since)
    SELECT account, NULLIF(asked_by, ''), NULLIF(granted_by, ''), NULLIF(email, ''), handed_by,
        NULLIF(invited_at, 0), since
    FROM old_unconfirmed;

CREATE TABLE attempts (
    account TEXT NOT NULL CHECK (account <> ''),
    device TEXT NOT NULL,
    failures BIGINT NOT NULL CHECK (failures BETWEEN 0 AND 4294967295),
    failed_at BIGINT CHECK (failed_at <> 0),
    PRIMARY KEY (account, device)
);
INSERT INTO attempts (account, device, failures, failed_at)
    SELECT account, device, failures, NULLIF(failed_at, 0) FROM old_attempts;

-- What opens an account.

CREATE TABLE links (
    token TEXT NOT NULL PRIMARY KEY CHECK (LENGTH(token) = 64),
    account TEXT NOT NULL REFERENCES accounts (id),
    host TEXT NOT NULL CHECK (host <> ''),
    expires_at BIGINT NOT NULL,
    state TEXT CHECK (state <> ''),
    proved_at BIGINT CHECK (proved_at <> 0)
);
INSERT INTO links (token, account, host, expires_at, state, proved_at)
    SELECT token, account, host, expires_at, NULLIF(state, ''), NULLIF(proved_at, 0) FROM old_links;

CREATE TABLE sessions (
    token TEXT NOT NULL PRIMARY KEY CHECK (LENGTH(token) = 64),
    id TEXT NOT NULL UNIQUE CHECK (id <> ''),
    account TEXT NOT NULL REFERENCES accounts (id),
    organisation TEXT NOT NULL CHECK (organisation <> ''),
    host TEXT NOT NULL CHECK (host <> ''),
    opened_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    proved_at BIGINT CHECK (proved_at <> 0),
    ip TEXT CHECK (ip <> ''),
    other_ip TEXT CHECK (other_ip <> ''),
    agent TEXT CHECK (agent <> ''),
    tls TEXT CHECK (tls <> ''),
    device_key TEXT CHECK (device_key <> ''),
    device_cookie TEXT CHECK (LENGTH(device_cookie) = 64),
    device_until BIGINT,
    CHECK ((device_key IS NULL) = (device_cookie IS NULL) AND (device_key IS NULL) = (device_until IS NULL))
);
INSERT INTO sessions (id, token, account, organisation, host, opened_at, seen_at, proved_at, ip, other_ip,
        agent, tls, device_key, device_cookie, device_until)
    SELECT id, token, account, organisation, host, opened_at, seen_at, NULLIF(proved_at, 0), NULLIF(ip, ''),
        NULLIF(other_ip, ''), NULLIF(agent, ''), NULLIF(tls, ''), NULLIF(device_key, ''),
        CASE WHEN device_key = '' THEN NULL ELSE device_cookie END,
        CASE WHEN device_key = '' THEN NULL ELSE device_until END
    FROM old_sessions;

CREATE TABLE provider_sessions (
    session TEXT NOT NULL PRIMARY KEY REFERENCES sessions (id),
    provider TEXT NOT NULL CHECK (provider <> ''),
    identity TEXT NOT NULL CHECK (identity <> ''),
    sid TEXT CHECK (sid <> ''),
    sealed_token TEXT NOT NULL
);
CREATE INDEX provider_sessions_sid ON provider_sessions (sid);
INSERT INTO provider_sessions (session, provider, identity, sid, sealed_token)
    SELECT session, provider, identity, NULLIF(sid, ''), sealed_token FROM old_provider_sessions;

CREATE TABLE passkeys (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    account TEXT NOT NULL REFERENCES accounts (id),
    handle TEXT NOT NULL CHECK (handle <> ''),
    name TEXT NOT NULL,
    credential TEXT NOT NULL,
    counter BIGINT NOT NULL CHECK (counter BETWEEN 0 AND 4294967295),
    backed_up BIGINT NOT NULL CHECK (backed_up IN (0, 1)),
    added_at BIGINT NOT NULL,
    used_at BIGINT CHECK (used_at <> 0)
);
CREATE INDEX passkeys_account ON passkeys (account);
INSERT INTO passkeys (id, account, handle, name, credential, counter, backed_up, added_at, used_at)
    SELECT id, account, handle, name, credential, counter, backed_up, added_at, NULLIF(used_at, 0)
    FROM old_passkeys;

CREATE TABLE passwords (
    account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    hash TEXT NOT NULL CHECK (hash <> ''),
    totp TEXT NOT NULL CHECK (totp <> ''),
    totp_step BIGINT NOT NULL CHECK (totp_step >= 0),
    changed_at BIGINT NOT NULL
);
INSERT INTO passwords (account, hash, totp, totp_step, changed_at)
    SELECT account, hash, totp, totp_step, changed_at FROM old_passwords;

CREATE TABLE recovery_codes (
    account TEXT NOT NULL REFERENCES passwords (account),
    hash TEXT NOT NULL CHECK (LENGTH(hash) = 64),
    PRIMARY KEY (account, hash)
);
INSERT INTO recovery_codes (account, hash) SELECT account, hash FROM old_recovery_codes;

CREATE TABLE identities (
    hash TEXT NOT NULL PRIMARY KEY CHECK (hash <> ''),
    account TEXT NOT NULL REFERENCES accounts (id),
    provider TEXT NOT NULL CHECK (provider <> ''),
    linked_at BIGINT NOT NULL,
    used_at BIGINT CHECK (used_at <> 0)
);
CREATE INDEX identities_account ON identities (account);
INSERT INTO identities (hash, account, provider, linked_at, used_at)
    SELECT hash, account, provider, linked_at, NULLIF(used_at, 0) FROM old_identities;

CREATE TABLE identity_invitations (
    account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    made_by TEXT NOT NULL CHECK (made_by <> ''),
    expires_at BIGINT NOT NULL
);
INSERT INTO identity_invitations (account, made_by, expires_at)
    SELECT account, made_by, expires_at FROM old_identity_invitations;

CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    secret TEXT NOT NULL CHECK (LENGTH(secret) = 64),
    account TEXT NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    thumbprint TEXT NOT NULL CHECK (thumbprint <> ''),
    added_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
INSERT INTO api_keys (id, secret, account, name, thumbprint, added_at, expires_at)
    SELECT id, secret, account, name, thumbprint, added_at, expires_at FROM old_api_keys;

CREATE TABLE granted_keys (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    account TEXT NOT NULL REFERENCES accounts (id),
    thumbprint TEXT NOT NULL CHECK (thumbprint <> ''),
    name TEXT NOT NULL,
    asked_by TEXT NOT NULL CHECK (asked_by <> ''),
    granted_by TEXT NOT NULL CHECK (granted_by <> ''),
    granted_at BIGINT NOT NULL
);
INSERT INTO granted_keys (id, account, thumbprint, name, asked_by, granted_by, granted_at)
    SELECT id, account, thumbprint, name, asked_by, granted_by, granted_at FROM old_granted_keys;

CREATE TABLE connections (
    session TEXT NOT NULL PRIMARY KEY CHECK (session <> ''),
    account TEXT NOT NULL REFERENCES accounts (id),
    at BIGINT NOT NULL,
    host TEXT NOT NULL CHECK (host <> ''),
    ip TEXT CHECK (ip <> ''),
    agent TEXT CHECK (agent <> ''),
    means TEXT NOT NULL CHECK (means <> '')
);
CREATE INDEX connections_account ON connections (account, at);
INSERT INTO connections (session, account, at, host, ip, agent, means)
    SELECT session, account, at, host, NULLIF(ip, ''), NULLIF(agent, ''), means FROM old_connections;

-- What was requested, granted and done.

CREATE TABLE approvals (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    kind TEXT NOT NULL CHECK (kind <> ''),
    subject TEXT NOT NULL CHECK (subject <> ''),
    detail TEXT CHECK (detail <> ''),
    organisation TEXT NOT NULL CHECK (organisation <> ''),
    reason TEXT CHECK (reason <> ''),
    asked_by TEXT NOT NULL CHECK (asked_by <> ''),
    asked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_by TEXT CHECK (decided_by <> ''),
    decided_at BIGINT CHECK (decided_at <> 0),
    -- 0 refused, 1 granted, 2 claimed by somebody who is deciding
    granted BIGINT CHECK (granted IN (0, 1, 2)),
    CHECK ((granted IS NULL) = (decided_by IS NULL) AND (granted IS NULL) = (decided_at IS NULL))
);
INSERT INTO approvals (id, kind, subject, detail, organisation, reason, asked_by, asked_at, expires_at,
        decided_by, decided_at, granted)
    SELECT id, kind, subject, NULLIF(detail, ''), organisation, NULLIF(reason, ''), asked_by, asked_at,
        expires_at, NULLIF(decided_by, ''), NULLIF(decided_at, 0),
        CASE WHEN decided_at = 0 AND granted = 0 THEN NULL ELSE granted END
    FROM old_approvals;

CREATE TABLE recoveries (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    account TEXT NOT NULL CHECK (account <> ''),
    since_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    asked_by TEXT NOT NULL CHECK (asked_by <> ''),
    granted_by TEXT NOT NULL CHECK (granted_by <> ''),
    granted_at BIGINT NOT NULL
);
INSERT INTO recoveries (id, account, since_at, reason, asked_by, granted_by, granted_at)
    SELECT id, account, since_at, reason, asked_by, granted_by, granted_at FROM old_recoveries;

CREATE TABLE break_glass (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    portal TEXT NOT NULL CHECK (portal <> ''),
    account TEXT NOT NULL CHECK (account <> ''),
    justification TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    reviewed_by TEXT CHECK (reviewed_by <> ''),
    reviewed_at BIGINT CHECK (reviewed_at <> 0),
    CHECK ((reviewed_by IS NULL) = (reviewed_at IS NULL))
);
INSERT INTO break_glass (id, portal, account, justification, opened_at, until_at, reviewed_by, reviewed_at)
    SELECT id, portal, account, justification, opened_at, until_at, NULLIF(reviewed_by, ''),
        NULLIF(reviewed_at, 0)
    FROM old_break_glass;

CREATE TABLE mails (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    recipient TEXT NOT NULL CHECK (recipient <> ''),
    kind TEXT NOT NULL CHECK (kind <> ''),
    account TEXT NOT NULL CHECK (account <> ''),
    detail TEXT CHECK (detail <> ''),
    tries BIGINT NOT NULL CHECK (tries BETWEEN 0 AND 4294967295),
    next_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
INSERT INTO mails (id, recipient, kind, account, detail, tries, next_at, expires_at)
    SELECT id, recipient, kind, account, NULLIF(detail, ''), tries, next_at, expires_at FROM old_mails;

-- Detection. `told_at` is gone: each channel has its own time.

CREATE TABLE findings (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    at BIGINT NOT NULL,
    account TEXT CHECK (account <> ''),
    organisation TEXT NOT NULL CHECK (organisation <> ''),
    portal TEXT NOT NULL CHECK (portal <> ''),
    weight TEXT NOT NULL CHECK (weight IN ('alert', 'containment')),
    evidence BIGINT NOT NULL,
    signals TEXT NOT NULL,
    around TEXT CHECK (around <> ''),
    persons BIGINT NOT NULL CHECK (persons BETWEEN 0 AND 4294967295),
    action TEXT NOT NULL CHECK (action IN ('observe', 'lower-budget', 'caseload-only', 'step-up',
        'close-account', 'close-organisation', 'close-portal')),
    intended TEXT NOT NULL CHECK (intended IN ('observe', 'lower-budget', 'caseload-only', 'step-up',
        'close-account', 'close-organisation', 'close-portal')),
    fused BIGINT NOT NULL CHECK (fused IN (0, 1)),
    webhook_at BIGINT CHECK (webhook_at <> 0),
    syslog_at BIGINT CHECK (syslog_at <> 0),
    verdict TEXT CHECK (verdict IN ('theft', 'work')),
    decided_by TEXT CHECK (decided_by <> ''),
    decided_at BIGINT CHECK (decided_at <> 0),
    reason TEXT CHECK (reason <> ''),
    CHECK ((verdict IS NULL) = (decided_by IS NULL) AND (verdict IS NULL) = (decided_at IS NULL))
);
CREATE INDEX findings_at ON findings (at);
INSERT INTO findings (id, at, account, organisation, portal, weight, evidence, signals, around, persons, action,
        intended, fused, webhook_at, syslog_at, verdict, decided_by, decided_at, reason)
    SELECT id, at, NULLIF(account, ''), organisation, portal, weight, evidence, signals, NULLIF(around, ''),
        persons, action, wished, fused, NULLIF(webhook_at, 0), NULLIF(syslog_at, 0), NULLIF(verdict, ''),
        NULLIF(decided_by, ''), NULLIF(decided_at, 0), NULLIF(reason, '')
    FROM old_findings;

-- Incidents, campaigns, notices and files.

CREATE TABLE incidents (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    number BIGINT NOT NULL UNIQUE CHECK (number BETWEEN 1 AND 4294967295),
    opened_at BIGINT NOT NULL,
    journal BIGINT NOT NULL CHECK (journal >= 0)
);
INSERT INTO incidents (id, number, opened_at, journal)
    SELECT id, number, opened_at, journal FROM old_incidents;

CREATE TABLE incident_entries (
    incident TEXT NOT NULL REFERENCES incidents (id),
    number BIGINT NOT NULL CHECK (number BETWEEN 1 AND 4294967295),
    at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    author TEXT NOT NULL CHECK (author <> ''),
    note TEXT NOT NULL,
    PRIMARY KEY (incident, number)
);
INSERT INTO incident_entries (incident, number, at, recorded_at, author, note)
    SELECT incident, number, at, recorded_at, author, note FROM old_incident_entries;

CREATE TABLE campaigns (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    incident TEXT NOT NULL REFERENCES incidents (id),
    version BIGINT NOT NULL CHECK (version BETWEEN 0 AND 4294967295),
    after_version BIGINT CHECK (after_version BETWEEN 1 AND 4294967295),
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL CHECK (made_by <> ''),
    state TEXT NOT NULL CHECK (state IN ('preparing', 'failed', 'ready', 'sending', 'paused', 'ended')),
    language TEXT NOT NULL CHECK (language <> ''),
    subject TEXT NOT NULL,
    blocks TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('csv', 'query')),
    persons BIGINT NOT NULL CHECK (persons >= 0),
    faults TEXT NOT NULL,
    rate BIGINT NOT NULL CHECK (rate BETWEEN 0 AND 4294967295),
    ended_at BIGINT CHECK (ended_at <> 0)
);
INSERT INTO campaigns (id, incident, version, after_version, made_at, made_by, state, language, subject, blocks,
        source, persons, faults, rate, ended_at)
    SELECT id, incident, version, NULLIF(after_version, 0), made_at, made_by, state, language, subject, blocks,
        source, persons, faults, rate, NULLIF(ended_at, 0)
    FROM old_campaigns;

CREATE TABLE notices (
    campaign TEXT NOT NULL REFERENCES campaigns (id),
    number BIGINT NOT NULL CHECK (number BETWEEN 1 AND 4294967295),
    code BIGINT NOT NULL UNIQUE CHECK (code >= 0),
    population TEXT NOT NULL CHECK (population <> ''),
    person TEXT NOT NULL CHECK (person <> ''),
    seen TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('mail', 'letter', 'sms', 'none')),
    destination TEXT CHECK (destination <> ''),
    masked TEXT CHECK (masked <> ''),
    hash TEXT NOT NULL CHECK (hash <> ''),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'uncertain', 'returned',
        'listed', 'exported', 'unreached')),
    at BIGINT NOT NULL,
    detail TEXT CHECK (detail <> ''),
    checks BIGINT NOT NULL CHECK (checks >= 0),
    places TEXT NOT NULL,
    PRIMARY KEY (campaign, number)
);
CREATE INDEX notices_state ON notices (campaign, state, number);
INSERT INTO notices (campaign, number, code, population, person, seen, channel, destination, masked, hash, state,
        at, detail, checks, places)
    SELECT campaign, number, code, population, person, seen, channel, NULLIF(destination, ''),
        NULLIF(masked, ''), hash, state, at, NULLIF(detail, ''), checks, places
    FROM old_notices;

CREATE TABLE kept_files (
    subject TEXT NOT NULL CHECK (subject <> ''),
    hash TEXT NOT NULL CHECK (hash <> ''),
    name TEXT NOT NULL,
    size BIGINT NOT NULL CHECK (size >= 0),
    kept_at BIGINT NOT NULL,
    kept_by TEXT NOT NULL CHECK (kept_by <> ''),
    bytes BYTEA NOT NULL,
    PRIMARY KEY (subject, hash)
);
INSERT INTO kept_files (subject, hash, name, size, kept_at, kept_by, bytes)
    SELECT subject, hash, name, size, kept_at, kept_by, bytes FROM old_kept_files;

-- The ISMS.

CREATE TABLE records (
    kind TEXT NOT NULL CHECK (kind <> ''),
    id TEXT NOT NULL CHECK (id <> ''),
    number BIGINT NOT NULL CHECK (number BETWEEN 1 AND 4294967295),
    at BIGINT NOT NULL,
    author TEXT NOT NULL CHECK (author <> ''),
    is_over BIGINT NOT NULL CHECK (is_over IN (0, 1)),
    content TEXT NOT NULL,
    PRIMARY KEY (kind, id, number)
);
INSERT INTO records (kind, id, number, at, author, is_over, content)
    SELECT kind, id, number, at, author, is_over, content FROM old_records;

CREATE TABLE check_results (
    name TEXT NOT NULL CHECK (name <> ''),
    at BIGINT NOT NULL,
    content TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (name, at)
);
INSERT INTO check_results (name, at, content, hash) SELECT name, at, content, hash FROM old_check_results;

CREATE TABLE check_switches (
    name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
    author TEXT NOT NULL CHECK (author <> ''),
    reason TEXT NOT NULL,
    until BIGINT NOT NULL
);
INSERT INTO check_switches (name, author, reason, until)
    SELECT name, author, reason, until FROM old_check_switches;

CREATE TABLE reviews (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    title TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    opened_by TEXT NOT NULL CHECK (opened_by <> ''),
    due_at BIGINT NOT NULL,
    closed_at BIGINT CHECK (closed_at <> 0)
);
INSERT INTO reviews (id, title, opened_at, opened_by, due_at, closed_at)
    SELECT id, title, opened_at, opened_by, due_at, NULLIF(closed_at, 0) FROM old_reviews;

CREATE TABLE review_lines (
    review TEXT NOT NULL REFERENCES reviews (id),
    account TEXT NOT NULL CHECK (account <> ''),
    organisation TEXT NOT NULL CHECK (organisation <> ''),
    facts TEXT NOT NULL,
    decision TEXT CHECK (decision IN ('keep', 'suspend')),
    decided_by TEXT CHECK (decided_by <> ''),
    decided_at BIGINT CHECK (decided_at <> 0),
    reason TEXT CHECK (reason <> ''),
    PRIMARY KEY (review, account),
    CHECK ((decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL))
);
INSERT INTO review_lines (review, account, organisation, facts, decision, decided_by, decided_at, reason)
    SELECT review, account, organisation, facts, NULLIF(decision, ''), NULLIF(decided_by, ''),
        NULLIF(decided_at, 0), NULLIF(reason, '')
    FROM old_review_lines;

-- The message desk, and the space of persons.

CREATE TABLE message_reports (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    at BIGINT NOT NULL,
    reporter TEXT CHECK (reporter <> ''),
    verdict TEXT NOT NULL CHECK (verdict <> ''),
    signs TEXT NOT NULL,
    look_alikes TEXT NOT NULL,
    published_at BIGINT CHECK (published_at <> 0)
);
INSERT INTO message_reports (id, at, reporter, verdict, signs, look_alikes, published_at)
    SELECT id, at, NULLIF(reporter, ''), verdict, signs, look_alikes, NULLIF(published_at, 0)
    FROM old_message_reports;

CREATE TABLE person_codes (
    hash TEXT NOT NULL PRIMARY KEY CHECK (hash <> ''),
    population TEXT NOT NULL CHECK (population <> ''),
    person TEXT NOT NULL CHECK (person <> ''),
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL CHECK (made_by <> ''),
    expires_at BIGINT NOT NULL,
    used_at BIGINT CHECK (used_at <> 0)
);
INSERT INTO person_codes (hash, population, person, made_at, made_by, expires_at, used_at)
    SELECT hash, population, person, made_at, made_by, expires_at, NULLIF(used_at, 0) FROM old_person_codes;

CREATE TABLE person_requests (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    population TEXT NOT NULL CHECK (population <> ''),
    person TEXT NOT NULL CHECK (person <> ''),
    kind TEXT NOT NULL CHECK (kind <> ''),
    entry BIGINT CHECK (entry > 0),
    account TEXT CHECK (account <> ''),
    text TEXT CHECK (text <> ''),
    opened_at BIGINT NOT NULL,
    extended_at BIGINT CHECK (extended_at <> 0),
    extended_why TEXT CHECK (extended_why <> ''),
    answered_at BIGINT CHECK (answered_at <> 0),
    answered_by TEXT CHECK (answered_by <> ''),
    outcome TEXT CHECK (outcome <> ''),
    answer TEXT CHECK (answer <> ''),
    CHECK ((answered_at IS NULL) = (answered_by IS NULL) AND (answered_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX person_requests_whose ON person_requests (population, person);
CREATE INDEX person_requests_open ON person_requests (kind, answered_at);
INSERT INTO person_requests (id, population, person, kind, entry, account, text, opened_at, extended_at,
        extended_why, answered_at, answered_by, outcome, answer)
    SELECT id, population, person, kind, NULLIF(entry, 0), NULLIF(account, ''), NULLIF(text, ''), opened_at,
        NULLIF(extended_at, 0), NULLIF(extended_why, ''), NULLIF(answered_at, 0), NULLIF(answered_by, ''),
        NULLIF(outcome, ''), NULLIF(answer, '')
    FROM old_person_requests;

CREATE TABLE person_preferences (
    population TEXT NOT NULL CHECK (population <> ''),
    person TEXT NOT NULL CHECK (person <> ''),
    sealed_email TEXT NOT NULL CHECK (sealed_email <> ''),
    language TEXT NOT NULL CHECK (language <> ''),
    first_visits BIGINT NOT NULL CHECK (first_visits IN (0, 1)),
    monthly BIGINT NOT NULL CHECK (monthly IN (0, 1)),
    told_entry BIGINT CHECK (told_entry > 0),
    digest_at BIGINT CHECK (digest_at <> 0),
    PRIMARY KEY (population, person)
);
INSERT INTO person_preferences (population, person, sealed_email, language, first_visits, monthly, told_entry,
        digest_at)
    SELECT population, person, sealed_email, language, first_visits, monthly, NULLIF(told_entry, 0),
        NULLIF(digest_at, 0)
    FROM old_person_wishes;

CREATE TABLE hidden_consultations (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    reach TEXT NOT NULL CHECK (reach <> ''),
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    set_by TEXT NOT NULL CHECK (set_by <> ''),
    set_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    lifted_at BIGINT CHECK (lifted_at <> 0)
);
INSERT INTO hidden_consultations (id, reach, from_at, to_at, reason, set_by, set_at, until_at, lifted_at)
    SELECT id, reach, from_at, to_at, reason, set_by, set_at, until_at, NULLIF(lifted_at, 0)
    FROM old_hidden_sights;

DROP TABLE old_organisations;
DROP TABLE old_accounts;
DROP TABLE old_gates;
DROP TABLE old_links;
DROP TABLE old_sessions;
DROP TABLE old_provider_sessions;
DROP TABLE old_break_glass;
DROP TABLE old_passkeys;
DROP TABLE old_passwords;
DROP TABLE old_recovery_codes;
DROP TABLE old_attempts;
DROP TABLE old_identities;
DROP TABLE old_identity_invitations;
DROP TABLE old_api_keys;
DROP TABLE old_granted_keys;
DROP TABLE old_contacts;
DROP TABLE old_connections;
DROP TABLE old_reductions;
DROP TABLE old_recoveries;
DROP TABLE old_unconfirmed;
DROP TABLE old_approvals;
DROP TABLE old_mails;
DROP TABLE old_findings;
DROP TABLE old_incidents;
DROP TABLE old_incident_entries;
DROP TABLE old_campaigns;
DROP TABLE old_notices;
DROP TABLE old_kept_files;
DROP TABLE old_records;
DROP TABLE old_check_results;
DROP TABLE old_check_switches;
DROP TABLE old_reviews;
DROP TABLE old_review_lines;
DROP TABLE old_message_reports;
DROP TABLE old_person_codes;
DROP TABLE old_person_requests;
DROP TABLE old_person_wishes;
DROP TABLE old_hidden_sights
