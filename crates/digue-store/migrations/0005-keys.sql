CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    secret TEXT NOT NULL,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    thumbprint TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
)
