// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.fixtures.FaultyModule;
import dev.writ.fixtures.FaultyModule.Count;
import dev.writ.hsm.TokenProfile;
import dev.writ.load.LoadResult;
import dev.writ.load.ServedWrit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a running service issues when its token takes longer and longer to sign, as an HSM behind a
 * network does, with as many threads that sign as by default, and with as many as the token takes
 * at once. The package documentation says what each line is.
 */
final class HsmIssue implements Benchmark {
  private static final String ALL_SIGNERS = "all-signers";
  private static final String TOKEN = "beside/token";
  private static final String SIGNATURES = "signatures/s";

  /** How a service answers that is asked for more than it can sign in time. */
  private static final String REFUSED = "application 503 overloaded";

  private static final List<Duration> DELAYS =
      Stream.concat(Stream.of(Duration.ZERO), HsmSign.DELAYS.stream()).toList();

  @Override
  public String description() {
    return "artifacts over HTTP from a token as far away as an HSM, beside what it could sign";
  }

  @Override
  public void run(Setting setting, Report report) throws Exception {
    TokenProfile profile = TokenProfile.named("softhsm2");
    Path folder = Files.createDirectory(setting.work().resolve("service"));
    FaultyModule module = FaultyModule.build(setting.work().resolve("module"), profile.library());
    try (ServedWrit service =
        ServedWrit.prepare(setting.project(), folder, VerifiedLoad.HOSTS, module.library())) {
      Measurement measurement = new Measurement(setting, report, module, new VerifiedLoad(service));
      service.start();
      measurement.load.awaitReady();
      service.enrol();
      measurement.run("");
      service.stop();
      service.start(Map.of("limits.hsm_threads", Integer.toString(profile.signers())));
      measurement.load.awaitReady();
      measurement.run(ALL_SIGNERS);
      service.stop();
      measurement.load.report(setting, report);
    }
    report.add(TOKEN, undelayed(setting, profile.signers()), SIGNATURES);
    for (Duration delay : HsmSign.DELAYS) {
      report.add(besideOf(delay), profile.signers() * 1e9 / delay.toNanos(), SIGNATURES);
    }
  }

  /** What the token signs by itself, where all that a signature takes is the machine's own work. */
  private static double undelayed(Setting setting, int signers) throws Exception {
    try (BenchToken token = BenchToken.make()) {
      Contender loop =
          new SignLoop(setting.signLoop(), token, token.keys().issuer().spec(), signers);
      return setting.rounds().run(List.of(loop)).get(0);
    }
  }

  private static String besideOf(Duration delay) {
    return delay.isZero() ? TOKEN : TOKEN + "/" + HsmSign.variantOf(delay);
  }

  private record Measurement(
      Setting setting, Report report, FaultyModule module, VerifiedLoad load) {
    /** Every delay in turn, on a service that was just started. */
    void run(String threads) throws IOException {
      load.warmUp();
      for (Duration delay : DELAYS) {
        module.delaySigning(delay);
        measure(
            Stream.of(threads, delay.isZero() ? "" : HsmSign.variantOf(delay))
                .filter(part -> !part.isEmpty())
                .toList(),
            besideOf(delay));
      }
      module.clear();
    }

    private void measure(List<String> variant, String beside) throws IOException {
      long before = module.calls("C_Sign", Count.SUCCEEDED);
      LoadResult result = load.saturate(generator -> generator.saturate(setting.measured()));
      long signatures = module.calls("C_Sign", Count.SUCCEEDED) - before;
      System.err.println(name(variant) + ": " + result);
      if (!Set.of(REFUSED).containsAll(result.failures().keySet())) {
        throw new IllegalStateException(
            "no exchange may fail but by \"" + REFUSED + "\", did: " + result);
      }
      double seconds = result.elapsed().toNanos() / 1e9;
      double refused = result.failures().getOrDefault(REFUSED, 0L);
      report.add(name(variant), result.perSecond(), VerifiedLoad.UNIT, beside);
      report.add(name(variant) + "/signatures", signatures / seconds, SIGNATURES, beside);
      report.add(name(variant) + "/refused", refused / seconds, "refusals/s");
    }

    private String name(List<String> variant) {
      return variant.isEmpty() ? setting.name() : setting.variant(String.join("/", variant));
    }
  }
}
