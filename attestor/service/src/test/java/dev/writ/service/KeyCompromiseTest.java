// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.Operation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.Verdict;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A key that somebody else may hold ends at once, and with it what it signed since. */
class KeyCompromiseTest extends DualControlled {
  private static DenialCode code(Verdict verdict) {
    assertThat(verdict).isInstanceOf(Verdict.Denied.class);
    return ((Verdict.Denied) verdict).code();
  }

  private long index(ProofBundle bundle) throws Exception {
    return deployment
        .service()
        .ledger()
        .artifact(Artifact.parse(bundle.artifact()).claims().jti())
        .orElseThrow()
        .leafIndex();
  }

  private boolean revoked(ProofBundle bundle) throws Exception {
    return deployment
        .service()
        .ledger()
        .artifact(Artifact.parse(bundle.artifact()).claims().jti())
        .orElseThrow()
        .revoked();
  }

  /** The bundle with the newest status token, as a verifier refreshes it. */
  private ProofBundle refreshed(ProofBundle bundle) throws Exception {
    StatusToken token =
        StatusToken.parse(deployment.service().statusTokens().token(0).orElseThrow());
    return ProofBundle.of(
        Artifact.parse(bundle.artifact()), Leaf.parse(bundle.leaf()), bundle.tlogProof(), token);
  }

  @Test
  void compromise_fromALeafOn_endsWhatCameThenAndLeavesWhatWasBefore() throws Exception {
    Hash key = active(KeyRole.ISSUER);
    ProofBundle before = issued();
    ProofBundle since = issued();

    approved(new ChangeRequest.Compromise(key, new ChangeRequest.Since.Leaf(index(since))));

    TrustFile next = deployment.service().trust();
    assertThat(state(key)).isEqualTo(KeyState.COMPROMISED);
    assertThat(deployment.service().trustFiles().inForce()).isEqualTo(2);
    assertThat(verdict(next, refreshed(before))).isInstanceOf(Verdict.Allowed.class);
    assertThat(code(verdict(next, refreshed(since)))).isEqualTo(DenialCode.REVOKED);
    assertThat(revoked(before)).isFalse();
    assertThat(revoked(since)).isTrue();
    assertThat(code(verdict(deployment.trust(), refreshed(before))))
        .as("one that missed the trust file denies")
        .isEqualTo(DenialCode.GOVERNANCE_DISCONTINUITY);
    ProofBundle after = issued();
    assertThat(Artifact.parse(after.artifact()).kid()).isEqualTo(active(KeyRole.ISSUER));
    assertThat(verdict(next, after)).isInstanceOf(Verdict.Allowed.class);
  }

  @Test
  void compromise_fromATimeOn_findsTheLeaf() throws Exception {
    Hash key = active(KeyRole.ISSUER);
    ProofBundle before = issued();
    deployment.clock.advance(Duration.ofSeconds(2));
    Instant noticed = deployment.clock.instant();
    ProofBundle since = issued();

    approved(new ChangeRequest.Compromise(key, new ChangeRequest.Since.Time(noticed)));

    assertThat(revoked(before)).isFalse();
    assertThat(revoked(since)).isTrue();
  }

  @Test
  void compromise_sinceEver_endsAll() throws Exception {
    Hash key = active(KeyRole.ISSUER);
    ProofBundle bundle = issued();

    approved(new ChangeRequest.Compromise(key, new ChangeRequest.Since.Ever()));

    assertThat(revoked(bundle)).isTrue();
    assertThat(code(verdict(deployment.service().trust(), refreshed(bundle))))
        .isEqualTo(DenialCode.REVOKED);
    deployment.restart();
    assertThat(state(key)).isEqualTo(KeyState.COMPROMISED);
    assertThat(Artifact.parse(issued().artifact()).kid()).isNotEqualTo(key);
  }

  @Test
  void compromise_ofTheStatusKey_disbelievesItsTokensAtOnce() throws Exception {
    Hash key = active(KeyRole.STATUS);
    ProofBundle old = issued();

    approved(new ChangeRequest.Compromise(key, new ChangeRequest.Since.Ever()));

    TrustFile next = deployment.service().trust();
    assertThat(code(verdict(next, old))).isEqualTo(DenialCode.GOVERNANCE_DISCONTINUITY);
    // The next token is signed at once, on a thread of its own.
    long patience = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (tokensKey().equals(key) && System.nanoTime() - patience < 0) {
      Thread.sleep(10);
    }
    assertThat(verdict(next, refreshed(old))).isInstanceOf(Verdict.Allowed.class);
  }

  private Hash tokensKey() throws Exception {
    return StatusToken.parse(deployment.service().statusTokens().token(0).orElseThrow()).kid();
  }

  /** It must not wait for a rotation that nobody approves, nor may the rotation be done after it. */
  @Test
  void compromise_whileARotationIsOpen_isDone_andTheRotationFails() throws Exception {
    Hash key = active(KeyRole.ISSUER);
    Proposal rotation = proposed(new ChangeRequest.Rotate(KeyRole.ISSUER, LEAD));
    assertThat(approve(1, rotation)).isInstanceOf(DualControl.Outcome.Approved.class);

    approved(new ChangeRequest.Compromise(key, new ChangeRequest.Since.Ever()));

    assertThat(state(key)).isEqualTo(KeyState.COMPROMISED);
    deployment.service().chores().run();
    assertDenied(approve(2, rotation), DenialCode.REPLAYED, "operation_ended");
  }

  @Test
  void key_thatIsCompromised_isDestroyedAndStaysCompromised() throws Exception {
    Hash key = active(KeyRole.ISSUER);
    approved(new ChangeRequest.Compromise(key, new ChangeRequest.Since.Ever()));
    assertDenied(
        asked(new ChangeRequest.Compromise(key, new ChangeRequest.Since.Ever())),
        DenialCode.REPLAYED,
        "key_compromised");

    approved(new ChangeRequest.Destroy(key));

    assertThat(state(key)).isEqualTo(KeyState.COMPROMISED);
    assertThat(Artifact.parse(issued().artifact()).kid()).isNotEqualTo(key);
  }

  /** The key that is announced takes its place, before its time. */
  @Test
  void compromise_whileASuccessorIsAnnounced_letsItSignAtOnce() throws Exception {
    Hash key = active(KeyRole.ISSUER);
    Hash announced = ((Operation.RotateKey) rotated().operation().change()).to();

    approved(new ChangeRequest.Compromise(key, new ChangeRequest.Since.Ever()));

    assertThat(active(KeyRole.ISSUER)).isEqualTo(announced);
    assertThat(verdict(deployment.service().trust(), issued())).isInstanceOf(Verdict.Allowed.class);
    passes(VALIDITY.plus(LEAD));
    assertThat(active(KeyRole.ISSUER)).isEqualTo(announced);
  }

  /** The time lies after its end: there is nothing to withdraw, and the key is disbelieved all the same. */
  @Test
  void compromise_ofAKeyThatHasEnded_fromALeafAfterIt_isDone() throws Exception {
    Hash key = active(KeyRole.ISSUER);
    rotated();
    passes(VALIDITY.plus(LEAD));
    ProofBundle later = issued();

    approved(new ChangeRequest.Compromise(key, new ChangeRequest.Since.Leaf(index(later))));

    assertThat(state(key)).isEqualTo(KeyState.COMPROMISED);
    assertThat(revoked(later)).isFalse();
    deployment.restart();
    assertThat(verdict(deployment.service().trust(), issued())).isInstanceOf(Verdict.Allowed.class);
  }

  /** Nothing would sign in its place: the operation fails, and is proposed anew for a key that signs. */
  @Test
  void compromise_ofAnAnnouncedKeyThatSignsByNow_failsAndCanBeProposedAnew() throws Exception {
    Hash announced = ((Operation.RotateKey) rotated().operation().change()).to();
    deployment.clock.advance(LEAD.plusMinutes(2));
    Proposal early =
        proposed(new ChangeRequest.Compromise(announced, new ChangeRequest.Since.Ever()));
    passes(VALIDITY.minusMinutes(1));
    assertThat(active(KeyRole.ISSUER)).isEqualTo(announced);

    assertThat(approve(1, early)).isInstanceOf(DualControl.Outcome.Approved.class);
    assertThat(approve(2, early)).isInstanceOf(DualControl.Outcome.Approved.class);

    assertThat(active(KeyRole.ISSUER)).isEqualTo(announced);
    approved(new ChangeRequest.Compromise(announced, new ChangeRequest.Since.Ever()));
    assertThat(active(KeyRole.ISSUER)).isNotEqualTo(announced);
    assertThat(verdict(deployment.service().trust(), issued())).isInstanceOf(Verdict.Allowed.class);
  }

  @Test
  void compromise_fromALeafThatIsNotThere_isRefused() throws Exception {
    assertDenied(
        asked(
            new ChangeRequest.Compromise(
                active(KeyRole.ISSUER), new ChangeRequest.Since.Leaf(deployment.leaves() + 1))),
        DenialCode.UNVERIFIABLE,
        "index_ahead");
  }

  /** The key before signs on, and another can follow it. */
  @Test
  void compromise_ofTheAnnouncedKey_leavesTheOneBeforeToBeRotatedAgain() throws Exception {
    Hash before = active(KeyRole.ISSUER);
    Hash announced = ((Operation.RotateKey) rotated().operation().change()).to();

    approved(new ChangeRequest.Compromise(announced, new ChangeRequest.Since.Ever()));

    assertThat(active(KeyRole.ISSUER)).isEqualTo(before);
    assertThat(verdict(deployment.service().trust(), issued())).isInstanceOf(Verdict.Allowed.class);
    // As long as before, so that operators have time, and the service starts meanwhile.
    passes(UNTIL_ACTIVE.plus(Overlaps.OVERLAP).plusDays(30));
    deployment.restart();
    assertThat(verdict(deployment.service().trust(), issued())).isInstanceOf(Verdict.Allowed.class);
    Hash next = ((Operation.RotateKey) rotated().operation().change()).to();
    passes(VALIDITY.plus(LEAD));
    assertThat(active(KeyRole.ISSUER)).isEqualTo(next).isNotEqualTo(announced);
    assertThat(verdict(deployment.service().trust(), issued())).isInstanceOf(Verdict.Allowed.class);
  }

  /** One operator's proposal that nobody approves must not keep another's from being approved. */
  @Test
  void compromise_proposedByTwo_isDoneByTheOneThatIsApproved() throws Exception {
    Hash key = active(KeyRole.ISSUER);
    ChangeRequest ended = new ChangeRequest.Compromise(key, new ChangeRequest.Since.Ever());
    Proposal idle =
        proposed(
            new ChangeRequest.Compromise(key, new ChangeRequest.Since.Leaf(deployment.leaves())));
    Proposal other =
        ((DualControl.Outcome.Drafted)
                Deployment.join(control().propose(ended, VALIDITY, Optional.of(operators.kid(1)))))
            .proposal();
    assertThat(approve(1, other)).isInstanceOf(DualControl.Outcome.Open.class);

    assertThat(approve(0, other)).isInstanceOf(DualControl.Outcome.Approved.class);
    assertThat(approve(2, other)).isInstanceOf(DualControl.Outcome.Approved.class);

    assertThat(state(key)).isEqualTo(KeyState.COMPROMISED);
    deployment.service().chores().run();
    assertDenied(approve(1, idle), DenialCode.REPLAYED, "operation_ended");
  }
}
