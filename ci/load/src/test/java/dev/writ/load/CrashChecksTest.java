// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Commitment;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.MerkleTree;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The crash rounds find what they are there to find: each fault is planted once. */
class CrashChecksTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Instant NOW = Instant.ofEpochMilli(1_800_000_000_000L);

  private final FakeLedger ledger = new FakeLedger();
  private final CrashChecks checks = new CrashChecks(ledger);

  @Test
  void wholeLedger_holdsAfterEveryCrash() throws IOException {
    List<Acknowledged> first = issue(5);
    assertThat(checks.findLost(first)).isEmpty();
    assertThat(checks.findReusedNonces()).isEmpty();

    // Committed by the crash, and never answered.
    ledger.leaves.add(leaf(newHash()));
    List<Acknowledged> second = issue(300);
    assertThat(checks.findLost(second)).isEmpty();
    assertThat(checks.findReusedNonces()).isEmpty();
  }

  @Test
  void leafThatIsLost_atTheEnd_isFound() throws IOException {
    List<Acknowledged> acknowledged = issue(5);
    ledger.leaves.remove(4);

    assertThat(checks.findLost(acknowledged))
        .contains("the tree had 5 leaves, and has 4")
        .contains("leaf 4 was acknowledged, the tree has 4");
  }

  @Test
  void leafThatIsLost_andAnotherInItsPlace_isFound() throws IOException {
    List<Acknowledged> acknowledged = issue(5);
    ledger.leaves.set(2, leaf(newHash()));

    assertThat(checks.findLost(acknowledged))
        .anyMatch(problem -> problem.startsWith("leaf 2 was acknowledged and is not there"))
        .anyMatch(problem -> problem.startsWith("the tree of 5 leaves must be a beginning"));
  }

  @Test
  void historyThatChanged_betweenRounds_isFound() throws IOException {
    assertThat(checks.findLost(issue(5))).isEmpty();
    ledger.leaves.set(0, leaf(newHash()));

    assertThat(checks.findLost(issue(3)))
        .anyMatch(problem -> problem.startsWith("the tree of 5 leaves must be a beginning"));
  }

  @Test
  void challenge_usedForTwoArtifacts_isFound() throws IOException {
    Acknowledged one = issue(1).get(0);
    Leaf other = leaf(newHash());
    ledger.leaves.add(other);
    Acknowledged two = new Acknowledged(one.challenge(), 1, other.hash(), ledger.checkpoint());

    assertThat(checks.findLost(List.of(one, two)))
        .containsExactly("two artifacts were given for the challenge " + one.challenge());
  }

  @Test
  void challenge_usedAgainAfterACrash_isFound() throws IOException {
    Acknowledged one = issue(1).get(0);
    assertThat(checks.findLost(List.of(one))).isEmpty();

    assertThat(checks.findLost(List.of(one)))
        .containsExactly("two artifacts were given for the challenge " + one.challenge());
  }

  @Test
  void evidence_allowedTwice_isFound() throws IOException {
    Hash evidence = newHash();
    ledger.leaves.add(leaf(evidence));
    ledger.leaves.add(leaf(newHash()));
    assertThat(checks.findReusedNonces()).isEmpty();
    ledger.leaves.add(leaf(evidence));

    assertThat(checks.findReusedNonces())
        .containsExactly("leaves 0 and 2 allow on one nonce's evidence");
  }

  private List<Acknowledged> issue(int count) throws IOException {
    List<Acknowledged> acknowledged = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Leaf leaf = leaf(newHash());
      ledger.leaves.add(leaf);
      acknowledged.add(
          new Acknowledged(
              newHash().hex(), ledger.leaves.size() - 1, leaf.hash(), ledger.checkpoint()));
    }
    return acknowledged;
  }

  private static Leaf leaf(Hash evidence) {
    UuidV7 id = UuidV7.next(InstantSource.fixed(NOW), RANDOM);
    return Leaf.of(
        NOW,
        id,
        List.of(newHash()),
        new LeafBody.DecisionAllow(
            id,
            newHash(),
            newHash(),
            evidence,
            newHash(),
            1,
            new Commitment(newHash()),
            new Commitment(newHash()),
            new Commitment(newHash())));
  }

  private static Hash newHash() {
    byte[] bytes = new byte[Hash.BYTES];
    RANDOM.nextBytes(bytes);
    return Hash.of(bytes);
  }

  /** A ledger that forgets and changes as it is told, and proves what it has (RFC 9162, 2.1). */
  private static final class FakeLedger implements LedgerView {
    final List<Leaf> leaves = new ArrayList<>();

    @Override
    public Checkpoint checkpoint() {
      return new Checkpoint("log", leaves.size(), MerkleTree.root(hashes(leaves.size())));
    }

    @Override
    public InclusionProof inclusion(long index, long size) {
      return new InclusionProof(index, size, path((int) index, hashes(size)));
    }

    @Override
    public ConsistencyProof consistency(long oldSize, long newSize) {
      return new ConsistencyProof(
          oldSize,
          newSize,
          oldSize == newSize ? List.of() : subproof((int) oldSize, hashes(newSize), true));
    }

    @Override
    public List<Leaf> leaves(long from, long size) {
      return leaves.subList((int) from, (int) size);
    }

    private List<Hash> hashes(long size) {
      return leaves.subList(0, (int) size).stream().map(Leaf::hash).toList();
    }

    private static List<Hash> path(int index, List<Hash> tree) {
      if (tree.size() == 1) {
        return List.of();
      }
      int split = Integer.highestOneBit(tree.size() - 1);
      List<Hash> left = tree.subList(0, split);
      List<Hash> right = tree.subList(split, tree.size());
      return index < split
          ? with(path(index, left), MerkleTree.root(right))
          : with(path(index - split, right), MerkleTree.root(left));
    }

    private static List<Hash> subproof(int old, List<Hash> tree, boolean isWhole) {
      if (old == tree.size()) {
        return isWhole ? List.of() : List.of(MerkleTree.root(tree));
      }
      int split = Integer.highestOneBit(tree.size() - 1);
      List<Hash> left = tree.subList(0, split);
      List<Hash> right = tree.subList(split, tree.size());
      return old <= split
          ? with(subproof(old, left, isWhole), MerkleTree.root(right))
          : with(subproof(old - split, right, false), MerkleTree.root(left));
    }

    private static List<Hash> with(List<Hash> hashes, Hash last) {
      List<Hash> more = new ArrayList<>(hashes);
      more.add(last);
      return more;
    }
  }
}
