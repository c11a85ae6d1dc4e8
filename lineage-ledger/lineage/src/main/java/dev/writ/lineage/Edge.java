// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * That one node comes from another.
 *
 * @param from what is later
 * @param kind how
 * @param to what was before
 * @param leaf index of the leaf that says so
 * @param opened whether it takes an opening besides: the leaf has a digest or commitment alone
 */
public record Edge(NodeId from, EdgeKind kind, NodeId to, long leaf, boolean opened)
    implements Comparable<Edge> {
  private static final Comparator<Edge> ORDER =
      Comparator.comparingLong(Edge::leaf)
          .thenComparing(Edge::from)
          .thenComparing(Edge::kind)
          .thenComparing(Edge::to);

  /** By the leaf that says so, then by its parts. */
  @Override
  public int compareTo(Edge other) {
    return ORDER.compare(this, other);
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("from", from.toString());
    map.put("kind", kind.wire());
    map.put("to", to.toString());
    map.put("leaf", leaf);
    map.put("opened", opened);
    return map;
  }

  @Override
  public String toString() {
    return from + " -" + kind.wire() + "-> " + to;
  }
}
