// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedBundleException;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.Redemption;
import dev.writ.artifact.RedemptionReceipt;
import dev.writ.artifact.RedemptionStatement;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** Attempts to use artifacts at several nodes of one service, each asked until somebody answers. */
final class UseAttempts {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int PAUSE_MILLIS = 100;

  private final List<ServedWrit> nodes;
  private final List<Use> uses;
  private final BundleVerifier verifier;
  private final AtomicInteger done = new AtomicInteger();

  /** An artifact, and who holds it. */
  record Held(LoadHost host, Artifact artifact, ProofBundle bundle) {
    int maxUses() {
      return artifact.claims().act().maxUses();
    }
  }

  /** What an attempt came to. */
  sealed interface Answer {
    /** It has a use, whose leaf is this. */
    record Taken(Hash leaf) implements Answer {}

    /** There was none left. */
    record Replayed() implements Answer {}

    /** What it must not come to. */
    record Wrong(String what) implements Answer {}
  }

  /** One attempt, under a key of its own, and its answers. */
  static final class Use {
    private final Held held;
    private final Hash key;
    private final List<Answer> answers = new ArrayList<>();

    Use(Held held, SecureRandom random) {
      this.held = held;
      byte[] bytes = new byte[Hash.BYTES];
      random.nextBytes(bytes);
      this.key = Hash.of(bytes);
    }

    Held held() {
      return held;
    }

    List<Answer> answers() {
      return answers;
    }
  }

  UseAttempts(List<ServedWrit> nodes, List<Use> uses, BundleVerifier verifier) {
    this.nodes = nodes;
    this.uses = uses;
    this.verifier = verifier;
  }

  /** How many are answered. */
  int done() {
    return done.get();
  }

  /** Makes all of them, by as many threads; completes with the last. */
  void make(int threads) throws InterruptedException {
    AtomicInteger next = new AtomicInteger();
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      Thread worker = new Thread(() -> work(next), "uses-" + i);
      worker.start();
      workers.add(worker);
    }
    for (Thread worker : workers) {
      worker.join();
    }
  }

  private void work(AtomicInteger next) {
    List<HttpDoor> doors = nodes.stream().map(ServedWrit::door).toList();
    try {
      for (int i = next.getAndIncrement(); i < uses.size(); i = next.getAndIncrement()) {
        Use use = uses.get(i);
        use.answers.add(attempt(use, doors));
        done.incrementAndGet();
      }
    } finally {
      for (HttpDoor door : doors) {
        close(door);
      }
    }
  }

  /** An answer that does not come is asked for at another node, under the same key. */
  private Answer attempt(Use use, List<HttpDoor> doors) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    int node = ThreadLocalRandom.current().nextInt(doors.size());
    String why = "nobody was asked";
    while (System.nanoTime() - end < 0) {
      RedemptionStatement asked =
          use.held.host().redemption(use.held.artifact(), use.key, Instant.now());
      HttpDoor door = doors.get(node++ % doors.size());
      try {
        Optional<Answer> answer = read(door.post("/v1/uses", body(use, asked)), use, asked);
        if (answer.isPresent()) {
          return answer.get();
        }
        why = "503";
      } catch (IOException e) {
        why = String.valueOf(e.getMessage());
        close(door);
      }
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return new Answer.Wrong("interrupted");
      }
    }
    return new Answer.Wrong("no answer: " + why);
  }

  private static String body(Use use, RedemptionStatement asked) {
    return "{\"bundle\":"
        + new String(use.held.bundle().toJson(), StandardCharsets.UTF_8)
        + ",\"redemption\":\""
        + asked.compact()
        + "\"}";
  }

  private Optional<Answer> read(HttpDoor.Response response, Use use, RedemptionStatement asked)
      throws IOException {
    if (response.status() == 503) {
      return Optional.empty();
    }
    if (response.status() == 409 && response.member("reason").equals("uses_spent")) {
      return Optional.of(new Answer.Replayed());
    }
    if (response.status() != 201) {
      return Optional.of(new Answer.Wrong(response.status() + " " + response.text()));
    }
    Redemption redemption =
        verifier.judgeRedemption(response.body(), asked, use.held.artifact(), Instant.now());
    if (redemption instanceof Redemption.Denied denied) {
      return Optional.of(new Answer.Wrong("a receipt that is none: " + denied.why()));
    }
    try {
      byte[] leaf = RedemptionReceipt.parse(response.body()).leaf();
      return Optional.of(new Answer.Taken(Leaf.parse(leaf).hash()));
    } catch (MalformedBundleException | MalformedLeafException e) {
      throw new IOException("a receipt that was verified must be one", e);
    }
  }

  private static void close(HttpDoor door) {
    try {
      door.close();
    } catch (IOException e) {
      // It is gone all the same.
    }
  }
}
