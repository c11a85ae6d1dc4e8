// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An issuer's public keys, as they were last read. Nothing that decides waits for a read: what it needs is
 * looked for before ({@link #ready}), and then the keys there are, are those that count. They are good for a
 * time after they were read, whatever became of later reads.
 *
 * <p>Whoever sends tokens chooses their {@code kid}; so a key that is not known has the set read again at
 * most once in {@link #BETWEEN}, by one who reads for all who wait.
 */
final class OidcKeys {
  /** Least time between two reads that somebody's token asks for. */
  static final Duration BETWEEN = Duration.ofSeconds(10);

  /** How long whoever needs a key waits for it: a little longer than the issuer has. */
  private static final Duration WAITING = JwksSource.PATIENCE.plusSeconds(1);

  /** How many wait for one issuer at a time; who comes then is judged by the keys there are. */
  static final int MOST_WAITING = 64;

  /** More than providers have at a time. */
  private static final int MOST_KEYS = 64;

  private static final int LEAST_RSA_BITS = 2_048;

  /** To verify with a longer one takes longer than anybody is given. */
  private static final int MOST_RSA_BITS = 8_192;

  private static final System.Logger LOG = System.getLogger(OidcKeys.class.getName());

  private final String issuer;
  private final JwksSource source;
  private final Duration maxAge;
  private final LongSupplier nanos;
  private final Executor reader;

  private volatile Optional<Read> read = Optional.empty();

  @GuardedBy("this")
  private Optional<CompletableFuture<Void>> underWay = Optional.empty();

  @GuardedBy("this")
  private Optional<Long> began = Optional.empty();

  @GuardedBy("this")
  private boolean failing;

  @GuardedBy("this")
  private List<Integer> skipped = List.of();

  private final AtomicInteger waiting = new AtomicInteger();

  private record Read(List<JWK> keys, long at) {}

  /** What keys there are. */
  sealed interface Found {
    /** The one that fits. */
    record Key(JWK key) implements Found {}

    /** There are keys, and none that fits, or more than one. */
    record None() implements Found {}

    /** There are none, or they are too old. */
    record Unavailable() implements Found {}
  }

  /**
   * Keys of which none was read yet.
   *
   * @param issuer its name, for the log
   * @param maxAge how long they are good after they were read
   * @param nanos a clock such as {@link System#nanoTime}
   * @param reader runs what blocks
   */
  OidcKeys(String issuer, JwksSource source, Duration maxAge, LongSupplier nanos, Executor reader) {
    this.issuer = issuer;
    this.source = source;
    this.maxAge = maxAge;
    this.nanos = nanos;
    this.reader = reader;
  }

  /** The key of this name that may verify this algorithm. */
  Found find(String kid, JWSAlgorithm algorithm) {
    Optional<Read> current = read;
    if (current.isEmpty() || nanos.getAsLong() - current.get().at() >= maxAge.toNanos()) {
      return new Found.Unavailable();
    }
    List<JWK> fitting =
        current.get().keys().stream()
            .filter(key -> kid.equals(key.getKeyID()) && fits(key, algorithm))
            .toList();
    return fitting.size() == 1 ? new Found.Key(fitting.get(0)) : new Found.None();
  }

  private static boolean fits(JWK key, JWSAlgorithm algorithm) {
    if ((key.getAlgorithm() != null && !key.getAlgorithm().equals(algorithm))
        || (key.getKeyUse() != null && !key.getKeyUse().equals(KeyUse.SIGNATURE))
        || (key.getKeyOperations() != null
            && !key.getKeyOperations().contains(KeyOperation.VERIFY))) {
      return false;
    }
    if (key instanceof ECKey ec) {
      return algorithm.equals(JWSAlgorithm.ES256) && ec.getCurve().equals(Curve.P_256);
    }
    return key instanceof RSAKey rsa
        && (algorithm.equals(JWSAlgorithm.RS256) || algorithm.equals(JWSAlgorithm.PS256))
        && rsa.size() >= LEAST_RSA_BITS
        && rsa.size() <= MOST_RSA_BITS;
  }

  /**
   * Completes once what can be had now for a token of this key was looked for: at once where the key is
   * known, or where the set was read a moment ago.
   */
  CompletionStage<Void> ready(String kid, JWSAlgorithm algorithm) {
    return find(kid, algorithm) instanceof Found.Key
        ? CompletableFuture.completedFuture(null)
        : readAgain(BETWEEN).map(this::inTime).orElseGet(OidcKeys::atOnce);
  }

  /**
   * Reads the keys again, unless that was begun less than {@code between} ago.
   *
   * @return ends with the reading that is under way, where there is one
   */
  Optional<CompletableFuture<Void>> readAgain(Duration between) {
    CompletableFuture<Void> reading = new CompletableFuture<>();
    synchronized (this) {
      if (underWay.isPresent()) {
        return underWay;
      }
      long now = nanos.getAsLong();
      if (began.isPresent() && now - began.get() < between.toNanos()) {
        return Optional.empty();
      }
      began = Optional.of(now);
      underWay = Optional.of(reading);
    }
    try {
      reader.execute(() -> readNow(reading));
    } catch (RejectedExecutionException e) {
      ended(reading);
    }
    return Optional.of(reading);
  }

  private static CompletionStage<Void> atOnce() {
    return CompletableFuture.completedFuture(null);
  }

  private CompletionStage<Void> inTime(CompletableFuture<Void> reading) {
    if (waiting.incrementAndGet() > MOST_WAITING) {
      var unused = waiting.decrementAndGet();
      return atOnce();
    }
    return reading
        .copy()
        .completeOnTimeout(null, WAITING.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((ended, failure) -> waiting.decrementAndGet());
  }

  private void readNow(CompletableFuture<Void> reading) {
    try {
      long at = nanos.getAsLong();
      KeySet set = KeySet.parse(source.read());
      read = Optional.of(new Read(set.keys(), at));
      told(Optional.empty());
      toldSkipped(set.skipped());
    } catch (IOException | ParseException | RuntimeException e) {
      // Those of before count until they are too old.
      told(Optional.of(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()));
    } finally {
      ended(reading);
    }
  }

  private void ended(CompletableFuture<Void> reading) {
    synchronized (this) {
      underWay = Optional.empty();
    }
    var unused = reading.complete(null);
  }

  /** What a JWK Set has; members that are no key which is understood are left out (RFC 7517 section 5). */
  private record KeySet(List<JWK> keys, List<Integer> skipped) {
    static KeySet parse(byte[] json) throws ParseException {
      if (!(JSONObjectUtils.parse(new String(json, StandardCharsets.UTF_8)).get("keys")
          instanceof List<?> members)) {
        throw new ParseException("a JWK Set must have a list as its keys, has none", 0);
      }
      if (members.size() > MOST_KEYS) {
        throw new ParseException(
            "a JWK Set must have at most " + MOST_KEYS + " keys, has " + members.size(), 0);
      }
      List<JWK> keys = new ArrayList<>();
      List<Integer> skipped = new ArrayList<>();
      for (int i = 0; i < members.size(); i++) {
        Optional<JWK> key = key(members.get(i));
        if (key.isEmpty()) {
          skipped.add(i);
        }
        key.ifPresent(keys::add);
      }
      return new KeySet(List.copyOf(keys), List.copyOf(skipped));
    }

    private static Optional<JWK> key(@Nullable Object member) {
      try {
        // What is secret is no issuer's public key, whoever put it there.
        return member instanceof Map<?, ?>
            ? Optional.of(JWK.parse(named((Map<?, ?>) member))).filter(key -> !key.isPrivate())
            : Optional.empty();
      } catch (ParseException | RuntimeException e) {
        return Optional.empty();
      }
    }

    private static Map<String, Object> named(Map<?, ?> member) {
      Map<String, Object> named = new LinkedHashMap<>();
      member.forEach((name, value) -> named.put(String.valueOf(name), value));
      return named;
    }
  }

  /** Once for each change: which members of the set are no keys. */
  private void toldSkipped(List<Integer> now) {
    boolean changed;
    synchronized (this) {
      changed = !skipped.equals(now);
      skipped = now;
    }
    if (changed && !now.isEmpty()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "initiator_keys_skipped",
          LogFields.of("issuer", issuer)
              .and(
                  "message",
                  "each member of the JWK Set must be a public key of a known form, and is not at "
                      + now
                      + ", counted from 0; what they sign is not believed"));
    }
  }

  /** Once when it begins to fail, and once when it is well again. */
  private void told(Optional<String> failure) {
    boolean changed;
    synchronized (this) {
      changed = failing != failure.isPresent();
      failing = failure.isPresent();
    }
    if (changed && failure.isPresent()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "initiator_keys_not_read",
          LogFields.of("issuer", issuer, "message", failure.get()));
    } else if (changed) {
      LOG.log(System.Logger.Level.INFO, "initiator_keys_read", LogFields.of("issuer", issuer));
    }
  }
}
