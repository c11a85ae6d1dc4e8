// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Environment;
import dev.writ.artifact.HostState;
import java.util.OptionalLong;

/** One lease that {@link Leases} hold, until it is given back. */
public final class Lease implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger(Lease.class.getName());

  /** The least time between two attempts to renew. */
  static final long RETRY_MS = 250;

  /** Why it was not renewed, where nothing has come of what was asked. */
  private static final String NO_ANSWER = "the service or this host's TPM has not answered";

  private final Leases leases;
  private final Leased leased;
  private final long graceMs;

  @GuardedBy("this")
  private Artifact artifact;

  @GuardedBy("this")
  private long askAt;

  @GuardedBy("this")
  private long endAt = Long.MIN_VALUE;

  @GuardedBy("this")
  private long renewAt;

  @GuardedBy("this")
  private boolean renewing;

  @GuardedBy("this")
  private boolean stopped;

  @GuardedBy("this")
  private boolean over;

  @GuardedBy("this")
  private String failure = "";

  @GuardedBy("this")
  private boolean told;

  Lease(Leases leases, Leased leased, Artifact artifact, long graceMs) {
    this.leases = leases;
    this.leased = leased;
    this.artifact = artifact;
    this.graceMs = graceMs;
  }

  Leased leased() {
    return leased;
  }

  synchronized Artifact artifact() {
    return artifact;
  }

  /**
   * It holds until then.
   *
   * @param jitter of 0 to 1: hosts that started together must not renew together
   */
  void hold(Artifact held, long end, long now, double jitter) {
    synchronized (this) {
      renewing = false;
      if (stopped || over) {
        return;
      }
      // A short lease is not all grace.
      long ask = end - Math.min(graceMs, Math.max(0, end - now) / 4);
      // Where this throws it holds as before.
      leased.holds(ask, end);
      if (gainsNothing(held, end)) {
        failure = "what came last ends no later";
        renewAt = Long.MAX_VALUE;
      } else {
        failure = "";
        renewAt = now + Math.max(RETRY_MS, (long) ((ask - now) * (0.5 - jitter / 5)));
      }
      artifact = held;
      endAt = end;
      askAt = ask;
    }
    leases.changed();
  }

  /**
   * Whether something other than the lease ends it, which no renewal moves. A lease that has become shorter
   * may end sooner and is renewed.
   */
  @GuardedBy("this")
  private boolean gainsNothing(Artifact next, long end) {
    ArtifactClaims before = artifact.claims();
    return end <= endAt
        && next.claims().exp().equals(before.exp())
        && next.claims().lease().equals(before.lease());
  }

  /** It could not be renewed; until it ends there is time. */
  synchronized void notRenewed(String reason, long now, double jitter) {
    renewing = false;
    failure = reason;
    renewAt = now + Math.max(RETRY_MS, (long) ((askAt - now) * (0.25 + jitter / 4)));
  }

  /** Whether it is to be renewed now; who is told so renews it. */
  synchronized boolean takeRenewal(long now) {
    if (renewing || stopped || over || now < renewAt) {
      return false;
    }
    renewing = true;
    return true;
  }

  /** Whether a look at the host counts for it. */
  synchronized boolean isHeld() {
    return !stopped && !over;
  }

  /** Whether nothing is left to do. */
  synchronized boolean isOver() {
    return over;
  }

  /**
   * Ends what is over, kills what did not end.
   *
   * @return when that is to be asked again
   */
  OptionalLong endIfOver(long now) {
    boolean lapsed;
    boolean kill;
    String why;
    OptionalLong next;
    synchronized (this) {
      if (over) {
        return OptionalLong.empty();
      }
      lapsed = !stopped && now >= askAt;
      why = renewing && failure.isEmpty() ? NO_ANSWER : failure;
      kill = stopped && now >= endAt;
      next = OptionalLong.of(stopped ? endAt : renewing ? askAt : Math.min(askAt, renewAt));
    }
    if (kill) {
      kill();
      return OptionalLong.empty();
    }
    if (lapsed) {
      stop(
          DenialCode.UNVERIFIABLE,
          "a lease must be renewed before it ends, and was not" + (why.isEmpty() ? "" : ": " + why),
          now);
      return OptionalLong.of(now);
    }
    return next;
  }

  private void kill() {
    // Not over before: where this throws it is to be killed still.
    leased.kill();
    synchronized (this) {
      over = true;
    }
  }

  /** Where nobody will end it later. */
  void endNow(String reason, long now) {
    stop(DenialCode.UNVERIFIABLE, reason, now);
    try {
      kill();
    } catch (RuntimeException e) {
      // The others are ended still.
      fails(e);
    }
  }

  /** Ends it now, if it does not end already. */
  void stop(DenialCode code, String reason, long now) {
    synchronized (this) {
      if (stopped || over) {
        return;
      }
      stopped = true;
      endAt = Math.min(endAt, now + graceMs);
      try {
        leased.stop(code, reason, endAt);
      } catch (RuntimeException e) {
        // Who cannot be asked to end is killed when that time is over.
        fails(e);
      }
    }
    leases.changed();
  }

  /** Says once that it could not be ended; it is tried again and again. */
  void fails(RuntimeException cause) {
    synchronized (this) {
      if (told) {
        return;
      }
      told = true;
    }
    LOGGER.log(
        System.Logger.Level.WARNING,
        "what ran under a lease must be ended with it, which failed and is tried again",
        cause);
  }

  /** Whether the host is in the state that an artifact is for. */
  static boolean isMet(ArtifactClaims claims, HostState host) {
    Environment env = claims.env();
    return env.akName().equals(host.akName())
        && env.digest().equals(host.pcrDigest())
        && env.resetCount() == host.resetCount()
        && env.restartCount() == host.restartCount();
  }

  /** What runs has ended. */
  @Override
  public void close() {
    synchronized (this) {
      over = true;
    }
    leases.changed();
  }
}
