// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/** Whether a public area is that of an attestation key worth believing. */
public sealed interface AkOutcome permits EnrolledAk, AkOutcome.Refused {
  /** Why it is not. */
  sealed interface Refused extends AkOutcome, Refusal {}

  /** The name would rest on SHA-1. */
  record NameAlgSha1() implements Refused {
    @Override
    public String reason() {
      return "ak_name_alg_sha1";
    }

    @Override
    public String message() {
      return "the attestation key's nameAlg must not be sha1; create the key with sha256";
    }
  }

  /**
   * An attribute that must be set is clear.
   *
   * @param attribute the first that is missing
   */
  record AttributeMissing(ObjectAttribute attribute) implements Refused {
    @Override
    public String reason() {
      return switch (attribute) {
        case FIXED_TPM -> "ak_not_fixed_tpm";
        case FIXED_PARENT -> "ak_not_fixed_parent";
        case SENSITIVE_DATA_ORIGIN -> "ak_imported";
        case RESTRICTED -> "ak_not_restricted";
        default -> "ak_not_signing";
      };
    }

    @Override
    public String message() {
      return "the attestation key must be "
          + attribute
          + ", and is not; create it in the TPM with a restricted signing template";
    }
  }

  /** The key also decrypts. */
  record DecryptSet() implements Refused {
    @Override
    public String reason() {
      return "ak_decrypts";
    }

    @Override
    public String message() {
      return "the attestation key must not be DECRYPT, and is";
    }
  }

  /** The key signs certificates only, never an attestation. */
  record X509SignSet() implements Refused {
    @Override
    public String reason() {
      return "ak_x509_sign";
    }

    @Override
    public String message() {
      return "the attestation key must not be X509_SIGN, and is";
    }
  }

  /**
   * The key is bound to no signature scheme that is read here.
   *
   * @param scheme what it is bound to
   */
  record SchemeNotSigning(String scheme) implements Refused {
    @Override
    public String reason() {
      return "ak_scheme_unsupported";
    }

    @Override
    public String message() {
      return "the attestation key's scheme must be rsassa, rsapss or ecdsa with a hash, was "
          + scheme;
    }
  }

  /**
   * Signatures would rest on SHA-1.
   *
   * @param scheme the scheme
   */
  record SchemeSha1(String scheme) implements Refused {
    @Override
    public String reason() {
      return "ak_scheme_sha1";
    }

    @Override
    public String message() {
      return "the attestation key's scheme must not use sha1, was " + scheme;
    }
  }

  /**
   * An RSA key that is too short.
   *
   * @param bits its length
   * @param minimum the shortest accepted
   */
  record KeyTooShort(int bits, int minimum) implements Refused {
    @Override
    public String reason() {
      return "ak_key_too_short";
    }

    @Override
    public String message() {
      return "an RSA attestation key must have at least " + minimum + " bits, was " + bits;
    }
  }

  /**
   * A curve that is not accepted.
   *
   * @param curve the key's
   */
  record CurveNotAccepted(TpmCurve curve) implements Refused {
    @Override
    public String reason() {
      return "ak_curve_unsupported";
    }

    @Override
    public String message() {
      return "an ECC attestation key must be on P256 or P384, was on " + curve;
    }
  }

  /**
   * Numbers that make no key.
   *
   * @param defect what is wrong with them
   */
  record KeyInvalid(String defect) implements Refused {
    @Override
    public String reason() {
      return "ak_key_invalid";
    }

    @Override
    public String message() {
      return "the attestation key must be a valid key: " + defect;
    }
  }
}
