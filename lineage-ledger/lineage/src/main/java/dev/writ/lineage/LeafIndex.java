// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Where what is in a log: leaves by hash, allows by jti, children by parent, operations, policies. About a
 * hundred bytes a leaf; the leaves themselves are read again where they are asked for.
 */
final class LeafIndex {
  /** Most leaves taken: about one gigabyte. */
  static final int MAX_LEAVES = 1 << 23;

  private static final int NONE = -1;

  private final ByteKeyIndex hashes = new ByteKeyIndex(Hash.BYTES);

  /** Where each that was taken stands in the log, ascending. */
  private long[] places = new long[16];

  private final ByteKeyIndex jtis = new ByteKeyIndex(16);
  private int[] leafOfJti = new int[16];

  /** Children of a leaf as a list: its last child, and of each the one before. */
  private int[] lastChild = new int[0];

  private int[] childLeaf = new int[16];
  private int[] childBefore = new int[16];
  private int childCount;

  private final Map<Hash, Steps> operations = new HashMap<>();
  private final TreeMap<Long, PolicyReference> policies = new TreeMap<>();
  private final TreeSet<Long> governing = new TreeSet<>();
  private final WithdrawalIndex withdrawing = new WithdrawalIndex();
  private final HostStandingIndex standings = new HostStandingIndex();
  private final Map<Long, Long> repeated = new HashMap<>();
  private final Map<Long, Long> repeatedJti = new HashMap<>();

  /** Leaves that name one operation, in order, and the first that proposes it. */
  private static final class Steps {
    private final List<Long> leaves = new ArrayList<>();
    private OptionalLong proposed = OptionalLong.empty();
  }

  /** Takes the next leaf, which is nothing where it cannot be read. */
  void add(Hash hash, Optional<Leaf> leaf) {
    add(hashes.size(), hash, leaf);
  }

  /** The same of a leaf that stands behind those that were taken, perhaps not at once. */
  void add(long place, Hash hash, Optional<Leaf> leaf) {
    int index = hashes.size();
    if (index >= MAX_LEAVES) {
      throw new IllegalStateException("bug: a log of more leaves than an index takes was read");
    }
    int same = hashes.add(hash.bytes());
    if (index >= places.length) {
      places = Arrays.copyOf(places, places.length * 2);
    }
    places[index] = place;
    if (same != NONE) {
      repeated.put(place, places[same]);
    }
    if (index >= lastChild.length) {
      int before = lastChild.length;
      lastChild = Arrays.copyOf(lastChild, Math.max(1024, before * 2));
      Arrays.fill(lastChild, before, lastChild.length, NONE);
    }
    leaf.ifPresent(read -> take(index, read));
  }

  private void take(int index, Leaf leaf) {
    for (Hash parent : leaf.parents()) {
      int at = hashes.find(parent.bytes());
      if (at != NONE && at < index) {
        addChild(at, index);
      }
    }
    LeafBody body = leaf.body();
    if (body instanceof LeafBody.DecisionAllow allow) {
      addJti(index, allow.jti());
    } else if (body instanceof LeafBody.PolicyInForce policy) {
      policies.put(places[index], policy.policy());
    }
    withdrawing.take(places[index], leaf);
    standings.take(places[index], leaf);
    if (isGoverning(leaf)) {
      governing.add(places[index]);
    }
    Operations.named(body).ifPresent(operation -> addStep(operation, places[index], body));
  }

  private static boolean isGoverning(Leaf leaf) {
    return leaf.kind() == LeafKind.POLICY
        || leaf.kind() == LeafKind.KEY
        || leaf.body() instanceof OperationStep
        || leaf.body() instanceof GovernanceStep;
  }

  private void addStep(Hash operation, long index, LeafBody body) {
    Steps steps = operations.computeIfAbsent(operation, unused -> new Steps());
    steps.leaves.add(index);
    if (steps.proposed.isEmpty() && body instanceof OperationStep.Proposed) {
      steps.proposed = OptionalLong.of(index);
    }
  }

  private void addJti(int index, UuidV7 jti) {
    int number = jtis.size();
    int same = jtis.add(bytes(jti));
    if (number >= leafOfJti.length) {
      leafOfJti = Arrays.copyOf(leafOfJti, leafOfJti.length * 2);
    }
    leafOfJti[number] = index;
    if (same != NONE) {
      repeatedJti.put(places[index], places[leafOfJti[same]]);
    }
  }

  private void addChild(int parent, int child) {
    if (childCount == childLeaf.length) {
      childLeaf = Arrays.copyOf(childLeaf, childCount * 2);
      childBefore = Arrays.copyOf(childBefore, childCount * 2);
    }
    childLeaf[childCount] = child;
    childBefore[childCount] = lastChild[parent];
    lastChild[parent] = childCount++;
  }

  private static byte[] bytes(UuidV7 jti) {
    return ByteBuffer.allocate(16)
        .putLong(jti.value().getMostSignificantBits())
        .putLong(jti.value().getLeastSignificantBits())
        .array();
  }

  /** Leaves taken. */
  long size() {
    return hashes.size();
  }

  /** Whether leaf {@code place} was taken. */
  boolean has(long place) {
    return slot(place) >= 0;
  }

  /** Which of those that were taken it is; negative where it was not. */
  private int slot(long place) {
    return place >= 0 && place < size() && places[(int) place] == place
        ? (int) place
        : Arrays.binarySearch(places, 0, hashes.size(), place);
  }

  /** The hash of leaf {@code place}. */
  Hash hash(long place) {
    return Hash.of(hashes.key(slot(place)));
  }

  /** Leaves of policies, keys, operations and modes, in order. */
  List<Long> governing() {
    return List.copyOf(governing);
  }

  /** Leaves that say how hosts stand. */
  HostStandingIndex standings() {
    return standings;
  }

  /** Leaves that withdraw what they do not name one by one. */
  WithdrawalIndex withdrawing() {
    return withdrawing;
  }

  /** The first leaf with this hash. */
  OptionalLong find(Hash hash) {
    return found(hashes.find(hash.bytes()));
  }

  /** The first allow of this artifact. */
  OptionalLong allowOf(UuidV7 jti) {
    int number = jtis.find(bytes(jti));
    return number == NONE ? OptionalLong.empty() : OptionalLong.of(places[leafOfJti[number]]);
  }

  private OptionalLong found(int slot) {
    return slot == NONE ? OptionalLong.empty() : OptionalLong.of(places[slot]);
  }

  /** Tells each leaf that has {@code parent} as parent, the newest first. */
  void childrenOf(long parent, LongConsumer to) {
    for (int at = lastChild[slot(parent)]; at != NONE; at = childBefore[at]) {
      to.accept(places[childLeaf[at]]);
    }
  }

  /** Leaves that name {@code operation}, in order. */
  List<Long> stepsOf(Hash operation) {
    Steps known = operations.get(operation);
    return known == null ? List.of() : List.copyOf(known.leaves);
  }

  /** Where {@code operation} was proposed first. */
  OptionalLong proposed(Hash operation) {
    Steps known = operations.get(operation);
    return known == null ? OptionalLong.empty() : known.proposed;
  }

  /** The policy in force before leaf {@code index}, with its leaf. */
  Optional<Map.Entry<Long, PolicyReference>> policyBefore(long index) {
    return Optional.ofNullable(policies.lowerEntry(index));
  }

  /** The earlier leaf of the same bytes. */
  OptionalLong sameAs(long index) {
    return of(repeated.get(index));
  }

  /** The earlier allow of the same artifact. */
  OptionalLong sameJtiAs(long index) {
    return of(repeatedJti.get(index));
  }

  private static OptionalLong of(@Nullable Long index) {
    return index == null ? OptionalLong.empty() : OptionalLong.of(index);
  }
}
