// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommittedState;
import dev.writ.ledger.IssuedArtifact;
import dev.writ.ledger.LedgerException;
import java.util.Optional;
import java.util.OptionalLong;

/** By what an operator names a leaf. */
public sealed interface LeafName {
  /** Digits of the place of a leaf: below 2^53. */
  int MAX_INDEX_DIGITS = 15;

  /** Its place. */
  record Index(long index) implements LeafName {}

  /** Its id or, of a decision, its artifact's jti. */
  record Id(UuidV7 id) implements LeafName {}

  /**
   * A name as it is written: a decimal number, or a UUID.
   *
   * @throws IllegalArgumentException if it is neither
   */
  static LeafName of(String text) {
    boolean digits =
        !text.isEmpty()
            && text.length() <= MAX_INDEX_DIGITS
            && text.chars().allMatch(c -> c >= '0' && c <= '9')
            && (text.length() == 1 || text.charAt(0) != '0');
    if (digits) {
      return new Index(Long.parseLong(text));
    }
    return new Id(UuidV7.parse(text));
  }

  /** Where the leaf is, or would be; empty where none has this id. */
  default OptionalLong indexIn(CommittedState ledger) throws LedgerException {
    if (this instanceof Index place) {
      return OptionalLong.of(place.index());
    }
    UuidV7 id = ((Id) this).id();
    Optional<IssuedArtifact> artifact = ledger.artifact(id);
    return artifact.isPresent() ? OptionalLong.of(artifact.get().leafIndex()) : ledger.indexOf(id);
  }
}
