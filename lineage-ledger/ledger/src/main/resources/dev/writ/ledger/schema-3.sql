-- The ledger's store, version 3: how far each host's measurement list was verified.

-- boot: which boot of the host the position is of. judged_by: the digest of what its entries were judged by.
CREATE TABLE measured_list (
  ak_name    ${bytes} NOT NULL PRIMARY KEY,
  boot       ${int64} NOT NULL,
  judged_by  ${bytes} NOT NULL CHECK (length(judged_by) = 32),
  position   ${bytes} NOT NULL CHECK (length(position) BETWEEN 1 AND 4096),
  leaf_index ${int64} NOT NULL
) ${keyed};
