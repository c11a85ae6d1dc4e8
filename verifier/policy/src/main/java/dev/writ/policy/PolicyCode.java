// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.Locale;

/**
 * The denial codes that a policy may give.
 *
 * <p>All other codes state facts that verification found (a bad signature, a replay), which no rule
 * can assert.
 */
public enum PolicyCode {
  /** The machine's measured state is not acceptable. */
  ENVIRONMENT_UNTRUSTED,
  /** The rules say no. */
  POLICY_DENIED,
  /** More, or something else, was asked for than may be granted. */
  SCOPE_EXCEEDED,
  /** A condition on the execution itself is not met. */
  RUNTIME_CONDITION;

  /** The code as it stands in answers, the ledger and metrics. */
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
