// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.load.ProcessFigures;
import dev.writ.load.ServedWrit;
import dev.writ.load.StageTimes;
import java.io.IOException;
import java.time.Duration;
import java.util.function.UnaryOperator;

/**
 * What a service and the load on it have used of the machine.
 *
 * @param service the service's process
 * @param generator processor time of this process, in which the load is made
 * @param stages how long the stages of a decision took; they wait for each other, so this is no
 *     processor time
 */
record IssueCost(ProcessFigures service, Duration generator, StageTimes stages) {
  private static final String UNIT = "us/artifact";

  static IssueCost now(ServedWrit service) throws IOException {
    return new IssueCost(
        ProcessFigures.of(service.running().pid()),
        ProcessFigures.of(ProcessHandle.current().pid()).cpu(),
        service.stageTimes());
  }

  IssueCost since(IssueCost earlier) {
    return new IssueCost(
        service.since(earlier.service),
        generator.minus(earlier.generator),
        stages.since(earlier.stages));
  }

  /**
   * Adds the lines for {@code artifacts} that were issued at this cost.
   *
   * @param named a line's name by what it is of
   */
  void report(UnaryOperator<String> named, long artifacts, Report report) {
    report.add(named.apply("cpu/service"), micros(service.cpu(), artifacts), UNIT);
    report.add(named.apply("cpu/generator"), micros(generator, artifacts), UNIT);
    service
        .threads()
        .forEach(
            (threads, cpu) -> {
              if (cpu.multipliedBy(100).compareTo(service.cpu()) >= 0) {
                report.add(named.apply("cpu/service/" + threads), micros(cpu, artifacts), UNIT);
              }
            });
    stages
        .stages()
        .forEach(
            (name, stage) -> report.add(named.apply("stage/" + name), stage.meanMicros(), "us"));
  }

  private static double micros(Duration cpu, long artifacts) {
    return cpu.toNanos() / 1e3 / artifacts;
  }
}
