-- The role of the management. The column is made again in place: a table that others refer to is not
-- rebuilt for one word, and neither database changes a CHECK. No row ever takes the default, which a
-- column that is added must have.
ALTER TABLE accounts ADD COLUMN next_role TEXT NOT NULL DEFAULT 'agent'
    CHECK (next_role IN ('agent', 'deputy', 'delegate', 'portal-team', 'rssi', 'dpo', 'auditor', 'direction'));
UPDATE accounts SET next_role = role;
ALTER TABLE accounts DROP COLUMN role;
ALTER TABLE accounts RENAME COLUMN next_role TO role;

-- Which alerts about a legal deadline were sent, so that each is sent once.
CREATE TABLE deadline_alerts (
    incident TEXT NOT NULL CHECK (incident <> ''),
    duty TEXT NOT NULL CHECK (duty <> ''),
    percent BIGINT NOT NULL CHECK (percent BETWEEN 1 AND 100),
    PRIMARY KEY (incident, duty, percent)
);
