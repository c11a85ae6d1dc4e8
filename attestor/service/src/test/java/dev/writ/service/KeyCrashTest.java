// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.KeyChange;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Operation;
import dev.writ.artifact.Verdict;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.KeySpec;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * What a process leaves in the token that dies in the middle of a step. The ledger takes a step whole or not
 * at all; a token does not.
 */
class KeyCrashTest extends DualControlled {
  /** A key pair without its certificate is nobody's: what it was is not to be known. */
  @Test
  void successor_thatWasBornInPart_isPassedOver() throws Exception {
    HsmKey issuer = deployment.setup().keys().issuer();
    int last =
        issuer.token().generations(issuer.spec()).stream()
            .mapToInt(KeySpec::generation)
            .max()
            .orElseThrow();
    KeySpec half = issuer.spec().ofGeneration(last + 1);
    token().makePairAlone(half);
    Optional<Hash> kid = KeysInUse.kid(issuer.token(), half);
    assertThat(kid).isEmpty();

    Operation.RotateKey change = change(rotated());
    passes(UNTIL_ACTIVE);

    assertThat(active(KeyRole.ISSUER)).isEqualTo(change.to());
    assertThat(verdict(followed(), issued())).isInstanceOf(Verdict.Allowed.class);
    deployment.restart();
    assertThat(verdict(followed(), issued())).isInstanceOf(Verdict.Allowed.class);
    issuer.token().destroy(half);
  }

  /** It may be the one that is to go, of which the ledger would say that it is gone. */
  @Test
  void destruction_whileAKeyIsNotWhole_isNotSaidToBeDone() throws Exception {
    Operation.RotateKey change = change(rotated());
    passes(UNTIL_ACTIVE);
    passes(Overlaps.OVERLAP.plus(Duration.ofHours(1)));
    HsmKey issuer = deployment.setup().keys().issuer();
    Proposal destruction = proposed(new ChangeRequest.Destroy(change.from()));
    assertThat(approve(1, destruction)).isInstanceOf(DualControl.Outcome.Approved.class);
    issuer.token().destroy(names(issuer, change.from()));
    KeySpec half = issuer.spec().ofGeneration(4_000);
    token().makePairAlone(half);

    assertThat(approve(2, destruction)).isInstanceOf(DualControl.Outcome.Approved.class);

    assertThat(state(change.from())).isEqualTo(KeyState.RETIRED);
    issuer.token().destroy(half);
    passes(Duration.ofSeconds(1));
    assertThat(state(change.from())).isEqualTo(KeyState.DESTROYED);
  }

  /** The key is gone, and no leaf says so yet. */
  @Test
  void destruction_thatDiedBeforeItsLeaf_isFinished() throws Exception {
    Operation.RotateKey change = change(rotated());
    passes(UNTIL_ACTIVE);
    passes(Overlaps.OVERLAP.plus(Duration.ofHours(1)));
    passes(Duration.ofSeconds(1));
    HsmKey issuer = deployment.setup().keys().issuer();
    Proposal destruction = proposed(new ChangeRequest.Destroy(change.from()));
    assertThat(approve(1, destruction)).isInstanceOf(DualControl.Outcome.Approved.class);
    KeySpec from = names(issuer, change.from());
    issuer.token().destroy(from);
    long before = deployment.leaves();

    assertThat(approve(2, destruction)).isInstanceOf(DualControl.Outcome.Approved.class);

    assertThat(state(change.from())).isEqualTo(KeyState.DESTROYED);
    assertThat(deployment.service().ledger().leaf(before + 1).orElseThrow().body())
        .isInstanceOfSatisfying(
            KeyChange.class, leaf -> assertThat(leaf.state()).isEqualTo(KeyState.DESTROYED));
    deployment.restart();
    assertThat(verdict(followed(), issued())).isInstanceOf(Verdict.Allowed.class);
  }

  private static KeySpec names(HsmKey any, Hash kid) throws Exception {
    for (KeySpec spec : any.token().generations(any.spec())) {
      if (KeysInUse.kid(any.token(), spec).equals(Optional.of(kid))) {
        return spec;
      }
    }
    throw new AssertionError("the token must have the key, and has not");
  }
}
