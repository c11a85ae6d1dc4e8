// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AppraisedSubject;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.AttestationResult;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Ear;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.TrustedKey;
import dev.writ.hsm.HsmException;
import dev.writ.ledger.IssuedArtifact;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Verifier;
import java.security.Provider;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * Signs Attestation Results by themselves: for whoever has an artifact that is in force, that of its
 * decision; for operators, that of any decision which came to an appraisal, denials too. What is signed
 * was written when the decision was taken, and is kept beside its leaf: nothing is appraised again.
 *
 * <pre>
 * caller ──▶ appraisal ─────────────────────▶ hsm ─────▶ answer
 *            ours? in force? rate? payload    sign
 * </pre>
 */
public final class AttestationResults {
  /** Results that are kept as they were signed: what is asked for again costs no signature. */
  private static final int MOST_KEPT = 2_048;

  private final Operations operations;
  private final WorkPool appraisal;
  private final WorkPool hsm;
  private final Ledger ledger;
  private final TrustFiles trust;
  private final KeysInUse keys;
  private final SignatureCounts counts;
  private final HostRate rate;
  private final Provider signatures;
  private final InstantSource clock;
  private final Refusals refusals;
  private final Telemetry telemetry;
  // By the digest of what was signed, so that none can be given for another.
  private final Recent<Hash, AttestationResult> signed = new Recent<>(MOST_KEPT);

  /**
   * Asked of nothing yet.
   *
   * @param rate of results for artifacts of one host; not that of its decisions, which whoever was
   *     shown an artifact could use up
   */
  AttestationResults(
      Operations operations,
      WorkPool appraisal,
      WorkPool hsm,
      Ledger ledger,
      TrustFiles trust,
      KeysInUse keys,
      SignatureCounts counts,
      HostRate rate,
      Provider signatures,
      InstantSource clock,
      Refusals refusals,
      Telemetry telemetry) {
    this.operations = operations;
    this.appraisal = appraisal;
    this.hsm = hsm;
    this.ledger = ledger;
    this.trust = trust;
    this.keys = keys;
    this.counts = counts;
    this.rate = rate;
    this.signatures = signatures;
    this.clock = clock;
    this.refusals = refusals;
    this.telemetry = telemetry;
  }

  /**
   * The result on which an artifact's decision rests; it ends with the artifact.
   *
   * @param compact the artifact, as received
   */
  public CompletionStage<AttestationResultOutcome> exchange(String compact) {
    return signed("an attestation result for an artifact", () -> ofArtifact(compact));
  }

  /**
   * The result of a decision, whichever way it went: that of an artifact ends with it, a denial's has no
   * end.
   *
   * @param leafIndex the decision's leaf
   */
  public CompletionStage<AttestationResultOutcome> ofDecision(long leafIndex) {
    return signed("an attestation result of a decision", () -> ofLeaf(leafIndex));
  }

  private CompletionStage<AttestationResultOutcome> signed(String step, WorkPool.Work<Ear> claims) {
    return operations.begin(
        step,
        () -> appraisal.submit(claims).thenCompose(ear -> hsm.submit(() -> sign(ear))),
        AttestationResultOutcome.Denied::new);
  }

  private AttestationResultOutcome sign(Ear claims) {
    KeysInUse.InUse issuer = keys.issuer();
    byte[] input = AttestationResult.signingInput(issuer.kid(), claims);
    Hash digest = Hash.sha256(input);
    Optional<AttestationResult> before = signed.get(digest);
    if (before.isPresent()) {
      return new AttestationResultOutcome.Issued(before.get());
    }
    try {
      byte[] signature =
          counts.signed(SignatureCounts.Kind.ATTESTATION_RESULT, issuer.key(), input);
      telemetry.attestationResultSigned();
      AttestationResult result = AttestationResult.assemble(input, signature);
      signed.put(digest, result);
      return new AttestationResultOutcome.Issued(result);
    } catch (HsmException e) {
      return new AttestationResultOutcome.Denied(new Signing.Failed(e).denial());
    }
  }

  private Ear ofArtifact(String compact) throws LedgerException {
    Artifact artifact = parse(compact);
    if (!isOurs(artifact)) {
      throw refused(
          new Denial(
              DenialCode.SIGNATURE_INVALID,
              "artifact_signature_invalid",
              "a key of this issuer must have signed the artifact, and has not"));
    }
    Instant now = clock.instant();
    if (!now.isBefore(artifact.claims().exp())) {
      throw refused(
          new Denial(
              DenialCode.EXPIRED,
              "artifact_expired",
              "the artifact must not have ended, and did at " + artifact.claims().exp()));
    }
    Optional<IssuedArtifact> issued = ledger.artifact(artifact.claims().jti());
    if (issued.isEmpty() || !decisionOf(issued.get()).equals(Optional.of(artifact.digest()))) {
      throw refused(
          new Denial(
              DenialCode.LINEAGE_FRAGMENTED,
              "artifact_unknown",
              "the ledger must have the artifact's decision, and has not"));
    }
    if (issued.get().revoked()) {
      throw refused(
          new Denial(
              DenialCode.REVOKED,
              "artifact_revoked",
              "the artifact must be in force, was revoked"));
    }
    if (!rate.take(artifact.claims().env().akName())) {
      throw refused(
          Denial.overloaded(
              "host_rate",
              "results for one host must be asked for no more often than its rate allows; ask"
                  + " later"));
    }
    long leafIndex = issued.get().leafIndex();
    // Whoever asks has the artifact: it is not what is missing.
    byte[] payload =
        ledger.payload(leafIndex).orElseThrow(() -> refused(erased(DenialCode.UNVERIFIABLE)));
    return ofAllowed(leafIndex, artifact, kept(leafIndex, payload, DenialCode.UNVERIFIABLE));
  }

  private Artifact parse(String compact) {
    try {
      return Artifact.parse(compact);
    } catch (MalformedArtifactException e) {
      throw refused(Denial.malformed("artifact_malformed", String.valueOf(e.getMessage())));
    }
  }

  /** Before anything is read from the ledger: who has no artifact of ours costs one verification. */
  private boolean isOurs(Artifact artifact) {
    Instant now = clock.instant();
    for (TrustedKey trusted : trust.newest().content().keysOf(KeyRole.ISSUER)) {
      if (trusted.key().kid().equals(artifact.kid())) {
        return trusted.state() != KeyState.COMPROMISED
            && trusted.covers(now)
            && artifact.isSignedBy(P256Verifier.of(trusted.key().key(), signatures));
      }
    }
    return false;
  }

  /** The digest of the artifact whose permission the leaf records. */
  private Optional<Hash> decisionOf(IssuedArtifact issued) throws LedgerException {
    return ledger
        .leaf(issued.leafIndex())
        .map(Leaf::body)
        .filter(LeafBody.DecisionAllow.class::isInstance)
        .map(body -> ((LeafBody.DecisionAllow) body).artifactDigest());
  }

  private Ear ofLeaf(long leafIndex) throws LedgerException {
    Optional<Leaf> leaf = ledger.leaf(leafIndex);
    if (leaf.isEmpty() || !KeptDecision.isDecision(leaf.get())) {
      throw refused(
          new Denial(
              DenialCode.ARTIFACT_MISSING,
              "decision_unknown",
              "the leaf must be a decision's, and is not"));
    }
    byte[] payload =
        ledger.payload(leafIndex).orElseThrow(() -> refused(erased(DenialCode.ARTIFACT_MISSING)));
    Ear kept = kept(leafIndex, payload, DenialCode.ARTIFACT_MISSING);
    return leaf.get().body() instanceof LeafBody.DecisionAllow allow
        ? ofAllowed(leafIndex, artifactOf(allow, leafIndex, payload), kept)
        : ofDenied(leafIndex, leaf.get(), payload, kept);
  }

  /** The artifact that was kept, once it is the one that the leaf commits to. */
  private static Artifact artifactOf(LeafBody.DecisionAllow allow, long leafIndex, byte[] payload) {
    try {
      Artifact artifact = Artifact.parse(Payload.artifact(payload));
      if (artifact.digest().equals(allow.artifactDigest())) {
        return artifact;
      }
    } catch (MalformedJsonException | MalformedArtifactException e) {
      throw KeptDecision.contradiction(leafIndex, String.valueOf(e.getMessage()));
    }
    throw KeptDecision.contradiction(leafIndex, "its artifact is not the one of the leaf");
  }

  /**
   * The leaf commits to what was kept; one of an older version to the artifact alone, which says the same but
   * for the rules.
   */
  private Ear ofAllowed(long leafIndex, Artifact artifact, Ear kept) {
    ArtifactClaims claims = artifact.claims();
    if (!kept.embedded().equals(claims.ear())) {
      throw KeptDecision.contradiction(leafIndex, "its result is not what the artifact says");
    }
    return kept.by(
            trust.newest().content().issuer(),
            new AppraisedSubject(
                claims.env().akName(),
                new AppraisedSubject.Decision.Allowed(claims.jkt(), artifact.digest())))
        .until(claims.exp());
  }

  /** Where the leaf is of an older version, all of it is the store's word: see docs/TRUST.md. */
  private Ear ofDenied(long leafIndex, Leaf leaf, byte[] payload, Ear kept) {
    if (kept.exp().isPresent() || !kept.submods().keySet().equals(Set.of(EarClaims.HOST))) {
      throw KeptDecision.contradiction(leafIndex, "its result is of another form");
    }
    try {
      return kept.by(
          trust.newest().content().issuer(),
          new AppraisedSubject(
              Payload.akName(payload),
              new AppraisedSubject.Decision.Denied(leafIndex, leaf.hash())));
    } catch (MalformedJsonException | IllegalArgumentException e) {
      throw KeptDecision.contradiction(leafIndex, String.valueOf(e.getMessage()));
    }
  }

  /** What was kept beside the decision. */
  private Ear kept(long leafIndex, byte[] payload, DenialCode missing) {
    try {
      return Payload.result(payload)
          .orElseThrow(
              () ->
                  refused(
                      new Denial(
                          missing,
                          "result_missing",
                          "the decision must have come to an appraisal, and was taken before, or by"
                              + " a version that kept none")));
    } catch (MalformedJsonException | IllegalArgumentException e) {
      throw KeptDecision.contradiction(leafIndex, String.valueOf(e.getMessage()));
    }
  }

  private static Denial erased(DenialCode code) {
    return new Denial(
        code,
        "result_erased",
        "what was found must still be kept, and was erased; the decision stands");
  }

  private DeniedException refused(Denial denial) {
    refusals.count(denial);
    return new DeniedException(denial);
  }
}
