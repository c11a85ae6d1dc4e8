// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.artifact.MalformedBundleException;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verification;
import dev.writ.fixtures.PostgresServer;
import dev.writ.load.UseAttempts.Answer;
import dev.writ.load.UseAttempts.Held;
import dev.writ.load.UseAttempts.Use;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * {@code ci/uses}, which knows the arguments:
 *
 * <pre>
 * ATTEMPTS PROJECT-FOLDER WORK-FOLDER
 * </pre>
 *
 * <p>Three nodes of one service on one PostgreSQL ledger, and attempts on artifacts of one use and of five, fifty
 * on each and all mixed up, at whichever node. In the middle one node is killed, and started again. Then every
 * tenth is asked once more under its key. Each answer is compared, and the uses of each artifact are counted: in
 * the answers, and in the ledger.
 */
final class UsesMain {
  private static final int NODES = 3;
  private static final int HOSTS = 8;
  private static final int THREADS = 64;
  private static final int OF_EACH = 50;
  private static final int SEVERAL = 5;
  private static final int AGAIN_EVERY = 10;
  private static final int PROBLEMS_SHOWN = 20;
  private static final int POLL_MILLIS = 20;
  private static final Duration READY_LIMIT = Duration.ofMinutes(3);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private final List<String> problems = new ArrayList<>();
  private final PrintStream out;
  private int passed;

  private UsesMain(PrintStream out) {
    this.out = out;
  }

  public static void main(String[] args) throws InterruptedException {
    if (args.length != 3) {
      System.err.println("usage: ATTEMPTS PROJECT-FOLDER WORK-FOLDER");
      System.exit(USAGE);
    }
    UsesMain uses = new UsesMain(System.out);
    try {
      uses.run(Integer.parseInt(args[0]), Path.of(args[1]), Path.of(args[2]));
    } catch (IOException e) {
      e.printStackTrace();
      uses.problems.add(String.valueOf(e.getMessage()));
    }
    uses.problems.stream().limit(PROBLEMS_SHOWN).forEach(System.out::println);
    System.out.printf("%d passed, %d failed%n", uses.passed, uses.problems.size());
    System.exit(uses.problems.isEmpty() ? 0 : FAILED);
  }

  private void run(int attempts, Path project, Path folder)
      throws IOException, InterruptedException {
    List<ServedWrit> nodes = new ArrayList<>();
    try (PostgresServer server = PostgresServer.start();
        ServedWrit prepared = prepare(project, folder, server)) {
      for (int i = 0; i < NODES; i++) {
        ServedWrit node = prepared.anotherNode("node-" + i, i == 0 ? prepared.hosts() : List.of());
        node.start();
        nodes.add(node);
      }
      for (ServedWrit node : nodes) {
        node.awaitReady(READY_LIMIT);
      }
      nodes.get(0).enrol();
      List<Use> uses = uses(attempts, held(nodes.get(0), Math.max(2, attempts / OF_EACH)));
      long begin = System.nanoTime();
      attempt(nodes, uses);
      double seconds = (System.nanoTime() - begin) / 1e9;
      out.printf("%d attempts in %.1f s, one node killed in the middle%n", attempts, seconds);
      askAgain(nodes, uses);
      judge(uses);
      count(nodes, uses);
    } finally {
      for (ServedWrit node : nodes) {
        node.close();
      }
    }
  }

  private static ServedWrit prepare(Path project, Path folder, PostgresServer server)
      throws IOException, InterruptedException {
    server.createDatabase("writ");
    return ServePreparation.judging(
        project, folder, HOSTS, ServeFiles.in(server, "writ"), number -> uses(number));
  }

  private static int uses(int host) {
    return host % 2 == 0 ? 1 : SEVERAL;
  }

  /** As many artifacts, half of them of one use. */
  private static List<Held> held(ServedWrit node, int count)
      throws IOException, InterruptedException {
    List<byte[]> bundles = Collections.synchronizedList(new ArrayList<>());
    Observer collecting =
        new Observer() {
          @Override
          public void issued(ByteBuffer application, ByteBuffer bundle) {
            byte[] bytes = new byte[bundle.remaining()];
            bundle.get(bytes);
            bundles.add(bytes);
          }

          @Override
          public void unanswered(ByteBuffer application) {
            // What is not issued is not used.
          }
        };
    Map<Hash, LoadHost> hosts = new HashMap<>();
    node.hosts().forEach(host -> hosts.put(host.jkt(), host));
    List<Held> one = new ArrayList<>();
    List<Held> several = new ArrayList<>();
    try (LoadGenerator generator = node.generator(4, collecting, PATIENCE)) {
      while (one.size() < count / 2 || several.size() < count / 2) {
        bundles.clear();
        var unused = generator.saturate(Duration.ofMillis(500));
        for (byte[] bytes : List.copyOf(bundles)) {
          ProofBundle bundle = ProofBundle.parse(bytes);
          Artifact artifact = Artifact.parse(bundle.artifact());
          LoadHost host = hosts.get(artifact.claims().jkt());
          if (host != null) {
            Held held = new Held(host, artifact, bundle);
            (held.maxUses() == 1 ? one : several).add(held);
          }
        }
      }
    } catch (MalformedBundleException | MalformedArtifactException e) {
      throw new IOException("what the service answered must be a proof bundle", e);
    }
    List<Held> all = new ArrayList<>(one.subList(0, count / 2));
    all.addAll(several.subList(0, count / 2));
    return all;
  }

  private static List<Use> uses(int attempts, List<Held> held) {
    SecureRandom random = new SecureRandom();
    List<Use> uses = new ArrayList<>();
    for (int i = 0; i < attempts; i++) {
      uses.add(new Use(held.get(i % held.size()), random));
    }
    Collections.shuffle(uses, random);
    return uses;
  }

  private static void attempt(List<ServedWrit> nodes, List<Use> uses)
      throws IOException, InterruptedException {
    UseAttempts attempts = new UseAttempts(nodes, uses, nodes.get(0).verifier());
    CompletableFuture<Void> all =
        CompletableFuture.runAsync(
            () -> {
              try {
                attempts.make(THREADS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    while (attempts.done() < uses.size() / 2 && !all.isDone()) {
      Thread.sleep(POLL_MILLIS);
    }
    ServedWrit victim = nodes.get(NODES - 1);
    victim.kill();
    victim.start();
    victim.awaitReady(READY_LIMIT);
    all.join();
  }

  /** Whoever asked asks once more. */
  private static void askAgain(List<ServedWrit> nodes, List<Use> uses)
      throws IOException, InterruptedException {
    List<Use> some = new ArrayList<>();
    for (int i = 0; i < uses.size(); i++) {
      boolean isTaken = uses.get(i).answers().get(0) instanceof Answer.Taken;
      if (isTaken || i % AGAIN_EVERY == 0) {
        some.add(uses.get(i));
      }
    }
    new UseAttempts(nodes, some, nodes.get(0).verifier()).make(THREADS);
  }

  private void judge(List<Use> uses) {
    for (Use use : uses) {
      Answer first = use.answers().get(0);
      if (first instanceof Answer.Wrong wrong) {
        problems.add("an attempt came to " + wrong.what());
      } else if (use.answers().stream().anyMatch(answer -> !answer.equals(first))) {
        problems.add("asked again, an attempt had another answer: " + use.answers());
      } else {
        passed++;
      }
    }
  }

  private void count(List<ServedWrit> nodes, List<Use> uses) throws IOException {
    Map<UuidV7, Held> artifacts = new HashMap<>();
    Map<UuidV7, Set<Hash>> answered = new HashMap<>();
    Map<UuidV7, Set<Hash>> recorded = new HashMap<>();
    long replayed = 0;
    for (Use use : uses) {
      UuidV7 jti = use.held().artifact().claims().jti();
      artifacts.put(jti, use.held());
      if (use.answers().get(0) instanceof Answer.Taken taken
          && !answered.computeIfAbsent(jti, first -> new HashSet<>()).add(taken.leaf())) {
        problems.add("two attempts on " + jti + " have one use");
      } else if (use.answers().get(0) instanceof Answer.Replayed) {
        replayed++;
      }
    }
    try (HttpDoor door = nodes.get(0).door()) {
      LedgerView ledger = new LedgerOverHttp(door, nodes.get(0).trust().logPolicy());
      for (Leaf leaf : ledger.leaves(0, ledger.checkpoint().size())) {
        if (leaf.body() instanceof Verification verification
            && verification.maxUses().isPresent()
            && !recorded
                .computeIfAbsent(verification.jti().orElseThrow(), first -> new HashSet<>())
                .add(leaf.hash())) {
          problems.add("a leaf stands twice");
        }
      }
    }
    Map<Integer, Integer> used = new HashMap<>();
    artifacts.forEach(
        (jti, held) -> {
          Set<Hash> inAnswers = answered.getOrDefault(jti, Set.of());
          Set<Hash> inLedger = recorded.getOrDefault(jti, Set.of());
          used.merge(held.maxUses(), inLedger.size(), Integer::sum);
          if (inAnswers.size() != held.maxUses() || !inLedger.equals(inAnswers)) {
            problems.add(
                held.maxUses()
                    + " uses of "
                    + jti
                    + " must be taken, the same in answers and ledger; were "
                    + inAnswers.size()
                    + " and "
                    + inLedger.size());
          } else {
            passed++;
          }
        });
    used.forEach(
        (max, taken) ->
            out.printf(
                "%d artifacts of %d uses: %d taken%n",
                artifacts.values().stream().filter(held -> held.maxUses() == max).count(),
                max,
                taken));
    out.printf("%d attempts replayed%n", replayed);
  }
}
