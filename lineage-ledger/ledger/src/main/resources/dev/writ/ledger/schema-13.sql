-- The ledger's store, version 13: which question took a use of an artifact, and whose the artifacts are that have bits.

-- asked: what the leaf has as commitment to the question, so that who asks the same again takes no other use. No version
-- before wrote a row. Rows stay, as their leaves do: nobody has a use again once the artifact is forgotten.
DROP TABLE artifact_use;

CREATE TABLE artifact_use (
  jti        ${bytes} NOT NULL CHECK (length(jti) = 16),
  use_number ${int64} NOT NULL CHECK (use_number >= 1),
  asked      ${bytes} NOT NULL CHECK (length(asked) = 32),
  leaf_index ${int64} NOT NULL,
  PRIMARY KEY (jti, use_number),
  UNIQUE (jti, asked)
) ${keyed};

-- ak_name: the host that an artifact was issued to. subject: SHA-256 of its workload's name. Null of what an older
-- version issued. They stand with the bit and not with the artifact, so that they go when the bit is another's, and a
-- workload's name can be guessed from the store no longer than that.
ALTER TABLE status_index ADD COLUMN ak_name ${bytes};

ALTER TABLE status_index ADD COLUMN subject ${bytes};

-- So that those of which nothing may stand are found without the others.
CREATE INDEX host_inactive ON host (ak_name) WHERE state <> 'ACTIVE';
