// SPDX-License-Identifier: Apache-2.0
package dev.writ.gateway;

import dev.writ.artifact.Seen;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustSuccession;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import javax.net.ssl.SSLContext;

/**
 * Keeps a gateway's memory up to date with what a service withdraws, on one thread of its own: whatever
 * the service pushes is verified, then kept durably, before the next is read. While nobody pushes, status
 * tokens are pulled, each {@code ttl}, from whichever node answers.
 *
 * <p>Nobody holds a gateway back for long: a service whose events leave something out that its tokens do not
 * know, or that shows signs of life and no newer token within half of {@code max_age_s}, is left for the next,
 * and so is one that has not the leaf to go on from. A node that says it a byte at a time is waited for no
 * longer than a silent one.
 *
 * <p>A gateway judges by its memory alone and never waits for this. Where nothing comes for long, its
 * tokens grow too old and it denies.
 */
public final class RevocationFollower implements AutoCloseable {
  static final String STREAM = "/v1/revocations/stream";

  /** A service shows every five seconds that it is there. */
  private static final Duration SILENCE = Duration.ofSeconds(15);

  private static final Duration ANSWER = Duration.ofSeconds(5);
  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LONGEST_PAUSE_MILLIS = 2_000;

  private static final int OK = 200;
  private static final int CONFLICT = 409;

  private final List<URI> services;
  private final Optional<Function<TrustFile, SSLContext>> tls;
  private final GatewayTrust trust;
  private final FollowerListener listener;
  private final Thread thread;
  private final Learner learner;
  private final Set<HttpStream> open = ConcurrentHashMap.newKeySet();

  private volatile boolean closed;

  /** Owned by the thread. */
  private int failures;

  /**
   * A follower, from {@link #start} on.
   *
   * @param services nodes of one service: https, or http on this machine; each is tried in turn
   * @param tls says which servers are believed under a trust file; needed for https
   * @param trust the trust file that the gateway goes by, which follows what is published
   * @param seen the gateway's memory, by which it judges
   */
  public RevocationFollower(
      List<URI> services,
      Optional<Function<TrustFile, SSLContext>> tls,
      GatewayTrust trust,
      Seen seen,
      InstantSource clock,
      FollowerListener listener) {
    this.services = List.copyOf(services);
    if (services.isEmpty()) {
      throw new IllegalArgumentException("a follower must have a service to follow, has none");
    }
    for (URI service : services) {
      requireFit(service, tls.isPresent());
    }
    this.tls = tls;
    this.trust = trust;
    this.listener = listener;
    this.learner = new Learner(trust, seen, clock, listener);
    // It holds little of its own on the stack, and there may be many in one process.
    this.thread = new Thread(null, this::run, "writ-revocations", 256 * 1024);
    thread.setDaemon(true);
  }

  static void requireFit(URI service, boolean tls) {
    boolean fits =
        service.getHost() != null
            && ("http".equals(service.getScheme()) || ("https".equals(service.getScheme()) && tls))
            && (service.getRawPath() == null || service.getRawPath().matches("/?"));
    if (!fits) {
      throw new IllegalArgumentException(
          "a service must be https://HOST[:PORT], with keys to believe in, or http on this machine;"
              + " was "
              + service);
    }
  }

  /** Begins to follow. */
  public void start() {
    thread.start();
  }

  /** How much was dropped so far, by why. */
  public Map<Dropped, Long> dropped() {
    return learner.dropped();
  }

  private void run() {
    for (int turn = 0; !closed; turn++) {
      URI service = services.get(turn % services.size());
      String why = follow(service);
      if (closed) {
        return;
      }
      listener.disconnected(service, why);
      if (learner.isStale()) {
        pull();
      }
      pause();
      failures++;
    }
  }

  /** Follows for as long as it goes; why it went no further. */
  private String follow(URI service) {
    try (HttpStream stream = new HttpStream()) {
      open.add(stream);
      try {
        return follow(service, stream);
      } finally {
        open.remove(stream);
      }
    } catch (EventReader.TooLargeException e) {
      learner.drop(Dropped.TOO_LARGE, String.valueOf(e.getMessage()));
      return String.valueOf(e.getMessage());
    } catch (EventReader.TruncatedException e) {
      learner.drop(Dropped.TRUNCATED, String.valueOf(e.getMessage()));
      return String.valueOf(e.getMessage());
    } catch (IOException | RuntimeException e) {
      return e.toString();
    }
  }

  private String follow(URI service, HttpStream stream) throws IOException {
    OptionalLong last = learner.last();
    stream.closeAt(System.nanoTime() + SILENCE.toNanos());
    HttpStream.Response response =
        stream.get(
            service,
            tls(),
            STREAM,
            last.isPresent()
                ? Map.of("Accept", "text/event-stream", "Last-Event-ID", "" + last.getAsLong())
                : Map.of("Accept", "text/event-stream"),
            SILENCE);
    if (response.status() == CONFLICT) {
      learner.beginAnew();
      return "the service must have leaf " + last.orElse(-1) + ", and says that it has not";
    }
    if (response.status() != OK) {
      return "the service must push, and answered " + response.status();
    }
    learner.connected();
    listener.connected(service);
    EventReader events = new EventReader(response.body());
    while (!closed) {
      learner.patienceEnds().ifPresentOrElse(stream::closeAt, stream::closeNever);
      EventReader.Read read;
      try {
        read = events.next();
      } catch (IOException e) {
        if (!stream.isOver()) {
          throw e;
        }
        return leave(learner.whyToLeave().orElse("a newer status token came too late"));
      }
      if (read instanceof EventReader.Read.End) {
        return "the service ended the stream";
      }
      boolean before = learner.isCaughtUp();
      if (read instanceof EventReader.Read.Event event) {
        take(service, event.event());
      }
      Optional<String> leave = learner.whyToLeave();
      if (leave.isPresent()) {
        return leave(leave.get());
      }
      if (learner.isCaughtUp() && !before) {
        failures = 0;
        listener.caughtUp(service);
      }
    }
    return "closed";
  }

  private String leave(String why) {
    learner.drop(Dropped.GOVERNANCE_DISCONTINUITY, why);
    return why;
  }

  private void take(URI service, ServerEvent event) {
    switch (event.type()) {
      case "revocation" -> learner.revocation(event.data(), published(service));
      case "status" -> {
        boolean unused = learner.status(event.data(), published(service));
      }
      default -> {
        if (event.data().isEmpty()) {
          learner.offer(event.id());
        } else {
          learner.drop(
              Dropped.UNVERIFIABLE, "an event must be a revocation or a status token, was another");
        }
      }
    }
  }

  private TrustSuccession.Published published(URI service) {
    return version -> {
      try {
        return fetch(service, "/v1/trust/" + version, TrustFile.MAX_BYTES);
      } catch (IOException e) {
        // Who cannot say which follows, or will not, is found out by tokens.
        return Optional.empty();
      }
    };
  }

  /** Fetches the newest token of each list from the first service that answers. */
  private void pull() {
    for (URI service : services) {
      boolean any = false;
      for (int list : learner.lists()) {
        if (closed) {
          return;
        }
        any |= pull(service, list);
      }
      if (any) {
        return;
      }
    }
  }

  private boolean pull(URI service, int list) {
    try {
      Optional<byte[]> token = fetch(service, "/status/" + list, StatusToken.MAX_LENGTH + 1);
      // Who has none but older ones is not the one to go by.
      return token.isPresent()
          && learner.status(new String(token.get(), StandardCharsets.US_ASCII), published(service));
    } catch (IOException | RuntimeException e) {
      // Another node may answer; else tokens grow old, and the gateway denies.
      return false;
    }
  }

  /** One answer, where it is 200. */
  private Optional<byte[]> fetch(URI service, String path, int most) throws IOException {
    try (HttpStream stream = new HttpStream()) {
      open.add(stream);
      stream.closeAt(System.nanoTime() + ANSWER.toNanos());
      try {
        HttpStream.Response response =
            stream.get(service, tls(), path, Map.of("Connection", "close"), ANSWER);
        return response.status() == OK
            ? Optional.of(response.body().readNBytes(most))
            : Optional.empty();
      } finally {
        open.remove(stream);
      }
    }
  }

  private Optional<SSLContext> tls() {
    return tls.map(of -> of.apply(trust.trust()));
  }

  /** Longer each time, and not the same for all gateways, which a service that comes back has at once. */
  private void pause() {
    long most = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(failures, 5));
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(most / 2, most + 1));
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  /** Follows no more. */
  @Override
  public void close() {
    closed = true;
    open.forEach(HttpStream::close);
    thread.interrupt();
    try {
      thread.join(ANSWER.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
