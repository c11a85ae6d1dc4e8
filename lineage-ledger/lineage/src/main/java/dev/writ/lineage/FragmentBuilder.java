// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafKind;
import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.List;

/** The nodes and edges that one leaf adds, as they are told one after the other. */
final class FragmentBuilder {
  private final IndexedLeaf leaf;
  private final List<IndexedLeaf> parents;
  private final Openings openings;
  private final List<Node> nodes = new ArrayList<>();
  private final List<Edge> edges = new ArrayList<>();

  FragmentBuilder(IndexedLeaf leaf, List<IndexedLeaf> parents, Openings openings) {
    this.leaf = leaf;
    this.parents = parents;
    this.openings = openings;
  }

  Fragment build() {
    return new Fragment(nodes, edges);
  }

  long index() {
    return leaf.index();
  }

  Leaf leaf() {
    return leaf.leaf();
  }

  Openings openings() {
    return openings;
  }

  void add(Node node) {
    nodes.add(node);
  }

  void addAll(List<Node> told) {
    nodes.addAll(told);
  }

  void key(NodeId from, EdgeKind kind, Hash kid) {
    nodes.add(new GovernanceNode.Key(index(), kid));
    edge(from, kind, GovernanceNode.Key.of(kid));
  }

  List<NodeId> policies() {
    return parentsOf(LeafKind.POLICY).stream()
        .map(parent -> NodeId.of(NodeKind.POLICY, parent.index()))
        .toList();
  }

  List<NodeId> approvals() {
    return parentsOf(LeafKind.APPROVAL).stream()
        .map(parent -> NodeId.of(NodeKind.APPROVAL, parent.index()))
        .toList();
  }

  List<IndexedLeaf> enrolments() {
    return parentsOf(LeafKind.ENROLMENT);
  }

  List<IndexedLeaf> parentsOf(LeafKind kind) {
    return parents.stream().filter(parent -> parent.leaf().kind() == kind).toList();
  }

  void edge(Node from, EdgeKind kind, Node to) {
    edge(from.id(), kind, to.id());
  }

  void edge(NodeId from, EdgeKind kind, NodeId to) {
    edges.add(new Edge(from, kind, to, index(), false));
  }

  void opened(NodeId from, EdgeKind kind, NodeId to) {
    edges.add(new Edge(from, kind, to, index(), true));
  }
}
