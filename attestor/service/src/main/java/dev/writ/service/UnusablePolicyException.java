// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

/** No decision could be made by a policy. The message is one sentence: what must hold, what was. */
public final class UnusablePolicyException extends Exception {
  private static final long serialVersionUID = 1;

  private final String reason;

  /**
   * Why.
   *
   * @param reason a stable word
   */
  UnusablePolicyException(String reason, String sentence) {
    super(sentence);
    this.reason = reason;
  }

  String reason() {
    return reason;
  }
}
