// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Act;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.Possession;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verification;
import dev.writ.lineage.Lineage;
import dev.writ.lineage.LineageCheck;
import dev.writ.lineage.Openings;
import dev.writ.service.Evaluations.Outcome;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Questions with which an artifact is shown: judged as the gateway would that asks, and recorded so. */
@Timeout(60)
final class AuthzenProofTest {
  private static final String PORTAL = "spiffe://dev.example/portal";
  private static final String RESOURCE = "/usr/bin/true";
  private static final Hash NONCE = Hash.sha256(new byte[] {7});

  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static SoftwareHost host;
  private static ProofBundle bundle;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    deployment.permitUncounted();
    host = deployment.host("host-a");
    WritService unused = deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    bundle = issue(Act.UNCOUNTED);
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  private static ProofBundle issue(int maxUses) throws Exception {
    ExecutionRequest usual = Deployment.request(host, maxUses);
    ExecutionRequest request =
        new ExecutionRequest(
            usual.iss(),
            List.of(PORTAL),
            usual.tenant(),
            usual.sub(),
            usual.act(),
            usual.parent(),
            usual.jkt());
    return Deployment.bundle(deployment.issue(host.answer(deployment.challenge(host), request)));
  }

  private static String possession(ProofBundle of, SoftwareKey key, String audience)
      throws Exception {
    byte[] message = Possession.message(NONCE, Artifact.parse(of.artifact()).digest(), audience);
    Possession proof = new Possession(key.publicKey(), NONCE, key.signP1363(message));
    return new String(Jcs.canonical(proof.toMap()), UTF_8);
  }

  private static String question(ProofBundle of, String possession) throws Exception {
    ExecutionRequest request = Deployment.request(host);
    return ("{'subject':{'type':'workload','id':'%s'},'action':{'name':'%s'},"
            + "'resource':{'type':'resource','id':'%s'},'context':{'at':'noon','writ':{'bundle':BUNDLE,"
            + "'possession':%s,'args_digest':'%s'}}}")
        .formatted(
            request.sub(),
            request.act().action(),
            RESOURCE,
            possession,
            request.act().argsDigest().hex())
        .replace('\'', '"')
        .replace("BUNDLE", new String(of.toJson(), UTF_8));
  }

  private static String question() throws Exception {
    return question(bundle, possession(bundle, host.instanceKey, PORTAL));
  }

  private static List<Evaluations.Answer> ask(String body, String asker) throws Exception {
    AuthzenBatch batch = AuthzenBatch.evaluations(body.getBytes(UTF_8));
    Outcome outcome = Deployment.join(deployment.service().evaluations().ask(batch, asker));
    return ((Outcome.Answered) outcome).answers();
  }

  private static Evaluations.Answer ask(String body) throws Exception {
    return ask(body, PORTAL).get(0);
  }

  private static Leaf leaf(UuidV7 id) throws Exception {
    long index = new LeafName.Id(id).indexIn(deployment.service().ledger()).orElseThrow();
    return deployment.service().ledger().leaf(index).orElseThrow();
  }

  /** What is denied is a verification, too: with the artifact, where it is one of this log. */
  private static void requireDenied(
      Evaluations.Answer answer, DenialCode code, String reason, boolean known) throws Exception {
    assertThat(answer.allowed()).isFalse();
    Leaf leaf = leaf(answer.leaf());
    Verification verification = (Verification) leaf.body();
    assertThat(verification.code()).contains(code);
    assertThat(verification.reason()).contains(reason);
    assertThat(verification.jti().isPresent()).isEqualTo(known);
    assertThat(leaf.parents()).hasSize(known ? 1 : 0);
  }

  @Test
  void artifact_thatPermitsExactlyWhatIsAsked_isAllowed_andTheLeafLeadsToItsDecision()
      throws Exception {
    Evaluations.Answer answer = ask(question());
    Evaluations.Answer again = ask(question());

    assertThat(answer.denied()).isEmpty();
    assertThat(again.denied()).isEmpty();
    Leaf leaf = leaf(answer.leaf());
    assertThat(leaf.kind()).isEqualTo(LeafKind.VERIFICATION);
    Verification verification = (Verification) leaf.body();
    Artifact artifact = Artifact.parse(bundle.artifact());
    assertThat(verification.result()).isEqualTo("allow");
    assertThat(verification.jti()).contains(artifact.claims().jti());
    assertThat(verification.maxUses()).isEmpty();
    assertThat(leaf.parents()).containsExactly(Leaf.parse(bundle.leaf()).hash());
    VerificationExplanation told =
        ((Explanations.Outcome.Verified)
                deployment.service().explanations().explain(new LeafName.Id(answer.leaf())))
            .explanation();
    assertThat(new String(told.toJson(true), UTF_8))
        .contains("\"verdict\":\"allow\"")
        .contains(artifact.claims().jti().toString())
        .contains(PORTAL);
    assertThat(new String(told.toJson(false), UTF_8)).doesNotContain(PORTAL);
    Lineage lineage = AuditedLog.read(deployment, Openings.NONE);
    assertThat(LineageCheck.check(lineage, 0, deployment.leaves()).findings()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "\"type\":\"workload\" | \"type\":\"user\" | subject",
        "\"id\":\"spiffe | \"id\":\"Spiffe | subject",
        "\"type\":\"resource\" | \"type\":\"file\" | subject",
        "\"id\":\"/usr/bin/true\" | \"id\":\"/usr/bin//true\" | action",
        "\"id\":\"/usr/bin/true\" | \"id\":\"/usr/bin/./true\" | action",
        "\"name\":\"exec\" | \"name\":\"Exec\" | action",
        "\"name\":\"exec\" | \"name\":\"exec\",\"properties\":{\"soft\":false} | attributes_unjudged",
        "\"type\":\"resource\" | \"type\":\"resource\",\"properties\":{\"n\":1.0} | attributes_unjudged",
        "\"type\":\"workload\" | \"type\":\"workload\",\"properties\":{\"role\":\"admin\"} | attributes_unjudged",
        "\"args_digest\":\" | \"args_digest\":\"00 | action"
      })
  void question_thatIsNotTheArtifacts_isDenied(String was, String is, String reason)
      throws Exception {
    String changed = question().replace(was, is);
    if (is.endsWith("00")) {
      changed = changed.replaceFirst("(\"args_digest\":\"00[0-9a-f]{62})..", "$1");
    }
    assertThat(changed).isNotEqualTo(question());

    requireDenied(ask(changed), DenialCode.SCOPE_EXCEEDED, reason, true);
  }

  @Test
  void asker_whomTheArtifactDoesNotName_isDenied() throws Exception {
    requireDenied(
        ask(question(), "spiffe://dev.example/other").get(0),
        DenialCode.SCOPE_EXCEEDED,
        "audience",
        true);
  }

  @Test
  void possession_ofAnotherKeyOrForAnother_isDenied() throws Exception {
    SoftwareKey other = deployment.host("host-z").instanceKey;

    requireDenied(
        ask(question(bundle, possession(bundle, other, PORTAL))),
        DenialCode.ENVIRONMENT_MISMATCH,
        "possession",
        true);
    requireDenied(
        ask(question(bundle, possession(bundle, host.instanceKey, "another"))),
        DenialCode.ENVIRONMENT_MISMATCH,
        "possession",
        true);
  }

  @Test
  void bundle_thatIsForgedOrNone_isDenied_andNamesNoArtifact() throws Exception {
    String text = new String(bundle.toJson(), UTF_8);
    String payload = bundle.artifact().split("\\.")[1];
    char first = payload.charAt(40);
    String flipped = payload.substring(0, 40) + (first == 'A' ? 'B' : 'A') + payload.substring(41);

    requireDenied(
        ask(question().replace(payload, flipped)),
        DenialCode.SIGNATURE_INVALID,
        "signature",
        false);
    requireDenied(
        ask(question().replace(text, "{}")), DenialCode.UNVERIFIABLE, "bundle_form", false);
  }

  @Test
  void artifact_whoseUsesAreCounted_isRedeemed_andNotAskedAbout() throws Exception {
    ProofBundle counted = issue(1);

    requireDenied(
        ask(question(counted, possession(counted, host.instanceKey, PORTAL))),
        DenialCode.SCOPE_EXCEEDED,
        "uses_counted",
        true);
  }

  /** By this node's own newest token, though the bundle's is from before. */
  @Test
  void artifact_thatIsRevoked_isDeniedFromThen() throws Exception {
    ProofBundle other = issue(Act.UNCOUNTED);
    String question = question(other, possession(other, host.instanceKey, PORTAL));
    assertThat(ask(question).allowed()).isTrue();
    UuidV7 jti = Artifact.parse(other.artifact()).claims().jti();
    assertThat(
            Deployment.join(
                deployment.service().revocations().revoke(jti, RevocationReason.SUPERSEDED)))
        .isInstanceOf(RevocationOutcome.Revoked.class);

    requireDenied(ask(question), DenialCode.REVOKED, "status", true);
  }

  @Test
  void batch_withOneArtifact_allowsWhatItPermitsAlone_andAnotherPartIsThePolicys()
      throws Exception {
    String body = question();
    String batch =
        body.substring(0, body.length() - 1)
            + ",\"evaluations\":[{},{\"resource\":{\"type\":\"resource\",\"id\":\"/usr/bin/false\"}},"
            + "{\"context\":{}}]}";
    List<Evaluations.Answer> answers = ask(batch, PORTAL);

    assertThat(answers).extracting(Evaluations.Answer::allowed).containsExactly(true, false, false);
    assertThat(leaf(answers.get(2).leaf()).kind()).isEqualTo(LeafKind.EVALUATION);
    assertThat(answers.get(2).denied().map(denied -> denied.reason()))
        .isEqualTo(Optional.of("document/questions"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "\"possession\": | \"possessions\":",
        "\"args_digest\":\" | \"args_digest\":\"g",
        "\"bundle\": | \"x\":1,\"bundle\":",
        "\"writ\":{ | \"writ\":1,\"w\":{"
      })
  void proof_thatIsNotOfItsForm_isMalformed_andNeverLeftOut(String was, String is)
      throws Exception {
    String changed = question().replace(was, is);

    assertThatThrownBy(() -> AuthzenBatch.evaluation(changed.getBytes(UTF_8)))
        .isInstanceOf(MalformedRequest.class)
        .hasMessageContaining("context.writ");
  }
}
