-- 1 where the fuse of the automatic closings held the step of a finding back.
ALTER TABLE findings ADD COLUMN fused BIGINT NOT NULL DEFAULT 0
