// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
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
  private final ByteKeyIndex jtis = new ByteKeyIndex(16);
  private int[] leafOfJti = new int[16];

  /** Children of a leaf as a list: its last child, and of each the one before. */
  private int[] lastChild = new int[0];

  private int[] childLeaf = new int[16];
  private int[] childBefore = new int[16];
  private int childCount;

  private final Map<Hash, Steps> operations = new HashMap<>();
  private final TreeMap<Long, PolicyReference> policies = new TreeMap<>();
  private final Map<Long, Long> repeated = new HashMap<>();
  private final Map<Long, Long> repeatedJti = new HashMap<>();

  /** Leaves that name one operation, in order, and the first that proposes it. */
  private static final class Steps {
    private final List<Long> leaves = new ArrayList<>();
    private OptionalLong proposed = OptionalLong.empty();
  }

  /** Takes the next leaf, which is nothing where it cannot be read. */
  void add(Hash hash, Optional<Leaf> leaf) {
    int index = hashes.size();
    if (index >= MAX_LEAVES) {
      throw new IllegalStateException("bug: a log of more leaves than an index takes was read");
    }
    int same = hashes.add(hash.bytes());
    if (same != NONE) {
      repeated.put((long) index, (long) same);
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
      policies.put((long) index, policy.policy());
    }
    Operations.named(body).ifPresent(operation -> addStep(operation, index, body));
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
      repeatedJti.put((long) index, (long) leafOfJti[same]);
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

  /** The hash of leaf {@code index}. */
  Hash hash(long index) {
    return Hash.of(hashes.key(Math.toIntExact(index)));
  }

  /** The first leaf with this hash. */
  OptionalLong find(Hash hash) {
    return found(hashes.find(hash.bytes()));
  }

  /** The first allow of this artifact. */
  OptionalLong allowOf(UuidV7 jti) {
    int number = jtis.find(bytes(jti));
    return number == NONE ? OptionalLong.empty() : OptionalLong.of(leafOfJti[number]);
  }

  private static OptionalLong found(int index) {
    return index == NONE ? OptionalLong.empty() : OptionalLong.of(index);
  }

  /** Tells each leaf that has {@code parent} as parent, the newest first. */
  void childrenOf(long parent, LongConsumer to) {
    for (int at = lastChild[Math.toIntExact(parent)]; at != NONE; at = childBefore[at]) {
      to.accept(childLeaf[at]);
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
