// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustedKey;
import dev.writ.artifact.VerificationKey;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;

/** The content of the trust file after a given one, with some of its keys changed. */
final class NextTrust {
  /**
   * How long a key is believed after its successor began: as long as what it signed last can live, and as
   * long again for a service that was down when it should have begun.
   */
  static final Duration OVERLAP = Duration.ofHours(2);

  private final TrustFile before;

  private NextTrust(TrustFile before) {
    this.before = before;
  }

  static NextTrust after(TrustFile before) {
    return new NextTrust(before);
  }

  /**
   * Lets one key follow another.
   *
   * @param activates when; verifiers whose clocks are behind believe it by their skew before
   */
  TrustContent rotated(Hash from, VerificationKey to, Instant activates, Duration validity) {
    KeyRole role = key(from).role();
    return with(
        key -> {
          if (!key.key().kid().equals(from)) {
            return key;
          }
          return new TrustedKey(
              key.key(), role, key.nbf(), activates.plus(OVERLAP), KeyState.RETIRING);
        },
        Optional.of(successor(role, to, activates.minus(before.content().skew()), validity)));
  }

  /**
   * Ends belief in a key.
   *
   * @param fromIndex from which leaf on
   * @param replacement that which signs in its place at once, be it announced already or not
   */
  TrustContent compromised(
      Hash kid,
      OptionalLong fromIndex,
      Optional<VerificationKey> replacement,
      Instant now,
      Duration validity) {
    KeyRole role = key(kid).role();
    Instant begins = now.minus(before.content().skew());
    Optional<Hash> inPlace = replacement.map(VerificationKey::kid);
    boolean announced =
        before.content().keys().stream()
            .anyMatch(key -> inPlace.equals(Optional.of(key.key().kid())));
    return with(
        key -> {
          Hash each = key.key().kid();
          if (each.equals(kid)) {
            return new TrustedKey(
                key.key(), role, key.nbf(), key.exp(), KeyState.COMPROMISED, fromIndex);
          }
          return inPlace.equals(Optional.of(each))
              ? new TrustedKey(key.key(), role, begins, key.exp(), KeyState.ACTIVE)
              : key;
        },
        announced
            ? Optional.empty()
            : replacement.map(key -> successor(role, key, begins, validity)));
  }

  /** The next version as somebody else wrote it: only its place in the succession is set. */
  TrustContent changed(TrustContent wished) {
    return at(wished, wished.keys());
  }

  private static TrustedKey successor(
      KeyRole role, VerificationKey key, Instant begins, Duration validity) {
    return new TrustedKey(key, role, begins, begins.plus(validity), KeyState.ACTIVE);
  }

  private TrustedKey key(Hash kid) {
    return before.content().keys().stream()
        .filter(key -> key.key().kid().equals(kid))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("bug: a key was asked for that is not there"));
  }

  private TrustContent with(UnaryOperator<TrustedKey> change, Optional<TrustedKey> added) {
    List<TrustedKey> keys = new ArrayList<>();
    before.content().keys().forEach(key -> keys.add(change.apply(key)));
    added.ifPresent(keys::add);
    return at(before.content(), keys);
  }

  private TrustContent at(TrustContent content, List<TrustedKey> keys) {
    return new TrustContent(
        content.issuer(),
        before.content().version() + 1,
        Optional.of(before.digest()),
        content.assurance(),
        keys,
        content.logPolicy(),
        content.status(),
        content.skew(),
        content.tls(),
        content.policyApprovers(),
        content.gateways(),
        content.operators());
  }
}
