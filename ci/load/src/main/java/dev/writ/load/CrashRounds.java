// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.fixtures.PostgresServer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/**
 * Kills a service again and again under load, and holds it to what it had acknowledged.
 *
 * <p>A round: load over several connections, {@code kill -9} at a random moment (in every fourth round
 * once more while it starts), start on the same ledger, then the checks of {@link CrashChecks}, and
 * challenges that were used before are presented again, in the very same application: each must be
 * {@code replayed} or {@code expired}, and those of which nobody knows whether they were used must not
 * be used twice.
 */
final class CrashRounds {
  private static final int HOSTS = 16;
  private static final int CONNECTIONS = 32;
  private static final int SHORTEST_MILLIS = 50;
  private static final int LONGEST_MILLIS = 1_500;
  private static final int DURING_START_EVERY = 4;
  private static final int DATABASE_EVERY = 3;
  private static final int PROBLEMS_SHOWN = 5;
  private static final Duration READY_LIMIT = Duration.ofSeconds(60);
  private static final Duration BACK_WITHIN = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ServedWrit service;
  private final Optional<PostgresServer> database;
  private final CrashChecks checks;
  private final HttpDoor door;
  private final RandomGenerator random = new SecureRandom();
  private final PrintStream out;

  private CrashRounds(
      ServedWrit service, Optional<PostgresServer> database, HttpDoor door, PrintStream out) {
    this.service = service;
    this.database = database;
    this.door = door;
    this.checks = new CrashChecks(new LedgerOverHttp(door, service.trust().logPolicy()));
    this.out = out;
  }

  /** Makes {@code count} rounds on an embedded ledger; how many failed. */
  static int run(Path project, Path folder, int count, PrintStream out)
      throws IOException, InterruptedException {
    try (ServedWrit service = ServedWrit.prepare(project, folder, HOSTS)) {
      return run(service, Optional.empty(), count, out);
    }
  }

  /** The same on a ledger in PostgreSQL, which is killed, too, in every third round. */
  static int onPostgres(Path project, Path folder, int count, PrintStream out)
      throws IOException, InterruptedException {
    try (PostgresServer server = PostgresServer.start();
        ServedWrit service = ServedWrit.prepare(project, folder, HOSTS, server, "writ")) {
      return run(service, Optional.of(server), count, out);
    }
  }

  private static int run(
      ServedWrit service, Optional<PostgresServer> database, int count, PrintStream out)
      throws IOException, InterruptedException {
    try (HttpDoor door = service.door()) {
      service.start();
      service.awaitReady(READY_LIMIT);
      service.enrol();
      CrashRounds rounds = new CrashRounds(service, database, door, out);
      int failed = 0;
      for (int i = 1; i <= count; i++) {
        failed += rounds.round(i) ? 0 : 1;
      }
      service.stop();
      return failed;
    }
  }

  private boolean round(int number) throws IOException, InterruptedException {
    CrashClients clients = new CrashClients();
    int afterMillis = moment();
    List<String> problems = new ArrayList<>(loadAndKill(clients, afterMillis));
    if (number % DURING_START_EVERY == 0) {
      service.start();
      Thread.sleep(moment());
      service.kill();
    }
    if (database.isPresent() && number % DATABASE_EVERY == 0) {
      database.get().kill();
      database.get().startAgain();
    }
    // It was connected to the process that is gone.
    door.close();
    long start = System.nanoTime();
    service.start();
    service.awaitReady(READY_LIMIT);
    Duration back = Duration.ofNanos(System.nanoTime() - start);
    Duration busy = ProcessFigures.of(service.running().pid()).cpu();
    if (back.compareTo(BACK_WITHIN) > 0) {
      problems.add("it must be back within " + BACK_WITHIN + ", was after " + back);
    }
    List<Acknowledged> acknowledged = clients.acknowledged();
    problems.addAll(checks.findLost(acknowledged));
    problems.addAll(clients.presentAgain(door));
    problems.addAll(checks.findReusedNonces());
    out.printf(
        "%s round %d: killed after %d ms with %d acknowledged and %d under way, back after %d ms"
            + " (%d ms of processor time)%n",
        problems.isEmpty() ? "ok     " : "FAILED ",
        number,
        afterMillis,
        acknowledged.size(),
        clients.unanswered().size(),
        back.toMillis(),
        busy.toMillis());
    problems.stream().limit(PROBLEMS_SHOWN).forEach(problem -> out.println("        " + problem));
    return problems.isEmpty();
  }

  private int moment() {
    return random.nextInt(SHORTEST_MILLIS, LONGEST_MILLIS);
  }

  /** Other failures than that of a connection to a killed process are the service's own. */
  private List<String> loadAndKill(CrashClients clients, int afterMillis)
      throws IOException, InterruptedException {
    List<String> problems = new ArrayList<>();
    try (LoadGenerator generator = service.generator(CONNECTIONS, clients, PATIENCE)) {
      CompletableFuture<LoadResult> load =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return generator.saturate(Duration.ofMinutes(1));
                } catch (IOException e) {
                  throw new IllegalStateException("the load could not be made", e);
                }
              });
      Thread.sleep(afterMillis);
      service.kill();
      for (Map.Entry<String, Long> failure : load.join().failures().entrySet()) {
        if (!failure.getKey().contains("connection")) {
          problems.add(failure.getValue() + " × " + failure.getKey());
        }
      }
    }
    return problems;
  }
}
