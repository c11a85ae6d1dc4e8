// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.DenialCode;

/** The service denied what a subcommand cannot go on without. */
final class DeniedException extends Exception {
  private static final long serialVersionUID = 1L;

  DeniedException(DenialCode code, String reason) {
    super("denied: " + code.wire() + ": " + reason);
  }
}
