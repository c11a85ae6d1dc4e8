// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyChange;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.Verdict;
import dev.writ.tlog.Hash;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A role's key is followed by another, with overlap, and verifiers follow by the trust file. */
class KeyRotationTest extends DualControlled {
  private static Hash kid(ProofBundle bundle) throws Exception {
    return Artifact.parse(bundle.artifact()).kid();
  }

  @Test
  void rotation_approvedByTwoOthers_announcesTheKeyAndPublishesTheTrustFile() throws Exception {
    Hash old = active(KeyRole.ISSUER);

    Proposal proposal = rotated();

    Operation.RotateKey change = change(proposal);
    assertThat(change.from()).isEqualTo(old);
    assertThat(state(change.to())).isEqualTo(KeyState.PREPUBLISHED);
    assertThat(state(old)).isEqualTo(KeyState.ACTIVE);
    TrustFile next = followed();
    assertThat(next.content().version()).isEqualTo(2);
    assertThat(next.content().keysOf(KeyRole.ISSUER)).hasSize(2);
    assertThat(deployment.service().trustFiles().inForce()).isEqualTo(1);
    ProofBundle before = issued();
    assertThat(kid(before)).isEqualTo(old);
    assertThat(verdict(deployment.trust(), before)).isInstanceOf(Verdict.Allowed.class);
    assertThat(verdict(next, before)).isInstanceOf(Verdict.Allowed.class);
  }

  @Test
  void rotation_atItsTime_letsTheNextKeySignAndTokensNameTheTrustFile() throws Exception {
    ProofBundle before = issued();
    Operation.RotateKey change = change(rotated());
    passes(UNTIL_ACTIVE.minus(Duration.ofSeconds(2)));
    assertThat(active(KeyRole.ISSUER)).isEqualTo(change.from());
    ProofBundle last = issued();

    passes(Duration.ofSeconds(3));

    assertThat(active(KeyRole.ISSUER)).isEqualTo(change.to());
    assertThat(state(change.from())).isEqualTo(KeyState.RETIRING);
    ProofBundle first = issued();
    assertThat(kid(first)).isEqualTo(change.to());
    assertThat(kid(last)).isEqualTo(change.from());
    TrustFile next = followed();
    assertThat(verdict(next, first)).isInstanceOf(Verdict.Allowed.class);
    assertThat(verdict(next, last)).as("the overlap").isInstanceOf(Verdict.Allowed.class);
    assertDenied(verdict(deployment.trust(), first), DenialCode.SIGNATURE_INVALID);
    StatusToken token =
        StatusToken.parse(deployment.service().statusTokens().token(0).orElseThrow());
    assertThat(token.claims().writ().trustVersion()).isEqualTo(2);
    ProofBundle withNewToken =
        ProofBundle.of(
            Artifact.parse(last.artifact()), Leaf.parse(last.leaf()), last.tlogProof(), token);
    assertDenied(verdict(deployment.trust(), withNewToken), DenialCode.GOVERNANCE_DISCONTINUITY);
    assertThat(kid(before)).isEqualTo(change.from());
    ReplayCounts replayed = ReplayedStore.of(deployment).all(1);
    assertThat(replayed.all()).isEqualTo(3);
    assertThat(replayed.of(Replayed.Standing.SAME))
        .as("each signed by the key of its time, by the trust file of its time")
        .isEqualTo(3);
  }

  @Test
  void rotation_afterItsOverlap_retiresTheOldKey_whichMayThenBeDestroyed() throws Exception {
    Operation.RotateKey change = change(rotated());
    assertDenied(
        asked(new ChangeRequest.Destroy(change.from())), DenialCode.POLICY_DENIED, "key_in_use");
    passes(UNTIL_ACTIVE);
    passes(Overlaps.OVERLAP.plus(Duration.ofHours(1)));
    assertThat(state(change.from())).isEqualTo(KeyState.RETIRED);

    Proposal destruction = approved(new ChangeRequest.Destroy(change.from()));

    assertThat(destruction.trust()).isEmpty();
    assertThat(state(change.from())).isEqualTo(KeyState.DESTROYED);
    assertThat(
            deployment.service().trustFiles().newest().content().keysOf(KeyRole.ISSUER).stream()
                .anyMatch(key -> key.key().kid().equals(change.from())))
        .as("what it signed is judged as before")
        .isTrue();
    assertThat(kid(issued())).isEqualTo(change.to());
    deployment.restart();
    assertThat(kid(issued())).isEqualTo(change.to());
  }

  @Test
  void statusKey_rotates_andTokensAreSignedByTheNext() throws Exception {
    Operation.RotateKey change = change(approved(new ChangeRequest.Rotate(KeyRole.STATUS, LEAD)));

    passes(UNTIL_ACTIVE);

    ProofBundle bundle = issued();
    StatusToken token =
        StatusToken.parse(deployment.service().statusTokens().token(0).orElseThrow());
    assertThat(token.kid()).isEqualTo(change.to());
    assertThat(verdict(followed(), bundle)).isInstanceOf(Verdict.Allowed.class);
  }

  @Test
  void handover_isSignedByBothKeys_andEachStepIsALeaf() throws Exception {
    Hash old = active(KeyRole.ISSUER);
    ECPublicKey oldKey = deployment.trust().content().keysOf(KeyRole.ISSUER).get(0).key().key();
    long before = deployment.leaves();

    Operation.RotateKey change = change(rotated());
    passes(UNTIL_ACTIVE);

    List<LeafBody> bodies = new ArrayList<>();
    for (long i = before; i < deployment.leaves(); i++) {
      LeafBody body = deployment.service().ledger().leaf(i).orElseThrow().body();
      if (body instanceof OperationStep || body instanceof KeyChange) {
        bodies.add(body);
      }
    }
    assertThat(bodies).hasSize(5);
    assertThat(bodies.get(0)).isInstanceOf(OperationStep.Proposed.class);
    assertThat(bodies.get(1)).isInstanceOf(OperationStep.Approved.class);
    assertThat(bodies.get(2)).isInstanceOf(OperationStep.Approved.class);
    KeyChange announced = (KeyChange) bodies.get(3);
    assertThat(announced.state()).isEqualTo(KeyState.PREPUBLISHED);
    assertThat(announced.handover().orElseThrow().holds(oldKey)).isTrue();
    assertThat(announced.handover().orElseThrow().statement().from()).isEqualTo(old);
    assertThat(announced.trust().orElseThrow().digest()).isEqualTo(followed().digest());
    KeyChange activated = (KeyChange) bodies.get(4);
    assertThat(activated.kid()).isEqualTo(change.to());
    assertThat(activated.other()).contains(old);
  }

  /** Between any two steps the process ends; what was under way goes on. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  void restart_afterAnyStep_goesOn(int step) throws Exception {
    restartIf(step, 0);
    Proposal proposal = proposed(new ChangeRequest.Rotate(KeyRole.ISSUER, LEAD));
    restartIf(step, 1);
    assertThat(approve(1, proposal)).isInstanceOf(DualControl.Outcome.Approved.class);
    restartIf(step, 2);
    assertThat(approve(2, proposal)).isInstanceOf(DualControl.Outcome.Approved.class);
    restartIf(step, 3);
    passes(UNTIL_ACTIVE);
    restartIf(step, 4);
    Operation.RotateKey change = change(proposal);
    assertThat(active(KeyRole.ISSUER)).isEqualTo(change.to());
    assertThat(kid(issued())).isEqualTo(change.to());
    passes(Overlaps.OVERLAP.plus(Duration.ofHours(1)));
    restartIf(step, 5);
    assertThat(state(change.from())).isEqualTo(KeyState.RETIRED);
    assertThat(verdict(followed(), issued())).isInstanceOf(Verdict.Allowed.class);
  }

  private void restartIf(int step, int here) throws Exception {
    if (step == here) {
      deployment.restart();
    }
  }

  /** The service was down when the key should have begun. */
  @Test
  void activation_thatWasMissed_isMadeUpForAtTheNextStart() throws Exception {
    Operation.RotateKey change = change(rotated());
    deployment.service().close();
    deployment.clock.advance(UNTIL_ACTIVE.plus(Overlaps.OVERLAP).plusHours(10));

    deployment.start();

    assertThat(active(KeyRole.ISSUER)).isEqualTo(change.to());
    assertThat(kid(issued())).isEqualTo(change.to());
  }
}
