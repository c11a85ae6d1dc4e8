// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/** Why a statement is not this attestation key's answer to this question, whatever its type. */
public sealed interface AttestRefusal
    extends QuoteOutcome.Refused, KeyCertificationOutcome.Refused, CreationOutcome.Refused {
  /**
   * The statement is not one that a TPM made itself.
   *
   * @param magic what it starts with
   */
  record MagicWrong(long magic) implements AttestRefusal {
    @Override
    public String reason() {
      return "attest_magic_wrong";
    }

    @Override
    public String message() {
      return "magic must be TPM_GENERATED_VALUE "
          + TpmReader.hex32(TpmsAttest.TPM_GENERATED)
          + ", was "
          + TpmReader.hex32(magic);
    }
  }

  /**
   * The statement attests to something else.
   *
   * @param expected the type asked for
   * @param actual the type it has
   */
  record TypeWrong(AttestType expected, AttestType actual) implements AttestRefusal {
    @Override
    public String reason() {
      return "attest_type_wrong";
    }

    @Override
    public String message() {
      return "type must be " + expected + ", was " + actual;
    }
  }

  /** The signature rests on SHA-1. */
  record SignatureSha1() implements AttestRefusal {
    @Override
    public String reason() {
      return "signature_sha1";
    }

    @Override
    public String message() {
      return "the signature must not be made with sha1";
    }
  }

  /**
   * The signature's scheme or hash is not the one that the key is bound to.
   *
   * @param expected the key's
   * @param actual the signature's
   */
  record SchemeMismatch(String expected, String actual) implements AttestRefusal {
    @Override
    public String reason() {
      return "signature_scheme_mismatch";
    }

    @Override
    public String message() {
      return "the signature's scheme must be the attestation key's, "
          + expected
          + ", was "
          + actual;
    }
  }

  /** The signature's numbers are of no valid signature's form. */
  record SignatureOutOfRange() implements AttestRefusal {
    @Override
    public String reason() {
      return "signature_out_of_range";
    }

    @Override
    public String message() {
      return "the signature's numbers must be in the range and of the length of the key's signatures";
    }
  }

  /**
   * The signature is not the key's over the received bytes.
   *
   * @param akName the key
   */
  record SignatureInvalid(TpmName akName) implements AttestRefusal {
    @Override
    public String reason() {
      return "signature_invalid";
    }

    @Override
    public String message() {
      return "the signature must verify under attestation key " + akName + ", and does not";
    }
  }

  /**
   * The statement names another signer than the key's place in its TPM makes it.
   *
   * @param expected the key's qualified name
   * @param actual the one named
   */
  record SignerMismatch(TpmName expected, TpmName actual) implements AttestRefusal {
    @Override
    public String reason() {
      return "qualified_signer_mismatch";
    }

    @Override
    public String message() {
      return "qualifiedSigner must be " + expected + ", was " + actual;
    }
  }

  /** The statement answers another question. */
  record QualifyingDataMismatch() implements AttestRefusal {
    @Override
    public String reason() {
      return "qualifying_data_mismatch";
    }

    @Override
    public String message() {
      return "extraData must be the qualifying data of this challenge and request, and is not";
    }
  }
}
