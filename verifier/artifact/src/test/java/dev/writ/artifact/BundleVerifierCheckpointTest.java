// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.BundleVerifierDenialTest.assertDenied;
import static dev.writ.artifact.TestWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which checkpoints a bundle's leaf may stand under: by whose key, in which window, of which log. */
class BundleVerifierCheckpointTest {
  private final Memory seen = new Memory();
  private final TrustFile trust = TestWorld.trust(TestWorld.devTrust());

  private Verdict verify(Issuance issuance) {
    return verify(trust, issuance, TestWorld.presentation(), NOW);
  }

  private Verdict verify(
      TrustFile trust, Issuance issuance, Presentation presentation, Instant now) {
    return BundleVerifier.of(trust).verify(issuance.bundle(), presentation, seen, now);
  }

  @Test
  void checkpoint_signedByAnotherLog_lineageFragmented() {
    assertDenied(
        verify(Issuance.valid().loggedBy(TestKey.random())),
        DenialCode.LINEAGE_FRAGMENTED,
        CheckName.CHECKPOINT);
  }

  @Test
  void checkpoint_signedByTheIssuersKey_lineageFragmented() {
    assertDenied(
        verify(Issuance.valid().loggedBy(TestKey.ISSUER)),
        DenialCode.LINEAGE_FRAGMENTED,
        CheckName.CHECKPOINT);
  }

  /** The log's key with a window of its own. */
  private TrustFile windowed(Instant nbf, Instant exp, KeyState state) {
    List<TrustedKey> keys = new ArrayList<>(trust.content().keys());
    keys.add(new TrustedKey(TestKey.LOG.verification(), KeyRole.CHECKPOINT, nbf, exp, state));
    return TestWorld.trust(TrustContents.keys(trust.content(), keys));
  }

  @Test
  void checkpoint_ofALogKeyOutsideItsWindow_lineageFragmented() {
    Instant now = NOW;
    assertThat(
            verify(
                windowed(now, now.plusSeconds(1), KeyState.RETIRING),
                Issuance.valid(),
                TestWorld.presentation(),
                now))
        .isInstanceOf(Verdict.Allowed.class);
    for (TrustFile outside :
        List.of(
            windowed(now.minusSeconds(9), now, KeyState.RETIRING),
            windowed(now.plusSeconds(1), now.plusSeconds(9), KeyState.PREPUBLISHED))) {
      assertDenied(
          verify(outside, Issuance.valid(), TestWorld.presentation(), now),
          DenialCode.LINEAGE_FRAGMENTED,
          CheckName.CHECKPOINT);
    }
  }

  @Test
  void case85_checkpoint_proofIsNone_lineageFragmented() {
    assertDenied(
        verify(Issuance.valid().proof(text -> text.substring(1))),
        DenialCode.LINEAGE_FRAGMENTED,
        CheckName.CHECKPOINT);
  }

  @Test
  void checkpoint_ofAnotherLogThanTheArtifactNames_lineageFragmented() {
    assertDenied(
        verify(Issuance.valid().payload("\"writ.example/log\"", "\"writ.example/other\"")),
        DenialCode.LINEAGE_FRAGMENTED,
        CheckName.CHECKPOINT);
  }
}
