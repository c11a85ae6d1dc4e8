// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Check.Outcome;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whose status tokens are believed, and what is made of one that comes by itself. */
class StatusKeysTest extends StatusVerification {
  private static TrustContent statusKeys(TrustedKey... keys) {
    return TrustContents.keys(
        TestWorld.statusTrust(),
        Stream.concat(
                Stream.of(TestWorld.issuerKey(TestKey.ISSUER, KeyState.ACTIVE)), Stream.of(keys))
            .toList());
  }

  private static TrustedKey statusKey(long fromSeconds, long toSeconds) {
    return new TrustedKey(
        TestKey.STATUS.verification(),
        KeyRole.STATUS,
        NOW.plusSeconds(fromSeconds),
        NOW.plusSeconds(toSeconds),
        KeyState.ACTIVE);
  }

  private Verdict verifyUnder(TrustContent trust) {
    return under(trust)
        .verify(bundle().token(token()).bundle(), TestWorld.presentation(), seen, NOW);
  }

  @Test
  void statusKey_notCompromisedWithinItsWindow_allowed() {
    for (KeyState state : EnumSet.complementOf(EnumSet.of(KeyState.COMPROMISED))) {
      assertAllowed(
          under(statusKeys(TestWorld.statusKey(TestKey.STATUS, state)))
              .verify(
                  bundle().token(token()).bundle(), TestWorld.presentation(), new Memory(), NOW));
    }
  }

  @Test
  void statusKey_compromised_noTokenOfItCounts() {
    TrustContent trust = statusKeys(TestWorld.statusKey(TestKey.STATUS, KeyState.COMPROMISED));

    assertBroken(verifyUnder(trust), "is compromised");
    seen.holding(token().at(-5).tree(30).token());
    assertBroken(verifyUnder(trust), "is compromised");
  }

  /** Whoever held the key could have shown a ledger of any size: none of it is remembered against others. */
  @Test
  void statusKey_compromised_whatItMadeUpDoesNotBind() {
    TestKey successor = TestKey.random();
    seen.holding(token().at(-20).tree(1_000_000).epochs(90, 99).token());
    BundleVerifier after =
        under(
            statusKeys(
                TestWorld.statusKey(TestKey.STATUS, KeyState.COMPROMISED),
                TestWorld.statusKey(successor, KeyState.ACTIVE)));

    assertAllowed(
        after.verify(
            bundle().token(token().signedBy(successor)).bundle(),
            TestWorld.presentation(),
            seen,
            NOW));
  }

  @Test
  void statusKey_outsideItsWindowWhenItSigned_noToken() {
    assertAllowed(verifyUnder(statusKeys(statusKey(-10, 60))));
    assertBroken(
        under(statusKeys(statusKey(-9, 60)))
            .verify(bundle().token(token()).bundle(), TestWorld.presentation(), new Memory(), NOW),
        "outside the window");
  }

  @Test
  void statusKey_itsWindowEndedSince_noTokenAndNoJudgeEither() {
    TrustContent ended = statusKeys(statusKey(-60, 0));

    assertBroken(verifyUnder(ended), "outside its window");
    seen.holding(token().token());
    assertBroken(verifyUnder(ended), "outside its window");
  }

  /** What a key said while it was believed stays seen when another has taken its place. */
  @Test
  void statusKey_itsWindowEndedSince_itsTokensStillBindTheNext() {
    TestKey successor = TestKey.random();
    seen.holding(token().at(-70).tree(30).token());
    TrustContent rotated =
        statusKeys(statusKey(-90, -20), TestWorld.statusKey(successor, KeyState.ACTIVE));

    assertBroken(
        under(rotated)
            .verify(
                bundle().token(token().signedBy(successor).tree(29)).bundle(),
                TestWorld.presentation(),
                seen,
                NOW),
        "tree size fell from 30");
  }

  @Test
  void statusKey_asIssuer_isNotBelieved() {
    BundleVerifierDenialTest.assertDenied(
        verify(bundle().signedBy(TestKey.STATUS).token(token())),
        DenialCode.SIGNATURE_INVALID,
        CheckName.SIGNATURE);
  }

  @Test
  void trustFile_devWithoutStatus_tokenIsNotAskedFor() {
    Verdict verdict =
        under(TestWorld.devTrust())
            .verify(
                bundle().token(token().revoke(StatusIssuance.IDX)).bundle(),
                TestWorld.presentation(),
                seen,
                NOW);

    assertThat(verdict).isInstanceOf(Verdict.Allowed.class);
    assertThat(verdict.checks())
        .filteredOn(check -> check.outcome() == Outcome.NOT_ASKED)
        .extracting(Check::name)
        .contains(CheckName.GOVERNANCE, CheckName.POLICY_EPOCH, CheckName.STATUS);
    assertThat(seen.tokensRecorded).isZero();
  }

  // A token by itself

  @Test
  void learn_firstOlderAndNewer_keepsTheNewest() {
    StatusToken first = token().token();
    StatusToken newer = token().at(-5).tree(30).revoke(StatusIssuance.IDX).token();

    assertThat(verifier.learn(first.compact(), seen, NOW))
        .isEqualTo(new StatusVerdict.Newest(first));
    assertThat(verifier.learn(newer.compact(), seen, NOW))
        .isEqualTo(new StatusVerdict.Newest(newer));
    assertThat(verifier.learn(first.compact(), seen, NOW))
        .isEqualTo(new StatusVerdict.Older(newer));
    assertRevoked(verify(bundle()));
  }

  @Test
  void learn_whatABundleCouldNotBringEither_refused() {
    seen.holding(token().token());

    for (StatusIssuance none :
        List.of(
            token().at(6),
            token().at(-5).tree(19),
            token().fork("b"),
            token().signedBy(TestKey.ISSUER),
            token().list("https://evil.example/status/0"))) {
      assertThat(verifier.learn(none.get(), seen, NOW))
          .isInstanceOfSatisfying(
              StatusVerdict.Refused.class,
              refused -> assertThat(refused.code()).isEqualTo(DenialCode.GOVERNANCE_DISCONTINUITY));
    }
    assertThat(verifier.learn("x", seen, NOW)).isInstanceOf(StatusVerdict.Refused.class);
    assertThat(under(TestWorld.devTrust()).learn(token().get(), seen, NOW))
        .isInstanceOf(StatusVerdict.Refused.class);
    assertThat(seen.tokensRecorded).isZero();
  }

  @Test
  void learn_memoryFails_unverifiable() {
    Memory full = new Memory().answeringTokens(() -> Seen.StatusOutcome.UNAVAILABLE);
    Memory broken =
        new Memory()
            .answeringTokens(
                () -> {
                  throw new IllegalStateException("disk full");
                });

    for (Memory memory : List.of(full, broken)) {
      assertThat(verifier.learn(token().get(), memory, NOW))
          .isInstanceOfSatisfying(
              StatusVerdict.Refused.class,
              refused -> assertThat(refused.code()).isEqualTo(DenialCode.UNVERIFIABLE));
    }
  }

  @Test
  void newestGovernance_ofAnotherIssuersLists_isNotMixedIn() {
    StatusToken other = token().list("https://other.example/status/0").tree(90).token();
    seen.holding(other);

    assertThat(seen.newestGovernance("https://other.example/status")).hasValue(other);
    assertThat(seen.newestGovernance(TrustContents.STATUS.uri())).isEqualTo(Optional.empty());
    assertAllowed(verifyWith(token()));
  }
}
