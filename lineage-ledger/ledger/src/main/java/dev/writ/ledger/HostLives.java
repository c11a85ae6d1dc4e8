// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.HostChange;
import dev.writ.artifact.HostStanding;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.tlog.Hash;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** How hosts stand as the log's leaves tell it, in the order of the leaves: from its enrolment on each is active. */
final class HostLives {
  /** Hosts, by the leaves that enrolled them. */
  private final Map<Hash, Hash> enrolled = new HashMap<>();

  /** Those that some leaf said something else of, by the digests of their attestation keys' names. */
  private final Map<Hash, HostStanding> standings = new HashMap<>();

  /** Those of which a leaf told a state, and the last it told. */
  Map<Hash, HostStanding> standings() {
    return Collections.unmodifiableMap(standings);
  }

  /**
   * Takes what a leaf says of hosts; most say nothing.
   *
   * @return what must hold and what was, where the leaf does not follow from those before it
   */
  Optional<String> take(Leaf leaf) {
    LeafBody body = leaf.body();
    if (body instanceof LeafBody.Enrolment enrolment) {
      enrolled.put(leaf.hash(), enrolment.akNameDigest());
    } else if (body instanceof HostChange change) {
      return changed(leaf, change);
    } else if (body instanceof LeafBody.DecisionAllow) {
      return leaf.parents().stream()
          .flatMap(this::enrolled)
          .filter(host -> standing(host) != HostStanding.ACTIVE)
          .map(
              host ->
                  "who is allowed something must be active, and "
                      + host
                      + " is "
                      + standing(host).wire())
          .findFirst();
    }
    return Optional.empty();
  }

  /** The host that a leaf enrolled, of one that did. */
  private Stream<Hash> enrolled(Hash leaf) {
    return Stream.ofNullable(enrolled.get(leaf));
  }

  private HostStanding standing(Hash host) {
    return standings.getOrDefault(host, HostStanding.ACTIVE);
  }

  private Optional<String> changed(Leaf leaf, HostChange change) {
    Hash host = change.akNameDigest();
    HostStanding before = standing(host);
    standings.put(host, before == HostStanding.RETIRED ? before : change.state());
    if (leaf.parents().stream().flatMap(this::enrolled).noneMatch(host::equals)) {
      return Optional.of("it must come from the leaf that enrolled " + host + ", does not");
    }
    return before.mayBecome(change.state())
        ? Optional.empty()
        : Optional.of(
            change.state().wire()
                + " must follow another state than itself and than retired, and "
                + host
                + " was "
                + before.wire());
  }
}
