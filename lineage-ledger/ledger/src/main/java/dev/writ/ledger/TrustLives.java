// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.KeyChange;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.TrustReference;
import dev.writ.tlog.Hash;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The trust files as leaves tell them: which leaf published each, and which put it in force. A leaf that
 * announces a key publishes one, which is in force once that key signs; one by which a key is believed no
 * more, or which ends an operation of its own, puts it in force at once.
 */
final class TrustLives {
  /**
   * A trust file.
   *
   * @param digest SHA-256 of its bytes
   * @param leafIndex the leaf that published it first
   * @param inForce the leaf that put it in force, if one did
   * @param isSaid whether that leaf says so of itself: a key that begins to sign leaves in force what a
   *     service was started with
   */
  record Life(Hash digest, long leafIndex, OptionalLong inForce, boolean isSaid) {}

  private final Map<Long, Life> lives = new TreeMap<>();

  /** Versions that are in force once the key of an operation signs. */
  private final Map<Hash, Long> announced = new HashMap<>();

  private long newestInForce;

  /** By their versions, in ascending order. */
  Map<Long, Life> lives() {
    return lives;
  }

  /** What is wrong with a leaf, if something is. */
  Optional<String> take(long index, LeafBody body) {
    if (body instanceof KeyChange change && change.state() == KeyState.ACTIVE) {
      Optional.ofNullable(announced.get(change.operation()))
          .filter(version -> version > newestInForce)
          .ifPresent(version -> put(version, index, false));
    }
    Optional<TrustReference> published = TrustReference.publishedBy(body);
    if (published.isEmpty()) {
      return Optional.empty();
    }
    TrustReference file = published.get();
    Life life = new Life(file.digest(), index, OptionalLong.empty(), false);
    Life before = lives.putIfAbsent(file.version(), life);
    if (before != null) {
      return Optional.of(
          "a trust file must be published once, version "
              + file.version()
              + " was by leaf "
              + before.leafIndex());
    }
    if (body instanceof KeyChange change && change.state() == KeyState.PREPUBLISHED) {
      announced.put(change.operation(), file.version());
    } else if (body instanceof KeyChange || body instanceof OperationStep.Ended) {
      put(file.version(), index, true);
    }
    return Optional.empty();
  }

  private void put(long version, long index, boolean isSaid) {
    newestInForce = Math.max(newestInForce, version);
    lives.computeIfPresent(
        version,
        (same, life) -> new Life(life.digest(), life.leafIndex(), OptionalLong.of(index), isSaid));
  }
}
