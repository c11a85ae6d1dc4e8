// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/** Whether a credential could be made for an endorsement key. */
public sealed interface CredentialOutcome permits TpmCredential, CredentialOutcome.Refused {
  /** Why it could not. */
  sealed interface Refused extends CredentialOutcome, Refusal {}

  /** The credential's integrity would rest on SHA-1. */
  record EkNameAlgSha1() implements Refused {
    @Override
    public String reason() {
      return "ek_name_alg_sha1";
    }

    @Override
    public String message() {
      return "the endorsement key's nameAlg must not be sha1";
    }
  }

  /**
   * An attribute that every endorsement key has is clear.
   *
   * @param attribute the first that is missing
   */
  record EkAttributeMissing(ObjectAttribute attribute) implements Refused {
    @Override
    public String reason() {
      return "ek_attribute_missing";
    }

    @Override
    public String message() {
      return "the endorsement key must be " + attribute + ", and is not";
    }
  }

  /** The key names no cipher, as a restricted decryption key must. */
  record EkWithoutCipher() implements Refused {
    @Override
    public String reason() {
      return "ek_without_cipher";
    }

    @Override
    public String message() {
      return "the endorsement key must name a symmetric cipher, and names none";
    }
  }

  /**
   * The key is of no kind that credentials are made for.
   *
   * @param actual what it is
   */
  record EkKindUnsupported(String actual) implements Refused {
    @Override
    public String reason() {
      return "ek_kind_unsupported";
    }

    @Override
    public String message() {
      return "the endorsement key must be RSA of at least 2048 bits, P256 or P384, was " + actual;
    }
  }

  /**
   * Numbers that make no key.
   *
   * @param defect what is wrong with them
   */
  record EkInvalid(String defect) implements Refused {
    @Override
    public String reason() {
      return "ek_invalid";
    }

    @Override
    public String message() {
      return "the endorsement key must be a valid key: " + defect;
    }
  }
}
