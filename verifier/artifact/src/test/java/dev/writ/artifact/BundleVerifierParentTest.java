// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** A child's bundle beside its parent's: each thing by which the parent does not carry it. */
class BundleVerifierParentTest extends StatusVerification {
  private static final int ABOVE = 815;
  private static final StatusReference OF_PARENT =
      new StatusReference(ABOVE, StatusIssuance.OTHER_LIST);

  private static ArtifactClaims above() {
    Act own = TestWorld.act();
    Delegable bound =
        new Delegable(
            List.of("exec"), List.of("/usr/bin"), List.of(ExecAudience.of(TestWorld.AK)), 9);
    ArtifactClaims any =
        Claims.act(
            TestWorld.claims(),
            new Act(
                "exec",
                "/usr/bin/agent",
                own.argsDigest(),
                own.limits(),
                own.maxUses(),
                Optional.of(bound)));
    return with(any, TestWorld.PARENT, Lineage.rootOf(TestWorld.ROOT));
  }

  private static ArtifactClaims with(ArtifactClaims c, UuidV7 jti, Lineage lineage) {
    return new ArtifactClaims(
        c.iss(),
        c.sub(),
        c.aud(),
        c.iat(),
        c.nbf(),
        c.exp(),
        jti,
        c.jkt(),
        c.tenant(),
        c.act(),
        c.env(),
        c.policy(),
        c.gov(),
        lineage,
        Optional.of(OF_PARENT),
        c.logOrigin(),
        c.ear());
  }

  private static StatusIssuance ofParent() {
    return token().list(StatusIssuance.OTHER_LIST);
  }

  private static ProofBundle parent(UnaryOperator<ArtifactClaims> change, StatusIssuance token)
      throws Exception {
    return ProofBundle.parse(
        Issuance.valid().claims(any -> change.apply(above())).token(token).bundle());
  }

  private static ProofBundle parent() throws Exception {
    return parent(UnaryOperator.identity(), ofParent());
  }

  private Verdict under(ProofBundle parent, Instant now) {
    return verifier.verify(
        bundle().token(token()).bundle(),
        TestWorld.presentation()
            .withParent(new Presentation.ParentHere(TestWorld.PARENT, Optional.of(parent))),
        seen,
        now);
  }

  private static void assertDiscontinuous(Verdict verdict, String why) {
    BundleVerifierDenialTest.assertDenied(
        verdict, DenialCode.AUTHORIZATION_DISCONTINUITY, CheckName.PARENT);
    assertThat(((Verdict.Denied) verdict).reason()).contains(why);
  }

  @Test
  void child_underItsParent_isAllowed_andUsesUpItselfAlone() throws Exception {
    Memory counting = new Memory();
    Verdict verdict =
        verifier.verify(
            bundle().token(token()).bundle(),
            TestWorld.presentation()
                .withParent(new Presentation.ParentHere(TestWorld.PARENT, Optional.of(parent()))),
            counting,
            NOW);
    assertAllowed(verdict);
    assertThat(counting.uses).containsOnlyKeys(TestWorld.JTI);
  }

  /** The service counts the parent's uses: a child that starts is none of them, and nobody is asked. */
  @Test
  void parent_ofWhichTheServiceCountsTheUses_carriesItsChild() throws Exception {
    ProofBundle counted = parent(c -> Claims.audience(c, c.iss()), ofParent());
    assertAllowed(under(counted, NOW));
  }

  @Test
  void parent_thatIsWithdrawnByANewerTokenOfItsList_carriesNobody() throws Exception {
    assertDiscontinuous(
        under(parent(UnaryOperator.identity(), ofParent().revoke(ABOVE)), NOW),
        "the parent is denied with revoked");
  }

  @Test
  void parent_thatHasEnded_carriesNobody() throws Exception {
    assertDiscontinuous(
        under(parent(claims -> Claims.until(claims, NOW), ofParent()), NOW),
        "the parent is denied with expired");
  }

  @Test
  void parent_whoseSignatureOrLeafDoesNotHold_carriesNobody() throws Exception {
    ProofBundle good = parent();
    ProofBundle unsigned =
        ProofBundle.parse(
            Issuance.valid()
                .claims(any -> above())
                .signedBy(TestKey.random())
                .token(ofParent())
                .bundle());
    assertDiscontinuous(under(unsigned, NOW), "signature_invalid");
    ProofBundle other = ProofBundle.parse(bundle().token(token()).bundle());
    ProofBundle spliced =
        new ProofBundle(good.artifact(), other.leaf(), other.tlogProof(), good.statusListToken());
    assertDiscontinuous(under(spliced, NOW), "lineage_fragmented");
  }

  @Test
  void bundle_ofAnotherThanTheParent_carriesNobody() throws Exception {
    assertDiscontinuous(
        under(parent(c -> with(c, TestWorld.LEAF_ID, c.lineage()), ofParent()), NOW),
        "the bundle of " + TestWorld.LEAF_ID);
  }

  /** The service would have issued no such child: whoever has its key did. */
  @Test
  void child_widerThanItsParent_orLongerOrOfAnotherInitiator_isDenied() throws Exception {
    assertDiscontinuous(
        under(parent(c -> Claims.act(c, bounded("/usr/sbin")), ofParent()), NOW), "act.resource");
    assertDiscontinuous(
        under(parent(c -> Claims.until(c, NOW.plusSeconds(60)), ofParent()), NOW), "exp that must");
    assertDiscontinuous(
        under(
            parent(
                c ->
                    Claims.governance(
                        c,
                        new Governance(
                            "bob", c.gov().approvals(), c.gov().obligations(), c.gov().mode())),
                ofParent()),
            NOW),
        "gov.initiator");
  }

  private static Act bounded(String resource) {
    return new Act(
        "exec",
        "/usr/bin/agent",
        TestWorld.act().argsDigest(),
        Map.of(),
        1,
        Optional.of(
            new Delegable(
                List.of("exec"), List.of(resource), List.of(ExecAudience.of(TestWorld.AK)), 9)));
  }

  /** The child was judged by an older token: the newer one, which its parent's bundle brings, counts too. */
  @Test
  void token_thatComesWithTheParent_isTheChildsToo() throws Exception {
    ProofBundle newer =
        parent(
            c -> Claims.status(c, new StatusReference(ABOVE, StatusIssuance.LIST)),
            token().at(-5).revoke(StatusIssuance.IDX));
    Verdict verdict = under(newer, NOW);
    BundleVerifierDenialTest.assertDenied(verdict, DenialCode.REVOKED, CheckName.PARENT);
  }
}
