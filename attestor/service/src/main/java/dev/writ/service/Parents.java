// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.Narrowing;
import dev.writ.artifact.ParentProof;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.Host;
import dev.writ.ledger.HostState;
import dev.writ.ledger.IssuedArtifact;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Verifier;
import java.security.Provider;
import java.time.Instant;
import java.util.Optional;

/**
 * Judges the parent that a request names: whether its holder wants this very request, whether it was allowed
 * here and holds, and whether the request is within it. What is not shown is denied. Reads the ledger, which
 * judges once more that the parent is live when the child is committed.
 */
final class Parents {
  /** How the names of these denials begin. */
  static final String REASONS = "parent_";

  private static final String OF_A_HOST = "host:";

  private final Ledger ledger;
  private final Provider signatures;

  Parents(Ledger ledger, Provider signatures) {
    this.ledger = ledger;
    this.signatures = signatures;
  }

  /** What came of it. */
  sealed interface Outcome {
    /** The request names none. */
    record None() implements Outcome {}

    /** It may be asked under this. */
    record Under(ParentGrant parent) implements Outcome {}

    /** It may not. */
    record Denied(Denial denial) implements Outcome {}
  }

  /**
   * The parent of a request at the moment.
   *
   * @param initiator who was shown to have set the request in motion, where somebody was
   */
  Outcome judge(
      Application application, PolicyInForce policy, Optional<Initiator> initiator, Instant now)
      throws LedgerException {
    Optional<UuidV7> named = application.request().parent();
    if (named.isEmpty()) {
      return application.request().act().delegable().isPresent()
              && policy.document().maxDelegationDepth() == 0
          ? denied(
              "parent_not_permitted",
              "the policy in force must let artifacts be delegated, and does not: ask without"
                  + " act.delegable")
          : new Outcome.None();
    }
    Optional<IssuedArtifact> row = ledger.artifact(named.get());
    if (row.isEmpty()) {
      return denied(
          "parent_unknown",
          "the parent must have been allowed here, and " + named.get() + " was not");
    }
    Leaf leaf =
        ledger
            .leaf(row.get().leafIndex())
            .orElseThrow(() -> new IllegalStateException("bug: an artifact without its leaf"));
    Outcome grant =
        grant(application, policy, leaf, signatures, now, Renewals.isOfAnExecution(application));
    if (!(grant instanceof Outcome.Under under)) {
      return grant;
    }
    ArtifactClaims claims = under.parent().claims();
    UuidV7 begun = under.parent().begun();
    boolean revoked =
        row.get().revoked() || ledger.artifact(begun).map(IssuedArtifact::revoked).orElse(true);
    if (revoked || !row.get().isLive(now)) {
      return denied(
          revoked ? "parent_revoked" : "parent_expired",
          "the parent must hold, and "
              + (revoked ? "was revoked" : "ended at " + row.get().expires()));
    }
    boolean active =
        ledger.host(claims.env().akName()).map(Host::state).equals(Optional.of(HostState.ACTIVE));
    if (!active) {
      return denied("parent_host_not_active", "the parent's host must be active, and is not");
    }
    if (initiator.isPresent() && !initiator.get().name().equals(claims.gov().initiator())) {
      return denied(
          "parent_initiator_differs",
          "who sets a child in motion must be the parent's initiator, and is another");
    }
    long drawn = ledger.delegatedUses(begun);
    if (under.parent().uses() > under.parent().mostUses() - drawn) {
      return denied(
          "parent_uses_spent",
          "of the "
              + under.parent().mostUses()
              + " uses that the parent may delegate "
              + drawn
              + " are drawn, and the child wants "
              + under.parent().uses());
    }
    return grant;
  }

  /**
   * What follows from request, proof, policy and the parent's leaf alone, whenever it is asked.
   *
   * @param leaf the decision that allowed the parent, by the ledger: it names the artifact that is shown, which
   *     says how deep it stands
   * @param goesOn whether it is asked for what runs already, which drew its uses when it began
   */
  static Outcome grant(
      Application application,
      PolicyInForce policy,
      Leaf leaf,
      Provider signatures,
      Instant now,
      boolean goesOn) {
    ExecutionRequest request = application.request();
    if (application.parentProof().isEmpty()) {
      return denied(
          "parent_unproven", "who names a parent must prove to hold its key, and proves nothing");
    }
    ParentProof proof = application.parentProof().get();
    ArtifactClaims claims = proof.artifact().claims();
    if (!(leaf.body() instanceof LeafBody.DecisionAllow allow)
        || !allow.artifactDigest().equals(proof.artifact().digest())
        || !request.parent().equals(Optional.of(allow.jti()))) {
      return denied(
          "parent_mismatch",
          "the parent that is shown must be the one that is named and that the ledger has, is another");
    }
    if (!proof.holds(
        P256Verifier.of(proof.key(), signatures),
        Hash.of(application.challenge().nonce().bytes()),
        request)) {
      return denied(
          "parent_unproven",
          "the key of the parent's cnf.jkt must have signed challenge, request and jkt, and has not");
    }
    if (claims.policy().epoch() != policy.epoch()) {
      return denied(
          "parent_of_another_epoch",
          "a parent must be of the policy in force, epoch "
              + policy.epoch()
              + ", and is of "
              + claims.policy().epoch()
              + ": ask for it anew");
    }
    int most = policy.document().maxDelegationDepth();
    int depth = claims.lineage().depth() + 1;
    if (depth > most) {
      return denied(
          "parent_too_deep",
          "at most "
              + most
              + " artifacts may stand above one by the policy in force, and "
              + depth
              + " would");
    }
    if (claims.nbf().isAfter(now)) {
      return denied("parent_not_yet_valid", "the parent must hold by now, from " + claims.nbf());
    }
    if (!now.isBefore(claims.exp())) {
      return denied("parent_expired", "the parent must hold, and ended at " + claims.exp());
    }
    Narrowing.Outcome judged = Narrowing.judge(claims, request);
    if (judged instanceof Narrowing.Outcome.Wider wider) {
      Narrowing.Excess excess = wider.excess();
      return denied(
          "parent_exceeded",
          "a child must be within its parent: "
              + excess.field()
              + " must be "
              + excess.mustBe()
              + ", was "
              + excess.was());
    }
    Narrowing.Outcome.Within within = (Narrowing.Outcome.Within) judged;
    return new Outcome.Under(
        new ParentGrant(
            proof, leaf.hash(), allow.begun(), goesOn ? 0 : within.uses(), within.ownAct()));
  }

  /**
   * The initiator that a policy is shown. Who had the parent asked for had its own act asked for: of that a
   * child's is the parent's, where one was shown for it. Another act is nobody's whom no proof names for it.
   */
  static Optional<String> initiator(Optional<ParentGrant> parent, Optional<String> own) {
    return parent.isEmpty() || !parent.get().ownAct()
        ? own
        : Optional.of(parent.get().claims().gov().initiator())
            .filter(name -> !name.startsWith(OF_A_HOST));
  }

  private static Outcome.Denied denied(String reason, String message) {
    return new Outcome.Denied(new Denial(DenialCode.AUTHORIZATION_DISCONTINUITY, reason, message));
  }
}
