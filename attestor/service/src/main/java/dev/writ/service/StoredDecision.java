// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.ledger.StoredLedger.StoredLeaf;
import dev.writ.service.PolicyImpact.Beyond;
import dev.writ.tlog.Hash;
import java.util.Optional;
import java.util.function.Predicate;

/** What a stored leaf is to whoever looks at recorded decisions and at nothing else. */
sealed interface StoredDecision {
  /** A decision, with what is kept of it. */
  record Read(Leaf leaf, RecordedDecision recorded) implements StoredDecision {}

  /** A decision, or what may have been one, that cannot be looked at. */
  record Unread(Beyond why) implements StoredDecision {}

  /** Of no concern. */
  record Other() implements StoredDecision {}

  /**
   * Reads it.
   *
   * @param payload what lies beside it
   * @param wanted which decisions are of concern
   */
  static StoredDecision of(StoredLeaf stored, Optional<byte[]> payload, Predicate<Leaf> wanted) {
    Leaf leaf;
    try {
      leaf = Leaf.parse(stored.bytes());
    } catch (MalformedLeafException e) {
      return new Unread(Beyond.CONTRADICTS);
    }
    if (!stored.isProven()) {
      return new Unread(Beyond.CONTRADICTS);
    }
    if (!KeptDecision.isDecision(leaf) || !wanted.test(leaf)) {
      return new Other();
    }
    if (payload.isEmpty()) {
      return new Unread(Beyond.ERASED);
    }
    if (leaf.payload().isPresent() && !leaf.payload().get().equals(Hash.sha256(payload.get()))) {
      return new Unread(Beyond.CONTRADICTS);
    }
    try {
      return new Read(
          leaf, RecordedDecision.read(leaf, KeptMembers.of(payload.get()), new ReplaySteps()));
    } catch (ContradictionException e) {
      return new Unread(Beyond.CONTRADICTS);
    }
  }
}
