// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.util.Optional;

/**
 * An exchange that the service answered.
 *
 * @param dueAt when it was to begin, on {@link System#nanoTime}'s scale
 * @param answeredAt when its last answer was whole
 * @param refusal the last answer, where that was no artifact
 */
public record Exchange(long dueAt, long answeredAt, Optional<Refusal> refusal) {
  /**
   * An answer that is no artifact.
   *
   * @param status of HTTP
   * @param head status line and fields
   * @param body as text
   */
  public record Refusal(int status, String head, String body) {}

  boolean isIssued() {
    return refusal.isEmpty();
  }
}
