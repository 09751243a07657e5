-- What lies around a finding, as JSON. Empty for findings of before, of which nobody knows it.
ALTER TABLE findings ADD COLUMN around TEXT NOT NULL DEFAULT ''
