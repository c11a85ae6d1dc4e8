// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * How many signatures a token has made since it was opened, by key and purpose.
 *
 * <p>Counted where the module is called, so that none is made beside it. A call that is still inside the
 * module counts when it ends.
 */
public final class SignatureTally {
  /** Of each key a count of every purpose: the inner maps do not change once they are there. */
  private final Map<KeySpec, Map<Purpose, LongAdder>> counts = new ConcurrentHashMap<>();

  SignatureTally() {}

  /** What a signature is for. */
  public enum Purpose {
    /** Asked for by who has the key, also to certify other keys. */
    SERVICE,
    /** Shows that the token answers. */
    KEEP_ALIVE,
    /** Shows that a private key and its public key belong together. */
    PROOF,
    /** Of the certificate beside the key, at its birth. */
    CERTIFICATE,
    /** Was begun for any of these, and the module did not say whether it was made. */
    UNKNOWN
  }

  void count(KeySpec spec, Purpose purpose) {
    Map<Purpose, LongAdder> ofKey = counts.get(spec);
    if (ofKey == null) {
      ofKey = counts.computeIfAbsent(spec, unused -> zeros());
    }
    LongAdder count = ofKey.get(purpose);
    if (count == null) {
      throw new IllegalStateException("bug: every purpose must be counted, was " + purpose);
    }
    count.increment();
  }

  private static Map<Purpose, LongAdder> zeros() {
    Map<Purpose, LongAdder> zeros = new EnumMap<>(Purpose.class);
    for (Purpose purpose : Purpose.values()) {
      zeros.put(purpose, new LongAdder());
    }
    return zeros;
  }

  /** What was counted so far; a key or purpose of which nothing was is left out. */
  Map<KeySpec, Map<Purpose, Long>> snapshot() {
    Map<KeySpec, Map<Purpose, Long>> all = new LinkedHashMap<>();
    counts.forEach(
        (spec, ofKey) -> {
          Map<Purpose, Long> known = new EnumMap<>(Purpose.class);
          ofKey.forEach(
              (purpose, adder) -> {
                long count = adder.sum();
                if (count > 0) {
                  known.put(purpose, count);
                }
              });
          all.put(spec, Collections.unmodifiableMap(known));
        });
    return Collections.unmodifiableMap(all);
  }
}
