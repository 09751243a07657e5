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
