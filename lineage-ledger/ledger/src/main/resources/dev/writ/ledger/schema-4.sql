-- The ledger's store, version 4: what was last seen of each host's TPM, and which artifacts its host has.

-- clock: its unsigned 64 bits less 2^63, so that they compare. seen: when the quote that says so had come.
-- anchor: since when clock must advance, which may be before that.
-- artifact: the newest that the host was issued and that is not void with its boot, or null. previous: what artifact was
-- before the row last changed. ends: when the last of these artifacts ends; 0 where there is none.
CREATE TABLE last_seen (
  ak_name       ${bytes} NOT NULL PRIMARY KEY,
  clock         ${int64} NOT NULL,
  reset_count   ${int64} NOT NULL,
  restart_count ${int64} NOT NULL,
  safe          ${int64} NOT NULL CHECK (safe IN (0, 1)),
  seen          ${int64} NOT NULL,
  anchor        ${int64} NOT NULL,
  leaf_index    ${int64} NOT NULL,
  artifact      ${bytes} CHECK (length(artifact) = 16),
  previous      ${bytes} CHECK (length(previous) = 16),
  ends          ${int64} NOT NULL
) ${keyed};

-- previous: the artifact that the same host was issued before, or null. ends: when the last of it and of those before
-- it ends; null where no host was named. An index by host would cost a page for each artifact, and is read at reboots.
ALTER TABLE artifact ADD COLUMN previous ${bytes};

ALTER TABLE artifact ADD COLUMN ends ${int64};
