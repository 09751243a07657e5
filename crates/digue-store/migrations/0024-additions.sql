-- Relations that came between two readings of a source: looked up on a miss, or of a person whom the
-- account created at the portal. Kept for a day after they ended, so that a day's number is known.
CREATE TABLE caseload_additions (
    population TEXT NOT NULL CHECK (population <> ''),
    account TEXT NOT NULL CHECK (account <> ''),
    organisation TEXT NOT NULL CHECK (organisation <> ''),
    person TEXT NOT NULL CHECK (person <> ''),
    origin TEXT NOT NULL CHECK (origin IN ('looked-up', 'created')),
    added_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (population, account, person)
);
CREATE INDEX caseload_additions_until ON caseload_additions (until_at);
