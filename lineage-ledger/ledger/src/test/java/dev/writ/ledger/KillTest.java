// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.await;
import static dev.writ.ledger.TestLedgers.commit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Leaf;
import dev.writ.ledger.CommitOutcome.Replayed;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.TileTree;
import dev.writ.tlog.TlogProof;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Case 38 and the bar "kill -9 anywhere under load": what was acknowledged is there, once. */
class KillTest {
  private static final int KILLS = 3;

  /** Receipts to wait for; each kill comes at another moment of a commit. */
  private static final int RECEIPTS = 150;

  @TempDir Path folder;

  @Test
  @Timeout(180)
  void kill9_underLoad_losesNothingThatWasAcknowledged() throws Exception {
    CrashingWriter.makeKey(folder);
    NoteSigner signer = CrashingWriter.signer(folder);
    Set<Long> blocks = new HashSet<>();
    Map<Hash, Acknowledged> byNonce = new HashMap<>();
    for (int kill = 0; kill < KILLS; kill++) {
      StatusLines status = new StatusLines();
      for (Acknowledged acknowledged : runAndKill(RECEIPTS + 37 * kill, status)) {
        assertThat(byNonce.put(acknowledged.nonce, acknowledged))
            .as("receipts for one nonce")
            .isNull();
      }
      try (Ledger ledger = TestLedgers.open(folder.resolve("store"), signer)) {
        Checkpoint now = TestLedgers.verified(ledger.checkpoint(), signer);
        for (Acknowledged acknowledged : byNonce.values()) {
          assertHolds(acknowledged, ledger, now, signer);
        }
        Acknowledged one = byNonce.values().iterator().next();
        assertThat(commit(ledger, Samples.issue(one.nonce))).isInstanceOf(Replayed.class);
        status.assertHold(ledger, blocks);
      }
    }
  }

  private static void assertHolds(
      Acknowledged acknowledged, Ledger ledger, Checkpoint now, NoteSigner signer)
      throws Exception {
    Leaf leaf = acknowledged.leaf;
    TlogProof proof = acknowledged.proof;
    Checkpoint then = TestLedgers.verified(proof.note(), signer);
    assertThat(proof.inclusion().verify(leaf.hash(), then.root()))
        .isInstanceOf(ProofOutcome.Proven.class);
    assertThat(ledger.leaf(proof.index())).contains(leaf);
    assertThat(
            ledger
                .inclusionProof(proof.index(), now.size())
                .orElseThrow()
                .verify(leaf.hash(), now.root()))
        .isInstanceOf(ProofOutcome.Proven.class);
    assertThat(
            ledger
                .consistencyProof(then.size(), now.size())
                .orElseThrow()
                .verify(then.root(), now.root()))
        .isInstanceOf(ProofOutcome.Proven.class);
  }

  /** What the child said it has a receipt for before SIGKILL reached it. */
  private List<Acknowledged> runAndKill(int receipts, StatusLines status) throws Exception {
    List<Acknowledged> acknowledged = new ArrayList<>();
    try (KilledJvm child = KilledJvm.start(CrashingWriter.class, folder.toString())) {
      child.read(
          line -> {
            if (!status.read(line)) {
              acknowledged.add(Acknowledged.parse(line));
            }
            if (acknowledged.size() == receipts) {
              assertThatThrownBy(() -> TestLedgers.open(folder.resolve("store")).close())
                  .hasMessageContaining(
                      "open in one process at a time, and process " + child.pid());
              child.kill();
            }
          });
    }
    assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(receipts);
    return acknowledged;
  }

  /** What the child said of blocks, revocations and snapshots. */
  private static final class StatusLines {
    private final List<Long> reserved = new ArrayList<>();
    private final List<Long> revoked = new ArrayList<>();
    private final List<String[]> snapshots = new ArrayList<>();

    /** Whether the line is one of these. */
    boolean read(String line) {
      String[] words = line.split(" ");
      switch (words[0]) {
        case "block" -> reserved.add(Long.parseLong(words[1]));
        case "revoked" -> revoked.add(Long.parseLong(words[1]));
        case "snapshot" -> snapshots.add(words);
        default -> {
          return false;
        }
      }
      return true;
    }

    void assertHold(Ledger ledger, Set<Long> blocks) throws Exception {
      assertThat(snapshots).isNotEmpty();
      for (long number : reserved) {
        assertThat(blocks.add(number)).as("block at %d, for the first time", number).isTrue();
      }
      StatusBlock next = await(ledger.reserveStatusBlock(Samples.LATER));
      assertThat(blocks.add(next.index(0).number())).as("%s is nobody's", next).isTrue();

      StatusSnapshot now = ledger.statusSnapshot(ledger.statusLists(), Duration.ZERO);
      for (long number : revoked) {
        StatusIndex index = StatusIndex.ofNumber(number);
        assertThat(now.revoked(index.list()).get(index.idx())).as("bit %d", number).isTrue();
      }
      for (String[] words : snapshots) {
        assertThat(now.at()).isAfter(Instant.ofEpochMilli(Long.parseLong(words[1])));
        long size = Long.parseLong(words[2]);
        assertThat(now.treeSize()).isGreaterThanOrEqualTo(size);
        assertThat(new TileTree(ledger.tiles(), size).root()).isEqualTo(Hash.fromHex(words[3]));
      }
    }
  }

  /** A receipt that a client has in its hands. */
  private record Acknowledged(Hash nonce, Leaf leaf, TlogProof proof) {
    static Acknowledged parse(String line) throws Exception {
      String[] parts = line.split(" ");
      Base64.Decoder base64 = Base64.getDecoder();
      return new Acknowledged(
          Hash.fromHex(parts[0]),
          Leaf.parse(base64.decode(parts[1])),
          TlogProof.parse(base64.decode(parts[2])));
    }
  }
}
