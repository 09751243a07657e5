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
