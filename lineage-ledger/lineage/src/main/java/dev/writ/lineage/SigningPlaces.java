// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.KeyChange;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevokedScope;
import dev.writ.tlog.Hash;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** From which leaf of a log on which issuer's key signed, and up to which. */
final class SigningPlaces {
  private final Map<Hash, Long> activated = new HashMap<>();
  private final Map<Hash, Long> ended = new HashMap<>();

  /** Takes the leaf at a place behind all that were taken. */
  void take(long place, LeafBody body) {
    if (body instanceof LeafBody.KeyStatement key && key.role() == KeyRole.ISSUER) {
      begins(place, key.kid(), key.state());
    } else if (body instanceof KeyChange change && change.role() == KeyRole.ISSUER) {
      begins(place, change.kid(), change.state());
      change.other().ifPresent(other -> begins(place, other, ofOther(change.state())));
    }
  }

  private void begins(long place, Hash kid, KeyState state) {
    @Nullable Long unused =
        state == KeyState.ACTIVE
            ? activated.putIfAbsent(kid, place)
            : activated.containsKey(kid) ? ended.putIfAbsent(kid, place) : null;
  }

  /** A key that begins to sign ends another; in the place of one that is compromised another signs. */
  private static KeyState ofOther(KeyState state) {
    return state == KeyState.COMPROMISED ? KeyState.ACTIVE : KeyState.RETIRING;
  }

  /** What a leaf that was taken withdraws, where it says that a key which signed is compromised. */
  Optional<RevokedScope.Places> compromised(LeafBody body) {
    if (!(body instanceof KeyChange change) || change.state() != KeyState.COMPROMISED) {
      return Optional.empty();
    }
    long begun = activated.getOrDefault(change.kid(), Long.MAX_VALUE);
    long from = Math.max(change.fromIndex().orElse(0), begun);
    long before = ended.getOrDefault(change.kid(), 0L);
    return from < before ? Optional.of(new RevokedScope.Places(from, before)) : Optional.empty();
  }
}
