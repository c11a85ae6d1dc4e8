// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.KeySpec;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What the service had its token's keys sign since it was started, by key and by what it was. */
final class SignatureCounts {
  /** What was signed. */
  enum Kind {
    /** An artifact: with a leaf of its own, or its commit was lost. */
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

  private record Signed(KeySpec key, Kind kind) {}

  private final Map<Signed, LongAdder> counts = new ConcurrentHashMap<>();

  /** Has {@code key} sign {@code message}, r ‖ s, and counts it. */
  byte[] signed(Kind kind, HsmKey key, byte[] message) throws HsmException {
    byte[] signature = key.signP1363(message);
    count(kind, key.spec());
    return signature;
  }

  /** Counts a signature that was made. */
  void count(Kind kind, KeySpec key) {
    counts.computeIfAbsent(new Signed(key, kind), unused -> new LongAdder()).increment();
  }

  /** How many of each kind a key has signed. */
  Map<Kind, Long> of(KeySpec key) {
    Map<Kind, Long> sums = new EnumMap<>(Kind.class);
    counts.forEach(
        (signed, adder) -> {
          if (signed.key().equals(key)) {
            sums.put(signed.kind(), adder.sum());
          }
        });
    return sums;
  }
}
