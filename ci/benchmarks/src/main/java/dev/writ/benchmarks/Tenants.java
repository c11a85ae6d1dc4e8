// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.load.LoadResult;
import dev.writ.load.ServedWrit;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How long one tenant's exchanges take while another tenant of the same machine is asked for all that it can
 * do. The package documentation says what each line is.
 */
final class Tenants implements Benchmark {
  private static final int QUIET_PER_SECOND = 50;
  private static final int CONNECTIONS = 16;
  private static final String MILLIS = "ms";

  @Override
  public String description() {
    return "one tenant's exchanges while another's service is saturated";
  }

  @Override
  public void run(Setting setting, Report report) throws Exception {
    try (ServedWrit quiet = prepared(setting, "quiet");
        ServedWrit busy = prepared(setting, "busy")) {
      VerifiedLoad ofQuiet = started(quiet);
      VerifiedLoad ofBusy = started(busy);
      LoadResult alone = offered(ofQuiet, setting.measured());
      LoadResult beside;
      LoadResult other;
      ExecutorService one = Executors.newSingleThreadExecutor();
      try {
        CompletableFuture<Boolean> begun = new CompletableFuture<>();
        Duration longer = setting.measured().plusSeconds(4);
        Future<LoadResult> saturating =
            one.submit(
                () ->
                    ofBusy.saturate(
                        generator -> {
                          begun.complete(true);
                          return generator.saturate(longer);
                        }));
        var unused = begun.get();
        beside = offered(ofQuiet, setting.measured());
        other = saturating.get();
      } catch (ExecutionException e) {
        throw new IOException("the other tenant's load must not fail", e);
      } finally {
        one.shutdownNow();
      }
      System.err.println("alone: " + alone + "; beside: " + beside + "; the other: " + other);
      if (!alone.failures().isEmpty() || !beside.failures().isEmpty()) {
        throw new IllegalStateException("of the quiet tenant's exchanges none may fail");
      }
      String asAlone = setting.variant("alone");
      report.add(setting.name(), LoadResult.millis(beside.whole(), 99), MILLIS, asAlone);
      report.add(asAlone, LoadResult.millis(alone.whole(), 99), MILLIS);
      report.add(setting.variant("p50"), LoadResult.millis(beside.whole(), 50), MILLIS);
      report.add(setting.variant("alone/p50"), LoadResult.millis(alone.whole(), 50), MILLIS);
      report.add(setting.variant("other"), other.perSecond(), VerifiedLoad.UNIT);
    }
  }

  private static ServedWrit prepared(Setting setting, String name)
      throws IOException, InterruptedException {
    return ServedWrit.prepare(
        setting.project(), Files.createDirectory(setting.work().resolve(name)), VerifiedLoad.HOSTS);
  }

  private static VerifiedLoad started(ServedWrit service) throws Exception {
    VerifiedLoad load = new VerifiedLoad(service);
    service.start();
    load.awaitReady();
    service.enrol();
    load.warmUp();
    return load;
  }

  private static LoadResult offered(VerifiedLoad load, Duration length) throws IOException {
    return load.load(CONNECTIONS, generator -> generator.offer(QUIET_PER_SECOND, length));
  }
}
