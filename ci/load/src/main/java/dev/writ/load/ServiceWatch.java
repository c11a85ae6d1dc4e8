// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Asks a service again and again how it is. Readiness on a thread of its own, since its answer may wait
 * for a part that hangs.
 */
final class ServiceWatch implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(50);
  private static final Duration END_PATIENCE = Duration.ofSeconds(25);

  private final Queue<ServiceSample> samples = new ConcurrentLinkedQueue<>();
  private final Queue<ReadySample> readiness = new ConcurrentLinkedQueue<>();
  private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
  private final HttpDoor operator;
  private final HttpDoor service;
  private final List<Thread> threads;
  private volatile boolean ended;

  private interface Question {
    void ask() throws IOException;
  }

  /** Asks from now on. */
  ServiceWatch(HttpDoor operator, HttpDoor service) {
    this.operator = operator;
    this.service = service;
    this.threads =
        List.of(
            new Thread(() -> ask(this::takeSample), "service-metrics"),
            new Thread(() -> ask(this::takeReadiness), "service-readiness"));
    threads.forEach(thread -> thread.setDaemon(true));
    threads.forEach(Thread::start);
  }

  private void ask(Question question) {
    try {
      while (!ended) {
        question.ask();
        Thread.sleep(PAUSE.toMillis());
      }
    } catch (IOException e) {
      failure.compareAndSet(null, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void takeSample() throws IOException {
    long at = System.nanoTime();
    samples.add(ServiceSample.of(at, operator.get("/metrics").require(200).text()));
  }

  private void takeReadiness() throws IOException {
    boolean ready = service.get("/readyz").status() == 200;
    readiness.add(new ReadySample(System.nanoTime(), ready));
  }

  /** Why it does not ask any more, where that is not because of {@link #close}. */
  Optional<IOException> failure() {
    return Optional.ofNullable(failure.get());
  }

  /** What metrics said from then to then, in order. */
  List<ServiceSample> samples(long from, long to) {
    return samples.stream().filter(each -> each.at() >= from && each.at() < to).toList();
  }

  /** What readiness said from then to then, in order. */
  List<ReadySample> readiness(long from, long to) {
    return readiness.stream().filter(each -> each.at() >= from && each.at() < to).toList();
  }

  @Override
  public void close() throws IOException {
    ended = true;
    try {
      for (Thread thread : threads) {
        thread.join(END_PATIENCE.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    operator.close();
    service.close();
  }
}
