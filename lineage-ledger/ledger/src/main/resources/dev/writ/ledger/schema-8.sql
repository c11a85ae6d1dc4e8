-- The ledger's store, version 8: how long each payload is kept.

-- kept: PERIOD, IN_USE or ALWAYS, as Retention says. No CHECK: SQLite would read every payload to add it.
ALTER TABLE payload ADD COLUMN kept TEXT NOT NULL DEFAULT 'PERIOD';

UPDATE payload SET kept = 'IN_USE' WHERE leaf_index IN (SELECT leaf_index FROM host)
  OR leaf_index IN (SELECT leaf_index FROM service_start);

UPDATE payload SET kept = 'ALWAYS' WHERE leaf_index IN (SELECT leaf_index FROM policy_epoch);

-- Payloads whose period does not begin with their leaf's place in the log: those that were IN_USE and are no more,
-- and those of leaves whose time is not in order. A row goes with its payload.
CREATE TABLE payload_period (
  begins     ${int64} NOT NULL,
  leaf_index ${int64} NOT NULL,
  PRIMARY KEY (begins, leaf_index)
) ${keyed};

-- When that was nobody wrote down: not after the newest leaf.
INSERT INTO payload_period (begins, leaf_index)
  SELECT COALESCE((SELECT newest_time FROM tree_head), 0), leaf_index FROM host WHERE state = 'REVOKED';

INSERT INTO payload_period (begins, leaf_index)
  SELECT COALESCE((SELECT newest_time FROM tree_head), 0), leaf_index FROM service_start
  WHERE leaf_index < (SELECT MAX(leaf_index) FROM service_start);

-- payloads_from: of a leaf before it no payload is PERIOD any more that has no row above, so that a purge begins there
-- and looks at nothing twice. An index would cost a write for each payload.
ALTER TABLE tree_head ADD COLUMN payloads_from ${int64} NOT NULL DEFAULT 0;
