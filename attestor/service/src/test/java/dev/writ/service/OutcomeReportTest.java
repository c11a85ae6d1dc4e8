// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.Act;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.OutcomeClaims;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.OutcomeStatement;
import dev.writ.artifact.OutcomeStatement.Signer;
import dev.writ.artifact.Reporter;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.VerificationKey;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.ReportedState;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What holders and gateways say of how executions ended. */
final class OutcomeReportTest {
  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static SoftwareHost host;
  private Artifact artifact;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    host = deployment.host("host-a");
    deployment.permitUncounted();
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  @BeforeEach
  void issue() throws Exception {
    artifact = Deployment.artifact(deployment.attest(host));
  }

  /** Another artifact, for as many uses. */
  private void issue(int maxUses) throws Exception {
    ExecutionRequest request = Deployment.request(host, maxUses);
    artifact =
        Deployment.artifact(deployment.issue(host.answer(deployment.challenge(host), request)));
  }

  private static Instant now() {
    return Instant.ofEpochMilli(deployment.clock.millis());
  }

  private OutcomeClaims claims(OutcomeState state) {
    return new OutcomeClaims(artifact.claims().jti(), artifact.digest(), state, now());
  }

  private static String ofHolder(OutcomeClaims claims) {
    return ofHolder(host.instanceKey, claims);
  }

  private static String ofHolder(SoftwareKey key, OutcomeClaims claims) {
    byte[] input = OutcomeStatement.signingInput(new Signer.Holder(key.publicKey()), claims);
    return OutcomeStatement.assemble(input, key.signP1363(input)).compact();
  }

  private static String ofGateway(KeyPair pair, OutcomeClaims claims) {
    Hash kid = VerificationKey.of((ECPublicKey) pair.getPublic()).kid();
    byte[] input = OutcomeStatement.signingInput(new Signer.Gateway(kid), claims);
    return OutcomeStatement.assemble(input, SoftwareKey.signP1363(pair, input)).compact();
  }

  private static ReportOutcome report(String statement) {
    return Deployment.join(deployment.service().outcomes().report(statement));
  }

  private static void assertDenied(DenialCode code, String reason, String statement) {
    long leaves = deployment.leaves();
    ReportOutcome outcome = report(statement);
    assertThat(outcome)
        .isInstanceOfSatisfying(
            ReportOutcome.Denied.class,
            denied -> {
              assertThat(denied.denial().code()).as(denied.denial().message()).isEqualTo(code);
              assertThat(denied.denial().reason()).isEqualTo(reason);
            });
    assertThat(deployment.leaves()).isEqualTo(leaves);
  }

  @Test
  void holdersStatement_isALeafUnderTheDecision() throws Exception {
    String statement = ofHolder(claims(OutcomeState.OK));

    ReportOutcome.Reported reported = (ReportOutcome.Reported) report(statement);

    assertThat(reported.leafIndex()).isEqualTo(deployment.leaves() - 1);
    assertThat(deployment.lastLeaf().body())
        .isEqualTo(
            new LeafBody.Outcome(
                artifact.claims().jti(),
                OutcomeState.OK,
                Reporter.HOLDER,
                host.jkt(),
                OutcomeStatement.parse(statement).digest()));
    long decision =
        deployment.service().ledger().artifact(artifact.claims().jti()).orElseThrow().leafIndex();
    assertThat(deployment.lastLeaf().parents())
        .containsExactly(deployment.service().ledger().leaf(decision).orElseThrow().hash());
  }

  @Test
  void sameStatementAgain_getsTheSameAnswerAndNoLeaf() {
    OutcomeClaims claims = claims(OutcomeState.FAILED);
    ReportOutcome first = report(ofHolder(claims));
    long leaves = deployment.leaves();

    assertThat(report(ofHolder(claims))).as("signed anew").isEqualTo(first);
    assertThat(deployment.leaves()).isEqualTo(leaves);
  }

  @Test
  void anotherWordOnTheOneUse_isReplayed() {
    assertThat(report(ofHolder(claims(OutcomeState.OK))))
        .isInstanceOf(ReportOutcome.Reported.class);

    assertDenied(DenialCode.REPLAYED, "outcome_reported", ofHolder(claims(OutcomeState.FAILED)));
  }

  @Test
  void twoUses_haveTwoWordsOfEachReporter() throws Exception {
    issue(2);
    OutcomeClaims first = claims(OutcomeState.OK);
    OutcomeClaims second = at(first, first.at().plusMillis(1));
    OutcomeClaims third = at(first, first.at().plusMillis(2));

    ReportOutcome one = reported(ofHolder(first));
    ReportOutcome two = reported(ofHolder(second));
    assertThat(two).isNotEqualTo(one);
    assertDenied(DenialCode.REPLAYED, "outcome_reported", ofHolder(third));
    assertThat(report(ofHolder(first))).isEqualTo(one);
    assertThat(report(ofHolder(second))).isEqualTo(two);

    reported(ofGateway(deployment.gateway, first));
    reported(ofGateway(deployment.gateway, second));
    assertDenied(DenialCode.REPLAYED, "outcome_reported", ofGateway(deployment.gateway, third));
  }

  @CanIgnoreReturnValue
  private static ReportOutcome.Reported reported(String statement) {
    ReportOutcome outcome = report(statement);
    assertThat(outcome).isInstanceOf(ReportOutcome.Reported.class);
    return (ReportOutcome.Reported) outcome;
  }

  @Test
  void uncountedUses_haveAThousandWords() throws Exception {
    issue(Act.UNCOUNTED);
    OutcomeClaims claims = claims(OutcomeState.OK);
    reported(ofHolder(claims));
    fillUpTo(999);

    reported(ofHolder(at(claims, claims.at().plusMillis(1))));
    assertDenied(
        DenialCode.REPLAYED, "outcome_reported", ofHolder(at(claims, claims.at().plusMillis(2))));
  }

  /** Puts reports of the holder into the ledger beside the service, which has put one. */
  private void fillUpTo(int count) throws Exception {
    Leaf any = deployment.lastLeaf();
    List<Entry> entries = new ArrayList<>();
    for (int i = 1; i < count; i++) {
      Hash digest = Hash.sha256(ByteBuffer.allocate(Integer.BYTES).putInt(i).array());
      entries.add(
          Entry.of(
              any,
              new StateChange.RecordOutcome(
                  artifact.claims().jti(), host.jkt(), ReportedState.OK, digest, count)));
    }
    assertThat(Deployment.join(deployment.service().ledger().commit(entries)))
        .allSatisfy(each -> assertThat(each).isInstanceOf(CommitOutcome.Receipt.class));
  }

  @Test
  void gatewaysStatement_standsBesideTheHolders() throws Exception {
    assertThat(report(ofHolder(claims(OutcomeState.OK))))
        .isInstanceOf(ReportOutcome.Reported.class);

    assertThat(report(ofGateway(deployment.gateway, claims(OutcomeState.UNKNOWN))))
        .isInstanceOf(ReportOutcome.Reported.class);
    assertThat(((LeafBody.Outcome) deployment.lastLeaf().body()).reporter())
        .isEqualTo(Reporter.GATEWAY);
  }

  @Test
  void keyThatIsNotTheArtifacts_isNotTheHolder() {
    assertDenied(
        DenialCode.ENVIRONMENT_MISMATCH,
        "not_the_holder",
        ofHolder(SoftwareKey.instance(), claims(OutcomeState.OK)));
  }

  @Test
  void gatewayThatTheTrustFileDoesNotName_isUnknown() {
    assertDenied(
        DenialCode.SIGNATURE_INVALID,
        "gateway_unknown",
        ofGateway(SoftwareHost.newKeyPair(), claims(OutcomeState.OK)));
  }

  @Test
  void signatureOfAnotherKeyUnderTheHoldersName_isInvalid() {
    byte[] input =
        OutcomeStatement.signingInput(
            new Signer.Holder(host.instanceKey.publicKey()), claims(OutcomeState.OK));
    String forged =
        OutcomeStatement.assemble(input, SoftwareKey.instance().signP1363(input)).compact();

    assertDenied(DenialCode.SIGNATURE_INVALID, "outcome_signature_invalid", forged);
  }

  @Test
  void statementOfAnotherDigest_isLineageFragmented() {
    assertDenied(
        DenialCode.LINEAGE_FRAGMENTED,
        "artifact_digest_mismatch",
        ofHolder(
            new OutcomeClaims(
                artifact.claims().jti(), Hash.sha256(new byte[] {1}), OutcomeState.OK, now())));
  }

  @Test
  void statementOfNoArtifact_isArtifactMissing() {
    UuidV7 nobodys = UuidV7.next(deployment.clock, deployment.random);

    assertDenied(
        DenialCode.ARTIFACT_MISSING,
        "artifact_unknown",
        ofHolder(new OutcomeClaims(nobodys, artifact.digest(), OutcomeState.OK, now())));
  }

  @Test
  void statementAheadOfTheClockOrBeforeTheDecision_isDenied() {
    Duration beyondSkew = deployment.trust().content().skew().plusMillis(1);
    OutcomeClaims claims = claims(OutcomeState.OK);

    assertDenied(
        DenialCode.NOT_YET_VALID, "outcome_ahead", ofHolder(at(claims, now().plus(beyondSkew))));
    assertDenied(
        DenialCode.LINEAGE_FRAGMENTED,
        "outcome_before_decision",
        ofHolder(at(claims, now().minus(beyondSkew))));
  }

  private static OutcomeClaims at(OutcomeClaims claims, Instant at) {
    return new OutcomeClaims(claims.jti(), claims.artifactDigest(), claims.state(), at);
  }

  @Test
  void malformedStatement_isDeniedAndCounted() {
    String whole = ofHolder(claims(OutcomeState.OK));
    for (String none : List.of("", "a.b.c", whole + "x", whole.substring(1), "x".repeat(100_000))) {
      long refused = deployment.service().refusals().sum();
      assertDenied(DenialCode.UNVERIFIABLE, "outcome_malformed", none);
      assertThat(deployment.service().refusals().sum()).isEqualTo(refused + 1);
    }
  }

  @Test
  void erasedArtifact_isReportedByAGatewayAloneAndOnce() throws Exception {
    issue(2);
    long decision =
        deployment.service().ledger().artifact(artifact.claims().jti()).orElseThrow().leafIndex();
    assertThat(deployment.service().ledger().payloads().erase(decision)).isTrue();

    assertDenied(DenialCode.UNVERIFIABLE, "artifact_erased", ofHolder(claims(OutcomeState.OK)));
    String statement = ofGateway(deployment.gateway, claims(OutcomeState.OK));
    ReportOutcome first = reported(statement);
    assertDenied(
        DenialCode.REPLAYED,
        "outcome_reported",
        ofGateway(deployment.gateway, claims(OutcomeState.FAILED)));
    assertThat(report(statement)).isEqualTo(first);
  }
}
