// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Attester;
import dev.writ.agent.AttesterSession;
import dev.writ.agent.OperatorClient;
import dev.writ.agent.StateFolder;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.BundleVerifier;
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
      return new RunFaults.Bundles(requests.bundle(), requests.bundle(), revoked(requests));
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

  /** Whoever runs; the TPM is free for it. */
  RunFaults run(RunFaults.Bundles bundles) throws Exception {
    RunFaults runs = new RunFaults(site, drill, state);
    runs.tell(bundles);
    return runs;
  }

  /** What the drill found. */
  static DrillReport report(DrillSite site, boolean demo, Instant began, Drill drill) {
    return new DrillReport(
        site.trust().content().issuer(),
        site.trust().logOrigin(),
        demo,
        Instant.ofEpochMilli(began.toEpochMilli()),
        Instant.ofEpochMilli(site.clock().millis()),
        drill.cases());
  }
}
