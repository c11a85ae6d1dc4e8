// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.Act;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.OutcomeClaims;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.OutcomeStatement;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.Presentation.Audience;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.Redemption;
import dev.writ.artifact.RedemptionReceipt;
import dev.writ.artifact.RedemptionStatement;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verdict;
import dev.writ.artifact.Verification;
import dev.writ.artifact.Verifier;
import dev.writ.lineage.Finding;
import dev.writ.lineage.LineageCheck;
import dev.writ.lineage.Openings;
import dev.writ.lineage.Rule;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the service says to whoever wants to use an artifact of which it is the judge. */
final class RedemptionTest {
  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static SoftwareHost host;
  private static Redeeming redeeming;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    host = deployment.host("host-a");
    deployment.permitUncounted();
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    redeeming = new Redeeming(deployment, host);
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  private static RedemptionOutcome redeem(ProofBundle bundle, RedemptionStatement statement) {
    return Deployment.join(
        deployment.service().redemptions().redeem(bundle.toJson(), statement.compact()));
  }

  @CanIgnoreReturnValue
  private static RedemptionReceipt taken(RedemptionOutcome outcome) {
    if (outcome instanceof RedemptionOutcome.Taken taken) {
      return taken.receipt();
    }
    throw new AssertionError(outcome);
  }

  private static void assertDenied(
      DenialCode code, String reason, boolean isLeaf, ProofBundle bundle, RedemptionStatement asked)
      throws Exception {
    long leaves = deployment.leaves();
    RedemptionOutcome outcome = redeem(bundle, asked);
    assertThat(outcome)
        .isInstanceOfSatisfying(
            RedemptionOutcome.Denied.class,
            denied -> {
              assertThat(denied.denial().code()).as(denied.denial().message()).isEqualTo(code);
              assertThat(denied.denial().reason()).isEqualTo(reason);
              assertThat(denied.verification().isPresent()).isEqualTo(isLeaf);
            });
    assertThat(deployment.leaves()).isEqualTo(leaves + (isLeaf ? 1 : 0));
    assertThat(metrics())
        .contains("writ_redemptions_total{code=\"" + code.wire() + "\",verdict=\"deny\"} ");
    if (isLeaf) {
      Verification leaf = (Verification) deployment.lastLeaf().body();
      assertThat(leaf.code()).contains(code);
      assertThat(leaf.reason()).contains(reason);
      assertThat(leaf.asked()).isEqualTo(asked.asked());
    }
  }

  private static String metrics() throws Exception {
    return TelemetryTest.text(deployment.service().telemetry().registry());
  }

  private static Redemption judge(
      RedemptionReceipt receipt, RedemptionStatement asked, ProofBundle bundle) throws Exception {
    return BundleVerifier.of(deployment.trust())
        .judgeRedemption(
            receipt.toJson(), asked, Artifact.parse(bundle.artifact()), deployment.clock.instant());
  }

  @Test
  void useOfAGateway_isALeafUnderTheDecision_andItsReceiptVerifiesOffline() throws Exception {
    ProofBundle bundle = redeeming.issue(1);
    RedemptionStatement asked = redeeming.byGateway(bundle);

    RedemptionReceipt receipt = taken(redeem(bundle, asked));

    Leaf leaf = deployment.lastLeaf();
    assertThat(receipt.leaf()).isEqualTo(leaf.bytes());
    assertThat(metrics()).contains("writ_redemptions_total{code=\"\",verdict=\"allow\"} ");
    UuidV7 jti = asked.claims().jti();
    assertThat(leaf.body())
        .isEqualTo(
            new Verification(
                Optional.of(jti),
                Verifier.SERVICE,
                Optional.of(redeeming.gatewayKid()),
                asked.asked(),
                Optional.empty(),
                Optional.empty(),
                OptionalLong.of(1)));
    assertThat(leaf.parents()).containsExactly(Leaf.parse(bundle.leaf()).hash());
    assertThat(judge(receipt, asked, bundle))
        .isEqualTo(new Redemption.Taken(deployment.leaves() - 1));
    assertThat(RedemptionReceipt.parse(receipt.toJson())).isEqualTo(receipt);
  }

  @Test
  void answer_isExplainedByItsId_allowsAndDenialsAlike() throws Exception {
    ProofBundle bundle = redeeming.issue(1);
    RedemptionReceipt receipt = taken(redeem(bundle, redeeming.byGateway(bundle)));
    assertThat(explained(Leaf.parse(receipt.leaf()).id(), true))
        .contains("\"verdict\":\"allow\"", "\"used\":1", "\"resource\":\"/usr/bin/true\"")
        .contains("\"reporter\":\"gateway\"");
    RedemptionOutcome.Denied denied =
        (RedemptionOutcome.Denied) redeem(bundle, redeeming.byGateway(bundle));
    assertThat(explained(denied.verification().orElseThrow(), false))
        .contains("\"code\":\"replayed\"", "\"reason\":\"uses_spent\"")
        .doesNotContain("resource");
  }

  private static String explained(UuidV7 id, boolean whole) throws Exception {
    Explanations.Outcome outcome = deployment.service().explanations().explain(new LeafName.Id(id));
    return new String(
        ((Explanations.Outcome.Verified) outcome).explanation().toJson(whole),
        StandardCharsets.UTF_8);
  }

  @Test
  void sameQuestionAgain_getsTheSameReceipt_anotherIsReplayed_alsoAfterARestart() throws Exception {
    ProofBundle bundle = redeeming.issue(1);
    Hash key = Redeeming.newKey();
    RedemptionReceipt first = taken(redeem(bundle, redeeming.byGateway(bundle, key)));
    long leaves = deployment.leaves();

    deployment.clock.advance(Duration.ofSeconds(1));
    RedemptionStatement again = redeeming.byGateway(bundle, key);
    assertThat(taken(redeem(bundle, again)).leaf()).isEqualTo(first.leaf());
    assertThat(deployment.leaves()).isEqualTo(leaves);
    assertDenied(DenialCode.REPLAYED, "uses_spent", true, bundle, redeeming.byGateway(bundle));

    deployment.restart();
    RedemptionReceipt later = taken(redeem(bundle, again));
    assertThat(later.leaf()).isEqualTo(first.leaf());
    assertThat(judge(later, again, bundle)).isInstanceOf(Redemption.Taken.class);
    assertDenied(DenialCode.REPLAYED, "uses_spent", true, bundle, redeeming.byGateway(bundle));
  }

  @Test
  void questionsAtOnce_takeAsManyUsesAsThereAre_andOneQuestionAskedOftenTakesOne()
      throws Exception {
    ProofBundle bundle = redeeming.issue(3);
    List<RedemptionStatement> asked = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      RedemptionStatement one = redeeming.byGateway(bundle);
      asked.addAll(List.of(one, one, one));
    }
    List<CompletableFuture<RedemptionOutcome>> answers =
        asked.stream()
            .map(
                one ->
                    deployment
                        .service()
                        .redemptions()
                        .redeem(bundle.toJson(), one.compact())
                        .toCompletableFuture())
            .toList();
    Set<String> taken = new HashSet<>();
    for (CompletableFuture<RedemptionOutcome> answer : answers) {
      if (Deployment.join(answer) instanceof RedemptionOutcome.Taken given) {
        boolean unused = taken.add(Leaf.parse(given.receipt().leaf()).id().toString());
      }
    }
    assertThat(taken).hasSize(3);
    assertThat(deployment.service().ledger().uses(asked.get(0).claims().jti())).isEqualTo(3);
  }

  /** What ran without having asked is found by whoever opens the artifacts. */
  @Test
  void outcomeWithoutAUse_isFoundInTheLog_andOneWithAUseIsNot() throws Exception {
    ProofBundle used = redeeming.issue(1);
    taken(redeem(used, redeeming.byGateway(used)));
    ended(used);
    Openings opened = AuditedLog.payloads(deployment.service().ledger());
    assertThat(
            LineageCheck.check(AuditedLog.read(deployment, opened), 0, deployment.leaves())
                .findings())
        .isEmpty();
    ended(redeeming.issue(1));
    opened = AuditedLog.payloads(deployment.service().ledger());
    assertThat(
            LineageCheck.check(AuditedLog.read(deployment, opened), 0, deployment.leaves())
                .findings())
        .extracting(Finding::rule)
        .containsExactly(Rule.OUTCOME_VERIFIED, Rule.OUTCOME_COMPLETE);
  }

  private static void ended(ProofBundle bundle) throws Exception {
    Artifact artifact = Artifact.parse(bundle.artifact());
    byte[] input =
        OutcomeStatement.signingInput(
            new OutcomeStatement.Signer.Holder(host.instanceKey.publicKey()),
            new OutcomeClaims(
                artifact.claims().jti(),
                artifact.digest(),
                OutcomeState.OK,
                Instant.ofEpochMilli(deployment.clock.millis())));
    assertThat(
            Deployment.join(
                deployment
                    .service()
                    .outcomes()
                    .report(
                        OutcomeStatement.assemble(input, host.instanceKey.signP1363(input))
                            .compact())))
        .isInstanceOf(ReportOutcome.Reported.class);
  }

  @Test
  void holder_asksForItself() throws Exception {
    ProofBundle bundle = redeeming.issue(1);
    RedemptionStatement asked = redeeming.byHolder(bundle, host.instanceKey);

    assertThat(judge(taken(redeem(bundle, asked)), asked, bundle))
        .isInstanceOf(Redemption.Taken.class);
    assertDenied(
        DenialCode.ENVIRONMENT_MISMATCH,
        "not_the_holder",
        false,
        bundle,
        redeeming.byHolder(bundle, SoftwareKey.instance()));
  }

  @Test
  void whatAGatewayWouldDeny_isDeniedWithItsCode() throws Exception {
    ProofBundle bundle = redeeming.issue(1);
    assertDenied(
        DenialCode.SCOPE_EXCEEDED,
        "action",
        true,
        bundle,
        redeeming.byGateway(bundle, redeeming.action("/usr/bin/false")));
    assertDenied(
        DenialCode.ENVIRONMENT_MISMATCH,
        "possession",
        true,
        bundle,
        redeeming.shownToAnother(bundle));
    KeyPair stranger = SoftwareHost.newKeyPair();
    assertDenied(
        DenialCode.SIGNATURE_INVALID,
        "gateway_unknown",
        false,
        bundle,
        redeeming.byGateway(stranger, bundle, Redeeming.newKey()));
    assertDenied(
        DenialCode.SIGNATURE_INVALID,
        "redemption_signature_invalid",
        false,
        bundle,
        redeeming.forged(bundle));
    RedemptionStatement early = redeeming.byGateway(bundle);
    deployment.clock.advance(Duration.ofSeconds(125));
    assertDenied(DenialCode.EXPIRED, "redemption_late", false, bundle, early);
    assertDenied(
        DenialCode.SCOPE_EXCEEDED,
        "audience",
        true,
        redeeming.issueFor(Deployment.GATEWAY, 1),
        redeeming.byGateway(redeeming.last()));
    assertDenied(
        DenialCode.SCOPE_EXCEEDED,
        "uses_not_counted",
        true,
        redeeming.issue(Act.UNCOUNTED),
        redeeming.byGateway(redeeming.last()));
    ProofBundle other = redeeming.issue(1);
    assertDenied(
        DenialCode.LINEAGE_FRAGMENTED,
        "artifact_digest_mismatch",
        false,
        other,
        redeeming.byGateway(bundle));
    assertThat(taken(redeem(bundle, redeeming.byGateway(bundle))).leaf()).isNotEmpty();
  }

  @Test
  void revokedArtifact_isNotUsed() throws Exception {
    ProofBundle bundle = redeeming.issue(1);
    RedemptionStatement asked = redeeming.byGateway(bundle);
    revoke(asked);
    assertDenied(DenialCode.REVOKED, "status", true, bundle, asked);
  }

  /** An answer that was lost is asked for again, and may come too late to act on. */
  @Test
  void useThatWasTaken_isNotAnsweredAgainOnceTheArtifactIsRevokedOrHasEnded() throws Exception {
    ProofBundle bundle = redeeming.issue(2);
    RedemptionStatement asked = redeeming.byGateway(bundle);
    taken(redeem(bundle, asked));
    taken(redeem(bundle, asked));
    ProofBundle other = redeeming.issue(2);
    Hash key = Redeeming.newKey();
    taken(redeem(other, redeeming.byGateway(other, key)));

    revoke(asked);
    assertDenied(DenialCode.REVOKED, "status", true, bundle, asked);
    Instant end = Artifact.parse(other.artifact()).claims().exp();
    deployment.clock.advance(Duration.between(deployment.clock.instant(), end));
    assertDenied(DenialCode.EXPIRED, "not_ended", true, other, redeeming.byGateway(other, key));
  }

  private static void revoke(RedemptionStatement asked) {
    assertThat(
            Deployment.join(
                deployment
                    .service()
                    .revocations()
                    .revoke(asked.claims().jti(), RevocationReason.CEASED)))
        .isInstanceOf(RevocationOutcome.Revoked.class);
  }

  @Test
  void gatewayThatDoesNotAsk_allowsNothing_andNoneIsNamedAsTheIssuer() throws Exception {
    ProofBundle bundle = redeeming.issue(1);
    BundleVerifier verifier = BundleVerifier.of(deployment.trust());
    Verdict alone =
        verifier.verify(
            bundle.toJson(),
            Presentation.NOTHING.withAudience(new Audience.ServiceJudged(redeeming.gatewayKid())),
            new SeenInMemory(),
            deployment.clock.instant());
    assertThat(alone)
        .isInstanceOfSatisfying(
            Verdict.Denied.class,
            denied -> assertThat(denied.code()).isEqualTo(DenialCode.UNVERIFIABLE));
    Verdict named =
        verifier.verify(
            bundle.toJson(),
            Presentation.NOTHING.withAudience(new Audience.Gateway(Deployment.IDENTITY.issuer())),
            new SeenInMemory(),
            deployment.clock.instant());
    assertThat(named)
        .isInstanceOfSatisfying(
            Verdict.Denied.class,
            denied -> assertThat(denied.code()).isEqualTo(DenialCode.SCOPE_EXCEEDED));
  }

  @Test
  void receiptOfAnotherQuestionOrArtifact_orOfADenial_isNoUse() throws Exception {
    ProofBundle bundle = redeeming.issue(2);
    RedemptionStatement asked = redeeming.byGateway(bundle);
    RedemptionReceipt receipt = taken(redeem(bundle, asked));
    ProofBundle other = redeeming.issue(2);
    RedemptionStatement another = redeeming.byGateway(bundle);
    RedemptionReceipt spent = taken(redeem(bundle, another));
    assertNoUse(judge(receipt, another, bundle), "answer this question");
    assertNoUse(judge(spent, asked, bundle), "answer this question");
    assertNoUse(judge(receipt, asked, other), "of this artifact");
    RedemptionStatement third = redeeming.byGateway(bundle);
    assertDenied(DenialCode.REPLAYED, "uses_spent", true, bundle, third);
    Leaf denial = deployment.lastLeaf();
    assertThat(denial.kind()).isEqualTo(LeafKind.VERIFICATION);
    assertNoUse(
        judge(redeeming.receiptOf(deployment.leaves() - 1), third, bundle), "take one of 2 uses");
    assertNoUse(
        judge(new RedemptionReceipt(denial.bytes(), receipt.tlogProof()), third, bundle), "");
    assertNoUse(
        judge(new RedemptionReceipt(bundle.leaf(), bundle.tlogProof()), asked, bundle),
        "of kind verification");
    assertNoUse(judge(new RedemptionReceipt(receipt.leaf(), "no proof"), asked, bundle), "");
  }

  private static void assertNoUse(Redemption redemption, String why) {
    assertThat(redemption)
        .isInstanceOfSatisfying(
            Redemption.Denied.class,
            denied -> {
              assertThat(denied.code()).isEqualTo(DenialCode.LINEAGE_FRAGMENTED);
              assertThat(denied.why()).contains(why);
            });
  }
}
