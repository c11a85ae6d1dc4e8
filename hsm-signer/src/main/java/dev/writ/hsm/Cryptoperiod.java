// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.time.Duration;
import java.util.Optional;

/**
 * For how long keys of a role are meant to be used (NIST SP 800-57 Part 1, section 5.3), both from the key's
 * birth on, in whole days.
 *
 * @param validity when the key ends; where there is none, as its certificate says
 * @param rotation when the role's next key is due, before {@code validity}; where there is none, when
 *     somebody asks for it
 */
public record Cryptoperiod(Optional<Duration> validity, Optional<Duration> rotation) {
  /** The longest that an inventory can ask for. */
  public static final int MAX_DAYS = 3_650;

  /** Checks that the next key comes before the end of the one before. */
  public Cryptoperiod {
    if (rotation.isPresent()
        && validity.isPresent()
        && rotation.get().compareTo(validity.get()) >= 0) {
      throw new IllegalArgumentException(
          "a key's rotation must come before its end, were "
              + rotation.get()
              + " and "
              + validity.get());
    }
  }
}
