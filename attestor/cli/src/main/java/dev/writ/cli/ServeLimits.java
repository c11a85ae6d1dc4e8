// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.service.DoorsConfig;
import dev.writ.service.Limits;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * The section {@code limits} of a configuration: how much is taken at once, and how long anything may
 * take. What it leaves out is as the service's room says.
 *
 * @param doors of connections and requests
 * @param service of the work behind them
 */
record ServeLimits(DoorsConfig.Limits doors, Limits service) {
  static final Set<String> KEYS =
      Set.of(
          "body_bytes",
          "header_bytes",
          "connections",
          "connections_per_address",
          "requests",
          "buffered_bytes",
          "idle_s",
          "arrival_s",
          "answer_s",
          "drain_s",
          "rate_per_s",
          "rate_burst",
          "loops",
          "appraisal_threads",
          "appraisal_queue",
          "appraisal_wait_ms",
          "hsm_threads",
          "hsm_queue",
          "hsm_wait_ms",
          "hosts_kept",
          "instance_keys_kept",
          "status_ttl_s",
          "host_rate_per_s",
          "host_burst");

  private static final int MAX_BODY = 1 << 24;
  private static final int MAX_HEADER = 1 << 20;
  private static final int MAX_COUNT = 10_000_000;
  private static final int MAX_SECONDS = 3_600;
  private static final int MAX_THREADS = 1_024;

  static ServeLimits of(ConfigSection section) throws MalformedConfigurationException {
    return new ServeLimits(doors(section), service(section));
  }

  private static DoorsConfig.Limits doors(ConfigSection section)
      throws MalformedConfigurationException {
    DoorsConfig.Limits standard = DoorsConfig.Limits.standard();
    return new DoorsConfig.Limits(
        section.number("body_bytes", 1, MAX_BODY, standard.bodyBytes()),
        section.number("header_bytes", 1, MAX_HEADER, standard.headerBytes()),
        section.number("connections", 1, MAX_COUNT, standard.connections()),
        section.number("connections_per_address", 1, MAX_COUNT, standard.connectionsPerAddress()),
        section.number("requests", 1, MAX_COUNT, standard.requests()),
        section.number("buffered_bytes", 1, Integer.MAX_VALUE, (int) standard.buffered()),
        seconds(section, "idle_s", 1, standard.idle()),
        seconds(section, "arrival_s", 1, standard.arrival()),
        seconds(section, "answer_s", 1, standard.answer()),
        seconds(section, "drain_s", 0, standard.drain()),
        rate(section, standard.rate()),
        section.number("loops", 1, MAX_THREADS, standard.loops()));
  }

  /** A rate of 0 is none. */
  private static Optional<DoorsConfig.Rate> rate(
      ConfigSection section, Optional<DoorsConfig.Rate> standard)
      throws MalformedConfigurationException {
    int perSecond =
        section.number(
            "rate_per_s", 0, MAX_COUNT, standard.map(DoorsConfig.Rate::perSecond).orElse(0));
    int burst =
        section.number(
            "rate_burst",
            1,
            MAX_COUNT,
            standard.map(DoorsConfig.Rate::burst).orElse(Math.max(1, perSecond)));
    return perSecond == 0 ? Optional.empty() : Optional.of(new DoorsConfig.Rate(perSecond, burst));
  }

  private static Limits service(ConfigSection section) throws MalformedConfigurationException {
    Limits standard = Limits.standard();
    return new Limits(
        pool(section, "appraisal", standard.appraisal()),
        pool(section, "hsm", standard.hsm()),
        section.number("hosts_kept", 1, MAX_COUNT, standard.hosts()),
        section.number("instance_keys_kept", 1, MAX_COUNT, standard.instanceKeys()),
        seconds(section, "status_ttl_s", 1, 60, standard.statusTtl()),
        section.number("host_rate_per_s", 0, MAX_COUNT, standard.hostRatePerSecond()),
        section.number("host_burst", 1, MAX_COUNT, standard.hostBurst()));
  }

  private static Limits.Pool pool(ConfigSection section, String name, Limits.Pool standard)
      throws MalformedConfigurationException {
    return new Limits.Pool(
        section.number(name + "_threads", 1, MAX_THREADS, standard.threads()),
        section.number(name + "_queue", 1, MAX_COUNT, standard.queue()),
        Duration.ofMillis(
            section.number(
                name + "_wait_ms",
                1,
                MAX_SECONDS * 1_000,
                Math.toIntExact(standard.deadline().toMillis()))));
  }

  private static Duration seconds(ConfigSection section, String key, int min, Duration standard)
      throws MalformedConfigurationException {
    return seconds(section, key, min, MAX_SECONDS, standard);
  }

  private static Duration seconds(
      ConfigSection section, String key, int min, int max, Duration standard)
      throws MalformedConfigurationException {
    return Duration.ofSeconds(section.number(key, min, max, Math.toIntExact(standard.toSeconds())));
  }
}
