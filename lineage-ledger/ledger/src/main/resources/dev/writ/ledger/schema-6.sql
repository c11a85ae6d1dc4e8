-- The ledger's store, version 6: operations and their approvals, trust files, the lives of keys, and the newest time.

-- digest: by which operators name the document; the ledger reads neither. ended: EXECUTED, EXPIRED, FAILED or
-- WITHDRAWN, null while it is open. proposer: null where nobody proposed it.
CREATE TABLE operation (
  digest     ${bytes} NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
  subject    TEXT     NOT NULL CHECK (length(subject) BETWEEN 1 AND 64),
  proposer   ${bytes} CHECK (length(proposer) = 32),
  expires    ${int64} NOT NULL,
  ended      TEXT,
  leaf_index ${int64} NOT NULL,
  document   ${bytes} NOT NULL CHECK (length(document) BETWEEN 1 AND 614400)
) ${table};

CREATE UNIQUE INDEX operation_open ON operation (subject) WHERE ended IS NULL;

CREATE INDEX operation_newest ON operation (leaf_index);

CREATE TABLE operation_approval (
  operation  ${bytes} NOT NULL,
  approver   ${bytes} NOT NULL CHECK (length(approver) = 32),
  statement  ${bytes} NOT NULL CHECK (length(statement) BETWEEN 1 AND 8192),
  leaf_index ${int64} NOT NULL,
  PRIMARY KEY (operation, approver)
) ${keyed};

-- in_force_index: the leaf that put it in force; null while none did.
CREATE TABLE trust_file (
  version        ${int64} NOT NULL PRIMARY KEY CHECK (version >= 1),
  leaf_index     ${int64} NOT NULL,
  in_force_index ${int64},
  bytes          ${bytes} NOT NULL CHECK (length(bytes) BETWEEN 1 AND 524288)
) ${table};

-- activated_index: the leaf that made it ACTIVE first. ended_index: the leaf by which it was ACTIVE no longer.
-- What wrote version 5 introduced keys as ACTIVE and changed none after that. Of a key that something else changed,
-- the bounds are as wide as can be: too much is looked at, nothing is missed.
ALTER TABLE signing_key ADD COLUMN activated_index ${int64};

ALTER TABLE signing_key ADD COLUMN ended_index ${int64};

UPDATE signing_key SET
  activated_index = CASE WHEN state = 'ACTIVE' THEN leaf_index ELSE 0 END,
  ended_index = CASE WHEN state = 'ACTIVE' THEN NULL ELSE leaf_index END;

-- Artifacts that have not ended are few and lie together here, however many there ever were.
CREATE INDEX artifact_expires ON artifact (expires);

-- newest_time: the greatest time of any leaf; null before the first, and until a store that an older version filled
-- has had its last leaf read.
ALTER TABLE tree_head ADD COLUMN newest_time ${int64};
