// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/** Whether an object was made where and how it should have been. */
public sealed interface CreationOutcome permits CertifiedCreation, CreationOutcome.Refused {
  /** Why that is not known. */
  sealed interface Refused extends CreationOutcome, Refusal
      permits AttestRefusal,
          CreatedNameMismatch,
          CreatedNameAlgSha1,
          CreationHashMismatch,
          ParentMismatch,
          OutsideInfoMismatch,
          LocalityMismatch {}

  /**
   * Another object's creation was certified than the one presented.
   *
   * @param certified name in the certification
   * @param presented name of the public area presented
   */
  record CreatedNameMismatch(TpmName certified, TpmName presented) implements Refused {
    @Override
    public String reason() {
      return "creation_name_mismatch";
    }

    @Override
    public String message() {
      return "the creation certified must be of the object presented, "
          + presented
          + ", was of "
          + certified;
    }
  }

  /** The object's name and the digest of its creation data would rest on SHA-1. */
  record CreatedNameAlgSha1() implements Refused {
    @Override
    public String reason() {
      return "creation_name_alg_sha1";
    }

    @Override
    public String message() {
      return "the created object's nameAlg must not be sha1; create it with sha256";
    }
  }

  /**
   * The creation data presented are not those of which the TPM keeps the digest.
   *
   * @param certified the signed digest
   * @param presented digest of the data presented
   */
  record CreationHashMismatch(Octets certified, TpmDigest presented) implements Refused {
    @Override
    public String reason() {
      return "creation_hash_mismatch";
    }

    @Override
    public String message() {
      return "the digest of the creation data, "
          + presented
          + ", must be the signed digest, was "
          + certified;
    }
  }

  /**
   * The object was made elsewhere in the TPM's hierarchies.
   *
   * @param expected name or qualified name that its parent must have
   * @param actual what it has
   */
  record ParentMismatch(TpmName expected, TpmName actual) implements Refused {
    @Override
    public String reason() {
      return "creation_parent_mismatch";
    }

    @Override
    public String message() {
      return "the object's parent must be " + expected + ", was " + actual;
    }
  }

  /** The object was made for another purpose. */
  record OutsideInfoMismatch() implements Refused {
    @Override
    public String reason() {
      return "creation_outside_info_mismatch";
    }

    @Override
    public String message() {
      return "outsideInfo must be what was to be recorded at the creation, and is not";
    }
  }

  /**
   * The command that made the object came from elsewhere.
   *
   * @param expected the locality
   * @param actual the one recorded
   */
  record LocalityMismatch(int expected, int actual) implements Refused {
    @Override
    public String reason() {
      return "creation_locality_mismatch";
    }

    @Override
    public String message() {
      return "the object must have been made from locality " + expected + ", was from " + actual;
    }
  }
}
