// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.AttestationResult;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Ear;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustedKey;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.ledger.IssuedArtifact;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Verifier;
import java.security.Provider;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
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
  private final Operations operations;
  private final WorkPool appraisal;
  private final WorkPool hsm;
  private final Ledger ledger;
  private final TrustContent trust;
  private final Hash kid;
  private final HsmKey key;
  private final HostRate rate;
  private final Provider signatures;
  private final InstantSource clock;
  private final Refusals refusals;
  private final Telemetry telemetry;

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
      TrustContent trust,
      IssuerKeys keys,
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
    this.kid = keys.issuerKid();
    this.key = keys.issuer();
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
   * The result of a decision, whichever way it went; it has no end.
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
    byte[] input = AttestationResult.signingInput(kid, claims);
    try {
      byte[] signature = key.signP1363(input);
      telemetry.attestationResultSigned();
      return new AttestationResultOutcome.Issued(AttestationResult.assemble(input, signature));
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
    return kept(issued.get().leafIndex()).until(artifact.claims().exp());
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
    for (TrustedKey trusted : trust.keysOf(KeyRole.ISSUER)) {
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
    boolean decision =
        leaf.isPresent()
            && (leaf.get().body() instanceof LeafBody.DecisionAllow
                || leaf.get().body() instanceof LeafBody.DecisionDeny);
    if (!decision) {
      throw missing("decision_unknown", "the leaf must be a decision's, and is not");
    }
    return kept(leafIndex);
  }

  /** What was kept beside the decision. */
  private Ear kept(long leafIndex) throws LedgerException {
    Optional<byte[]> payload = ledger.payload(leafIndex);
    if (payload.isEmpty()) {
      throw missing("result_erased", "what was found must still be kept, and was erased");
    }
    try {
      return Payload.result(payload.get())
          .orElseThrow(
              () ->
                  missing(
                      "result_missing",
                      "the decision must have come to an appraisal, and was taken before, or by a"
                          + " version that kept none"));
    } catch (MalformedJsonException | IllegalArgumentException e) {
      throw new IllegalStateException("bug: a decision's payload was not written by us", e);
    }
  }

  private static DeniedException missing(String reason, String message) {
    return new DeniedException(new Denial(DenialCode.ARTIFACT_MISSING, reason, message));
  }

  private DeniedException refused(Denial denial) {
    refusals.count(denial);
    return new DeniedException(denial);
  }
}
