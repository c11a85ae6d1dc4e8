// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Optional;

/** The steps that every attestation shares, in the order in which they are meaningful. */
final class AttestVerifier {
  private AttestVerifier() {}

  /** The first step that fails, or nothing if the statement is {@code ak}'s answer. */
  static Optional<AttestRefusal> verify(
      TpmsAttest attest,
      TpmtSignature signature,
      AttestType type,
      EnrolledAk ak,
      byte[] qualifyingData) {
    return magic(attest)
        .or(() -> type(attest, type))
        .or(() -> scheme(signature, ak))
        .or(() -> signature(attest, signature, ak))
        .or(() -> signer(attest, ak))
        .or(() -> qualifyingData(attest, qualifyingData));
  }

  /** Part 2, 10.12.12: magic is the indication that this structure was created by a TPM. */
  private static Optional<AttestRefusal> magic(TpmsAttest attest) {
    return attest.magic() == TpmsAttest.TPM_GENERATED
        ? Optional.empty()
        : Optional.of(new AttestRefusal.MagicWrong(attest.magic()));
  }

  private static Optional<AttestRefusal> type(TpmsAttest attest, AttestType expected) {
    return attest.type() == expected
        ? Optional.empty()
        : Optional.of(new AttestRefusal.TypeWrong(expected, attest.type()));
  }

  /** A restricted key has one scheme and one hash (Part 2, 12.2.3.5): no other can be its own. */
  private static Optional<AttestRefusal> scheme(TpmtSignature signature, EnrolledAk ak) {
    if (signature.hash() == TpmAlg.SHA1) {
      return Optional.of(new AttestRefusal.SignatureSha1());
    }
    PublicKeyArea.Scheme actual =
        new PublicKeyArea.Scheme(signature.scheme(), Optional.of(signature.hash()));
    PublicKeyArea.Scheme expected = ak.publicArea().key().scheme();
    return actual.equals(expected)
        ? Optional.empty()
        : Optional.of(new AttestRefusal.SchemeMismatch(expected.toString(), actual.toString()));
  }

  private static Optional<AttestRefusal> signature(
      TpmsAttest attest, TpmtSignature signature, EnrolledAk ak) {
    if (!ak.key().accepts(signature)) {
      return Optional.of(new AttestRefusal.SignatureOutOfRange());
    }
    return ak.key().verifies(attest.bytes(), signature)
        ? Optional.empty()
        : Optional.of(new AttestRefusal.SignatureInvalid(ak.name()));
  }

  /** Part 2, 10.12.12: qualifiedSigner is the qualified name of the signing key. */
  private static Optional<AttestRefusal> signer(TpmsAttest attest, EnrolledAk ak) {
    return ak.qualifiedName()
        .filter(expected -> !expected.equals(attest.qualifiedSigner()))
        .map(expected -> new AttestRefusal.SignerMismatch(expected, attest.qualifiedSigner()));
  }

  private static Optional<AttestRefusal> qualifyingData(TpmsAttest attest, byte[] expected) {
    return attest.extraData().equalsInConstantTime(expected)
        ? Optional.empty()
        : Optional.of(new AttestRefusal.QualifyingDataMismatch());
  }
}
