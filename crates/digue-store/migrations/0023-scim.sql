-- What the operator's directory says of accounts (SCIM). The account itself is in `accounts`, where it
-- exists: a person of the directory in no group that counts has none.
CREATE TABLE scim_users (
    account TEXT NOT NULL PRIMARY KEY CHECK (account <> ''),
    external_id TEXT UNIQUE CHECK (external_id <> ''),
    document TEXT NOT NULL CHECK (document <> ''),
    is_active BIGINT NOT NULL CHECK (is_active IN (0, 1)),
    is_deleted BIGINT NOT NULL CHECK (is_deleted IN (0, 1)),
    is_closed_by BIGINT NOT NULL CHECK (is_closed_by IN (0, 1)),
    waits TEXT CHECK (waits <> ''),
    waits_since BIGINT,
    asked_by TEXT NOT NULL CHECK (asked_by <> ''),
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    CHECK ((waits IS NULL) = (waits_since IS NULL))
);

CREATE TABLE scim_members (
    group_name TEXT NOT NULL CHECK (group_name <> ''),
    account TEXT NOT NULL REFERENCES scim_users (account),
    PRIMARY KEY (group_name, account)
);
CREATE INDEX scim_members_account ON scim_members (account);

-- When the directory last spoke, and what it changed by itself within a day.
CREATE TABLE scim_state (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    heard_at BIGINT NOT NULL,
    day_from BIGINT,
    day_before BIGINT CHECK (day_before >= 0),
    day_closed BIGINT CHECK (day_closed >= 0),
    day_opened BIGINT CHECK (day_opened >= 0)
);
