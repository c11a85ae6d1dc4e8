// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.Operations.BOB;
import static dev.writ.artifact.Operations.CAROL;
import static dev.writ.artifact.Operations.SUCCESSOR;
import static dev.writ.artifact.Operations.first;
import static dev.writ.artifact.Operations.next;
import static dev.writ.artifact.Operations.second;
import static dev.writ.artifact.Operations.signed;
import static dev.writ.artifact.TestWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** A gateway that knew only the old trust file, while the issuer goes on. */
class BundleVerifierSuccessionTest extends StatusVerification {
  private static final TrustFile SECOND = signed(second(), BOB, CAROL);

  private static TrustFile follow(TrustFile... published) {
    try {
      return TrustSuccession.follow(
              first(),
              version ->
                  List.of(published).stream()
                      .filter(file -> file.content().version() == version)
                      .map(TrustFile::toJson)
                      .findFirst())
          .newest();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Verdict verify(TrustFile trust, Issuance bundle) {
    return BundleVerifier.of(trust).verify(bundle.bundle(), TestWorld.presentation(), seen, NOW);
  }

  private static Issuance ofTheNewKey() {
    return bundle().signedBy(SUCCESSOR);
  }

  private static StatusIssuance tokenOfVersionTwo() {
    return token().at(-5).tree(30).trustVersion(2);
  }

  private static void assertUnknown(Verdict verdict) {
    BundleVerifierDenialTest.assertDenied(
        verdict, DenialCode.SIGNATURE_INVALID, CheckName.SIGNATURE);
  }

  @Test
  void artifact_ofTheNewKey_signatureInvalidUntilTheSuccessionIsFollowed() {
    Issuance artifact = ofTheNewKey().token(tokenOfVersionTwo());

    assertUnknown(verify(first(), artifact));
    assertAllowed(verify(follow(SECOND), artifact));
  }

  @Test
  void artifact_ofTheOldKey_allowedBeforeAndAfterwards() {
    assertAllowed(verify(first(), bundle().token(token())));
    assertAllowed(verify(follow(SECOND), bundle().token(tokenOfVersionTwo())));
    assertAllowed(verify(follow(SECOND), bundle().token(tokenOfVersionTwo())));
  }

  @Test
  void artifact_ofTheOldKeyAfterItsCompromise_revokedFromTheIndexOn() {
    for (long from : new long[] {6, 7}) {
      TrustFile third =
          signed(
              next(
                  SECOND,
                  TestWorld.compromisedKey(TestKey.ISSUER, OptionalLong.of(from)),
                  TestWorld.issuerKey(SUCCESSOR, KeyState.ACTIVE)),
              BOB,
              CAROL);
      StatusIssuance token = token().trustVersion(3);
      TrustFile newest = follow(SECOND, third);

      if (from == 7) {
        assertAllowed(verify(newest, bundle().token(token)));
      } else {
        BundleVerifierDenialTest.assertDenied(
            verify(newest, bundle().token(token)), DenialCode.REVOKED, CheckName.KEY);
      }
      assertAllowed(verify(newest, ofTheNewKey().token(token)));
    }
  }

  /** He has the issuer's key, and gives a successor of his own a hand-over and a trust file. */
  @Test
  void artifact_ofAKeyThatAThiefOfTheOldOneIntroduces_signatureInvalid() {
    TestKey thiefs = TestKey.random();
    TrustFile stolen =
        signed(
            next(
                first(),
                TestWorld.issuerKey(TestKey.ISSUER, KeyState.RETIRED),
                TestWorld.issuerKey(thiefs, KeyState.ACTIVE)),
            TestKey.ISSUER,
            thiefs);
    KeyHandover handover =
        new KeyHandover(
            TestWorld.ISSUER,
            KeyRole.ISSUER,
            TestKey.ISSUER.kid(),
            thiefs.verification(),
            TestWorld.MADE,
            Operations.rotation().digest());
    byte[] input = handover.signingInput();

    assertThat(
            new KeyHandover.Signed(handover, TestKey.ISSUER.sign(input), thiefs.sign(input))
                .holds(TestKey.ISSUER.publicKey()))
        .isTrue();
    assertThat(follow(stolen).content().version()).isEqualTo(1);
    assertUnknown(verify(follow(stolen), bundle().signedBy(thiefs).token(token())));
  }

  @Test
  void token_ofALaterTrustVersion_governanceDiscontinuityUntilItIsFollowed() {
    Issuance artifact = bundle().token(tokenOfVersionTwo());

    assertBroken(verify(first(), artifact), "version 2 of the trust file, and this verifier by");
    assertAllowed(verify(follow(SECOND), artifact));
  }

  /** Who missed one denies: an older token that he still holds does not help. */
  @Test
  void token_ofALaterTrustVersionOnceSeen_nothingIsAllowedByAnOlderOne() {
    seen.holding(token().token());
    assertAllowed(verify(first(), bundle()));

    assertBroken(verify(first(), bundle().token(tokenOfVersionTwo())), "version 2");

    assertBroken(verify(first(), bundle()), "version 2");
    assertBroken(verify(first(), bundle().token(token())), "version 2");
    assertAllowed(verify(follow(SECOND), bundle()));
  }

  @Test
  void token_ofALaterTrustVersionOfAnotherList_governanceDiscontinuity() {
    seen.holding(tokenOfVersionTwo().list(StatusIssuance.OTHER_LIST).token());

    assertBroken(verify(first(), bundle().token(token())), "version 2");
    assertAllowed(verify(follow(SECOND), bundle().token(token())));
  }

  @Test
  void learn_tokenOfALaterTrustVersion_refusedKeptAndNewestAfterwards() {
    String text = tokenOfVersionTwo().get();

    assertThat(BundleVerifier.of(first()).learn(text, seen, NOW))
        .isInstanceOfSatisfying(
            StatusVerdict.Refused.class,
            refused -> {
              assertThat(refused.code()).isEqualTo(DenialCode.GOVERNANCE_DISCONTINUITY);
              assertThat(refused.reason()).contains("let it follow the published ones");
            });
    assertThat(seen.newestStatus(StatusIssuance.LIST))
        .map(StatusToken::compact)
        .isEqualTo(Optional.of(text));
    assertThat(BundleVerifier.of(follow(SECOND)).learn(text, seen, NOW))
        .isInstanceOf(StatusVerdict.Newest.class);
  }

  @Test
  void token_ofALaterTrustVersionThatCannotBeKept_unverifiable() {
    seen.answeringTokens(() -> Seen.StatusOutcome.UNAVAILABLE);

    BundleVerifierDenialTest.assertDenied(
        verify(first(), bundle().token(tokenOfVersionTwo())),
        DenialCode.UNVERIFIABLE,
        CheckName.GOVERNANCE);
  }

  /** Who removes what was followed takes a verifier back, and nothing is allowed there. */
  @Test
  void verifier_takenBackToAnEarlierTrustFile_governanceDiscontinuity() {
    assertAllowed(verify(follow(SECOND), bundle().token(tokenOfVersionTwo())));

    assertBroken(verify(follow(), bundle()), "this verifier by version 1");
  }

  /** The issuer may be behind: it goes by the next one from its next token on. */
  @Test
  void token_ofAnEarlierTrustVersion_allowed() {
    assertAllowed(verify(follow(SECOND), bundle().token(token().trustVersion(1))));
  }

  /** A key that nobody believes can name no version. */
  @Test
  void token_ofALaterTrustVersionByAnotherKey_isNone() {
    seen.holding(token().token());

    assertAllowed(verify(first(), bundle().token(tokenOfVersionTwo().signedBy(TestKey.random()))));
  }
}
