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
