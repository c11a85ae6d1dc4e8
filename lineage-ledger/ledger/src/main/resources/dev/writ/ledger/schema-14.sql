-- The ledger's store, version 14: whose uses are drawn.

-- drawn_of: the artifact with which the parent's execution began, which is the parent itself where it is no renewal. All
-- renewals of an execution have one number of uses to delegate. What an older version wrote counts for its parent alone.
ALTER TABLE descent ADD COLUMN drawn_of ${bytes} CHECK (length(drawn_of) = 16);

UPDATE descent SET drawn_of = parent;

CREATE INDEX descent_drawn_of ON descent (drawn_of);
