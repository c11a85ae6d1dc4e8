// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.Hash;
import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.P256Verifier;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TrustedCheckpoint;
import java.security.Provider;
import java.security.interfaces.ECPublicKey;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** A trust file made ready to verify with: its keys set up once, for any number of bundles. */
final class Beliefs {
  /**
   * A key of one role, with its verifier.
   *
   * @param trusted the key, its window and its state
   * @param verifier verifies its signatures
   */
  record SigningKey(TrustedKey trusted, P256Verifier verifier) {}

  private final TrustContent content;
  private final LogPolicy logPolicy;
  private final Map<Hash, SigningKey> issuerKeys;
  private final StatusKeys statusKeys;
  private final Map<NoteKey, TrustedKey> logKeys = new HashMap<>();
  private final Function<ECPublicKey, P256Verifier> verifiers;

  private Beliefs(
      TrustFile trust, LogPolicy logPolicy, Function<ECPublicKey, P256Verifier> verifiers) {
    if (!trust.mayBeBelieved()) {
      throw new IllegalArgumentException(
          "a trust file must be "
              + TrustFile.MUST_BE_INTRODUCED
              + "; was version "
              + trust.content().version()
              + ", read only: read it with its pin, or let the version before accept it");
    }
    this.content = trust.content();
    this.logPolicy = logPolicy;
    this.verifiers = verifiers;
    this.issuerKeys = keys(KeyRole.ISSUER);
    this.statusKeys = new StatusKeys(keys(KeyRole.STATUS));
    for (LogPolicy.Log log : logPolicy.logs()) {
      content.keysOf(KeyRole.CHECKPOINT).stream()
          .filter(key -> key.isOf(log))
          .forEach(key -> logKeys.put(log.key(), key));
    }
  }

  private Map<Hash, SigningKey> keys(KeyRole role) {
    Map<Hash, SigningKey> keys = new HashMap<>();
    for (TrustedKey key : content.keysOf(role)) {
      keys.put(key.key().kid(), new SigningKey(key, verifiers.apply(key.key().key())));
    }
    return keys;
  }

  static Beliefs of(TrustFile trust) {
    return new Beliefs(trust, trust.logPolicy(), P256Verifier::of);
  }

  static Beliefs of(TrustFile trust, Provider provider) {
    return new Beliefs(trust, trust.logPolicy(provider), key -> P256Verifier.of(key, provider));
  }

  TrustContent content() {
    return content;
  }

  /**
   * Whether {@code note} is a checkpoint to believe at {@code now}: the log policy trusts it, and a key of
   * the log that signed it is in its window, where the trust file gives it one.
   */
  CheckpointOutcome verifyCheckpoint(SignedNote note, Instant now) {
    CheckpointOutcome outcome = logPolicy.verifyCheckpoint(note);
    if (outcome instanceof TrustedCheckpoint trusted
        && trusted.logKeys().stream().noneMatch(key -> mayHaveSigned(key, now))) {
      return new CheckpointOutcome.Refused(
          "a log key that signed must be in its window at " + now + ", none is");
    }
    return outcome;
  }

  private boolean mayHaveSigned(NoteKey logKey, Instant now) {
    TrustedKey window = logKeys.get(logKey);
    return window == null || (window.state() != KeyState.COMPROMISED && window.covers(now));
  }

  /** The key named {@code kid}, if the trust file believes it in the role issuer. */
  Optional<SigningKey> issuerKey(Hash kid) {
    return Optional.ofNullable(issuerKeys.get(kid));
  }

  /** Whom the trust file believes in the role status. */
  StatusKeys statusKeys() {
    return statusKeys;
  }

  /**
   * A verifier for a key that is not believed but shown.
   *
   * @throws IllegalArgumentException if it is no point of P-256
   */
  P256Verifier verifierOf(ECPublicKey key) {
    return verifiers.apply(key);
  }
}
