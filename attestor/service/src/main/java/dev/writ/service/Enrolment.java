// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Admission;
import dev.writ.artifact.AkName;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.AkOutcome;
import dev.writ.evidence.CredentialOutcome;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.MakeCredential;
import dev.writ.evidence.Octets;
import dev.writ.evidence.Refusal;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmCredential;
import dev.writ.evidence.TpmtPublic;
import dev.writ.evidence.TrustedEndorsement;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.HostState;
import dev.writ.ledger.Invitation;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Admits hosts: an operator invited the host or listed its endorsement key, a manufacturer vouches for
 * that, and the TPM that holds it shows that it holds the attestation key too.
 *
 * <p>{@link #begin} keeps nothing. {@link #complete} commits the host to the ledger, whose store alone
 * judges that no endorsement key has two identities and no identity two endorsement keys.
 */
public final class Enrolment {
  /** How long a host may take to activate its credential. */
  static final Duration VALIDITY = Duration.ofSeconds(60);

  private static final String LABEL = "writ-activation-v2";

  private static final Denial ACTIVATION_REPLAYED =
      new Denial(
          DenialCode.REPLAYED, "activation_replayed", "a secret may be returned once; enrol again");

  private final Operations operations;
  private final WorkPool appraisal;
  private final WorkPool hsm;
  private final AdmissibleEndorsements endorsements;
  private final AkCertificates certificates;
  private final AdmittedHosts admitted;
  private final ServiceSecret secret;
  private final Ledger ledger;
  private final Refusals refusals;
  private final Supplier<Hash> policyLeaf;
  private final InstantSource clock;
  private final SecureRandom random;

  Enrolment(
      Operations operations,
      WorkPool appraisal,
      WorkPool hsm,
      AdmissibleEndorsements endorsements,
      AkCertificates certificates,
      AdmittedHosts admitted,
      ServiceSecret secret,
      Ledger ledger,
      Refusals refusals,
      Supplier<Hash> policyLeaf,
      InstantSource clock,
      SecureRandom random) {
    this.operations = operations;
    this.appraisal = appraisal;
    this.hsm = hsm;
    this.endorsements = endorsements;
    this.certificates = certificates;
    this.admitted = admitted;
    this.secret = secret;
    this.ledger = ledger;
    this.refusals = refusals;
    this.policyLeaf = policyLeaf;
    this.clock = clock;
    this.random = random;
  }

  /**
   * Judges a host's keys and wraps a secret for its TPM. Whatever fails on the way ends in {@code
   * unverifiable}.
   */
  public CompletionStage<EnrolmentOutcome> begin(EnrolmentApplication application) {
    return operations.begin(
        "an enrolment",
        () -> appraisal.submit(() -> judge(application)).thenApply(this::counted),
        EnrolmentOutcome.Denied::new);
  }

  /** What was refused before anybody showed who they are is no leaf. */
  private EnrolmentOutcome counted(EnrolmentOutcome outcome) {
    if (outcome instanceof EnrolmentOutcome.Denied denied) {
      refusals.count(denied.denial());
    }
    return outcome;
  }

  private EnrolmentOutcome judge(EnrolmentApplication application) throws LedgerException {
    try {
      return judged(application);
    } catch (DeniedException e) {
      return new EnrolmentOutcome.Denied(e.denial());
    }
  }

  private EnrolmentOutcome judged(EnrolmentApplication application) throws LedgerException {
    Optional<Denial> unfit = unfit(application.ak());
    if (unfit.isPresent()) {
      return new EnrolmentOutcome.Denied(unfit.get());
    }
    Hash ekDigest = Hash.sha256(application.ek().key().subjectPublicKeyInfo());
    Optional<Hash> invitation =
        application.invitation().map(secret -> Invitations.digest(secret.bytes()));
    Optional<Denial> uninvited = unwelcome(application.hostName(), ekDigest, invitation);
    if (uninvited.isPresent()) {
      return new EnrolmentOutcome.Denied(uninvited.get());
    }
    // After an operator's word: a path is searched among certificates that the applicant chose.
    endorsements.require(application.ekCertificate(), application.ekChain(), application.ek());
    return activation(
        new EnrolmentSession(
            newNonce(),
            end(),
            ekDigest,
            invitation,
            application.hostName(),
            application.ak(),
            application.ek(),
            application.ekCertificate(),
            application.ekChain()));
  }

  /** Why the key cannot attest for artifacts, if it cannot. */
  private static Optional<Denial> unfit(TpmtPublic ak) {
    AkOutcome judged = EnrolledAk.of(ak);
    if (!(judged instanceof EnrolledAk fit)) {
      return Optional.of(untrusted((AkOutcome.Refused) judged));
    }
    if (Hosts.akName(fit.name()).isEmpty()) {
      return Optional.of(
          untrusted(
              "ak_name_alg_not_accepted",
              "the attestation key's nameAlg must be sha256, sha384 or sha512, was "
                  + ak.nameAlg().text()));
    }
    // Artifacts and verifiers compare a quote's pcrDigest, and it is of the scheme's hash.
    return fit.schemeHash() == TpmAlg.SHA256
        ? Optional.empty()
        : Optional.of(
            untrusted(
                "ak_scheme_hash_not_accepted",
                "the attestation key must sign with sha256, was " + fit.schemeHash().text()));
  }

  /**
   * Why no operator's word lets the host enrol, if none does. Of an invitation that is only a look
   * ahead: what spends it judges it.
   */
  private Optional<Denial> unwelcome(String hostName, Hash ekDigest, Optional<Hash> invitation)
      throws LedgerException {
    Optional<String> listed = admitted.nameOf(ekDigest);
    boolean otherwiseListed = listed.isPresent() && !listed.get().equals(hostName);
    if (invitation.isPresent() && !otherwiseListed) {
      Optional<Invitation> known = ledger.invitation(invitation.get());
      if (known.isEmpty()
          || !known.get().hostName().equals(hostName)
          || !clock.instant().isBefore(known.get().expires())) {
        return Optional.of(untrusted(CommitOutcome.Refusal.INVITATION_INVALID));
      }
      return known.get().redeemedBy().isPresent()
          ? Optional.of(untrusted(CommitOutcome.Refusal.INVITATION_SPENT))
          : Optional.empty();
    }
    if (listed.isPresent() && !otherwiseListed) {
      return Optional.empty();
    }
    // The name goes into messages and logs: only what can be one is repeated.
    String name = AdmittedHosts.isName(hostName) ? "\"" + hostName + "\"" : "that was given";
    return Optional.of(
        untrusted(
            "host_not_admitted",
            "an operator must invite the host, or list endorsement key "
                + ekDigest
                + " under the name "
                + name
                + ", and has not"));
  }

  private EnrolmentOutcome activation(EnrolmentSession session) {
    Octets encoded = session.encode();
    byte[] mac = secret.mac(LABEL, encoded.bytes());
    CredentialOutcome credential =
        MakeCredential.make(session.ek(), session.ak().name(), mac, random);
    if (credential instanceof CredentialOutcome.Refused refused) {
      return new EnrolmentOutcome.Denied(untrusted(refused));
    }
    return new EnrolmentOutcome.Activation(encoded, (TpmCredential) credential);
  }

  /**
   * Admits the host if its TPM opened the secret. Whatever fails on the way ends in {@code
   * unverifiable}.
   *
   * @param encodedSession of the {@link EnrolmentOutcome.Activation}
   * @param activated what the TPM opened
   */
  public CompletionStage<EnrolmentOutcome> complete(Octets encodedSession, Octets activated) {
    return operations.begin(
        "an activation",
        () ->
            appraisal
                .submit(() -> candidate(unspent(activated(encodedSession, activated))))
                // Before the commit: what cannot be signed now is asked for again, and by the same
                // secret.
                .thenCompose(candidate -> hsm.submit(() -> certified(candidate)))
                .thenCompose(
                    certified ->
                        ledger
                            .commit(certified.candidate().entry())
                            .thenCompose(done -> settled(certified, done))
                            .thenApply(this::counted)),
        EnrolmentOutcome.Denied::new);
  }

  /** The session, if it is ours, in time, and the TPM opened its secret. */
  private EnrolmentSession activated(Octets encodedSession, Octets activated) {
    if (!secret.isOurs(LABEL, encodedSession.bytes(), activated.bytes())) {
      throw refused(
          DenialCode.RUNTIME_INTEGRITY,
          "activation_failed",
          "the secret must be the one that was wrapped for this TPM, and is not; enrol again");
    }
    EnrolmentSession session = EnrolmentSession.decode(encodedSession);
    if (!clock.instant().isBefore(session.expires())) {
      throw refused(
          DenialCode.EXPIRED,
          "activation_expired",
          "the secret must come back before " + session.expires() + "; enrol again");
    }
    return session;
  }

  private DeniedException refused(DenialCode code, String reason, String message) {
    Denial denial = new Denial(code, reason, message);
    refusals.count(denial);
    return new DeniedException(denial);
  }

  /** A host that may be enrolled, and the entry that does it. */
  private record Candidate(EnrolmentSession session, TrustedEndorsement endorsement, Entry entry) {}

  /** The same, with what the host is told if it is. */
  private record Certified(Candidate candidate, EnrolmentOutcome.Enrolled enrolled) {}

  private Certified certified(Candidate candidate) {
    TpmtPublic ak = candidate.session().ak();
    return new Certified(
        candidate,
        new EnrolmentOutcome.Enrolled(
            ak.name(), certificates.issue(ak, candidate.endorsement().device())));
  }

  /** Before anything is signed for it: a secret is good for one enrolment. */
  private EnrolmentSession unspent(EnrolmentSession session) throws LedgerException {
    if (ledger.isConsumed(session.nonce())) {
      refusals.count(ACTIVATION_REPLAYED);
      throw new DeniedException(ACTIVATION_REPLAYED);
    }
    return session;
  }

  /** Parents of an enrolment are the policy in force and, where there was one, the invitation. */
  private Candidate candidate(EnrolmentSession session) throws LedgerException {
    TrustedEndorsement endorsement = endorsedStill(session);
    List<Hash> parents = new ArrayList<>(List.of(policyLeaf.get()));
    if (session.invitation().isPresent()) {
      Optional<Invitation> invitation = ledger.invitation(session.invitation().get());
      if (invitation.isPresent()) {
        parents.add(LeafHashes.of(ledger, invitation.get().leafIndex()));
      }
    }
    byte[] salt = Commitment.newSalt(random);
    AkName akName = AkName.of(session.ak().name().bytes());
    LeafBody body =
        new LeafBody.Enrolment(
            Commitment.of(salt, session.hostName().getBytes(StandardCharsets.UTF_8)),
            Hash.sha256(akName.bytes()),
            session.ekDigest(),
            session.invitation().isPresent() ? Admission.INVITED : Admission.LISTED);
    Leaf leaf =
        Leaf.of(Instant.ofEpochMilli(clock.millis()), UuidV7.next(clock, random), parents, body);
    List<StateChange> changes = new ArrayList<>();
    changes.add(new StateChange.ConsumeNonce(session.nonce(), session.expires()));
    session
        .invitation()
        .ifPresent(
            digest -> changes.add(new StateChange.RedeemInvitation(digest, session.hostName())));
    changes.add(
        new StateChange.RegisterHost(
            akName, session.ekDigest(), session.hostName(), session.ak().bytes()));
    return new Candidate(
        session,
        endorsement,
        new Entry(
            leaf,
            changes,
            List.of(),
            Optional.of(Payload.enrolment(session, salt, Commitment.newSalt(random)))));
  }

  /** What names the TPM in the certificate is verified, not remembered. */
  private TrustedEndorsement endorsedStill(EnrolmentSession session) {
    try {
      return endorsements.require(session.ekCertificate(), session.ekChain(), session.ek());
    } catch (DeniedException e) {
      refusals.count(e.denial());
      throw e;
    }
  }

  /**
   * A host whose answer was lost enrols again: after another activation, which was as real as the first,
   * it is told that it is what the ledger says it is. A secret that comes twice stays a replay.
   */
  private CompletionStage<EnrolmentOutcome> settled(Certified certified, CommitOutcome outcome) {
    EnrolmentOutcome answer = outcome(certified.enrolled(), outcome);
    return outcome instanceof CommitOutcome.Refused
        ? appraisal.submit(
            () -> isEnrolled(certified.candidate().session()) ? certified.enrolled() : answer)
        : CompletableFuture.completedFuture(answer);
  }

  /** Whether exactly these keys are enrolled under exactly this name, and nobody withdrew that. */
  private boolean isEnrolled(EnrolmentSession session) throws LedgerException {
    return ledger
        .host(AkName.of(session.ak().name().bytes()))
        .filter(host -> host.state() == HostState.ACTIVE)
        .filter(host -> host.ekDigest().equals(session.ekDigest()))
        .filter(host -> host.name().equals(session.hostName()))
        .isPresent();
  }

  private static EnrolmentOutcome outcome(
      EnrolmentOutcome.Enrolled enrolled, CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.Receipt) {
      return enrolled;
    } else if (outcome instanceof CommitOutcome.Replayed) {
      return new EnrolmentOutcome.Denied(ACTIVATION_REPLAYED);
    } else if (outcome instanceof CommitOutcome.Refused refused) {
      return new EnrolmentOutcome.Denied(untrusted(refused.why()));
    } else if (outcome instanceof CommitOutcome.Unavailable unavailable) {
      return new EnrolmentOutcome.Denied(Denial.of(unavailable));
    }
    throw new IllegalStateException("bug: an enrolment has no preconditions, yet got " + outcome);
  }

  private static Denial untrusted(Refusal refusal) {
    return untrusted(refusal.reason(), refusal.message());
  }

  private static Denial untrusted(CommitOutcome.Refusal why) {
    return untrusted(
        why.name().toLowerCase(Locale.ROOT),
        switch (why) {
          case INVITATION_INVALID ->
              "an invitation must be this service's, name the host, and not be past its end; ask the"
                  + " operator for another";
          case INVITATION_SPENT -> "an invitation is good for one enrolment, and this one was used";
          default ->
              "endorsement key, attestation key and host name must each be enrolled once: this"
                  + " one's are not all free";
        });
  }

  private static Denial untrusted(String reason, String message) {
    return new Denial(DenialCode.ENVIRONMENT_UNTRUSTED, reason, message);
  }

  private Hash newNonce() {
    byte[] nonce = new byte[Hash.BYTES];
    random.nextBytes(nonce);
    return Hash.of(nonce);
  }

  private Instant end() {
    return Instant.ofEpochMilli(clock.millis()).plus(VALIDITY);
  }
}
