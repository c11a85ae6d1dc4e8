// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.artifact.Presentation;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TlogProof;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.interfaces.ECPublicKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** 85: a bundle whose receipt is missing, stale, or another leaf's; the bundle is {@link BundleExample}. */
final class ReceiptCases {
  private static final String NO_LEDGER = "lineage_fragmented";

  /** Where the example's leaf stands in its tree, and in the corpus's own. */
  private static final int LEAF = 6;

  private final Path project;

  /**
   * @param project the folder of the whole project
   */
  ReceiptCases(Path project) {
    this.project = project;
  }

  List<NegativeCase> cases() {
    return List.of(
        new NegativeCase(
            85,
            Level.VERIFIER,
            "ledger receipt missing, stale or for another leaf",
            this::receipt));
  }

  private void receipt(Tries tries) throws Exception {
    BundleExample example = BundleExample.in(project);
    tries.accepted("its own", () -> example.judged(example.here(), example.now()));
    changed(tries, example);
    signed(tries);
  }

  /** The example's own receipt with something else in it. */
  private void changed(Tries tries, BundleExample example) throws Exception {
    byte[] own = example.bundle().leaf();
    String proof = example.bundle().tlogProof();
    for (int leaf : new int[] {4, 5, 7}) {
      byte[] other = BundleExample.file(project, "leaf-" + leaf + ".json");
      refused(tries, "leaf " + leaf, example, other, proof);
    }
    Map<String, String> others = new LinkedHashMap<>();
    others.put("no proof", "\n");
    others.put("proof of another index", proof.replace("index 6", "index 5"));
    others.put("proof of an index past the tree", proof.replace("index 6", "index 7"));
    others.put("a checkpoint of another size", proof.replace("log\n7\n", "log\n8\n"));
    others.put(
        "a checkpoint of the size before the leaf, not signed",
        proof.replace("log\n7\n", "log\n6\n"));
    others.forEach((what, other) -> refused(tries, what, example, own, other));
  }

  private static void refused(
      Tries tries, String what, BundleExample example, byte[] leaf, String proof) {
    byte[] bundle = example.with(leaf, proof).toJson();
    tries.refused(what, NO_LEDGER, () -> example.judged(bundle, example.here(), example.now()));
  }

  /** The example's leaf in a tree of a log whose key we have: every checkpoint is signed as it must be. */
  private void signed(Tries tries) throws Exception {
    Log log = new Log(BundleExample.in(project).claims().logOrigin());
    BundleExample example = BundleExample.in(project, BundleExample.logPolicy(log.policy()));
    Presentation here = example.here();
    byte[] leaf = example.bundle().leaf();
    List<Hash> tree = tree(leaf);
    for (int size : new int[] {8, tree.size()}) {
      byte[] bundle = example.with(leaf, log.proof(tree.subList(0, size), LEAF)).toJson();
      tries.accepted("in a tree of " + size, () -> example.judged(bundle, here, example.now()));
    }
    // Checkpoints from before the leaf was in the tree.
    for (int size : new int[] {1, 4, 6}) {
      List<Hash> older = tree.subList(0, size);
      refused(
          tries,
          "a signed checkpoint of size " + size + " under the newest proof",
          example,
          leaf,
          log.under(log.proof(tree, LEAF), older));
      refused(
          tries,
          "a signed checkpoint of size " + size + " with the proof of its last leaf",
          example,
          leaf,
          log.proof(older, size - 1));
    }
    refused(
        tries,
        "a signed checkpoint of as many leaves, ours not among them",
        example,
        leaf,
        log.under(log.proof(tree, LEAF), tree("another leaf".getBytes(StandardCharsets.UTF_8))));
    Log stranger = new Log(example.claims().logOrigin());
    refused(
        tries,
        "a checkpoint that another key signed under the log's name",
        example,
        leaf,
        stranger.proof(tree, LEAF));
  }

  private static List<Hash> tree(byte[] leaf) {
    List<Hash> leaves = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      byte[] other = ("leaf " + i).getBytes(StandardCharsets.UTF_8);
      leaves.add(MerkleTree.leafHash(i == LEAF ? leaf : other));
    }
    return leaves;
  }

  /** A log with a P-256 key of its own (c2sp.org/tlog-checkpoint). */
  private static final class Log implements NoteSigner {
    private final CorpusKey key = CorpusKey.instance();
    private final String origin;

    Log(String origin) {
      this.origin = origin;
    }

    String policy() {
      return "log " + key().vkey() + "\nquorum none\n";
    }

    @Override
    public NoteKey key() {
      return NoteKey.ofP256(origin, (ECPublicKey) key.publicKey());
    }

    @Override
    public byte[] sign(byte[] text) {
      return key.derEcdsa(text, CorpusKey.SHA256);
    }

    /** Where a leaf is in a tree, under the signed checkpoint of that tree. */
    String proof(List<Hash> leaves, int index) throws Exception {
      InclusionProof inclusion = new InclusionProof(index, leaves.size(), path(leaves, index));
      return TlogProof.of(inclusion, checkpoint(leaves)).format();
    }

    /** A proof under the signed checkpoint of another tree. */
    String under(String proof, List<Hash> leaves) throws Exception {
      return proof.substring(0, proof.indexOf("\n\n") + 2) + checkpoint(leaves).format();
    }

    private SignedNote checkpoint(List<Hash> leaves) throws Exception {
      Checkpoint head = new Checkpoint(origin, leaves.size(), MerkleTree.root(leaves));
      return SignedNote.sign(head.noteText(), this);
    }

    /** RFC 9162, 2.1.3.1: the leaf's sibling first. */
    private static List<Hash> path(List<Hash> leaves, int index) {
      List<Hash> path = new ArrayList<>();
      if (leaves.size() > 1) {
        int left = Integer.highestOneBit(leaves.size() - 1);
        List<Hash> first = leaves.subList(0, left);
        List<Hash> second = leaves.subList(left, leaves.size());
        path.addAll(index < left ? path(first, index) : path(second, index - left));
        path.add(MerkleTree.root(index < left ? second : first));
      }
      return path;
    }
  }
}
