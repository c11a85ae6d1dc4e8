// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Offers exchanges (a challenge, then the application that answers it) over connections that are kept,
 * from one thread, at a rate or as fast as they are answered.
 *
 * <p>At a rate the loop is open: an exchange has its time, whether or not the service has answered the
 * ones before, and its latency counts from that time. So a service that stalls is charged with all that
 * would have been asked meanwhile (no coordinated omission). Exchanges are begun at most a millisecond
 * late, and that too is counted.
 */
public final class LoadGenerator implements AutoCloseable {
  private static final long SLOWEST_MICROS = TimeUnit.MINUTES.toMicros(5);
  private static final int DIGITS = 3;
  private static final long TICK_MILLIS = 1;

  private final InetSocketAddress service;
  private final List<LoadHost> hosts;
  private final Observer observer;
  private final Duration patience;
  private final Selector selector;
  private final List<Connection> connections = new ArrayList<>();
  private int nextHost;
  private volatile boolean stopped;

  /**
   * A generator with its connections.
   *
   * @param patience how long the last answers of a run are waited for
   */
  LoadGenerator(
      InetSocketAddress service,
      List<LoadHost> hosts,
      int connections,
      Observer observer,
      Duration patience)
      throws IOException {
    this.service = service;
    this.hosts = List.copyOf(hosts);
    this.observer = observer;
    this.patience = patience;
    this.selector = Selector.open();
    for (int i = 0; i < connections; i++) {
      this.connections.add(new Connection());
    }
  }

  /** Begins exchanges at an even rate. */
  public LoadResult offer(double perSecond, Duration length) throws IOException {
    return new Run(perSecond, Long.MAX_VALUE).until(length);
  }

  /** Begins an exchange on each connection as soon as the one before is answered. */
  public LoadResult saturate(Duration length) throws IOException {
    return new Run(Double.POSITIVE_INFINITY, Long.MAX_VALUE).until(length);
  }

  /** The same, until {@code count} exchanges were begun. */
  public LoadResult saturate(long count) throws IOException {
    return new Run(Double.POSITIVE_INFINITY, count).until(Duration.ofDays(1));
  }

  /** Lets a run under way begin no more exchanges. May be called from any thread. */
  public void stop() {
    stopped = true;
  }

  @Override
  public void close() throws IOException {
    for (Connection connection : connections) {
      connection.close();
    }
    selector.close();
  }

  private final class Run {
    private final double perSecond;
    private final long limit;
    private final Map<String, Long> failures = new TreeMap<>();
    private final Histogram whole = new Histogram(SLOWEST_MICROS, DIGITS);
    private final Histogram challenge = new Histogram(SLOWEST_MICROS, DIGITS);
    private final Histogram application = new Histogram(SLOWEST_MICROS, DIGITS);
    private final Deque<Connection> idle = new ArrayDeque<>();
    private int inFlight;
    private long begun;
    private long issued;
    private long start;
    private long lastAnswer;

    Run(double perSecond, long limit) {
      this.perSecond = perSecond;
      this.limit = limit;
    }

    LoadResult until(Duration length) throws IOException {
      for (Connection connection : connections) {
        connection.open(selector, service);
        idle.add(connection);
      }
      long offered =
          Double.isInfinite(perSecond) ? limit : (long) (perSecond * length.toNanos() / 1e9);
      start = System.nanoTime();
      lastAnswer = start;
      long lateBy = 0;
      while (true) {
        long now = System.nanoTime();
        boolean over = stopped || now - start >= length.toNanos();
        if (!over || !Double.isInfinite(perSecond)) {
          // What was due in the run's time is begun, however late.
          begin(now, stopped ? begun : offered);
        }
        if (inFlight == 0 && (over || begun >= offered || allBroken())) {
          break;
        }
        if (over && lateBy == 0) {
          lateBy = now;
        }
        if (lateBy != 0 && now - lateBy > patience.toNanos()) {
          giveUp();
          break;
        }
        selector.select(this::ready, TICK_MILLIS);
      }
      return new LoadResult(
          Double.isInfinite(perSecond) ? begun : offered,
          issued,
          Map.copyOf(failures),
          Duration.ofNanos(Math.max(1, lastAnswer - start)),
          whole,
          challenge,
          application);
    }

    private boolean allBroken() {
      return idle.isEmpty() && inFlight == 0;
    }

    private void begin(long now, long offered) {
      while (begun < offered && !idle.isEmpty()) {
        long due = Double.isInfinite(perSecond) ? now : start + (long) (begun * 1e9 / perSecond);
        if (due - now > 0) {
          return;
        }
        Connection connection = idle.remove();
        begun++;
        inFlight++;
        try {
          connection.begin(hosts.get(nextHost), due);
          nextHost = (nextHost + 1) % hosts.size();
        } catch (IOException e) {
          broken(connection, e);
        }
      }
    }

    private void ready(SelectionKey key) {
      Connection connection = (Connection) key.attachment();
      try {
        switch (connection.proceed()) {
          case WAITING -> {}
          case CHALLENGED -> challenge.recordValue(micros(connection.challengeNanos()));
          case ENDED -> ended(connection);
        }
      } catch (IOException e) {
        broken(connection, e);
      }
    }

    private void ended(Connection connection) {
      inFlight--;
      lastAnswer = connection.answeredAt();
      observer.ended(connection.exchange());
      if (connection.isIssued()) {
        issued++;
        whole.recordValue(micros(lastAnswer - connection.dueAt()));
        application.recordValue(micros(lastAnswer - connection.sentAt()));
        observer.issued(connection.application(), connection.body());
      } else {
        count(connection.refusal());
      }
      idle.add(connection);
    }

    private void broken(Connection connection, IOException e) {
      boolean wasIdle = idle.remove(connection);
      if (!wasIdle) {
        inFlight--;
        count("connection broken: " + e.getMessage());
        if (connection.hasApplied()) {
          observer.unanswered(connection.application());
        }
      }
      connection.close();
      reopen(connection);
    }

    private void reopen(Connection connection) {
      try {
        connection.open(selector, service);
        idle.add(connection);
      } catch (IOException e) {
        count("no connection: " + e.getMessage());
      }
    }

    private void giveUp() {
      for (Connection connection : connections) {
        if (connection.isBusy()) {
          count("no answer within " + patience.toSeconds() + " s");
          if (connection.hasApplied()) {
            observer.unanswered(connection.application());
          }
          connection.close();
        }
      }
    }

    private void count(String failure) {
      failures.merge(failure, 1L, Long::sum);
    }
  }

  private static long micros(long nanos) {
    return Math.min(SLOWEST_MICROS, Math.max(0, TimeUnit.NANOSECONDS.toMicros(nanos)));
  }
}
