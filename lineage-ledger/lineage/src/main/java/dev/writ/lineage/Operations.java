// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.KeyChange;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.OperationStep;
import dev.writ.tlog.Hash;
import java.util.Optional;

/** Which operation a leaf is about. */
final class Operations {
  private Operations() {}

  static Optional<Hash> named(LeafBody body) {
    if (body instanceof OperationStep.Proposed proposed) {
      return Optional.of(proposed.operation().digest());
    } else if (body instanceof OperationStep.Approved approved) {
      return Optional.of(approved.approval().operation());
    } else if (body instanceof OperationStep.Ended ended) {
      return Optional.of(ended.operation());
    }
    return body instanceof KeyChange change ? Optional.of(change.operation()) : Optional.empty();
  }
}
