// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.time.Duration;

/**
 * How much the service does and keeps at once.
 *
 * @param appraisal for verifying, deciding and reading the ledger
 * @param hsm for signatures by the token
 * @param hosts most enrolled hosts kept in memory
 * @param instanceKeys most instance keys kept in memory
 * @param statusTtl how long a fetched status token may be used before the next is fetched: whole
 *     seconds, at most 60
 * @param hostRatePerSecond decisions that one host may have a second, in the long run; 0 is no limit
 * @param hostBurst decisions that it may have at once
 */
public record Limits(
    Pool appraisal,
    Pool hsm,
    int hosts,
    int instanceKeys,
    Duration statusTtl,
    int hostRatePerSecond,
    int hostBurst) {
  static final Duration LONGEST_STATUS_TTL = Duration.ofSeconds(60);

  /**
   * The bounds of a pool of threads.
   *
   * @param threads that work
   * @param queue most pieces of work that wait for one
   * @param deadline how long one may have waited; it is not begun after
   */
  public record Pool(int threads, int queue, Duration deadline) {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is not positive
     */
    public Pool {
      if (threads < 1 || queue < 1 || deadline.isNegative() || deadline.isZero()) {
        throw new IllegalArgumentException(
            "a pool's limits must be positive, were " + threads + ", " + queue + ", " + deadline);
      }
    }
  }

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is outside its bounds
   */
  public Limits {
    if (hosts < 1 || instanceKeys < 1) {
      throw new IllegalArgumentException(
          "limits must be positive, were " + hosts + " hosts, " + instanceKeys + " instance keys");
    }
    if (hostRatePerSecond < 0 || hostBurst < 1) {
      throw new IllegalArgumentException(
          "a host's rate must not be negative and its burst positive, were "
              + hostRatePerSecond
              + " and "
              + hostBurst);
    }
    if (statusTtl.compareTo(Duration.ofSeconds(1)) < 0
        || statusTtl.compareTo(LONGEST_STATUS_TTL) > 0
        || statusTtl.toNanosPart() != 0) {
      throw new IllegalArgumentException(
          "a status token's ttl must be 1 to 60 whole seconds, was " + statusTtl);
    }
  }

  /**
   * For this machine: as many threads as it has processors, 4,096 pieces of work waiting for two
   * seconds at most, 100,000 hosts and as many keys, a ttl of 30 s, and
   * for each host 200 decisions a second, 400 at once.
   */
  public static Limits standard() {
    int processors = Runtime.getRuntime().availableProcessors();
    Pool pool = new Pool(processors, 4_096, Duration.ofSeconds(2));
    return new Limits(pool, pool, 100_000, 100_000, Duration.ofSeconds(30), 200, 400);
  }

  /** These with other pools. */
  public Limits withPools(Pool otherAppraisal, Pool otherHsm) {
    return new Limits(
        otherAppraisal, otherHsm, hosts, instanceKeys, statusTtl, hostRatePerSecond, hostBurst);
  }

  /** These with another rate for each host. */
  public Limits withHostRate(int perSecond, int burst) {
    return new Limits(appraisal, hsm, hosts, instanceKeys, statusTtl, perSecond, burst);
  }
}
