// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.evidence.TpmName;
import dev.writ.ledger.LedgerException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Challenges hosts that are enrolled and active: others are refused and counted. */
final class HostChallenges {
  private final Operations operations;
  private final WorkPool appraisal;
  private final Hosts hosts;
  private final Challenges challenges;
  private final Policies policies;
  private final Refusals refusals;
  private final Telemetry telemetry;

  HostChallenges(
      Operations operations,
      WorkPool appraisal,
      Hosts hosts,
      Challenges challenges,
      Policies policies,
      Refusals refusals,
      Telemetry telemetry) {
    this.operations = operations;
    this.appraisal = appraisal;
    this.hosts = hosts;
    this.challenges = challenges;
    this.policies = policies;
    this.refusals = refusals;
    this.telemetry = telemetry;
  }

  /** A challenge for an enrolled host: the PCRs that its reference values speak of. */
  CompletionStage<ChallengeOutcome> challenge(TpmName akName) {
    return operations.begin(
        "a challenge",
        () -> {
          // A host that is kept needs no more than a MAC: not worth another thread.
          Optional<KnownHost> kept = hosts.keptActive(akName);
          return kept.isPresent()
              ? CompletableFuture.completedFuture(challenge(akName, kept.get()))
              : appraisal.submit(() -> challengeOfStored(akName));
        },
        ChallengeOutcome.Denied::new);
  }

  private ChallengeOutcome challengeOfStored(TpmName akName) throws LedgerException {
    Optional<KnownHost> host = hosts.named(akName);
    if (host.isEmpty()) {
      refusals.count(Judge.HOST_NOT_ENROLLED);
      return new ChallengeOutcome.Denied(Judge.HOST_NOT_ENROLLED);
    }
    if (!host.get().isActive()) {
      Denial denial = Judge.notActive(host.get().row());
      refusals.count(denial);
      return new ChallengeOutcome.Denied(denial);
    }
    return challenge(akName, host.get());
  }

  private ChallengeOutcome challenge(TpmName akName, KnownHost host) {
    long began = System.nanoTime();
    PolicyInForce policy = policies.inForce();
    ChallengeOutcome outcome =
        new ChallengeOutcome.Issued(
            challenges.issue(akName, policy.selectionFor(host.name()), policy.epoch()));
    telemetry.ended(Telemetry.Stage.CHALLENGE, began);
    return outcome;
  }
}
