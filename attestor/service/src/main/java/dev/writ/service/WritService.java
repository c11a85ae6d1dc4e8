// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Governance;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.evidence.EndorsementTrust;
import dev.writ.evidence.EndorsementVerifier;
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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
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

  private final TrustFiles trust;
  private final Ledger ledger;
  private final Policies policies;
  private final Modes modes;
  private final GovernanceOrders governanceOrders;
  private final Operations operations = new Operations();
  private final Refusals refusals = new Refusals();
  private final Telemetry telemetry;
  private final WorkPool appraisal;
  private final WorkPool hsm;
  private final StatusTokens statusTokens;
  private final RevocationStream revocationStream;
  private final StatusIndices statusIndices;
  private final Hosts hosts;
  private final HostChallenges hostChallenges;
  private final Enrolment enrolment;
  private final Initiators initiators;
  private final Issuance issuance;
  private final Evaluations evaluations;
  private final Invitations invitations;
  private final Revocations revocations;
  private final Outcomes outcomes;
  private final Redemptions redemptions;
  private final AttestationResults attestationResults;
  private final PolicyPublications publications;
  private final PolicyReport policyReport;
  private final ReadinessCheck readiness;
  private final Explanations explanations;
  private final Summaries summaries;
  private final KeySteps keySteps;
  private final RequestApprovals requestApprovals;
  private final DualControl dualControl;
  private final Drills drills;
  private final KeyReport keyReport;
  private final SignatureAudit signatureAudit;
  private final ServiceStarts starts;
  private final LeafPayloads payloads;
  private final PayloadPurge purge;
  private final Chores chores;

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

  private WritService(
      Setup setup,
      Ledger ledger,
      CheckpointLines lines,
      TrustFiles trust,
      KeysInUse keys,
      Policies policies,
      Modes modes,
      Telemetry telemetry,
      LongSupplier nanos)
      throws LedgerException, ServiceStartException {
    Limits limits = setup.limits();
    InstantSource clock = setup.clock();
    SecureRandom random = setup.random();
    this.trust = trust;
    SignatureCounts counts = setup.keys().signatures();
    TrustContent content = trust.newest().content();
    this.ledger = ledger;
    this.policies = policies;
    this.modes = modes;
    this.telemetry = telemetry;
    this.appraisal = new WorkPool("appraisal", limits.appraisal());
    this.hsm = new WorkPool("hsm", limits.hsm());
    this.statusTokens =
        new StatusTokens(
            ledger,
            keys,
            counts,
            StartChecks.statusSource(trust.newest()),
            trust,
            content.skew(),
            limits.statusTtl(),
            clock);
    this.revocationStream = new RevocationStream(ledger, statusTokens);
    this.statusIndices = new StatusIndices(ledger, statusTokens, policies::longestLifetime, clock);
    this.hosts = new Hosts(ledger, setup.signatures(), limits.hosts());
    Continuity continuity = new Continuity(ledger, clock, limits.hosts());
    EndorsementVerifier endorsements = new EndorsementVerifier(setup.endorsementTrust());
    ServiceSecret challengeSecret = ServiceSecret.open(ledger, "challenge", clock, random);
    ServiceSecret activationSecret = ServiceSecret.open(ledger, "activation", clock, random);
    Challenges challenges = new Challenges(challengeSecret, clock, random);
    this.hostChallenges =
        new HostChallenges(operations, appraisal, hosts, challenges, policies, refusals, telemetry);
    this.enrolment =
        new Enrolment(
            operations,
            appraisal,
            hsm,
            new AdmissibleEndorsements(endorsements, setup.terms(), clock),
            new AkCertificates(keys, setup.terms().akValidity(), clock, random),
            setup.admitted(),
            activationSecret,
            ledger,
            refusals,
            policies::leaf,
            clock,
            random);
    ApprovalsAtHand approvals = new ApprovalsAtHand(ledger, trust);
    this.requestApprovals =
        new RequestApprovals(operations, appraisal, ledger, trust, policies, clock, random);
    this.initiators = Initiators.of(setup.initiators(), setup.signatures(), clock, nanos);
    this.issuance =
        new Issuance(
            operations,
            appraisal,
            hsm,
            hosts,
            policies,
            modes,
            new Judge(
                setup.identity(),
                challenges,
                new Endorsements(endorsements, ledger, clock, limits.hosts()),
                policies,
                modes,
                hosts,
                new InstanceKeys(ledger, limits.instanceKeys()),
                initiators,
                new MeasuredLogs(ledger, limits.instanceKeys()),
                approvals,
                new Parents(ledger, setup.signatures()),
                new Renewals(ledger),
                continuity,
                new LostTrust(ledger),
                new HostRate(limits, nanos),
                clock,
                telemetry),
            initiators,
            continuity,
            statusIndices,
            statusTokens,
            // Every key and TPM that can be configured so far is a dev one: see docs/TRUST.md.
            new ArtifactSigner(
                keys,
                counts,
                setup.identity().origin(),
                Governance.Mode.DEV,
                clock,
                random,
                telemetry),
            new DecisionEntries(clock, random),
            ledger,
            refusals,
            telemetry);
    BundleJudge judge = new BundleJudge(trust, statusTokens, setup.signatures());
    this.evaluations = issuance.evaluations(setup.identity().tenant(), judge, clock, random, nanos);
    this.invitations = new Invitations(operations, ledger, policies::leaf, clock, random);
    this.revocations =
        new Revocations(
            operations, appraisal, ledger, statusTokens, policies::leaf, clock, random, telemetry);
    this.outcomes =
        new Outcomes(
            operations, appraisal, ledger, trust, setup.signatures(), clock, random, refusals);
    this.redemptions =
        new Redemptions(
            operations,
            appraisal,
            ledger,
            trust,
            judge,
            new HostRate(limits, nanos),
            setup.signatures(),
            clock,
            random,
            refusals);
    this.attestationResults =
        new AttestationResults(
            operations,
            appraisal,
            hsm,
            ledger,
            trust,
            keys,
            counts,
            new HostRate(limits, nanos),
            setup.signatures(),
            clock,
            refusals,
            telemetry);
    this.publications =
        new PolicyPublications(
            setup.identity().tenant(),
            operations,
            ledger,
            trust,
            policies,
            statusTokens,
            clock,
            random);
    this.governanceOrders =
        new GovernanceOrders(
            operations, ledger, trust, policies, modes, statusTokens, clock, random);
    this.policyReport = new PolicyReport(ledger, trust);
    policies.whenMoved(this::renewStatus);
    modes.whenMoved(this::renewStatus);
    this.readiness =
        new ReadinessCheck(
            message -> {
              byte[] signature =
                  counts.signed(SignatureCounts.Kind.READINESS, keys.issuer().key(), message);
              telemetry.readinessSigned();
              return signature;
            },
            keys::signs,
            ledger,
            policies,
            modes,
            statusTokens,
            revocations.reconciliation()::notice,
            ReadinessCheck.PATIENCE,
            nanos);
    this.explanations = new Explanations(ledger, hosts, policies, approvals, clock);
    this.summaries = new Summaries(refusals, ledger, clock, random);
    KeyGenerations generations = new KeyGenerations(keys, ledger, clock, random);
    Proposals proposals =
        new Proposals(
            ledger,
            trust,
            keys,
            generations,
            new Overlaps(setup.terms().akValidity()),
            setup.witnesses());
    this.keySteps =
        new KeySteps(
            ledger,
            trust,
            keys,
            generations,
            statusTokens,
            new KeyTransitions(
                ledger,
                lines,
                trust,
                keys,
                generations,
                counts,
                policies::longestLifetime,
                clock,
                random),
            lines,
            new WitnessesInUse(ledger, trust, setup.witnesses()),
            policies::longestLifetime,
            clock);
    this.dualControl =
        new DualControl(
            operations,
            hsm,
            new OperationLedger(ledger, trust, policies::leaf, clock, random),
            trust,
            proposals,
            keySteps,
            clock,
            random);
    this.drills = new Drills(operations, appraisal, ledger, trust, clock, random, nanos);
    RotationSchedule schedule =
        new RotationSchedule(ledger, dualControl, generations::cryptoperiod, clock);
    this.keyReport = new KeyReport(operations, hsm, ledger, trust, keys, generations, keySteps);
    this.signatureAudit = new SignatureAudit(ledger, counts);
    this.starts = new ServiceStarts(setup.host(), ledger, trust, keys, clock, random);
    this.payloads = new LeafPayloads(ledger, telemetry);
    this.purge = new PayloadPurge(setup.retention(), ledger, telemetry, clock);
    this.chores =
        new Chores(
            summaries::writeIfDue,
            challengeSecret::renewIfDue,
            activationSecret::renewIfDue,
            keySteps::run,
            this::followPolicy,
            modes::follow,
            schedule::proposeIfDue,
            purge::purgeIfDue,
            revocations.reconciliation()::runIfDue);
    telemetry.watch(List.of(appraisal, hsm, publications.pool(), governanceOrders.pool()));
    telemetry.watch(keys.token());
    telemetry.watch(counts);
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
    service.chores.start();
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
    StartChecks.requireOwnTrust(setup.identity(), setup.trust());
    StartChecks.requireOwnPolicy(setup.identity(), setup.policy());
    Telemetry telemetry = new Telemetry();
    CheckpointLines lines = new CheckpointLines(setup.keys(), setup.identity().origin());
    Ledger ledger =
        Ledger.open(
            setup.store(),
            setup.identity().origin(),
            lines,
            published -> setup.witnesses().at(TrustFiles.newest(setup.trust(), published)),
            setup.counter(),
            setup.clock(),
            telemetry.ledgerEvents());
    try {
      TrustFiles trust = TrustFiles.open(setup.trust(), ledger);
      StartChecks.warnOfUnseenRollback(trust.newest(), setup.store(), setup.counter());
      KeysInUse keys = KeysInUse.of(setup.keys(), ledger);
      PolicyStanding policy =
          new Genesis(ledger, trust, setup.clock(), setup.random())
              .begin(keys, setup.identity().origin(), setup.policy());
      Policies policies = Policies.open(ledger, trust, policy, setup.clock());
      StartChecks.requireTrusted(keys, trust.newest());
      WritService service =
          new WritService(
              setup,
              ledger,
              lines,
              trust,
              keys,
              policies,
              Modes.open(ledger, trust, setup.clock(), telemetry),
              telemetry,
              nanos);
      service.begin();
      return service;
    } catch (LedgerException | ServiceStartException | RuntimeException e) {
      ledger.close();
      throw e;
    }
  }

  /**
   * Nothing is answered before there is a status token to answer with, nor before the host's TPM has
   * vouched for the keys that sign.
   */
  private void begin() throws LedgerException, ServiceStartException {
    statusTokens.start();
    boolean done = false;
    try {
      keySteps.run();
      starts.anchor();
      purge.say();
      prepareStatus();
      revocationStream.start();
      done = true;
    } finally {
      if (!done) {
        statusTokens.close();
      }
    }
  }

  private void prepareStatus() throws ServiceStartException {
    try {
      statusIndices.prepare().toCompletableFuture().join();
    } catch (CompletionException e) {
      if (Operations.cause(e) instanceof DeniedException denied) {
        throw new ServiceStartException(
            "the first status token must be made, and was not: " + denied.denial().message());
      }
      throw e;
    }
  }

  private void followPolicy() {
    try {
      policies.align();
    } catch (LedgerException e) {
      // Nothing is committed that rests on an earlier one; readiness says that the ledger fails.
    }
  }

  /** Gateways are to hear at once of another policy, and of what is revoked with a break-glass. */
  private void renewStatus() {
    try {
      var unused = statusTokens.publishAll();
    } catch (LedgerException e) {
      // The next token says it in any case.
    }
  }

  /** A challenge for an enrolled host: the PCRs that its reference values speak of. */
  public CompletionStage<ChallengeOutcome> challenge(TpmName akName) {
    return hostChallenges.challenge(akName);
  }

  /** Admits hosts. */
  public Enrolment enrolment() {
    return enrolment;
  }

  /** Takes approvals of requests. */
  public RequestApprovals requestApprovals() {
    return requestApprovals;
  }

  /** Decides on applications. */
  public Issuance issuance() {
    return issuance;
  }

  /** Says who set an application in motion. */
  Initiators initiators() {
    return initiators;
  }

  /** Invites hosts. */
  public Invitations invitations() {
    return invitations;
  }

  /** Answers enforcement points that show no Evidence. */
  Evaluations evaluations() {
    return evaluations;
  }

  /** Withdraws artifacts. */
  public Revocations revocations() {
    return revocations;
  }

  /** Takes statements of how executions ended. */
  public Outcomes outcomes() {
    return outcomes;
  }

  /** Takes uses of artifacts that the service judges. */
  public Redemptions redemptions() {
    return redemptions;
  }

  /** Signs what was found, by itself. */
  public AttestationResults attestationResults() {
    return attestationResults;
  }

  /** What says which artifacts are withdrawn. */
  public StatusTokens statusTokens() {
    return statusTokens;
  }

  /** What tells gateways of revocations. */
  RevocationStream revocationStream() {
    return revocationStream;
  }

  /** The ledger, to be read. */
  public Ledger ledger() {
    return ledger;
  }

  /** The newest of what its verifiers believe. */
  public TrustFile trust() {
    return trust.newest();
  }

  /** All that its verifiers may follow. */
  TrustFiles trustFiles() {
    return trust;
  }

  /** Takes reports of drills. */
  public Drills drills() {
    return drills;
  }

  /** What takes more than one person. */
  public DualControl dualControl() {
    return dualControl;
  }

  /** Its keys, and where they are in their lives. */
  KeyReport keyReport() {
    return keyReport;
  }

  /** Whether all that its keys signed is accounted for. */
  SignatureAudit signatureAudit() {
    return signatureAudit;
  }

  /** Its starts, as its host's TPM vouched for them. */
  ServiceStarts starts() {
    return starts;
  }

  /** What lies beside leaves. */
  LeafPayloads payloads() {
    return payloads;
  }

  /** Counts what is refused before it comes to a decision. */
  public Refusals refusals() {
    return refusals;
  }

  /** What it measures of itself. */
  public Telemetry telemetry() {
    return telemetry;
  }

  /** The hosts it knows. */
  Hosts hosts() {
    return hosts;
  }

  /** Says why decisions were made. */
  Explanations explanations() {
    return explanations;
  }

  /**
   * The policy by which it decides.
   *
   * @throws DeniedException if there is none that it could decide by
   */
  PolicyInForce policy() {
    return policies.inForce();
  }

  /** The policy in force, as this node has it. */
  Policies policies() {
    return policies;
  }

  /** Puts policies in force. */
  public PolicyPublications publications() {
    return publications;
  }

  /** Breaks the glass, and freezes. */
  public GovernanceOrders governanceOrders() {
    return governanceOrders;
  }

  /** The mode in force, as this node has it. */
  Modes modes() {
    return modes;
  }

  /** The policies that are or were in force. */
  PolicyReport policyReport() {
    return policyReport;
  }

  /** What is to be seen to each second. */
  Chores chores() {
    return chores;
  }

  /** Whether it could issue an artifact now: found out at most once a second. */
  public CompletionStage<Readiness> readiness() {
    return readiness.readiness();
  }

  /** Answers what was asked, within some seconds, takes nothing more, and gives all back. */
  @Override
  public void close() {
    try {
      var unused = operations.drain(PATIENCE);
      chores.close();
      summaries.write().toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // The ledger, which is closed next, says by itself what it did not do.
    }
    readiness.close();
    revocationStream.close();
    statusTokens.close();
    publications.close();
    governanceOrders.close();
    initiators.close();
    appraisal.close();
    hsm.close();
    ledger.close();
  }
}
