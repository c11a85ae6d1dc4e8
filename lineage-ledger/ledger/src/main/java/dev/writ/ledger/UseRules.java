// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verification;
import dev.writ.tlog.Hash;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Whether verifications take no more uses of an artifact than it has, each question one. */
final class UseRules {
  /** What was taken of one artifact. */
  private record Taken(long of, Set<Hash> questions) {}

  private final Map<UuidV7, Taken> taken = new HashMap<>();

  /** What is wrong with the next leaf, where it is a verification that takes a use. */
  Optional<String> take(Verification verification) {
    if (verification.maxUses().isEmpty() || verification.jti().isEmpty()) {
      return Optional.empty();
    }
    long of = verification.maxUses().getAsLong();
    UuidV7 jti = verification.jti().get();
    Taken known = taken.computeIfAbsent(jti, first -> new Taken(of, new HashSet<>()));
    if (known.of() != of) {
      return Optional.of(
          jti + " must have the " + known.of() + " uses that a leaf before says, was " + of);
    }
    if (!known.questions().add(verification.asked().digest())) {
      return Optional.of("a question on " + jti + " must take one use, took another");
    }
    return known.questions().size() > of
        ? Optional.of(jti + " must be used " + of + " times, was once more")
        : Optional.empty();
  }
}
