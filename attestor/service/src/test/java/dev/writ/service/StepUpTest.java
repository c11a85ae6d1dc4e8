// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static dev.writ.service.ReplayedStore.notSame;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.RequestApproved;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.evidence.Challenge;
import dev.writ.policy.Approvals;
import dev.writ.policy.Governance;
import dev.writ.service.RequestApprovals.Outcome;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A policy that wants two of three approvers for what may be used more than once: two policy approvers of
 * the trust file, and an operator. Each test asks for another number of uses, which is another request.
 */
@Timeout(120)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class StepUpTest {
  static final String RULES =
      """
      {"id":"approved","stage":"requirement","effect":"require","mode":"enforce",
       "when":"request.max_uses < 2 || size(governance.approvals) >= 2","code":"policy_denied",
       "reason_user":"Two people must approve this.","reason_admin":"Two of the approvers."},
      {"id":"never","stage":"requirement","effect":"forbid","mode":"enforce",
       "when":"request.max_uses == 99","code":"policy_denied",
       "reason_user":"This is never given.","reason_admin":"Whoever approves it."}\
      """;
  static final String TESTS =
      """
      {"name":"used-twice-approved","like":"worker-a-on-host-a","expect":"allow",
       "inputs":{"request":{"max_uses":2},"governance":{"approvals":[
        {"approver":"a","role":"operator","expires":"2026-11-01T13:00:00Z"},
        {"approver":"b","role":"operator","expires":"2026-11-01T13:00:00Z"}]}}},
      {"name":"used-twice","like":"used-twice-approved","expect":"policy_denied",
       "inputs":{"governance":{"approvals":[]}}},
      {"name":"never-given","like":"used-twice-approved","expect":"policy_denied",
       "inputs":{"request":{"max_uses":99}}}\
      """;
  private static final int ASKS = 32;

  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static Doors doors;
  private static Path socket;
  private static Contracts contract;
  private static SoftwareHost host;
  private static int nonces;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    deployment.approvePolicies();
    deployment.limitHostRate(1000, 1000);
    List<String> approvers = List.of(name(0), name(1), name(2));
    deployment.policyText(
        text ->
            text.replace("\"rules\":[", "\"rules\":[" + RULES + ",")
                .replace("],\"type\":", "," + TESTS + "],\"type\":")
                .replaceFirst(
                    "\\{",
                    "{\"approvals\":{\"threshold\":2,\"separation\":false,\"approvers\":[\""
                        + String.join("\",\"", approvers)
                        + "\"]},"));
    host = deployment.host("host-a");
    WritService service = deployment.start();
    socket = StubService.operatorSocketIn(folder);
    doors =
        Doors.open(
            service,
            new DoorsConfig(
                Optional.of(StubService.loopback()),
                Optional.empty(),
                Optional.of(socket),
                Optional.empty(),
                Optional.empty(),
                DoorsConfig.Limits.standard()),
            InstantSource.system());
    contract = Contracts.parse(new String(Contract.bytes(), StandardCharsets.UTF_8));
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @AfterAll
  static void stop() throws Exception {
    doors.close();
    deployment.close();
    token.close();
  }

  private static Hash kid(int approver) {
    return approver < 2 ? deployment.approvers.kid(approver) : deployment.operators.kid(2);
  }

  private static String name(int approver) {
    return Deployment.name(kid(approver));
  }

  private static byte[] sign(int approver, byte[] input) {
    OperatorKeys keys = approver < 2 ? deployment.approvers : deployment.operators;
    return keys.sign(approver, input).signature();
  }

  private static Instant now() {
    return deployment.clock.instant().truncatedTo(ChronoUnit.SECONDS);
  }

  private static RequestApproval.Terms terms(ExecutionRequest request, int approver) {
    return terms(request, approver, now().plus(Duration.ofHours(1)));
  }

  private static RequestApproval.Terms terms(
      ExecutionRequest request, int approver, Instant expires) {
    return terms(request, approver, expires, Optional.empty());
  }

  private static RequestApproval.Terms terms(
      ExecutionRequest request, int approver, Instant expires, Optional<String> initiator) {
    Hash nonce = Hash.sha256(new byte[] {(byte) nonces++});
    return new RequestApproval.Terms(
        Deployment.IDENTITY.issuer(),
        request.digest(),
        policyDigest(),
        initiator.map(name -> RequestApproval.Terms.committed(request, nonce, name)),
        nonce,
        now(),
        expires,
        kid(approver));
  }

  private static Hash policyDigest() {
    return deployment.service().policies().inForce().digest();
  }

  private static RequestApproval signed(RequestApproval.Terms terms, int approver) {
    return new RequestApproval(terms, sign(approver, terms.signingInput()));
  }

  private static Outcome take(RequestApproval approval) {
    return Deployment.join(
        deployment.service().requestApprovals().take(approval.toJson(), Optional.empty()));
  }

  @CanIgnoreReturnValue
  private static Outcome.Recorded approved(ExecutionRequest request, int approver) {
    Outcome outcome = take(signed(terms(request, approver), approver));
    assertThat(outcome).isInstanceOf(Outcome.Recorded.class);
    return (Outcome.Recorded) outcome;
  }

  private static void assertRefused(String reason, DenialCode code, Outcome outcome) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Denied.class,
            denied -> {
              assertThat(denied.denial().reason()).isEqualTo(reason);
              assertThat(denied.denial().code()).isEqualTo(code);
            });
  }

  private static IssuanceOutcome ask(ExecutionRequest request) {
    return deployment.issue(host.answer(deployment.challenge(host), request));
  }

  /** What helps, of a denial by the rule that wants approvals. */
  private static StepUp next(IssuanceOutcome outcome) {
    Denial denial = Deployment.denial(DenialCode.POLICY_DENIED, outcome);
    assertThat(denial.reason()).isEqualTo("approved");
    return denial.next().orElseThrow();
  }

  private static HttpWire.Response post(String operation, HttpWire to, String target, String body)
      throws Exception {
    try (HttpWire wire = to) {
      HttpWire.Response response = wire.post(target, body);
      contract.requireDescribed(contract.operation(operation), response);
      return response;
    }
  }

  private static HttpWire.Response askOverHttp(ExecutionRequest request) throws Exception {
    HttpWire plain = HttpWire.tcp(doors.plainPort().orElseThrow());
    HttpWire.Response challenge =
        post("challenge", plain, "/v1/challenges", ApiBodies.challenge(host));
    byte[] bytes =
        Base64.getUrlDecoder().decode(StrictJson.parse(challenge.body(), 4096).text("challenge"));
    return post(
        "issue",
        HttpWire.tcp(doors.plainPort().orElseThrow()),
        "/v1/artifacts",
        ApiBodies.issue(host.answer(Challenge.parse(bytes), request)));
  }

  private static JsonMembers members(HttpWire.Response response) throws Exception {
    return StrictJson.parse(response.body(), 1 << 20);
  }

  private static JsonMembers approveOverHttp(RequestApproval approval, String decision)
      throws Exception {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("approval", ApiBodies.base64Url(approval.toJson()));
    body.put("decision_id", decision);
    HttpWire.Response response =
        post(
            "approveRequest",
            HttpWire.unix(socket),
            "/v1/request-approvals",
            new String(Jcs.canonical(body), StandardCharsets.UTF_8));
    assertThat(response.status()).as(response.text()).isEqualTo(201);
    return members(response);
  }

  private static JsonMembers explained(String decision) throws Exception {
    try (HttpWire wire = HttpWire.unix(socket)) {
      HttpWire.Response response = wire.get("/v1/decisions/" + decision + "/explanation");
      contract.requireDescribed(contract.operation("explain"), response);
      JsonMembers explanation = members(response);
      assertThat(explanation.flag("inputs_shown")).as("all roles").isTrue();
      return explanation.object("next");
    }
  }

  @Test
  @Order(1)
  void denialWithNext_twoApprovals_anAllowAndTheSameAskedOnceMore() throws Exception {
    ExecutionRequest request = Deployment.request(host, 2);
    HttpWire.Response denied = askOverHttp(request);

    assertThat(denied.status()).isEqualTo(403);
    JsonMembers problem = members(denied);
    assertThat(problem.text("code")).isEqualTo("policy_denied");
    String decision = problem.text("decision_id");
    JsonMembers next = problem.object("next");
    assertThat(next.text("kind")).isEqualTo("approval");
    assertThat(next.integer("threshold", 0, 9)).isEqualTo(2);
    assertThat(next.integer("given", 0, 9)).isZero();
    assertThat(next.texts("approvers", 9))
        .containsExactlyInAnyOrder(name(0), name(1), name(2))
        .isSorted();
    assertThat(next.hash("request_digest")).isEqualTo(request.digest());
    assertThat(next.hash("policy_digest")).isEqualTo(policyDigest());
    assertThat(next.text("decision_id")).isEqualTo(decision);
    Leaf denial = deployment.lastLeaf();

    JsonMembers first = approveOverHttp(signed(terms(request, 0), 0), decision);
    assertThat(first.integer("given", 0, 9)).isEqualTo(1);
    Leaf approval = deployment.lastLeaf();
    assertThat(approval.body()).isInstanceOf(RequestApproved.class);
    assertThat(approval.parents())
        .containsExactly(deployment.service().policies().leaf(), denial.hash());
    StepUp second = next(ask(request));
    assertThat(second.given()).isEqualTo(1);
    assertThat(second.approvers()).doesNotContain(name(0)).hasSize(2);
    assertThat(explained(decision).integer("given", 0, 9)).isEqualTo(1);

    JsonMembers operator = approveOverHttp(signed(terms(request, 2), 2), decision);
    assertThat(explained(decision).integer("given", 0, 9)).isEqualTo(2);
    HttpWire.Response issued = askOverHttp(request);

    assertThat(issued.status()).as(issued.text()).isEqualTo(201);
    Artifact artifact = Artifact.parse(ProofBundle.parse(issued.body()).artifact());
    assertThat(artifact.claims().gov().approvals())
        .containsExactly(first.text("approval_id"), operator.text("approval_id"));
    Leaf allow = deployment.lastLeaf();
    assertThat(allow.parents()).hasSize(4).contains(approval.hash());

    JsonMembers again = members(askOverHttp(request)).object("next");
    assertThat(again.integer("given", 0, 9)).as("each is good for one").isZero();
    assertThat(again.texts("approvers", 9)).hasSize(3);
    assertThat(ReplayedStore.of(deployment).all(1).of(Replayed.Standing.SAME)).isEqualTo(4);
  }

  @Test
  @Order(2)
  void anotherArgumentOrInstanceKey_isAnotherRequest() throws Exception {
    ExecutionRequest request = Deployment.request(host, 3);
    approved(request, 0);
    approved(request, 1);
    assertThat(next(ask(Deployment.request(host, 4))).given()).isZero();
    SoftwareHost otherKey = host.withInstanceKey(SoftwareKey.instance());
    ExecutionRequest ofOther = Deployment.request(otherKey, 3);
    assertThat(ofOther.digest()).isNotEqualTo(request.digest());
    assertThat(ask(request)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  @Test
  @Order(3)
  void denialThatApprovalsWouldNotTurn_saysNothingOfThem() {
    Denial never = Deployment.denial(DenialCode.POLICY_DENIED, ask(Deployment.request(host, 99)));
    assertThat(never.next()).isEmpty();
    ExecutionRequest others = Deployment.request("spiffe://dev.example/worker-b", host.jkt());
    assertThat(Deployment.denial(DenialCode.POLICY_DENIED, ask(others)).next())
        .as("no permit")
        .isEmpty();
  }

  @Test
  @Order(4)
  void approvalsPastTheirEnd_areNone() throws Exception {
    ExecutionRequest request = Deployment.request(host, 5);
    assertThat(take(signed(terms(request, 0, now().plusSeconds(5)), 0)))
        .isInstanceOf(Outcome.Recorded.class);
    approved(request, 1);
    deployment.clock.advance(Duration.ofSeconds(6));
    assertThat(next(ask(request)).given()).isEqualTo(1);
    approved(request, 0);
    assertThat(ask(request)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  private static RequestApproval.Terms with(
      RequestApproval.Terms of, String issuer, Hash policy, Hash kid) {
    return new RequestApproval.Terms(
        issuer,
        of.requestDigest(),
        policy,
        of.initiator(),
        of.nonce(),
        of.given(),
        of.expires(),
        kid);
  }

  @Test
  @Order(5)
  void whatIsNoApproversWordForThis_isRefusedWithItsReason() {
    ExecutionRequest request = Deployment.request(host, 6);
    RequestApproval.Terms good = terms(request, 0);
    assertRefused("approval_signature", DenialCode.SIGNATURE_INVALID, take(signed(good, 1)));
    String issuer = good.issuer();
    Hash policy = good.policyDigest();
    assertRefused(
        "approval_of_another_issuer",
        DenialCode.SCOPE_EXCEEDED,
        take(signed(with(good, "https://other.example", policy, good.kid()), 0)));
    assertRefused(
        "approval_of_another_policy",
        DenialCode.POLICY_MISMATCH,
        take(signed(with(good, issuer, Hash.sha256(new byte[] {9}), good.kid()), 0)));
    RequestApproval.Terms unlisted = with(good, issuer, policy, deployment.operators.kid(0));
    assertRefused(
        "approver_not_listed",
        DenialCode.POLICY_DENIED,
        take(
            new RequestApproval(
                unlisted, deployment.operators.sign(0, unlisted.signingInput()).signature())));
    RequestApproval stranger =
        new RequestApproval(with(good, issuer, policy, Hash.sha256(new byte[] {3})), new byte[64]);
    assertRefused("approver_unknown", DenialCode.SIGNATURE_INVALID, take(stranger));
    deployment.clock.advance(Duration.ofHours(-2));
    RequestApproval ended = signed(terms(request, 0), 0);
    deployment.clock.advance(Duration.ofHours(4));
    RequestApproval ahead = signed(terms(request, 0), 0);
    deployment.clock.advance(Duration.ofHours(-2));
    assertRefused("approval_expired", DenialCode.EXPIRED, take(ended));
    assertRefused("approval_ahead", DenialCode.NOT_YET_VALID, take(ahead));
    assertThat(next(ask(request)).given()).as("nothing of it counts").isZero();
  }

  @Test
  @Order(6)
  void approvalGivenTwice_isRefused_usedOrNot() {
    ExecutionRequest request = Deployment.request(host, 7);
    RequestApproval approval = signed(terms(request, 0), 0);
    assertThat(take(approval)).isInstanceOf(Outcome.Recorded.class);
    assertRefused("approval_taken", DenialCode.REPLAYED, take(approval));
    assertRefused("approval_holds", DenialCode.REPLAYED, take(signed(terms(request, 0), 0)));
    approved(request, 1);
    assertThat(ask(request)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertRefused("approval_taken", DenialCode.REPLAYED, take(approval));
    assertThat(next(ask(request)).given()).isZero();
  }

  @Test
  @Order(7)
  void denialOfAnotherRequestOrNone_isNotAnswered() throws Exception {
    ExecutionRequest request = Deployment.request(host, 8);
    IssuanceOutcome.Denied other = (IssuanceOutcome.Denied) ask(Deployment.request(host, 9));
    byte[] approval = signed(terms(request, 0), 0).toJson();
    RequestApprovals approvals = deployment.service().requestApprovals();
    assertRefused(
        "denial_of_another_request",
        DenialCode.SCOPE_EXCEEDED,
        Deployment.join(approvals.take(approval, other.decision())));
    assertRefused(
        "denial_unknown",
        DenialCode.ARTIFACT_MISSING,
        Deployment.join(
            approvals.take(approval, deployment.service().ledger().leaf(0).map(Leaf::id))));
  }

  @Test
  @Order(8)
  void thirtyTwoAsksOnOneApproval_getOneArtifact() throws Exception {
    ExecutionRequest request = Deployment.request(host, 10);
    approved(request, 0);
    approved(request, 1);
    List<Application> applications = new ArrayList<>();
    for (int i = 0; i < ASKS; i++) {
      applications.add(host.answer(deployment.challenge(host), request));
    }
    List<CompletionStage<IssuanceOutcome>> asked =
        applications.stream().map(deployment.service().issuance()::issue).toList();
    int issued = 0;
    for (CompletionStage<IssuanceOutcome> each : asked) {
      IssuanceOutcome outcome = Deployment.join(each);
      if (outcome instanceof IssuanceOutcome.Issued) {
        issued++;
      } else {
        assertThat(next(outcome).given()).isZero();
      }
    }
    assertThat(issued).isEqualTo(1);
    ReplayCounts counts = ReplayedStore.of(deployment).all(2);
    assertThat(counts.of(Replayed.Standing.CONTRADICTS)).isZero();
    assertThat(counts.of(Replayed.Standing.DIFFERS)).isZero();
  }

  /** What the store says of an approval is held against its leaf, and that against the tree. */
  @Test
  @Order(9)
  void replay_ofAChangedApproval_namesIt() throws Exception {
    ExecutionRequest request = Deployment.request(host, 11);
    long approval = approved(request, 0).leafIndex();
    approved(request, 2);
    assertThat(ask(request)).isInstanceOf(IssuanceOutcome.Issued.class);
    long allow = deployment.leaves() - 1;
    ReplayedStore store = ReplayedStore.of(deployment);
    assertThat(notSame(store.replay(allow))).isEmpty();

    String row = "request_approval WHERE leaf_index = " + approval;
    for (String column : List.of("statement", "request_digest", "policy_digest")) {
      Replayed changed = store.with(row, column, was -> Deployment.flipped(was, 3), allow);
      assertThat(changed.standing()).as(column).isEqualTo(Replayed.Standing.CONTRADICTS);
      assertThat(notSame(changed)).anyMatch(line -> line.startsWith("approvals contradicts"));
    }
    Replayed leaf =
        store.with(
            "leaf WHERE leaf_index = " + approval,
            "bytes",
            ReplayedStore.replacing(name(0), name(1)),
            allow);
    assertThat(notSame(leaf)).anyMatch(line -> line.contains("leaf " + approval));
    Replayed inputs =
        store.with(
            "payload WHERE leaf_index = " + allow,
            "bytes",
            ReplayedStore.replacing("\"role\":\"operator\"", "\"role\":\"operatoR\""),
            allow);
    assertThat(notSame(inputs))
        .anyMatch(
            line -> line.startsWith("inputs contradicts inputs.governance.approvals[1].role"));
  }

  /** Who does not say who he is may be one of those who approve. */
  @Test
  @Order(10)
  void separation_countsWhomItCanTellFromTheInitiator() {
    ExecutionRequest request = Deployment.request(host, 12);
    Approvals rules =
        new Approvals(1, Set.of(name(0)), true, Map.of(name(0), Set.of("oidc:corp:alice")));
    assertThat(shown(request, rules, Optional.of("oidc:corp:bob")))
        .hasValueSatisfying(counted -> assertThat(counted.role()).isEqualTo("policy_approver"));
    assertThat(shown(request, rules, Optional.of("oidc:corp:alice"))).isEmpty();
    assertThat(shown(request, rules, Optional.empty())).isEmpty();
    Approvals nobodyKnown = new Approvals(1, Set.of(name(0)), true);
    assertThat(shown(request, nobodyKnown, Optional.of("oidc:corp:bob"))).isEmpty();
  }

  /** What rules see of an approval for the request of this initiator. */
  private static Optional<Governance.Approval> shown(
      ExecutionRequest request, Approvals rules, Optional<String> initiator) {
    RequestApproval.Terms named = terms(request, 0, now().plusSeconds(60), initiator);
    TrustContent trust = deployment.trust().content();
    return CountedApprovals.shown(signed(named, 0), request, rules, trust, initiator, now());
  }

  @Test
  @Order(11)
  void restart_keepsWhatIsApprovedAndWhatIsUsed() throws Exception {
    ExecutionRequest request = Deployment.request(host, 13);
    approved(request, 0);
    approved(request, 1);
    // Doors are of the service that ends.
    doors.close();
    deployment.restart();
    assertThat(ask(request)).isInstanceOf(IssuanceOutcome.Issued.class);
    deployment.restart();
    assertThat(next(ask(request)).given()).isZero();
  }

  /** Whoever is named no more approves nothing more, what he approved before included. */
  @Test
  @Order(12)
  void approverWhoIsRemovedFromTheTrustFile_countsNoMore() throws Exception {
    ExecutionRequest request = Deployment.request(host, 14);
    approved(request, 0);
    approved(request, 2);
    removeFromTrust(deployment, kid(0));
    StepUp next = next(ask(request));
    assertThat(next.given()).isEqualTo(1);
    assertThat(next.approvers()).containsExactly(name(1));
    assertRefused(
        "approver_unknown", DenialCode.SIGNATURE_INVALID, take(signed(terms(request, 0), 0)));
    approved(request, 1);
    assertThat(ask(request)).isInstanceOf(IssuanceOutcome.Issued.class);
    ReplayCounts counts = ReplayedStore.of(deployment).all(1);
    assertThat(counts.of(Replayed.Standing.DIFFERS)).as("under the trust file of then").isZero();
    assertThat(counts.of(Replayed.Standing.CONTRADICTS)).isZero();
  }

  static void removeFromTrust(Deployment deployment, Hash approver) {
    TrustContent c = deployment.service().trust().content();
    KeyQuorum left =
        new KeyQuorum(
            1,
            c.policyApprovers().orElseThrow().keys().stream()
                .filter(key -> !key.kid().equals(approver))
                .toList());
    TrustFile wanted = TrustFile.of(c.approvedBy(left), List.of());
    DualControl control = deployment.service().dualControl();
    OperatorKeys operators = deployment.operators;
    Proposal proposal =
        ((DualControl.Outcome.Drafted)
                Deployment.join(
                    control.propose(
                        new ChangeRequest.Publish(wanted),
                        Duration.ofHours(1),
                        Optional.of(operators.kid(0)))))
            .proposal();
    for (int operator : List.of(0, 1, 2)) {
      assertThat(Deployment.join(control.approve(operators.approval(operator, proposal))))
          .isNotInstanceOf(DualControl.Outcome.Denied.class);
    }
    deployment.service().chores().run();
  }

  /** An approval is under one document: its next version, which says the same, is another. */
  @Test
  @Order(13)
  void nextPolicy_countsNoApprovalOfTheOneBefore() throws Exception {
    ExecutionRequest request = Deployment.request(host, 15);
    approved(request, 1);
    approved(request, 2);
    assertThat(deployment.publish(deployment.approved(deployment.nextPolicy(same -> {}))))
        .isInstanceOf(PolicyPublications.Outcome.Published.class);
    assertThat(next(ask(request)).given()).isZero();
  }
}
