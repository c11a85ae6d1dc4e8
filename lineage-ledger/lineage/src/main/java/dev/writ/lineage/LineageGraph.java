// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafKind;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Part of the graph: the leaves that it comes from, each with its proof, and their nodes and edges in one
 * order. A node that several leaves name stands under the first of those here that say most of it.
 *
 * @param origin the log's name
 * @param size leaves that the checkpoint covers
 * @param root of their tree
 * @param start the leaf that was asked for
 * @param leaves by index
 * @param nodes by name
 * @param edges by leaf
 * @param leavesLeftOut how many leaves belong here besides, at the least: the answer was too long
 */
public record LineageGraph(
    String origin,
    long size,
    Hash root,
    long start,
    List<ProvenLeaf> leaves,
    List<Node> nodes,
    List<Edge> edges,
    long leavesLeftOut) {
  /**
   * A leaf of the graph.
   *
   * @param index its place
   * @param hash its RFC 6962 hash
   * @param kind what it records; empty where it cannot be read
   * @param proof its path to the checkpoint's root
   */
  public record ProvenLeaf(long index, Hash hash, Optional<LeafKind> kind, InclusionProof proof) {
    Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("index", index);
      map.put("hash", hash);
      kind.ifPresent(known -> map.put("kind", known.wire()));
      map.put("path", proof.path());
      return map;
    }
  }

  /** The graph as given. */
  public LineageGraph {
    leaves = List.copyOf(leaves);
    nodes = List.copyOf(nodes);
    edges = List.copyOf(edges);
  }

  /** Edges that begin at a node, in order. */
  public List<Edge> from(NodeId node) {
    return edges.stream().filter(edge -> edge.from().equals(node)).toList();
  }

  /** The node of this name. */
  public Optional<Node> node(NodeId id) {
    return nodes.stream().filter(node -> node.id().equals(id)).findFirst();
  }

  /** The graph as canonical JSON (RFC 8785). */
  public byte[] toJson() {
    return Jcs.canonical(toMap());
  }

  private Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("log", Map.of("origin", origin, "size", size, "root", root));
    map.put("start", start);
    map.put("leaves", leaves.stream().map(ProvenLeaf::toMap).toList());
    map.put("nodes", nodes.stream().map(Node::toMap).toList());
    map.put("edges", edges.stream().map(Edge::toMap).toList());
    map.put("leaves_left_out", leavesLeftOut);
    return map;
  }

  /** Puts fragments together, in the order of leaves. */
  static final class Builder {
    private final LeafSource source;
    private final long start;
    private final long leftOut;
    private final List<ProvenLeaf> leaves = new ArrayList<>();
    private final TreeMap<NodeId, Node> nodes = new TreeMap<>();
    private final TreeSet<Edge> edges = new TreeSet<>();

    Builder(LeafSource source, long start, long leftOut) {
      this.source = source;
      this.start = start;
      this.leftOut = leftOut;
    }

    void leaf(long index, Hash hash, Optional<Leaf> leaf) throws IOException {
      leaves.add(new ProvenLeaf(index, hash, leaf.map(Leaf::kind), source.proof(index)));
    }

    void add(Fragment fragment) {
      fragment.nodes().forEach(node -> nodes.merge(node.id(), node, Builder::richer));
      edges.addAll(fragment.edges());
    }

    /** The one that knows more; of two that know as much, the earlier. */
    private static Node richer(Node known, Node other) {
      return other.facts().size() > known.facts().size() ? other : known;
    }

    LineageGraph build() {
      return new LineageGraph(
          source.checkpoint().origin(),
          source.checkpoint().size(),
          source.checkpoint().root(),
          start,
          leaves,
          List.copyOf(nodes.values()),
          List.copyOf(edges),
          leftOut);
    }
  }
}
