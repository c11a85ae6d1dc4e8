// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static dev.writ.service.ReplayedStore.notSame;
import static dev.writ.service.ReplayedStore.replacing;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Evaluation;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.UuidV7;
import dev.writ.lineage.Lineage;
import dev.writ.lineage.LineageCheck;
import dev.writ.lineage.NodeKind;
import dev.writ.lineage.Openings;
import dev.writ.policy.PolicyDocument;
import dev.writ.service.Evaluations.Outcome;
import dev.writ.service.Replayed.Standing;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is kept of an answer to an enforcement point, and what is made of it again. */
@Timeout(60)
final class EvaluationsTest {
  private static final Path POLICY = Path.of("../../docs/examples/authzen-policy.yaml");
  private static final String READ =
      "{'subject':{'type':'user','id':'alice'},'action':{'name':'read'},"
          + "'resource':{'type':'record','id':'record-1'}}";
  private static final String DENIED = READ.replace("alice", "carol");
  private static final String UNNAMED = READ.replace("'user'", "'service'");
  private static final String OBLIGED = READ.replace("alice", "dora");

  /** One more, under which an answer would bind who enforces it. */
  private static final String RULE =
      "{\"id\":\"obliged\",\"stage\":\"authorization\",\"effect\":\"permit\","
          + "\"when\":\"has(request.question) && subject.workload == 'user:dora'\","
          + "\"reason_user\":\"u\",\"reason_admin\":\"a\",\"mode\":\"enforce\","
          + "\"obligations\":[\"sealed_copy\"]},";

  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static ReplayedStore store;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    String policy =
        new String(
            PolicyDocument.parseAuthored(Files.readAllBytes(POLICY)).canonical(),
            StandardCharsets.UTF_8);
    deployment.policyText(any -> policy.replace("\"rules\":[", "\"rules\":[" + RULE));
    WritService unused = deployment.start();
    store = ReplayedStore.of(deployment);
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  private static AuthzenBatch batch(String body) throws Exception {
    return AuthzenBatch.evaluations(body.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static List<Evaluations.Answer> ask(String body) throws Exception {
    Outcome outcome =
        Deployment.join(deployment.service().evaluations().ask(batch(body), "portal"));
    return ((Outcome.Answered) outcome).answers();
  }

  private static long place(UuidV7 id) throws Exception {
    OptionalLong index = new LeafName.Id(id).indexIn(deployment.service().ledger());
    return index.orElseThrow();
  }

  private static Leaf leaf(Evaluations.Answer answer) throws Exception {
    return deployment.service().ledger().leaf(place(answer.leaf())).orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({
    "read,'',''",
    "denied,policy_denied,document/permit",
    "unnamed,policy_denied,document/questions",
    "obliged,runtime_condition,obligation_unmet"
  })
  void answer_isALeafOfItsOwnKind_andComesOutTheSameInAReplay(
      String question, String code, String reason) throws Exception {
    String body =
        switch (question) {
          case "read" -> READ;
          case "denied" -> DENIED;
          case "unnamed" -> UNNAMED;
          default -> OBLIGED;
        };
    Evaluations.Answer answer = ask(body).get(0);
    Leaf leaf = leaf(answer);
    Optional<Evaluation.Denied> denied =
        code.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new Evaluation.Denied(
                    List.of(DenialCode.values()).stream()
                        .filter(each -> each.wire().equals(code))
                        .findAny()
                        .orElseThrow(),
                    reason));

    assertThat(leaf.kind()).isEqualTo(LeafKind.EVALUATION);
    assertThat(((Evaluation) leaf.body()).denied()).isEqualTo(denied);
    assertThat(new String(leaf.bytes(), StandardCharsets.UTF_8))
        .doesNotContain("alice")
        .doesNotContain("portal");
    Replayed replayed = store.replay(place(answer.leaf()));
    assertThat(notSame(replayed)).isEmpty();
    assertThat(replayed.standing()).isEqualTo(Standing.SAME);
    assertThat(replayed.verdict()).isEqualTo(denied.isPresent() ? "deny" : "allow");
    assertThat(replayed.steps().stream().map(step -> step.step().wire()))
        .containsExactly("leaf", "payload", "policy", "inputs", "commitments", "decision");
  }

  @ParameterizedTest
  @CsvSource({
    "alice,bobby",
    "portal,pirate",
    "record-1,record-2",
    "\"tier\":\"none\",\"tier\":\"warn\"",
    "\"question_salt\":\",\"question_salt\":\"AA"
  })
  void changedPayload_isNotTheSame(String text, String by) throws Exception {
    long index = place(ask(READ).get(0).leaf());

    Replayed replayed =
        store.with("payload WHERE leaf_index = " + index, "bytes", replacing(text, by), index);

    assertThat(replayed.standing()).isEqualTo(Standing.CONTRADICTS);
  }

  @Test
  void leavesOfAnswers_hangTogether_andNoArtifactComesOfThem() throws Exception {
    List<Evaluations.Answer> answers = ask("{'evaluations':[" + READ + "," + DENIED + "]}");
    Lineage lineage = AuditedLog.read(deployment, Openings.NONE);
    long first = place(answers.get(0).leaf());

    assertThat(LineageCheck.check(lineage, 0, deployment.leaves()).findings()).isEmpty();
    assertThat(place(answers.get(1).leaf())).isEqualTo(first + 1);
    assertThat(lineage.range(first, first + 1).nodes())
        .extracting(node -> node.id().kind())
        .contains(NodeKind.REQUEST, NodeKind.DECISION)
        .doesNotContain(NodeKind.ARTIFACT, NodeKind.ENFORCEMENT, NodeKind.VERIFICATION);
    assertThat(lineage.range(first + 1, first + 2).nodes())
        .extracting(node -> node.id().kind())
        .contains(NodeKind.DECISION, NodeKind.ENFORCEMENT)
        .doesNotContain(NodeKind.ARTIFACT);
  }

  @Test
  void answer_isExplainedByItsId_inputsToWhoMayReadThem() throws Exception {
    UuidV7 id = ask(DENIED).get(0).leaf();
    Explanations.Outcome outcome = deployment.service().explanations().explain(new LeafName.Id(id));
    EvaluationExplanation explanation = ((Explanations.Outcome.Evaluated) outcome).explanation();

    JsonMembers whole = StrictJson.parse(explanation.toJson(true), 1 << 20);
    assertThat(whole.text("subject")).isEqualTo("user:carol");
    assertThat(whole.text("asker")).isEqualTo("portal");
    assertThat(whole.text("reason")).isEqualTo("document/permit");
    assertThat(whole.objects("policy_rules", 64)).isNotEmpty();
    assertThat(new String(explanation.toJson(false), StandardCharsets.UTF_8))
        .doesNotContain("carol")
        .contains("\"inputs_shown\":false");
  }

  /** As many as one asker may ask at once; another has its own. */
  @Test
  void asker_beyondItsRate_isToldSo_andNothingIsDecided() throws Exception {
    HostRate rate = Evaluations.standardRate(() -> 0L);
    int asked = 0;
    while (rate.take("a", AuthzenBatch.MAX_QUESTIONS)) {
      asked += AuthzenBatch.MAX_QUESTIONS;
    }

    assertThat(asked).isBetween(Evaluations.BURST - AuthzenBatch.MAX_QUESTIONS, Evaluations.BURST);
    assertThat(rate.take("b", AuthzenBatch.MAX_QUESTIONS)).isTrue();
  }
}
