// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import java.nio.file.Path;

/**
 * Where and how a run is made.
 *
 * @param name the benchmark's name, with which its lines begin
 * @param rounds how long and how often is measured
 * @param work an empty folder on the disk to measure; whoever started this process removes it
 * @param signLoop the compiled {@code p11-sign-loop}
 */
record Setting(String name, Rounds rounds, Path work, Path signLoop) {
  /** The name of one of the benchmark's variants. */
  String variant(String of) {
    return name + "/" + of;
  }
}
