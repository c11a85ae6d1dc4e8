// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/** Why something was not accepted. */
public interface Refusal {
  /** Stable snake_case name of the kind of refusal, for denials, logs and metrics. */
  String reason();

  /** What must hold, what was, and where useful what to do next; holds no secret. */
  String message();
}
