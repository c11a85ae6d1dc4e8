// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;

/**
 * A UUID of version 7 (RFC 9562 section 5.7): 48 bits of Unix time in milliseconds, then 74 random
 * bits. Its one spelling is lower-case with hyphens.
 */
public record UuidV7(UUID value) implements Comparable<UuidV7> {
  private static final int LENGTH = 36;

  /**
   * The UUID as this type.
   *
   * @throws IllegalArgumentException if its version is not 7 or its variant not that of RFC 9562
   */
  public UuidV7 {
    if (value.version() != 7 || value.variant() != 2) {
      throw new InvalidValueException("", "a UUID of version 7", value.toString());
    }
  }

  /** A new one of this moment. */
  public static UuidV7 next(InstantSource clock, SecureRandom random) {
    return of(clock.millis(), random.nextLong(), random.nextLong());
  }

  private static UuidV7 of(long millis, long randomHigh, long randomLow) {
    long high = (millis << 16) | 0x7000L | (randomHigh & 0x0fffL);
    long low = (randomLow & 0x3fffffffffffffffL) | 0x8000000000000000L;
    return new UuidV7(new UUID(high, low));
  }

  /**
   * The UUID that {@code text} spells.
   *
   * @throws IllegalArgumentException if it spells none of version 7, or in upper case
   */
  public static UuidV7 parse(String text) {
    if (text.length() == LENGTH) {
      try {
        UuidV7 uuid = new UuidV7(UUID.fromString(text));
        if (uuid.toString().equals(text)) {
          return uuid;
        }
      } catch (IllegalArgumentException e) {
        throw new InvalidValueException("", "a UUID of version 7 in lower case", text);
      }
    }
    throw new InvalidValueException("", "a UUID of version 7 in lower case", text);
  }

  /** When it was made, to the millisecond, by its maker's clock. */
  public Instant time() {
    return Instant.ofEpochMilli(value.getMostSignificantBits() >>> 16);
  }

  @Override
  public int compareTo(UuidV7 other) {
    int high =
        Long.compareUnsigned(value.getMostSignificantBits(), other.value.getMostSignificantBits());
    return high != 0
        ? high
        : Long.compareUnsigned(
            value.getLeastSignificantBits(), other.value.getLeastSignificantBits());
  }

  /** The 36 characters. */
  @Override
  public String toString() {
    return value.toString();
  }
}
