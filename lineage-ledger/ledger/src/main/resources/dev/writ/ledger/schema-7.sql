-- The ledger's store, version 7: the starts of the service that its host's TPM vouched for.

-- leaf_index: the leaf that says so; all else about the start stands there.
CREATE TABLE service_start (
  leaf_index ${int64} NOT NULL PRIMARY KEY
) ${table};
