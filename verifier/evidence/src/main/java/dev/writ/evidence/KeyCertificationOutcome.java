// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/** Whether an instance key is held by the TPM of the attestation key that certified it. */
public sealed interface KeyCertificationOutcome
    permits CertifiedKey, KeyCertificationOutcome.Refused {
  /** Why it is not known to be. */
  sealed interface Refused extends KeyCertificationOutcome, Refusal
      permits AttestRefusal,
          NameMismatch,
          KeyNameAlgSha1,
          KeyAttributeMissing,
          KeyAttributeForbidden,
          KeyNotP256 {}

  /**
   * Another key was certified than the one presented.
   *
   * @param certified name in the certification
   * @param presented name of the public area presented
   */
  record NameMismatch(TpmName certified, TpmName presented) implements Refused {
    @Override
    public String reason() {
      return "key_name_mismatch";
    }

    @Override
    public String message() {
      return "the certified name must be that of the key presented, "
          + presented
          + ", was "
          + certified;
    }
  }

  /** The name would rest on SHA-1. */
  record KeyNameAlgSha1() implements Refused {
    @Override
    public String reason() {
      return "key_name_alg_sha1";
    }

    @Override
    public String message() {
      return "the instance key's nameAlg must not be sha1; create the key with sha256";
    }
  }

  /**
   * An attribute that must be set is clear: a copy of the key may exist elsewhere, or it cannot
   * sign.
   *
   * @param attribute the first that is missing
   */
  record KeyAttributeMissing(ObjectAttribute attribute) implements Refused {
    @Override
    public String reason() {
      return attribute == ObjectAttribute.SIGN ? "key_not_signing" : "key_exportable";
    }

    @Override
    public String message() {
      return "the instance key must be " + attribute + ", and is not";
    }
  }

  /**
   * An attribute that must be clear is set.
   *
   * @param attribute restricted, decrypt or x509sign: such a key does not sign requests alone
   */
  record KeyAttributeForbidden(ObjectAttribute attribute) implements Refused {
    @Override
    public String reason() {
      return attribute == ObjectAttribute.RESTRICTED ? "key_restricted" : "key_not_for_signing";
    }

    @Override
    public String message() {
      return "the instance key must not be " + attribute + ", and is";
    }
  }

  /**
   * The key is none that ES256 signs with.
   *
   * @param actual what it is
   */
  record KeyNotP256(String actual) implements Refused {
    @Override
    public String reason() {
      return "key_not_p256";
    }

    @Override
    public String message() {
      return "the instance key must be a valid ECDSA key on P-256, was " + actual;
    }
  }
}
