// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.KeySpec;
import dev.writ.hsm.SignatureTally.Purpose;
import dev.writ.hsm.Token;
import dev.writ.ledger.CommitOutcome;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the service had its token's keys sign since they were opened, by key and by what it was, beside
 * what the token counted meanwhile.
 *
 * <p>Whatever the service signs is signed through {@link #signed} or {@link #counted}: what the token made
 * beside it is accounted for by nobody.
 */
@CheckReturnValue
public final class SignatureCounts {
  private static final Comparator<KeySpec> BY_ROLE =
      Comparator.comparing(KeySpec::role)
          .thenComparing(KeySpec::firstLabel)
          .thenComparing(KeySpec::generation);

  private final Token token;
  private final Map<KeySpec, Map<Purpose, Long>> atStart;
  private final Map<KeySpec, OfKey> counts = new ConcurrentHashMap<>();

  /** Counts from here on. */
  SignatureCounts(Token token) {
    this.token = token;
    this.atStart = token.signatures();
  }

  /** What was signed. */
  enum Kind {
    /** An artifact: what became of each is its {@link Fate}. */
    ARTIFACT("artifact"),
    /** An attestation result by itself. */
    ATTESTATION_RESULT("attestation_result"),
    /** A status token. */
    STATUS_TOKEN("status_token"),
    /** A checkpoint. */
    CHECKPOINT("checkpoint"),
    /** A certificate of a host's attestation key. */
    AK_CERTIFICATE("ak_certificate"),
    /** A certificate of a key that a TLS endpoint shows. */
    TLS_CERTIFICATE("tls_certificate"),
    /** A try whether the token signs, for the readiness of the service. */
    READINESS("readiness"),
    /** A statement that one key follows another. */
    HANDOVER("handover");

    private final String wire;

    Kind(String wire) {
      this.wire = wire;
    }

    /** Its name in metrics and reports. */
    String wire() {
      return wire;
    }
  }

  /** What became of an artifact that was signed. */
  enum Fate {
    /** Its leaf is in the ledger, under a signed checkpoint. */
    COMMITTED,
    /** It has no leaf and gets none. */
    LOST,
    /** The ledger did not answer in time, and may have its leaf. */
    UNANSWERED;

    /** What becomes of an artifact by the outcome of its commit. */
    static Fate of(CommitOutcome outcome) {
      if (outcome instanceof CommitOutcome.Receipt) {
        return COMMITTED;
      }
      return outcome instanceof CommitOutcome.Unavailable unavailable
              && unavailable.reached() != CommitOutcome.Reached.NOT_COMMITTED
          ? UNANSWERED
          : LOST;
    }
  }

  /** Makes what a signature by the token is part of. */
  interface Signer<T> {
    T sign() throws HsmException;
  }

  /** The inner maps have all their members from the start. */
  private static final class OfKey {
    final Map<Kind, LongAdder> signed = adders(Kind.class);
    final Map<Fate, LongAdder> artifacts = adders(Fate.class);
    final LongAdder underWay = new LongAdder();

    private static <E extends Enum<E>> Map<E, LongAdder> adders(Class<E> type) {
      Map<E, LongAdder> adders = new EnumMap<>(type);
      for (E each : Objects.requireNonNull(type.getEnumConstants())) {
        adders.put(each, new LongAdder());
      }
      return adders;
    }
  }

  /** Has {@code key} sign {@code message}, r ‖ s, and counts it. */
  byte[] signed(Kind kind, HsmKey key, byte[] message) throws HsmException {
    return counted(kind, key.spec(), () -> key.signP1363(message));
  }

  /**
   * Counts the one signature that {@code signer} has {@code key} make.
   *
   * <p>While it is made it is under way, and it is so until it is counted: whoever reads that after the
   * token's own count, and this count last, misses none.
   */
  <T> T counted(Kind kind, KeySpec key, Signer<T> signer) throws HsmException {
    OfKey ofKey = counts.computeIfAbsent(key, unused -> new OfKey());
    ofKey.underWay.increment();
    try {
      T made = signer.sign();
      adder(ofKey.signed, kind).increment();
      return made;
    } finally {
      ofKey.underWay.decrement();
    }
  }

  /** Notes what became of an artifact that {@code key} signed. */
  void ended(KeySpec key, Fate fate) {
    adder(counts.computeIfAbsent(key, unused -> new OfKey()).artifacts, fate).increment();
  }

  /**
   * One key's signatures.
   *
   * @param token what the token counted, by purpose
   * @param service what the service counted, by kind; a kind of which there is none is left out
   * @param underWay how many the service waited for, or had not counted
   * @param artifacts what became of its artifacts
   * @param difference how many more the token made for the service than the service asked for; less than 0
   *     where the service counted what the token did not make
   */
  record Account(
      KeySpec key,
      Map<Purpose, Long> token,
      Map<Kind, Long> service,
      long underWay,
      Artifacts artifacts,
      long difference) {}

  /**
   * Artifacts and what became of them.
   *
   * @param signed all
   * @param underWay those of which nothing is known so far
   */
  record Artifacts(long signed, long committed, long lost, long unanswered, long underWay) {
    private Artifacts(long signed, long committed, long lost, long unanswered) {
      this(
          signed, committed, lost, unanswered, Math.max(0, signed - committed - lost - unanswered));
    }

    /** What was added since {@code start}. */
    Artifacts since(Artifacts start) {
      return new Artifacts(
          signed - start.signed,
          committed - start.committed,
          lost - start.lost,
          unanswered - start.unanswered);
    }

    private Artifacts plus(Artifacts other) {
      return new Artifacts(
          signed + other.signed,
          committed + other.committed,
          lost + other.lost,
          unanswered + other.unanswered);
    }
  }

  /** Each key that signed anything or was proven, by role, the oldest first. */
  List<Account> accounts() {
    // The token's count comes between two readings of the service's: what a signature that is made
    // meanwhile belongs to is left open, and none but such.
    Map<KeySpec, Long> before = new ConcurrentHashMap<>();
    counts.forEach((key, ofKey) -> before.put(key, sum(ofKey.signed)));
    Map<KeySpec, Map<Purpose, Long>> made = token.signatures();
    Set<KeySpec> keys = new TreeSet<>(BY_ROLE);
    keys.addAll(counts.keySet());
    keys.addAll(made.keySet());
    return keys.stream()
        .map(key -> account(key, since(key, made), before.getOrDefault(key, 0L)))
        .toList();
  }

  private Map<Purpose, Long> since(KeySpec key, Map<KeySpec, Map<Purpose, Long>> made) {
    Map<Purpose, Long> start = atStart.getOrDefault(key, Map.of());
    Map<Purpose, Long> since = new EnumMap<>(Purpose.class);
    made.getOrDefault(key, Map.of())
        .forEach((purpose, count) -> since.put(purpose, count - start.getOrDefault(purpose, 0L)));
    return since;
  }

  private Account account(KeySpec key, Map<Purpose, Long> made, long before) {
    OfKey ofKey = counts.getOrDefault(key, new OfKey());
    long underWay = ofKey.underWay.sum();
    Map<Kind, Long> service = new EnumMap<>(Kind.class);
    ofKey.signed.forEach(
        (kind, adder) -> {
          long count = adder.sum();
          if (count > 0) {
            service.put(kind, count);
          }
        });
    long after = service.values().stream().mapToLong(Long::longValue).sum() + underWay;
    long served = made.getOrDefault(Purpose.SERVICE, 0L);
    long difference = served > after ? served - after : Math.min(0, served - before);
    return new Account(key, made, service, underWay, artifacts(ofKey), difference);
  }

  /** What became of the artifacts of all keys. */
  Artifacts artifacts() {
    return counts.values().stream()
        .map(SignatureCounts::artifacts)
        .reduce(new Artifacts(0, 0, 0, 0), Artifacts::plus);
  }

  /** Ends first: what has ended was signed before. */
  private static Artifacts artifacts(OfKey ofKey) {
    long committed = adder(ofKey.artifacts, Fate.COMMITTED).sum();
    long lost = adder(ofKey.artifacts, Fate.LOST).sum();
    long unanswered = adder(ofKey.artifacts, Fate.UNANSWERED).sum();
    return new Artifacts(adder(ofKey.signed, Kind.ARTIFACT).sum(), committed, lost, unanswered);
  }

  private static <E extends Enum<E>> LongAdder adder(Map<E, LongAdder> adders, E of) {
    return Objects.requireNonNull(adders.get(of), of::name);
  }

  private static long sum(Map<Kind, LongAdder> adders) {
    return adders.values().stream().mapToLong(LongAdder::sum).sum();
  }
}
