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
