// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import static dev.writ.lineage.SampleLog.allow;
import static dev.writ.lineage.SampleLog.artifact;
import static dev.writ.lineage.SampleLog.digest;
import static dev.writ.lineage.SampleLog.outcome;
import static dev.writ.lineage.SampleLog.revocation;
import static dev.writ.lineage.SampleLog.uuid;
import static dev.writ.lineage.SampleLog.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Admission;
import dev.writ.artifact.AkName;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.HostChange;
import dev.writ.artifact.HostStanding;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.OperationKind;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevokedBy;
import dev.writ.artifact.RevokedScope;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Each rule holds of a whole log, and is broken by one leaf that breaks it. */
class LineageCheckTest {
  private static final AkName OTHER_AK =
      AkName.of(ofSha256(digest("another attestation key").bytes()));

  private static byte[] ofSha256(byte[] digest) {
    byte[] name = new byte[34];
    name[1] = 0x0b;
    System.arraycopy(digest, 0, name, 2, 32);
    return name;
  }

  @Test
  void wholeLog_breaksNoRule() throws Exception {
    SampleLog log = SampleLog.whole();
    LineageCheck.Report report =
        LineageCheck.check(log.read(artifact(1).build()), 0, log.leaves.size());
    assertThat(report.findings()).isEmpty();
    assertThat(report.holds()).isTrue();
    assertThat(report.outcomes()).isEqualTo(1);
    assertThat(report.complete()).isEqualTo(1);
  }

  @Test
  void entryThatIsNoLeaf_isUnreadable() throws Exception {
    List<byte[]> entries = new ArrayList<>();
    SampleLog.whole().leaves.forEach(leaf -> entries.add(leaf.bytes()));
    entries.add("{\"kind\":\"verification\"}".getBytes(StandardCharsets.UTF_8));
    Lineage lineage = Lineage.read(MemoryLog.of(entries).open(), Openings.NONE);
    assertThat(words(LineageCheck.check(lineage, 0, entries.size()).findings()))
        .containsExactly("17 leaf_readable");
  }

  @Test
  void leafThatStandsTwice_isToldWithTheFirst() throws Exception {
    SampleLog log = new SampleLog();
    log.leaves.add(log.leaves.get(1));
    assertThat(log.findings()).containsExactly(new Finding.Repeated(5, Rule.LEAF_ONCE, 1));
  }

  @Test
  void parentThatIsNowhere_isMissing() throws Exception {
    SampleLog log = new SampleLog();
    log.addWith(List.of(log.policy.hash(), digest("nowhere")), allow(artifact(1).build()));
    assertThat(log.findings()).containsExactly(new Finding.MissingParent(5, digest("nowhere")));
  }

  @Test
  void parentThatComesLater_isRefused() throws Exception {
    SampleLog log = new SampleLog();
    Leaf allow = log.allowed(1);
    Leaf outcome = log.ended(allow, 1);
    log.leaves.set(5, outcome);
    log.leaves.set(6, allow);
    assertThat(log.findings())
        .startsWith(new Finding.LateParent(5, 6))
        .hasSize(2)
        .last()
        .isInstanceOf(Finding.Orphan.class);
    assertThat(log.read().root(5).edges()).noneMatch(edge -> edge.kind() == EdgeKind.AUTHORIZED_BY);
  }

  @Test
  void everyEdgeOfAnyLog_pointsToWhatALeafNotLaterNames() throws Exception {
    SampleLog log = SampleLog.whole();
    LineageGraph graph = log.read(artifact(1).build()).range(0, log.leaves.size());
    for (Edge edge : graph.edges()) {
      Node to = graph.node(edge.to()).orElseThrow(() -> new AssertionError(edge.toString()));
      assertThat(to.leaf()).as("%s", edge).isLessThanOrEqualTo(edge.leaf());
    }
  }

  @Test
  void parentOfAnotherKind_isTold() throws Exception {
    SampleLog log = new SampleLog();
    log.add(List.of(log.policy), outcome(1));
    log.add(List.of(log.policy), allow(artifact(2).build()));
    log.add(List.of(log.host), SampleLog.inForce(2));
    log.add(List.of(), SampleLog.verification(2, Optional.empty()));
    assertThat(words(log.findings()))
        .containsExactly(
            "5 parent_kind",
            "5 outcome_complete",
            "6 parent_kind",
            "7 parent_kind",
            "8 parent_kind");
  }

  @Test
  void leafThatContradictsItsParent_isTold() throws Exception {
    SampleLog log = new SampleLog();
    Leaf allow = log.allowed(1);
    log.add(List.of(allow), revocation(2));
    log.add(List.of(log.policy, log.host), allow(artifact(2).build(), digest("another"), 1));
    log.add(List.of(log.host), SampleLog.bootRevocation(digest("another")));
    log.add(List.of(log.issuer, log.host), SampleLog.start(OTHER_AK));
    log.add(List.of(log.policy), SampleLog.enrolment(Admission.INVITED));
    assertThat(words(log.findings()))
        .containsExactly(
            "6 parent_agrees",
            "7 parent_agrees",
            "8 parent_agrees",
            "9 parent_agrees",
            "10 parent_agrees");
  }

  private static LeafBody scope(RevokedScope scope) {
    return new LeafBody.ScopeRevocation(scope, RevocationReason.CEASED, RevokedBy.OPERATOR);
  }

  @Test
  void revocationOfAScope_comesFromItsPolicyAndHost_andNamesWhatTheyAre() throws Exception {
    SampleLog log = new SampleLog();
    long policy = log.leaves.indexOf(log.policy);
    RevokedScope.Places places = new RevokedScope.Places(policy, policy + 2);
    Hash ak = ((LeafBody.Enrolment) log.host.body()).akNameDigest();
    log.add(List.of(log.policy, log.host), scope(new RevokedScope.OfHost(ak)));
    log.add(List.of(log.policy), scope(new RevokedScope.OfEpoch(1, places)));
    log.add(List.of(log.policy), scope(new RevokedScope.OfKey(digest("kid"), places)));
    log.add(
        List.of(log.policy),
        scope(new RevokedScope.OfWorkload(new Commitment(digest("workload")), 5)));
    assertThat(log.findings()).isEmpty();
    assertThat(log.read().range(5, 9).edges())
        .filteredOn(edge -> edge.kind() == EdgeKind.WITHDRAWS)
        .extracting(edge -> edge.to().kind())
        .containsExactlyInAnyOrder(
            NodeKind.ATTESTATION_KEY, NodeKind.POLICY, NodeKind.KEY, NodeKind.PRINCIPAL);

    log.add(List.of(log.policy, log.host), scope(new RevokedScope.OfHost(digest("another"))));
    log.add(List.of(log.policy), scope(new RevokedScope.OfEpoch(2, places)));
    log.add(List.of(log.host), scope(new RevokedScope.OfRange(places)));
    assertThat(words(log.findings()))
        .containsExactly("9 parent_agrees", "10 parent_agrees", "11 parent_kind");
  }

  @Test
  void allowForAHostThatStoodSuspended_isTold_andNoneBeforeOrAfter() throws Exception {
    SampleLog log = new SampleLog();
    log.allowed(1);
    log.stands(log.host, HostStanding.SUSPENDED);
    log.stands(log.host, HostStanding.ACTIVE);
    log.allowed(2);
    assertThat(log.findings()).isEmpty();

    log.stands(log.host, HostStanding.SUSPENDED);
    log.allowed(3);
    log.stands(log.host, HostStanding.RETIRED);
    log.stands(log.host, HostStanding.ACTIVE);
    log.allowed(4);
    Hash ak = ((LeafBody.Enrolment) log.host.body()).akNameDigest();
    assertThat(words(log.findings())).containsExactly("10 host_standing", "12 host_standing");
    assertThat(log.read().hostChanges(ak)).containsExactly(6L, 7L, 9L, 11L, 12L);
    assertThat(log.read().range(6, 7).edges())
        .extracting(edge -> edge.kind() + " " + edge.to().kind())
        .containsExactly("STATES HOST");
    log.add(
        List.of(log.policy),
        new HostChange(ak, HostStanding.SUSPENDED, RevocationReason.UNSPECIFIED));
    log.add(
        List.of(log.host),
        new HostChange(digest("another"), HostStanding.SUSPENDED, RevocationReason.UNSPECIFIED));
    assertThat(words(log.findings())).contains("14 parent_kind", "15 parent_agrees");
  }

  @Test
  void artifactThatIsAllowedTwice_isTold_andItsOutcomeIsInDoubt() throws Exception {
    SampleLog log = new SampleLog();
    log.allowed(1);
    Leaf second = log.allowed(artifact(1).subject("spiffe://writ.example/other").build());
    log.ended(second, 1);
    assertThat(words(log.findings())).containsExactly("6 artifact_once", "7 outcome_complete");
  }

  @Test
  void decisionUnderAPolicyThatWasReplaced_isTold() throws Exception {
    SampleLog log = new SampleLog();
    log.add(List.of(log.issuer, log.policy), SampleLog.inForce(2));
    log.allowed(1);
    log.add(List.of(log.policy, log.host), SampleLog.deny(DenialCode.POLICY_DENIED));
    assertThat(words(log.findings())).containsExactly("6 epoch_in_force", "7 epoch_in_force");
  }

  @Test
  void epochThatIsLeftOut_isTold() throws Exception {
    SampleLog log = new SampleLog();
    Leaf second = log.add(List.of(log.issuer, log.policy), SampleLog.inForce(2));
    log.add(List.of(log.issuer, second), SampleLog.inForce(4));
    log.add(List.of(log.issuer, log.policy), SampleLog.inForce(5));
    assertThat(words(log.findings())).containsExactly("6 epoch_in_force", "7 epoch_in_force");
  }

  @Test
  void outcomeOfNoAllow_isAnOrphan() throws Exception {
    SampleLog log = new SampleLog();
    Leaf denied = log.add(List.of(log.policy, log.host), SampleLog.deny(DenialCode.REVOKED));
    log.add(List.of(denied), outcome(1));
    log.addWith(List.of(digest("an allow in another log")), outcome(2));
    assertThat(words(log.findings()))
        .containsExactly(
            "6 parent_kind", "6 outcome_complete", "7 parent_present", "7 outcome_complete");
    assertThat(LineageCheck.check(log.read(), 0, 8).orphans()).isEqualTo(2);
    assertThat(LineageCheck.check(log.read(), 0, 6).orphans()).isZero();
  }

  @Test
  void outcomeOfAnAllowInDoubt_isAnOrphan() throws Exception {
    SampleLog log = new SampleLog();
    Leaf allow =
        log.addWith(List.of(log.policy.hash(), digest("no host")), allow(artifact(1).build()));
    log.ended(allow, 1);
    LineageCheck.Report report = LineageCheck.check(log.read(), 6, 7);
    assertThat(report.findings())
        .containsExactly(
            new Finding.Orphan(6, uuid(1), "its allow, leaf 5, breaks parent_present"));
    assertThat(report.outcomes()).isEqualTo(1);
    assertThat(report.complete()).isZero();
  }

  /** Who judges it says the artifact; where a gateway does, no leaf says what it verified. */
  @Test
  void outcomeOfWhatTheServiceJudges_withoutAUseBeforeIt_isToldOnceOpened() throws Exception {
    Artifact judged =
        artifact(1)
            .with("iss", "https://writ.example")
            .with("aud", List.of("https://writ.example"))
            .build();
    SampleLog log = new SampleLog();
    Leaf allow = log.allowed(judged);
    log.add(List.of(allow), SampleLog.verification(1, Optional.of(DenialCode.REPLAYED)));
    log.ended(allow, 1);
    log.add(List.of(allow), SampleLog.verification(1, Optional.empty()));
    log.ended(allow, 1);
    assertThat(log.findings()).isEmpty();
    assertThat(log.findings(judged))
        .startsWith(new Finding.Unverified(7, uuid(1), 5))
        .extracting(Finding::rule)
        .containsExactly(Rule.OUTCOME_VERIFIED, Rule.OUTCOME_COMPLETE);
    assertThat(log.read().usesBefore(9)).containsExactly(8L);

    SampleLog byGateway = new SampleLog();
    byGateway.ended(byGateway.allowed(artifact(1).build()), 1);
    assertThat(byGateway.findings(artifact(1).build())).isEmpty();
  }

  @Test
  void stepOfAnOperationThatNobodyProposedBefore_isTold() throws Exception {
    SampleLog log = new SampleLog();
    log.add(List.of(log.policy), SampleLog.approved());
    log.add(List.of(log.policy), SampleLog.proposed());
    log.add(List.of(), SampleLog.destroyed());
    assertThat(words(log.findings())).containsExactly("5 operation_proposed");
  }

  /** As a service ends what operators approved, or what nobody did in time. */
  @Test
  void endOfAnOperation_comesFromNothingButIt() throws Exception {
    SampleLog log = new SampleLog();
    OperationStep.Ended expired =
        new OperationStep.Ended(
            OperationKind.DESTROY_KEY,
            SampleLog.operation().digest(),
            OperationStep.End.EXPIRED,
            Optional.empty());
    log.add(List.of(log.policy), SampleLog.proposed());
    log.add(List.of(), expired);
    log.add(List.of(log.host), expired);
    assertThat(words(log.findings())).containsExactly("7 parent_kind");
  }

  @Test
  void openedArtifactThatContradictsItsLeaf_isTold() throws Exception {
    SampleLog log = new SampleLog();
    Artifact other = artifact(1).policy(digest("another"), 2).build();
    log.allowed(other);
    assertThat(log.findings()).isEmpty();
    assertThat(log.findings(other))
        .extracting(Finding::sentence)
        .containsExactly(
            "policy.digest must be " + SampleLog.policyDigest(1) + ", and is " + digest("another"),
            "policy.epoch must be 1, and is 2");
    assertThat(log.findings(other)).extracting(Finding::rule).containsOnly(Rule.OPENING_AGREES);
  }

  private static SampleArtifact child(UuidV7 parent, long root, long depth) {
    return artifact(2).lineage(uuid(1002), parent, uuid(root), depth);
  }

  private static List<Finding> ofChild(Artifact child) throws Exception {
    SampleLog log = new SampleLog();
    Artifact parent = artifact(1).build();
    log.allowed(parent);
    log.allowed(child);
    return log.findings(parent, child);
  }

  @Test
  void childWithinItsParent_breaksNoRule() throws Exception {
    assertThat(ofChild(child(uuid(1), 1001, 1).build())).isEmpty();
  }

  @Test
  void childThatMayMoreThanItsParent_isTold() throws Exception {
    assertThat(
            ofChild(
                child(uuid(1), 1003, 2)
                    .with("tenant", "another")
                    .with("exp", 1793606701)
                    .with("act", "limits", Map.of("amount", 5001))
                    .build()))
        .extracting(Finding::sentence)
        .containsExactly(
            "tenant must be acme by its parent, leaf 5, and is another",
            "lineage.root must be " + uuid(1001) + " by its parent, leaf 5, and is " + uuid(1003),
            "lineage.depth must be 1 by its parent, leaf 5, and is 2",
            "exp must be at most 2026-11-02T08:05:00Z by its parent, leaf 5, and is"
                + " 2026-11-02T08:05:01Z",
            "act.limits.amount must be at most 5000 by its parent, leaf 5, and is 5001");
  }

  @Test
  void childWithoutItsParentsLimit_isTold() throws Exception {
    assertThat(ofChild(child(uuid(1), 1001, 1).with("act", "limits", Map.of("other", 1)).build()))
        .extracting(Finding::sentence)
        .containsExactly(
            "act.limits.amount must be at most 5000 by its parent, leaf 5, and is unlimited");
  }

  @Test
  void childOfWhatNoEarlierLeafAllows_isTold() throws Exception {
    assertThat(ofChild(child(uuid(9), 1001, 1).build()))
        .extracting(Finding::rule)
        .containsExactly(Rule.CHILD_SCOPE);
    SampleLog log = new SampleLog();
    Artifact child = child(uuid(1), 1001, 1).build();
    log.allowed(child);
    log.allowed(1);
    assertThat(words(log.findings(child))).containsExactly("5 child_scope");
  }

  @Test
  void childOfWhatWasWithdrawn_isTold() throws Exception {
    SampleLog log = new SampleLog();
    log.add(List.of(log.allowed(1)), revocation(1));
    Artifact child = child(uuid(1), 1001, 1).build();
    log.allowed(child);
    assertThat(words(log.findings(child))).containsExactly("7 child_scope");
  }

  private static LeafBody ofItsHost(SampleLog log) {
    return new LeafBody.ScopeRevocation(
        new RevokedScope.OfHost(((LeafBody.Enrolment) log.host.body()).akNameDigest()),
        RevocationReason.CEASED,
        RevokedBy.OPERATOR);
  }

  @Test
  void childOfWhatWasWithdrawnWithItsHost_isTold() throws Exception {
    SampleLog log = new SampleLog();
    Artifact parent = artifact(1).build();
    Artifact child = child(uuid(1), 1001, 1).build();
    log.allowed(parent);
    log.add(List.of(log.policy, log.host), ofItsHost(log));
    log.allowed(child);
    assertThat(log.findings(parent, child))
        .extracting(Finding::sentence)
        .containsExactly(
            "the parent's artifact must be in force by its parent, leaf 5, and is withdrawn by leaf"
                + " 6");
    assertThat(log.findings(child)).as("the parent may have ended before").isEmpty();
  }

  /** It had not come to the parent yet, as far as the log says; once it has, it is told again. */
  @Test
  void childOfWhatWasStillToBeWithdrawn_isNotTold() throws Exception {
    SampleLog log = new SampleLog();
    Artifact parent = artifact(1).build();
    Artifact child = child(uuid(1), 1001, 1).build();
    Artifact later = child(uuid(1), 1001, 1).jti(uuid(3)).build();
    log.allowed(parent);
    log.add(List.of(log.policy, log.host), ofItsHost(log));
    log.allowed(child);
    log.add(List.of(log.policy, log.host), ofItsHost(log));
    assertThat(log.findings(parent, child)).isEmpty();
    log.allowed(later);
    assertThat(words(log.findings(parent, child, later))).containsExactly("9 child_scope");
    log.leaves.set(
        8,
        Leaf.of(
            SampleLog.NOW.plusSeconds(67),
            uuid(99),
            List.of(log.policy.hash(), log.host.hash()),
            ofItsHost(log)));
    assertThat(words(log.findings(parent, child, later)))
        .as("a minute later it is another revocation")
        .contains("7 child_scope");
  }

  @Test
  void range_tellsOfItsOwnLeavesAlone() throws Exception {
    SampleLog log = new SampleLog();
    log.addWith(List.of(), outcome(1));
    log.ended(log.allowed(2), 2);
    Lineage lineage = log.read();
    assertThat(LineageCheck.check(lineage, 6, 8).findings()).isEmpty();
    assertThat(LineageCheck.check(lineage, 0, 6).findings()).isNotEmpty();
    assertThatThrownBy(() -> LineageCheck.check(lineage, 0, 9))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void moreFindingsThanAreTold_areCounted() throws Exception {
    SampleLog log = new SampleLog();
    for (int i = 0; i < 600; i++) {
      log.addWith(List.of(), outcome(i));
    }
    LineageCheck.Report report = LineageCheck.check(log.read(), 0, log.leaves.size());
    assertThat(report.findings()).hasSize(LineageCheck.MAX_FINDINGS);
    assertThat(report.findingsLeftOut()).isEqualTo(200);
    assertThat(report.holds()).isFalse();
  }
}
