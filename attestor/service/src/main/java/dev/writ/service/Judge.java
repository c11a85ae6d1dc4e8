// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Environment;
import dev.writ.artifact.EvidenceBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.JwkThumbprint;
import dev.writ.evidence.AkOutcome;
import dev.writ.evidence.Appraisal;
import dev.writ.evidence.Appraiser;
import dev.writ.evidence.CertifiedKey;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.EndorsementOutcome;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.KeyCertificationOutcome;
import dev.writ.evidence.KeyCertificationVerifier;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.QuoteOutcome;
import dev.writ.evidence.QuoteVerifier;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.TpmtPublic;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.ledger.Host;
import dev.writ.ledger.HostState;
import dev.writ.ledger.InstanceKey;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.StateChange;
import dev.writ.policy.Decision;
import dev.writ.tlog.Hash;
import java.security.Provider;
import java.security.interfaces.ECPublicKey;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;

/**
 * Says whether a host may have the artifact it asks for. First whether it is the host that asks: the
 * challenge is ours, and the quote answers it for this request under the enrolled key. Then the
 * challenge's time and epoch, host's state, scope, instance key, appraisal, decision, in that order.
 * The first that fails gives the denial its code. Reads the ledger; changes nothing.
 */
final class Judge {
  private static final Judgement NOT_OURS =
      new Judgement.Unauthenticated(
          new IssuanceOutcome.Denied(
              DenialCode.RUNTIME_INTEGRITY,
              "challenge_not_ours",
              "the challenge must be one of this service's for this attestation key, and is not; ask"
                  + " for one"));

  private final ServiceIdentity identity;
  private final Challenges challenges;
  private final Endorsements endorsements;
  private final PolicyInForce policy;
  private final Ledger ledger;
  private final Provider signatures;
  private final InstantSource clock;

  Judge(
      ServiceIdentity identity,
      Challenges challenges,
      Endorsements endorsements,
      PolicyInForce policy,
      Ledger ledger,
      Provider signatures,
      InstantSource clock) {
    this.identity = identity;
    this.challenges = challenges;
    this.endorsements = endorsements;
    this.policy = policy;
    this.ledger = ledger;
    this.signatures = signatures;
    this.clock = clock;
  }

  Judgement judge(Application application, Host host) throws LedgerException {
    Challenge challenge = application.challenge();
    if (!challenges.isOurs(challenge, application.akName())) {
      return NOT_OURS;
    }
    EnrolledAk ak = enrolledAk(host);
    QuoteOutcome quoted = verifyQuote(application, ak);
    if (quoted instanceof QuoteOutcome.Refused refused) {
      // Attestation keys' names are no secrets. Whoever knows one must neither fill the ledger in
      // that host's name nor use up its challenges: until here a denial is no leaf and spends no
      // nonce.
      return new Judgement.Unauthenticated(
          new IssuanceOutcome.Denied(
              DenialCode.RUNTIME_INTEGRITY, refused.reason(), refused.message()));
    }
    Optional<Judgement.Refused> late = judgeTime(challenge);
    if (late.isPresent()) {
      return late.get();
    }
    if (host.state() != HostState.ACTIVE) {
      IssuanceOutcome.Denied denial = notActive(host);
      return refused(denial.code(), denial.reason(), denial.message());
    }
    Optional<Judgement.Refused> scope = judgeScope(application.request());
    if (scope.isPresent()) {
      return scope.get();
    }
    KeyStanding key = judgeInstanceKey(application, ak, host);
    if (key instanceof KeyStanding.Unfit unfit) {
      return refused(DenialCode.RUNTIME_INTEGRITY, unfit.reason(), unfit.message());
    }
    return decide(application, host, (VerifiedQuote) quoted, (KeyStanding.Fit) key);
  }

  private Optional<Judgement.Refused> judgeTime(Challenge challenge) {
    return switch (challenges.judge(challenge, policy.epoch())) {
      case FRESH -> Optional.empty();
      case EXPIRED ->
          Optional.of(
              beforeUse(
                  DenialCode.EXPIRED,
                  "challenge_expired",
                  "the challenge must be answered before " + challenge.expires() + "; ask again"));
      case EARLIER_EPOCH ->
          Optional.of(
              beforeUse(
                  DenialCode.POLICY_MISMATCH,
                  "challenge_of_earlier_epoch",
                  "the challenge must be of policy epoch "
                      + policy.epoch()
                      + ", was of "
                      + challenge.epoch()
                      + "; ask again"));
    };
  }

  /** What a host is told that an operator has suspended or revoked. */
  static IssuanceOutcome.Denied notActive(Host host) {
    String state = host.state().name().toLowerCase(Locale.ROOT);
    return new IssuanceOutcome.Denied(
        DenialCode.ENVIRONMENT_UNTRUSTED,
        "host_" + state,
        "the host must be active, and an operator made it " + state);
  }

  private Optional<Judgement.Refused> judgeScope(ExecutionRequest request) {
    if (!request.iss().equals(identity.issuer())) {
      return Optional.of(
          refused(
              DenialCode.SCOPE_EXCEEDED,
              "issuer_mismatch",
              "iss must be " + identity.issuer() + ", was " + request.iss()));
    }
    if (!request.tenant().equals(identity.tenant())) {
      return Optional.of(
          refused(
              DenialCode.SCOPE_EXCEEDED,
              "tenant_mismatch",
              "tenant must be " + identity.tenant() + ", was " + request.tenant()));
    }
    if (request.parent().isPresent()) {
      return Optional.of(
          refused(
              DenialCode.AUTHORIZATION_DISCONTINUITY,
              "parent_not_accepted",
              "this service narrows no artifact for a child: ask for one without a parent"));
    }
    return Optional.empty();
  }

  private EnrolledAk enrolledAk(Host host) {
    try {
      TpmtPublic area = TpmtPublic.parse(host.akPublic());
      // The configured provider is there for curves, and may have nothing else.
      AkOutcome outcome =
          area.key().type() == TpmAlg.ECC ? EnrolledAk.of(area, signatures) : EnrolledAk.of(area);
      if (outcome instanceof EnrolledAk ak) {
        return ak.withQualifiedName(ak.name().qualifiedUnder(TpmName.ENDORSEMENT_HIERARCHY));
      }
      throw new IllegalStateException("bug: an attestation key was enrolled that is refused now");
    } catch (MalformedEvidenceException e) {
      throw new IllegalStateException("bug: an attestation key was enrolled that is malformed", e);
    }
  }

  /** What is known of the key that the artifact would be bound to. */
  private sealed interface KeyStanding {
    record Fit(Environment.KeyStorage storage, Optional<StateChange> registration)
        implements KeyStanding {}

    record Unfit(String reason, String message) implements KeyStanding {}
  }

  /**
   * A certification is verified once for an attestation key and a key name; the ledger remembers. A
   * key without one is a key in memory, bound by the quote's qualifying data alone.
   */
  private KeyStanding judgeInstanceKey(Application application, EnrolledAk ak, Host host)
      throws LedgerException {
    Hash jkt = application.request().jkt();
    Optional<Evidence.KeyCertification> given = application.evidence().keyCertification();
    if (given.isEmpty()) {
      return new KeyStanding.Fit(Environment.KeyStorage.MEMORY, Optional.empty());
    }
    Evidence.KeyCertification certification = given.get();
    Hash keyName = Hash.sha256(certification.key().name().bytes());
    Optional<InstanceKey> known = ledger.instanceKey(host.akName(), keyName);
    if (known.isPresent()) {
      return known.get().jkt().equals(jkt)
          ? new KeyStanding.Fit(Environment.KeyStorage.TPM, Optional.empty())
          : anotherKey(jkt, known.get().jkt());
    }
    KeyCertificationOutcome outcome =
        KeyCertificationVerifier.verify(
            certification, ak, EvidenceBinding.keyCertification(jkt).bytes());
    if (outcome instanceof KeyCertificationOutcome.Refused refused) {
      return new KeyStanding.Unfit(refused.reason(), refused.message());
    }
    ECPublicKey certified = ((CertifiedKey) outcome).publicKey();
    Hash thumbprint = JwkThumbprint.of(certified);
    return thumbprint.equals(jkt)
        ? new KeyStanding.Fit(
            Environment.KeyStorage.TPM,
            Optional.of(new StateChange.RegisterInstanceKey(host.akName(), keyName, jkt)))
        : anotherKey(jkt, thumbprint);
  }

  private static KeyStanding anotherKey(Hash requested, Hash certified) {
    return new KeyStanding.Unfit(
        "key_thumbprint_mismatch",
        "the certified key must be the request's jkt " + requested + ", was " + certified);
  }

  private QuoteOutcome verifyQuote(Application application, EnrolledAk ak) {
    ExecutionRequest request = application.request();
    Hash nonce = Hash.of(application.challenge().nonce().bytes());
    return QuoteVerifier.verify(
        application.evidence(),
        ak,
        EvidenceBinding.qualifyingData(nonce, request.digest(), request.jkt()).bytes(),
        application.challenge().selection());
  }

  private Judgement decide(
      Application application, Host host, VerifiedQuote quote, KeyStanding.Fit key)
      throws LedgerException {
    Optional<EndorsementOutcome> endorsement = endorsements.of(host);
    Appraisal appraisal =
        Appraiser.appraise(quote, endorsement, policy.referenceValuesFor(host.name()));
    Instant now = Instant.ofEpochMilli(clock.millis());
    Decision decision =
        policy
            .policy()
            .decide(
                PolicyInputs.subject(host, quote, application.request()),
                PolicyInputs.request(application.request()),
                PolicyInputs.governance(policy),
                PolicyInputs.trust(appraisal, endorsement, policy, host),
                PolicyInputs.env(quote, key.storage()),
                now);
    if (decision instanceof Decision.Deny deny) {
      Decision.Reason first = deny.reasons().get(0);
      return new Judgement.Refused(
          new IssuanceOutcome.Denied(
              DenialCode.valueOf(deny.code().name()), first.rule(), first.user()),
          Judgement.Nonce.SPENT,
          Optional.of(deny));
    }
    return new Judgement.Granted(
        (Decision.Allow) decision,
        new Grounds(
            application, host, quote, appraisal, key.storage(), key.registration(), policy, now));
  }

  private static Judgement.Refused refused(DenialCode code, String reason, String message) {
    return new Judgement.Refused(
        new IssuanceOutcome.Denied(code, reason, message), Judgement.Nonce.SPENT, Optional.empty());
  }

  private static Judgement.Refused beforeUse(DenialCode code, String reason, String message) {
    return new Judgement.Refused(
        new IssuanceOutcome.Denied(code, reason, message),
        Judgement.Nonce.SPENT_IF_FREE,
        Optional.empty());
  }
}
