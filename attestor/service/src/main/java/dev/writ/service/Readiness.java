// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.List;
import java.util.Locale;

/**
 * Whether the service could issue an artifact now.
 *
 * @param findings one for each part
 */
public record Readiness(List<Finding> findings) {
  /** What an artifact cannot be issued without. */
  public enum Part {
    /** The token signs with the issuer's key. */
    HSM,
    /** The store can be written, and the checkpoint's key signs. */
    LEDGER,
    /** The service's policy is the one in force. */
    POLICY,
    /** A fresh status token is there. */
    STATUS;

    /** The part as probes and logs spell it. */
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * How one part was found.
   *
   * @param message for operators; it may name paths and keys
   */
  public record Finding(Part part, boolean ok, String message) {}

  /** Copies the findings. */
  public Readiness {
    findings = List.copyOf(findings);
  }

  /** Whether all is as it must be. */
  public boolean ready() {
    return findings.stream().allMatch(Finding::ok);
  }
}
