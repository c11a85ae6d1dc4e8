// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

/** What the exit status of every subcommand but {@code run} means. */
final class ExitStatus {
  /** Done; what was checked holds. */
  static final int DONE = 0;

  /** Denied, or what was checked does not hold. */
  static final int DENIED = 1;

  /** The command line is wrong. */
  static final int USAGE = 2;

  /** A file, a token, a TPM or a setting is not as it must be. */
  static final int CONFIGURATION = 3;

  /** A service or device did not answer. */
  static final int UNREACHABLE = 4;

  /** A ledger or another record was found altered. */
  static final int INTEGRITY = 5;

  /** Writ's own failure: a bug, to be reported. */
  static final int BUG = 125;

  private ExitStatus() {}
}
