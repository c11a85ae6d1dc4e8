// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * Where and how a run is made.
 *
 * @param name the benchmark's name, with which its lines begin
 * @param measured how long, in sum, or for each of a benchmark's runs
 * @param rounds the same as rounds of several contenders
 * @param work an empty folder on the disk to measure; whoever started this process removes it
 * @param signLoop the compiled {@code p11-sign-loop}
 * @param project the folder with the launcher
 * @param artifacts how many to issue before memory is looked at; if so, nothing else is measured
 */
record Setting(
    String name,
    Duration measured,
    Rounds rounds,
    Path work,
    Path signLoop,
    Path project,
    OptionalLong artifacts) {
  /** The name of one of the benchmark's variants. */
  String variant(String of) {
    return name + "/" + of;
  }
}
