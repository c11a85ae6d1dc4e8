// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.EvidenceBinding;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.JwkThumbprint;
import dev.writ.artifact.ProofBundle;
import dev.writ.evidence.CertifiedKey;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.EndorsementTrust;
import dev.writ.evidence.EndorsementVerifier;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.KeyCertificationVerifier;
import dev.writ.evidence.MakeCredential;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.QuoteOutcome;
import dev.writ.evidence.QuoteVerifier;
import dev.writ.evidence.TpmCredential;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.TpmtPublic;
import dev.writ.evidence.TrustedEndorsement;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.tlog.Hash;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** As much of a service as judges an agent: the real verifier, and no policy, HSM or ledger. */
final class VerifyingService implements ServiceEndpoint {
  private final SecureRandom random = new SecureRandom();
  private final EndorsementAuthority authority;
  private EndorsementVerifier endorsements;
  private final PcrSelection selection;
  private final Map<TpmName, EnrolledAk> enrolled = new HashMap<>();
  private final byte[] secret = new byte[32];
  private Optional<EnrolmentRequest> asked = Optional.empty();
  private Optional<VerifiedQuote> quote = Optional.empty();
  private Optional<ExecBinding> exec = Optional.empty();
  private boolean credentialForAnotherName;
  private boolean certifyAnotherKey;
  private boolean certifyNoKey;

  VerifyingService(EndorsementAuthority authority, PcrSelection selection) {
    this.authority = authority;
    this.endorsements =
        new EndorsementVerifier(
            new EndorsementTrust(
                List.of(authority.root()), List.of(authority.issuing()), List.of()));
    this.selection = selection;
  }

  @Override
  public Answer<EnrolmentChallenge> enrol(EnrolmentRequest request) {
    asked = Optional.of(request);
    // swtpm_cert dates its certificates by the clock, in whole seconds.
    boolean trusted =
        endorsements.verify(
                request.endorsementCertificate().bytes(),
                request.endorsementChain(),
                request.endorsementKey(),
                Instant.now().plus(Duration.ofHours(1)))
            instanceof TrustedEndorsement;
    if (!trusted) {
      return new Answer.Denied<>(DenialCode.ENVIRONMENT_UNTRUSTED, "endorsement");
    }
    random.nextBytes(secret);
    TpmtPublic named =
        credentialForAnotherName ? request.endorsementKey() : request.attestationKey();
    if (MakeCredential.make(request.endorsementKey(), named.name(), secret, random)
        instanceof TpmCredential credential) {
      return new Answer.Granted<>(new EnrolmentChallenge(Octets.of(new byte[] {1}), credential));
    }
    return new Answer.Denied<>(DenialCode.RUNTIME_INTEGRITY, "credential");
  }

  @Override
  public Answer<Enrolled> activate(Octets session, Octets answer) {
    if (!answer.equals(Octets.of(secret))) {
      return new Answer.Denied<>(DenialCode.RUNTIME_INTEGRITY, "secret");
    }
    EnrolledAk ak = (EnrolledAk) EnrolledAk.of(asked.orElseThrow().attestationKey());
    enrolled.put(ak.name(), ak);
    return new Answer.Granted<>(
        new Enrolled(ak.name(), certifyNoKey ? List.of() : akCertificate(ak)));
  }

  @Override
  public Answer<Challenge> challenge(TpmName attestationKey) {
    if (!enrolled.containsKey(attestationKey)) {
      return new Answer.Denied<>(DenialCode.ENVIRONMENT_UNTRUSTED, "not enrolled");
    }
    byte[] nonce = new byte[32];
    random.nextBytes(nonce);
    return new Answer.Granted<>(
        new Challenge(
            Octets.of(nonce),
            Instant.now().plusSeconds(60),
            selection,
            1,
            Octets.of(new byte[Challenge.MAC_BYTES])));
  }

  /** There is no connection that could show a key. */
  @Override
  public Answer<ProofBundle> issue(IssueRequest request, ChannelKey key) {
    return issue(request);
  }

  @Override
  public Answer<ProofBundle> issue(IssueRequest asks) {
    exec = asks.exec();
    EnrolledAk ak = Objects.requireNonNull(enrolled.get(asks.attestationKey()));
    Hash jkt = asks.request().jkt();
    byte[] qualifying =
        EvidenceBinding.qualifyingData(
                Hash.of(asks.challenge().nonce().bytes()), asks.request().digest(), jkt)
            .bytes();
    QuoteOutcome outcome = QuoteVerifier.verify(asks.evidence(), ak, qualifying, selection);
    if (outcome instanceof QuoteOutcome.Refused refused) {
      return new Answer.Denied<>(DenialCode.RUNTIME_INTEGRITY, refused.reason());
    }
    quote = Optional.of((VerifiedQuote) outcome);
    boolean certified =
        KeyCertificationVerifier.verify(
                    asks.evidence().keyCertification().orElseThrow(),
                    ak,
                    EvidenceBinding.keyCertification(jkt).bytes())
                instanceof CertifiedKey key
            && JwkThumbprint.of(key.publicKey()).equals(jkt);
    if (!certified) {
      return new Answer.Denied<>(DenialCode.RUNTIME_INTEGRITY, "key certification");
    }
    return new Answer.Granted<>(
        new ProofBundle("e30.e30.e30", new byte[] {1}, "proof", Optional.empty()));
  }

  private List<Octets> akCertificate(EnrolledAk ak) {
    try {
      return List.of(
          Octets.of(
              authority.certifyAttestationKey(
                  certifyAnotherKey
                      ? authority.root().getPublicKey()
                      : ak.publicArea().toEcPublicKey())),
          Octets.of(authority.issuing().getEncoded()));
    } catch (CertificateEncodingException | MalformedEvidenceException e) {
      throw new AssertionError(e);
    }
  }

  /** Nothing is known between the maker's root and its TPMs. */
  void forgetIntermediates() {
    endorsements =
        new EndorsementVerifier(
            new EndorsementTrust(List.of(authority.root()), List.of(), List.of()));
  }

  void certifyAnotherKey() {
    certifyAnotherKey = true;
  }

  void certifyNoKey() {
    certifyNoKey = true;
  }

  void makeCredentialsForAnotherName() {
    credentialForAnotherName = true;
  }

  EnrolmentRequest lastEnrolment() {
    return asked.orElseThrow();
  }

  Optional<ExecBinding> lastExec() {
    return exec;
  }

  VerifiedQuote lastQuote() {
    return quote.orElseThrow();
  }
}
