// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.TrustFile;
import dev.writ.evidence.EndorsementTrust;
import dev.writ.evidence.TpmName;
import dev.writ.ledger.CounterAnchor;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.RetentionPeriod;
import dev.writ.ledger.StoreConfig;
import java.security.Provider;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/**
 * The service in one process: what it needs is opened and checked, and its parts are joined.
 *
 * <p>Whatever it is asked returns at once, never blocks who asks, and completes with an outcome, never
 * exceptionally, on a thread of the service: hand over from there whatever may block.
 */
public final class WritService implements AutoCloseable {
  /** How long a close waits for what is under way. */
  private static final Duration PATIENCE = Duration.ofSeconds(8);

  private final Foundation base;
  private final WithdrawalParts withdrawal;
  private final AdmissionParts admission;
  private final DecisionParts decisions;
  private final UseParts uses;
  private final GovernanceParts governance;
  private final KeyParts keys;
  private final UpkeepParts upkeep;

  /**
   * What a service is started with.
   *
   * @param identity who it is
   * @param trust what its verifiers believe; issuer and origin are the identity's
   * @param keys its keys, in their token
   * @param store where its ledger is, or will be
   * @param witnesses where those are who cosign its checkpoints, if the trust file's log policy has a quorum
   * @param counter contradicts a ledger that was put back to an older copy
   * @param retention how long payloads are kept; where it is absent, until an operator erases them
   * @param policy to put in force: signed, where the trust file names approvers, and then in a new ledger
   *     alone; later ones are published
   * @param endorsementTrust the TPM makers that are believed
   * @param admitted the hosts that may enrol without an invitation
   * @param terms what else was decided of enrolment
   * @param limits how much it does and keeps at once
   * @param signatures verifies signatures
   * @param clock says what time it is
   * @param random makes nonces, salts and identities
   * @param host the TPM of the service's own host, which must then vouch for the start
   * @param initiators by whose word an initiator is known
   */
  public record Setup(
      ServiceIdentity identity,
      TrustFile trust,
      IssuerKeys keys,
      StoreConfig store,
      WitnessPlaces witnesses,
      Optional<CounterAnchor> counter,
      Optional<RetentionPeriod> retention,
      GivenPolicy policy,
      EndorsementTrust endorsementTrust,
      AdmittedHosts admitted,
      EnrolmentTerms terms,
      Limits limits,
      Provider signatures,
      InstantSource clock,
      SecureRandom random,
      Optional<OwnHost> host,
      InitiatorsConfig initiators) {}

  private WritService(Foundation base) throws LedgerException, ServiceStartException {
    this.base = base;
    this.withdrawal = WithdrawalParts.on(base);
    this.admission = AdmissionParts.on(base);
    this.decisions = DecisionParts.on(base, admission, withdrawal);
    this.uses = UseParts.on(base, decisions);
    this.governance = GovernanceParts.on(base, withdrawal.statusTokens());
    this.keys = KeyParts.on(base, withdrawal.statusTokens());
    this.upkeep = UpkeepParts.on(base, admission, withdrawal, keys);
  }

  /**
   * Opens the ledger, puts keys and policy into it, and makes the first status token.
   *
   * @throws LedgerException if the ledger cannot be opened
   * @throws ServiceStartException if it cannot take its first leaves, or the trust file is not of this
   *     service
   */
  public static WritService start(Setup setup) throws LedgerException, ServiceStartException {
    WritService service = open(setup);
    service.chores().start();
    return service;
  }

  /** A service whose {@link #chores} nobody sees to. */
  static WritService open(Setup setup) throws LedgerException, ServiceStartException {
    return open(setup, System::nanoTime);
  }

  /**
   * A service whose {@link #chores} nobody sees to.
   *
   * @param nanos a clock such as {@link System#nanoTime}, for how often something may be
   */
  static WritService open(Setup setup, LongSupplier nanos)
      throws LedgerException, ServiceStartException {
    Foundation base = Foundation.open(setup, nanos);
    boolean done = false;
    try {
      WritService service = new WritService(base);
      service.begin();
      done = true;
      return service;
    } finally {
      if (!done) {
        base.closings().close();
      }
    }
  }

  /**
   * Nothing is answered before there is a status token to answer with, nor before the host's TPM has
   * vouched for the keys that sign.
   */
  private void begin() throws LedgerException, ServiceStartException {
    withdrawal.statusTokens().start();
    keys.steps().run();
    upkeep.starts().anchor();
    upkeep.purge().say();
    withdrawal.prepare();
    withdrawal.revocationStream().start();
  }

  /** Invites hosts. */
  public Invitations invitations() {
    return admission.invitations();
  }

  /** Admits hosts. */
  public Enrolment enrolment() {
    return admission.enrolment();
  }

  /** The hosts it knows. */
  Hosts hosts() {
    return admission.hosts();
  }

  /** A challenge for an enrolled host: the PCRs that its reference values speak of. */
  public CompletionStage<ChallengeOutcome> challenge(TpmName akName) {
    return admission.hostChallenges().challenge(akName);
  }

  /** Says who set an application in motion. */
  Initiators initiators() {
    return decisions.initiators();
  }

  /** Takes approvals of requests. */
  public RequestApprovals requestApprovals() {
    return decisions.approvals();
  }

  /** Decides on applications: verify, decide, sign the artifact, commit, sign the tree head, answer. */
  public Issuance issuance() {
    return decisions.issuance();
  }

  /** Answers enforcement points that show no Evidence. */
  Evaluations evaluations() {
    return decisions.evaluations();
  }

  /** Says why decisions were made. */
  Explanations explanations() {
    return decisions.explanations();
  }

  /** Signs what was found, by itself. */
  public AttestationResults attestationResults() {
    return uses.attestationResults();
  }

  /** Takes uses of artifacts that the service judges. */
  public Redemptions redemptions() {
    return uses.redemptions();
  }

  /** Takes statements of how executions ended. */
  public Outcomes outcomes() {
    return uses.outcomes();
  }

  /** Withdraws artifacts. */
  public Revocations revocations() {
    return withdrawal.revocations();
  }

  /** What says which artifacts are withdrawn. */
  public StatusTokens statusTokens() {
    return withdrawal.statusTokens();
  }

  /** What tells gateways of revocations. */
  RevocationStream revocationStream() {
    return withdrawal.revocationStream();
  }

  /** Puts policies in force. */
  public PolicyPublications publications() {
    return governance.publications();
  }

  /**
   * The policy by which it decides.
   *
   * @throws DeniedException if there is none that it could decide by
   */
  PolicyInForce policy() {
    return base.policies().inForce();
  }

  /** The policy in force, as this node has it. */
  Policies policies() {
    return base.policies();
  }

  /** The policies that are or were in force. */
  PolicyReport policyReport() {
    return governance.report();
  }

  /** Breaks the glass, and freezes. */
  public GovernanceOrders governanceOrders() {
    return governance.orders();
  }

  /** The mode in force, as this node has it. */
  Modes modes() {
    return base.modes();
  }

  /** The newest of what its verifiers believe. */
  public TrustFile trust() {
    return base.trust().newest();
  }

  /** All that its verifiers may follow. */
  TrustFiles trustFiles() {
    return base.trust();
  }

  /** What takes more than one person. */
  public DualControl dualControl() {
    return keys.dualControl();
  }

  /** Its keys, and where they are in their lives. */
  KeyReport keyReport() {
    return keys.report();
  }

  /** Whether all that its keys signed is accounted for. */
  SignatureAudit signatureAudit() {
    return keys.audit();
  }

  /** Its starts, as its host's TPM vouched for them. */
  ServiceStarts starts() {
    return upkeep.starts();
  }

  /** Takes reports of drills. */
  public Drills drills() {
    return upkeep.drills();
  }

  /** The ledger, to be read. */
  public Ledger ledger() {
    return base.ledger();
  }

  /** What lies beside leaves. */
  LeafPayloads payloads() {
    return upkeep.payloads();
  }

  /** Counts what is refused before it comes to a decision. */
  public Refusals refusals() {
    return base.refusals();
  }

  /** What it measures of itself. */
  public Telemetry telemetry() {
    return base.telemetry();
  }

  /** What is to be seen to each second. */
  Chores chores() {
    return upkeep.chores();
  }

  /** Finds out whether it could. */
  ReadinessCheck readinessCheck() {
    return upkeep.readiness();
  }

  /** Whether it could issue an artifact now: found out at most once a second. */
  public CompletionStage<Readiness> readiness() {
    return upkeep.readiness().readiness();
  }

  /** Answers what was asked, within some seconds, takes nothing more, and gives all back. */
  @Override
  public void close() {
    try {
      var unused = base.operations().drain(PATIENCE);
      chores().close();
      upkeep
          .summaries()
          .write()
          .toCompletableFuture()
          .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // The ledger, which is closed next, says by itself what it did not do.
    }
    base.closings().close();
  }
}
