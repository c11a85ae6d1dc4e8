// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

/** The least that a JVM can be started for. */
final class Nothing {
  private Nothing() {}

  public static void main(String[] args) {}
}
