// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedBundleException;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.Seen;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verdict;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * The child of a {@link WritExec} under a lease. writ-exec ends it by a clock of its own, so that it ends
 * when this process is stopped, too; this process kills it when writ-exec is; and the kernel does when both
 * are.
 */
final class LeasedRun implements Leased {
  /**
   * Denials of how the question was asked, and not of what was asked for: it can be asked again, by a fresh
   * challenge.
   */
  private static final Set<String> ASKED_AMISS =
      Set.of(
          "attestation_too_old",
          "challenge_expired",
          "challenge_not_ours",
          "challenge_of_earlier_epoch",
          "challenge_used",
          "ima_position_mismatch");

  private final WritExec exec;
  private final Means means;
  private final ExecBinding binding;
  private final Artifact first;
  private final Optional<ParentAtHand.Place> parent;
  private final Shown shown;
  private final HandedDown handed;

  /** The clock of the wall when this began, and the one that nobody sets: renewals are judged by both. */
  private final Instant wall;

  private final long boot;

  /** When the first artifact ends. */
  private long firstEnd;

  @GuardedBy("this")
  private long askAt = Long.MIN_VALUE;

  @GuardedBy("this")
  private long pid;

  @GuardedBy("this")
  private Optional<Renewed.Denied> stopped = Optional.empty();

  /**
   * What an artifact is judged with.
   *
   * @param sinceBoot a {@link BootClock}
   */
  record Means(
      ExecGateway.Verification verification,
      Seen seen,
      LongSupplier sinceBoot,
      InstantSource clock) {}

  /** What is shown with an artifact here and now. */
  interface Shown {
    Presentation with(Attester attester, Artifact artifact, Optional<ParentBundle> parent)
        throws TpmException, AttestationFailedException;
  }

  /**
   * One that is not started yet.
   *
   * @param first under which it is
   * @param parent where the bundle is as of now under which it was asked for, where anybody says
   */
  LeasedRun(
      WritExec exec,
      Means means,
      ExecBinding binding,
      Artifact first,
      Optional<ParentAtHand.Place> parent,
      Shown shown,
      HandedDown handed) {
    this.exec = exec;
    this.means = means;
    this.binding = binding;
    this.first = first;
    this.parent = parent;
    this.shown = shown;
    this.handed = handed;
    this.wall = means.clock().instant();
    this.boot = means.sinceBoot().getAsLong();
  }

  /**
   * Tells writ-exec of the end before there is a child. False where it has come.
   *
   * @param asked when asking for the artifact began; absent where it was brought
   */
  boolean begin(OptionalLong asked, Duration grace) throws IOException {
    firstEnd = end(first.claims(), asked);
    long left = firstEnd - now();
    if (left <= 0) {
      return false;
    }
    tell(left - Math.min(grace.toMillis(), left / 4), left);
    return true;
  }

  /** Until the child has ended, whatever ends it. */
  Ending awaitEnd(
      long started, AttesterSession.Source host, RandomGenerator random, LeasePace pace) {
    synchronized (this) {
      pid = started;
    }
    try (Leases leases = Leases.begin(host, means.sinceBoot(), random, pace)) {
      Lease lease = leases.hold(first, firstEnd, this);
      Ending ending = exec.awaitEnd();
      lease.close();
      synchronized (this) {
        pid = 0;
        if (stopped.isEmpty() && now() >= askAt) {
          // writ-exec was first.
          stopped =
              Optional.of(
                  new Renewed.Denied(
                      DenialCode.UNVERIFIABLE,
                      "a lease must be renewed before it ends, and was not"));
        }
      }
      return ending;
    }
  }

  synchronized Optional<Renewed.Denied> whyStopped() {
    return stopped;
  }

  private long now() {
    return means.sinceBoot().getAsLong();
  }

  /** When the wall's clock would say so, had nobody set it since the start. */
  private long at(Instant time) {
    return boot + Duration.between(wall, time).toMillis();
  }

  /** What the wall's clock would say, had nobody set it since the start. */
  private Instant steady() {
    return wall.plusMillis(now() - boot);
  }

  /**
   * When an artifact ends: by when it was asked for, which was before it was attested for, and by its end.
   */
  private long end(ArtifactClaims claims, OptionalLong asked) {
    long lifetime = Duration.between(claims.iat(), claims.exp()).toMillis();
    return Math.min(at(claims.exp()), asked.orElse(now()) + lifetime);
  }

  @Override
  public Renewed renew(Attester attester, Artifact held)
      throws TpmException, IOException, AttestationFailedException {
    long asked = now();
    Optional<ParentBundle> above = Optional.empty();
    if (first.claims().lineage().parent().isPresent()) {
      // Of what is stopped the service is told by evidence, and need be shown nothing else.
      boolean toGoOn = whyStopped().isEmpty();
      if (parent.isEmpty() && toGoOn) {
        // Nobody can show what it is under: it has its one lease, and that to its end.
        return new Renewed.Until(first, firstEnd);
      }
      try {
        above = toGoOn ? Optional.of(above(attester, held)) : Optional.empty();
      } catch (IOException e) {
        return new Renewed.Unavailable(Sentence.of(e));
      }
    }
    Answer<ProofBundle> answer = attester.renew(held, above.map(ParentBundle::artifact), binding);
    if (answer instanceof Answer.Denied<ProofBundle> denied) {
      return denied.retryAfter().isPresent() || ASKED_AMISS.contains(denied.reason())
          ? new Renewed.Unavailable(denied.cause())
          : refused(denied.code(), toldWhole(denied));
    }
    ProofBundle bundle = ((Answer.Granted<ProofBundle>) answer).value();
    Optional<Artifact> renewed = ExecGateway.artifactIn(bundle.toJson());
    Verdict verdict =
        means
            .verification()
            .verify(
                bundle.toJson(),
                renewed.isPresent()
                    ? shown.with(attester, renewed.get(), above)
                    : Presentation.NOTHING,
                renewed.isPresent() ? means.seen() : Seen.NOTHING_IS_USED,
                steady());
    if (verdict instanceof Verdict.Denied denied) {
      return refused(denied.code(), denied.reason());
    }
    Artifact artifact =
        renewed.orElseThrow(
            () -> new IllegalStateException("bug: a bundle without an artifact was allowed"));
    if (!continues(bundle, artifact, above)) {
      return new Renewed.Denied(
          DenialCode.AUTHORIZATION_DISCONTINUITY,
          "a renewal must be of the execution that runs, and is of another");
    }
    try {
      handed.fill(bundle.toJson());
    } catch (IOException e) {
      return new Renewed.Unavailable(HandedDown.failure(e));
    }
    return new Renewed.Until(artifact, end(artifact.claims(), OptionalLong.of(asked)));
  }

  /** What ends something that runs is told in one sentence. */
  private static String toldWhole(Answer.Denied<ProofBundle> denied) {
    return denied.whatNext().isEmpty()
        ? denied.cause()
        : denied.cause() + " (" + String.join("; ", denied.whatNext()) + ")";
  }

  private static Renewed refused(DenialCode code, String reason) {
    return code == DenialCode.UNVERIFIABLE
        ? new Renewed.Unavailable(reason)
        : new Renewed.Denied(code, reason);
  }

  /**
   * Under what it is to go on.
   *
   * @throws IOException if nothing is to be gained there now
   */
  private ParentBundle above(Attester attester, Artifact held) throws IOException {
    ParentBundle now;
    try {
      now = parent.orElseThrow().read();
      now.requireKey(attester.jkt());
    } catch (IOException | MalformedDocumentException | IllegalArgumentException e) {
      throw new IOException(
          "the bundle of the parent must be there to go on under, and is not: " + Sentence.of(e),
          e);
    }
    Instant end = now.artifact().claims().exp();
    if (!end.isAfter(held.claims().exp())) {
      throw new IOException("the parent must go on first, and ends at " + end);
    }
    return now;
  }

  private boolean continues(ProofBundle bundle, Artifact artifact, Optional<ParentBundle> above) {
    ArtifactClaims began = first.claims();
    ArtifactClaims goesOn = artifact.claims();
    Optional<UuidV7> under = above.map(each -> each.artifact().claims().jti());
    return goesOn.lineage().execution().equals(began.lineage().execution())
        && goesOn.lineage().root().equals(began.lineage().root())
        && goesOn.lineage().parent().equals(under)
        && goesOn
            .request()
            .under(began.lineage().parent())
            .digest()
            .equals(began.request().digest())
        && renewedBy(bundle.toJson()).equals(Optional.of(began.jti()));
  }

  /** What the execution began with that a bundle lets go on; empty for one that lets one begin. */
  static Optional<UuidV7> renewedBy(byte[] bundle) {
    try {
      return Leaf.parse(ProofBundle.parse(bundle).leaf()).body()
              instanceof LeafBody.DecisionAllow allow
          ? allow.renews()
          : Optional.empty();
    } catch (MalformedBundleException | MalformedLeafException e) {
      return Optional.empty();
    }
  }

  @Override
  public void holds(long ask, long end) {
    synchronized (this) {
      askAt = ask;
    }
    tellSoon(ask, end);
  }

  @Override
  public void stop(DenialCode code, String reason, long end) {
    synchronized (this) {
      stopped = Optional.of(new Renewed.Denied(code, reason));
    }
    tellSoon(now(), end);
  }

  /** While it has not ended its group's number is nobody else's. */
  @Override
  public synchronized void kill() {
    if (pid > 0) {
      ProcessGroup.kill(pid);
    }
  }

  private void tellSoon(long ask, long end) {
    long now = now();
    try {
      tell(Math.max(0, ask - now), Math.max(0, end - now));
    } catch (IOException e) {
      // writ-exec has ended, and with it the child: whoever waits for that is told.
      return;
    }
  }

  private void tell(long ask, long end) throws IOException {
    exec.lease(Math.toIntExact(Math.min(ask, end)), Math.toIntExact(end));
  }
}
