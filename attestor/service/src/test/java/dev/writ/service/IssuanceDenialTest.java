// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.Act;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmName;
import dev.writ.fixtures.Wire;
import dev.writ.ledger.HostState;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each denial at issuance (DESIGN.md, 5), whether it leaves a leaf, and what becomes of the nonce. */
final class IssuanceDenialTest {
  private static final Duration PAST_NONCE_PURGE = Duration.ofMinutes(5);

  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static SoftwareHost hostA;
  private static SoftwareHost hostB;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    hostA = deployment.host("host-a");
    hostB = deployment.host("host-b");
    deployment.start();
    assertThat(deployment.enrol(hostA)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    assertThat(deployment.enrol(hostB)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  /** The denial, once it is shown to be one new leaf with its code, its reason and both digests. */
  @CanIgnoreReturnValue
  private static Denial deniedWithLeaf(DenialCode code, Application application) throws Exception {
    long before = deployment.leaves();
    Denial denied = Deployment.denial(code, deployment.issue(application));
    assertThat(deployment.leaves()).as("one leaf").isEqualTo(before + 1);
    Leaf leaf = deployment.lastLeaf();
    assertThat(leaf.kind()).isEqualTo(LeafKind.DECISION_DENY);
    LeafBody.DecisionDeny body = (LeafBody.DecisionDeny) leaf.body();
    assertThat(body.code()).isEqualTo(code);
    assertThat(body.reason()).isEqualTo(denied.reason());
    assertThat(body.requestDigest()).contains(application.request().digest());
    assertThat(body.evidenceDigest()).contains(Hash.of(application.evidence().digest()));
    assertThat(body.epoch()).isEqualTo(1);
    return denied;
  }

  /** The denial, once it is shown to be counted and to leave no leaf: no host was its author. */
  @CanIgnoreReturnValue
  private static Denial deniedAsNobody(Application application) {
    long before = deployment.leaves();
    long count = deployment.service().refusals().sum();
    Denial denied = Deployment.denial(DenialCode.RUNTIME_INTEGRITY, deployment.issue(application));
    assertThat(deployment.leaves()).as("no leaf").isEqualTo(before);
    assertThat(deployment.service().refusals().sum()).isEqualTo(count + 1);
    return denied;
  }

  private static void assertSpent(Challenge challenge, SoftwareHost host) {
    Deployment.denial(
        DenialCode.REPLAYED, deployment.issue(host.answer(challenge, Deployment.request(host))));
  }

  private static void assertUnspent(Challenge challenge, SoftwareHost host) {
    assertThat(deployment.issue(host.answer(challenge, Deployment.request(host))))
        .isInstanceOf(IssuanceOutcome.Issued.class);
  }

  @Test
  void case40_challengePastItsEnd_isExpiredAndSpent() throws Exception {
    Challenge challenge = deployment.challenge(hostA);
    deployment.clock.advance(Challenges.VALIDITY);
    Application late = hostA.answer(challenge, Deployment.request(hostA));

    assertThat(deniedWithLeaf(DenialCode.EXPIRED, late).reason()).isEqualTo("challenge_expired");
    assertThat(deniedWithLeaf(DenialCode.EXPIRED, late).reason())
        .as("the first check that fails, though the nonce is spent by now")
        .isEqualTo("challenge_expired");
  }

  @Test
  void case40_challengeOfLongAgo_isExpiredThoughItsNonceCanNoLongerBeTaken() throws Exception {
    Challenge challenge = deployment.challenge(hostA);
    for (Duration passing : List.of(Duration.ZERO, PAST_NONCE_PURGE, Duration.ZERO)) {
      deployment.clock.advance(passing);
      assertThat(deployment.attest(hostA)).isInstanceOf(IssuanceOutcome.Issued.class);
    }

    deniedWithLeaf(DenialCode.EXPIRED, hostA.answer(challenge, Deployment.request(hostA)));
  }

  @Test
  void case39_challengeForAnotherKey_isRuntimeIntegrityAndNotSpent() throws Exception {
    Challenge challenge = deployment.challenge(hostA);

    assertThat(deniedAsNobody(hostB.answer(challenge, Deployment.request(hostB))).reason())
        .isEqualTo("challenge_not_ours");
    assertUnspent(challenge, hostA);
  }

  @Test
  void challenge_withAnyPartChanged_isNotOurs() throws Exception {
    Challenge ours = deployment.challenge(hostA);
    List<Challenge> forged =
        List.of(
            new Challenge(
                ours.nonce(),
                ours.expires(),
                ours.selection(),
                ours.epoch(),
                Octets.of(Deployment.flipped(ours.mac().bytes(), 31))),
            new Challenge(
                ours.nonce(),
                ours.expires().plusMillis(1),
                ours.selection(),
                ours.epoch(),
                ours.mac()),
            new Challenge(
                ours.nonce(),
                ours.expires(),
                PcrSelection.of(TpmAlg.SHA256, 0),
                ours.epoch(),
                ours.mac()),
            new Challenge(
                ours.nonce(), ours.expires(), ours.selection(), ours.epoch() + 1, ours.mac()),
            new Challenge(
                Octets.of(Deployment.flipped(ours.nonce().bytes(), 0)),
                ours.expires(),
                ours.selection(),
                ours.epoch(),
                ours.mac()));

    for (Challenge each : forged) {
      deniedAsNobody(hostA.answer(each, Deployment.request(hostA)));
    }
    assertUnspent(ours, hostA);
  }

  @Test
  void evidence_withAnyByteFlipped_isRuntimeIntegrityAndNotSpent() throws Exception {
    ExecutionRequest request =
        Deployment.request(Deployment.workloadOf("host-a"), SoftwareHost.memoryKey());
    Challenge challenge = deployment.challenge(hostA);
    int length = hostA.answerWithMemoryKey(challenge, request).evidence().bytes().length;

    int judged = 0;
    for (int i = 0; i < length; i++) {
      challenge = deployment.challenge(hostA);
      byte[] bytes = hostA.answerWithMemoryKey(challenge, request).evidence().bytes();
      Evidence flipped;
      try {
        flipped = Evidence.parse(Deployment.flipped(bytes, i));
      } catch (MalformedEvidenceException e) {
        continue; // refused before it comes to the service
      }
      judged++;
      deniedAsNobody(hostA.application(challenge, request, flipped));
    }
    assertThat(judged).isGreaterThan(length / 2);
    assertUnspent(challenge, hostA);
  }

  @Test
  void case37_quoteOverAnotherRequest_isRuntimeIntegrityAndNotSpent() throws Exception {
    Challenge challenge = deployment.challenge(hostA);
    ExecutionRequest other =
        Deployment.request(Deployment.workloadOf("host-a"), SoftwareHost.memoryKey());
    Evidence evidence = hostA.evidence(challenge, other, List.of());

    assertThat(
            deniedAsNobody(hostA.application(challenge, Deployment.request(hostA), evidence))
                .reason())
        .isEqualTo("qualifying_data_mismatch");
    assertUnspent(challenge, hostA);
  }

  /** Names of attestation keys are known: nothing may come of one in another's hands. */
  @Test
  void quoteOfAnotherInTheNameOfAHost_leavesThatHostAlone() throws Exception {
    Challenge challenge = deployment.challenge(hostA);
    ExecutionRequest request = Deployment.request(hostA);
    SoftwareHost stranger = new SoftwareHost("host-a", deployment.maker);
    Evidence evidence = stranger.evidence(challenge, request, List.of());
    Application forged =
        new Application(hostA.ak.name(), challenge, request, Optional.empty(), evidence);

    deniedAsNobody(forged);
    deployment.set(hostA, HostState.SUSPENDED);
    try {
      deniedAsNobody(forged);
    } finally {
      deployment.set(hostA, HostState.ACTIVE);
    }
    assertUnspent(challenge, hostA);
    deployment.clock.advance(Challenges.VALIDITY);
    deniedAsNobody(forged);
  }

  /** The quote is the host's: what else of its evidence does not hold is its own denial. */
  @Test
  void certificationThatDoesNotHold_isRuntimeIntegrityWithALeafAndSpent() throws Exception {
    SoftwareHost host = hostA.withInstanceKey(SoftwareKey.instance());
    Challenge challenge = deployment.challenge(host);

    assertThat(
            deniedWithLeaf(
                    DenialCode.RUNTIME_INTEGRITY,
                    host.answerCertifiedBy(hostB.ak, challenge, Deployment.request(host)))
                .reason())
        .isEqualTo("signature_invalid");
    assertSpent(challenge, host);
  }

  @Test
  void pcrThatThePolicyDoesNotKnow_isEnvironmentUntrustedAndSpent() throws Exception {
    SoftwareHost host = hostA;
    Challenge challenge = deployment.challenge(host);
    SoftwareHost changed = tampered(host);
    // What a host that has something loses before this leaf is another test's.
    assertThat(
            Deployment.join(
                deployment
                    .service()
                    .revocations()
                    .scopes()
                    .revoke(
                        new RevocationTarget.OfHost("host-a"),
                        RevocationReason.CEASED,
                        OptionalLong.empty())))
        .isInstanceOf(ScopeOutcome.Revoked.class);

    assertThat(
            deniedWithLeaf(
                    DenialCode.ENVIRONMENT_UNTRUSTED,
                    changed.answer(challenge, Deployment.request(changed)))
                .reason())
        .isEqualTo("measured-state");
    assertSpent(challenge, host);
  }

  private static SoftwareHost tampered(SoftwareHost host) {
    SoftwareHost changed = host.withInstanceKey(host.instanceKey);
    changed.extend(8, "a module nobody expected");
    return changed;
  }

  @Test
  void workloadOfAnotherHost_isPolicyDeniedAndSpent() throws Exception {
    Challenge challenge = deployment.challenge(hostA);
    ExecutionRequest request = Deployment.request(Deployment.workloadOf("host-b"), hostA.jkt());

    assertThat(deniedWithLeaf(DenialCode.POLICY_DENIED, hostA.answer(challenge, request)).reason())
        .isEqualTo("document/permit");
    assertSpent(challenge, hostA);
  }

  @Test
  void requestOfAnotherIssuerOrTenant_isScopeExceededAndSpent() throws Exception {
    String workload = Deployment.workloadOf("host-a");
    ExecutionRequest issuer =
        Deployment.request(
            "https://other.example", "tenant", workload, Optional.empty(), hostA.jkt());
    ExecutionRequest tenant =
        Deployment.request(
            "https://writ.example", "other", workload, Optional.empty(), hostA.jkt());

    Challenge first = deployment.challenge(hostA);
    assertThat(deniedWithLeaf(DenialCode.SCOPE_EXCEEDED, hostA.answer(first, issuer)).reason())
        .isEqualTo("issuer_mismatch");
    assertSpent(first, hostA);
    Challenge second = deployment.challenge(hostA);
    assertThat(deniedWithLeaf(DenialCode.SCOPE_EXCEEDED, hostA.answer(second, tenant)).reason())
        .isEqualTo("tenant_mismatch");
    assertSpent(second, hostA);
  }

  @Test
  void requestWithAParent_isAuthorizationDiscontinuityAndSpent() throws Exception {
    Challenge challenge = deployment.challenge(hostA);
    ExecutionRequest request =
        Deployment.request(
            "https://writ.example",
            "tenant",
            Deployment.workloadOf("host-a"),
            Optional.of(UuidV7.next(deployment.clock, new SecureRandom())),
            hostA.jkt());

    deniedWithLeaf(DenialCode.AUTHORIZATION_DISCONTINUITY, hostA.answer(challenge, request));
    assertSpent(challenge, hostA);
  }

  @Test
  void actionThatIsNotOffered_isScopeExceededByItsRule() throws Exception {
    ExecutionRequest request = Deployment.request(hostA);
    ExecutionRequest other =
        new ExecutionRequest(
            request.iss(),
            request.aud(),
            request.tenant(),
            request.sub(),
            new Act("delete", "everything", Hash.sha256(new byte[0]), Map.of(), 1),
            Optional.empty(),
            request.jkt());

    assertThat(
            deniedWithLeaf(
                    DenialCode.SCOPE_EXCEEDED, hostA.answer(deployment.challenge(hostA), other))
                .reason())
        .isEqualTo("known-action");
  }

  @Test
  void requestAtEveryBound_endsInADenialWithALeaf() throws Exception {
    List<String> audience =
        IntStream.range(0, 16).mapToObj(i -> "exec:" + "x".repeat(248) + (char) ('a' + i)).toList();
    Map<String, Long> limits =
        IntStream.range(0, 16)
            .boxed()
            .collect(Collectors.toMap(i -> "l".repeat(63) + (char) ('a' + i), i -> (1L << 53) - 1));
    ExecutionRequest widest =
        new ExecutionRequest(
            "https://writ.example",
            audience,
            "tenant",
            "spiffe://" + "d".repeat(255) + "/" + "w".repeat(240),
            new Act("a".repeat(64), "€".repeat(1024), Hash.sha256(new byte[0]), limits, 0),
            Optional.empty(),
            hostA.jkt());

    deniedWithLeaf(DenialCode.SCOPE_EXCEEDED, hostA.answer(deployment.challenge(hostA), widest));
  }

  @Test
  void unknownHost_isEnvironmentUntrustedWithoutALeaf() throws Exception {
    SoftwareHost stranger = new SoftwareHost("stranger", deployment.maker);
    Challenge challenge = deployment.challenge(hostA);
    long before = deployment.leaves();

    Deployment.denial(
        DenialCode.ENVIRONMENT_UNTRUSTED,
        deployment.issue(stranger.answer(challenge, Deployment.request(hostA))));
    assertThat(Deployment.join(deployment.service().challenge(stranger.ak.name())))
        .isEqualTo(new ChallengeOutcome.Denied(Judge.HOST_NOT_ENROLLED));
    assertThat(deployment.leaves()).isEqualTo(before);
  }

  @Test
  void nameThatNoAttestationKeyCanHave_isAnUnknownHost() throws Exception {
    Application good = hostA.answer(deployment.challenge(hostA), Deployment.request(hostA));
    List<TpmName> names =
        List.of(
            TpmName.parse(new byte[0]),
            TpmName.ENDORSEMENT_HIERARCHY,
            TpmName.parse(named(0x0004, 20)),
            TpmName.parse(named(SoftwareKey.SHA3_256, 32)));

    for (TpmName name : names) {
      assertThat(Deployment.join(deployment.service().challenge(name)))
          .isEqualTo(new ChallengeOutcome.Denied(Judge.HOST_NOT_ENROLLED));
      assertThat(
              deployment.issue(
                  new Application(
                      name, good.challenge(), good.request(), Optional.empty(), good.evidence())))
          .isEqualTo(new IssuanceOutcome.Denied(Judge.HOST_NOT_ENROLLED));
    }
  }

  private static byte[] named(int algorithm, int digestBytes) {
    return new Wire().u16(algorithm).bytes(new byte[digestBytes]).toByteArray();
  }

  @Test
  void suspendedHost_isDeniedWithALeafAndSpends() throws Exception {
    Challenge challenge = deployment.challenge(hostB);
    deployment.set(hostB, HostState.SUSPENDED);
    try {
      assertThat(
              deniedWithLeaf(
                      DenialCode.ENVIRONMENT_UNTRUSTED,
                      hostB.answer(challenge, Deployment.request(hostB)))
                  .reason())
          .isEqualTo("host_suspended");
      assertThat(Deployment.join(deployment.service().challenge(hostB.ak.name())))
          .isInstanceOfSatisfying(
              ChallengeOutcome.Denied.class,
              denied ->
                  assertThat(denied.denial().code()).isEqualTo(DenialCode.ENVIRONMENT_UNTRUSTED));
    } finally {
      deployment.set(hostB, HostState.ACTIVE);
    }
    assertSpent(challenge, hostB);
  }

  /** What is sent to the ledger twice is taken once: cases 38 and 94. */
  @Test
  void case38_case94_oneChallengeUsedAHundredTimesAtOnce_getsOneArtifact() throws Exception {
    int uses = 100;
    Application application = hostA.answer(deployment.challenge(hostA), Deployment.request(hostA));
    long before = deployment.leaves();
    ExecutorService threads = Executors.newFixedThreadPool(uses);
    CountDownLatch go = new CountDownLatch(1);
    List<Future<IssuanceOutcome>> answers =
        IntStream.range(0, uses)
            .mapToObj(
                i ->
                    threads.submit(
                        () -> {
                          go.await();
                          return deployment.issue(application);
                        }))
            .toList();
    go.countDown();

    int issued = 0;
    for (Future<IssuanceOutcome> answer : answers) {
      if (answer.get() instanceof IssuanceOutcome.Issued) {
        issued++;
      } else {
        Deployment.denial(DenialCode.REPLAYED, answer.get());
      }
    }
    threads.shutdown();
    assertThat(issued).isEqualTo(1);
    assertThat(deployment.leaves()).isEqualTo(before + uses);
    int allows = 0;
    for (long i = before; i < before + uses; i++) {
      LeafKind kind = deployment.service().ledger().leaf(i).orElseThrow().kind();
      allows += kind == LeafKind.DECISION_ALLOW ? 1 : 0;
    }
    assertThat(allows).isEqualTo(1);
  }
}
