// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.AddCheckpoint;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.KeyPairNoteSigner;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.NoteSigningException;
import dev.writ.tlog.SignedNote;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.List;

/** A log of leaves that are in memory, and what it asks of a witness. */
final class SampleLog {
  final String origin;
  final NoteSigner signer;
  private final List<Hash> leaves = new ArrayList<>();

  SampleLog(String origin) {
    this(origin, ed25519());
  }

  SampleLog(String origin, KeyPair pair) {
    this(origin, KeyPairNoteSigner.of(origin, pair));
  }

  private SampleLog(String origin, NoteSigner signer) {
    this.origin = origin;
    this.signer = signer;
  }

  static KeyPair ed25519() {
    try {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** A log with the same key whose leaves are others from {@code size} on. */
  SampleLog forkAt(int size) {
    SampleLog fork = new SampleLog(origin, signer);
    fork.leaves.addAll(leaves.subList(0, size));
    return fork;
  }

  SampleLog grow(int by) {
    for (int i = 0; i < by; i++) {
      leaves.add(Samples.digest());
    }
    return this;
  }

  /** Leaves that are the same in another process. */
  SampleLog growNumbered(int by) {
    for (int i = 0; i < by; i++) {
      leaves.add(Samples.digest("leaf " + leaves.size()));
    }
    return this;
  }

  Hash root(int size) {
    return MerkleTree.root(leaves.subList(0, size));
  }

  SignedNote checkpoint(int size) {
    try {
      return SignedNote.sign(new Checkpoint(origin, size, root(size)).noteText(), signer);
    } catch (NoteSigningException e) {
      throw new AssertionError(e);
    }
  }

  /** The request to cosign the tree of {@code size} leaves after that of {@code old}. */
  AddCheckpoint request(int old, int size) {
    List<Hash> path =
        old == 0 || old >= size ? List.of() : proof(old, leaves.subList(0, size), true);
    return AddCheckpoint.of(old, path, checkpoint(size));
  }

  /** SUBPROOF of RFC 9162 section 2.1.4.1. */
  private static List<Hash> proof(int m, List<Hash> d, boolean whole) {
    int n = d.size();
    if (m == n) {
      return whole ? List.of() : List.of(MerkleTree.root(d));
    }
    int k = Integer.highestOneBit(n - 1);
    boolean left = m <= k;
    List<Hash> proof =
        new ArrayList<>(
            left ? proof(m, d.subList(0, k), whole) : proof(m - k, d.subList(k, n), false));
    proof.add(MerkleTree.root(left ? d.subList(k, n) : d.subList(0, k)));
    return proof;
  }
}
