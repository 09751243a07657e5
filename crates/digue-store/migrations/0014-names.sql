-- After it, names are brought to their canonical spelling by `spellings.rs`: SQL knows no NFKC.
ALTER TABLE sessions ADD COLUMN other_ip TEXT NOT NULL DEFAULT ''
