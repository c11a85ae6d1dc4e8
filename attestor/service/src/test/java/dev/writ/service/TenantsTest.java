// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.OutcomeClaims;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.OutcomeStatement;
import dev.writ.artifact.ParentProof;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.RevocationEvent;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevocationVerdict;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.StatusVerdict;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustSuccession;
import dev.writ.artifact.Verdict;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.EkChain;
import dev.writ.evidence.Octets;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.SqliteConfig;
import dev.writ.policy.PolicyDocument;
import dev.writ.tlog.Hash;
import dev.writ.tlog.TlogProof;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two tenants, each with a service of its own, that share all else: operators, approvers, the TPMs' maker,
 * and one host with its keys. What is good for one is worth nothing at the other.
 */
@Timeout(120)
final class TenantsTest {
  private static final ServiceIdentity OTHER =
      new ServiceIdentity("https://globex.example", "globex", "globex.example/ledger");

  @TempDir private static Path folder;
  private static ServiceToken token;
  private static ServiceToken otherToken;
  private static Deployment acme;
  private static Deployment globex;
  private static SoftwareHost host;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    otherToken = ServiceToken.create();
    acme = new Deployment(token, folder.resolve("acme"));
    globex = new Deployment(OTHER, otherToken, folder.resolve("globex"), acme);
    host = acme.host("host-a");
    globex.admit(host);
    Limits usual = Limits.standard();
    Limits.Pool narrow = new Limits.Pool(1, 2, Duration.ofSeconds(30));
    acme.limit(usual.withPools(narrow, narrow));
    for (Deployment each : List.of(acme, globex)) {
      each.approvePolicies();
      each.policyText(
          text ->
              "{\"delegation\":{\"max_depth\":2},"
                  + "\"breakglass\":{\"approvers\":[\""
                  + Deployment.name(acme.approvers.kid(0))
                  + "\"],\"max_ttl_s\":600,\"review_within_s\":3600,\"threshold\":1},"
                  + text.substring(1)
                      .replace(
                          "\"targets\":[\"*\"]", "\"targets\":[\"" + each.identity.tenant() + "\"]")
                      .replace(
                          "\"tenant\":\"dev\"", "\"tenant\":\"" + each.identity.tenant() + "\""));
      each.start();
      assertThat(each.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    }
  }

  @AfterAll
  static void stop() throws Exception {
    acme.close();
    globex.close();
    token.close();
    otherToken.close();
  }

  private static ExecutionRequest request(Deployment at) {
    return Deployment.request(
        at.identity.issuer(),
        at.identity.tenant(),
        Deployment.workloadOf(host.name),
        Optional.empty(),
        host.jkt());
  }

  private static ProofBundle bundle(Deployment at) {
    return Deployment.bundle(at.issue(host.answer(at.challenge(host), request(at))));
  }

  private static Instant now() {
    return acme.clock.instant().truncatedTo(ChronoUnit.SECONDS);
  }

  private static Hash nonce(int number) {
    return Hash.sha256(new byte[] {(byte) number});
  }

  /** A test that fails for want of a good original shows nothing. */
  private static void assertGood(Deployment at, ProofBundle bundle) {
    assertThat(at.verdict(bundle, new SeenInMemory())).isInstanceOf(Verdict.Allowed.class);
  }

  @Test
  void challenge_ofAnotherTenant_isNotOurs_negative39() {
    Challenge ofAcme = acme.challenge(host);

    Denial denial =
        Deployment.denial(
            DenialCode.RUNTIME_INTEGRITY, globex.issue(host.answer(ofAcme, request(globex))));

    assertThat(denial.reason()).isEqualTo("challenge_not_ours");
    assertThat(acme.issue(host.answer(ofAcme, request(acme))))
        .as("nor was it spent")
        .isInstanceOf(IssuanceOutcome.Issued.class);
  }

  @Test
  void request_toAnotherTenant_isDenied_andSoIsEvidenceThatWasMadeForIt() throws Exception {
    assertThat(
            Deployment.denial(
                    DenialCode.SCOPE_EXCEEDED,
                    globex.issue(host.answer(globex.challenge(host), request(acme))))
                .reason())
        .isEqualTo("issuer_mismatch");
    Challenge challenge = globex.challenge(host);
    Application made = host.answer(challenge, request(acme));

    IssuanceOutcome outcome =
        globex.issue(
            new Application(
                made.akName(), challenge, request(globex), Optional.empty(), made.evidence()));

    Deployment.denial(DenialCode.RUNTIME_INTEGRITY, outcome);
  }

  @Test
  void host_ofOneTenant_isUnknownAtTheOther() throws Exception {
    SoftwareHost own = new SoftwareHost("host-b", acme.maker, acme.clock);
    InvitationOutcome.Invited invited =
        (InvitationOutcome.Invited)
            Deployment.join(acme.service().invitations().invite(own.name, Duration.ofHours(1)));
    EnrolmentApplication application = application(own, invited.secret());

    assertThat(globex.begin(application))
        .isInstanceOfSatisfying(
            EnrolmentOutcome.Denied.class,
            denied -> assertThat(denied.denial().reason()).isEqualTo("invitation_invalid"));
    EnrolmentOutcome.Activation begun = (EnrolmentOutcome.Activation) acme.begin(application);
    Octets activated = own.activate(begun.credential());
    assertThat(globex.complete(begun.session(), activated))
        .isInstanceOf(EnrolmentOutcome.Denied.class);
    assertThat(acme.complete(begun.session(), activated))
        .isInstanceOf(EnrolmentOutcome.Enrolled.class);
    assertThat(Deployment.join(acme.service().challenge(own.ak.name())))
        .isInstanceOf(ChallengeOutcome.Issued.class);
    assertThat(Deployment.join(globex.service().challenge(own.ak.name())))
        .isInstanceOfSatisfying(
            ChallengeOutcome.Denied.class,
            denied ->
                assertThat(denied.denial().code()).isEqualTo(DenialCode.ENVIRONMENT_UNTRUSTED));
  }

  private static EnrolmentApplication application(SoftwareHost own, Octets secret) {
    return new EnrolmentApplication(
        own.name,
        own.ekCertificate,
        EkChain.NONE,
        own.ek,
        own.ak.publicArea(),
        Optional.of(secret));
  }

  @Test
  void artifact_ofOneTenant_isSignedByNobodyForTheOthersGateways() throws Exception {
    ProofBundle ofAcme = bundle(acme);
    assertGood(acme, ofAcme);

    assertThat(globex.verdict(ofAcme, new SeenInMemory()))
        .isInstanceOfSatisfying(
            Verdict.Denied.class,
            denied -> assertThat(denied.code()).isEqualTo(DenialCode.SIGNATURE_INVALID));
    Presentation wantsGlobex = Presentation.NOTHING.withTenant(OTHER.tenant());
    assertThat(
            BundleVerifier.of(acme.trust())
                .verify(ofAcme.toJson(), wantsGlobex, new SeenInMemory(), acme.clock.instant()))
        .as("even to who believes the issuer")
        .isInstanceOfSatisfying(
            Verdict.Denied.class,
            denied -> assertThat(denied.code()).isEqualTo(DenialCode.SCOPE_EXCEEDED));
  }

  @Test
  void artifact_ofOneTenant_isNoParentAtTheOther() throws Exception {
    Artifact parent = Artifact.parse(bundle(acme).artifact());
    Challenge challenge = globex.challenge(host);
    ExecutionRequest request =
        Deployment.request(
            OTHER.issuer(),
            OTHER.tenant(),
            Deployment.workloadOf(host.name),
            Optional.of(parent.claims().jti()),
            host.jkt());
    byte[] message =
        ParentProof.message(Hash.of(challenge.nonce().bytes()), request.digest(), request.jkt());
    Application plain = host.answer(challenge, request);

    IssuanceOutcome outcome =
        globex.issue(
            new Application(
                plain.akName(),
                challenge,
                request,
                plain.exec(),
                plain.evidence(),
                plain.initiatorToken(),
                Optional.of(
                    new ParentProof(
                        parent,
                        host.instanceKey.publicKey(),
                        host.instanceKey.signP1363(message)))));

    Deployment.denial(DenialCode.AUTHORIZATION_DISCONTINUITY, outcome);
  }

  @Test
  void revocation_statusAndOutcome_ofOneTenant_areNotBelievedByTheOther() throws Exception {
    ProofBundle ofAcme = bundle(acme);
    Artifact artifact = Artifact.parse(ofAcme.artifact());
    RevocationOutcome unknown =
        Deployment.join(
            globex
                .service()
                .revocations()
                .revoke(artifact.claims().jti(), RevocationReason.CEASED));
    assertThat(unknown).isInstanceOf(RevocationOutcome.Denied.class);
    assertGood(acme, ofAcme);
    assertOutcomeIsUnknown(artifact);
    RevocationOutcome.Revoked revoked =
        (RevocationOutcome.Revoked)
            Deployment.join(
                acme.service()
                    .revocations()
                    .revoke(artifact.claims().jti(), RevocationReason.CEASED));

    byte[] event = event(acme, revoked.leafIndex());
    assertThat(
            BundleVerifier.of(acme.trust())
                .learnRevocation(event, new SeenInMemory(), acme.clock.instant()))
        .isInstanceOf(RevocationVerdict.Believed.class);
    assertThat(
            BundleVerifier.of(globex.trust())
                .learnRevocation(event, new SeenInMemory(), globex.clock.instant()))
        .isInstanceOf(RevocationVerdict.Refused.class);
    String status = acme.service().statusTokens().token(0).orElseThrow();
    assertThat(
            BundleVerifier.of(globex.trust())
                .learn(status, new SeenInMemory(), globex.clock.instant()))
        .isNotInstanceOf(StatusVerdict.Newest.class);
    ProofBundle ofGlobex = bundle(globex);
    assertThat(
            globex.verdict(
                ProofBundle.of(
                    Artifact.parse(ofGlobex.artifact()),
                    Leaf.parse(ofGlobex.leaf()),
                    ofGlobex.tlogProof(),
                    StatusToken.parse(status)),
                new SeenInMemory()))
        .as("a token of the other is as if there were none")
        .isInstanceOfSatisfying(
            Verdict.Denied.class,
            denied -> assertThat(denied.code()).isEqualTo(DenialCode.GOVERNANCE_DISCONTINUITY));
  }

  private static void assertOutcomeIsUnknown(Artifact artifact) {
    OutcomeClaims claims =
        new OutcomeClaims(
            artifact.claims().jti(), artifact.digest(), OutcomeState.OK, artifact.claims().iat());
    byte[] input =
        OutcomeStatement.signingInput(
            new OutcomeStatement.Signer.Holder(host.instanceKey.publicKey()), claims);
    String statement =
        OutcomeStatement.assemble(input, host.instanceKey.signP1363(input)).compact();
    assertThat(Deployment.join(globex.service().outcomes().report(statement)))
        .isInstanceOf(ReportOutcome.Denied.class);
    assertThat(Deployment.join(acme.service().outcomes().report(statement)))
        .isInstanceOf(ReportOutcome.Reported.class);
  }

  private static byte[] event(Deployment at, long index) throws LedgerException {
    var ledger = at.service().ledger();
    TlogProof proof =
        TlogProof.of(
            ledger.inclusionProof(index, ledger.size()).orElseThrow(), ledger.checkpoint());
    return new RevocationEvent(ledger.leaf(index).orElseThrow().bytes(), proof.format()).toJson();
  }

  @Test
  void operationOfTheSameOperators_isOneOfOneTenant() throws Exception {
    ChangeRequest rotation = new ChangeRequest.Rotate(KeyRole.STATUS, Duration.ofMinutes(10));
    DualControl.Outcome drafted =
        Deployment.join(
            acme.service()
                .dualControl()
                .propose(rotation, Duration.ofHours(1), Optional.of(acme.operators.kid(0))));
    Proposal proposal = ((DualControl.Outcome.Drafted) drafted).proposal();
    byte[] word = acme.operators.approval(0, proposal);

    assertThat(Deployment.join(globex.service().dualControl().approve(word)))
        .isInstanceOf(DualControl.Outcome.Denied.class);
    assertThat(Deployment.join(acme.service().dualControl().approve(word)))
        .isInstanceOf(DualControl.Outcome.Open.class);
    TrustFile next = acme.operators.signed(proposal.trust().orElseThrow(), 0, 1);
    assertThat(
            TrustSuccession.follow(
                    globex.trust(),
                    version -> version == 2 ? Optional.of(next.toJson()) : Optional.empty())
                .refused())
        .isPresent();
  }

  @Test
  void orderGrantAndApproval_ofTheSamePeople_areForOneTenant() throws Exception {
    BreakglassGrant unsigned =
        new BreakglassGrant(
            acme.identity.issuer(),
            nonce(1),
            "For an emergency.",
            Duration.ofMinutes(9),
            now(),
            now().plus(Duration.ofDays(1)),
            List.of());
    BreakglassGrant grant = unsigned.with(acme.approvers.sign(0, unsigned.signingInput()));
    GovernanceOrder.Unsigned order =
        new GovernanceOrder.Unsigned(
            OTHER.issuer(),
            GovernanceOrder.Kind.USE,
            Optional.of(grant.digest()),
            OptionalLong.empty(),
            "It is needed.",
            now(),
            nonce(2));
    assertElsewhere(
        Deployment.join(
            globex
                .service()
                .governanceOrders()
                .use(grant, order.signed(acme.operators.sign(0, order.signingInput())))));
    GovernanceOrder.Unsigned freeze =
        new GovernanceOrder.Unsigned(
            acme.identity.issuer(),
            GovernanceOrder.Kind.FREEZE,
            Optional.empty(),
            OptionalLong.empty(),
            "Something is wrong.",
            now(),
            nonce(3));
    assertElsewhere(
        Deployment.join(
            globex
                .service()
                .governanceOrders()
                .order(freeze.signed(acme.operators.sign(0, freeze.signingInput())))));
    RequestApproval.Terms terms =
        new RequestApproval.Terms(
            acme.identity.issuer(),
            request(globex).digest(),
            globex.service().policies().inForce().digest(),
            Optional.empty(),
            nonce(4),
            now(),
            now().plusSeconds(60),
            acme.approvers.kid(0));
    byte[] approval =
        new RequestApproval(terms, acme.approvers.sign(0, terms.signingInput()).signature())
            .toJson();
    assertThat(
            Deployment.join(globex.service().requestApprovals().take(approval, Optional.empty())))
        .isInstanceOfSatisfying(
            RequestApprovals.Outcome.Denied.class,
            denied -> assertThat(denied.denial().code()).isEqualTo(DenialCode.SCOPE_EXCEEDED));
  }

  private static void assertElsewhere(GovernanceOrders.Outcome outcome) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            GovernanceOrders.Outcome.Denied.class,
            denied -> assertThat(denied.denial().reason()).isEqualTo("order_elsewhere"));
  }

  @Test
  void policy_ofAnotherTenant_isNotPublished_thoughItsApproversAreOurs() throws Exception {
    String next =
        new String(globex.nextPolicy(same -> {}).canonical(), StandardCharsets.UTF_8)
            .replace("\"globex\"", "\"" + acme.identity.tenant() + "\"");
    PolicyEnvelope signed =
        globex.approved(PolicyDocument.parse(next.getBytes(StandardCharsets.UTF_8)));

    assertThat(globex.publish(signed))
        .isInstanceOfSatisfying(
            PolicyPublications.Outcome.Denied.class,
            denied -> {
              assertThat(denied.denial().code()).isEqualTo(DenialCode.SCOPE_EXCEEDED);
              assertThat(denied.denial().reason()).isEqualTo("policy_targets");
              assertThat(denied.denial().message()).contains("globex", "tenant");
            });
  }

  @Test
  void store_token_trustAndPolicy_ofAnotherTenant_startNothing() throws Exception {
    WritService.Setup setup = globex.setup();
    assertThatThrownBy(() -> globex.start(StartChecksTest.withTrust(setup, acme.trust())))
        .isInstanceOf(ServiceStartException.class)
        .hasMessageContaining("issuer");
    try (Deployment third = new Deployment(OTHER, otherToken, folder.resolve("third"), acme)) {
      assertThatThrownBy(() -> third.start(third.setup(token.keys(), third.setup().policy())))
          .isInstanceOf(ServiceStartException.class)
          .hasMessageContaining("trust file");
    }
    assertThatThrownBy(() -> globex.start(globex.setup(otherToken.keys(), acme.setup().policy())))
        .isInstanceOf(ServiceStartException.class)
        .hasMessageContaining("targets must name this service's tenant, globex");
    Path folderOfAcme = folder.resolve("copy");
    try (Deployment first = new Deployment(token, folderOfAcme)) {
      first.start();
    }
    try (Deployment second = new Deployment(OTHER, otherToken, folder.resolve("none"), acme)) {
      second.store(SqliteConfig.in(folderOfAcme.resolve("ledger")));
      assertThatThrownBy(second::start)
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining("the token has none of those that the ledger knows");
    }
  }

  @Test
  void tenant_whoseQueuesAreFull_costsTheOtherNothing() throws Exception {
    List<Application> applications = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      applications.add(host.answer(acme.challenge(host), request(acme)));
    }
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    acme.random.beforeNextBytes(
        () -> {
          held.countDown();
          try {
            assertThat(go.await(30, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    List<CompletionStage<IssuanceOutcome>> answers = new ArrayList<>();
    try {
      answers.add(acme.service().issuance().issue(applications.get(0)));
      assertThat(held.await(10, TimeUnit.SECONDS)).as("the one hsm thread is busy").isTrue();
      for (Application each : applications.subList(1, 12)) {
        answers.add(acme.service().issuance().issue(each));
      }

      for (int i = 0; i < 12; i++) {
        assertGood(globex, bundle(globex));
      }
    } finally {
      go.countDown();
    }
    long overloaded =
        answers.stream()
            .map(Deployment::join)
            .filter(
                outcome ->
                    outcome instanceof IssuanceOutcome.Denied denied
                        && denied.denial().reason().equals("overloaded"))
            .count();
    assertThat(overloaded).as("of acme's own").isPositive();
  }
}
