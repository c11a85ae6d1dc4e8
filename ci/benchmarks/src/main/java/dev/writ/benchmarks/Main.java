// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import static java.util.Map.entry;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Runs one benchmark, or lists them. For {@code ci/bench} alone, which knows the arguments:
 *
 * <pre>
 * list
 * run NAME SECONDS WORK-FOLDER SIGN-LOOP PROJECT-FOLDER ARTIFACTS
 * </pre>
 *
 * <p>ARTIFACTS is a number, or 0 where none was given.
 */
final class Main {
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private static final Map<String, Benchmark> BENCHMARKS =
      new TreeMap<>(
          Map.ofEntries(
              entry("quote-verify", new QuoteVerify()),
              entry("bundle-verify", new BundleVerify()),
              entry("decide", new Decide()),
              entry("evidence", new EvidenceAppraise()),
              entry("hsm-issue", new HsmIssue()),
              entry("hsm-sign", new HsmSign()),
              entry("issue", new Issue()),
              entry("lease", new LeaseEnd()),
              entry("ledger-append", new LedgerAppend()),
              entry("revoke", new Revoke()),
              entry("revoke-scope", new RevokeScope()),
              entry("run-start", new RunStart()),
              entry("tenants", new Tenants())));

  private static final List<String> COUNTED = List.of("issue", "ledger-append", "revoke-scope");

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
    if (args.length != 7 || !args[0].equals("run")) {
      System.err.println(
          "usage: list | run NAME SECONDS WORK-FOLDER SIGN-LOOP PROJECT-FOLDER ARTIFACTS");
      return USAGE;
    }
    Benchmark benchmark = BENCHMARKS.get(args[1]);
    if (benchmark == null) {
      System.err.println(
          "the name must be one of " + BENCHMARKS.keySet() + ", was \"" + args[1] + "\"");
      return USAGE;
    }
    if (!args[6].equals("0") && !COUNTED.contains(args[1])) {
      System.err.println("--artifacts is for " + COUNTED + " alone");
      return USAGE;
    }
    Duration measured = Duration.ofSeconds(Long.parseLong(args[2]));
    long artifacts = Long.parseLong(args[6]);
    Setting setting =
        new Setting(
            args[1],
            measured,
            Rounds.of(measured),
            Path.of(args[3]),
            Path.of(args[4]),
            Path.of(args[5]),
            artifacts == 0 ? OptionalLong.empty() : OptionalLong.of(artifacts));
    Report report = new Report();
    try {
      benchmark.run(setting, report);
    } catch (Exception e) {
      // What went wrong and where is all that there is to say of a benchmark that fails.
      e.printStackTrace();
      return FAILED;
    }
    report.print(System.out);
    return 0;
  }
}
