// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import static dev.writ.lineage.SampleLog.NOW;
import static dev.writ.lineage.SampleLog.artifact;
import static dev.writ.lineage.SampleLog.digest;
import static dev.writ.lineage.SampleLog.policyDigest;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.RequestApproved;
import dev.writ.tlog.Hash;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who approved a request stands between the denial that asked for it and the decision that it let happen. */
class RequestApprovalLineageTest {
  private static final Artifact ARTIFACT = artifact(1).build();
  private static final Hash REQUEST = digest("request " + ARTIFACT.claims().jti());

  private final SampleLog log = new SampleLog();

  private static LeafBody approval(Hash request, Hash policy, String approver) {
    return new RequestApproved(
        new RequestApproval(
            new RequestApproval.Terms(
                "https://writ.example",
                request,
                policy,
                Optional.empty(),
                digest("nonce of " + approver),
                NOW,
                NOW.plusSeconds(3600),
                digest(approver)),
            new byte[64]));
  }

  private Leaf denied() {
    return log.add(
        List.of(log.policy, log.host),
        new LeafBody.DecisionDeny(
            DenialCode.POLICY_DENIED,
            "approved",
            Optional.of(REQUEST),
            Optional.of(SampleLog.EVIDENCE),
            policyDigest(1),
            1));
  }

  private List<String> rules() throws Exception {
    return log.findings().stream()
        .map(finding -> finding.leaf() + " " + finding.rule().wire())
        .toList();
  }

  @Test
  void rootOfAnAllow_leadsToItsApproversAndTheDenialThatAskedForThem() throws Exception {
    Leaf denial = denied();
    Leaf alice = log.add(List.of(log.policy, denial), approval(REQUEST, policyDigest(1), "alice"));
    Leaf bob = log.add(List.of(log.policy), approval(REQUEST, policyDigest(1), "bob"));
    log.add(List.of(log.policy, log.host, alice, bob), SampleLog.allow(ARTIFACT));
    assertThat(log.findings()).isEmpty();

    LineageGraph graph = log.read().root(8);
    assertThat(graph.edges().stream().map(Edge::toString))
        .contains(
            "decision:8 -approvedBy-> approval:6",
            "decision:8 -approvedBy-> approval:7",
            "approval:6 -answers-> decision:5",
            "approval:6 -signedBy-> " + GovernanceNode.Key.of(digest("alice")),
            "approval:7 -signedBy-> " + GovernanceNode.Key.of(digest("bob")),
            "approval:6 -evaluatedUnder-> policy:2");
    assertThat(graph.node(NodeId.of(NodeKind.APPROVAL, 6)).orElseThrow().facts())
        .containsEntry("of", "request")
        .containsEntry("request_digest", REQUEST.hex());
  }

  @Test
  void denialThatSawAnApproval_restsOnIt() throws Exception {
    Leaf alice = log.add(List.of(log.policy), approval(REQUEST, policyDigest(1), "alice"));
    log.add(
        List.of(log.policy, log.host, alice),
        new LeafBody.DecisionDeny(
            DenialCode.POLICY_DENIED,
            "another",
            Optional.of(REQUEST),
            Optional.of(SampleLog.EVIDENCE),
            policyDigest(1),
            1));
    assertThat(log.findings()).isEmpty();
    assertThat(log.read().root(6).edges().stream().map(Edge::toString))
        .contains("decision:6 -restsOn-> approval:5");
  }

  @Test
  void approvalOfAnotherRequestOrPolicy_contradictsItsDecision() throws Exception {
    Leaf request = log.add(List.of(log.policy), approval(digest("x"), policyDigest(1), "alice"));
    log.add(List.of(log.policy, log.host, request), SampleLog.allow(ARTIFACT));
    Leaf policy = log.add(List.of(log.policy), approval(REQUEST, digest("y"), "bob"));
    log.add(List.of(log.policy, log.host, policy), SampleLog.allow(artifact(2).build()));
    assertThat(rules())
        .containsExactly(
            "6 parent_agrees", "7 parent_agrees", "8 parent_agrees", "8 parent_agrees");
  }

  @Test
  void invitationInAnApprovalsPlace_orAnApprovalOfAnotherDenial_isTold() throws Exception {
    log.add(List.of(log.policy, log.host, log.leaves.get(3)), SampleLog.allow(ARTIFACT));
    Leaf denial = denied();
    log.add(List.of(log.policy, denial), approval(digest("x"), policyDigest(1), "alice"));
    log.add(List.of(log.policy, log.host), approval(REQUEST, policyDigest(1), "bob"));
    assertThat(rules()).containsExactly("5 parent_agrees", "7 parent_agrees", "8 parent_kind");
  }
}
