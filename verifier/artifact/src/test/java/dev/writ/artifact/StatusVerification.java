// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Check.Outcome;
import java.time.Instant;
import java.util.List;

/**
 * A Relying Party whose trust file names {@code status}, and what a verdict of its must be: what tests of
 * status, epoch, continuity and status keys share.
 */
abstract class StatusVerification {
  /** Uses are another test's: here an artifact may be shown again and again. */
  final Memory seen = new Memory().answeringUses(() -> Seen.UseOutcome.RECORDED);

  final BundleVerifier verifier = under(TestWorld.statusTrust());

  static BundleVerifier under(TrustContent content) {
    return BundleVerifier.of(TestWorld.trust(content));
  }

  static StatusIssuance token() {
    return StatusIssuance.valid();
  }

  static Issuance bundle() {
    return Issuance.withStatus();
  }

  Verdict verify(Issuance bundle) {
    return verify(bundle, NOW);
  }

  Verdict verify(Issuance bundle, Instant now) {
    return verifier.verify(bundle.bundle(), TestWorld.presentation(), seen, now);
  }

  Verdict verifyWith(StatusIssuance token) {
    return verify(bundle().token(token));
  }

  static void assertAllowed(Verdict verdict) {
    assertThat(verdict)
        .as(verdict instanceof Verdict.Denied denied ? denied.reason() : "")
        .isInstanceOf(Verdict.Allowed.class);
    assertThat(verdict.checks())
        .filteredOn(
            check ->
                List.of(CheckName.GOVERNANCE, CheckName.POLICY_EPOCH, CheckName.STATUS)
                    .contains(check.name()))
        .extracting(Check::outcome)
        .containsExactly(Outcome.PASSED, Outcome.PASSED, Outcome.PASSED);
  }

  static void assertBroken(Verdict verdict, String why) {
    BundleVerifierDenialTest.assertDenied(
        verdict, DenialCode.GOVERNANCE_DISCONTINUITY, CheckName.GOVERNANCE);
    assertThat(((Verdict.Denied) verdict).reason()).contains(why);
  }

  static void assertMismatch(Verdict verdict) {
    BundleVerifierDenialTest.assertDenied(
        verdict, DenialCode.POLICY_MISMATCH, CheckName.POLICY_EPOCH);
  }

  static void assertRevoked(Verdict verdict) {
    BundleVerifierDenialTest.assertDenied(verdict, DenialCode.REVOKED, CheckName.STATUS);
  }
}
