// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Attester;
import dev.writ.agent.IssueRequest;
import dev.writ.agent.OperatorClient;
import dev.writ.agent.ParentBundle;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.DrillDoor;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.OutcomeStatement;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.Challenge;
import java.time.Duration;
import java.util.Optional;

/** What is wrong with what a host sends the service, and harms nobody. */
final class ServiceFaults {
  private static final Duration LATER = Duration.ofHours(1);
  private static final String ANOTHER_TENANT = "drill-of-another-tenant";

  private final DrillSite site;
  private final Drill drill;
  private final Attester attester;
  private final Attester anotherKey;
  private final DrillRequests requests;
  private final Optional<Drill.Leaves> leaves;

  /**
   * Faults of a host.
   *
   * @param attester on it
   * @param anotherKey on it, with another instance key
   */
  ServiceFaults(
      DrillSite site, Drill drill, Attester attester, Attester anotherKey, DrillRequests requests)
      throws CommandFailure {
    this.site = site;
    this.drill = drill;
    this.attester = attester;
    this.anotherKey = anotherKey;
    this.requests = requests;
    this.leaves = Optional.of(site.ledger());
  }

  void tell() throws Exception {
    applications();
    delegation();
    outcomes();
    revocation();
  }

  private void applications() throws Exception {
    Challenge challenge = requests.challenge();
    IssueRequest answer = requests.answer(challenge, requests.unspoiled());
    Drill.Once first = new Drill.Once(() -> requests.sent(answer));
    var unused = first.come();
    drill.at(
        DrillDoor.SERVICE,
        first,
        new Drill.Spoiled(
            DenialCode.REPLAYED,
            "a challenge is answered a second time",
            leaves,
            () -> requests.sent(answer)));
    drill.at(
        DrillDoor.SERVICE,
        () -> requests.asked(requests.unspoiled()),
        new Drill.Spoiled(
            DenialCode.SCOPE_EXCEEDED,
            "another tenant's artifact is asked for",
            leaves,
            () -> requests.asked(requests.ofTenant(ANOTHER_TENANT))),
        new Drill.Spoiled(
            DenialCode.RUNTIME_INTEGRITY,
            "a quote is sent with another request than the one it was made for",
            () -> requests.sent(swapped())),
        Drill.Spoiled.unverifiable(
            "the request's digest is not of the execution that is sent with it",
            "malformed",
            () -> requests.sent(malformed())));
  }

  /** Evidence for one request beside another. */
  private IssueRequest swapped() throws Exception {
    IssueRequest answer = requests.answer(requests.challenge(), requests.unspoiled());
    IssueRequest other =
        requests.answer(answer.challenge(), requests.inTheNameOf("spiffe://drill.invalid/other"));
    return new IssueRequest(
        answer.attestationKey(),
        answer.request(),
        answer.exec(),
        answer.challenge(),
        other.evidence());
  }

  /** Only whoever speaks to the service otherwise than the agent does sends such a thing. */
  private IssueRequest malformed() throws Exception {
    return requests.answer(requests.challenge(), Demo.request("drill"));
  }

  private void delegation() throws Exception {
    String fault = "the parent that is named was never allowed";
    Optional<Artifact> parent = requests.parent().map(ParentBundle::artifact);
    if (parent.isEmpty()) {
      drill.needsDemo(DrillDoor.SERVICE, DenialCode.AUTHORIZATION_DISCONTINUITY, fault);
      return;
    }
    UuidV7 nobody = UuidV7.next(site.clock(), site.random());
    UuidV7 named = parent.get().claims().jti();
    drill.at(
        DrillDoor.SERVICE,
        () -> requests.sent(requests.answerUnder(parent.get())),
        new Drill.Spoiled(
            DenialCode.AUTHORIZATION_DISCONTINUITY,
            fault,
            leaves,
            () -> requests.asked(requests.under(nobody))),
        new Drill.Spoiled(
            DenialCode.AUTHORIZATION_DISCONTINUITY,
            "a parent is named, and nobody shows to hold its key",
            leaves,
            () -> requests.asked(requests.under(named))));
  }

  private void outcomes() throws Exception {
    Artifact artifact = Artifact.parse(requests.bundle().artifact());
    String jti = artifact.claims().jti().toString();
    Artifact unknown =
        SpoiledBundle.claim(artifact, jti, UuidV7.next(site.clock(), site.random()).toString());
    Artifact forged =
        SpoiledBundle.claim(
            artifact,
            "\"tenant\":\"" + site.tenant() + '"',
            "\"tenant\":\"" + ANOTHER_TENANT + '"');
    OutcomeStatement statement = statement(attester, artifact, Duration.ZERO);
    drill.at(
        DrillDoor.SERVICE,
        () -> reported(statement),
        new Drill.Spoiled(
            DenialCode.ARTIFACT_MISSING,
            "an outcome is reported of an artifact that nobody issued",
            () -> reported(statement(attester, unknown, Duration.ZERO))),
        new Drill.Spoiled(
            DenialCode.SIGNATURE_INVALID,
            "an outcome's signature is not over it",
            () -> reported(OutcomeStatement.parse(SpoiledBundle.signature(statement.compact())))),
        new Drill.Spoiled(
            DenialCode.LINEAGE_FRAGMENTED,
            "an outcome is reported of an artifact that is not the one in the ledger",
            () -> reported(statement(attester, forged, Duration.ZERO))),
        new Drill.Spoiled(
            DenialCode.ENVIRONMENT_MISMATCH,
            "an outcome is reported by a key that does not hold the artifact",
            () -> reported(statement(anotherKey, artifact, Duration.ZERO))),
        new Drill.Spoiled(
            DenialCode.NOT_YET_VALID,
            "an outcome is reported from a clock that is ahead",
            () -> reported(statement(attester, artifact, LATER))));
  }

  /** One that says that the execution failed: nothing is run under it. */
  private OutcomeStatement statement(Attester by, Artifact artifact, Duration ahead)
      throws Exception {
    return by.outcome(artifact, OutcomeState.FAILED, site.clock().instant().plus(ahead));
  }

  private Came reported(OutcomeStatement statement) throws Exception {
    return Came.of(site.service().report(statement));
  }

  private void revocation() throws Exception {
    String fault = "an artifact is revoked a second time";
    if (site.operator().isEmpty()) {
      drill.needsDemo(DrillDoor.SERVICE, DenialCode.REVOKED, fault);
      return;
    }
    OperatorClient operator = site.operator().get();
    UuidV7 jti = Artifact.parse(requests.bundle().artifact()).claims().jti();
    Drill.Attempt revoke = () -> Came.of(operator.revoke(jti, RevocationReason.SUPERSEDED.wire()));
    Drill.Once first = new Drill.Once(revoke);
    var unused = first.come();
    drill.at(DrillDoor.SERVICE, first, new Drill.Spoiled(DenialCode.REVOKED, fault, revoke));
  }
}
