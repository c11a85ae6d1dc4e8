-- The ledger's store, version 14: whose uses are drawn, and how far those were told of revocations who are posted them.

-- drawn_of: the artifact with which the parent's execution began, which is the parent itself where it is no renewal. All
-- renewals of an execution have one number of uses to delegate. Null in what an older version wrote until this one opens the
-- store, since only the parents' leaves tell it, which may be in the archive; nobody draws before.
ALTER TABLE descent ADD COLUMN drawn_of ${bytes} CHECK (length(drawn_of) = 16);

CREATE INDEX descent_drawn_of ON descent (drawn_of);

-- next_index: the first leaf that the reader of this name may not have been told of.
CREATE TABLE told_reader (
  name       TEXT     NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
  next_index ${int64} NOT NULL CHECK (next_index >= 0),
  PRIMARY KEY (name)
) ${keyed};
