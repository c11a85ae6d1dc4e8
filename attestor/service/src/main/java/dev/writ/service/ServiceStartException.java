// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

/** The service cannot start. The message is one sentence that says what to do. */
public final class ServiceStartException extends Exception {
  private static final long serialVersionUID = 1;

  /** One sentence: what must hold, what was, what to do. */
  public ServiceStartException(String sentence) {
    super(sentence);
  }
}
