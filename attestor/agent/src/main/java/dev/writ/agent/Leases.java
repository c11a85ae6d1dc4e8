// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.HostState;
import dev.writ.artifact.PcrBankSelection;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * Holds leases for what this process started, however many: renews each in time, looks at the host between
 * renewals, and ends what is not renewed, or what runs on a host that is no longer in the state that it was
 * permitted in.
 *
 * <pre>
 * a thread that keeps time    ends what is over; never waits for TPM or service
 * one that looks              one quote over an own nonce for all leases of one PCR selection
 * {@value #RENEWERS} at most that renew      each a challenge, a quote, an artifact, verified
 * </pre>
 *
 * <p>All three share one session with the TPM while one of them needs it. Times are of the {@link BootClock}:
 * nobody sets it, and a machine that slept finds its leases over.
 */
public final class Leases implements AutoCloseable {
  private static final int RENEWERS = 4;

  /** A machine that wakes up does not say so: what ended meanwhile ends so much later at most. */
  private static final long LONGEST_WAIT_MS = 250;

  private static final int TELLINGS = 4;

  /** How long giving back waits for what the service is being told. */
  private static final long TOLD_MS = 10_000;

  private static final String NOBODY_KEEPS_TIME =
      "a lease must be ended in time, and nobody keeps it any more";

  /** A look may take so many parts of the time, and not more. */
  private static final int SHARE = 4;

  private final SharedSession host;
  private final LongSupplier clock;
  private final RandomGenerator random;
  private final LeasePace pace;
  private final ExecutorService renewers;
  private final Object lock = new Object();

  @GuardedBy("lock")
  private final Set<Lease> held = new LinkedHashSet<>();

  @GuardedBy("lock")
  private long changes;

  @GuardedBy("lock")
  private boolean closed;

  @GuardedBy("lock")
  private Optional<Future<?>> telling = Optional.empty();

  private Leases(
      AttesterSession.Source host, LongSupplier clock, RandomGenerator random, LeasePace pace) {
    this.host = new SharedSession(host);
    this.clock = new LastingClock(clock);
    this.random = random;
    this.pace = pace;
    this.renewers = Executors.newFixedThreadPool(RENEWERS, daemons("writ-lease-renewal"));
  }

  /**
   * None yet.
   *
   * @param clock a {@link BootClock}
   */
  public static Leases begin(
      AttesterSession.Source host, LongSupplier clock, RandomGenerator random, LeasePace pace) {
    Leases leases = new Leases(host, clock, random, pace);
    daemons("writ-lease-time").newThread(leases::keepTime).start();
    daemons("writ-lease-look").newThread(leases::keepLooking).start();
    return leases;
  }

  private static ThreadFactory daemons(String name) {
    return work -> {
      Thread thread = new Thread(work, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  /**
   * Holds one from now on.
   *
   * @param artifact under which it runs
   * @param end when that ends, by the clock
   * @return to be closed when what runs has ended
   */
  public Lease hold(Artifact artifact, long end, Leased leased) {
    Lease lease = new Lease(this, leased, artifact, pace.grace().toMillis());
    lease.hold(artifact, end, clock.getAsLong(), random.nextDouble());
    synchronized (lock) {
      if (closed) {
        throw new IllegalStateException("bug: leases are closed, and another is to be held");
      }
      boolean unused = held.add(lease);
    }
    changed();
    return lease;
  }

  /** Something ends or is due at another time than before. */
  void changed() {
    synchronized (lock) {
      changes++;
      lock.notifyAll();
    }
  }

  private List<Lease> current() {
    synchronized (lock) {
      boolean unused = held.removeIf(Lease::isOver);
      return List.copyOf(held);
    }
  }

  private void keepTime() {
    try {
      endUntilClosed();
    } finally {
      if (!isClosed()) {
        current().forEach(lease -> lease.endNow(NOBODY_KEEPS_TIME, clock.getAsLong()));
      }
    }
  }

  private void endUntilClosed() {
    while (true) {
      long seen;
      synchronized (lock) {
        if (closed) {
          return;
        }
        seen = changes;
      }
      long wait = LONGEST_WAIT_MS;
      for (Lease lease : current()) {
        try {
          wait = Math.min(wait, endOrRenew(lease));
        } catch (RuntimeException e) {
          // The others end in time nonetheless, and this one is tried again.
          lease.fails(e);
        }
      }
      if (!waited(OptionalLong.of(seen), wait)) {
        return;
      }
    }
  }

  /** How long it may be left alone then. */
  private long endOrRenew(Lease lease) {
    long now = clock.getAsLong();
    OptionalLong next = lease.endIfOver(now);
    if (lease.takeRenewal(now)) {
      renewBeside(lease);
    }
    return next.isPresent() ? Math.max(1, next.getAsLong() - now) : LONGEST_WAIT_MS;
  }

  /**
   * False where this is closed.
   *
   * @param seen until there are other changes, where they count
   */
  private boolean waited(OptionalLong seen, long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    synchronized (lock) {
      try {
        long left = millis;
        while (!closed && seen.orElse(changes) == changes && left > 0) {
          lock.wait(left);
          left = (end - System.nanoTime()) / 1_000_000;
        }
        return !closed;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
  }

  private void renewBeside(Lease lease) {
    try {
      renewers.execute(() -> renew(lease));
    } catch (RejectedExecutionException e) {
      lease.notRenewed("leases are given back", clock.getAsLong(), 0);
    }
  }

  private void renew(Lease lease) {
    Leased.Renewed renewed = asked(lease);
    long now = clock.getAsLong();
    if (renewed instanceof Leased.Renewed.Until until) {
      goOn(lease, until, now);
    } else if (renewed instanceof Leased.Renewed.Denied denied) {
      lease.stop(denied.code(), denied.reason(), now);
      if (denied.code() == DenialCode.ENVIRONMENT_MISMATCH) {
        // The host changed behind the quote that was sent.
        tellBeside(lease);
      }
    } else if (renewed instanceof Leased.Renewed.Unavailable unavailable) {
      lease.notRenewed(unavailable.reason(), now, random.nextDouble());
      changed();
    }
  }

  private void goOn(Lease lease, Leased.Renewed.Until until, long now) {
    try {
      lease.hold(until.artifact(), until.end(), now, random.nextDouble());
    } catch (RuntimeException e) {
      lease.notRenewed(bug(e), now, random.nextDouble());
    }
  }

  private Leased.Renewed asked(Lease lease) {
    try {
      return host.use(attester -> lease.leased().renew(attester, lease.artifact()));
    } catch (TpmException | AttestationFailedException | IOException e) {
      return new Leased.Renewed.Unavailable(Sentence.of(e));
    } catch (RuntimeException e) {
      // Whatever it is, it renews nothing, and no thread may end over it.
      return new Leased.Renewed.Unavailable(bug(e));
    }
  }

  private static String bug(RuntimeException cause) {
    return "this is a bug, please report it: " + cause;
  }

  private void keepLooking() {
    try {
      lookUntilClosed();
    } finally {
      // Nothing runs on that nobody looks after.
      if (!isClosed()) {
        current()
            .forEach(
                lease ->
                    lease.stop(
                        DenialCode.UNVERIFIABLE,
                        "the host must be looked at, and nobody does any more",
                        clock.getAsLong()));
      }
    }
  }

  private void lookUntilClosed() {
    long period = pace.look().toMillis();
    while (!isClosed()) {
      long began = System.nanoTime();
      look();
      long cost = (System.nanoTime() - began) / 1_000_000;
      if (!waited(OptionalLong.empty(), Math.max(period - cost, (SHARE - 1) * cost))) {
        return;
      }
    }
  }

  private boolean isClosed() {
    synchronized (lock) {
      return closed;
    }
  }

  /** A host that cannot be looked at is not renewed either: what runs there ends with its lease. */
  private void look() {
    Map<Lease, Artifact> looked = new HashMap<>();
    for (Lease lease : current()) {
      if (lease.isHeld()) {
        looked.put(lease, lease.artifact());
      }
    }
    Set<List<PcrBankSelection>> selections =
        looked.values().stream()
            .map(artifact -> artifact.claims().env().pcrs())
            .collect(Collectors.toCollection(LinkedHashSet::new));
    for (List<PcrBankSelection> selection : selections) {
      HostState found;
      try {
        found = host.use(attester -> attester.hostState(selection));
      } catch (TpmException | AttestationFailedException | IOException | RuntimeException e) {
        continue;
      }
      stopAllBut(found, selection, looked);
    }
  }

  private void stopAllBut(
      HostState found, List<PcrBankSelection> selection, Map<Lease, Artifact> looked) {
    List<Lease> stopped = new ArrayList<>();
    looked.forEach(
        (lease, artifact) -> {
          // One that was renewed meanwhile is judged by the next look.
          if (artifact.claims().env().pcrs().equals(selection)
              && !Lease.isMet(artifact.claims(), found)
              && lease.artifact().equals(artifact)) {
            lease.stop(
                DenialCode.ENVIRONMENT_MISMATCH,
                "the host must stay as it was when this was permitted, and its "
                    + difference(artifact, found)
                    + " changed",
                clock.getAsLong());
            stopped.add(lease);
          }
        });
    // The service is told by evidence, which it judges itself: of one, for it is the host's.
    if (!stopped.isEmpty()) {
      tellBeside(stopped.get(0));
    }
  }

  private static String difference(Artifact artifact, HostState found) {
    if (!artifact.claims().env().akName().equals(found.akName())) {
      return "attestation key";
    }
    return artifact.claims().env().digest().equals(found.pcrDigest())
        ? "count of resets or restarts"
        : "PCRs";
  }

  private void tellBeside(Lease lease) {
    synchronized (lock) {
      if (!closed) {
        telling = Optional.of(renewers.submit(() -> tell(lease)));
      }
    }
  }

  /** Whatever the service says; a TPM that is busy for a moment does not keep it from knowing. */
  private void tell(Lease lease) {
    for (int attempt = 1; attempt <= TELLINGS; attempt++) {
      if (!(asked(lease) instanceof Leased.Renewed.Unavailable)) {
        return;
      }
      try {
        // Also while leases are given back, which waits for this.
        Thread.sleep(Lease.RETRY_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /**
   * Gives all back: what still runs is neither renewed nor ended by this any more. What the service is being
   * told of the host it is told first, within a bounded time.
   */
  @Override
  public void close() {
    Optional<Future<?>> told;
    synchronized (lock) {
      closed = true;
      held.clear();
      told = telling;
      lock.notifyAll();
    }
    renewers.shutdown();
    if (told.isEmpty()) {
      return;
    }
    try {
      Object unused = told.get().get(TOLD_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // It is told by whatever the host next asks for.
      return;
    }
  }
}
