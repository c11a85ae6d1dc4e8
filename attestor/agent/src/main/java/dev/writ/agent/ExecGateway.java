// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.agent.WritExec.Response;
import dev.writ.artifact.ActionAtHand;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.HostState;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.artifact.MalformedBundleException;
import dev.writ.artifact.Obligation;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.Seen;
import dev.writ.artifact.Verdict;
import dev.writ.tlog.Hash;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The gateway of executions on this host: starts a program only under an artifact for this very program,
 * with these arguments, on this machine as it is measured now.
 *
 * <pre>
 * hold the program → bind → artifact (asked for, or brought) → quote and possession, here and now
 *   → a place for the outcome → verify, the use recorded last → start → wait, under a lease renewing it and looking at the host → outcome
 * </pre>
 *
 * <p>Nothing is started where one of these fails. What the kernel starts is what was hashed, since both
 * are one open file.
 */
public final class ExecGateway {
  /**
   * The obligation under which a program may run that the governed user could rewrite: from a copy in
   * memory that nobody can change. Its {@code $ORIGIN} and {@code /proc/self/exe} lead nowhere then.
   */
  public static final String SEALED_COPY = "sealed_copy";

  private final WritExec exec;
  private final Verification verification;
  private final AttesterSession.Source host;
  private final String issuer;
  private final Seen seen;
  private final OutcomeSpool spool;
  private final InstantSource clock;
  private final SecureRandom random;
  private final LongSupplier sinceBoot;
  private final LeasePace pace;

  /** By what a bundle is judged: {@link BundleVerifier#verify}, whatever trust file stands behind it. */
  @FunctionalInterface
  public interface Verification {
    /** Ends in allow or in one denial code, and records the use where it allows. */
    Verdict verify(byte[] bundle, Presentation presentation, Seen seen, Instant now);
  }

  /**
   * A gateway on this host.
   *
   * @param issuer the trust file's, who is asked for artifacts
   * @param host used before the start and after the end, and given back between them
   * @param seen the one judge of uses here
   * @param pace how leases are held
   */
  public ExecGateway(
      WritExec exec,
      Verification verification,
      String issuer,
      AttesterSession.Source host,
      Seen seen,
      OutcomeSpool spool,
      InstantSource clock,
      SecureRandom random,
      LeasePace pace) {
    this.exec = exec;
    this.verification = verification;
    this.issuer = issuer;
    this.host = host;
    this.seen = seen;
    this.spool = spool;
    this.clock = clock;
    this.random = random;
    this.sinceBoot = new BootClock();
    this.pace = pace;
  }

  /**
   * Asks the service for an artifact for this very execution, once, and runs it under that.
   *
   * @param parent under which it is asked for and has to be
   */
  public RunOutcome run(Execution execution, Optional<ParentAtHand> parent) {
    return handingDown(
        execution, parent, attester -> ask(attester, execution, parent.map(ParentAtHand::begun)));
  }

  /**
   * Runs it under a proof bundle that the caller has.
   *
   * @param bundle its bytes; empty where there is none
   * @param parent whose child its artifact has to be
   */
  public RunOutcome runUnder(byte[] bundle, Execution execution, Optional<ParentAtHand> parent) {
    return handingDown(
        execution, parent, attester -> new Permission.Bundle(bundle, OptionalLong.empty()));
  }

  private sealed interface Permission {
    /**
     * A bundle.
     *
     * @param asked when asking for it began, by the {@link BootClock}; absent where it was brought
     */
    record Bundle(byte[] bytes, OptionalLong asked) implements Permission {}

    record Refused(RunOutcome outcome) implements Permission {}
  }

  private interface Source {
    Permission get(Attester attester) throws TpmException, IOException, AttestationFailedException;
  }

  private RunOutcome handingDown(
      Execution execution, Optional<ParentAtHand> parent, Source source) {
    try (HandedDown handed = HandedDown.at(execution.request().handedDown())) {
      return run(execution, parent, source, handed);
    } catch (IOException e) {
      return new RunOutcome.Unusable(Sentence.of(e));
    }
  }

  private RunOutcome run(
      Execution execution, Optional<ParentAtHand> parent, Source source, HandedDown handed) {
    byte[] bundle;
    Presentation presentation;
    Optional<Artifact> artifact;
    OptionalLong asked;
    try (AttesterSession session = host.open()) {
      Permission permission = source.get(session.attester());
      if (permission instanceof Permission.Refused refused) {
        return refused.outcome();
      }
      bundle = ((Permission.Bundle) permission).bytes();
      if (LeasedRun.renewedBy(bundle).isPresent()) {
        return new RunOutcome.Denied(
            DenialCode.AUTHORIZATION_DISCONTINUITY,
            "a program must be started under the artifact that its execution begins with, and this is a"
                + " renewal, by which one that runs goes on");
      }
      asked = ((Permission.Bundle) permission).asked();
      artifact = artifactIn(bundle);
      presentation =
          artifact.isPresent()
              ? here(session.attester(), artifact.get(), execution, parent.map(ParentAtHand::begun))
              // Without an artifact there is nothing to show; which check says so is the verifier's
              // to find.
              : Presentation.NOTHING;
    } catch (TpmException | AttestationFailedException | IOException e) {
      return unverifiable(Sentence.of(e));
    }
    Reservation place = spool.reserve();
    if (!(place instanceof Reservation.Reserved reserved)) {
      return unverifiable(
          place instanceof Reservation.Full full
              ? "the word on how it ends must find a place, and all "
                  + full.places()
                  + " wait for the service"
              : ((Reservation.Unavailable) place).why());
    }
    OutcomeSlot slot = reserved.slot();
    Verdict verdict =
        verification.verify(
            bundle,
            presentation,
            artifact.isPresent() ? seen : Seen.NOTHING_IS_USED,
            clock.instant());
    if (verdict instanceof Verdict.Denied denied) {
      return new RunOutcome.Denied(denied.code(), reason(denied, execution) + released(slot));
    }
    try {
      handed.fill(bundle);
    } catch (IOException e) {
      return unverifiable(HandedDown.failure(e) + released(slot));
    }
    return start(
        execution,
        parent,
        artifact.orElseThrow(
            () -> new IllegalStateException("bug: a bundle without an artifact was allowed")),
        asked,
        handed,
        slot);
  }

  /** Nothing runs: the place is given back. Where the disk fails, it is free when this process ends. */
  private static String released(OutcomeSlot slot) {
    try (slot) {
      slot.release();
      return "";
    } catch (IOException e) {
      return " (and the spool of outcomes must be writable, and is not: " + Sentence.of(e) + ")";
    }
  }

  /** A rewritable program is refused for want of an obligation: the user is told of the file, too. */
  private static String reason(Verdict.Denied denied, Execution execution) {
    return denied.code() == DenialCode.RUNTIME_CONDITION
        ? execution
            .program()
            .rewritable()
            .map(
                way ->
                    denied.reason()
                        + " (the program could be rewritten: "
                        + way
                        + "; a rule of the policy with the obligation "
                        + SEALED_COPY
                        + " would let it run from a sealed copy)")
            .orElse(denied.reason())
        : denied.reason();
  }

  private RunOutcome start(
      Execution execution,
      Optional<ParentAtHand> parent,
      Artifact artifact,
      OptionalLong asked,
      HandedDown handed,
      OutcomeSlot slot) {
    Optional<LeasedRun> leased =
        artifact.claims().lease().isPresent()
            ? Optional.of(
                new LeasedRun(
                    exec,
                    new LeasedRun.Means(verification, seen, sinceBoot, clock),
                    execution.binding(),
                    artifact,
                    parent.map(ParentAtHand::place),
                    (attester, renewed, above) -> here(attester, renewed, execution, above),
                    handed))
            : Optional.empty();
    Response answer;
    try {
      if (leased.isPresent() && !leased.get().begin(asked, pace.grace())) {
        return new RunOutcome.Denied(
            DenialCode.EXPIRED,
            "a lease must not have ended before the start, and has" + released(slot));
      }
      answer = execution.start(exec);
    } catch (IOException e) {
      // writ-exec ended, before or after it started the child: with it the child, too.
      String reported = report(artifact, OutcomeState.UNKNOWN, slot);
      return unverifiable(Sentence.of(e) + (reported.isEmpty() ? "" : "; " + reported));
    }
    if (answer instanceof Response.Failed failed) {
      String reported = report(artifact, OutcomeState.FAILED, slot);
      return new RunOutcome.NotExecutable(
          execution.program().path()
              + " was allowed, and the kernel does not start it (errno "
              + failed.errno()
              + ")"
              + (reported.isEmpty() ? "" : "; " + reported));
    }
    if (!(answer instanceof Response.Started started)) {
      throw new IllegalStateException("bug: writ-exec started nothing and says no error");
    }
    Ending ending =
        leased.isPresent()
            ? leased.get().awaitEnd(started.pid(), host, random, pace)
            : exec.awaitEnd();
    if (ending instanceof Ending.Lost) {
      ProcessGroup.kill(started.pid());
    }
    Optional<Leased.Renewed.Denied> stopped = leased.flatMap(LeasedRun::whyStopped);
    String reported =
        report(artifact, stopped.isPresent() ? OutcomeState.FAILED : state(ending), slot);
    return stopped.isPresent()
        ? new RunOutcome.Stopped(stopped.get().code(), stopped.get().reason(), ending, reported)
        : new RunOutcome.Ran(ending, reported);
  }

  private static OutcomeState state(Ending ending) {
    if (ending instanceof Ending.Lost) {
      return OutcomeState.UNKNOWN;
    }
    return ending instanceof Ending.Exited exited && exited.status() == 0
        ? OutcomeState.OK
        : OutcomeState.FAILED;
  }

  /** First to the disk, then to the service: whatever ends this process meanwhile, it is told. */
  private String report(Artifact artifact, OutcomeState state, OutcomeSlot slot) {
    Instant at = clock.instant();
    try (slot;
        AttesterSession session = host.open()) {
      slot.fill(session.attester().outcome(artifact, state, at));
      return "";
    } catch (TpmException | AttestationFailedException | IOException e) {
      return "how it ended could not be written down, and nobody will know: " + Sentence.of(e);
    }
  }

  private Permission ask(Attester attester, Execution execution, Optional<ParentBundle> parent)
      throws TpmException, AttestationFailedException {
    ExecutionRequest wanted;
    try {
      wanted = attester.executionHere(issuer, execution.request(), execution.binding(), 1);
      if (parent.isPresent()) {
        parent.get().requireKey(attester.jkt());
      }
    } catch (IllegalArgumentException e) {
      return new Permission.Refused(
          new RunOutcome.Unusable(
              "what is asked for must be a request, and is none: " + Sentence.of(e)));
    }
    Answer<ProofBundle> answer;
    long began = sinceBoot.getAsLong();
    try {
      answer =
          parent.isPresent()
              ? attester.attestUnder(
                  parent.get().artifact(), wanted, Optional.of(execution.binding()))
              : attester.attest(wanted, execution.binding());
    } catch (IOException e) {
      return new Permission.Refused(
          unverifiable("the service must answer, and does not: " + Sentence.of(e)));
    }
    if (answer instanceof Answer.Denied<ProofBundle> denied) {
      return new Permission.Refused(
          new RunOutcome.Denied(denied.code(), denied.cause(), denied.whatNext()));
    }
    return new Permission.Bundle(
        ((Answer.Granted<ProofBundle>) answer).value().toJson(), OptionalLong.of(began));
  }

  static Optional<Artifact> artifactIn(byte[] bundle) {
    try {
      return Optional.of(Artifact.parse(ProofBundle.parse(bundle).artifact()));
    } catch (MalformedBundleException | MalformedArtifactException e) {
      return Optional.empty();
    }
  }

  /** All that is demanded of an artifact here, with this host's state and possession, each made now. */
  private Presentation here(
      Attester attester, Artifact artifact, Execution execution, Optional<ParentBundle> parent)
      throws TpmException, AttestationFailedException {
    HostState host = attester.hostState(artifact.claims().env().pcrs());
    byte[] nonce = new byte[Hash.BYTES];
    random.nextBytes(nonce);
    Presentation.Audience audience = new Presentation.Audience.ExecutionHere(host);
    Set<String> copied = Set.of(SEALED_COPY);
    Presentation demanded =
        parent.isPresent()
            ? Presentation.NOTHING.withParent(parent.get().here())
            : Presentation.NOTHING;
    return demanded
        .withAudience(audience)
        .withTenant(execution.request().tenant())
        .withPossession(attester.possess(Hash.of(nonce), artifact.digest(), audience.name()))
        .withAction(ActionAtHand.of(execution.binding().act(1)))
        .withObligations(
            new Presentation.Obligations(
                Set.of(SEALED_COPY, Obligation.LEASE),
                execution.program().rewritable().isPresent() ? copied : Set.of()));
  }

  private static RunOutcome.Denied unverifiable(String reason) {
    return new RunOutcome.Denied(DenialCode.UNVERIFIABLE, reason);
  }
}
