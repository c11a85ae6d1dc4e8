-- The ledger's store, version 11: the mode of the service, and grants of break-glass that were used.

-- A row for each leaf that changed the mode; the newest says what it is. frozen_by: the leaf of the freeze; null where
-- nothing is frozen. grant_digest, begun_by, ends: the break-glass that was begun last, and by which leaf; null where
-- none was, or it was ended. order_digest: of what its signer signed; null of an operation's leaf.
CREATE TABLE governance_mode (
  leaf_index   ${int64} NOT NULL PRIMARY KEY,
  frozen_by    ${int64},
  grant_digest ${bytes} CHECK (length(grant_digest) = 32),
  begun_by     ${int64},
  ends         ${int64},
  order_digest ${bytes} CHECK (length(order_digest) = 32)
) ${table};

CREATE UNIQUE INDEX governance_order_once ON governance_mode (order_digest);

-- ended_by, reviewed_by: leaves; null while it was neither ended before its time nor reviewed.
CREATE TABLE breakglass (
  grant_digest ${bytes} NOT NULL PRIMARY KEY CHECK (length(grant_digest) = 32),
  leaf_index   ${int64} NOT NULL,
  used_by      ${bytes} NOT NULL CHECK (length(used_by) = 32),
  ends         ${int64} NOT NULL,
  review_by    ${int64} NOT NULL,
  ended_by     ${int64},
  reviewed_by  ${int64}
) ${keyed};
