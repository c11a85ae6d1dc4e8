// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.NOW;
import static dev.writ.artifact.TestWorld.hash;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Status, epoch and continuity, judged by the newest valid token: each rule by a bundle that breaks it. */
class BundleVerifierStatusTest extends StatusVerification {
  // A token, and which one

  @Test
  void token_inTheBundle_allowedAndKept() {
    StatusIssuance token = token();
    String text = token.get();

    assertAllowed(verify(bundle().token(() -> text)));
    assertThat(seen.newestStatus(StatusIssuance.LIST)).map(StatusToken::compact).hasValue(text);
  }

  @Test
  void token_inTheBundleOfWhoOnlyLooks_allowed() {
    assertAllowed(
        verifier.verify(
            bundle().token(token()).bundle(), TestWorld.presentation(), new Memory(), NOW));
    Verdict looked =
        verifier.verify(
            bundle().token(token()).bundle(), Presentation.NOTHING, Seen.NOTHING_IS_USED, NOW);
    assertAllowed(looked);
  }

  @Test
  void token_heldAndNoneInTheBundle_allowed() {
    seen.holding(token().token());

    assertAllowed(verify(bundle()));
  }

  @Test
  void token_neitherHeldNorInTheBundle_governanceDiscontinuity() {
    assertBroken(verify(bundle()), "none of https://writ.example/status/0 is held");
  }

  @Test
  void token_heldOfAnotherListAlone_governanceDiscontinuity() {
    seen.holding(token().list(StatusIssuance.OTHER_LIST).token());

    assertBroken(verify(bundle()), "none of https://writ.example/status/0 is held");
  }

  /** What the bundle brings is no token, and why is said. */
  static Stream<StatusIssuance> noTokens() {
    return Stream.of(
        token().signedBy(TestKey.random()),
        token().signedBy(TestKey.random()).kid(TestKey.STATUS.kid()),
        token().signedBy(TestKey.ISSUER),
        token().signedBy(TestKey.LOG),
        token().signedBy(TestKey.OPERATOR),
        token().list(StatusIssuance.OTHER_LIST),
        token().header("statuslist+jwt", "JWT"),
        token().header("ES256", "none"),
        token().payload("\"ttl\":60", "\"ttl\":61"),
        token().payload("\"ttl\":60", "\"admin\":1,\"ttl\":60"));
  }

  @ParameterizedTest
  @MethodSource("noTokens")
  void token_inTheBundleIsNone_governanceDiscontinuity(StatusIssuance token) {
    assertBroken(verifyWith(token), "the bundle's is ");
    assertThat(seen.tokensRecorded).isZero();
  }

  @ParameterizedTest
  @MethodSource("noTokens")
  void token_inTheBundleIsNone_theHeldOneIsJudgedBy(StatusIssuance token) {
    seen.holding(token().token());

    assertAllowed(verifyWith(token.revoke(StatusIssuance.IDX)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"e30.e30.e30", "x", "..", "e30"})
  void token_inTheBundleIsGarbage_asIfThereWereNone(String garbage) {
    assertBroken(verify(bundle().token(() -> garbage)), "the bundle's is ");
    seen.holding(token().token());
    assertAllowed(verify(bundle().token(() -> garbage)));
  }

  @Test
  void token_inTheBundleIsOlder_ignoredAndNoDenial() {
    seen.holding(token().at(-5).tree(30).token());

    assertAllowed(verifyWith(token().at(-10).tree(20).revoke(StatusIssuance.IDX)));
    assertAllowed(verifyWith(token().at(-1000).tree(20)));
    assertThat(seen.tokensRecorded).isZero();
  }

  @Test
  void token_inTheBundleIsOlderAndHeldOneRevokes_revoked() {
    seen.holding(token().at(-5).tree(30).revoke(StatusIssuance.IDX).token());

    assertRevoked(verifyWith(token().at(-10).tree(20)));
  }

  @Test
  void token_inTheBundleIsNewerAndRevokes_revokedAndRemembered() {
    seen.holding(token().at(-10).tree(20).token());

    assertRevoked(verifyWith(token().at(-5).tree(30).revoke(StatusIssuance.IDX)));
    assertRevoked(verifyWith(token().at(-10).tree(20)));
    assertRevoked(verify(bundle()));
  }

  /** A revocation is a leaf: of one second's tokens that of the larger tree is the later. */
  @Test
  void token_ofTheSameSecondAndALargerTree_isTheNewer() {
    seen.holding(token().tree(20).token());

    assertRevoked(verifyWith(token().tree(21).revoke(StatusIssuance.IDX)));
    assertRevoked(verifyWith(token().tree(20)));
  }

  @Test
  void token_otherEntriesRevoked_allowed() {
    assertAllowed(
        verifyWith(token().revoke(StatusIssuance.IDX - 1).revoke(StatusIssuance.IDX + 1)));
  }

  @Test
  void token_listEndsBeforeTheEntry_governanceDiscontinuity() {
    assertBroken(verifyWith(token().size(4704)), "of 4704 entries");
    assertAllowed(verifyWith(token().size(4712).tree(21)));
  }

  @Test
  void token_memoryCannotKeepIt_unverifiable() {
    seen.answeringTokens(() -> Seen.StatusOutcome.UNAVAILABLE);

    BundleVerifierDenialTest.assertDenied(
        verifyWith(token()), DenialCode.UNVERIFIABLE, CheckName.GOVERNANCE);
  }

  @Test
  void token_memoryThrows_unverifiable() {
    seen.answeringTokens(
        () -> {
          throw new IllegalStateException("disk full");
        });

    assertThat(((Verdict.Denied) verifyWith(token())).code()).isEqualTo(DenialCode.UNVERIFIABLE);
  }

  // The artifact's own reference

  @Test
  void artifact_namesNoListAlthoughTheTrustFileHasStatus_governanceDiscontinuity() {
    assertBroken(verify(Issuance.valid().token(token())), "names no status list");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://writ.example/status",
        "https://writ.example/status/",
        "https://writ.example/status/00",
        "https://writ.example/status/-1",
        "https://writ.example/status/0/1",
        "https://writ.example/status/2147483648",
        "https://writ.example/status0",
        "https://evil.example/status/0"
      })
  void artifact_namesAnotherIssuersList_governanceDiscontinuity(String uri) {
    Issuance elsewhere =
        Issuance.valid()
            .claims(claims -> Claims.status(claims, new StatusReference(StatusIssuance.IDX, uri)))
            .token(token().list(uri));

    assertBroken(verify(elsewhere), "no list of https://writ.example/status");
  }

  // Freshness

  @Test
  void token_pastMaxAge_governanceDiscontinuityWithoutSkew() {
    Instant made = NOW.minusSeconds(10);
    Instant end = made.plusSeconds(300);
    Issuance bundle =
        bundle().claims(claims -> Claims.until(claims, end.plusSeconds(60))).token(token());

    assertAllowed(verify(bundle, end.minusNanos(1)));
    assertBroken(
        verifier.verify(bundle.bundle(), TestWorld.presentation(), new Memory(), end), "too old");
  }

  @Test
  void token_pastItsOwnEndBeforeMaxAge_governanceDiscontinuity() {
    assertAllowed(verifyWith(token().lifetime(Duration.ofSeconds(11))));
    assertBroken(verifyWith(token().tree(21).lifetime(Duration.ofSeconds(10))), "too old");
  }

  /** The trust file says how old a token may be, not the token. */
  @Test
  void token_pastMaxAgeBeforeItsOwnEnd_governanceDiscontinuity() {
    assertBroken(verifyWith(token().at(-300).lifetime(Duration.ofHours(1))), "too old");
  }

  @Test
  void token_heldOneTooOldAndTheBundlesFresh_allowed() {
    seen.holding(token().at(-1000).tree(10).token());

    assertBroken(verify(bundle()), "too old");
    assertAllowed(verifyWith(token()));
  }

  @Test
  void token_olderThanItsTtl_allowed() {
    assertAllowed(verifyWith(token().at(-200)));
  }

  @Test
  void token_aheadOfTheClockByMoreThanTheSkew_governanceDiscontinuityAndNotKept() {
    assertAllowed(verifyWith(token().at(5)));
    Memory fresh = new Memory();
    assertBroken(
        verifier.verify(
            bundle().token(token().at(6)).bundle(), TestWorld.presentation(), fresh, NOW),
        "after this clock's");
    assertThat(fresh.newestStatus(StatusIssuance.LIST)).isEmpty();
  }

  /** A clock that was set back: what was seen of any list is later than now. */
  @Test
  void token_heldOfAnotherListIsAheadOfTheClock_governanceDiscontinuity() {
    seen.holding(token().list(StatusIssuance.OTHER_LIST).at(6).tree(30).token());

    assertBroken(verifyWith(token()), "after this clock's");
  }

  // Continuity

  /** By one who missed none of the trust files that tokens name here. */
  private Verdict verifyByVersionThree(StatusIssuance token) {
    TrustFile third =
        TestWorld.trust(TrustContents.successor(TestWorld.statusTrust(), 3, hash("second")));
    try {
      return BundleVerifier.of(TrustFile.pinned(third.toJson(), third.digest()))
          .verify(bundle().token(token).bundle(), TestWorld.presentation(), seen, NOW);
    } catch (MalformedTrustFileException e) {
      throw new AssertionError(e);
    }
  }

  /** Of a trust file's version 2, each but the last. */
  static Stream<Arguments> laterAndBehind() {
    return Stream.of(
        Arguments.of(token().at(-5).tree(19).trustVersion(2), "tree size fell from 20"),
        Arguments.of(token().at(-5).tree(30).trustVersion(2).epochs(6, 6), "epoch fell from 7"),
        Arguments.of(token().at(-5).tree(30).trustVersion(2).epochs(6, 7), "min_epoch fell from 7"),
        Arguments.of(token().at(-5).tree(30).trustVersion(1), "trust version fell from 2"));
  }

  @ParameterizedTest
  @MethodSource("laterAndBehind")
  void token_laterWithSmallerSizeEpochOrTrustVersion_governanceDiscontinuityAndNotKept(
      StatusIssuance later, String what) {
    StatusToken before = token().at(-10).tree(20).trustVersion(2).token();
    seen.holding(before);

    assertBroken(verifyByVersionThree(later), "was: " + what);
    assertThat(seen.newestStatus(StatusIssuance.LIST)).hasValue(before);
  }

  @ParameterizedTest
  @MethodSource("laterAndBehind")
  void token_laterAndBehindAnotherList_governanceDiscontinuity(StatusIssuance later, String what) {
    seen.holding(token().list(StatusIssuance.OTHER_LIST).trustVersion(2).token());

    assertBroken(verifyByVersionThree(later), "was: " + what);
  }

  @Test
  void token_laterAndLevelInAllThatMustNotFall_allowed() {
    seen.holding(token().at(-10).tree(20).trustVersion(2).token());

    assertAllowed(verifyByVersionThree(token().at(-5).tree(20).trustVersion(2)));
    assertAllowed(
        verifyByVersionThree(
            token().at(-4).tree(30).trustVersion(3).epochs(7, 8).policy(hash("eighth"))));
  }

  /** An older token is ignored, unless it shows that the one that is held went back. */
  @Test
  void token_olderWithALargerTree_governanceDiscontinuity() {
    seen.holding(token().at(-5).tree(20).token());

    assertBroken(verifyWith(token().at(-10).tree(21)), "tree size fell from 21");
  }

  @Test
  void token_oneSizeWithTwoRoots_governanceDiscontinuity() {
    seen.holding(token().token());

    for (long at : new long[] {-11, -10, -9}) {
      assertBroken(verifyWith(token().at(at).fork("b")), "size 20 with two roots");
    }
  }

  @Test
  void token_oneSizeWithTwoRootsInTwoLists_governanceDiscontinuity() {
    seen.holding(token().list(StatusIssuance.OTHER_LIST).at(-20).token());

    assertBroken(verifyWith(token().fork("b")), "size 20 with two roots");
  }

  /** The log that signed the checkpoint and the service that made the token show one tree. */
  @Test
  void token_oneSizeWithAnotherRootThanTheCheckpoint_governanceDiscontinuity() {
    assertBroken(
        verifyWith(token().tree(Issuance.TREE_SIZE)), "size 11 with two roots: the bundle's");
  }

  /** As a gateway is that was away for long: nothing it holds is fresh, and all of it still counts. */
  @Test
  void token_laterThanOneTooOldAndBehindIt_governanceDiscontinuity() {
    seen.holding(token().at(-5000).tree(30).token());

    assertBroken(verifyWith(token().tree(29)), "tree size fell from 30");
  }

  // Policy epoch

  @Test
  void epoch_belowMinEpoch_policyMismatch() {
    assertAllowed(verifyWith(token().epochs(7, 9).policy(hash("ninth"))));
    assertMismatch(verifyWith(token().tree(21).epochs(8, 9).policy(hash("ninth"))));
  }

  @Test
  void epoch_aboveTheNewest_policyMismatch() {
    assertMismatch(verifyWith(token().epochs(6, 6)));
  }

  @Test
  void epoch_newestWithAnotherDigest_policyMismatch() {
    assertMismatch(verifyWith(token().policy(hash("other policy"))));
  }

  /** What is in force is in force for all lists. */
  @Test
  void epoch_raisedByANewerTokenOfAnotherList_policyMismatch() {
    seen.holding(token().list(StatusIssuance.OTHER_LIST).at(-5).tree(30).epochs(8, 8).token());

    assertMismatch(verifyWith(token()));
  }

  /** A bundle brings the epoch of its own artifact to a gateway that has not heard of it. */
  @Test
  void epoch_heldTokenIsOfTheEpochBeforeAndTheBundlesIsNot_allowed() {
    seen.holding(token().epochs(6, 6).token());

    assertMismatch(verify(bundle()));
    assertAllowed(verifyWith(token().at(-5).tree(30)));
  }
}
