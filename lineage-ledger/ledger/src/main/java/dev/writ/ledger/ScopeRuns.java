// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevokedScope;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells by which leaf a revocation by scope ends. One in parts is a leaf after the other that says the same, and
 * all of them together are true once the last is there; to look at each would read a million artifacts for every
 * two thousand.
 */
final class ScopeRuns {
  /** Most that may be under way: where there are more, the one that is longest under way is taken to have ended. */
  private static final int MOST = 256;

  private final Map<RevokedScope, Last> underWay = new LinkedHashMap<>();

  /** The last leaf of a revocation, as far as is known. */
  record Last(long index, Leaf leaf, LeafBody.ScopeRevocation body) {}

  /**
   * Takes the next leaf.
   *
   * @return those that have ended before it: nobody said the same within as long as clocks may be wrong
   */
  List<Last> take(long index, Leaf leaf) {
    List<Last> ended = new ArrayList<>();
    Iterator<Last> each = underWay.values().iterator();
    while (each.hasNext()) {
      Last last = each.next();
      if (leaf.time().isAfter(last.leaf().time().plus(RevokedScope.BETWEEN_PARTS))) {
        ended.add(last);
        each.remove();
      }
    }
    if (leaf.body() instanceof LeafBody.ScopeRevocation some) {
      Last unused = underWay.put(some.scope(), new Last(index, leaf, some));
      if (underWay.size() > MOST) {
        Iterator<Last> eldest = underWay.values().iterator();
        ended.add(eldest.next());
        eldest.remove();
      }
    }
    return ended;
  }

  /** Those that had not ended before the last leaf of all. */
  List<Last> rest() {
    return List.copyOf(underWay.values());
  }
}
