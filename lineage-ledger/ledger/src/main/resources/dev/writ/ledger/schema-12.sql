-- The ledger's store, version 12: where the revocations are.

-- A row for each leaf of kind revocation from the first on that this version wrote, so that who follows them
-- need not read the leaves between.
CREATE TABLE revocation (
  leaf_index ${int64} NOT NULL PRIMARY KEY
) ${table};
