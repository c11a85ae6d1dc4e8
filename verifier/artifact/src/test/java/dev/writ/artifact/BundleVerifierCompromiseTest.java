// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.BundleVerifierDenialTest.assertDenied;
import static dev.writ.artifact.TestWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An issuer's key that somebody else may hold: what is left of what it signed. The leaf's index is 6. */
class BundleVerifierCompromiseTest {
  private static Verdict verify(Issuance issuance, OptionalLong compromisedFrom) {
    return verify(issuance, TestWorld.compromisedKey(TestKey.ISSUER, compromisedFrom), NOW);
  }

  private static Verdict verify(Issuance issuance, TrustedKey key, Instant now) {
    return BundleVerifier.of(
            TestWorld.trust(TrustContents.keys(TestWorld.devTrust(), List.of(key))))
        .verify(issuance.bundle(), TestWorld.presentation(), Seen.NOTHING_IS_USED, now);
  }

  private static void assertRevoked(Verdict verdict, String why) {
    assertDenied(verdict, DenialCode.REVOKED, CheckName.KEY);
    assertThat(((Verdict.Denied) verdict).reason()).contains(why);
  }

  @Test
  void bundle_ofTheLeafBeforeTheCompromise_allowed() {
    assertThat(verify(Issuance.valid(), OptionalLong.of(7))).isInstanceOf(Verdict.Allowed.class);
    assertThat(verify(Issuance.valid(), OptionalLong.of(Require.MAX_EXACT)))
        .isInstanceOf(Verdict.Allowed.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {6, 5, 0})
  void bundle_ofTheFirstLeafOfTheCompromiseOrLater_revoked(long from) {
    assertRevoked(
        verify(Issuance.valid(), OptionalLong.of(from)), "leaf 6, compromised from " + from);
  }

  @Test
  void bundle_ofAKeyThatIsCompromisedFromTheBeginning_revoked() {
    assertRevoked(verify(Issuance.valid(), OptionalLong.empty()), "compromised");
  }

  /** The index is the bundle's own word until the proof bears it out. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 5})
  void bundle_indexLoweredInTheProof_lineageFragmented(int index) {
    Issuance lowered =
        Issuance.valid().proof(text -> Replace.once(text, "index 6\n", "index " + index + "\n"));

    assertDenied(
        verify(lowered, OptionalLong.of(6)), DenialCode.LINEAGE_FRAGMENTED, CheckName.INCLUSION);
  }

  @Test
  void bundle_indexLoweredToWhereTheTreeHasAnotherShape_isDenied() {
    for (String index : List.of("8", "10", "11", "-1", "06", "9007199254740993")) {
      Issuance other =
          Issuance.valid().proof(text -> Replace.once(text, "index 6\n", "index " + index + "\n"));

      assertThat(verify(other, OptionalLong.of(Require.MAX_EXACT)))
          .as(index)
          .isInstanceOf(Verdict.Denied.class);
    }
  }

  /** What proves no index proves none before the compromise. */
  @Test
  void bundle_proofThatIsNone_revoked() {
    Issuance garbage = Issuance.valid().proof(text -> "index 0\n" + text);

    assertRevoked(verify(garbage, OptionalLong.of(7)), "compromised");
  }

  /** What a thief of the key signs for himself is in no leaf before the compromise. */
  @Test
  void bundle_signedByTheThiefUnderALeafFromBefore_lineageFragmented() {
    Issuance forged =
        Issuance.valid()
            .claims(claims -> Claims.until(claims, claims.exp().plusSeconds(60)))
            .decision(
                decision ->
                    Issuance.decisionOn(TestWorld.claims(), TestWorld.hash("the honest artifact")));

    assertDenied(
        verify(forged, OptionalLong.of(7)), DenialCode.LINEAGE_FRAGMENTED, CheckName.LEAF_AGREES);
  }

  @Test
  void bundle_ofTheLeafBeforeTheCompromiseOutsideTheKeysWindow_revoked() {
    TrustedKey key = TestWorld.compromisedKey(TestKey.ISSUER, OptionalLong.of(7));
    TrustedKey ended =
        new TrustedKey(key.key(), key.role(), key.nbf(), NOW, key.state(), key.compromisedFrom());

    assertThat(verify(Issuance.valid(), ended, NOW.minusNanos(1)))
        .isInstanceOf(Verdict.Allowed.class);
    assertRevoked(verify(Issuance.valid(), ended, NOW), "compromised");
  }

  @Test
  void bundle_ofAnotherKeyBesideACompromisedOne_allowed() {
    TrustContent both =
        TrustContents.keys(
            TestWorld.devTrust(),
            List.of(
                TestWorld.compromisedKey(TestKey.ISSUER, OptionalLong.of(0)),
                TestWorld.issuerKey(Operations.SUCCESSOR, KeyState.ACTIVE)));

    assertThat(
            BundleVerifier.of(TestWorld.trust(both))
                .verify(
                    Issuance.valid().signedBy(Operations.SUCCESSOR).bundle(),
                    TestWorld.presentation(),
                    Seen.NOTHING_IS_USED,
                    NOW))
        .isInstanceOf(Verdict.Allowed.class);
  }
}
