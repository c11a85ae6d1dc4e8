// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Delegable;
import dev.writ.artifact.Governance;
import dev.writ.artifact.Lineage;
import dev.writ.artifact.ParentProof;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An artifact under which another may be issued.
 *
 * @param proof that its holder wants it
 * @param leaf hash of the decision that allowed it
 * @param begun the artifact with which its execution began, all of whose renewals have one number of uses to
 *     delegate
 * @param uses how many the child draws of them
 * @param ownAct whether its own act is handed over, and not another within what it may delegate
 */
record ParentGrant(ParentProof proof, Hash leaf, UuidV7 begun, long uses, boolean ownAct) {
  /** Most obligations of an artifact. */
  static final int MAX_OBLIGATIONS = 16;

  ArtifactClaims claims() {
    return proof.artifact().claims();
  }

  /** How many uses all under its execution may have together; more than can be drawn where nobody counts. */
  long mostUses() {
    return claims()
        .act()
        .delegable()
        .filter(Delegable::countsUses)
        .map(bound -> (long) bound.maxUses())
        .orElse(Long.MAX_VALUE);
  }

  /** How many artifacts stand above the child. */
  int depth() {
    return claims().lineage().depth() + 1;
  }

  /** Where the child comes from. */
  Lineage lineage(UuidV7 execution) {
    return new Lineage(execution, Optional.of(claims().jti()), claims().lineage().root(), depth());
  }

  /** The child's own, and all of the parent's: what a gateway had to do there it has to do here. */
  List<String> obligations(List<String> own) {
    Set<String> all = new LinkedHashSet<>(own);
    all.addAll(claims().gov().obligations());
    return List.copyOf(all);
  }

  /** What was allowed by breaking the glass stays so. */
  Governance.Mode mode(Governance.Mode own) {
    return claims().gov().mode() == Governance.Mode.BREAK_GLASS ? claims().gov().mode() : own;
  }

  StateChange recorded(UuidV7 jti) {
    return new StateChange.RecordDescent(jti, claims().jti(), begun, uses, mostUses());
  }
}
