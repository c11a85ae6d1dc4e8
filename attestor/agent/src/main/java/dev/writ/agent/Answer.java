// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.DenialCode;

/**
 * What the service says to a question: what was asked for, or a denial. That it cannot be reached is
 * no answer, but an {@link java.io.IOException}.
 *
 * @param <T> what was asked for
 */
public sealed interface Answer<T> {
  /**
   * What was asked for.
   *
   * @param value it
   */
  record Granted<T>(T value) implements Answer<T> {}

  /**
   * A denial.
   *
   * @param code the stable code
   * @param reason the finer cause, for a human
   */
  record Denied<T>(DenialCode code, String reason) implements Answer<T> {}
}
