// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.RevokedScope;
import dev.writ.tlog.Hash;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** That a revocation by places is of what it says, and of no more: given every leaf from the first on. */
final class ScopeRules {
  private final Map<Hash, Long> activated = new HashMap<>();
  private final Map<Hash, Long> ended = new HashMap<>();
  private final Map<Long, Long> epochs = new HashMap<>();

  /**
   * Takes the next leaf.
   *
   * @param keys that took it already
   * @return what must hold and what was, of one that does not follow
   */
  Optional<String> take(long index, LeafBody body, KeyLives keys) {
    if (body instanceof LeafBody.PolicyInForce policy) {
      @Nullable Long unused = epochs.putIfAbsent(policy.policy().epoch(), index);
    } else if (body.kind() == LeafKind.KEY) {
      keys.keys().forEach((kid, life) -> aged(index, kid, life));
    }
    if (body instanceof LeafBody.ScopeRevocation some
        && some.scope() instanceof RevokedScope.OfWorkload workload) {
      return workload.beforeIndex() <= index
          ? Optional.empty()
          : Optional.of(
              "what it names must lie before leaf " + index + ", was " + workload.beforeIndex());
    }
    return body instanceof LeafBody.ScopeRevocation some
        ? some.scope().byPlaces().flatMap(places -> wrong(index, some.scope(), places))
        : Optional.empty();
  }

  private void aged(long index, Hash kid, KeyLives.Life life) {
    if (life.role() == KeyRole.ISSUER && life.state() == KeyState.ACTIVE) {
      @Nullable Long unused = activated.putIfAbsent(kid, index);
    } else if (activated.containsKey(kid)) {
      @Nullable Long unused = ended.putIfAbsent(kid, index);
    }
  }

  private Optional<String> wrong(long index, RevokedScope scope, RevokedScope.Places places) {
    long from = 0;
    long before = index;
    if (scope instanceof RevokedScope.OfKey key) {
      from = activated.getOrDefault(key.kid(), Long.MAX_VALUE);
      before = Math.min(before, ended.getOrDefault(key.kid(), Long.MAX_VALUE));
    } else if (scope instanceof RevokedScope.OfEpoch of) {
      from = epochs.getOrDefault(of.epoch(), Long.MAX_VALUE);
      before = Math.min(before, epochs.getOrDefault(of.epoch() + 1, Long.MAX_VALUE));
    }
    return places.fromIndex() >= from && places.beforeIndex() <= before
        ? Optional.empty()
        : Optional.of(
            "what it names must lie from "
                + (from == Long.MAX_VALUE ? "nothing" : "leaf " + from)
                + " to before leaf "
                + before
                + ", was "
                + places);
  }
}
