// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.LogLines;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustedKey;
import dev.writ.artifact.VerificationKey;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The content of the trust file after a given one, with some of its keys changed. */
final class NextTrust {
  private final TrustFile before;

  private NextTrust(TrustFile before) {
    this.before = before;
  }

  static NextTrust after(TrustFile before) {
    return new NextTrust(before);
  }

  /**
   * One that signs, in the role that it has.
   *
   * @param window from its birth on, for a file that has none of it
   */
  record Known(KeyRole role, VerificationKey key, KeyWindow window) {
    private TrustedKey active() {
      return new TrustedKey(key, role, window.notBefore(), window.notAfter(), KeyState.ACTIVE);
    }
  }

  /** Its successor, believed for a time. */
  record Successor(VerificationKey key, Duration validity) {}

  /**
   * Lets one key follow another.
   *
   * @param activates when; verifiers whose clocks are behind believe it by their skew before
   * @param overlap how long {@code from} is believed after that
   */
  TrustContent rotated(Known from, Successor to, Instant activates, Duration overlap) {
    KeyRole role = from.role();
    if (role == KeyRole.TLS) {
      return pinning(with(before.content().tls(), pin(to.key())));
    }
    TrustedKey first = inFile(from);
    TrustedKey retiring =
        new TrustedKey(first.key(), role, first.nbf(), activates.plus(overlap), KeyState.RETIRING);
    TrustedKey next =
        successor(role, to.key(), activates.minus(before.content().skew()), to.validity());
    return at(
        role == KeyRole.CHECKPOINT ? log().with(next.key()) : before.content().logPolicy(),
        replacing(retiring, next));
  }

  /**
   * Ends belief in a key.
   *
   * @param fromIndex from which leaf on
   * @param replacement that which signs in its place at once, be it announced already or not
   * @param restored where {@code known} was announced: the key that it was to follow, which signs on
   */
  TrustContent compromised(
      Known known,
      OptionalLong fromIndex,
      Optional<Successor> replacement,
      Optional<Known> restored,
      Instant now) {
    KeyRole role = known.role();
    if (role == KeyRole.TLS) {
      List<Hash> pins = new ArrayList<>(before.content().tls());
      pins.remove(pin(known.key()));
      return pinning(replacement.map(next -> with(pins, pin(next.key()))).orElse(pins));
    }
    TrustedKey first = inFile(known);
    List<TrustedKey> changed = new ArrayList<>();
    changed.add(
        new TrustedKey(
            first.key(), role, first.nbf(), first.exp(), KeyState.COMPROMISED, fromIndex));
    restored.ifPresent(key -> changed.add(signingOn(key)));
    String logPolicy = before.content().logPolicy();
    if (role == KeyRole.CHECKPOINT) {
      logPolicy = log().without(known.key());
    }
    if (replacement.isPresent()) {
      VerificationKey key = replacement.get().key();
      Instant begins = now.minus(before.content().skew());
      Optional<TrustedKey> announced = before.content().trustedKey(key.kid());
      changed.add(
          announced.isPresent()
              ? new TrustedKey(key, role, begins, announced.get().exp(), KeyState.ACTIVE)
              : successor(role, key, begins, replacement.get().validity()));
      if (role == KeyRole.CHECKPOINT) {
        logPolicy = new LogLines(logPolicy, before.logOrigin()).with(key);
      }
    }
    return at(logPolicy, replacing(changed.toArray(TrustedKey[]::new)));
  }

  /** The next version as somebody else wrote it: only its place in the succession is set. */
  TrustContent changed(TrustContent wished) {
    return at(wished, wished.logPolicy(), wished.keys(), wished.tls());
  }

  /** For as long as before anything was announced to follow it. */
  private TrustedKey signingOn(Known known) {
    TrustedKey now = inFile(known);
    Instant end = known.window().notAfter();
    return new TrustedKey(
        now.key(),
        known.role(),
        now.nbf(),
        end.isAfter(now.exp()) ? end : now.exp(),
        KeyState.ACTIVE);
  }

  private LogLines log() {
    return new LogLines(before.content().logPolicy(), before.logOrigin());
  }

  private static Hash pin(VerificationKey key) {
    return Hash.sha256(key.key().getEncoded());
  }

  private static List<Hash> with(List<Hash> pins, Hash added) {
    List<Hash> all = new ArrayList<>(pins);
    if (!all.contains(added)) {
      all.add(added);
    }
    return all;
  }

  private TrustContent pinning(List<Hash> pins) {
    return at(before.content(), before.content().logPolicy(), before.content().keys(), pins);
  }

  /** As the file has it; else from its birth on. */
  private TrustedKey inFile(Known known) {
    return before.content().trustedKey(known.key().kid()).orElseGet(known::active);
  }

  private static TrustedKey successor(
      KeyRole role, VerificationKey key, Instant begins, Duration validity) {
    return new TrustedKey(key, role, begins, begins.plus(validity), KeyState.ACTIVE);
  }

  /** The keys with these in the place of those that they are, or after them. */
  private List<TrustedKey> replacing(TrustedKey... changed) {
    Map<Hash, TrustedKey> keys = new LinkedHashMap<>();
    before.content().keys().forEach(key -> keys.put(key.key().kid(), key));
    for (TrustedKey key : changed) {
      keys.put(key.key().kid(), key);
    }
    return List.copyOf(keys.values());
  }

  private TrustContent at(String logPolicy, List<TrustedKey> keys) {
    return at(before.content(), logPolicy, keys, before.content().tls());
  }

  private TrustContent at(
      TrustContent content, String logPolicy, List<TrustedKey> keys, List<Hash> tls) {
    return new TrustContent(
        content.issuer(),
        before.content().version() + 1,
        Optional.of(before.digest()),
        content.assurance(),
        keys,
        logPolicy,
        content.status(),
        content.skew(),
        tls,
        content.policyApprovers(),
        content.gateways(),
        content.operators());
  }
}
