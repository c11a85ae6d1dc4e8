// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.KeyPairNoteSigner;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.NoteSigningException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TlogProof;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Revocations that are pushed: what is believed of them, and what they withdraw until a token says it. */
class PushedRevocationTest extends StatusVerification {
  /** Where the tests' bundle has its decision, and how many leaves its token knows of. */
  private static final int KNOWN = 20;

  private static final int DECIDED = 6;

  private static Leaf leaf(LeafBody body) {
    return Leaf.of(NOW, TestWorld.LEAF_ID, List.of(), body);
  }

  private static LeafBody ofArtifact(UuidV7 jti) {
    return new LeafBody.Revocation(jti, RevocationReason.CEASED);
  }

  private static LeafBody ofHost(AkName host) {
    return new LeafBody.BootRevocation(Hash.sha256(host.bytes()), 1, 2, BootEnd.NEW_BOOT);
  }

  private static byte[] event(LeafBody body, int index) {
    return event(leaf(body).bytes(), index, TestWorld.ORIGIN, TestKey.LOG);
  }

  /** In a tree of one leaf more than the place. */
  private static byte[] event(byte[] leaf, int index, String origin, TestKey log) {
    List<Hash> leaves = new ArrayList<>();
    for (int i = 0; i < index; i++) {
      leaves.add(TestWorld.hash("leaf " + i));
    }
    leaves.add(MerkleTree.leafHash(leaf));
    Hash root = MerkleTree.root(leaves);
    try {
      SignedNote note =
          SignedNote.sign(
              new Checkpoint(origin, leaves.size(), root).noteText(),
              KeyPairNoteSigner.of(origin, log.pair()));
      InclusionProof proof = new InclusionProof(index, leaves.size(), Issuance.path(index, leaves));
      return new RevocationEvent(leaf, TlogProof.of(proof, note).format()).toJson();
    } catch (NoteSigningException e) {
      throw new AssertionError(e);
    }
  }

  private RevocationVerdict learn(byte[] event) {
    return verifier.learnRevocation(event, seen, NOW);
  }

  private void learnNew(byte[] event) {
    assertThat(learn(event))
        .isInstanceOfSatisfying(
            RevocationVerdict.Believed.class, believed -> assertThat(believed.isNew()).isTrue());
  }

  private void assertRefused(byte[] event, DenialCode code) {
    assertThat(learn(event))
        .isInstanceOfSatisfying(
            RevocationVerdict.Refused.class,
            refused -> assertThat(refused.code()).as(refused.reason()).isEqualTo(code));
    assertThat(seen.revocations()).isEqualTo(PushedRevocations.NONE);
  }

  @Test
  void artifact_whoseRevocationWasPushed_isDeniedUntilATokenKnowsTheLeaf() {
    assertAllowed(verifyWith(token()));

    learnNew(event(ofArtifact(TestWorld.JTI), KNOWN));

    assertRevoked(verifyWith(token()));
    // From then on the token is the authority: of one that says that it stands, it does.
    assertAllowed(verifyWith(token().at(-5).tree(KNOWN + 1)));
    assertRevoked(verifyWith(token().at(-4).tree(KNOWN + 1).revoke(StatusIssuance.IDX)));
  }

  @Test
  void host_whoseRevocationWasPushed_loosesWhatWasDecidedBefore() {
    learnNew(event(ofHost(TestWorld.AK), KNOWN));

    assertRevoked(verifyWith(token()));
  }

  /** The tests' artifact stands under another, which may be of any host. */
  @Test
  void
      host_ofAnother_whoseRevocationWasPushed_deniesWhatIsUnderSomeArtifact_untilATokenKnowsTheLeaf() {
    learnNew(event(ofHost(TestWorld.OTHER_AK), KNOWN));

    assertRevoked(verifyWith(token()));
    assertAllowed(verifyWith(token().at(-5).tree(KNOWN + 1)));
  }

  @Test
  void parent_whoseRevocationWasPushed_fellsItsChild() {
    learnNew(event(ofArtifact(TestWorld.PARENT), KNOWN));

    assertRevoked(verifyWith(token()));
    assertAllowed(verifyWith(token().at(-5).tree(KNOWN + 1)));
  }

  @Test
  void host_whoseRevocationIsOfBeforeTheDecision_keepsTheArtifact() {
    // The token is of fewer leaves still: only the order of the two leaves tells.
    learnNew(event(ofHost(TestWorld.AK), 5));

    assertAllowed(verifyWith(token().tree(5)));
  }

  private static LeafBody of(RevokedScope scope) {
    return new LeafBody.ScopeRevocation(scope, RevocationReason.KEY_COMPROMISE, RevokedBy.OPERATOR);
  }

  private static RevokedScope.Places places(long from, long before) {
    return new RevokedScope.Places(from, before);
  }

  static Stream<RevokedScope> aroundTheDecision() {
    return Stream.of(
        new RevokedScope.OfRange(places(DECIDED, DECIDED + 1)),
        new RevokedScope.OfKey(TestWorld.hash("kid"), places(0, KNOWN)),
        new RevokedScope.OfEpoch(1, places(2, DECIDED + 1)));
  }

  @ParameterizedTest
  @MethodSource("aroundTheDecision")
  void places_withinWhichTheDecisionIs_areDeniedByTheLeafAlone_untilATokenKnowsIt(
      RevokedScope scope) {
    learnNew(event(of(scope), KNOWN));

    assertRevoked(verifyWith(token()));
    assertAllowed(verifyWith(token().at(-5).tree(KNOWN + 1)));
  }

  @Test
  void places_thatBeginAfterTheDecision_orEndBeforeAnotherRoot_withdrawNothing() {
    learnNew(event(of(new RevokedScope.OfRange(places(DECIDED + 1, KNOWN))), KNOWN));
    assertAllowed(verifyWith(token()));

    ArtifactClaims claims = TestWorld.claims();
    RevocationScope before = new RevocationScope.OfPlaces(2, DECIDED);
    assertThat(before.covers(claims, DECIDED, KNOWN)).as("its parent may be there").isTrue();
    assertThat(before.covers(claims, 1, KNOWN)).as("decided before all of them").isFalse();
  }

  @Test
  void workload_thatALeafNames_isTheTokensToSay_andAHostIsTheLeafs() {
    learnNew(
        event(of(new RevokedScope.OfWorkload(new Commitment(TestWorld.hash("s")), KNOWN)), KNOWN));
    assertThat(seen.revocations()).isEqualTo(PushedRevocations.NONE);
    assertAllowed(verifyWith(token()));

    learnNew(event(of(new RevokedScope.OfHost(Hash.sha256(TestWorld.AK.bytes()))), KNOWN + 1));
    assertRevoked(verifyWith(token()));
  }

  @Test
  void revocation_ofAnotherArtifact_withdrawsNothing() {
    learnNew(event(ofArtifact(TestWorld.EXECUTION), KNOWN));

    assertAllowed(verifyWith(token()));
  }

  @Test
  void revocation_pushedTwice_isKnown() {
    byte[] event = event(ofArtifact(TestWorld.JTI), KNOWN);
    learnNew(event);

    assertThat(learn(event))
        .isInstanceOfSatisfying(
            RevocationVerdict.Believed.class, believed -> assertThat(believed.isNew()).isFalse());
    assertThat(seen.revocations().kept()).hasSize(1);
  }

  static Stream<Arguments> unproven() {
    byte[] leaf = leaf(ofArtifact(TestWorld.JTI)).bytes();
    byte[] good = event(leaf, 8, TestWorld.ORIGIN, TestKey.LOG);
    String text = new String(good, StandardCharsets.UTF_8);
    byte[] other = leaf(ofArtifact(TestWorld.PARENT)).bytes();
    RevocationEvent parsed;
    try {
      parsed = RevocationEvent.parse(good);
    } catch (MalformedBundleException e) {
      throw new AssertionError(e);
    }
    return Stream.of(
        Arguments.of("nothing", new byte[0], DenialCode.UNVERIFIABLE),
        Arguments.of("cut off", Arrays.copyOf(good, good.length / 2), DenialCode.UNVERIFIABLE),
        Arguments.of("too large", new byte[RevocationEvent.MAX_BYTES + 1], DenialCode.UNVERIFIABLE),
        Arguments.of(
            "a member more",
            text.replace("{\"leaf\"", "{\"a\":1,\"leaf\"").getBytes(StandardCharsets.UTF_8),
            DenialCode.UNVERIFIABLE),
        Arguments.of(
            "another leaf under the proof",
            new RevocationEvent(other, parsed.tlogProof()).toJson(),
            DenialCode.LINEAGE_FRAGMENTED),
        Arguments.of(
            "another place",
            new RevocationEvent(leaf, parsed.tlogProof().replace("index 8", "index 7")).toJson(),
            DenialCode.LINEAGE_FRAGMENTED),
        Arguments.of(
            "no proof", new RevocationEvent(leaf, "none").toJson(), DenialCode.LINEAGE_FRAGMENTED),
        Arguments.of(
            "no leaf",
            event("{}".getBytes(StandardCharsets.UTF_8), 8, TestWorld.ORIGIN, TestKey.LOG),
            DenialCode.LINEAGE_FRAGMENTED),
        Arguments.of(
            "another kind of leaf",
            event(new LeafBody.PolicyInForce(TestWorld.claims().policy()), 8),
            DenialCode.LINEAGE_FRAGMENTED),
        Arguments.of(
            "another key of the log's name",
            event(leaf, 8, TestWorld.ORIGIN, TestKey.GATEWAY),
            DenialCode.LINEAGE_FRAGMENTED),
        Arguments.of(
            "another log",
            event(leaf, 8, "other.example/log", TestKey.LOG),
            DenialCode.LINEAGE_FRAGMENTED));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unproven")
  void event_thatDoesNotProveItself_isRefusedAndKeepsNothing(
      String what, byte[] event, DenialCode code) {
    assertRefused(event, code);
  }

  /** A log that shows two faces is no reason to let what it withdrew run. */
  @Test
  void event_ofTheSameSizeAsATokenUnderAnotherRoot_isToldOf_andWithdrawsAllTheSame() {
    seen.holding(token().tree(KNOWN + 1).at(-30).token());

    assertThat(learn(event(ofArtifact(TestWorld.JTI), KNOWN)))
        .isInstanceOfSatisfying(
            RevocationVerdict.Believed.class,
            believed ->
                assertThat(believed.contradiction())
                    .hasValueSatisfying(why -> assertThat(why).contains("two roots")));
    assertThat(seen.revocations().has(KNOWN)).isTrue();
  }

  @Test
  void memory_thatCannotBeRead_isGivenTheRevocationAllTheSame() {
    Memory unread = new Memory().unreadable();

    assertThat(verifier.learnRevocation(event(ofArtifact(TestWorld.JTI), 8), unread, NOW))
        .isInstanceOfSatisfying(
            RevocationVerdict.Refused.class,
            refused -> assertThat(refused.code()).isEqualTo(DenialCode.UNVERIFIABLE));
    assertThat(unread.kept().has(8)).isTrue();
  }

  @Test
  void endOfABreakglass_loosesWhatItAllowed_andWhatStandsUnderAnother_untilATokenKnowsTheLeaf() {
    RevocationScope scope = new RevocationScope.OfBreakglass();
    ArtifactClaims child = TestWorld.claims();
    ArtifactClaims usual = root(child, child.gov());
    Governance emergency =
        new Governance(
            child.gov().initiator(),
            List.of("breakglass:" + TestWorld.hash("grant").hex()),
            List.of(),
            Governance.Mode.DEV);

    assertThat(scope.covers(child, 6, KNOWN)).isTrue();
    assertThat(scope.covers(usual, 6, KNOWN)).isFalse();
    assertThat(scope.covers(root(child, emergency), 6, KNOWN)).isTrue();
    assertThat(scope.covers(root(child, emergency), KNOWN, 6)).isFalse();
  }

  private static ArtifactClaims root(ArtifactClaims like, Governance gov) {
    return new ArtifactClaims(
        like.iss(),
        like.sub(),
        like.aud(),
        like.iat(),
        like.nbf(),
        like.exp(),
        like.jti(),
        like.jkt(),
        like.tenant(),
        like.act(),
        like.env(),
        like.policy(),
        gov,
        Lineage.rootOf(like.lineage().execution()),
        like.status(),
        like.logOrigin(),
        like.ear());
  }

  @Test
  void approval_thatRevokesNothing_isNoRevocation() {
    assertRefused(
        event(
            new LeafBody.Approval(
                ApprovalOf.ENROLMENT,
                new Commitment(TestWorld.hash("host")),
                TestWorld.hash("invitation"),
                NOW.plusSeconds(60)),
            8),
        DenialCode.LINEAGE_FRAGMENTED);
  }

  @Test
  void memory_thatCannotKeepIt_makesItUnverifiable() {
    Memory full = new Memory().answeringTokens(() -> Seen.StatusOutcome.UNAVAILABLE);

    assertThat(verifier.learnRevocation(event(ofArtifact(TestWorld.JTI), 8), full, NOW))
        .isInstanceOfSatisfying(
            RevocationVerdict.Refused.class,
            refused -> assertThat(refused.code()).isEqualTo(DenialCode.UNVERIFIABLE));
  }

  @Test
  void clocksApartByAnHour_orByDays_keepItAsLong() {
    byte[] event = event(ofArtifact(TestWorld.JTI), KNOWN);
    for (Duration apart : List.of(Duration.ofHours(-1), Duration.ofHours(1), Duration.ofDays(9))) {
      Memory memory = new Memory();
      assertThat(verifier.learnRevocation(event, memory, NOW.plus(apart)))
          .isInstanceOf(RevocationVerdict.Believed.class);
      Instant until = memory.revocations().kept().get(0).keepUntil();
      assertThat(until)
          .isAfterOrEqualTo(NOW.plus(ArtifactClaims.MAX_LIFETIME).plus(Duration.ofHours(1)));
    }
  }

  /** A clock that ran ahead for a moment must not lose what an artifact that still holds is withdrawn by. */
  @Test
  void revocation_isForgottenByTheTimeOfTokens_andNotByThisClock() {
    learnNew(event(ofArtifact(TestWorld.JTI), KNOWN));
    Instant wrong = NOW.plus(Duration.ofDays(9));
    var unused =
        verifier.learnRevocation(event(ofArtifact(TestWorld.EXECUTION), KNOWN + 5), seen, wrong);
    assertThat(seen.revocations().has(KNOWN)).isTrue();
    assertRevoked(verifyWith(token()));

    seen.holding(token().at(Duration.ofHours(4).toSeconds()).tree(KNOWN + 9).token());
    unused = verifier.learnRevocation(event(ofArtifact(TestWorld.EXECUTION), 30), seen, NOW);
    assertThat(seen.revocations().kept())
        .extracting(PushedRevocation::leafIndex)
        .containsExactly(30L);
  }

  @Test
  void revocation_ofSoLongAgoThatAllHasEnded_isNotKept() {
    seen.holding(token().at(Duration.ofHours(3).toSeconds()).tree(KNOWN).token());

    assertThat(learn(event(ofArtifact(TestWorld.JTI), 8)))
        .isInstanceOf(RevocationVerdict.Believed.class);
    assertThat(seen.revocations()).isEqualTo(PushedRevocations.NONE);
    // One that the token does not know of came after it, whatever its leaf says of the time.
    learnNew(event(ofArtifact(TestWorld.JTI), KNOWN));
    assertThat(seen.revocations().has(KNOWN)).isTrue();
  }

  @Test
  void moreThanThereIsRoomFor_denyWhateverNoTokenReaches() {
    Instant until = NOW.plusSeconds(3600);
    PushedRevocations few = PushedRevocations.NONE;
    for (int i = 0; i < 5; i++) {
      few =
          few.with(
              new PushedRevocation(
                  new RevocationScope.OfArtifact(TestWorld.EXECUTION), 100 + i, until),
              NOW,
              3);
    }
    assertThat(few.kept())
        .extracting(PushedRevocation::leafIndex)
        .containsExactly(102L, 103L, 104L);
    ArtifactClaims claims = TestWorld.claims();

    assertThat(few.withdrawn(claims, 6, 101))
        .hasValueSatisfying(why -> assertThat(why).contains("101"));
    assertThat(few.withdrawn(claims, 6, 102)).isEmpty();
    assertThat(few.withdrawn(claims, 101, 90)).isEmpty();
    PushedRevocation later =
        new PushedRevocation(
            new RevocationScope.OfArtifact(TestWorld.EXECUTION), 200, until.plusSeconds(10));
    assertThat(few.with(later, until, 3))
        .isEqualTo(new PushedRevocations(List.of(later), Optional.empty()));
  }
}
