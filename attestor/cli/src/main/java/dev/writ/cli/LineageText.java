// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.LeafKind;
import dev.writ.lineage.Edge;
import dev.writ.lineage.LineageGraph;
import dev.writ.lineage.Node;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A graph for people: leaf by leaf, what each adds. */
final class LineageText {
  private LineageText() {}

  /**
   * The text.
   *
   * @param newestFirst for what comes from where; otherwise for what came of it
   */
  static String of(LineageGraph graph, boolean newestFirst) {
    Map<Long, List<Node>> nodes = graph.nodes().stream().collect(Collectors.groupingBy(Node::leaf));
    Map<Long, List<Edge>> edges = graph.edges().stream().collect(Collectors.groupingBy(Edge::leaf));
    List<LineageGraph.ProvenLeaf> leaves = new ArrayList<>(graph.leaves());
    if (newestFirst) {
      Collections.reverse(leaves);
    }
    Lines lines = new Lines();
    for (LineageGraph.ProvenLeaf leaf : leaves) {
      lines.line(
          "leaf "
              + leaf.index()
              + "  "
              + leaf.kind().map(LeafKind::wire).orElse("unreadable")
              + "  "
              + leaf.hash());
      nodes.getOrDefault(leaf.index(), List.of()).forEach(node -> lines.line(node(node)));
      edges
          .getOrDefault(leaf.index(), List.of())
          .forEach(edge -> lines.line("    " + edge + (edge.opened() ? "  (opened)" : "")));
    }
    lines.line(
        "each leaf is proven in "
            + graph.origin()
            + ", "
            + graph.size()
            + " leaves, root "
            + graph.root());
    if (graph.leavesLeftOut() > 0) {
      lines.line(
          "at least " + graph.leavesLeftOut() + " leaves more belong here, and are not told");
    }
    return lines.toString();
  }

  private static String node(Node node) {
    return "  "
        + node.id()
        + node.facts().entrySet().stream()
            .map(fact -> "  " + fact.getKey() + "=" + fact.getValue())
            .collect(Collectors.joining());
  }
}
