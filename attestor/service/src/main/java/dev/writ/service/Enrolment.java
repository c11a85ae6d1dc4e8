// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.AkOutcome;
import dev.writ.evidence.CredentialOutcome;
import dev.writ.evidence.EndorsementOutcome;
import dev.writ.evidence.EndorsementVerifier;
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
import dev.writ.ledger.Ledger;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Admits hosts: an operator listed the endorsement key, a manufacturer vouches for it, and the TPM
 * that holds it shows that it holds the attestation key too.
 *
 * <p>{@link #begin} keeps nothing. {@link #complete} commits the host to the ledger, whose store alone
 * judges that no endorsement key has two identities and no identity two endorsement keys.
 */
public final class Enrolment {
  /** How long a host may take to activate its credential. */
  static final Duration VALIDITY = Duration.ofSeconds(60);

  private static final String LABEL = "writ-activation-v1";

  /** The endorsement's validity is over: such a TPM is not admitted. */
  private static final Set<TrustedEndorsement.Finding> NOT_ADMITTED =
      EnumSet.of(TrustedEndorsement.Finding.EXPIRED, TrustedEndorsement.Finding.CHAIN_EXPIRED);

  private final EndorsementVerifier endorsements;
  private final AdmittedHosts admitted;
  private final ServiceSecret secret;
  private final Ledger ledger;
  private final Hash policyLeaf;
  private final InstantSource clock;
  private final SecureRandom random;

  Enrolment(
      EndorsementVerifier endorsements,
      AdmittedHosts admitted,
      ServiceSecret secret,
      Ledger ledger,
      Hash policyLeaf,
      InstantSource clock,
      SecureRandom random) {
    this.endorsements = endorsements;
    this.admitted = admitted;
    this.secret = secret;
    this.ledger = ledger;
    this.policyLeaf = policyLeaf;
    this.clock = clock;
    this.random = random;
  }

  /**
   * Judges a host's keys and wraps a secret for its TPM. Whatever fails on the way ends in {@code
   * unverifiable}.
   *
   * @param hostName the name under which the host wants to be known
   * @param ekCertificate the endorsement certificate as it lies in NV
   */
  public EnrolmentOutcome begin(
      String hostName, Octets ekCertificate, TpmtPublic ek, TpmtPublic ak) {
    try {
      return judge(hostName, ekCertificate, ek, ak);
    } catch (RuntimeException e) {
      return defect(e);
    }
  }

  private EnrolmentOutcome judge(
      String hostName, Octets ekCertificate, TpmtPublic ek, TpmtPublic ak) {
    Optional<EnrolmentOutcome> unfit = unfit(ak);
    if (unfit.isPresent()) {
      return unfit.get();
    }
    EndorsementOutcome endorsement =
        endorsements.verify(ekCertificate.bytes(), ek, clock.instant());
    if (endorsement instanceof EndorsementOutcome.Refused refused) {
      return denied(DenialCode.ENVIRONMENT_UNTRUSTED, refused);
    }
    TrustedEndorsement trusted = (TrustedEndorsement) endorsement;
    if (trusted.findings().stream().anyMatch(NOT_ADMITTED::contains)) {
      return new EnrolmentOutcome.Denied(
          DenialCode.ENVIRONMENT_UNTRUSTED,
          "ek_expired",
          "the endorsement's validity must not have ended, was until " + trusted.notAfter());
    }
    Hash ekDigest = Hash.of(trusted.ekDigest().value().bytes());
    Optional<String> listed = admitted.nameOf(ekDigest);
    if (!listed.equals(Optional.of(hostName))) {
      // The name goes into messages and logs: only what can be one is repeated.
      String name = AdmittedHosts.isName(hostName) ? "\"" + hostName + "\"" : "that was given";
      return new EnrolmentOutcome.Denied(
          DenialCode.ENVIRONMENT_UNTRUSTED,
          "host_not_admitted",
          "an operator must list endorsement key "
              + ekDigest
              + " under the name "
              + name
              + ", and has not");
    }
    return activation(
        new EnrolmentSession(newNonce(), end(), ekDigest, hostName, ak, ek, ekCertificate));
  }

  /** Why the key cannot attest for artifacts, if it cannot. */
  private static Optional<EnrolmentOutcome> unfit(TpmtPublic ak) {
    AkOutcome judged = EnrolledAk.of(ak);
    if (!(judged instanceof EnrolledAk fit)) {
      return Optional.of(denied(DenialCode.ENVIRONMENT_UNTRUSTED, (AkOutcome.Refused) judged));
    }
    if (Hosts.akName(fit.name()).isEmpty()) {
      return Optional.of(
          new EnrolmentOutcome.Denied(
              DenialCode.ENVIRONMENT_UNTRUSTED,
              "ak_name_alg_not_accepted",
              "the attestation key's nameAlg must be sha256, sha384 or sha512, was "
                  + ak.nameAlg().text()));
    }
    // Artifacts and verifiers compare a quote's pcrDigest, and it is of the scheme's hash.
    return fit.schemeHash() == TpmAlg.SHA256
        ? Optional.empty()
        : Optional.of(
            new EnrolmentOutcome.Denied(
                DenialCode.ENVIRONMENT_UNTRUSTED,
                "ak_scheme_hash_not_accepted",
                "the attestation key must sign with sha256, was " + fit.schemeHash().text()));
  }

  private EnrolmentOutcome activation(EnrolmentSession session) {
    Octets encoded = session.encode();
    byte[] mac = secret.mac(LABEL, encoded.bytes());
    CredentialOutcome credential =
        MakeCredential.make(session.ek(), session.ak().name(), mac, random);
    if (credential instanceof CredentialOutcome.Refused refused) {
      return denied(DenialCode.ENVIRONMENT_UNTRUSTED, refused);
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
  public EnrolmentOutcome complete(Octets encodedSession, Octets activated) {
    try {
      return admit(encodedSession, activated);
    } catch (RuntimeException e) {
      return defect(e);
    }
  }

  private EnrolmentOutcome admit(Octets encodedSession, Octets activated) {
    byte[] expected = secret.mac(LABEL, encodedSession.bytes());
    if (!MessageDigest.isEqual(expected, activated.bytes())) {
      return new EnrolmentOutcome.Denied(
          DenialCode.RUNTIME_INTEGRITY,
          "activation_failed",
          "the secret must be the one that was wrapped for this TPM, and is not; enrol again");
    }
    EnrolmentSession session = EnrolmentSession.decode(encodedSession);
    if (!clock.instant().isBefore(session.expires())) {
      return new EnrolmentOutcome.Denied(
          DenialCode.EXPIRED,
          "activation_expired",
          "the secret must come back before " + session.expires() + "; enrol again");
    }
    return outcome(session, ledger.commit(entry(session)).toCompletableFuture().join());
  }

  private Entry entry(EnrolmentSession session) {
    byte[] salt = Commitment.newSalt(random);
    AkName akName = AkName.of(session.ak().name().bytes());
    LeafBody body =
        new LeafBody.Enrolment(
            Commitment.of(salt, session.hostName().getBytes(StandardCharsets.UTF_8)),
            Hash.sha256(akName.bytes()),
            session.ekDigest());
    Leaf leaf =
        Leaf.of(
            Instant.ofEpochMilli(clock.millis()),
            UuidV7.next(clock, random),
            List.of(policyLeaf),
            body);
    return Entry.of(
            leaf,
            new StateChange.ConsumeNonce(session.nonce(), session.expires()),
            new StateChange.RegisterHost(
                akName, session.ekDigest(), session.hostName(), session.ak().bytes()))
        .withPayload(Payload.enrolment(session, salt));
  }

  private static EnrolmentOutcome outcome(EnrolmentSession session, CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.Receipt) {
      return new EnrolmentOutcome.Enrolled(session.ak().name());
    } else if (outcome instanceof CommitOutcome.Replayed) {
      return new EnrolmentOutcome.Denied(
          DenialCode.REPLAYED, "activation_replayed", "a secret may be returned once; enrol again");
    } else if (outcome instanceof CommitOutcome.Refused refused) {
      return new EnrolmentOutcome.Denied(
          DenialCode.ENVIRONMENT_UNTRUSTED,
          refused.why().name().toLowerCase(Locale.ROOT),
          "endorsement key, attestation key and host name must each be enrolled once: this one's "
              + "are not all free");
    }
    if (outcome instanceof CommitOutcome.Unavailable unavailable) {
      return new EnrolmentOutcome.Denied(
          DenialCode.UNVERIFIABLE, Issuance.LEDGER_UNAVAILABLE, unavailable.message());
    }
    throw new IllegalStateException("bug: an enrolment has no preconditions, yet got " + outcome);
  }

  private static EnrolmentOutcome denied(DenialCode code, Refusal refusal) {
    return new EnrolmentOutcome.Denied(code, refusal.reason(), refusal.message());
  }

  private static EnrolmentOutcome defect(RuntimeException e) {
    Defect.log("an enrolment", e);
    return new EnrolmentOutcome.Denied(DenialCode.UNVERIFIABLE, Defect.REASON, Defect.MESSAGE);
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
