// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import static dev.writ.lineage.SampleLog.artifact;
import static dev.writ.lineage.SampleLog.digest;
import static dev.writ.lineage.SampleLog.uuid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.Leaf;
import dev.writ.tlog.Hash;
import dev.writ.tlog.ProofOutcome;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LineageTest {
  private static List<String> edges(LineageGraph graph) {
    return graph.edges().stream().map(Edge::toString).toList();
  }

  private static List<Long> leaves(LineageGraph graph) {
    return graph.leaves().stream().map(LineageGraph.ProvenLeaf::index).toList();
  }

  @Test
  void rootOfAnOutcome_leadsToRequestPolicyKeyHostAndQuote() throws Exception {
    LineageGraph graph = SampleLog.whole().read().root(6);
    assertThat(leaves(graph)).containsExactly(0L, 2L, 3L, 4L, 5L, 6L);
    String jti = uuid(1).toString();
    String ak = Hash.sha256(SampleLog.AK.bytes()).hex();
    assertThat(edges(graph))
        .contains(
            "outcome:6 -outcomeOf-> execution:" + jti,
            "execution:" + jti + " -authorizedBy-> artifact:" + jti,
            "execution:" + jti + " -ranIn-> evidence:5",
            "artifact:" + jti + " -issuedFrom-> decision:5",
            "decision:5 -decidedOn-> request:5",
            "decision:5 -restsOn-> verification:5",
            "decision:5 -evaluatedUnder-> policy:2",
            "verification:5 -appraised-> evidence:5",
            "evidence:5 -certifiedBy-> attestation_key:" + ak,
            "attestation_key:" + ak + " -boundTo-> endorsement_key:" + digest("ek").hex(),
            "request:5 -startedBy-> principal:5/subject",
            "request:5 -sentFrom-> host:4",
            "host:4 -approvedBy-> approval:3",
            "policy:2 -publishedUnder-> key_statement:0");
    assertThat(graph.leavesLeftOut()).isZero();
  }

  @Test
  void evaluation_isADecisionOfWhichNothingComes_andADenialIsTheEnforcement() throws Exception {
    SampleLog log = new SampleLog();
    log.add(List.of(log.policy), SampleLog.evaluation(Optional.empty()));
    log.add(List.of(log.policy), SampleLog.evaluation(Optional.of(DenialCode.POLICY_DENIED)));
    LineageGraph graph = log.read().range(0, log.leaves.size());
    int first = log.leaves.size() - 2;
    int second = first + 1;
    assertThat(edges(graph))
        .contains(
            "decision:" + first + " -decidedOn-> request:" + first,
            "decision:" + second + " -decidedOn-> request:" + second,
            "enforcement:" + second + " -enforces-> decision:" + second)
        .anyMatch(edge -> edge.startsWith("decision:" + first + " -evaluatedUnder-> policy:"))
        .noneMatch(edge -> edge.startsWith("enforcement:" + first))
        .noneMatch(edge -> edge.contains("artifact:"));
    assertThat(log.findings()).isEmpty();
  }

  @Test
  void evaluation_underAnotherPolicy_orWithAnApproval_isFound() throws Exception {
    SampleLog log = new SampleLog();
    Leaf allow = log.allowed(1);
    log.add(List.of(log.policy, allow), SampleLog.evaluation(Optional.empty()));
    log.add(List.of(), SampleLog.evaluation(Optional.empty()));
    assertThat(SampleLog.words(log.findings())).containsExactly("6 parent_kind", "7 parent_kind");
  }

  @Test
  void verificationsOfAnArtifact_leadToIt_andADenialIsTheEnforcement() throws Exception {
    SampleLog log = new SampleLog();
    Leaf allow = log.allowed(1);
    log.add(List.of(allow), SampleLog.verification(1, Optional.empty()));
    log.add(List.of(allow), SampleLog.verification(1, Optional.of(DenialCode.REPLAYED)));
    LineageGraph graph = log.read().tree(5);
    String key = GovernanceNode.Key.of(SampleLog.REPORTER).toString();
    assertThat(edges(graph))
        .contains(
            "verification:6 -verified-> artifact:" + uuid(1),
            "verification:6 -askedBy-> " + key,
            "verification:7 -verified-> artifact:" + uuid(1),
            "enforcement:7 -enforces-> verification:7")
        .noneMatch(edge -> edge.startsWith("enforcement:6"));
    assertThat(graph.node(NodeId.of(NodeKind.VERIFICATION, 6)).orElseThrow().facts())
        .containsEntry("result", "pass")
        .containsEntry("max_uses", 1L);
    assertThat(log.findings()).isEmpty();
  }

  @Test
  void everyLeafOfAnAnswer_isProvenAgainstTheCheckpoint() throws Exception {
    Lineage lineage = SampleLog.whole().read();
    LineageGraph graph = lineage.root(6);
    for (LineageGraph.ProvenLeaf leaf : graph.leaves()) {
      assertThat(leaf.proof().verify(leaf.hash(), lineage.source().checkpoint().root()))
          .isInstanceOf(ProofOutcome.Proven.class);
    }
  }

  @Test
  void everyNodeAndEdge_namesALeafOfTheAnswer() throws Exception {
    LineageGraph graph = SampleLog.whole().read().root(6);
    assertThat(graph.nodes()).allMatch(node -> leaves(graph).contains(node.leaf()));
    assertThat(graph.edges()).allMatch(edge -> leaves(graph).contains(edge.leaf()));
  }

  @Test
  void someLeavesOfALog_sayAmongThemselvesWhatTheWholeSays() throws Exception {
    Lineage whole = SampleLog.whole().read();
    TreeSet<Long> some = new TreeSet<>(whole.withOrigins(new TreeSet<>(List.of(6L)), 100));
    assertThat(some).containsExactly(0L, 2L, 3L, 4L, 5L, 6L);
    Lineage part = Lineage.of(whole.source(), some, Openings.NONE);

    assertThat(part.leaves(some)).isEqualTo(whole.leaves(some));
    assertThat(part.root(6)).isEqualTo(whole.root(6));
    assertThat(part.ofArtifact(uuid(1))).hasValue(5);
    assertThat(part.governing()).containsExactly(0L, 2L);
    assertThat(LineageCheck.check(part, some).findings()).isEmpty();
    assertThatThrownBy(() -> part.root(1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void parentThatIsNotAmongSomeLeaves_isMissing() throws Exception {
    TreeSet<Long> some = new TreeSet<>(List.of(2L, 5L, 6L));
    Lineage part = Lineage.of(SampleLog.whole().read().source(), some, Openings.NONE);
    assertThat(LineageCheck.check(part, some).findings())
        .extracting(Finding::leaf)
        .contains(5L)
        .doesNotContain(3L, 4L);
  }

  @Test
  void leavesAroundOthers_areFoundUpToANumber() throws Exception {
    Lineage whole = SampleLog.whole().read();
    assertThat(whole.withDescendants(new TreeSet<>(List.of(5L)), 100)).containsExactly(5L, 6L, 7L);
    assertThat(whole.withOrigins(new TreeSet<>(List.of(6L)), 3)).hasSize(3);
  }

  @Test
  void treeOfAnAllow_hasItsOutcomeAndItsWithdrawal() throws Exception {
    LineageGraph graph = SampleLog.whole().read().tree(5);
    assertThat(leaves(graph)).containsExactly(5L, 6L, 7L);
    assertThat(edges(graph)).contains("enforcement:7 -withdraws-> artifact:" + uuid(1));
  }

  @Test
  void treeOfAHost_hasAllThatWasDecidedForIt() throws Exception {
    assertThat(leaves(SampleLog.whole().read().tree(4)))
        .containsExactly(4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L);
  }

  @Test
  void rootOfAKeyChange_leadsToTheOperatorsWhoApprovedIt() throws Exception {
    LineageGraph graph = SampleLog.whole().read().root(15);
    assertThat(leaves(graph)).contains(13L, 14L, 15L);
    String operation = "operation:" + SampleLog.operation().digest().hex();
    assertThat(edges(graph))
        .contains(
            "key_statement:15 -approvedBy-> " + operation,
            operation + " -approvedBy-> " + GovernanceNode.Key.of(digest("second operator")),
            operation + " -signedBy-> " + GovernanceNode.Key.of(SampleLog.OPERATOR));
  }

  @Test
  void rootOfADrill_leadsToTheOperatorWhoSignedIt() throws Exception {
    SampleLog log = SampleLog.whole();
    log.add(List.of(), SampleLog.drill());
    assertThat(log.findings()).isEmpty();
    assertThat(edges(log.read().root(17)))
        .containsExactly("summary:17 -signedBy-> " + GovernanceNode.Key.of(digest("operator")));
  }

  @Test
  void allowUnderABreakglass_leadsToWhoSignedAndUsedTheGrant_andIsFoundFromIt() throws Exception {
    SampleLog log = SampleLog.whole();
    Leaf begun = log.add(List.of(log.policy), SampleLog.breakglass());
    Artifact artifact = artifact(9).build();
    log.add(List.of(log.policy, log.host, begun), SampleLog.allow(artifact));
    LineageGraph graph = log.read().root(18);
    assertThat(edges(graph))
        .contains(
            "decision:18 -approvedBy-> approval:17",
            "approval:17 -signedBy-> " + GovernanceNode.Key.of(SampleLog.OPERATOR),
            "approval:17 -approvedBy-> " + GovernanceNode.Key.of(digest("approver")));
    assertThat(leaves(log.read().tree(17))).containsExactly(17L, 18L);

    GovernanceStep.Begun grant = (GovernanceStep.Begun) begun.body();
    Leaf unused = log.add(List.of(log.policy, begun), SampleLog.end(grant));
    assertThat(edges(log.read().root(19))).contains("approval:19 -withdraws-> approval:17");
    assertThat(leaves(log.read().tree(17))).containsExactly(17L, 18L, 19L);
    assertThat(log.findings()).noneMatch(finding -> finding.leaf() == 19);
  }

  @Test
  void graph_isTheSameTwice_toTheByte() throws Exception {
    Artifact artifact = artifact(1).build();
    byte[] once = SampleLog.whole().read(artifact).range(0, 17).toJson();
    byte[] twice = SampleLog.whole().read(artifact).range(0, 17).toJson();
    assertThat(once).isEqualTo(twice);
  }

  @Test
  void withoutOpenings_nodesShowCommitmentsAlone() throws Exception {
    LineageGraph graph = SampleLog.whole().read().root(6);
    assertThat(new String(graph.toJson(), StandardCharsets.UTF_8))
        .doesNotContain("build-8", "spiffe", "alice");
    assertThat(graph.node(new NodeId(NodeKind.PRINCIPAL, "5/subject")).orElseThrow().facts())
        .containsOnlyKeys("role", "commitment");
  }

  @Test
  void openedArtifact_namesSubjectInitiatorExecutionAndArguments() throws Exception {
    LineageGraph graph = SampleLog.whole().read(artifact(1).build()).root(6);
    assertThat(graph.node(Node.Execution.of(uuid(1))).orElseThrow().facts())
        .containsEntry("execution", uuid(1001).toString());
    assertThat(graph.node(new NodeId(NodeKind.PRINCIPAL, "5/initiator")).orElseThrow().facts())
        .containsEntry("name", "alice@acme.example");
    assertThat(graph.node(new NodeId(NodeKind.PRINCIPAL, "5/subject")).orElseThrow().facts())
        .containsEntry("name", "spiffe://writ.example/payroll");
    assertThat(graph.edges())
        .filteredOn(edge -> edge.kind() == EdgeKind.USED || edge.kind() == EdgeKind.STARTED_BY)
        .filteredOn(edge -> edge.from().kind() == NodeKind.EXECUTION)
        .hasSize(2)
        .allMatch(Edge::opened);
  }

  @Test
  void artifactOfAnotherDigest_opensNothing() throws Exception {
    Artifact other = artifact(1).subject("spiffe://writ.example/other").build();
    assertThat(SampleLog.whole().read(other).root(6).toJson())
        .isEqualTo(SampleLog.whole().read().root(6).toJson());
  }

  @Test
  void payload_opensTheCommitmentsThatItsSaltsAreOf() throws Exception {
    Base64.Encoder base64Url = Base64.getUrlEncoder().withoutPadding();
    Map<String, Object> payload =
        Map.of(
            "artifact", artifact(1).build().compact(),
            "subject_salt", base64Url.encodeToString(SampleLog.salt("subject")),
            "args_salt", base64Url.encodeToString(SampleLog.salt("args")),
            "host", "build-8",
            "host_salt", base64Url.encodeToString(SampleLog.salt("host")),
            "evidence", "not looked at");
    Openings openings = new Openings.Builder().add(Jcs.canonical(payload)).build();
    Lineage lineage = Lineage.read(MemoryLog.ofLeaves(SampleLog.whole().leaves).open(), openings);
    LineageGraph graph = lineage.root(6);
    assertThat(graph.node(NodeId.of(NodeKind.HOST, 4)).orElseThrow().facts())
        .containsEntry("name", "build-8");
    assertThat(LineageCheck.check(lineage, 0, 17).findings()).isEmpty();
  }

  @Test
  void whatIsNoOpening_isRefused() {
    for (String document : List.of("{}", "{\"v\":1}", "", "a.b.c", "{\"host_salt\":\"AA\"}")) {
      assertThatThrownBy(
              () -> new Openings.Builder().add(document.getBytes(StandardCharsets.UTF_8)))
          .isInstanceOf(MalformedOpeningException.class);
    }
  }

  @Test
  void child_hangsBelowItsParentWhereBothWereOpened() throws Exception {
    SampleLog log = new SampleLog();
    Artifact parent = artifact(1).build();
    Artifact child = artifact(2).lineage(uuid(1002), uuid(1), uuid(1001), 1).build();
    log.allowed(parent);
    log.ended(log.allowed(child), 2);
    Lineage lineage = log.read(parent, child);
    assertThat(leaves(lineage.tree(5))).containsExactly(5L, 6L, 7L);
    assertThat(leaves(lineage.root(7))).contains(5L, 6L, 7L);
    assertThat(edges(lineage.root(7)))
        .contains("execution:" + uuid(2) + " -childOf-> execution:" + uuid(1));
    assertThat(leaves(log.read().tree(5))).containsExactly(5L);
  }

  /** Nobody opened anything: the leaves say it. */
  @Test
  void child_whoseLeafNamesItsParent_hangsBelowItUnopened() throws Exception {
    SampleLog log = new SampleLog();
    Leaf parent = log.allowed(1);
    Leaf child = log.allowedUnder(parent, artifact(2).build());
    log.ended(log.allowedUnder(child, artifact(3).build()), 3);
    LineageGraph graph = log.read().root(8);
    assertThat(leaves(graph)).contains(5L, 6L, 7L, 8L);
    assertThat(leaves(log.read().tree(5))).containsExactly(5L, 6L, 7L, 8L);
    assertThat(edges(graph))
        .contains(
            "execution:" + uuid(3) + " -childOf-> execution:" + uuid(2),
            "execution:" + uuid(2) + " -childOf-> execution:" + uuid(1));
    assertThat(graph.edges()).noneMatch(Edge::opened);
    assertThat(LineageCheck.check(log.read(), 0, 9).findings()).isEmpty();
  }

  @Test
  void renewal_comesFromWhatItsExecutionBeganWith_andIsOfTheSameRequest() throws Exception {
    SampleLog log = new SampleLog();
    Leaf first = log.allowed(1);
    Leaf unused = log.renewed(first, artifact(2).build(), true);
    assertThat(edges(log.read().root(6)))
        .contains("artifact:" + uuid(2) + " -renews-> artifact:" + uuid(1));
    assertThat(LineageCheck.check(log.read(), 0, 7).findings()).isEmpty();
    unused = log.renewed(first, artifact(3).build(), false);
    assertThat(LineageCheck.check(log.read(), 7, 8).findings())
        .singleElement()
        .isInstanceOfSatisfying(
            Finding.Contradiction.class,
            finding -> assertThat(finding.field()).isEqualTo("request_digest"));
  }

  @Test
  void leavesAreFound_byArtifactExecutionAndHash() throws Exception {
    SampleLog log = SampleLog.whole();
    Lineage lineage = log.read(artifact(1).build());
    assertThat(lineage.ofArtifact(uuid(1))).hasValue(5);
    assertThat(lineage.ofArtifact(uuid(2))).isEmpty();
    assertThat(lineage.ofExecution(uuid(1001))).hasValue(5);
    assertThat(log.read().ofExecution(uuid(1001))).isEmpty();
    assertThat(lineage.ofLeaf(log.leaves.get(6).hash())).hasValue(6);
    assertThat(lineage.ofLeaf(digest("no leaf"))).isEmpty();
  }

  @Test
  void answerThatIsTooLong_isCut_andSaysSo() throws Exception {
    SampleLog log = new SampleLog();
    Leaf allow = log.allowed(1);
    LongStream.range(0, 24).forEach(i -> log.ended(allow, 1));
    LineageGraph graph =
        Lineage.read(MemoryLog.ofLeaves(log.leaves).open(), Openings.NONE, 20).tree(5);
    assertThat(graph.leaves()).hasSize(20);
    assertThat(graph.leavesLeftOut()).isEqualTo(5);
  }

  @Test
  void leafThatTheLogHasNot_isRefused() throws Exception {
    Lineage lineage = SampleLog.whole().read();
    assertThatThrownBy(() -> lineage.root(17)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> lineage.tree(-1)).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
