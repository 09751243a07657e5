CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    opened_at BIGINT NOT NULL,
    journal BIGINT NOT NULL
);
CREATE TABLE incident_entries (
    incident TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    author TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (incident, number)
)
