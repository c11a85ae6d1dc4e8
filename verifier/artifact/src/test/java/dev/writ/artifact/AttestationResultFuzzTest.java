// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

/** The verifier of attestation results is total, and no bug hides behind {@code unverifiable}. */
class AttestationResultFuzzTest {
  private static final AttestationResultVerifier VERIFIER =
      AttestationResultVerifier.of(TestWorld.trust(TestWorld.devTrust()));
  private static final Ear CLAIMS = WorkedExample.attestationResult();

  /** No text but the issuer's is accepted. */
  @FuzzTest
  void verify_anyText_endsInARefusal(FuzzedDataProvider input) {
    AttestationResultVerdict verdict =
        VERIFIER.verify(input.consumeRemainingAsString(), WorkedExample.NOW);
    requireNoBug(verdict);
    if (verdict instanceof AttestationResultVerdict.Accepted) {
      throw new AssertionError("nobody but the issuer may speak");
    }
  }

  /** Whatever the issuer's key signed under this type: the checks after the signature are reached. */
  @FuzzTest
  void verify_anyPayloadThatIsSigned_endsInAVerdict(byte[] payload) {
    byte[] input =
        CompactJws.signingInput(
            CompactJws.header(TestKey.ISSUER.kid(), AttestationResult.TYPE), payload);
    requireNoBug(
        VERIFIER.verify(CompactJws.assemble(input, TestKey.ISSUER.sign(input)), WorkedExample.NOW));
  }

  /** A valid payload with some of its bytes overwritten. */
  @FuzzTest
  void verify_validPayloadOverwritten_endsInAVerdict(FuzzedDataProvider input) {
    byte[] payload = CLAIMS.toJson();
    for (int i = input.consumeInt(0, 8); i > 0; i--) {
      payload[input.consumeInt(0, payload.length - 1)] = input.consumeByte();
    }
    verify_anyPayloadThatIsSigned_endsInAVerdict(payload);
  }

  private static void requireNoBug(AttestationResultVerdict verdict) {
    if (verdict instanceof AttestationResultVerdict.Refused refused) {
      for (Check check : refused.checks()) {
        // At the start: what was found may quote the input, and the fuzzer can spell.
        if (check.outcome() == Check.Outcome.FAILED
            && check.actual().startsWith("a bug of the verifier")) {
          throw new AssertionError(refused.toString());
        }
      }
    }
  }
}
