-- Requests that came by post, at a counter or by mail, and were entered by an officer. Those that a
-- signed-in person made have none of these.

ALTER TABLE person_requests ADD COLUMN channel TEXT CHECK (channel <> '');
ALTER TABLE person_requests ADD COLUMN received_at BIGINT CHECK (received_at <> 0);
ALTER TABLE person_requests ADD COLUMN requester TEXT CHECK (requester <> '');
ALTER TABLE person_requests ADD COLUMN entered_by TEXT CHECK (entered_by <> '');
ALTER TABLE person_requests ADD COLUMN proof TEXT CHECK (proof <> '');
ALTER TABLE person_requests ADD COLUMN proof_at BIGINT CHECK (proof_at <> 0);
ALTER TABLE person_requests ADD COLUMN refusal TEXT CHECK (refusal <> '');
