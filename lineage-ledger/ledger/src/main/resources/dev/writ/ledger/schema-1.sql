-- The ledger's store, version 1. What each table promises stands in package-info.java.
-- Words in ${} differ between databases and come from the dialect; all else is the same everywhere.
-- Times are milliseconds since 1970-01-01T00:00:00Z; names of states are those of the Java enums.

CREATE TABLE schema_version (
  version ${int64} NOT NULL PRIMARY KEY
) ${table};

-- One row: the newest committed tree. Every writer begins by updating it, and so waits for the one before.
-- nonce_horizon: nonces that expired before it may have been purged, so none of them is taken any more.
-- snapshot_at: the time of the newest status snapshot. probe: counts the writes that only showed that one is possible.
CREATE TABLE tree_head (
  id            ${int64} NOT NULL PRIMARY KEY CHECK (id = 1),
  origin        TEXT     NOT NULL,
  size          ${int64} NOT NULL CHECK (size >= 0),
  root          ${bytes} NOT NULL CHECK (length(root) = 32),
  nonce_horizon ${int64} NOT NULL,
  snapshot_at   ${int64} NOT NULL,
  probe         ${int64} NOT NULL
) ${table};

-- One row: the newest signed checkpoint that was stored; at most the head, behind it after a crash.
CREATE TABLE checkpoint (
  id   ${int64} NOT NULL PRIMARY KEY CHECK (id = 1),
  size ${int64} NOT NULL CHECK (size >= 0),
  note ${bytes} NOT NULL
) ${table};

CREATE TABLE leaf (
  leaf_index ${int64} NOT NULL PRIMARY KEY,
  bytes      ${bytes} NOT NULL CHECK (length(bytes) BETWEEN 1 AND 65535)
) ${table};

-- Hashes of 32 bytes side by side. Only the rightmost tile of a level has fewer than 256; its row grows in place.
CREATE TABLE tile (
  level      ${int64} NOT NULL,
  tile_index ${int64} NOT NULL,
  hashes     ${bytes} NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
  PRIMARY KEY (level, tile_index)
) ${keyed};

-- Beside the tree and not of it: a row may go at any time, and every proof stays what it was.
CREATE TABLE payload (
  leaf_index ${int64} NOT NULL PRIMARY KEY,
  bytes      ${bytes} NOT NULL
) ${table};

CREATE TABLE host (
  ak_name    ${bytes} NOT NULL PRIMARY KEY,
  ek_digest  ${bytes} NOT NULL UNIQUE CHECK (length(ek_digest) = 32),
  name       TEXT     NOT NULL UNIQUE,
  ak_public  ${bytes} NOT NULL,
  state      TEXT     NOT NULL,
  leaf_index ${int64} NOT NULL
) ${keyed};

CREATE TABLE instance_key (
  ak_name    ${bytes} NOT NULL,
  key_name   ${bytes} NOT NULL,
  jkt        ${bytes} NOT NULL UNIQUE CHECK (length(jkt) = 32),
  leaf_index ${int64} NOT NULL,
  PRIMARY KEY (ak_name, key_name)
) ${keyed};

CREATE TABLE signing_key (
  kid        ${bytes} NOT NULL PRIMARY KEY CHECK (length(kid) = 32),
  role       TEXT     NOT NULL,
  state      TEXT     NOT NULL,
  not_before ${int64} NOT NULL,
  not_after  ${int64} NOT NULL CHECK (not_after > not_before),
  leaf_index ${int64} NOT NULL
) ${keyed};

CREATE TABLE policy_epoch (
  epoch         ${int64} NOT NULL PRIMARY KEY CHECK (epoch >= 1),
  policy_digest ${bytes} NOT NULL CHECK (length(policy_digest) = 32),
  min_epoch     ${int64} NOT NULL CHECK (min_epoch BETWEEN 1 AND epoch),
  leaf_index    ${int64} NOT NULL
) ${table};

CREATE TABLE nonce (
  nonce   ${bytes} NOT NULL PRIMARY KEY CHECK (length(nonce) = 32),
  expires ${int64} NOT NULL
) ${keyed};

CREATE INDEX nonce_expires ON nonce (expires);

-- status: the number of its status index; null where no list is published.
CREATE TABLE artifact (
  jti        ${bytes} NOT NULL PRIMARY KEY CHECK (length(jti) = 16),
  leaf_index ${int64} NOT NULL,
  expires    ${int64} NOT NULL,
  revoked    ${int64} NOT NULL CHECK (revoked IN (0, 1)),
  status     ${int64}
) ${keyed};

CREATE TABLE artifact_use (
  jti        ${bytes} NOT NULL CHECK (length(jti) = 16),
  use_number ${int64} NOT NULL CHECK (use_number >= 1),
  leaf_index ${int64} NOT NULL,
  PRIMARY KEY (jti, use_number)
) ${keyed};

CREATE TABLE outcome (
  jti              ${bytes} NOT NULL CHECK (length(jti) = 16),
  reporter_kid     ${bytes} NOT NULL CHECK (length(reporter_kid) = 32),
  state            TEXT     NOT NULL,
  statement_digest ${bytes} NOT NULL CHECK (length(statement_digest) = 32),
  leaf_index       ${int64} NOT NULL,
  PRIMARY KEY (jti, reporter_kid)
) ${keyed};

-- Blocks of 4,096 status indices, 32 to a list. free_at: from then on the block may be reserved again.
CREATE TABLE status_block (
  block   ${int64} NOT NULL PRIMARY KEY CHECK (block >= 0),
  free_at ${int64} NOT NULL
) ${table};

-- The indices of reserved blocks that artifacts have. number: list * 131072 + idx, so that a block's rows are
-- side by side; they go when it is reserved again.
CREATE TABLE status_index (
  number     ${int64} NOT NULL PRIMARY KEY CHECK (number >= 0),
  leaf_index ${int64} NOT NULL,
  expires    ${int64} NOT NULL,
  revoked    ${int64} NOT NULL CHECK (revoked IN (0, 1))
) ${table};

CREATE INDEX status_index_revoked ON status_index (number) WHERE revoked = 1;

-- redeemed_by: the leaf of the enrolment that used it; null while none did.
CREATE TABLE invitation (
  digest      ${bytes} NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
  host_name   TEXT     NOT NULL,
  expires     ${int64} NOT NULL,
  leaf_index  ${int64} NOT NULL,
  redeemed_by ${int64}
) ${keyed};

-- The one table with secrets.
CREATE TABLE mac_key (
  purpose TEXT     NOT NULL CHECK (length(purpose) BETWEEN 1 AND 32),
  created ${int64} NOT NULL,
  key     ${bytes} NOT NULL CHECK (length(key) = 32),
  PRIMARY KEY (purpose, created)
) ${keyed};
