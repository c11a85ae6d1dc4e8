// SPDX-License-Identifier: Apache-2.0
package dev.writ.gateway;

import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.RevocationVerdict;
import dev.writ.artifact.Seen;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.StatusVerdict;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a gateway's memory up to date with what a service withdraws, on one thread of its own: whatever
 * the service pushes is verified, then kept durably, before the next is read. While nobody pushes, status
 * tokens are pulled, each {@code ttl}, from whichever node answers.
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

  /** Most lists that are pulled: as many as a memory keeps. */
  private static final int MOST_LISTS = 1024;

  private final List<URI> services;
  private final Optional<SSLContext> tls;
  private final Supplier<BundleVerifier> verifier;
  private final Seen seen;
  private final InstantSource clock;
  private final FollowerListener listener;
  private final Thread thread;
  private final Map<Dropped, Long> counts = new EnumMap<>(Dropped.class);

  private volatile boolean closed;
  private volatile @Nullable HttpStream open;

  /** Owned by the thread, as all below. */
  private OptionalLong last = OptionalLong.empty();

  /** Whether a revocation of this connection was refused: the next begins before it. */
  private boolean refusedOne;

  private final Set<Integer> lists = new TreeSet<>(Set.of(0));
  private Instant newestToken = Instant.MIN;
  private Duration ttl = Duration.ofSeconds(60);
  private int failures;

  /**
   * A follower, from {@link #start} on.
   *
   * @param services nodes of one service: https, or http on this machine; each is tried in turn
   * @param tls says which servers are believed; needed for https
   * @param verifier of the trust file that the gateway goes by now
   * @param seen the gateway's memory, by which it judges
   */
  public RevocationFollower(
      List<URI> services,
      Optional<SSLContext> tls,
      Supplier<BundleVerifier> verifier,
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
    this.verifier = verifier;
    this.seen = seen;
    this.clock = clock;
    this.listener = listener;
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
    synchronized (counts) {
      return Map.copyOf(counts);
    }
  }

  private void run() {
    for (int turn = 0; !closed; turn++) {
      URI service = services.get(turn % services.size());
      String why = follow(service);
      if (closed) {
        return;
      }
      listener.disconnected(service, why);
      if (isStale()) {
        pull();
      }
      pause();
      failures++;
    }
  }

  /** Follows for as long as it goes; why it went no further. */
  private String follow(URI service) {
    try (HttpStream stream = new HttpStream()) {
      open = stream;
      HttpStream.Response response =
          stream.get(
              service,
              tls,
              STREAM,
              last.isPresent()
                  ? Map.of("Accept", "text/event-stream", "Last-Event-ID", "" + last.getAsLong())
                  : Map.of("Accept", "text/event-stream"),
              SILENCE);
      if (response.status() != 200) {
        return "the service must push, and answered " + response.status();
      }
      refusedOne = false;
      listener.connected(service);
      EventReader events = new EventReader(response.body());
      while (!closed) {
        EventReader.Read read = events.next();
        if (read instanceof EventReader.Read.End) {
          return "the service ended the stream";
        }
        if (read instanceof EventReader.Read.Event event) {
          take(event.event());
        }
        if (isLongStale()) {
          return "a status token must come each ttl, and none did";
        }
      }
      return "closed";
    } catch (EventReader.TooLargeException e) {
      drop(Dropped.TOO_LARGE, String.valueOf(e.getMessage()));
      return String.valueOf(e.getMessage());
    } catch (EventReader.TruncatedException e) {
      drop(Dropped.TRUNCATED, String.valueOf(e.getMessage()));
      return String.valueOf(e.getMessage());
    } catch (IOException | RuntimeException e) {
      return e.toString();
    } finally {
      open = null;
    }
  }

  private void take(ServerEvent event) {
    switch (event.type()) {
      case "revocation" -> revocation(event.data());
      case "status" -> status(event.data());
      default -> {
        if (event.data().isEmpty()) {
          begin(event.id());
        } else {
          drop(
              Dropped.UNVERIFIABLE, "an event must be a revocation or a status token, was another");
        }
      }
    }
  }

  /** Where to go on from, until a revocation says so by its own place. */
  private void begin(String id) {
    if (last.isEmpty() && id.matches("0|[1-9][0-9]{0,15}")) {
      last = OptionalLong.of(Long.parseLong(id));
    }
  }

  private void revocation(String json) {
    RevocationVerdict verdict =
        verifier
            .get()
            .learnRevocation(json.getBytes(StandardCharsets.UTF_8), seen, clock.instant());
    if (verdict instanceof RevocationVerdict.Refused refused) {
      // It may hold yet: under the next trust file, or once the disk has room.
      refusedOne = true;
      drop(Dropped.of(refused.code()), refused.reason());
      return;
    }
    RevocationVerdict.Believed believed = (RevocationVerdict.Believed) verdict;
    boolean behind = last.isPresent() && believed.index() <= last.getAsLong();
    if (behind) {
      drop(
          believed.isNew() ? Dropped.REORDERED : Dropped.REPLAYED,
          "leaf " + believed.index() + " came after leaf " + last.getAsLong());
    } else if (!refusedOne) {
      last = OptionalLong.of(believed.index());
    }
    if (believed.isNew()) {
      listener.withdrawn(believed);
    }
  }

  private void status(String compact) {
    StatusVerdict verdict = verifier.get().learn(compact, seen, clock.instant());
    if (verdict instanceof StatusVerdict.Refused refused) {
      drop(Dropped.of(refused.code()), refused.reason());
    } else if (verdict instanceof StatusVerdict.Older older) {
      drop(Dropped.REPLAYED, "a later token is held: " + older.held());
    } else {
      StatusToken token = ((StatusVerdict.Newest) verdict).token();
      newestToken = clock.instant();
      ttl = token.claims().ttl();
      failures = 0;
      note(token.claims().listUri());
      listener.learnt(token);
    }
  }

  private void note(String listUri) {
    String number = listUri.substring(listUri.lastIndexOf('/') + 1);
    if (number.matches("0|[1-9][0-9]{0,8}") && lists.size() < MOST_LISTS) {
      lists.add(Integer.parseInt(number));
    }
  }

  private boolean isStale() {
    return !clock.instant().isBefore(newestToken.plus(ttl));
  }

  private boolean isLongStale() {
    return newestToken.isAfter(Instant.MIN)
        && !clock.instant().isBefore(newestToken.plus(ttl.multipliedBy(2)));
  }

  /** Fetches the newest token of each list from the first service that answers. */
  private void pull() {
    for (URI service : services) {
      boolean any = false;
      for (int list : List.copyOf(lists)) {
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
    try (HttpStream stream = new HttpStream()) {
      open = stream;
      HttpStream.Response response =
          stream.get(service, tls, "/status/" + list, Map.of("Connection", "close"), ANSWER);
      if (response.status() != 200) {
        return false;
      }
      byte[] token = response.body().readNBytes(StatusToken.MAX_LENGTH + 1);
      status(new String(token, StandardCharsets.US_ASCII));
      return true;
    } catch (IOException | RuntimeException e) {
      // Another node may answer; else tokens grow old, and the gateway denies.
      return false;
    } finally {
      open = null;
    }
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

  private void drop(Dropped why, String reason) {
    synchronized (counts) {
      counts.merge(why, 1L, Long::sum);
    }
    listener.dropped(why, reason);
  }

  /** Follows no more. */
  @Override
  public void close() {
    closed = true;
    HttpStream reading = open;
    if (reading != null) {
      reading.close();
    }
    thread.interrupt();
    try {
      thread.join(ANSWER.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
