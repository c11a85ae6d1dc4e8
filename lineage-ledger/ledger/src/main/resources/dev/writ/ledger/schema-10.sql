-- The ledger's store, version 10: leaves that lie in an archive and not here any more.

-- minimum_index: leaves below it, and the tiles of level 0 over them, are in the archive alone. It only rises, in the
-- transaction that deletes their rows. Tiles of the levels above stay, all of them: they are a 256th.
ALTER TABLE tree_head ADD COLUMN minimum_index ${int64} NOT NULL DEFAULT 0
  CHECK (minimum_index >= 0 AND minimum_index % 256 = 0);
