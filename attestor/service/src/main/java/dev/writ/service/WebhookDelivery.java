// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.ledger.LedgerException;
import dev.writ.tlog.BoundedBody;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import javax.net.ssl.SSLParameters;

/**
 * Posts revocations to one webhook, one after the other, on a thread of its own. Nothing is queued: it has a
 * {@linkplain DeliveryPlace place} in the ledger, which it leaves once the webhook took what is there. So a
 * webhook that is slow or dead holds up nobody, and what it missed is there when it comes back, or the
 * service does.
 *
 * <p>Each is delivered at least once. Given up, and told in the log, is alone what the webhook refuses to take,
 * by its status: soon where it says that it cannot take this one, and else when that can no longer withdraw
 * anything that holds. It would hold up what comes after it.
 */
final class WebhookDelivery implements AutoCloseable {
  /** So long a revocation may withdraw what still holds, by clocks an hour apart. */
  static final Duration MATTERS = ArtifactClaims.MAX_LIFETIME.plusHours(1);

  private static final System.Logger LOG = System.getLogger(WebhookDelivery.class.getName());
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Where the ledger, and not the webhook, is why. */
  private static final long LEDGER_PAUSE_MILLIS = 1_000;

  /** Timed out, too early, too many: said by who will take it later. */
  private static final Set<Integer> AWAY = Set.of(408, 425, 429);

  /** Malformed, too long, of no known type, not to be processed: said of what was posted, by who takes others. */
  private static final Set<Integer> UNFIT = Set.of(400, 413, 415, 422);

  /** Takes up to half a minute with the usual pauses: a receiver that is being restarted is back by then. */
  static final int MOST_UNFIT = 8;

  private static final int MOST_ANSWER = 16 * 1024;

  private final Webhook hook;
  private final RevocationEvents events;
  private final DeliveryPlace place;
  private final Pauses pauses;
  private final InstantSource clock;
  private final HttpClient client;
  private final Thread thread;
  private final LongAdder delivered = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder givenUp = new LongAdder();
  private volatile boolean failing;
  private volatile boolean closed;

  /** Attempts in a row that came to nothing; owned by the thread. */
  private int failures;

  /** How often the webhook called the event unfit that it is posted now; owned by the thread. */
  private int unfit;

  @GuardedBy("this")
  private boolean told;

  /**
   * Between attempts.
   *
   * @param firstMillis twice as long after each that fails
   * @param mostMillis but no longer
   */
  record Pauses(long firstMillis, long mostMillis) {
    static final Pauses USUAL = new Pauses(250, 60_000);

    long after(int failures) {
      return Math.min(mostMillis, firstMillis << Math.min(failures - 1, 10));
    }
  }

  WebhookDelivery(
      Webhook hook,
      RevocationEvents events,
      DeliveryPlace place,
      Pauses pauses,
      InstantSource clock) {
    this.hook = hook;
    this.events = events;
    this.place = place;
    this.pauses = pauses;
    this.clock = clock;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            // Where it goes is for the configuration to say, and for no server and no environment.
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(HttpClient.Builder.NO_PROXY)
            .connectTimeout(PATIENCE);
    hook.tls().ifPresent(builder::sslContext);
    SSLParameters newest = new SSLParameters();
    newest.setProtocols(new String[] {"TLSv1.3"});
    builder.sslParameters(newest);
    this.client = builder.build();
    this.thread = new Thread(this::run, "writ-webhook-" + hook.name());
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  String name() {
    return hook.name();
  }

  long delivered() {
    return delivered.sum();
  }

  /** Attempts that came to nothing. */
  long refused() {
    return refused.sum();
  }

  long givenUp() {
    return givenUp.sum();
  }

  boolean isFailing() {
    return failing;
  }

  /** There is more; from whatever thread. */
  synchronized void tell() {
    told = true;
    notifyAll();
  }

  private synchronized void await(long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left = millis; !told && !closed && left > 0; ) {
      wait(left);
      left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    }
    told = false;
  }

  private void run() {
    try {
      while (!closed) {
        try {
          Optional<Map.Entry<Long, byte[]>> next =
              events.next(place.next(clock.instant().minus(MATTERS)));
          if (next.isEmpty()) {
            place.settle();
            await(1_000);
          } else if (delivers(next.get().getKey(), next.get().getValue())) {
            unfit = 0;
            place.told(next.get().getKey());
          } else {
            pause();
          }
        } catch (LedgerException | RuntimeException e) {
          if (e instanceof RuntimeException) {
            Defect.log("a webhook", e);
          }
          // The webhook may have refused before that.
          pause();
        }
      }
    } catch (InterruptedException e) {
      // It is being closed.
    }
    try {
      place.settle();
    } catch (LedgerException | RuntimeException e) {
      // What was told since is told once more.
    }
  }

  /** Whether to go on to the next. */
  private boolean delivers(long index, byte[] event) throws InterruptedException, LedgerException {
    String why;
    boolean unwilling = false;
    boolean unable = false;
    try {
      int status = post(index, event);
      if (status >= 200 && status < 300) {
        delivered.increment();
        if (failing) {
          LOG.log(System.Logger.Level.INFO, "webhook_answers", LogFields.of("webhook", name()));
        }
        failing = false;
        failures = 0;
        return true;
      }
      why = "it must be answered with 2xx, was with " + status;
      unwilling = status < 500 && !AWAY.contains(status);
      if (UNFIT.contains(status)) {
        unfit++;
        unable = unfit >= MOST_UNFIT;
      }
    } catch (IOException e) {
      // What the JDK says may name the URL.
      why =
          "it must be reached and answer within "
              + PATIENCE.toSeconds()
              + " s: "
              + e.getClass().getSimpleName();
    }
    refused.increment();
    if (!failing) {
      LOG.log(
          System.Logger.Level.WARNING,
          "webhook_failed",
          LogFields.of("webhook", name()).and("leaf_index", index).and("message", why));
    }
    failing = true;
    failures = Math.min(failures + 1, 1 << 20);
    if (unable) {
      // It answers: what comes next is tried as if this had not been.
      failures = 0;
      return givesUp(index, why + ", " + MOST_UNFIT + " times");
    }
    return unwilling && events.since(clock.instant().minus(MATTERS)) > index && givesUp(index, why);
  }

  private boolean givesUp(long index, String why) {
    givenUp.increment();
    LOG.log(
        System.Logger.Level.WARNING,
        "webhook_gave_up",
        LogFields.of("webhook", name())
            .and("leaf_index", index)
            .and("message", why + "; read the leaf in the ledger"));
    return true;
  }

  private int post(long index, byte[] event) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(hook.url())
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .header("User-Agent", "writ")
            .header("Writ-Event", "revocation")
            .header("Writ-Event-Id", Long.toString(index))
            .POST(HttpRequest.BodyPublishers.ofByteArray(event))
            .build();
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(request, head -> new BoundedBody(MOST_ANSWER));
    try {
      return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS).statusCode();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
    } catch (TimeoutException e) {
      throw new IOException(e);
    } finally {
      var unused = answer.cancel(true);
    }
  }

  /** Longer each time; that there is more to deliver is no reason to try again. */
  private void pause() throws InterruptedException {
    long most = failures == 0 ? LEDGER_PAUSE_MILLIS : pauses.after(failures);
    Thread.sleep(ThreadLocalRandom.current().nextLong(most / 2, most + 1));
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(PATIENCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
