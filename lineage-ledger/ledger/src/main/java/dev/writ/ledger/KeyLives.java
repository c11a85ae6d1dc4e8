// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.KeyChange;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustedKey;
import dev.writ.tlog.Hash;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The states of the service's keys as the log's leaves tell them, in the order of the leaves.
 *
 * <p>A leaf that says a key is active lets the key before it retire; one that says a key is compromised
 * lets another be active in its place. The order of states is that of {@link StateChange.SetKey}.
 */
public final class KeyLives {
  /**
   * A key.
   *
   * @param role what it is believed for
   * @param state where it is in its life
   */
  public record Life(KeyRole role, KeyState state) {}

  private final Map<Hash, Life> lives = new LinkedHashMap<>();

  /** Knows of no key. */
  public KeyLives() {}

  /** Goes on from these, by their thumbprints. */
  public KeyLives(Map<Hash, Life> known) {
    lives.putAll(known);
  }

  /** The keys by their RFC 7638 thumbprints, in the order in which they came. */
  public Map<Hash, Life> keys() {
    return Collections.unmodifiableMap(new LinkedHashMap<>(lives));
  }

  /** Thumbprints of the keys of a role that are active. */
  public List<Hash> active(KeyRole role) {
    return lives.entrySet().stream()
        .filter(key -> key.getValue().role() == role && key.getValue().state() == KeyState.ACTIVE)
        .map(Map.Entry::getKey)
        .toList();
  }

  /**
   * Takes what a leaf says of a key; other leaves say nothing.
   *
   * @return what must hold and what was, where the leaf does not follow from those before it
   */
  public Optional<String> take(LeafBody body) {
    if (body instanceof LeafBody.KeyStatement key) {
      return set(key.kid(), key.role(), key.state()).or(() -> second(key.role()));
    }
    if (!(body instanceof KeyChange key)) {
      return Optional.empty();
    }
    Optional<String> wrong = Optional.empty();
    if (key.other().isPresent()) {
      Hash other = key.other().get();
      Life life = lives.get(other);
      if (key.state() == KeyState.COMPROMISED) {
        wrong = set(other, key.role(), KeyState.ACTIVE);
      } else if (life == null || life.role() != key.role()) {
        wrong =
            Optional.of(
                "the key before it must be a " + key.role().wire() + " key, " + other + " is none");
      } else if (life.state() == KeyState.ACTIVE) {
        wrong = set(other, key.role(), KeyState.RETIRING);
      }
    }
    Optional<String> own = set(key.kid(), key.role(), key.state());
    return wrong.or(() -> own).or(() -> second(key.role()));
  }

  /**
   * Why no issuer's key was there to sign what the leaf allows: one must be active, and in its window.
   *
   * @param trust says the windows, where there is one: leaves do not
   * @return empty where one was, and of a leaf that allows nothing
   */
  public Optional<String> whyUnused(Leaf leaf, Optional<TrustContent> trust) {
    if (leaf.kind() != LeafKind.DECISION_ALLOW) {
      return Optional.empty();
    }
    List<Hash> active = active(KeyRole.ISSUER);
    if (active.size() != 1) {
      return Optional.of("one issuer key must be active where something is allowed, are " + active);
    }
    Optional<TrustedKey> trusted = trust.flatMap(content -> content.trustedKey(active.get(0)));
    return trust.isEmpty() || trusted.filter(key -> key.covers(leaf.time())).isPresent()
        ? Optional.empty()
        : Optional.of(
            "the issuer key "
                + active.get(0)
                + " must be used in its window by the trust file, "
                + trusted.map(key -> key.nbf() + " to " + key.exp()).orElse("which has no such key")
                + ", was at "
                + leaf.time());
  }

  private Optional<String> set(Hash kid, KeyRole role, KeyState next) {
    Life known = lives.get(kid);
    if (known == null) {
      lives.put(kid, new Life(role, next));
      return next == KeyState.ACTIVE || next == KeyState.PREPUBLISHED
          ? Optional.empty()
          : Optional.of(
              "a key must begin as active or pre_published, " + kid + " began as " + next.wire());
    }
    if (known.role() != role) {
      return Optional.of(
          "a key must keep its role, "
              + kid
              + " was of "
              + known.role().wire()
              + " and is of "
              + role.wire());
    }
    if (known.state() == KeyState.COMPROMISED && next == KeyState.DESTROYED) {
      // It is gone from its token; what is thought of it stays.
      return Optional.empty();
    }
    lives.put(kid, new Life(role, next));
    return KeyWrites.mayFollow(known.state(), next)
        ? Optional.empty()
        : Optional.of(
            "state "
                + next.wire()
                + " must follow one before it, and "
                + kid
                + " was "
                + known.state().wire());
  }

  /** A checkpoint has a signature of each kind, and so may have two. */
  private Optional<String> second(KeyRole role) {
    List<Hash> active = active(role);
    return role == KeyRole.CHECKPOINT || active.size() <= 1
        ? Optional.empty()
        : Optional.of("of role " + role.wire() + " one key must be active, are " + active);
  }
}
