// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.OutcomeClaims;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.OutcomeStatement;
import dev.writ.artifact.OutcomeStatement.Signer;
import dev.writ.artifact.RevocationReason;
import dev.writ.ledger.DerivedState;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.ledger.PublishedTrust;
import dev.writ.ledger.SigningKey;
import dev.writ.lineage.Lineage;
import dev.writ.lineage.LineageCheck;
import dev.writ.lineage.LineageGraph;
import dev.writ.lineage.Node;
import dev.writ.lineage.NodeKind;
import dev.writ.lineage.Openings;
import dev.writ.lineage.SearchFilter;
import dev.writ.lineage.SearchPage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The leaves that a service writes hang together, as an auditor finds who has its log's files alone. */
class LineageOfServiceTest extends DualControlled {
  private Ledger ledger() {
    return deployment.service().ledger();
  }

  private void ended(Artifact artifact) {
    OutcomeClaims claims =
        new OutcomeClaims(
            artifact.claims().jti(),
            artifact.digest(),
            OutcomeState.OK,
            Instant.ofEpochMilli(deployment.clock.millis()));
    byte[] input =
        OutcomeStatement.signingInput(new Signer.Holder(host.instanceKey.publicKey()), claims);
    String statement =
        OutcomeStatement.assemble(input, host.instanceKey.signP1363(input)).compact();
    assertThat(Deployment.join(deployment.service().outcomes().report(statement)))
        .isInstanceOf(ReportOutcome.Reported.class);
  }

  /** A decision, its outcome, withdrawals, denials, a rotation, a destruction, and a second policy. */
  private Artifact writeLeaves() throws Exception {
    Artifact artifact = Deployment.artifact(deployment.attest(host));
    ended(artifact);
    assertThat(
            Deployment.join(
                deployment
                    .service()
                    .revocations()
                    .revoke(artifact.claims().jti(), RevocationReason.SUPERSEDED)))
        .isInstanceOf(RevocationOutcome.Revoked.class);
    assertThat(issued()).isNotNull();
    SoftwareHost rebooted = host.sameTpmAndKeys();
    assertThat(Deployment.bundle(deployment.attest(rebooted))).isNotNull();
    rebooted.extend(8, "a module nobody expected");
    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(rebooted));
    Proposal rotation = rotated();
    passes(UNTIL_ACTIVE);
    passes(Overlaps.OVERLAP.plus(Duration.ofHours(1)));
    approved(new ChangeRequest.Destroy(change(rotation).from()));
    approved(new ChangeRequest.Rotate(KeyRole.CHECKPOINT, LEAD));
    deployment.policy(revision -> revision.loaderVariables(List.of("PYTHONUNBUFFERED")));
    deployment.restart();
    return artifact;
  }

  /** What a pack derives from leaves is what the service keeps in rows. */
  @Test
  void stateThatLeavesTell_isTheStores() throws Exception {
    Artifact unused = writeLeaves();
    DerivedState told = new DerivedState();
    for (long at = 0; at < ledger().size(); at++) {
      told.take(at, ledger().leaf(at).orElseThrow());
    }
    assertThat(told.faults()).isEmpty();
    assertThat(told.keys().stream().map(LineageOfServiceTest::life).toList())
        .containsExactlyInAnyOrderElementsOf(
            ledger().keys().stream().map(LineageOfServiceTest::life).toList());
    for (PolicyEpoch epoch : told.epochs().values()) {
      PolicyEpoch row = ledger().policyEpoch(epoch.epoch()).orElseThrow();
      assertThat(epoch.leafIndex()).isEqualTo(row.leafIndex());
      assertThat(epoch.policyDigest()).isEqualTo(row.policyDigest());
    }
    assertThat(told.epochs().lastKey()).isEqualTo(ledger().policyEpoch().orElseThrow().epoch());
    assertThat(told.governanceModes()).isEqualTo(ledger().governanceModes());
    assertThat(told.trustFiles()).isNotEmpty();
    told.trustFiles()
        .forEach(
            (version, place) ->
                assertThat(trustFile(version).leafIndex()).isEqualTo(place.leafIndex()));
  }

  private PublishedTrust trustFile(long version) {
    try {
      return ledger().trustFile(version).orElseThrow();
    } catch (LedgerException e) {
      throw new AssertionError(e);
    }
  }

  private static String life(SigningKey key) {
    return key.kid()
        + " "
        + key.role()
        + " "
        + key.state()
        + " "
        + key.activatedIndex()
        + " "
        + key.endedIndex();
  }

  @Test
  void everyLeafThatAServiceWrites_hangsTogether_andPayloadsNameTheHost() throws Exception {
    Artifact artifact = writeLeaves();
    Lineage closed = AuditedLog.read(deployment, Openings.NONE);
    LineageCheck.Report report = LineageCheck.check(closed, 0, ledger().size());
    assertThat(report.findings()).isEmpty();
    assertThat(report.outcomes()).isEqualTo(1);
    assertThat(report.complete()).isEqualTo(1);
    assertThat(closed.range(0, ledger().size()).nodes())
        .filteredOn(node -> node.id().kind() == NodeKind.POLICY)
        .hasSize(2);

    Lineage opened = AuditedLog.read(deployment, AuditedLog.payloads(ledger()));
    assertThat(LineageCheck.check(opened, 0, ledger().size()).findings()).isEmpty();
    long allow = opened.ofArtifact(artifact.claims().jti()).orElseThrow();
    LineageGraph graph = opened.root(allow);
    assertThat(graph.nodes())
        .filteredOn(node -> node.id().kind() == NodeKind.HOST)
        .extracting(Node::facts)
        .singleElement()
        .satisfies(facts -> assertThat(facts).containsEntry("name", "host-a"));
    assertThat(graph.nodes())
        .extracting(node -> node.id().kind())
        .contains(
            NodeKind.REQUEST,
            NodeKind.PRINCIPAL,
            NodeKind.DECISION,
            NodeKind.VERIFICATION,
            NodeKind.EVIDENCE,
            NodeKind.ARTIFACT,
            NodeKind.EXECUTION,
            NodeKind.ATTESTATION_KEY,
            NodeKind.ENDORSEMENT_KEY,
            NodeKind.POLICY,
            NodeKind.KEY_STATEMENT,
            NodeKind.DEPENDENCY);
    SearchFilter ofHost =
        new SearchFilter(
            Optional.of(LeafKind.DECISION_ALLOW),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of("host-a"),
            Optional.empty(),
            Optional.empty());
    SearchPage page = SearchPage.of(opened.source(), opened.openings(), ofHost, 0, ledger().size());
    assertThat(page.matches()).hasSize(3).contains((int) allow);
    assertThat(page.undecided()).isEmpty();
  }
}
