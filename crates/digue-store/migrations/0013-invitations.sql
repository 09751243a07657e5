CREATE TABLE unconfirmed (
    account TEXT PRIMARY KEY,
    asked_by TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    email TEXT NOT NULL,
    handed_by TEXT NOT NULL,
    invited_at BIGINT NOT NULL,
    since BIGINT NOT NULL
);
INSERT INTO unconfirmed (account, asked_by, granted_by, email, handed_by, invited_at, since)
    SELECT gates.name,
        COALESCE((SELECT MAX(asked_by) FROM approvals WHERE subject = 'account:' || gates.name AND granted = 1), ''),
        COALESCE((SELECT MAX(decided_by) FROM approvals WHERE subject = 'account:' || gates.name AND granted = 1), ''),
        '', '', 0, gates.set_at
    FROM gates WHERE gates.scope = 'account' AND gates.gate = 'closed' AND gates.reason = 'quarantine';
CREATE TABLE granted_keys (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    thumbprint TEXT NOT NULL,
    name TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    granted_at BIGINT NOT NULL
);
CREATE TABLE identity_invitations (
    account TEXT PRIMARY KEY,
    made_by TEXT NOT NULL,
    expires_at BIGINT NOT NULL
)
