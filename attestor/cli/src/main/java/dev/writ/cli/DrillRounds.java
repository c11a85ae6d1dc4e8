// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Attester;
import dev.writ.agent.AttesterSession;
import dev.writ.agent.OperatorClient;
import dev.writ.agent.ParentBundle;
import dev.writ.agent.StateFolder;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.DrillDoor;
import dev.writ.artifact.DrillReport;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RevocationReason;
import java.time.Instant;
import java.util.Optional;

/** What every drill tries: first what is asked with the TPM at hand, then what is run without it. */
final class DrillRounds {
  private final DrillSite site;
  private final Drill drill;
  private final StateFolder state;
  private final RequestFile wanted;

  /** More that is tried while the TPM is at hand. */
  @FunctionalInterface
  interface More {
    void tell(Attester attester, DrillRequests requests) throws Exception;
  }

  /**
   * Rounds of a drill.
   *
   * @param state with the host's instance key
   */
  DrillRounds(DrillSite site, Drill drill, StateFolder state) throws Exception {
    this.site = site;
    this.drill = drill;
    this.state = state;
    this.wanted = site.request(state, RunFaults.command(site));
  }

  /** What is asked for in all of them. */
  RequestFile wanted() {
    return wanted;
  }

  /** Whoever asks or verifies; gives bundles for what is run. */
  RunFaults.Bundles asked(More more) throws Exception {
    try (AttesterSession session = site.host().open(state, site.service(), site.random());
        Attester anotherKey =
            Attester.open(
                session.tpm(),
                site.host().withoutKey().instanceKey(),
                site.service(),
                site.random())) {
      Attester attester = session.attester();
      DrillRequests requests = new DrillRequests(site, attester, wanted);
      new ServiceFaults(site, drill, attester, anotherKey, requests).tell();
      new VerifierFaults(
              site, drill, attester, anotherKey, requests, BundleVerifier.of(site.trust())::verify)
          .tell();
      more.tell(attester, requests);
      return new RunFaults.Bundles(
          requests.bundle(), requests.bundle(), revoked(requests), parents(requests));
    }
  }

  private Optional<RunFaults.Revoked> revoked(DrillRequests requests) throws Exception {
    if (site.operator().isEmpty()) {
      return Optional.empty();
    }
    OperatorClient operator = site.operator().get();
    ProofBundle bundle = requests.bundle();
    var unusedRevoked =
        DeniedException.granted(
            operator.revoke(
                Artifact.parse(bundle.artifact()).claims().jti(),
                RevocationReason.SUPERSEDED.wire()));
    return Optional.of(
        new RunFaults.Revoked(
            bundle, SpoiledBundle.withStatus(bundle, requests.bundle().statusListToken())));
  }

  /** One that holds, and one that was revoked, where the policy lets artifacts be delegated. */
  private Optional<RunFaults.Parents> parents(DrillRequests requests) throws Exception {
    Optional<ParentBundle> parent = requests.parent();
    if (parent.isEmpty() || site.operator().isEmpty()) {
      return Optional.empty();
    }
    ParentBundle revoked = requests.parent().orElseThrow();
    var unusedRevoked =
        DeniedException.granted(
            site.operator()
                .get()
                .revoke(revoked.artifact().claims().jti(), RevocationReason.SUPERSEDED.wire()));
    return Optional.of(new RunFaults.Parents(parent.get().bundle(), revoked.bundle()));
  }

  /** Whoever runs; the TPM is free for it. */
  RunFaults run(RunFaults.Bundles bundles) throws Exception {
    RunFaults runs = new RunFaults(site, drill, state);
    runs.tell(bundles);
    return runs;
  }

  /** What cannot come at a door: each other code comes there, or is listed as not tried. */
  private static void notApplicable(Drill drill) {
    drill.notApplicable(
        DrillDoor.SERVICE,
        DenialCode.GOVERNANCE_DISCONTINUITY,
        "a status that is stale, or behind what was seen",
        "the service makes the status tokens, and judges by the one that it has made just then");
    drill.notApplicable(
        DrillDoor.VERIFIER,
        DenialCode.RUNTIME_INTEGRITY,
        "Evidence that does not hold",
        "Evidence is shown to the service alone, when an artifact is asked for");
    drill.notApplicable(
        DrillDoor.VERIFIER,
        DenialCode.POLICY_DENIED,
        "rules that say no",
        "rules are evaluated at the service alone; what a verifier is shown was allowed");
  }

  /** What the drill found. */
  static DrillReport report(DrillSite site, boolean demo, Instant began, Drill drill) {
    notApplicable(drill);
    return new DrillReport(
        site.trust().content().issuer(),
        site.trust().logOrigin(),
        demo,
        Instant.ofEpochMilli(began.toEpochMilli()),
        Instant.ofEpochMilli(site.clock().millis()),
        drill.cases());
  }
}
