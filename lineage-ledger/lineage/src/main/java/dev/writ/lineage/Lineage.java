// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verification;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MerkleTree;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The lineage of one log, as one checkpoint covers it: an index of all leaves, and queries that read the few
 * leaves they need once more. Two who read the same log under the same checkpoint with the same openings get
 * the same answers, to the byte. Not safe for use by several threads at once.
 */
public final class Lineage {
  /** Most leaves in one answer; what is more is counted. */
  public static final int MAX_ANSWER = 10_000;

  /** Most leaves of a log of which lineage is computed. */
  public static final int MAX_LEAVES = LeafIndex.MAX_LEAVES;

  private static final int LEAVES_KEPT = 4096;

  private final LeafSource source;
  private final Openings openings;
  private final LeafIndex index;
  private final int maxAnswer;
  private final Map<Long, Optional<Leaf>> kept =
      new LinkedHashMap<>(2 * LEAVES_KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Optional<Leaf>> eldest) {
          return size() > LEAVES_KEPT;
        }
      };

  private Lineage(LeafSource source, Openings openings, LeafIndex index, int maxAnswer) {
    this.source = source;
    this.openings = openings;
    this.index = index;
    this.maxAnswer = maxAnswer;
  }

  /**
   * Reads every leaf of {@code source} once, in order.
   *
   * @throws IOException as for {@link LeafSource#entries}
   * @throws IllegalArgumentException if it has more than {@value #MAX_LEAVES} leaves
   */
  public static Lineage read(LeafSource source, Openings openings) throws IOException {
    return read(source, openings, MAX_ANSWER);
  }

  /** The same, with shorter answers. */
  static Lineage read(LeafSource source, Openings openings, int maxAnswer) throws IOException {
    if (source.checkpoint().size() > MAX_LEAVES) {
      throw new IllegalArgumentException(
          "lineage is computed of at most "
              + MAX_LEAVES
              + " leaves, the log has "
              + source.checkpoint().size());
    }
    LeafIndex index = new LeafIndex();
    LeafStream.each(
        source,
        0,
        source.checkpoint().size(),
        (at, entry) -> index.add(MerkleTree.leafHash(entry), parse(entry)));
    return new Lineage(source, openings, index, maxAnswer);
  }

  /**
   * Of some leaves of a log alone: what the others would add is not known, and a parent among them is missing.
   *
   * @param places of these leaves
   * @throws IOException as for {@link LeafSource#entries}
   */
  public static Lineage of(LeafSource source, SortedSet<Long> places, Openings openings)
      throws IOException {
    LeafIndex index = new LeafIndex();
    for (long at : places) {
      byte[] entry = source.entries(at, at + 1).get(0);
      index.add(at, MerkleTree.leafHash(entry), parse(entry));
    }
    return new Lineage(source, openings, index, MAX_ANSWER);
  }

  private static Optional<Leaf> parse(byte[] entry) {
    try {
      return Optional.of(Leaf.parse(entry));
    } catch (MalformedLeafException e) {
      return Optional.empty();
    }
  }

  /** What it is computed from. */
  public LeafSource source() {
    return source;
  }

  /** What is known beside the log. */
  public Openings openings() {
    return openings;
  }

  LeafIndex index() {
    return index;
  }

  /** The allow of an artifact. */
  public OptionalLong ofArtifact(UuidV7 jti) {
    return index.allowOf(jti);
  }

  /** The first allow of an execution, where its artifact was opened. */
  public OptionalLong ofExecution(UuidV7 execution) {
    return openings.artifactsOf(execution).stream()
        .map(index::allowOf)
        .filter(OptionalLong::isPresent)
        .mapToLong(OptionalLong::getAsLong)
        .min();
  }

  /** The first leaf with this hash. */
  public OptionalLong ofLeaf(Hash hash) {
    return index.find(hash);
  }

  /**
   * All that leaf {@code start} comes from, and the leaf itself.
   *
   * @throws IndexOutOfBoundsException if the log has no such leaf
   */
  public LineageGraph root(long start) throws IOException {
    return walk(start, this::origins);
  }

  /**
   * All that comes from leaf {@code start}, and the leaf itself.
   *
   * @throws IndexOutOfBoundsException if the log has no such leaf
   */
  public LineageGraph tree(long start) throws IOException {
    return walk(start, this::descendants);
  }

  /**
   * Every leaf from {@code start} on, before {@code end}.
   *
   * @throws IndexOutOfBoundsException if the log has no such leaves
   */
  public LineageGraph range(long start, long end) throws IOException {
    requireRange(start, end);
    TreeSet<Long> leaves = new TreeSet<>();
    for (long at = start; at < end && leaves.size() < maxAnswer; at++) {
      if (index.has(at)) {
        leaves.add(at);
      }
    }
    return graph(start, leaves, end - start - leaves.size());
  }

  void requireRange(long start, long end) {
    long size = source.checkpoint().size();
    if (start < 0 || start > end || end > size) {
      throw new IndexOutOfBoundsException(
          "a range must lie in 0 to " + size + ", was " + start + " to " + end);
    }
  }

  /** These leaves, whatever they have to do with one another. */
  public LineageGraph leaves(SortedSet<Long> leaves) throws IOException {
    return graph(leaves.first(), leaves, 0);
  }

  /** The leaves of policies, keys, operations and modes, in order: by them all others were decided. */
  public List<Long> governing() {
    return index.governing();
  }

  /** The leaves that suspended, resumed or retired a host, in order. */
  public List<Long> hostChanges(Hash akNameDigest) {
    return index.standings().changes(akNameDigest);
  }

  /**
   * The leaves that ended the artifact which leaf {@code allow} allows, in order: those that name it or one that
   * it was issued under, and those that withdraw all of a scope. None of a leaf that allows nothing.
   */
  public List<Withdrawal> withdrawals(long allow) throws IOException {
    return Withdrawals.of(this, index.withdrawing(), allow);
  }

  /** Allows with those of all artifacts above theirs, as leaves and opened artifacts name them. */
  public SortedSet<Long> withArtifactsAbove(SortedSet<Long> allows) throws IOException {
    TreeSet<Long> all = new TreeSet<>(allows);
    for (long allow : allows) {
      Withdrawals.line(this, allow).forEach(above -> all.add(above.index()));
    }
    return all;
  }

  /** The same log, with something else known beside it. */
  public Lineage opened(Openings known) {
    return new Lineage(source, known, index, maxAnswer);
  }

  /**
   * Leaves with all that they come from.
   *
   * @param most how many are found at most, so that one more than are wanted tells that there are too many
   */
  public SortedSet<Long> withOrigins(SortedSet<Long> starts, int most) throws IOException {
    return reached(starts, this::origins, most);
  }

  /** Leaves with all that comes from them; likewise. */
  public SortedSet<Long> withDescendants(SortedSet<Long> starts, int most) throws IOException {
    return reached(starts, this::descendants, most);
  }

  private static SortedSet<Long> reached(SortedSet<Long> starts, Step step, int most)
      throws IOException {
    TreeSet<Long> seen = new TreeSet<>(starts);
    Deque<Long> open = new ArrayDeque<>(seen);
    while (!open.isEmpty()) {
      for (long next : step.from(open.remove())) {
        if (seen.size() < most && seen.add(next)) {
          open.add(next);
        }
      }
    }
    return seen;
  }

  /** Where a walk goes from a leaf. */
  private interface Step {
    List<Long> from(long leaf) throws IOException;
  }

  private LineageGraph walk(long start, Step step) throws IOException {
    requireRange(start, start + 1);
    if (!index.has(start)) {
      throw new IndexOutOfBoundsException("leaf " + start + " must be among those that are here");
    }
    TreeSet<Long> seen = new TreeSet<>(List.of(start));
    Deque<Long> open = new ArrayDeque<>(seen);
    long more = 0;
    while (!open.isEmpty()) {
      for (long next : step.from(open.remove())) {
        if (seen.contains(next)) {
          continue;
        }
        if (seen.size() == maxAnswer) {
          more++;
        } else {
          seen.add(next);
          open.add(next);
        }
      }
    }
    return graph(start, seen, more);
  }

  private LineageGraph graph(long start, Set<Long> leaves, long more) throws IOException {
    LineageGraph.Builder graph = new LineageGraph.Builder(source, start, more);
    for (long at : leaves) {
      Optional<Leaf> leaf = leaf(at);
      graph.leaf(at, index.hash(at), leaf);
      if (leaf.isPresent()) {
        graph.add(fragment(new IndexedLeaf(at, leaf.get())));
      }
    }
    return graph.build();
  }

  Fragment fragment(IndexedLeaf leaf) throws IOException {
    return Derivation.of(leaf, parents(leaf), openings);
  }

  /** Parents, the operation that a leaf belongs to, and what an opened artifact names as its parent. */
  private List<Long> origins(long at) throws IOException {
    List<Long> origins = new ArrayList<>();
    Optional<Leaf> leaf = leaf(at);
    if (leaf.isEmpty()) {
      return origins;
    }
    parents(new IndexedLeaf(at, leaf.get())).forEach(parent -> origins.add(parent.index()));
    Operations.named(leaf.get().body())
        .ifPresent(
            operation ->
                index.stepsOf(operation).stream().filter(step -> step < at).forEach(origins::add));
    if (leaf.get().body() instanceof LeafBody.DecisionAllow allow) {
      openings
          .artifact(allow.artifactDigest())
          .flatMap(claims -> claims.lineage().parent())
          .ifPresent(
              parent ->
                  index
                      .allowOf(parent)
                      .ifPresent(
                          leafOfParent -> {
                            if (leafOfParent < at) {
                              origins.add(leafOfParent);
                            }
                          }));
    }
    return origins;
  }

  private List<Long> descendants(long at) throws IOException {
    TreeSet<Long> children = new TreeSet<>();
    index.childrenOf(at, children::add);
    Optional<Leaf> leaf = leaf(at);
    if (leaf.isPresent()) {
      Operations.named(leaf.get().body())
          .ifPresent(
              operation ->
                  index.stepsOf(operation).stream()
                      .filter(step -> step > at)
                      .forEach(children::add));
      if (leaf.get().body() instanceof LeafBody.DecisionAllow allow) {
        for (UuidV7 child : openings.childrenOf(allow.jti())) {
          index
              .allowOf(child)
              .ifPresent(
                  leafOfChild -> {
                    if (leafOfChild > at) {
                      children.add(leafOfChild);
                    }
                  });
        }
      }
    }
    return List.copyOf(children);
  }

  /** Those parents that are earlier leaves of this log, and can be read. */
  List<IndexedLeaf> parents(IndexedLeaf leaf) throws IOException {
    List<IndexedLeaf> parents = new ArrayList<>();
    for (Hash hash : leaf.leaf().parents()) {
      OptionalLong at = index.find(hash);
      // A parent is an earlier leaf or none: that is what keeps the graph without cycles.
      if (at.isPresent() && at.getAsLong() < leaf.index()) {
        leaf(at.getAsLong())
            .ifPresent(parent -> parents.add(new IndexedLeaf(at.getAsLong(), parent)));
      }
    }
    return parents;
  }

  /** Where a leaf is of an outcome, the leaves before it by which somebody was let use its artifact. */
  public SortedSet<Long> usesBefore(long outcome) throws IOException {
    SortedSet<Long> uses = new TreeSet<>();
    Optional<Leaf> leaf = leaf(outcome).filter(read -> read.kind() == LeafKind.OUTCOME);
    if (leaf.isPresent()) {
      for (IndexedLeaf parent : parents(new IndexedLeaf(outcome, leaf.get()))) {
        if (parent.leaf().kind() == LeafKind.DECISION_ALLOW) {
          uses.addAll(uses(parent.index()));
        }
      }
    }
    return uses.headSet(outcome);
  }

  /** The leaves by which somebody was let use the artifact which leaf {@code allow} allows, in order. */
  private List<Long> uses(long allow) throws IOException {
    return children(allow, body -> body instanceof Verification judged && judged.code().isEmpty());
  }

  /** The leaves that withdraw the artifact which leaf {@code allow} allows, and name it; in order. */
  List<Long> revocations(long allow) throws IOException {
    return children(allow, body -> body instanceof LeafBody.Revocation);
  }

  private List<Long> children(long parent, Predicate<LeafBody> which) throws IOException {
    TreeSet<Long> children = new TreeSet<>();
    index.childrenOf(parent, children::add);
    List<Long> found = new ArrayList<>();
    for (long child : children) {
      if (which.test(leaf(child).orElseThrow().body())) {
        found.add(child);
      }
    }
    return found;
  }

  /** The leaf at {@code at}, or nothing where what stands there is none. */
  Optional<Leaf> leaf(long at) throws IOException {
    Optional<Leaf> known = kept.get(at);
    if (known != null) {
      return known;
    }
    Optional<Leaf> leaf = parse(source.entries(at, at + 1).get(0));
    kept.put(at, leaf);
    return leaf;
  }
}
