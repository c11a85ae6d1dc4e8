// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.artifact.BundleVerifier;
import dev.writ.load.LoadGenerator;
import dev.writ.load.LoadResult;
import dev.writ.load.ServedWrit;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;

/** Load on a service, of whose bundles some are verified as a gateway does. */
final class VerifiedLoad {
  static final String UNIT = "artifacts/s";
  static final int HOSTS = 256;

  /** As many as keep a machine of two cores busy, few enough to tell its rate from its queues. */
  private static final int SATURATING = 64;

  private static final Duration READY_LIMIT = Duration.ofSeconds(60);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration WARM_UP = Duration.ofSeconds(30);

  private final ServedWrit service;
  private final SampledBundles sampled;

  /** What a generator is to do. */
  interface Work {
    LoadResult with(LoadGenerator generator) throws IOException;
  }

  VerifiedLoad(ServedWrit service) throws IOException, GeneralSecurityException {
    this.service = service;
    this.sampled =
        new SampledBundles(
            BundleVerifier.of(service.trust(), P256Provider.preferredFirst().get(0).provider()),
            service.presentation());
  }

  /** Waits until the service serves, however busy the machine is. */
  void awaitReady() throws IOException, InterruptedException {
    service.awaitReady(READY_LIMIT);
  }

  /** What a new JVM must have done before it is measured. */
  void warmUp() throws IOException {
    System.err.println("warmed up: " + saturate(generator -> generator.saturate(WARM_UP)));
  }

  /** As many as always ask. */
  LoadResult saturate(Work work) throws IOException {
    return load(SATURATING, work);
  }

  /** The work of a generator, after which its bundles are looked at. */
  LoadResult load(int connections, Work work) throws IOException {
    try (LoadGenerator generator = service.generator(connections, sampled, PATIENCE)) {
      LoadResult result = work.with(generator);
      sampled.verify();
      return result;
    }
  }

  /** Adds the line that says how many were verified. */
  void report(Setting setting, Report report) {
    report.add(setting.variant("bundles-verified"), (double) sampled.verified(), "bundles");
  }
}
