-- SPDX-License-Identifier: Apache-2.0
-- What a witness keeps: whose it is, and of each log the newest tree that it cosigned.
CREATE TABLE witness (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  version INTEGER NOT NULL,
  vkey TEXT NOT NULL
) STRICT;

CREATE TABLE seen (
  origin TEXT PRIMARY KEY,
  size INTEGER NOT NULL CHECK (size >= 0),
  root BLOB NOT NULL CHECK (length(root) = 32),
  time INTEGER NOT NULL,
  note BLOB NOT NULL
) STRICT, WITHOUT ROWID;
