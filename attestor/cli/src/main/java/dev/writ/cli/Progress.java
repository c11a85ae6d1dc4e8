// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.io.PrintWriter;

/** Says how far a long work is, on standard error, every few seconds. */
final class Progress {
  private static final long BETWEEN_NANOS = 2_000_000_000L;

  private final PrintWriter err;
  private final String verb;
  private final long whole;
  private long said = System.nanoTime();

  Progress(PrintWriter err, String verb, long whole) {
    this.err = err;
    this.verb = verb;
    this.whole = whole;
  }

  void at(long done) {
    if (System.nanoTime() - said >= BETWEEN_NANOS) {
      said = System.nanoTime();
      err.println("writ: " + verb + " " + done + " of " + whole + " leaves");
      err.flush();
    }
  }
}
