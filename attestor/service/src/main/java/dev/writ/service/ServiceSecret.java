// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.MacKey;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key by which the service recognizes what it said earlier without having kept it: random, in the
 * ledger's store and nowhere else, so that it outlives a restart and all nodes share it. Who knows it
 * can pre-date evidence; so each day another takes its place, and the one before is good for {@link
 * #OVERLAP} more, as long as what was said under it.
 */
final class ServiceSecret {
  /** How old a key may get before another takes its place. */
  static final Duration RENEWED_AFTER = Duration.ofDays(1);

  /** How long a key is good once there is a newer one. */
  static final Duration OVERLAP = Duration.ofSeconds(60);

  private static final String HMAC = "HmacSHA256";

  private final Ledger ledger;
  private final String purpose;
  private final InstantSource clock;
  private final SecureRandom random;
  private volatile List<Key> newestFirst = List.of();

  /** A key, ready for use: {@code mac} is cloned for each. */
  private record Key(Instant created, Mac mac) {
    @Override
    public String toString() {
      return "Key of " + created;
    }
  }

  private ServiceSecret(Ledger ledger, String purpose, InstantSource clock, SecureRandom random) {
    this.ledger = ledger;
    this.purpose = purpose;
    this.clock = clock;
    this.random = random;
  }

  /** The ledger's keys for a purpose; the first is made where there is none. */
  static ServiceSecret open(Ledger ledger, String purpose, InstantSource clock, SecureRandom random)
      throws LedgerException {
    ServiceSecret secret = new ServiceSecret(ledger, purpose, clock, random);
    try {
      secret.renew().toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof LedgerException failure) {
        throw failure;
      }
      throw e;
    }
    return secret;
  }

  /**
   * Another takes the newest one's place if that is old enough, and those that are good for nothing any
   * more are erased.
   */
  private CompletionStage<Void> renew() {
    byte[] fresh = new byte[MacKey.BYTES];
    random.nextBytes(fresh);
    Instant tooOld = clock.instant().minus(RENEWED_AFTER);
    return ledger
        .sharedKeys()
        .renew(purpose, fresh, tooOld, OVERLAP)
        .thenAccept(keys -> newestFirst = keys.stream().map(ServiceSecret::usable).toList());
  }

  /** {@link #renew} if it is time; what fails is tried again the next time. */
  void renewIfDue() {
    List<Key> keys = newestFirst;
    Instant now = clock.instant();
    boolean old = !now.isBefore(keys.get(0).created().plus(RENEWED_AFTER));
    boolean superfluous = keys.size() > 1 && !now.isBefore(keys.get(0).created().plus(OVERLAP));
    if (keys.size() > 1 && !isInOverlap(keys, now)) {
      // For good: a clock that fell back comes through the overlap once more.
      newestFirst = List.of(keys.get(0));
    }
    if (old || superfluous) {
      renew().whenComplete((renewed, failure) -> warn(failure));
    }
  }

  private void warn(Throwable failure) {
    if (failure != null) {
      System.getLogger(ServiceSecret.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "the key for {0} must be renewed, and was not; it is tried again: {1}",
              purpose,
              failure.getMessage());
    }
  }

  /**
   * HMAC-SHA-256 (RFC 2104) over {@code label ‖ 0x00 ‖ message}, under the newest key.
   *
   * @param label what the result is for; no two purposes share one
   */
  byte[] mac(String label, byte[] message) {
    return mac(newestFirst.get(0), label, message);
  }

  /** Whether {@code mac} is ours, under the newest key or one that is good still. */
  boolean isOurs(String label, byte[] message, byte[] mac) {
    List<Key> keys = newestFirst;
    if (MessageDigest.isEqual(mac(keys.get(0), label, message), mac)) {
      return true;
    }
    return keys.size() > 1
        && isInOverlap(keys, clock.instant())
        && MessageDigest.isEqual(mac(keys.get(1), label, message), mac);
  }

  /** A clock that is before the overlap fell back: it cannot say when that ends. */
  private static boolean isInOverlap(List<Key> newestFirst, Instant now) {
    Instant superseded = newestFirst.get(0).created();
    return now.isBefore(superseded.plus(OVERLAP)) && !now.isBefore(superseded.minus(OVERLAP));
  }

  private static Key usable(MacKey key) {
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(new SecretKeySpec(key.key(), HMAC));
      return new Key(key.created(), mac);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HmacSHA256; this one has not", e);
    }
  }

  private static byte[] mac(Key key, String label, byte[] message) {
    try {
      Mac mac = (Mac) key.mac().clone();
      mac.update(label.getBytes(StandardCharsets.US_ASCII));
      mac.update((byte) 0);
      return mac.doFinal(message);
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the platform's HmacSHA256 can be cloned; this cannot", e);
    }
  }

  @Override
  public String toString() {
    return "ServiceSecret(not shown)";
  }
}
