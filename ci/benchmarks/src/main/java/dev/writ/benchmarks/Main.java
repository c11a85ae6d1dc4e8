// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * Runs one benchmark, or lists them. For {@code ci/bench} alone, which knows the arguments:
 *
 * <pre>
 * list
 * run NAME SECONDS WORK-FOLDER SIGN-LOOP
 * </pre>
 */
final class Main {
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private static final Map<String, Benchmark> BENCHMARKS =
      new TreeMap<>(
          Map.of(
              "quote-verify", new QuoteVerify(),
              "bundle-verify", new BundleVerify(),
              "hsm-sign", new HsmSign(),
              "ledger-append", new LedgerAppend()));

  private Main() {}

  public static void main(String[] args) {
    System.exit(run(args));
  }

  private static int run(String[] args) {
    if (args.length == 1 && args[0].equals("list")) {
      BENCHMARKS.forEach(
          (name, benchmark) -> System.out.printf("%-14s %s%n", name, benchmark.description()));
      return 0;
    }
    if (args.length != 5 || !args[0].equals("run")) {
      System.err.println("usage: list | run NAME SECONDS WORK-FOLDER SIGN-LOOP");
      return USAGE;
    }
    Benchmark benchmark = BENCHMARKS.get(args[1]);
    if (benchmark == null) {
      System.err.println(
          "the name must be one of " + BENCHMARKS.keySet() + ", was \"" + args[1] + "\"");
      return USAGE;
    }
    Rounds rounds = Rounds.of(Duration.ofSeconds(Long.parseLong(args[2])));
    Report report = new Report();
    try {
      benchmark.run(new Setting(args[1], rounds, Path.of(args[3]), Path.of(args[4])), report);
    } catch (Exception e) {
      // What went wrong and where is all that there is to say of a benchmark that fails.
      e.printStackTrace();
      return FAILED;
    }
    report.print(System.out);
    return 0;
  }
}
