// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.artifact.Beliefs.SigningKey;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Reads status tokens under a trust file's keys of the role status. A gateway meets one token in many
 * bundles, so a token once verified is known again by its text, whole; what is not signed is not kept,
 * so that nobody fills this memory but a status key.
 */
final class StatusKeys {
  /** What a text is. */
  sealed interface Outcome {
    /** A token that a status key signed at a time in its window, as far as {@code iat} is to be believed. */
    record Signed(StatusToken token) implements Outcome {}

    /** No token. */
    record None(String why) implements Outcome {}
  }

  /** Tokens known again: some four megabytes at most, and a list is renewed every few seconds. */
  private static final int MAX_KNOWN = 64;

  private final Map<Hash, SigningKey> keys;
  private final Map<String, StatusToken> known = new ConcurrentHashMap<>();

  StatusKeys(Map<Hash, SigningKey> keys) {
    this.keys = Map.copyOf(keys);
  }

  Outcome read(String compact) {
    StatusToken before = known.get(compact);
    if (before != null) {
      return new Outcome.Signed(before);
    }
    StatusToken token;
    try {
      token = StatusToken.parse(compact);
    } catch (MalformedStatusTokenException e) {
      return new Outcome.None(e.getMessage());
    }
    Optional<String> objection = objection(token);
    if (objection.isPresent()) {
      return new Outcome.None(objection.get());
    }
    if (known.size() >= MAX_KNOWN) {
      known.clear();
    }
    known.put(compact, token);
    return new Outcome.Signed(token);
  }

  private Optional<String> objection(StatusToken token) {
    SigningKey key = keys.get(token.kid());
    String kid = Base64Url.encode(token.kid().bytes());
    if (key == null) {
      return Optional.of("kid " + kid + " is no key that the trust file believes for status");
    }
    if (key.trusted().state() == KeyState.COMPROMISED) {
      return Optional.of("status key " + kid + " is compromised");
    }
    if (!key.trusted().covers(token.claims().iat())) {
      return Optional.of("iat " + token.claims().iat() + " is outside the window of " + kid);
    }
    return token.isSignedBy(key.verifier())
        ? Optional.empty()
        : Optional.of("the signature is not that of " + kid);
  }

  /** Whether the key of a token that was {@linkplain #read read} here may still be believed. */
  boolean coverNow(StatusToken token, Instant now) {
    SigningKey key = keys.get(token.kid());
    return key != null && key.trusted().covers(now);
  }
}
