// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.PolicyReference;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Precondition;
import dev.writ.ledger.StateChange;
import dev.writ.policy.PolicyDocument;

/**
 * Writes a policy as a ledger entry: one transaction has its leaf, what it is signed in beside it, and the
 * next epoch, so that what a crash leaves is the policy before or this one.
 */
final class PolicyEntries {
  private PolicyEntries() {}

  static LeafBody.PolicyInForce body(PolicyDocument document, long epoch) {
    return new LeafBody.PolicyInForce(
        new PolicyReference(
            document.id(), document.version(), PolicyInForce.digestOf(document), epoch));
  }

  /**
   * The entry.
   *
   * @param leaf with a {@link #body}
   * @param unchanged the epoch that the policy follows
   * @param judged under which trust file its signatures were; the leaf must not come after another
   */
  static Entry entry(
      Leaf leaf,
      GivenPolicy file,
      Precondition.EpochIs unchanged,
      Precondition.NoTrustAfter judged) {
    PolicyDocument document = file.document();
    return Entry.of(
            leaf,
            new StateChange.SetEpoch(
                unchanged.epoch() + 1,
                PolicyInForce.digestOf(document),
                document.endsEarlierArtifacts()))
        .given(unchanged, judged)
        .withPayload(file.kept());
  }
}
