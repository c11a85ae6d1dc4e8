// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.GovernanceOrder.Kind;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.Seen;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.StatusVerdict;
import dev.writ.artifact.Verdict;
import dev.writ.ledger.StatusIndex;
import dev.writ.service.GovernanceOrders.Outcome;
import dev.writ.service.Replayed.Standing;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What was issued under a break-glass ends with it, at every gateway. */
class BreakglassEndTest extends GovernedService {
  private final Seen seen = new SeenInMemory();

  /** As a gateway says it that has the newest status token. */
  private Verdict verdict(ProofBundle bundle, Outcome outcome) throws Exception {
    assertThat(outcome).isInstanceOf(Outcome.Taken.class);
    StatusIndex index =
        deployment
            .service()
            .ledger()
            .artifact(Deployment.claims(new IssuanceOutcome.Issued(bundle)).jti())
            .orElseThrow()
            .status()
            .orElseThrow();
    String newest = deployment.service().statusTokens().token(index.list()).orElseThrow();
    assertThat(
            BundleVerifier.of(deployment.trust()).learn(newest, seen, deployment.clock.instant()))
        .isInstanceOf(StatusVerdict.Newest.class);
    return deployment.verdict(bundle, seen);
  }

  private static void assertRevoked(Verdict verdict) {
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Verdict.Denied.class,
            denied -> assertThat(denied.code()).isEqualTo(DenialCode.REVOKED));
  }

  private static OptionalLong revoked(Outcome outcome) {
    return ((Outcome.Taken) outcome).revoked();
  }

  @Test
  void end_revokesWhatWasIssuedUnderIt_beforeItsAnswer_andLeavesTheRest() throws Exception {
    ProofBundle before = Deployment.bundle(deployment.attest(host));
    BreakglassGrant grant = grant();
    Outcome used = use(grant, NO_FREEZE);
    long begun = taken(used);
    assertThat(revoked(used)).isEmpty();
    ProofBundle under = Deployment.bundle(restore());
    long allowed = deployment.leaves() - 1;
    assertThat(deployment.verdict(under, seen)).isInstanceOf(Verdict.Allowed.class);
    deployment.clock.advance(Duration.ofSeconds(30));

    Outcome ended = ordered(Kind.END, Optional.of(grant.digest()), deployment.operators, 1);

    assertRevoked(verdict(under, ended));
    assertThat(revoked(ended)).hasValue(1);
    assertThat(deployment.lastLeaf().parents())
        .containsExactly(
            deployment.service().policy().leaf(),
            deployment.service().ledger().leaf(begun).orElseThrow().hash());
    assertThat(deployment.verdict(before, seen)).isInstanceOf(Verdict.Allowed.class);
    assertThat(ReplayedStore.of(deployment).replay(allowed).standing()).isEqualTo(Standing.SAME);
  }

  @Test
  void freeze_overABreakglass_revokesLikewise_andOneOverNothingRevokesNothing() throws Exception {
    ProofBundle before = Deployment.bundle(deployment.attest(host));
    taken(use(grant(), NO_FREEZE));
    ProofBundle under = Deployment.bundle(restore());

    Outcome frozen = ordered(Kind.FREEZE, Optional.empty(), deployment.operators, 1);

    assertRevoked(verdict(under, frozen));
    assertThat(revoked(frozen)).hasValue(1);
    assertThat(deployment.verdict(before, seen)).isInstanceOf(Verdict.Allowed.class);
  }
}
