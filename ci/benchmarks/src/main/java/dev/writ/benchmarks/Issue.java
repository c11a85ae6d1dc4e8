// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.hsm.HsmKey;
import dev.writ.load.LoadResult;
import dev.writ.load.ProcessFigures;
import dev.writ.load.ServedWrit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What a running service issues, asked over HTTP by hosts that were enrolled by activation; {@code
 * writ serve} and the load share the machine. The package documentation says what each line is.
 */
final class Issue implements Benchmark {
  private static final int CONNECTIONS = 256;
  private static final List<Integer> RATES = List.of(500, 1_000, 2_000);
  private static final String UNIT = VerifiedLoad.UNIT;
  private static final String MILLIS = "ms";
  private static final String MIB = "MiB";
  private static final double BYTES_PER_MIB = 1 << 20;
  private static final String SATURATED = "saturated";
  private static final String RAW = "beside/raw-sum";

  @Override
  public String description() {
    return "challenge and artifact over HTTP, beside the raw costs of one artifact in sum";
  }

  @Override
  public void run(Setting setting, Report report) throws Exception {
    Path folder = Files.createDirectory(setting.work().resolve("service"));
    try (ServedWrit service = ServedWrit.prepare(setting.project(), folder, VerifiedLoad.HOSTS)) {
      VerifiedLoad load = new VerifiedLoad(service);
      service.start();
      load.awaitReady();
      service.enrol();
      new Measurement(service, load, setting, report).run();
      service.stop();
    }
    if (setting.artifacts().isEmpty()) {
      everything(setting, report);
    }
  }

  /** A careful operator's service, at its greatest rates alone. */
  private static void everything(Setting setting, Report report) throws Exception {
    Path folder = Files.createDirectory(setting.work().resolve("careful"));
    try (ServedWrit service =
        ServedWrit.prepareCarefully(setting.project(), folder, VerifiedLoad.HOSTS)) {
      VerifiedLoad load = new VerifiedLoad(service);
      service.start();
      load.awaitReady();
      service.enrol();
      load.warmUp();
      new Measurement(service, load, setting, report).greatest("everything");
      service.stop();
    }
  }

  /** One run against one service. */
  private static final class Measurement {
    private final ServedWrit service;
    private final Setting setting;
    private final Report report;
    private final VerifiedLoad load;
    private IssueCost lastCost;

    Measurement(ServedWrit service, VerifiedLoad load, Setting setting, Report report)
        throws IOException {
      this.service = service;
      this.load = load;
      this.setting = setting;
      this.report = report;
      this.lastCost = IssueCost.now(service);
    }

    void run() throws Exception {
      load.warmUp();
      if (setting.artifacts().isPresent()) {
        memory(setting.artifacts().getAsLong());
        return;
      }
      for (int rate : RATES) {
        latency(rate);
      }
      double saturated = saturated();
      GreatestRate.Held held = held(saturated);
      report.add(setting.name(), held.perSecond(), UNIT, RAW);
      percentiles("held", held.result());
      report.add(setting.variant(SATURATED), saturated, UNIT, RAW);
      lastCost.report(setting::variant, held.result().issued(), report);
      load.report(setting, report);
      rawCosts();
    }

    /** Beside those of the service before. */
    void greatest(String variant) throws IOException {
      double saturated = saturated();
      GreatestRate.Held held = held(saturated);
      String prefix = variant + "/";
      report.add(setting.variant(variant), held.perSecond(), UNIT, setting.name());
      percentiles(prefix + "p50-held", prefix + "p99-held", held.result());
      report.add(setting.variant(prefix + SATURATED), saturated, UNIT, setting.variant(SATURATED));
      lastCost.report(name -> setting.variant(prefix + name), held.result().issued(), report);
    }

    private double saturated() throws IOException {
      return load.saturate(generator -> generator.saturate(setting.measured())).perSecond();
    }

    private GreatestRate.Held held(double saturated) throws IOException {
      return new GreatestRate(this::offer, setting.measured()).find(saturated);
    }

    private void latency(int rate) throws IOException {
      LoadResult result = offer(rate, setting.measured());
      System.err.println(rate + "/s: " + result);
      if (!result.failures().isEmpty()) {
        throw new IllegalStateException("at " + rate + "/s nothing may fail: " + result);
      }
      percentiles("at-" + rate, result);
    }

    private void percentiles(String which, LoadResult result) {
      percentiles("p50-" + which, "p99-" + which, result);
    }

    private void percentiles(String p50, String p99, LoadResult result) {
      report.add(setting.variant(p50), LoadResult.millis(result.whole(), 50), MILLIS);
      report.add(setting.variant(p99), LoadResult.millis(result.whole(), 99), MILLIS);
    }

    private void memory(long artifacts) throws IOException, InterruptedException {
      LoadResult result = load.saturate(generator -> generator.saturate(artifacts));
      System.err.println("after " + artifacts + " artifacts: " + result);
      if (result.issued() != artifacts) {
        throw new IllegalStateException("every exchange must end with an artifact: " + result);
      }
      String after = "-after-" + artifacts;
      report.add(setting.name(), result.perSecond(), UNIT);
      report.add(setting.variant("resident" + after), residentMib(), MIB);
      report.add(
          setting.variant("heap-live" + after), service.liveHeapBytes() / BYTES_PER_MIB, MIB);
      load.report(setting, report);
    }

    private double residentMib() throws IOException {
      return ProcessFigures.of(service.running().pid()).residentKib() / 1024.0;
    }

    /** One thread's rates: what an artifact would cost if nothing else had to be done for it. */
    private void rawCosts() throws Exception {
      P256Provider p256 = P256Provider.preferredFirst().get(0);
      byte[] message = Bundles.newIssuer().signingInput();
      try (BenchToken token = BenchToken.make();
          SqliteRows rows = new SqliteRows(setting.work().resolve("rows.sqlite"))) {
        HsmKey key = token.keys().issuer();
        List<Double> rates =
            setting
                .rounds()
                .run(
                    List.of(
                        Contender.loop(RawVerification.on(p256)),
                        Contender.loop(
                            () -> {
                              // It throws unless the token gave a signature of the right length.
                              var unused = key.signP1363(message);
                            }),
                        rows));
        double verification = rates.get(0);
        double signature = rates.get(1);
        double row = rates.get(2);
        report.add(RAW, 1 / (1 / verification + 1 / signature + 1 / row), UNIT);
        report.add(RAW + "/new-key", 1 / (2 / verification + 1 / signature + 1 / row), UNIT);
        report.add(RawVerification.lineOf(p256), verification, RawVerification.UNIT);
        report.add("beside/hsm-sign", signature, "signatures/s");
        report.add(SqliteRows.LINE, row, SqliteRows.UNIT);
      }
    }

    private LoadResult offer(double perSecond, Duration length) throws IOException {
      return load.load(
          CONNECTIONS,
          generator -> {
            IssueCost before = IssueCost.now(service);
            LoadResult result = generator.offer(perSecond, length);
            lastCost = IssueCost.now(service).since(before);
            return result;
          });
    }
  }
}
