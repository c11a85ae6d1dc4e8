// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import com.fasterxml.jackson.databind.JsonNode;
import java.security.Provider;

/** What is known of providers that differ from Wycheproof's expectations. */
final class Wycheproof {
  private Wycheproof() {}

  /**
   * SunEC of JDK 17 refuses a valid signature whose point has an x coordinate of at least n, so that r
   * = x - n. One honest signature in about 2^130 is such a one: nothing to repair.
   */
  static boolean isBeyondSunEc(JsonNode test, Provider provider) {
    String comment = test.get("comment").asText();
    return provider.getName().equals("SunEC")
        && (comment.equals("k*G has a large x-coordinate")
            || comment.startsWith("r = 3, x = n + 3"));
  }
}
