-- What a person does not recognise in a consultation. Contests of before 0.2.0 have none.

ALTER TABLE person_requests ADD COLUMN reason TEXT CHECK (reason <> '');
