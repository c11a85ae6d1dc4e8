-- The ledger's store, version 9: counters outside the store, by which one that was put back is noticed.

-- counter: SHA-256 that names it, one for each node. raised_to: what it has come to, or one more, while it is raised
-- or after a crash in between. size: number of leaves when that was written, or 0 where that is not known.
CREATE TABLE rollback_counter (
  counter   ${bytes} NOT NULL PRIMARY KEY CHECK (length(counter) = 32),
  raised_to ${int64} NOT NULL CHECK (raised_to >= 0),
  size      ${int64} NOT NULL CHECK (size >= 0)
) ${keyed};
