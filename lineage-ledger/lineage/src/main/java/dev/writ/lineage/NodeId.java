// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import java.util.Comparator;

/**
 * The name of a node, the same for whoever computes it from the same log: its kind and what tells it from
 * others of that kind.
 *
 * @param kind what it is
 * @param name a leaf's index where the leaf is its identity, otherwise a digest, a thumbprint or a UUID
 */
public record NodeId(NodeKind kind, String name) implements Comparable<NodeId> {
  private static final Comparator<NodeId> ORDER =
      Comparator.comparing(NodeId::kind)
          .thenComparingInt(id -> id.name().length())
          .thenComparing(NodeId::name);

  static NodeId of(NodeKind kind, long leaf) {
    return new NodeId(kind, Long.toString(leaf));
  }

  /** In the order of kinds; indices of leaves as numbers. */
  @Override
  public int compareTo(NodeId other) {
    return ORDER.compare(this, other);
  }

  /** {@code kind:name}. */
  @Override
  public String toString() {
    return kind.wire() + ":" + name;
  }
}
