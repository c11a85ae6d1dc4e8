-- The ledger's store, version 12: where the revocations are, and which artifacts
-- were issued under which.

-- A row for each leaf of kind revocation from the first on that this version wrote, so that who follows them
-- need not read the leaves between.
CREATE TABLE revocation (
  leaf_index ${int64} NOT NULL PRIMARY KEY
) ${table};

-- jti: an artifact that was asked for under another. root: the first of the chain, which has no row. depth: how many
-- artifacts stand above it. uses: how many it draws from those that its parent may delegate; they are never given back.
-- leaf_index: of its decision, which is after its parent's, so that there is no cycle.
CREATE TABLE descent (
  jti        ${bytes} NOT NULL PRIMARY KEY CHECK (length(jti) = 16),
  parent     ${bytes} NOT NULL CHECK (length(parent) = 16),
  root       ${bytes} NOT NULL CHECK (length(root) = 16),
  depth      ${int64} NOT NULL CHECK (depth BETWEEN 1 AND 64),
  uses       ${int64} NOT NULL CHECK (uses >= 0),
  leaf_index ${int64} NOT NULL
) ${keyed};

CREATE INDEX descent_parent ON descent (parent);
