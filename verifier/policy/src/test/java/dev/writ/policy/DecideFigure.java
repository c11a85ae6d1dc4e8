// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Locale;

/**
 * Measures decisions of the documentation's sample policy on one thread, warm: {@code java -cp …
 * dev.writ.policy.DecideFigure} prints the processor time of each part.
 */
final class DecideFigure {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int ROUNDS = 6;
  private static final int DECISIONS = 100_000;
  private static final int COMPILATIONS = 200;

  private DecideFigure() {}

  /** Prints the figures. */
  public static void main(String[] args) throws Exception {
    long started = THREADS.getCurrentThreadCpuTime();
    Policy policy = Policy.compile(PolicyDocument.parse(Samples.devPolicy()));
    System.out.printf(Locale.ROOT, "parse and compile, cold: %d ms%n", since(started) / 1_000_000);
    started = THREADS.getCurrentThreadCpuTime();
    boolean allowed = policy.decide(Samples.INPUTS) instanceof Decision.Allow;
    System.out.printf(Locale.ROOT, "first decision: %d us%n", since(started) / 1_000);
    byte[] document = Samples.devPolicy();
    for (int round = 0; round < ROUNDS; round++) {
      started = THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < COMPILATIONS; i++) {
        allowed &= !Policy.compile(PolicyDocument.parse(document)).document().rules().isEmpty();
      }
      System.out.printf(
          Locale.ROOT, "parse and compile: %d us%n", since(started) / COMPILATIONS / 1_000);
      long bytes = 0;
      started = THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < DECISIONS; i++) {
        allowed &= policy.decide(Samples.INPUTS) instanceof Decision.Allow;
      }
      long decide = since(started) / DECISIONS;
      started = THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < DECISIONS; i++) {
        bytes += policy.decide(Samples.INPUTS).toJson().length;
      }
      System.out.printf(
          Locale.ROOT,
          "decide: %d ns, with its JSON of %d bytes: %d ns, %d rules, allowed: %b%n",
          decide,
          bytes / DECISIONS,
          since(started) / DECISIONS,
          policy.document().rules().size(),
          allowed);
    }
  }

  private static long since(long started) {
    return THREADS.getCurrentThreadCpuTime() - started;
  }
}
