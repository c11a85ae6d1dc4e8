// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.IssuedArtifact;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import java.time.Instant;
import java.util.Optional;

/**
 * Judges whether an application goes on with an execution that was allowed: whether the artifact that it shows
 * is one of ours that holds, of this host and key and of the same request to the byte; but for its parent, where
 * that went on, too: then the request names another artifact of the same execution. The rules then decide anew;
 * what is renewed grants nothing but whose execution it is, and for as long as a lease. Reads the ledger, which
 * judges once more that the artifact is live when the new one is committed.
 */
final class Renewals {
  /** How the names of these denials begin. */
  static final String REASONS = "renewal_";

  private final Ledger ledger;

  Renewals(Ledger ledger) {
    this.ledger = ledger;
  }

  /** What came of it. */
  sealed interface Outcome {
    /** An execution begins. */
    record None() implements Outcome {}

    /** It goes on. */
    record Of(Renewal renewal) implements Outcome {}

    /** It may not. */
    record Denied(Denial denial) implements Outcome {}
  }

  Outcome judge(Application application, KnownHost host, Optional<Initiator> initiator, Instant now)
      throws LedgerException {
    if (application.renewed().isEmpty()) {
      return new Outcome.None();
    }
    Artifact shown = application.renewed().get();
    ArtifactClaims claims = shown.claims();
    Optional<IssuedArtifact> row = ledger.artifact(claims.jti());
    Optional<LeafBody.DecisionAllow> allow =
        row.isPresent() ? allow(leaf(row.get())) : Optional.empty();
    if (row.isEmpty() || allow.isEmpty() || !allow.get().artifactDigest().equals(shown.digest())) {
      return denied(
          "renewal_unknown",
          "what is renewed must be an artifact that was allowed here, and is not");
    }
    UuidV7 first = allow.get().begun();
    IssuedArtifact began = ledger.artifact(first).orElseThrow(Renewals::unrecorded);
    Leaf beginning = leaf(began);
    if (!claims.env().akName().equals(host.akName())
        || !isOf(application.request(), allow(beginning).orElseThrow(Renewals::unrecorded))) {
      return denied(
          "renewal_of_another",
          "a renewal must be of the same request by the same host and key, under the same execution, and is"
              + " of another");
    }
    if (claims.lease().isEmpty()) {
      return denied(
          "renewal_without_lease",
          "what is renewed must be under a lease, and lasts until its end: ask for another");
    }
    if (initiator.isPresent() && !initiator.get().name().equals(claims.gov().initiator())) {
      return denied(
          "renewal_initiator_differs",
          "who has an execution go on must be its initiator, where somebody is shown, and is another");
    }
    if (row.get().revoked() || began.revoked()) {
      return denied("renewal_revoked", "what is renewed must hold, and was revoked");
    }
    if (!row.get().isLive(now)) {
      return denied(
          "renewal_expired", "what is renewed must hold, and ended at " + row.get().expires());
    }
    return new Outcome.Of(new Renewal(claims, first, began.leafIndex(), beginning));
  }

  /** Whether it goes on with what runs on a host already, where nothing begins by it. */
  static boolean isOfAnExecution(Application application) {
    return application.renewed().isPresent() && application.request().isOfExecutions();
  }

  private boolean isOf(ExecutionRequest request, LeafBody.DecisionAllow began)
      throws LedgerException {
    return began.isOf(request)
        && (request.parent().equals(began.parent())
            || begun(request.parent()).equals(begun(began.parent())));
  }

  /** With what the execution of an artifact began. */
  private Optional<UuidV7> begun(Optional<UuidV7> jti) throws LedgerException {
    Optional<IssuedArtifact> row = jti.isPresent() ? ledger.artifact(jti.get()) : Optional.empty();
    return row.isPresent()
        ? allow(leaf(row.get())).map(LeafBody.DecisionAllow::begun)
        : Optional.empty();
  }

  private Leaf leaf(IssuedArtifact artifact) throws LedgerException {
    return ledger.leaf(artifact.leafIndex()).orElseThrow(Renewals::unrecorded);
  }

  private static Optional<LeafBody.DecisionAllow> allow(Leaf leaf) {
    return leaf.body() instanceof LeafBody.DecisionAllow allow
        ? Optional.of(allow)
        : Optional.empty();
  }

  /**
   * Whoever set the execution in motion set in motion that it goes on. A child of which the parent's initiator
   * set another act in motion has that one's name, and nobody was shown to its rules: nor is anybody now.
   */
  static Optional<String> initiator(
      Optional<Renewal> renewal, Optional<ParentGrant> parent, Optional<String> own) {
    return Parents.initiator(parent, own)
        .or(
            () ->
                renewal
                    .filter(unused -> parent.map(ParentGrant::ownAct).orElse(true))
                    .flatMap(Renewal::initiator));
  }

  private static IllegalStateException unrecorded() {
    return new IllegalStateException("bug: an artifact without its leaf");
  }

  private static Outcome.Denied denied(String reason, String message) {
    return new Outcome.Denied(new Denial(DenialCode.AUTHORIZATION_DISCONTINUITY, reason, message));
  }
}
