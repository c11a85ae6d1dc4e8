-- The ledger's store, version 5: the boot logs by which somebody can be told what changed.

-- decision: ALLOWED or DENIED. digest: of the log as it is kept, and no part of the key: a host chooses how its log
-- is coded. A row belongs to the payload of its leaf and goes with it. Of each host the last few are there: how many
-- says KeptBootLog.
CREATE TABLE boot_log (
  leaf_index ${int64} NOT NULL PRIMARY KEY,
  ak_name    ${bytes} NOT NULL,
  decision   TEXT     NOT NULL,
  boot       ${int64} NOT NULL,
  digest     ${bytes} NOT NULL CHECK (length(digest) = 32),
  bytes      ${bytes} NOT NULL CHECK (length(bytes) BETWEEN 1 AND 1048576)
) ${table};

CREATE UNIQUE INDEX boot_log_once ON boot_log (ak_name, decision, boot);
