// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Ear;
import dev.writ.artifact.EvidenceBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.evidence.Appraisal;
import dev.writ.evidence.Appraiser;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.EndorsementOutcome;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.ImaOutcome;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.QuoteOutcome;
import dev.writ.evidence.QuoteVerifier;
import dev.writ.evidence.ReferenceValues;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.ledger.Host;
import dev.writ.ledger.KeptBootLog;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.StateChange;
import dev.writ.policy.Decision;
import dev.writ.policy.Governance;
import dev.writ.policy.Inputs;
import dev.writ.policy.PolicyCode;
import dev.writ.service.Judgement.Nonce;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Says whether a host may have the artifact it asks for. First whether it is the host that asks: the
 * challenge is ours, the quote answers it for this request under the enrolled key, and the connection
 * is not that of somebody with another key. Then the challenge's time and epoch, continuity, host's
 * state, scope, instance key, initiator, parent, appraisal, decision, in that order. The first that fails gives the denial
 * its code. Reads the ledger; changes nothing.
 */
final class Judge {
  static final Denial HOST_NOT_ENROLLED =
      new Denial(
          DenialCode.ENVIRONMENT_UNTRUSTED,
          "host_not_enrolled",
          "the attestation key must be an enrolled host's, and is not; enrol first");

  /** No leaf: an unknown caller could fill the ledger. */
  private static final Judgement NOT_ENROLLED = new Judgement.Unauthenticated(HOST_NOT_ENROLLED);

  private static final Judgement NOT_OURS =
      new Judgement.Unauthenticated(
          new Denial(
              DenialCode.RUNTIME_INTEGRITY,
              "challenge_not_ours",
              "the challenge must be one of this service's for this attestation key, and is not;"
                  + " ask for one"));

  /** A relay that shows a key of its own. */
  private static final Judgement ANOTHERS_CHANNEL =
      new Judgement.Unauthenticated(
          new Denial(
              DenialCode.ENVIRONMENT_MISMATCH,
              "channel_key_mismatch",
              "a key that the TLS client shows must be the request's jkt, and is another"));

  private static final Denial TOO_MANY_OBLIGATIONS =
      new Denial(
          DenialCode.AUTHORIZATION_DISCONTINUITY,
          "parent_obligations_too_many",
          "a child's obligations with its parent's must be at most "
              + ParentGrant.MAX_OBLIGATIONS
              + ", are more");

  private static final Denial ATTESTED_TOO_LONG_AGO =
      new Denial(
          DenialCode.EXPIRED,
          "attestation_too_old",
          "a challenge must be answered before the lease that it is for ends, and was not; ask again");

  private final ServiceIdentity identity;
  private final Challenges challenges;
  private final Endorsements endorsements;
  private final Policies policies;
  private final Modes modes;
  private final Hosts hosts;
  private final InstanceKeys instanceKeys;
  private final OriginJudge origin;
  private final MeasuredLogs logs;
  private final ApprovalsAtHand approvals;
  private final Continuity continuity;
  private final LostTrust lost;
  private final HostRate rate;
  private final InstantSource clock;
  private final Telemetry telemetry;

  Judge(
      ServiceIdentity identity,
      Challenges challenges,
      Endorsements endorsements,
      Policies policies,
      Modes modes,
      Hosts hosts,
      InstanceKeys instanceKeys,
      OriginJudge origin,
      MeasuredLogs logs,
      ApprovalsAtHand approvals,
      Continuity continuity,
      LostTrust lost,
      HostRate rate,
      InstantSource clock,
      Telemetry telemetry) {
    this.identity = identity;
    this.challenges = challenges;
    this.endorsements = endorsements;
    this.policies = policies;
    this.modes = modes;
    this.hosts = hosts;
    this.instanceKeys = instanceKeys;
    this.origin = origin;
    this.logs = logs;
    this.approvals = approvals;
    this.continuity = continuity;
    this.lost = lost;
    this.rate = rate;
    this.clock = clock;
    this.telemetry = telemetry;
  }

  Judgement judge(Application application, Channel channel) throws LedgerException {
    Judgement judgement = judged(application, channel);
    return judgement instanceof Judgement.Refused refused
            && verifyQuote(application, refused.host().ak()) instanceof VerifiedQuote quote
        ? lost.taking(refused, quote)
        : judgement;
  }

  private Judgement judged(Application application, Channel channel) throws LedgerException {
    long began = System.nanoTime();
    Optional<KnownHost> enrolled = hosts.named(application.akName());
    if (enrolled.isEmpty()) {
      return NOT_ENROLLED;
    }
    Challenge challenge = application.challenge();
    if (!challenges.isOurs(challenge, application.akName())) {
      return NOT_OURS;
    }
    // One policy and mode for all that follows, whatever comes into force meanwhile.
    PolicyInForce policy = policies.inForceFrom(challenge.epoch()).under(modes.inForce());
    KnownHost host = enrolled.get();
    QuoteOutcome quoted = verifyQuote(application, host.ak());
    if (quoted instanceof QuoteOutcome.Refused refused) {
      // Attestation keys' names are no secrets. Whoever knows one must neither fill the ledger in
      // that host's name nor use up its challenges: until here a denial is no leaf and spends no
      // nonce.
      return new Judgement.Unauthenticated(
          new Denial(DenialCode.RUNTIME_INTEGRITY, refused.reason(), refused.message()));
    }
    // As above: who relays a host's application must not use up what is the host's.
    if (channel.isOfAnother(application.request().jkt())) {
      return ANOTHERS_CHANNEL;
    }
    // Here and not before: what nobody but the host can send, nobody else can use up.
    if (!rate.take(host.akName())) {
      return new Judgement.TooOften();
    }
    Optional<Denial> late = challenges.late(challenge, policy.epoch());
    if (late.isPresent()) {
      return new Judgement.Refused(policy, host, late.get(), Nonce.SPENT_IF_FREE);
    }
    VerifiedQuote quote = (VerifiedQuote) quoted;
    // Not before: an old application that somebody sends again says nothing of the host as it is.
    Continuity.Standing standing = continuity.judge(host, quote, challenge);
    Optional<Denial> denial = standing.denial();
    if (denial.isEmpty() && !host.isActive()) {
      denial = Optional.of(notActive(host.row()));
    }
    if (denial.isEmpty()) {
      denial = Scope.judge(identity, application.request());
    }
    if (denial.isPresent()) {
      return new Judgement.Refused(policy, host, denial.get(), Nonce.SPENT, standing);
    }
    KeyStanding key =
        KeyStanding.of(
            application.evidence(),
            application.request().jkt(),
            host.akName(),
            host.ak(),
            instanceKeys::thumbprint);
    if (key instanceof KeyStanding.Unfit unfit) {
      return new Judgement.Refused(policy, host, unfit.denial(), Nonce.SPENT, standing);
    }
    telemetry.attested(challenges.age(challenge));
    // One moment for all that is judged by time, as a replay has one.
    Instant now = Instant.ofEpochMilli(clock.millis());
    Origins origins = origin.judge(application, channel, policy, host, now);
    Judgement decided =
        decide(
            application,
            channel,
            origins,
            policy,
            host,
            quote,
            standing,
            (KeyStanding.Fit) key,
            now,
            began);
    if (origins.denial().isEmpty()) {
      return decided;
    }
    // That comes first, and hides nothing that is worse: what the host shows of itself costs it
    // what it has.
    Judgement.Refused refused =
        new Judgement.Refused(policy, host, origins.denial().get(), Nonce.SPENT, standing);
    return decided instanceof Judgement.Refused worse
        ? lost.taking(refused, worse.denial(), quote)
        : refused;
  }

  /**
   * Whether it is an enrolled host that asks now: a challenge of ours, which has not ended, answered by
   * its quote.
   */
  boolean isAHosts(Application application) throws LedgerException {
    Challenge challenge = application.challenge();
    if (!challenges.isOurs(challenge, application.akName())) {
      return false;
    }
    Optional<KnownHost> host = hosts.named(application.akName());
    return host.isPresent()
        && challenges.late(challenge, challenge.epoch()).isEmpty()
        && !(verifyQuote(application, host.get().ak()) instanceof QuoteOutcome.Refused);
  }

  /** What a host is told that an operator has suspended or revoked. */
  static Denial notActive(Host host) {
    String state = host.state().standing().wire();
    return new Denial(
        DenialCode.ENVIRONMENT_UNTRUSTED,
        "host_" + state,
        "the host must be active, and an operator made it " + state);
  }

  private static QuoteOutcome verifyQuote(Application application, EnrolledAk ak) {
    return verifyQuote(application.evidence(), application.challenge(), application.request(), ak);
  }

  /** Whether evidence answers a challenge for a request, whenever that was. */
  static QuoteOutcome verifyQuote(
      Evidence evidence, Challenge challenge, ExecutionRequest request, EnrolledAk ak) {
    Hash nonce = Hash.of(challenge.nonce().bytes());
    return QuoteVerifier.verify(
        evidence,
        ak,
        EvidenceBinding.qualifyingData(nonce, request.digest(), request.jkt()).bytes(),
        challenge.selection());
  }

  private static Judgement unsound(
      PolicyInForce policy,
      KnownHost host,
      Continuity.Standing standing,
      String reason,
      String message) {
    return new Judgement.Refused(
        policy,
        host,
        new Denial(DenialCode.RUNTIME_INTEGRITY, reason, message),
        Nonce.SPENT,
        standing);
  }

  private Judgement decide(
      Application application,
      Channel channel,
      Origins origins,
      PolicyInForce policy,
      KnownHost host,
      VerifiedQuote quote,
      Continuity.Standing standing,
      KeyStanding.Fit key,
      Instant now,
      long began)
      throws LedgerException {
    Optional<EndorsementOutcome> endorsement = endorsements.of(host.row());
    if (endorsement.isPresent()
        && endorsement.get() instanceof EndorsementOutcome.Revoked revoked) {
      return new Judgement.Refused(
          policy, host, Endorsements.revoked(revoked), Nonce.SPENT, standing);
    }
    ReferenceValues references = policy.referenceValuesFor(host.name());
    MeasuredLogs.Read read;
    try {
      read = logs.read(application.evidence(), references, host.akName(), quote, policy.digest());
    } catch (MalformedEvidenceException e) {
      return unsound(policy, host, standing, e.reason(), String.valueOf(e.getMessage()));
    }
    if (read.list().isPresent()
        && read.list().get() instanceof ImaOutcome.PositionMismatch elsewhere) {
      return unsound(policy, host, standing, elsewhere.reason(), elsewhere.message());
    }
    Appraisal appraisal =
        Appraiser.appraise(quote, endorsement, references, read.boot(), read.list());
    long verified = telemetry.ended(Telemetry.Stage.VERIFY, began);
    Governance governance = PolicyInputs.governance(policy, origins.initiatorName(), now);
    Hash request = application.request().digest();
    CountedApprovals counted =
        approvals.of(
            policy,
            application.request(),
            governance.initiator(),
            now,
            Renewals.isOfAnExecution(application) ? origins.renewal() : Optional.empty());
    Inputs inputs =
        new Inputs(
            PolicyInputs.subject(host.row(), quote, application.request()),
            PolicyInputs.request(application, origins.parent()),
            counted.in(governance),
            PolicyInputs.trust(appraisal, endorsement, policy.document(), host.name()),
            PolicyInputs.env(quote, key.storage(), channel.seen(application.request().jkt())),
            now);
    Decision decision = policy.policy().decide(inputs);
    telemetry.ended(Telemetry.Stage.DECIDE, verified);
    Ear result = EarClaims.of(application, quote, appraisal, key.storage(), policy.digest(), now);
    if (decision instanceof Decision.Deny deny) {
      Optional<StepUp> next =
          deny.code() == PolicyCode.POLICY_DENIED
              ? counted.next(policy, inputs, request)
              : Optional.empty();
      return new Judgement.Refused(
          policy,
          host,
          Denial.of(deny, next),
          Nonce.SPENT,
          Optional.of(deny),
          Optional.of(result),
          standing,
          logs.kept(
              application.evidence(), appraisal, host.akName(), quote, KeptBootLog.Decision.DENIED),
          counted.seen());
    }
    if (ArtifactSigner.obligations((Decision.Allow) decision, origins.parent()).size()
        > ParentGrant.MAX_OBLIGATIONS) {
      return new Judgement.Refused(policy, host, TOO_MANY_OBLIGATIONS, Nonce.SPENT, standing);
    }
    if (!ArtifactSigner.outlives(
        (Decision.Allow) decision, origins.parent(), application.challenge(), now)) {
      return new Judgement.Refused(policy, host, ATTESTED_TOO_LONG_AGO, Nonce.SPENT, standing);
    }
    List<StateChange> learned = new ArrayList<>();
    key.registration().ifPresent(learned::add);
    MeasuredLogs.reached(read, appraisal, host.akName(), quote, policy.digest())
        .ifPresent(learned::add);
    logs.kept(application.evidence(), appraisal, host.akName(), quote, KeptBootLog.Decision.ALLOWED)
        .ifPresent(learned::add);
    return new Judgement.Granted(
        (Decision.Allow) decision,
        new Grounds(
            application,
            host,
            quote,
            result,
            key.storage(),
            learned,
            counted,
            policy,
            now,
            origins.initiator(),
            origins.parent(),
            origins.renewal()),
        standing,
        Nonce.SPENT);
  }
}
