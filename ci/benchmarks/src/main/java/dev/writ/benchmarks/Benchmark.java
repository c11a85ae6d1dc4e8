// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

/** One name that {@code ci/bench} takes. */
interface Benchmark {
  /** What is measured, and beside what, in a line. */
  String description();

  /** Measures in {@code setting.rounds()} and adds every line to {@code report}. */
  void run(Setting setting, Report report) throws Exception;
}
