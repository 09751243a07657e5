CREATE TABLE records (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    author TEXT NOT NULL,
    is_over BIGINT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (kind, id, number)
);
CREATE TABLE check_results (
    name TEXT NOT NULL,
    at BIGINT NOT NULL,
    content TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (name, at)
);
CREATE TABLE check_switches (
    name TEXT PRIMARY KEY,
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    until BIGINT NOT NULL
);
CREATE TABLE reviews (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    opened_by TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL
);
CREATE TABLE review_lines (
    review TEXT NOT NULL,
    account TEXT NOT NULL,
    organisation TEXT NOT NULL,
    facts TEXT NOT NULL,
    decision TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (review, account)
)
