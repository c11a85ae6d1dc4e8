-- The ledger's store, version 2: a reporter has as many reports on an artifact as it has uses.

-- report_number: 1, 2, … of each artifact and reporter. The newest is found without counting the others: there may
-- be as many as an artifact has uses.
CREATE TABLE outcome_2 (
  jti              ${bytes} NOT NULL CHECK (length(jti) = 16),
  reporter_kid     ${bytes} NOT NULL CHECK (length(reporter_kid) = 32),
  statement_digest ${bytes} NOT NULL CHECK (length(statement_digest) = 32),
  report_number    ${int64} NOT NULL CHECK (report_number >= 1),
  state            TEXT     NOT NULL,
  leaf_index       ${int64} NOT NULL,
  PRIMARY KEY (jti, reporter_kid, statement_digest),
  UNIQUE (jti, reporter_kid, report_number)
) ${keyed};

INSERT INTO outcome_2 (jti, reporter_kid, statement_digest, report_number, state, leaf_index)
  SELECT jti, reporter_kid, statement_digest, 1, state, leaf_index FROM outcome;

DROP TABLE outcome;

ALTER TABLE outcome_2 RENAME TO outcome;
