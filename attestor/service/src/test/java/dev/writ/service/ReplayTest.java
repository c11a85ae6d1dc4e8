// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static dev.writ.service.ReplayedStore.flippingIn;
import static dev.writ.service.ReplayedStore.notSame;
import static dev.writ.service.ReplayedStore.replacing;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Act;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustedKey;
import dev.writ.artifact.VerificationKey;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.EndorsementTrust;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.ledger.HostState;
import dev.writ.ledger.StoredLedger;
import dev.writ.service.Replayed.Standing;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Decisions decided once more beside the service that made them, and what is found of a changed store. */
final class ReplayTest {
  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static SoftwareHost host;
  private static SoftwareHost other;
  private static ReplayedStore store;
  private static long allowed;
  private static long denied;

  @BeforeAll
  static void decide() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    host = deployment.host("host-a");
    other = deployment.host("host-b");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    store = ReplayedStore.of(deployment);
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    allowed = last();
    Deployment.denial(DenialCode.SCOPE_EXCEEDED, deployment.issue(deletion()));
    denied = last();
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  private static long last() {
    return deployment.leaves() - 1;
  }

  /** What no rule of the example permits. */
  private static Application deletion() {
    ExecutionRequest request = Deployment.request(host);
    ExecutionRequest deletion =
        new ExecutionRequest(
            request.iss(),
            request.aud(),
            request.tenant(),
            request.sub(),
            new Act("delete", "everything", Hash.sha256(new byte[0]), Map.of(), 1),
            Optional.empty(),
            request.jkt());
    return host.answer(deployment.challenge(host), deletion);
  }

  private static List<String> steps(Replayed replayed) {
    return replayed.steps().stream().map(step -> step.step().wire()).toList();
  }

  @Test
  void permission_comesOutTheSameFromTheEvidenceOn() throws Exception {
    Replayed replayed = store.replay(allowed);

    assertThat(notSame(replayed)).isEmpty();
    assertThat(replayed.standing()).isEqualTo(Standing.SAME);
    assertThat(replayed.verdict()).isEqualTo("allow");
    assertThat(steps(replayed))
        .containsExactly(
            "leaf",
            "payload",
            "request",
            "evidence",
            "policy",
            "host",
            "quote",
            "challenge",
            "scope",
            "key",
            "endorsement",
            "appraisal",
            "inputs",
            "decision",
            "artifact",
            "commitments",
            "signature");
  }

  @Test
  void policysDenial_comesOutTheSameToItsWords() throws Exception {
    Replayed replayed = store.replay(denied);

    assertThat(notSame(replayed)).isEmpty();
    assertThat(steps(replayed)).endsWith("inputs", "decision", "denial");
  }

  @Test
  void replay_repeated_comesToTheSameBytes() throws Exception {
    assertThat(store.replay(allowed)).isEqualTo(store.replay(allowed));
    assertThat(store.replay(allowed).came()).isNotEqualTo(store.replay(denied).came());
  }

  /** Beside a permission: what is changed, and the step and the member that must be named. */
  @ParameterizedTest
  @CsvSource({
    "ak_name,       host,        ak_name",
    "args_salt,     commitments, args_salt",
    "artifact,      artifact,    artifact",
    "challenge,     challenge,   challenge",
    "evidence,      evidence,    evidence",
    "host_salt,     commitments, host_salt",
    "subject_salt,  commitments, subject_salt",
  })
  void changedBytes_areFoundAndNamed(String member, String step, String named) throws Exception {
    requireNamed(flippingIn(member), allowed, step, named);
  }

  /** Likewise of JSON. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"clock_safe\":true | \"clock_safe\":false | inputs | inputs.env.clock_safe",
        "\"ear_status\":\"warning\" | \"ear_status\":\"contraindicated\" | appraisal | ear.submods.host",
        "\"host\":\"host-a\",\"host_salt | \"host\":\"host-b\",\"host_salt | commitments | host",
        "\"tenant\":\"tenant\",\"v\":1 | \"tenant\":\"tenanu\",\"v\":1 | request | request",
      })
  void changedJson_isFoundAndNamed(String text, String by, String step, String named)
      throws Exception {
    requireNamed(replacing(text, by), allowed, step, named);
  }

  /** Beside a denial. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"code\":\"scope_exceeded\",\"decision\" | \"code\":\"scope_exceedee\",\"decision\" | code",
        "\"reason\":\"action-offered\",\"request\" | \"reason\":\"action-offeree\",\"request\" | reason",
        "\"decision\":\"deny\" | \"decision\":\"dena\" | decision.decision",
      })
  void changedDenial_isFoundAndNamed(String text, String by, String named) throws Exception {
    byte[] payload = deployment.service().ledger().payload(denied).orElseThrow();
    String reason = reasonOf(payload);
    String of = text.replace("action-offered", reason);
    String to = by.replace("action-offeree", reason.substring(1) + "x");
    requireNamed(
        replacing(of, to), denied, named.startsWith("decision") ? "decision" : "denial", named);
  }

  private static String reasonOf(byte[] payload) throws Exception {
    return StrictJson.parse(payload, 1 << 20).text("reason");
  }

  private static void requireNamed(
      UnaryOperator<byte[]> change, long index, String step, String named) throws Exception {
    Replayed replayed = store.with("payload WHERE leaf_index = " + index, "bytes", change, index);

    assertThat(replayed.standing()).isEqualTo(Standing.CONTRADICTS);
    assertThat(notSame(replayed))
        .anyMatch(line -> line.startsWith("payload contradicts payload of leaf " + index))
        .anyMatch(line -> line.startsWith(step + " contradicts " + named));
    assertThat(store.replay(index).standing()).as("put back").isEqualTo(Standing.SAME);
  }

  /** The leaf's digest of an artifact is not of its signature. */
  @Test
  void changedSignature_isFoundAndNamed() throws Exception {
    UnaryOperator<byte[]> change =
        bytes -> {
          byte[] changed = bytes.clone();
          String text = new String(bytes, StandardCharsets.ISO_8859_1);
          int start = text.indexOf("\"artifact\":\"") + 12;
          int inSignature = text.indexOf('"', start) - 40;
          changed[inSignature] = (byte) (changed[inSignature] == 'A' ? 'B' : 'A');
          return changed;
        };

    requireNamed(change, allowed, "signature", "artifact.signature");
  }

  /** Of a permission that nobody changed: signed by a key that its time did not believe. */
  @Test
  void signatureOfAnotherKeyThanTheTrustFileOfThenNames_differs() throws Exception {
    Replayed replayed = store.believing(withAnotherIssuer(1)).replay(allowed);

    assertThat(replayed.standing()).isEqualTo(Standing.DIFFERS);
    assertThat(notSame(replayed))
        .singleElement()
        .asString()
        .startsWith("signature differs artifact.kid was ")
        .contains("trust file version 1");
  }

  /** A later trust file does not say what was believed before it. */
  @Test
  void signatureOfBeforeTheConfiguredTrustFile_isNotCalledTheSame() throws Exception {
    Replayed replayed = store.believing(withAnotherIssuer(2)).replay(allowed);

    assertThat(replayed.standing()).isEqualTo(Standing.NOT_KEPT);
    assertThat(notSame(replayed))
        .singleElement()
        .asString()
        .startsWith("signature not kept the trust file of then: the configured one is version 2");
  }

  private static TrustFile withAnotherIssuer(long version) {
    TrustContent c = deployment.trust().content();
    List<TrustedKey> keys = new ArrayList<>();
    for (TrustedKey key : c.keys()) {
      keys.add(
          key.role() == KeyRole.ISSUER
              ? new TrustedKey(
                  VerificationKey.of((ECPublicKey) SoftwareHost.newKeyPair().getPublic()),
                  key.role(),
                  key.nbf(),
                  key.exp(),
                  key.state())
              : key);
    }
    return TrustFile.of(
        new TrustContent(
            c.issuer(),
            version,
            version == 1 ? c.previous() : Optional.of(deployment.trust().digest()),
            c.assurance(),
            keys,
            c.logPolicy(),
            c.status(),
            c.skew(),
            c.tls(),
            c.policyApprovers(),
            c.gateways(),
            c.operators()),
        List.of());
  }

  @Test
  void changedSaltOfThePayload_isFound() throws Exception {
    Replayed replayed =
        store.with("payload WHERE leaf_index = " + allowed, "bytes", flippingIn("salt"), allowed);

    assertThat(notSame(replayed))
        .singleElement()
        .satisfies(
            line -> assertThat(line).startsWith("payload contradicts payload of leaf " + allowed));
  }

  @Test
  void changedPolicy_isFoundAndNamed() throws Exception {
    long leaf = deployment.service().ledger().policyEpoch().orElseThrow().leafIndex();

    Replayed replayed =
        store.with(
            "payload WHERE leaf_index = " + leaf,
            "bytes",
            replacing("\"effect\":\"require\"", "\"effect\":\"permit\" "),
            allowed);

    assertThat(replayed.standing()).isEqualTo(Standing.CONTRADICTS);
    assertThat(notSame(replayed))
        .singleElement()
        .satisfies(
            line -> assertThat(line).startsWith("policy contradicts policy of leaf " + leaf));
  }

  @Test
  void changedEnrolment_isFoundAndNamed() throws Exception {
    long leaf = deployment.service().ledger().host(host.akName()).orElseThrow().leafIndex();

    Replayed kept =
        store.with(
            "payload WHERE leaf_index = " + leaf, "bytes", flippingIn("ek_certificate"), allowed);
    Replayed key =
        store.with(
            "host WHERE leaf_index = " + leaf,
            "ak_public",
            bytes -> Deployment.flipped(bytes, bytes.length - 1),
            allowed);

    assertThat(notSame(kept))
        .anyMatch(line -> line.startsWith("host contradicts enrolment of leaf " + leaf));
    assertThat(notSame(key))
        .anyMatch(
            line -> line.startsWith("host contradicts host row of leaf " + leaf + ".ak_public"));
  }

  @Test
  void changedLeaf_isFoundAndNamed() throws Exception {
    Replayed replayed =
        store.with(
            "leaf WHERE leaf_index = " + allowed,
            "bytes",
            replacing("\"epoch\":1", "\"epoch\":2"),
            allowed);

    assertThat(replayed.standing()).isEqualTo(Standing.CONTRADICTS);
    assertThat(notSame(replayed))
        .anyMatch(line -> line.startsWith("leaf contradicts leaf " + allowed + " must be the one"));
  }

  @Test
  void erasedPayload_isNotCalledTheSame() throws Exception {
    Deployment.denial(DenialCode.SCOPE_EXCEEDED, deployment.issue(deletion()));
    long index = last();
    assertThat(deployment.service().ledger().payloads().erase(index)).isTrue();

    Replayed replayed = store.replay(index);

    assertThat(replayed.standing()).isEqualTo(Standing.ERASED);
    assertThat(notSame(replayed)).containsExactly("payload erased what was kept beside the leaf");
  }

  @Test
  void decisionOfAnotherTenant_differsAndNamesTheStep() throws Exception {
    ReplayedStore elsewhere =
        new ReplayedStore(
            deployment.storeConfig(),
            new ServiceIdentity("https://writ.example", "acme", "writ.example/ledger"),
            deployment.trust(),
            deployment.makers.trust(),
            deployment::store);

    Replayed replayed = elsewhere.replay(allowed);

    assertThat(replayed.standing()).isEqualTo(Standing.DIFFERS);
    assertThat(notSame(replayed))
        .containsExactly("scope differs reason was no denial, came tenant_mismatch");
  }

  @Test
  void makersOfNow_thatSayOtherwise_areNoDifferenceOfTheDecision() throws Exception {
    EndorsementAuthority stranger =
        EndorsementAuthority.create(deployment.clock.instant(), new SecureRandom());
    ReplayedStore elsewhere =
        new ReplayedStore(
            deployment.storeConfig(),
            Deployment.IDENTITY,
            deployment.trust(),
            new EndorsementTrust(List.of(stranger.root()), List.of(stranger.issuing()), List.of()),
            deployment::store);

    Replayed replayed = elsewhere.replay(allowed);

    assertThat(replayed.standing()).isEqualTo(Standing.NOT_KEPT);
    assertThat(notSame(replayed))
        .satisfiesExactly(
            line -> assertThat(line).startsWith("endorsement not kept the roots"),
            line -> assertThat(line).startsWith("appraisal not kept ").contains(" are the same"));
  }

  @Test
  void denialsBeforeThePolicy_areMadeAgainAsFarAsTheyCan() throws Exception {
    assertThat(deployment.enrol(other)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    Challenge late = deployment.challenge(other);
    Application application = other.answer(late, Deployment.request(other));
    deployment.clock.advance(Duration.ofMinutes(2));
    Deployment.denial(DenialCode.EXPIRED, deployment.issue(application));
    assertLast("denial", Standing.SAME);

    Application elsewhere =
        other.answer(
            deployment.challenge(other),
            Deployment.request(
                "https://writ.example",
                "acme",
                Deployment.workloadOf("host-b"),
                Optional.empty(),
                other.jkt()));
    Deployment.denial(DenialCode.SCOPE_EXCEEDED, deployment.issue(elsewhere));
    assertLast("denial", Standing.SAME);

    Challenge challenge = deployment.challenge(other);
    ExecutionRequest request = Deployment.request(other);
    Application broken =
        other.application(
            challenge, request, other.evidence(challenge, request, other.brokenCertification()));
    Deployment.denial(DenialCode.RUNTIME_INTEGRITY, deployment.issue(broken));
    assertLast("denial", Standing.SAME);

    Application twice = other.answer(deployment.challenge(other), Deployment.request(other));
    assertThat(deployment.issue(twice)).isInstanceOf(IssuanceOutcome.Issued.class);
    Deployment.denial(DenialCode.REPLAYED, deployment.issue(twice));
    Replayed used = store.replay(last());
    assertThat(used.standing()).isEqualTo(Standing.NOT_KEPT);
    assertThat(notSame(used))
        .containsExactly(
            "appraisal not kept denied challenge_used by what is not kept, after the steps above");

    deployment.set(other, HostState.SUSPENDED);
    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(other));
    assertThat(store.replay(last()).standing()).isEqualTo(Standing.NOT_KEPT);
  }

  private static void assertLast(String step, Standing standing) throws Exception {
    Replayed replayed = store.replay(last());
    assertThat(notSame(replayed)).isEmpty();
    assertThat(replayed.standing()).isEqualTo(standing);
    assertThat(steps(replayed)).endsWith(step);
  }

  @Test
  void range_onAnyNumberOfThreads_comesToTheSame() throws Exception {
    ReplayCounts alone = store.all(1);
    ReplayCounts together = store.all(3);

    assertThat(together.came()).isEqualTo(alone.came());
    assertThat(together.all()).isEqualTo(alone.all()).isGreaterThan(1);
    assertThat(together.of(Standing.DIFFERS) + together.of(Standing.CONTRADICTS)).isZero();
  }

  @Test
  void leafThatIsNoDecision_isNotReplayed() throws Exception {
    try (StoredLedger ledger = store.open()) {
      assertThat(store.replay(ledger).on(ledger.leaf(0).orElseThrow(), ledger.payload(0)))
          .isEmpty();
    }
  }
}
