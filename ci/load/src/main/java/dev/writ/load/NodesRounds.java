// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.fixtures.PostgresServer;
import dev.writ.tlog.Checkpoint;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/**
 * Three nodes of one service on one PostgreSQL ledger, all under load. In each round one is killed while
 * the others go on, and in every third the database with it. Then, seen from each node: all that any
 * node acknowledged is there, the tree only grew, no nonce was used twice, and a challenge that one node
 * took is refused by another.
 */
final class NodesRounds {
  private static final int NODES = 3;
  private static final int HOSTS_OF_A_NODE = 8;
  private static final int CONNECTIONS = 8;
  private static final int DATABASE_EVERY = 3;
  private static final int SHORTEST_MILLIS = 200;
  private static final int LONGEST_MILLIS = 1_500;
  private static final int PROBLEMS_SHOWN = 5;
  private static final Duration LOAD = Duration.ofSeconds(3);
  private static final Duration READY_LIMIT = Duration.ofSeconds(60);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final PostgresServer server;
  private final List<Node> nodes;
  private final RandomGenerator random = new SecureRandom();
  private final PrintStream out;

  /** A node, and what is remembered of what it showed. */
  private record Node(ServedWrit service, HttpDoor door, LedgerView view, CrashChecks checks) {
    static Node of(ServedWrit service) {
      HttpDoor door = service.door();
      LedgerView view = new LedgerOverHttp(door, service.trust().logPolicy());
      return new Node(service, door, view, new CrashChecks(view));
    }

    /** A node that is idle hears of what others committed a moment later. */
    void awaitSize(long size) throws IOException, InterruptedException {
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (view.checkpoint().size() < size && System.nanoTime() < end) {
        Thread.sleep(10);
      }
    }
  }

  private NodesRounds(PostgresServer server, List<Node> nodes, PrintStream out) {
    this.server = server;
    this.nodes = nodes;
    this.out = out;
  }

  /** Makes {@code count} rounds; how many failed. */
  static int run(Path project, Path folder, int count, PrintStream out)
      throws IOException, InterruptedException {
    List<Node> nodes = new ArrayList<>();
    try (PostgresServer server = PostgresServer.start();
        ServedWrit prepared =
            ServedWrit.prepare(project, folder, NODES * HOSTS_OF_A_NODE, server, "writ")) {
      // All at once, on an empty database: one makes the ledger, and the others find it.
      for (int i = 0; i < NODES; i++) {
        ServedWrit node =
            prepared.anotherNode(
                "node-" + i,
                prepared.hosts().subList(i * HOSTS_OF_A_NODE, (i + 1) * HOSTS_OF_A_NODE));
        node.start();
        nodes.add(Node.of(node));
      }
      for (Node node : nodes) {
        node.service().awaitReady(READY_LIMIT);
        node.service().enrol();
      }
      NodesRounds rounds = new NodesRounds(server, nodes, out);
      int failed = 0;
      for (int i = 1; i <= count; i++) {
        failed += rounds.round(i) ? 0 : 1;
      }
      return failed;
    } finally {
      for (Node node : nodes) {
        node.door().close();
        node.service().close();
      }
    }
  }

  private boolean round(int number) throws IOException, InterruptedException {
    boolean database = number % DATABASE_EVERY == 0;
    int victim = random.nextInt(NODES);
    List<CrashClients> clients = new ArrayList<>();
    List<CompletableFuture<Map<String, Long>>> loads = new ArrayList<>();
    for (Node node : nodes) {
      CrashClients each = new CrashClients();
      clients.add(each);
      loads.add(CompletableFuture.supplyAsync(() -> load(node.service(), each)));
    }
    Thread.sleep(random.nextInt(SHORTEST_MILLIS, LONGEST_MILLIS));
    nodes.get(victim).service().kill();
    if (database) {
      server.kill();
      server.startAgain();
    }
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      for (Map.Entry<String, Long> failure : loads.get(i).join().entrySet()) {
        if (i != victim && !database) {
          problems.add("node " + i + " failed " + failure.getValue() + " x " + failure.getKey());
        }
      }
    }
    nodes.get(victim).door().close();
    nodes.get(victim).service().start();
    for (Node node : nodes) {
      node.service().awaitReady(READY_LIMIT);
    }
    problems.addAll(check(clients));
    out.printf(
        "%s round %d: node %d killed%s, %s acknowledged%n",
        problems.isEmpty() ? "ok     " : "FAILED ",
        number,
        victim,
        database ? ", and the database" : "",
        clients.stream().map(CrashClients::size).toList());
    problems.stream().limit(PROBLEMS_SHOWN).forEach(problem -> out.println("        " + problem));
    return problems.isEmpty();
  }

  private static Map<String, Long> load(ServedWrit node, CrashClients clients) {
    try (LoadGenerator generator = node.generator(CONNECTIONS, clients, PATIENCE)) {
      return generator.saturate(LOAD).failures();
    } catch (IOException e) {
      throw new IllegalStateException("the load could not be made", e);
    }
  }

  private List<String> check(List<CrashClients> clients) throws IOException, InterruptedException {
    List<String> problems = new ArrayList<>();
    long size = 0;
    for (Node node : nodes) {
      Checkpoint seen = node.view().checkpoint();
      size = Math.max(size, seen.size());
    }
    List<Acknowledged> all = new ArrayList<>();
    for (CrashClients each : clients) {
      all.addAll(each.acknowledged());
    }
    for (int i = 0; i < NODES; i++) {
      Node node = nodes.get(i);
      node.awaitSize(size);
      problems.addAll(node.checks().findLost(all));
      // What one node took, the next refuses.
      problems.addAll(clients.get(i).presentAgain(nodes.get((i + 1) % NODES).door()));
    }
    problems.addAll(nodes.get(0).checks().findReusedNonces());
    return problems;
  }
}
