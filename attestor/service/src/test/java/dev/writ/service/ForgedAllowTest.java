// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static dev.writ.service.ReplayedStore.notSame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.service.Replayed.Standing;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a thief who can issue writes into the log: allows that leave out what would convict them, or keep
 * nothing beside them.
 */
final class ForgedAllowTest {
  private static final String RULE =
      """
      {"id":"approved","stage":"requirement","effect":"require","mode":"enforce",
       "when":"request.max_uses < 2 || size(governance.approvals) >= 1","code":"policy_denied",
       "reason_user":"Somebody must approve this.","reason_admin":"An operator."}\
      """;
  private static final String TESTS =
      """
      {"name":"used-twice-approved","like":"worker-a-on-host-a","expect":"allow",
       "inputs":{"request":{"max_uses":2},"governance":{"approvals":[
        {"approver":"a","role":"operator","expires":"2026-11-01T13:00:00Z"}]}}},
      {"name":"used-twice","like":"used-twice-approved","expect":"policy_denied",
       "inputs":{"governance":{"approvals":[]}}}\
      """;

  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static ReplayedStore store;
  private static Leaf allow;
  private static long allowed;
  private static byte[] payload;

  @BeforeAll
  static void allow() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    deployment.policyText(
        text ->
            text.replace("\"rules\":[", "\"rules\":[" + RULE + ",")
                .replace("],\"type\":", "," + TESTS + "],\"type\":")
                .replaceFirst(
                    "\\{",
                    "{\"approvals\":{\"threshold\":1,\"separation\":false,\"approvers\":[\""
                        + Deployment.name(deployment.operators.kid(2))
                        + "\"]},"));
    SoftwareHost host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    ExecutionRequest request = Deployment.request(host, 2);
    assertThat(
            Deployment.join(
                deployment
                    .service()
                    .requestApprovals()
                    .take(approval(request).toJson(), Optional.empty())))
        .isInstanceOf(RequestApprovals.Outcome.Recorded.class);
    assertThat(deployment.issue(host.answer(deployment.challenge(host), request)))
        .isInstanceOf(IssuanceOutcome.Issued.class);
    store = ReplayedStore.of(deployment);
    allow = deployment.lastLeaf();
    allowed = deployment.leaves() - 1;
    payload = deployment.service().ledger().payload(allowed).orElseThrow();
    assertThat(notSame(store.replay(allowed))).isEmpty();
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  private static RequestApproval approval(ExecutionRequest request) {
    Instant now = deployment.clock.instant().truncatedTo(ChronoUnit.SECONDS);
    RequestApproval.Terms terms =
        new RequestApproval.Terms(
            Deployment.IDENTITY.issuer(),
            request.digest(),
            deployment.service().policies().inForce().digest(),
            Optional.empty(),
            Hash.sha256(new byte[] {1}),
            now,
            now.plus(Duration.ofHours(1)),
            deployment.operators.kid(2));
    return new RequestApproval(
        terms, deployment.operators.sign(2, terms.signingInput()).signature());
  }

  /** The allow a second time; the log takes it, as it does what a thief hands in. */
  private static long forged(Optional<byte[]> beside) throws Exception {
    Leaf leaf =
        Leaf.of(
            allow.time(),
            UuidV7.next(deployment.clock, deployment.random),
            allow.parents(),
            allow.body());
    Entry entry = new Entry(leaf, List.of(), List.of(), beside);
    CommitOutcome outcome = Deployment.join(deployment.service().ledger().commit(entry));
    assertThat(outcome).isInstanceOf(CommitOutcome.Receipt.class);
    return ((CommitOutcome.Receipt) outcome).index();
  }

  private static Replayed forgedWith(UnaryOperator<byte[]> change) throws Exception {
    return store.replay(forged(Optional.of(change.apply(payload))));
  }

  private static UnaryOperator<byte[]> without(String member) {
    return bytes -> {
      try {
        byte[] value = StrictJson.parse(bytes, Entry.MAX_PAYLOAD_BYTES).canonical(member);
        String text = "\"" + member + "\":" + new String(value, StandardCharsets.ISO_8859_1) + ",";
        return ReplayedStore.replacing(text, "").apply(bytes);
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    };
  }

  /** The last but one character, whose bits all count. */
  private static byte[] signedOtherwise(byte[] bytes) {
    byte[] changed = bytes.clone();
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int start = text.indexOf("\"artifact\":\"") + 12;
    int inSignature = text.indexOf('"', start) - 40;
    changed[inSignature] = (byte) (changed[inSignature] == 'A' ? 'B' : 'A');
    return changed;
  }

  /** Whatever else is left out, signature and approvals are looked at. */
  @ParameterizedTest
  @CsvSource({"ear, appraisal", "inputs, inputs"})
  void allowWithoutAMember_contradicts_andItsSignatureAndApprovalsAreLookedAt(
      String member, String step) throws Exception {
    Replayed replayed = forgedWith(bytes -> signedOtherwise(without(member).apply(bytes)));

    assertThat(replayed.standing()).isEqualTo(Standing.CONTRADICTS);
    assertThat(notSame(replayed))
        .anyMatch(
            line ->
                line.equals(
                    step
                        + " contradicts "
                        + member
                        + " must be beside an allow's leaf, was absent"))
        .anyMatch(line -> line.startsWith("signature differs artifact.signature"))
        .anyMatch(
            line -> line.startsWith("approvals contradicts ") && line.endsWith("leaf " + allowed));
  }

  @Test
  void allowWithoutItsArtifact_contradicts() throws Exception {
    Replayed replayed = forgedWith(without("artifact"));

    assertThat(replayed.standing()).isEqualTo(Standing.CONTRADICTS);
    assertThat(notSame(replayed))
        .contains("artifact contradicts artifact must be beside an allow's leaf, was absent");
  }

  @Test
  void allowWithoutItsEvidence_contradicts_andItsSignatureIsLookedAt() throws Exception {
    Replayed replayed = forgedWith(bytes -> signedOtherwise(without("evidence").apply(bytes)));

    assertThat(replayed.standing()).isEqualTo(Standing.CONTRADICTS);
    assertThat(notSame(replayed))
        .anyMatch(line -> line.startsWith("evidence contradicts evidence"))
        .anyMatch(line -> line.startsWith("signature differs artifact.signature"));
  }

  /** Leaves of this log name what lies beside them: one that does not is not of an older version. */
  @Test
  void allowThatNamesNoPayload_differs() throws Exception {
    Replayed replayed = store.replay(forged(Optional.empty()));

    assertThat(replayed.standing()).isEqualTo(Standing.DIFFERS);
    assertThat(notSame(replayed))
        .singleElement()
        .asString()
        .startsWith("payload differs leaf " + replayed.index() + ".payload was absent, came ");
  }

  @Test
  void allowWhosePayloadWasErased_staysErased() throws Exception {
    long index = forged(Optional.of(without("ear").apply(payload)));
    assertThat(deployment.service().ledger().payloads().erase(index)).isTrue();

    Replayed replayed = store.replay(index);

    assertThat(replayed.standing()).isEqualTo(Standing.ERASED);
    assertThat(notSame(replayed)).containsExactly("payload erased what was kept beside the leaf");
  }
}
