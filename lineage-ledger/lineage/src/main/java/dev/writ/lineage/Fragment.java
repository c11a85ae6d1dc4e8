// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import java.util.List;

/** What one leaf adds to the graph. */
record Fragment(List<Node> nodes, List<Edge> edges) {
  Fragment {
    nodes = List.copyOf(nodes);
    edges = List.copyOf(edges);
  }
}
