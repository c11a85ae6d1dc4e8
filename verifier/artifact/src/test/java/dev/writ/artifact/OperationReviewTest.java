// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What an operator finds of an operation, and of the trust file beside it, before he signs. */
class OperationReviewTest {
  private static final TrustFile BELIEVED = TestWorld.trust(TestWorld.statusTrust());
  private static final TrustContent BEFORE = BELIEVED.content();
  private static final TrustedKey ISSUER = BEFORE.keysOf(KeyRole.ISSUER).get(0);
  private static final Instant NOW = ISSUER.nbf().plusSeconds(1_000);
  private static final Instant EXPIRES = NOW.plusSeconds(3_600);
  private static final Instant ACTIVATES = EXPIRES.plusSeconds(600);
  private static final VerificationKey NEXT = TestKey.random().verification();

  private static Operation operation(Operation.Change change) {
    return new Operation(
        BEFORE.issuer(),
        BEFORE.version(),
        Hash.sha256(new byte[] {1}),
        NOW,
        EXPIRES,
        Optional.empty(),
        change);
  }

  private static Hash digest(TrustContent content) {
    return Hash.sha256(content.signingInput());
  }

  private static TrustContent successor(List<TrustedKey> keys) {
    return TrustContents.successor(TrustContents.keys(BEFORE, keys), 2, BELIEVED.digest());
  }

  private static List<TrustedKey> replaced(TrustedKey with, TrustedKey... added) {
    List<TrustedKey> keys = new ArrayList<>();
    BEFORE.keys().forEach(key -> keys.add(key.equals(ISSUER) ? with : key));
    keys.addAll(List.of(added));
    return keys;
  }

  private static TrustedKey retiring(Instant exp) {
    return new TrustedKey(ISSUER.key(), KeyRole.ISSUER, ISSUER.nbf(), exp, KeyState.RETIRING);
  }

  private static TrustedKey next(Instant nbf) {
    return new TrustedKey(
        NEXT, KeyRole.ISSUER, nbf, nbf.plus(Duration.ofDays(700)), KeyState.ACTIVE);
  }

  private static TrustContent rotated() {
    return successor(replaced(retiring(ACTIVATES.plusSeconds(7_200)), next(ACTIVATES)));
  }

  private static OperationReview.Outcome rotation(TrustContent content) {
    return OperationReview.of(
        operation(
            new Operation.RotateKey(
                KeyRole.ISSUER, ISSUER.key().kid(), NEXT.kid(), ACTIVATES, digest(content))),
        Optional.of(content),
        BELIEVED,
        NOW);
  }

  private static void assertRefused(OperationReview.Outcome outcome, String why) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            OperationReview.Outcome.Refused.class,
            refused -> assertThat(refused.reason()).contains(why));
  }

  @Test
  void rotation_thatChangesTwoKeys_isSound() {
    assertThat(rotation(rotated()))
        .isInstanceOfSatisfying(
            OperationReview.Outcome.Sound.class,
            sound ->
                assertThat(sound.differences())
                    .hasSize(2)
                    .hasExactlyElementsOfTypes(
                        TrustDifference.KeyChanged.class, TrustDifference.KeyAdded.class));
  }

  /** Its successor was compromised before it signed. */
  @Test
  void rotation_ofAKeyThatRetiresAlready_isSound() {
    TrustFile believed =
        TrustFile.of(
            TrustContents.keys(BEFORE, replaced(retiring(NOW.plusSeconds(5_000)))), List.of());
    TrustContent content =
        TrustContents.successor(
            TrustContents.keys(
                BEFORE, replaced(retiring(ACTIVATES.plusSeconds(7_200)), next(ACTIVATES))),
            2,
            believed.digest());

    assertThat(
            OperationReview.of(
                operation(
                    new Operation.RotateKey(
                        KeyRole.ISSUER,
                        ISSUER.key().kid(),
                        NEXT.kid(),
                        ACTIVATES,
                        digest(content))),
                Optional.of(content),
                believed,
                NOW))
        .isInstanceOf(OperationReview.Outcome.Sound.class);
  }

  @Test
  void rotation_thatAlsoChangesTheOperators_isRefused() {
    KeyQuorum others = new KeyQuorum(1, List.of(TestKey.random().verification()));
    assertRefused(
        rotation(TrustContents.operators(rotated(), others)),
        "nothing but what the operation says");
  }

  @Test
  void rotation_thatBringsAnotherKeyAlong_isRefused() {
    TrustedKey stowaway =
        new TrustedKey(
            TestKey.random().verification(),
            KeyRole.ISSUER,
            ISSUER.nbf(),
            ISSUER.exp(),
            KeyState.ACTIVE);
    assertRefused(
        rotation(
            successor(replaced(retiring(ACTIVATES.plusSeconds(7_200)), next(ACTIVATES), stowaway))),
        "nothing but what the operation says");
  }

  @Test
  void rotation_whoseKeyIsBelievedBeforeItsTime_isRefused() {
    assertRefused(
        rotation(successor(replaced(retiring(ACTIVATES.plusSeconds(7_200)), next(NOW)))),
        "as a key of role issuer from");
  }

  @Test
  void rotation_thatLetsTheOldKeyLiveOn_orEndsItEarly_isRefused() {
    for (Instant end : List.of(ACTIVATES.plus(Duration.ofDays(2)), ACTIVATES.minusSeconds(1))) {
      assertRefused(
          rotation(successor(replaced(retiring(end), next(ACTIVATES)))), "end within 24 hours");
    }
  }

  @Test
  void rotation_thatLeavesTheOldKeyAsItWas_isRefused() {
    assertRefused(rotation(successor(replaced(ISSUER, next(ACTIVATES)))), "and does not");
  }

  @Test
  void rotation_thatActsBeforeItsApprovalEnds_isRefused() {
    TrustContent content = rotated();
    assertRefused(
        OperationReview.of(
            operation(
                new Operation.RotateKey(
                    KeyRole.ISSUER, ISSUER.key().kid(), NEXT.kid(), NOW, digest(content))),
            Optional.of(content),
            BELIEVED,
            NOW),
        "after its time for approval");
  }

  private static TrustedKey compromised(OptionalLong from) {
    return new TrustedKey(
        ISSUER.key(), KeyRole.ISSUER, ISSUER.nbf(), ISSUER.exp(), KeyState.COMPROMISED, from);
  }

  private static OperationReview.Outcome compromise(
      OptionalLong from, Optional<Hash> replacement, TrustContent content) {
    return OperationReview.of(
        operation(
            new Operation.CompromiseKey(
                KeyRole.ISSUER, ISSUER.key().kid(), from, replacement, digest(content))),
        Optional.of(content),
        BELIEVED,
        NOW);
  }

  @Test
  void compromise_thatSaysSoOfTheKey_isSound() {
    OptionalLong from = OptionalLong.of(7);
    assertThat(
            compromise(
                from, Optional.of(NEXT.kid()), successor(replaced(compromised(from), next(NOW)))))
        .isInstanceOf(OperationReview.Outcome.Sound.class);
  }

  @Test
  void compromise_fromAnotherLeafThanTheOperationSays_isRefused() {
    assertRefused(
        compromise(
            OptionalLong.empty(),
            Optional.empty(),
            successor(replaced(compromised(OptionalLong.of(7))))),
        "that it is compromised");
  }

  @Test
  void compromise_withoutTheReplacementThatItNames_isRefused() {
    assertRefused(
        compromise(
            OptionalLong.empty(),
            Optional.of(NEXT.kid()),
            successor(replaced(compromised(OptionalLong.empty())))),
        "in its place at once");
  }

  private static TrustedKey issuer(VerificationKey key, Instant nbf, Instant exp, KeyState state) {
    return new TrustedKey(key, KeyRole.ISSUER, nbf, exp, state);
  }

  /** Of a key that was to follow two others, of which both retire, by a file that lets some sign on. */
  private static OperationReview.Outcome compromiseOfTheNext(Instant begins, int signingOn) {
    VerificationKey second = TestKey.INSTANCE.verification();
    Instant end = ACTIVATES.plusSeconds(7_200);
    Instant later = ACTIVATES.plus(Duration.ofDays(300));
    TrustedKey retired = issuer(second, ISSUER.nbf(), end, KeyState.RETIRING);
    TrustedKey next = issuer(NEXT, begins, later, KeyState.ACTIVE);
    TrustFile before =
        TrustFile.of(TrustContents.keys(BEFORE, replaced(retiring(end), retired, next)), List.of());
    TrustedKey first =
        signingOn > 0
            ? issuer(ISSUER.key(), ISSUER.nbf(), ISSUER.exp(), KeyState.ACTIVE)
            : retiring(end);
    TrustedKey other =
        signingOn > 1 ? issuer(second, ISSUER.nbf(), later, KeyState.ACTIVE) : retired;
    TrustContent content =
        TrustContents.successor(
            TrustContents.keys(
                BEFORE, replaced(first, other, issuer(NEXT, begins, later, KeyState.COMPROMISED))),
            2,
            before.digest());
    return OperationReview.of(
        operation(
            new Operation.CompromiseKey(
                KeyRole.ISSUER,
                NEXT.kid(),
                OptionalLong.empty(),
                Optional.empty(),
                digest(content))),
        Optional.of(content),
        before,
        NOW);
  }

  @Test
  void compromise_ofAnAnnouncedKey_letsTheOneKeyBeforeItSignOn() {
    assertThat(compromiseOfTheNext(ACTIVATES, 0)).isInstanceOf(OperationReview.Outcome.Sound.class);
    assertThat(compromiseOfTheNext(ACTIVATES, 1)).isInstanceOf(OperationReview.Outcome.Sound.class);
    assertRefused(compromiseOfTheNext(ACTIVATES, 2), "nothing but what the operation says");
  }

  @Test
  void compromise_ofAKeyThatHasBegun_letsNoOtherSignOn() {
    Instant begun = NOW.minus(Duration.ofDays(1));

    assertThat(compromiseOfTheNext(begun, 0)).isInstanceOf(OperationReview.Outcome.Sound.class);
    assertRefused(compromiseOfTheNext(begun, 1), "nothing but what the operation says");
  }

  private static TrustedKey window(VerificationKey key, KeyRole role, Instant exp, KeyState state) {
    return new TrustedKey(key, role, ISSUER.nbf(), exp, state);
  }

  private static TrustContent with(String logPolicy, List<Hash> tls, TrustedKey... added) {
    TrustContent next = successor(replaced(ISSUER, added));
    return new TrustContent(
        next.issuer(),
        next.version(),
        next.previous(),
        next.assurance(),
        next.keys(),
        logPolicy,
        next.status(),
        next.skew(),
        tls,
        next.policyApprovers(),
        next.gateways(),
        next.operators());
  }

  private static OperationReview.Outcome rotation(
      KeyRole role, VerificationKey from, TrustContent content) {
    return OperationReview.of(
        operation(
            new Operation.RotateKey(role, from.kid(), NEXT.kid(), ACTIVATES, digest(content))),
        Optional.of(content),
        BELIEVED,
        NOW);
  }

  private static TrustedKey nextOf(KeyRole role) {
    return new TrustedKey(NEXT, role, ACTIVATES, ISSUER.exp(), KeyState.ACTIVE);
  }

  @Test
  void rotation_ofTheLogsKey_addsItsLineAndNoOther() {
    VerificationKey log = TestKey.LOG.verification();
    TrustedKey old =
        window(log, KeyRole.CHECKPOINT, ACTIVATES.plusSeconds(7_200), KeyState.RETIRING);
    LogLines before = new LogLines(BEFORE.logPolicy(), TestWorld.ORIGIN);
    String own = before.with(NEXT);
    String another = new LogLines(own, TestWorld.ORIGIN).with(TestKey.INSTANCE.verification());

    assertThat(
            rotation(
                KeyRole.CHECKPOINT, log, with(own, BEFORE.tls(), old, nextOf(KeyRole.CHECKPOINT))))
        .isInstanceOf(OperationReview.Outcome.Sound.class);
    assertRefused(
        rotation(
            KeyRole.CHECKPOINT, log, with(another, BEFORE.tls(), old, nextOf(KeyRole.CHECKPOINT))),
        "add its line, and no other");
  }

  @Test
  void rotation_ofATlsKey_addsOnePinAndTakesNone() {
    Hash pin = Hash.sha256(new byte[] {1});
    List<Hash> more = new ArrayList<>(BEFORE.tls());
    more.add(pin);
    List<Hash> tooMany = new ArrayList<>(more);
    tooMany.add(Hash.sha256(new byte[] {2}));

    assertThat(rotation(KeyRole.TLS, ISSUER.key(), with(BEFORE.logPolicy(), more)))
        .isInstanceOf(OperationReview.Outcome.Sound.class);
    for (List<Hash> pins : List.of(tooMany, BEFORE.tls(), List.of(pin))) {
      assertRefused(
          rotation(KeyRole.TLS, ISSUER.key(), with(BEFORE.logPolicy(), pins)),
          "take 0 pin from tls and add 1");
    }
  }

  @Test
  void rotation_ofTheAttestationKey_letsTheOldBeBelievedAsLongAsWhatItCertified() {
    VerificationKey old = TestKey.INSTANCE.verification();

    for (int days : List.of(400, 1_101)) {
      TrustedKey retiring =
          window(
              old, KeyRole.ATTESTATION, ACTIVATES.plus(Duration.ofDays(days)), KeyState.RETIRING);
      OperationReview.Outcome outcome =
          rotation(
              KeyRole.ATTESTATION,
              old,
              with(BEFORE.logPolicy(), BEFORE.tls(), retiring, nextOf(KeyRole.ATTESTATION)));
      if (days == 400) {
        assertThat(outcome).isInstanceOf(OperationReview.Outcome.Sound.class);
      } else {
        assertRefused(outcome, "end within 26400 hours");
      }
    }
  }

  private static OperationReview.Outcome publication(TrustContent content) {
    return OperationReview.of(
        operation(new Operation.PublishTrust(digest(content))),
        Optional.of(content),
        BELIEVED,
        NOW);
  }

  @Test
  void publication_ofOtherOperators_isSoundAndSaysSo() {
    KeyQuorum others = new KeyQuorum(1, List.of(TestKey.random().verification()));
    assertThat(publication(TrustContents.operators(successor(BEFORE.keys()), others)))
        .isEqualTo(
            new OperationReview.Outcome.Sound(
                List.of(new TrustDifference.OperatorsChanged(BEFORE.operators(), others))));
  }

  @Test
  void publication_ofAnotherIssuer_isRefused() {
    assertRefused(
        publication(TrustContents.issuer(successor(BEFORE.keys()), "https://other.example")),
        "leave issuer as it is");
  }

  @Test
  void trustFile_thatDoesNotFollowTheBelievedOne_isRefused() {
    TrustContent unrelated = TrustContents.successor(BEFORE, 2, Hash.sha256(new byte[] {9}));
    assertRefused(publication(unrelated), "after the one with digest");
  }

  @Test
  void trustFile_otherThanTheOperationNames_isRefused() {
    assertRefused(
        OperationReview.of(
            operation(new Operation.PublishTrust(Hash.sha256(new byte[0]))),
            Optional.of(successor(BEFORE.keys())),
            BELIEVED,
            NOW),
        "the one with digest");
    assertRefused(
        OperationReview.of(
            operation(new Operation.PublishTrust(Hash.sha256(new byte[0]))),
            Optional.empty(),
            BELIEVED,
            NOW),
        "was absent");
    assertRefused(
        OperationReview.of(
            operation(new Operation.DestroyKey(NEXT.kid())),
            Optional.of(successor(BEFORE.keys())),
            BELIEVED,
            NOW),
        "must be absent");
  }

  @Test
  void operation_ofAnotherIssuerVersionOrTime_isRefused() {
    Operation.Change change = new Operation.DestroyKey(NEXT.kid());
    Function<Operation, OperationReview.Outcome> review =
        operation -> OperationReview.of(operation, Optional.empty(), BELIEVED, NOW);
    assertThat(review.apply(operation(change))).isInstanceOf(OperationReview.Outcome.Sound.class);
    Operation mine = operation(change);
    assertRefused(
        review.apply(
            new Operation(
                "https://other.example", 1, mine.nonce(), NOW, EXPIRES, Optional.empty(), change)),
        "issuer must be");
    assertRefused(
        review.apply(
            new Operation(mine.issuer(), 2, mine.nonce(), NOW, EXPIRES, Optional.empty(), change)),
        "trust_version must be 1");
    assertRefused(
        OperationReview.of(mine, Optional.empty(), BELIEVED, EXPIRES), "ended " + EXPIRES);
  }

  @Test
  void review_byATrustFileThatNobodySpeaksFor_isRefused() throws Exception {
    TrustFile read = TrustFile.parse(TrustFile.of(successor(BEFORE.keys()), List.of()).toJson());
    assertRefused(
        OperationReview.of(
            operation(new Operation.DestroyKey(NEXT.kid())), Optional.empty(), read, NOW),
        "of version 1, pinned");
  }

  private static OperationReview.Outcome acceptance(Instant newest, Instant now) {
    return OperationReview.of(
        operation(new Operation.AcceptClock(newest)), Optional.empty(), BELIEVED, now);
  }

  /** The operator's own clock says whether the service's is right. */
  @Test
  void acceptance_ofAClock_isSoundWhereTheNewestLeafIsYetToCome() {
    Instant ahead = NOW.plusSeconds(10);

    assertThat(acceptance(ahead, NOW)).isInstanceOf(OperationReview.Outcome.Sound.class);
    assertThat(acceptance(ahead, ahead.minusNanos(1)))
        .isInstanceOf(OperationReview.Outcome.Sound.class);
    assertRefused(acceptance(ahead, ahead), "the service's clock was set back");
    assertRefused(acceptance(ahead, ahead.plusSeconds(60)), "the service's clock was set back");
  }

  @Test
  void acceptance_ofAClockThatIsAheadStill_isRefused() {
    Instant within = NOW.minus(BEFORE.skew());

    assertThat(acceptance(NOW.plusSeconds(10), within))
        .isInstanceOf(OperationReview.Outcome.Sound.class);
    assertRefused(
        acceptance(NOW.plusSeconds(10), within.minusSeconds(1)),
        "the clock to be accepted must be");
  }
}
