-- What became of each source of `[[sources]]`: when it was read, and what waits for a person.
CREATE TABLE sources (
    name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
    read_at BIGINT NOT NULL,
    good_at BIGINT,
    "rows" BIGINT CHECK ("rows" >= 0),
    fault TEXT CHECK (fault <> ''),
    fault_line BIGINT CHECK (fault_line >= 0),
    loaded_digest TEXT CHECK (LENGTH(loaded_digest) = 64),
    loaded_at BIGINT,
    day_from BIGINT,
    day_before BIGINT CHECK (day_before >= 0),
    day_removed BIGINT CHECK (day_removed >= 0),
    day_added BIGINT CHECK (day_added >= 0),
    held_digest TEXT CHECK (LENGTH(held_digest) = 64),
    held_at BIGINT,
    held_rows BIGINT CHECK (held_rows >= 0),
    held_removed BIGINT CHECK (held_removed >= 0),
    held_added BIGINT CHECK (held_added >= 0)
);
