// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.Seen;
import dev.writ.artifact.Verdict;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Verifies offline what a service issues, on a thread of its own, as of when it came. What comes faster
 * than it verifies is counted and let go.
 */
final class VerifiedBundles implements AutoCloseable {
  private static final int MOST_WAITING = 8_192;
  private static final int PROBLEMS_KEPT = 5;

  private final Verifiers verifiers;
  private final Presentation presentation;
  private final Map<Hash, Long> byKey = new ConcurrentHashMap<>();
  private final BlockingQueue<Received> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
  private final List<String> problems = new CopyOnWriteArrayList<>();
  private final AtomicLong verified = new AtomicLong();
  private final AtomicLong letGo = new AtomicLong();
  private final Thread thread = new Thread(this::run, "bundle-verifier");

  /** A bundle, and when it came; the end has none. */
  private record Received(byte[] bundle, Instant at) {}

  /** Gives a verifier by the newest trust file that follows. */
  @FunctionalInterface
  interface Verifiers {
    BundleVerifier newest() throws IOException;
  }

  /**
   * Verifies what it is given.
   *
   * @param verifiers asked at first, and once more where a bundle is denied: who verifies follows the
   *     published trust files
   */
  VerifiedBundles(Verifiers verifiers, Presentation presentation) {
    this.verifiers = verifiers;
    this.presentation = presentation;
    thread.setDaemon(true);
    thread.start();
  }

  void add(ByteBuffer bundle) {
    byte[] bytes = new byte[bundle.remaining()];
    bundle.get(bytes);
    if (!waiting.offer(new Received(bytes, Instant.now()))) {
      letGo.incrementAndGet();
    }
  }

  private void run() {
    try {
      BundleVerifier verifier = verifiers.newest();
      for (Received next = waiting.take(); next.bundle().length > 0; next = waiting.take()) {
        Verdict verdict =
            verifier.verify(next.bundle(), presentation, Seen.NOTHING_IS_USED, next.at());
        if (!(verdict instanceof Verdict.Allowed)) {
          verifier = verifiers.newest();
          verdict = verifier.verify(next.bundle(), presentation, Seen.NOTHING_IS_USED, next.at());
        }
        if (verdict instanceof Verdict.Allowed allowed) {
          verified.incrementAndGet();
          Long ignored = byKey.merge(allowed.artifact().kid(), 1L, Long::sum);
        } else if (problems.size() < PROBLEMS_KEPT) {
          problems.add("an issued bundle must be allowed, was " + verdict);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      problems.add("the published trust files must be readable, were not: " + e);
    } catch (RuntimeException e) {
      problems.add("bug: the verifier must come to a verdict, threw " + e);
    }
  }

  long verified() {
    return verified.get();
  }

  /** How many of them a key signed, by its RFC 7638 thumbprint. */
  long by(Hash kid) {
    return byKey.getOrDefault(kid, 0L);
  }

  /** How many came too fast to be verified. */
  long letGo() {
    return letGo.get();
  }

  /** Those that did not verify. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  /** Verifies what waits. */
  @Override
  public void close() {
    try {
      waiting.put(new Received(new byte[0], Instant.EPOCH));
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
