-- The ledger's store, version 11: the mode of the service, grants of break-glass that were used, and approvals of
-- requests.

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

-- statement: SHA-256 of what the approver signed, so that nobody hands one in twice. used_by: the leaf of the decision
-- that it let happen; null while none did. Rows stay, since what was used must not be handed in again.
CREATE TABLE request_approval (
  statement      ${bytes} NOT NULL PRIMARY KEY CHECK (length(statement) = 32),
  request_digest ${bytes} NOT NULL CHECK (length(request_digest) = 32),
  policy_digest  ${bytes} NOT NULL CHECK (length(policy_digest) = 32),
  approver       ${bytes} NOT NULL CHECK (length(approver) = 32),
  expires        ${int64} NOT NULL,
  leaf_index     ${int64} NOT NULL,
  used_by        ${int64}
) ${keyed};

CREATE INDEX request_approval_of ON request_approval (request_digest, policy_digest, expires);
