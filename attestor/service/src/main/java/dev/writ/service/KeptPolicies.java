// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedEnvelopeException;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.TrustContent;
import dev.writ.ledger.KeptPayload;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.ledger.RecordedState;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The policies that lie beside their leaves, each believed no more than a stranger's: what the leaf names,
 * and who signed it, is verified at each reading.
 *
 * <p>A policy is judged by the approvers of the trust file that was the newest when its leaf was made. So
 * approvers come and go without a new policy, and those who went approve no later one.
 */
final class KeptPolicies {
  private final Ledger ledger;
  private final TrustFiles trust;

  KeptPolicies(Ledger ledger, TrustFiles trust) {
    this.ledger = ledger;
    this.trust = trust;
  }

  /** Why a policy may not be in force under a trust file; empty if it may. */
  static Optional<Denial> whyNotBelieved(GivenPolicy file, TrustContent trust) {
    if (trust.policyApprovers().isEmpty() && file.envelope().isEmpty()) {
      // Only a dev trust file names nobody who approves.
      return Optional.empty();
    }
    if (file.envelope().isEmpty()) {
      return Optional.of(
          new Denial(
              DenialCode.SIGNATURE_INVALID,
              "policy_unsigned",
              "the policy must be in an envelope that policy approvers of trust file version "
                  + trust.version()
                  + " signed, and is in none: sign it with writ policy sign"));
    }
    return file.envelope().get().judge(file.document().author(), trust)
            instanceof PolicyEnvelope.Outcome.Refused refused
        ? Optional.of(
            new Denial(DenialCode.SIGNATURE_INVALID, refused.reason().wire(), refused.message()))
        : Optional.empty();
  }

  /** What the leaf of an epoch says of its policy. */
  PolicyReference named(PolicyEpoch epoch) throws LedgerException {
    if (ledger.leaf(epoch.leafIndex()).orElseThrow(() -> noLeaf(epoch)).body()
            instanceof LeafBody.PolicyInForce policy
        && policy.policy().epoch() == epoch.epoch()
        && policy.policy().digest().equals(epoch.policyDigest())) {
      return policy.policy();
    }
    throw new LedgerException(
        KeptPayload.CONTRADICTS,
        "the ledger's state and leaf "
            + epoch.leafIndex()
            + " must name one policy of epoch "
            + epoch.epoch()
            + ", and do not: somebody changed the store; check it with writ ledger fsck");
  }

  private static LedgerException noLeaf(PolicyEpoch epoch) {
    return new LedgerException(
        KeptPayload.CONTRADICTS,
        "a leaf must have put epoch "
            + epoch.epoch()
            + " in force, and there is no leaf "
            + epoch.leafIndex()
            + ": somebody changed the store; check it with writ ledger fsck");
  }

  static LedgerException none(PolicyEpoch epoch) {
    return new LedgerException(
        KeptPayload.CONTRADICTS,
        "a policy must lie beside leaf "
            + epoch.leafIndex()
            + ", and none does: somebody changed the store; check it with writ ledger fsck");
  }

  /** The epoch in which a leaf was made, as the state has it. */
  static Optional<PolicyEpoch> before(RecordedState state, long leafIndex) throws LedgerException {
    Optional<PolicyEpoch> epoch = state.policyEpoch();
    while (epoch.isPresent() && epoch.get().leafIndex() >= leafIndex) {
      epoch = state.policyEpoch(epoch.get().epoch() - 1);
    }
    return epoch;
  }

  /** When an epoch began. */
  Instant began(PolicyEpoch epoch) throws LedgerException {
    return ledger.leaf(epoch.leafIndex()).orElseThrow(() -> noLeaf(epoch)).time();
  }

  /** What lies beside the leaf of an epoch, if it is a policy; of whom is not asked. */
  Optional<GivenPolicy> file(PolicyEpoch epoch) throws LedgerException {
    Optional<KeptPayload> kept = ledger.payloads().at(epoch.leafIndex());
    try {
      return kept.isPresent()
          ? Optional.of(GivenPolicy.parse(kept.get().bytes()))
          : Optional.empty();
    } catch (MalformedPolicyException | MalformedEnvelopeException e) {
      return Optional.empty();
    }
  }

  /** How long artifacts of an epoch may have lived; the longest that there is where nobody can say. */
  Duration lifetime(PolicyEpoch epoch) throws LedgerException {
    try {
      return file(epoch)
          .map(file -> file.document().lifetime())
          .orElse(PolicyDocument.LONGEST_LIFETIME);
    } catch (LedgerException e) {
      if (e.code().equals(KeptPayload.CONTRADICTS)) {
        return PolicyDocument.LONGEST_LIFETIME;
      }
      throw e;
    }
  }

  /**
   * What can be made of an epoch's policy.
   *
   * @throws LedgerException if that cannot be found out now
   */
  PolicyStanding standing(PolicyEpoch epoch) throws LedgerException {
    Hash leaf = LeafHashes.of(ledger, epoch.leafIndex());
    try {
      PolicyReference named = named(epoch);
      Optional<KeptPayload> kept = ledger.payloads().at(epoch.leafIndex());
      if (kept.isEmpty()) {
        return unusable(
            epoch,
            leaf,
            "policy_missing",
            "must lie beside leaf " + epoch.leafIndex() + ", and nothing does");
      }
      GivenPolicy file = GivenPolicy.parse(kept.get().bytes());
      if (!PolicyInForce.digestOf(file.document()).equals(named.digest())) {
        return unusable(
            epoch, leaf, "policy_contradicts", "must have the digest that its leaf names, has not");
      }
      Optional<Denial> stranger = whyNotBelieved(file, trust.at(epoch.leafIndex()));
      if (stranger.isPresent()) {
        return unusable(epoch, leaf, stranger.get().reason(), stranger.get().message());
      }
      return new PolicyStanding.Usable(
          UsablePolicy.of(file.document()).inForce(epoch.epoch(), leaf));
    } catch (MalformedPolicyException | MalformedEnvelopeException e) {
      return unusable(epoch, leaf, "policy_malformed", String.valueOf(e.getMessage()));
    } catch (UnusablePolicyException e) {
      return unusable(epoch, leaf, e.reason(), String.valueOf(e.getMessage()));
    } catch (LedgerException e) {
      if (e.code().equals(KeptPayload.CONTRADICTS)) {
        return unusable(epoch, leaf, "policy_contradicts", String.valueOf(e.getMessage()));
      }
      throw e;
    }
  }

  private static PolicyStanding unusable(
      PolicyEpoch epoch, Hash leaf, String reason, String sentence) {
    return new PolicyStanding.Unusable(
        epoch.epoch(),
        leaf,
        Denial.unavailable(
            reason,
            "the policy of epoch "
                + epoch.epoch()
                + ", by which everything is decided, cannot be: "
                + sentence
                + "; publish its next version, or restore the store"));
  }
}
