// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static dev.writ.service.ReplayedStore.notSame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Act;
import dev.writ.artifact.Argument;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Delegable;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecAudience;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.ParentProof;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.RevocationReason;
import dev.writ.evidence.Challenge;
import dev.writ.ledger.LedgerRules;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Executions that go on under others that go on, and such as people approved: leases of half a minute, and two
 * of three approvers for what may be used more than once.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class RenewedExecutionTest {
  private static final Duration HALF = Duration.ofSeconds(15);
  private static final Duration AHEAD = Duration.ofSeconds(60);

  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static SoftwareHost host;
  private static int nonces;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    deployment.approvePolicies();
    deployment.limitHostRate(1000, 1000);
    String approvers =
        String.join("\",\"", Stream.of(0, 1, 2).map(each -> Deployment.name(kid(each))).toList());
    deployment.policyText(
        text ->
            RenewalTest.leased(text)
                .replace("\"rules\":[", "\"rules\":[" + StepUpTest.RULES + ",")
                .replace("],\"type\":", "," + StepUpTest.TESTS + "],\"type\":")
                .replaceFirst(
                    "\\{",
                    "{\"approvals\":{\"threshold\":2,\"separation\":false,\"approvers\":[\""
                        + approvers
                        + "\"]},\"delegation\":{\"max_depth\":3},"));
    host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  private static Hash kid(int approver) {
    return deployment.approvers.kid(approver);
  }

  private static ExecBinding binding(String argument) {
    return new ExecBinding(
        "/usr/bin/true",
        Hash.sha256(new byte[] {1}),
        List.of(Argument.of("true"), Argument.of(argument)),
        "/",
        new TreeMap<>(),
        List.of());
  }

  private static String here() {
    return ExecAudience.of(host.akName());
  }

  /** Lets programs of /usr/bin be asked for under it, so often. */
  private static Act delegating(Act act, int uses) {
    return new Act(
        act.action(),
        act.resource(),
        act.argsDigest(),
        act.limits(),
        act.maxUses(),
        Optional.of(
            new Delegable(List.of("exec"), List.of("/usr/bin"), List.of(here(), "g"), uses)));
  }

  private static ExecutionRequest request(Act act, String audience, Optional<Artifact> parent) {
    return new ExecutionRequest(
        Deployment.IDENTITY.issuer(),
        List.of(audience),
        Deployment.IDENTITY.tenant(),
        Deployment.workloadOf(host.name),
        act,
        parent.map(above -> above.claims().jti()),
        host.jkt());
  }

  private static IssuanceOutcome ask(
      ExecutionRequest request,
      ExecBinding binding,
      Optional<Artifact> parent,
      Optional<Artifact> renewed) {
    Challenge challenge = deployment.challenge(host);
    ExecutionRequest under = request.under(parent.map(above -> above.claims().jti()));
    Application plain = host.answer(challenge, under, binding);
    Optional<ParentProof> proof =
        parent.map(above -> DelegatingHosts.proof(host, above, challenge, under));
    return deployment.issue(
        new Application(
            plain.akName(),
            challenge,
            under,
            Optional.of(binding),
            plain.evidence(),
            Optional.empty(),
            proof,
            renewed));
  }

  private static Artifact root(String argument, int delegableUses) throws Exception {
    ExecBinding binding = binding(argument);
    ExecutionRequest request =
        request(delegating(binding.act(1), delegableUses), here(), Optional.empty());
    return Deployment.artifact(ask(request, binding, Optional.empty(), Optional.empty()));
  }

  private static IssuanceOutcome begin(String argument, Artifact parent) {
    ExecBinding binding = binding(argument);
    return ask(
        request(binding.act(1), here(), Optional.of(parent)),
        binding,
        Optional.of(parent),
        Optional.empty());
  }

  private static IssuanceOutcome renew(String argument, Artifact held, Optional<Artifact> parent) {
    return ask(held.claims().request(), binding(argument), parent, Optional.of(held));
  }

  private static Artifact renewed(String argument, Artifact held, Optional<Artifact> parent)
      throws Exception {
    return Deployment.artifact(renew(argument, held, parent));
  }

  private static void assertDenied(String reason, IssuanceOutcome outcome) {
    assertThat(Deployment.denial(DenialCode.AUTHORIZATION_DISCONTINUITY, outcome).reason())
        .isEqualTo(reason);
  }

  private static List<String> replayOfTheLast() throws Exception {
    return notSame(ReplayedStore.of(deployment).replay(deployment.leaves() - 1));
  }

  /** Its place is known: nobody looks through the log for it, where its time would not lead there. */
  @Test
  @Order(0)
  void execution_thatBeganByAClockThatWasSetBack_goesOnByItsApprovals() throws Exception {
    deployment.clock.advance(AHEAD);
    Artifact first = approved("a0");
    long began = deployment.leaves() - 1;
    deployment.clock.advance(AHEAD.negated());
    while (deployment.leaves() <= 2 * began + 2) {
      Artifact unused = root("p" + deployment.leaves(), 1);
    }
    assertThat(
            deployment
                .service()
                .ledger()
                .indexOf(deployment.service().ledger().leaf(began).orElseThrow().id()))
        .isEmpty();
    Artifact held = renewed("a0", first, Optional.empty());
    assertThat(held.claims().gov().approvals()).isEqualTo(first.claims().gov().approvals());
    assertThat(replayOfTheLast()).isEmpty();
  }

  /** As long as both are renewed: each ends no later than what it is under as of then. */
  @Test
  @Order(1)
  void child_ofAParentThatGoesOn_goesOnUnderThat() throws Exception {
    Artifact parent = root("p1", 9);
    deployment.clock.advance(HALF);
    Artifact first = Deployment.artifact(begin("c1", parent));
    assertThat(first.claims().exp()).isEqualTo(parent.claims().exp());
    Artifact held = first;
    for (int i = 0; i < 3; i++) {
      parent = renewed("p1", parent, Optional.empty());
      held = renewed("c1", held, Optional.of(parent));
      assertThat(replayOfTheLast()).isEmpty();
      ArtifactClaims claims = held.claims();
      assertThat(claims.exp()).isEqualTo(parent.claims().exp());
      assertThat(claims.lineage().parent()).contains(parent.claims().jti());
      assertThat(claims.lineage().execution()).isEqualTo(first.claims().lineage().execution());
      assertThat(((LeafBody.DecisionAllow) deployment.lastLeaf().body()).renews())
          .contains(first.claims().jti());
      deployment.clock.advance(HALF);
    }
    assertRulesHold();
  }

  private static void assertRulesHold() throws Exception {
    LedgerRules rules = new LedgerRules(Optional.of(deployment.trust().content()));
    for (long i = 0; i < deployment.leaves(); i++) {
      byte[] leaf = deployment.service().ledger().leaf(i).orElseThrow().bytes();
      assertThat(rules.take(i, leaf)).as("leaf " + i).isEmpty();
    }
  }

  @Test
  @Order(2)
  void child_shownUnderAnotherExecution_orUnderNone_doesNotGoOn() throws Exception {
    Artifact parent = root("p2", 9);
    Artifact another = root("p3", 9);
    Artifact child = Deployment.artifact(begin("c2", parent));
    assertDenied("renewal_of_another", renew("c2", child, Optional.of(another)));
    assertDenied("renewal_of_another", renew("c2", child, Optional.empty()));
    Artifact alone = root("p0", 1);
    assertDenied("renewal_of_another", renew("p0", alone, Optional.of(another)));
    Challenge challenge = deployment.challenge(host);
    Application unproven = host.answer(challenge, child.claims().request(), binding("c2"));
    assertDenied(
        "parent_unproven",
        deployment.issue(
            new Application(
                unproven.akName(),
                challenge,
                unproven.request(),
                Optional.of(binding("c2")),
                unproven.evidence(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(child))));
    assertThat(renew("c2", child, Optional.of(parent))).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  /** Whatever of the parent's execution is revoked, nothing goes on or begins under the rest of it. */
  @Test
  @Order(3)
  void child_ofAnExecutionThatIsRevoked_doesNotGoOn() throws Exception {
    Artifact parent = root("p4", 9);
    Artifact child = Deployment.artifact(begin("c4", parent));
    Artifact left = renewed("p4", parent, Optional.empty());
    Artifact withdrawn = renewed("p4", parent, Optional.empty());
    assertThat(
            Deployment.join(
                deployment
                    .service()
                    .revocations()
                    .revoke(withdrawn.claims().jti(), RevocationReason.CEASED)))
        .isInstanceOf(RevocationOutcome.Revoked.class);
    assertDenied("parent_revoked", renew("c4", child, Optional.of(left)));
    assertDenied("parent_revoked", begin("c5", left));
  }

  /** What a parent may delegate it may once, however often it is renewed; a child that goes on draws nothing. */
  @Test
  @Order(4)
  void uses_ofAParentThatGoesOn_areOneNumber() throws Exception {
    Artifact parent = root("p6", 2);
    Artifact first = Deployment.artifact(begin("c6", parent));
    Artifact goesOn = renewed("p6", parent, Optional.empty());
    assertThat(renew("c6", first, Optional.of(goesOn))).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(begin("c7", goesOn)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(replayOfTheLast()).isEmpty();
    Artifact last = renewed("p6", goesOn, Optional.empty());
    for (Artifact any : List.of(parent, goesOn, last)) {
      assertDenied("parent_uses_spent", begin("c8", any));
    }
    assertThat(renew("c6", first, Optional.of(last))).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(replayOfTheLast()).isEmpty();
  }

  /** Its gateway counts uses of each artifact: a renewal has them anew, and draws them. */
  @Test
  @Order(5)
  void use_atAGateway_isDrawnByEachRenewal() throws Exception {
    Artifact parent = root("p9", 2);
    ExecBinding binding = binding("c9");
    ExecutionRequest request = request(binding.act(1), "g", Optional.of(parent));
    Artifact child =
        Deployment.artifact(ask(request, binding, Optional.of(parent), Optional.empty()));
    Artifact second = renewed("c9", child, Optional.of(parent));
    assertThat(replayOfTheLast()).isEmpty();
    assertDenied("parent_uses_spent", renew("c9", second, Optional.of(parent)));
  }

  private static void approve(ExecutionRequest request, int approver, Duration until) {
    Hash policy = deployment.service().policies().inForce().digest();
    Instant now = deployment.clock.instant().truncatedTo(ChronoUnit.SECONDS);
    RequestApproval.Terms terms =
        new RequestApproval.Terms(
            Deployment.IDENTITY.issuer(),
            request.digest(),
            policy,
            Optional.empty(),
            Hash.sha256(new byte[] {(byte) nonces++}),
            now,
            now.plus(until),
            kid(approver));
    RequestApproval approval =
        new RequestApproval(
            terms, deployment.approvers.sign(approver, terms.signingInput()).signature());
    assertThat(
            Deployment.join(
                deployment.service().requestApprovals().take(approval.toJson(), Optional.empty())))
        .isInstanceOf(RequestApprovals.Outcome.Recorded.class);
  }

  private static Artifact approved(String argument) throws Exception {
    ExecBinding binding = binding(argument);
    ExecutionRequest request = request(binding.act(2), here(), Optional.empty());
    approve(request, 0, Duration.ofSeconds(20));
    approve(request, 1, Duration.ofSeconds(20));
    return Deployment.artifact(ask(request, binding, Optional.empty(), Optional.empty()));
  }

  /** Their end is of when it may begin. Asked for without what goes on they are used up. */
  @Test
  @Order(6)
  void execution_thatPeopleApproved_goesOnByTheirApprovals() throws Exception {
    Artifact first = approved("a1");
    assertThat(first.claims().gov().approvals()).hasSize(2);
    Artifact held = first;
    for (int i = 0; i < 3; i++) {
      deployment.clock.advance(HALF);
      held = renewed("a1", held, Optional.empty());
      assertThat(held.claims().gov().approvals()).isEqualTo(first.claims().gov().approvals());
      assertThat(deployment.lastLeaf().parents()).as("policy, host, what it began with").hasSize(3);
      assertThat(replayOfTheLast()).isEmpty();
    }
    assertThat(
            Deployment.denial(
                    DenialCode.POLICY_DENIED,
                    ask(
                        first.claims().request(),
                        binding("a1"),
                        Optional.empty(),
                        Optional.empty()))
                .reason())
        .isEqualTo("approved");
    assertRulesHold();
  }

  /** Where an artifact can be used again, its approvals are of the one that was approved. */
  @Test
  @Order(7)
  void approvals_ofWhatAGatewayLetsHappen_areNotCarried() throws Exception {
    ExecBinding binding = binding("a2");
    ExecutionRequest request = request(binding.act(2), Deployment.GATEWAY, Optional.empty());
    approve(request, 0, Duration.ofHours(1));
    approve(request, 1, Duration.ofHours(1));
    Artifact first = Deployment.artifact(ask(request, binding, Optional.empty(), Optional.empty()));
    Denial denial =
        Deployment.denial(DenialCode.POLICY_DENIED, renew("a2", first, Optional.empty()));
    assertThat(denial.reason()).isEqualTo("approved");
  }

  /** More approved it than had to. The decisions of before are judged by the trust file of then. */
  @Test
  @Order(8)
  void execution_ofWhoseApproversEnoughAreStillNamed_goesOnByTheirs() throws Exception {
    ExecutionRequest request = request(binding("a4").act(2), here(), Optional.empty());
    approve(request, 2, Duration.ofSeconds(20));
    Artifact first = approved("a4");
    assertThat(first.claims().gov().approvals()).hasSize(3);
    Artifact before = renewed("a4", first, Optional.empty());
    long allowedBefore = deployment.leaves() - 1;
    StepUpTest.removeFromTrust(deployment, kid(2));
    Artifact held = renewed("a4", before, Optional.empty());
    assertThat(held.claims().gov().approvals())
        .isEqualTo(first.claims().gov().approvals().subList(1, 3));
    assertThat(replayOfTheLast()).isEmpty();
    assertThat(notSame(ReplayedStore.of(deployment).replay(allowedBefore))).isEmpty();
  }

  @Test
  @Order(9)
  void execution_whoseApproverIsNamedNoMore_ends() throws Exception {
    Artifact first = approved("a3");
    StepUpTest.removeFromTrust(deployment, kid(0));
    Denial denial =
        Deployment.denial(DenialCode.POLICY_DENIED, renew("a3", first, Optional.empty()));
    assertThat(denial.reason()).isEqualTo("approved");
    assertThat(replayOfTheLast()).isEmpty();
  }
}
