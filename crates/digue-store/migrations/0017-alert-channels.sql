-- When each channel had a finding, 0 before, instead of told_at for all of them together.
ALTER TABLE findings ADD COLUMN webhook_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE findings ADD COLUMN syslog_at BIGINT NOT NULL DEFAULT 0;
UPDATE findings SET webhook_at = told_at, syslog_at = told_at
