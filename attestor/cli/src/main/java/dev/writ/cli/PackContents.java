// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.MalformedTrustFileException;
import dev.writ.artifact.TrustFile;
import dev.writ.evidence.EndorsementTrust;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.ledger.DerivedState;
import dev.writ.ledger.LedgerException;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.MalformedCheckpointException;
import dev.writ.tlog.MalformedNoteException;
import dev.writ.tlog.MalformedProofException;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TlogProof;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What was put into a pack: leaves with their proofs, what lies beside them, trust files, and rows. All but what
 * lies beside leaves is in memory. Nobody is believed here: whether the checkpoint is, is {@link PackTrust}'s to say.
 */
final class PackContents {
  /** Most leaves in a pack. */
  static final int MAX_LEAVES = 8192;

  private static final Pattern NUMBERED =
      Pattern.compile("[a-z-]+/([0-9]{16})\\.(?:json|tlog-proof|bin)");

  private final PackMembers members;
  private final PackQuestion question;
  private final SignedNote note;
  private final Checkpoint checkpoint;
  private final NavigableMap<Long, Packed> leaves = new TreeMap<>();
  private final NavigableMap<Long, TrustFile> trust = new TreeMap<>();
  private final DerivedState state = new DerivedState();
  private final EndorsementTrust makers;

  /**
   * A leaf of the pack.
   *
   * @param isProven whether its path leads to the checkpoint's root
   */
  record Packed(Leaf leaf, byte[] bytes, TlogProof proof, boolean isProven) {}

  private PackContents(
      PackMembers members,
      PackQuestion question,
      SignedNote note,
      Checkpoint checkpoint,
      EndorsementTrust makers) {
    this.members = members;
    this.question = question;
    this.note = note;
    this.checkpoint = checkpoint;
    this.makers = makers;
  }

  /** Reads what is in a pack, of which what was made from it may be missing. */
  static PackContents read(PackMembers members) throws IOException, MalformedPackException {
    PackQuestion question = PackQuestion.parse(required(members, PackNames.QUESTION));
    SignedNote note;
    Checkpoint checkpoint;
    try {
      note = SignedNote.parse(required(members, PackNames.CHECKPOINT));
      checkpoint = Checkpoint.parse(note.text());
    } catch (MalformedNoteException | MalformedCheckpointException e) {
      throw malformed(PackNames.CHECKPOINT, "a signed checkpoint", e);
    }
    if (question.end() > checkpoint.size()) {
      throw new MalformedPackException(
          PackNames.QUESTION,
          "about leaves below the checkpoint's " + checkpoint.size(),
          "about leaves up to " + question.end());
    }
    PackContents contents = new PackContents(members, question, note, checkpoint, makers(members));
    contents.readLeaves();
    contents.readTrust();
    return contents;
  }

  private static byte[] required(PackMembers members, String name)
      throws IOException, MalformedPackException {
    if (!members.members().containsKey(name)) {
      throw new MalformedPackException(name, "there", "missing");
    }
    return members.bytes(name);
  }

  private static MalformedPackException malformed(String name, String mustBe, Exception e) {
    return new MalformedPackException(name, mustBe, "not that: " + e.getMessage());
  }

  /** The numbered members of a folder, in order; every member of it must be one. */
  static NavigableMap<Long, String> numbered(PackMembers members, String folder)
      throws MalformedPackException {
    NavigableMap<Long, String> found = new TreeMap<>();
    SortedMap<String, PackMembers.Member> under =
        members.members().subMap(folder, folder + Character.MAX_VALUE);
    for (String name : under.keySet()) {
      Matcher matcher = NUMBERED.matcher(name);
      if (!matcher.matches()) {
        throw new MalformedPackException(name, "named by a number of 16 digits", "named otherwise");
      }
      found.put(Long.parseLong(matcher.group(1)), name);
    }
    return found;
  }

  private void readLeaves() throws IOException, MalformedPackException {
    NavigableMap<Long, String> proofs = numbered(members, PackNames.PROOFS);
    for (Map.Entry<Long, String> member : numbered(members, PackNames.LEAVES).entrySet()) {
      long index = member.getKey();
      String name = member.getValue();
      if (leaves.size() == MAX_LEAVES || index >= checkpoint.size()) {
        throw new MalformedPackException(
            name, "one of at most " + MAX_LEAVES + ", below the checkpoint's size", "another");
      }
      byte[] bytes = members.bytes(name);
      Leaf leaf;
      TlogProof proof;
      try {
        leaf = Leaf.parse(bytes);
        proof = TlogProof.parse(required(members, PackNames.proof(index)));
      } catch (MalformedLeafException e) {
        throw malformed(name, "a leaf", e);
      } catch (MalformedProofException e) {
        throw malformed(PackNames.proof(index), "a C2SP tlog-proof", e);
      }
      boolean proven =
          proof.index() == index
              && proof.note().equals(note)
              && proof.extra().isEmpty()
              && proof
                  .inclusion()
                  .verify(MerkleTree.leafHash(bytes), checkpoint.root())
                  .equals(new ProofOutcome.Proven());
      leaves.put(index, new Packed(leaf, bytes, proof, proven));
      String unused = proofs.remove(index);
      state.take(index, leaf);
    }
    if (!proofs.isEmpty()) {
      throw new MalformedPackException(
          proofs.firstEntry().getValue(), "beside its leaf", "beside none");
    }
    if (leaves.isEmpty()) {
      throw new MalformedPackException(PackNames.LEAVES, "at least one", "none");
    }
  }

  private void readTrust() throws IOException, MalformedPackException {
    for (Map.Entry<Long, String> member : numbered(members, PackNames.TRUST).entrySet()) {
      try {
        TrustFile file = TrustFile.parse(members.bytes(member.getValue()));
        if (file.content().version() != member.getKey()) {
          throw new MalformedPackException(
              member.getValue(), "of version " + member.getKey(), "of " + file.content().version());
        }
        trust.put(member.getKey(), file);
      } catch (MalformedTrustFileException e) {
        throw malformed(member.getValue(), "a trust file", e);
      }
    }
    if (trust.isEmpty()) {
      throw new MalformedPackException(PackNames.TRUST, "at least one", "none");
    }
  }

  private static EndorsementTrust makers(PackMembers members)
      throws IOException, MalformedPackException {
    try {
      EndorsementTrust makers =
          new EndorsementTrust(
              EndorsementTrust.certificates(optional(members, PackNames.MAKER_ROOTS)),
              EndorsementTrust.certificates(optional(members, PackNames.MAKER_INTERMEDIATES)),
              EndorsementTrust.revocationLists(optional(members, PackNames.MAKER_LISTS)));
      requireWritten(members, PackBuilder.makers(makers));
      return makers;
    } catch (MalformedEvidenceException | IllegalArgumentException e) {
      throw malformed(PackNames.MAKERS, "certificates and revocation lists in PEM", e);
    }
  }

  /** PEM is read with much around it and between its lines; in a pack it has one spelling. */
  private static void requireWritten(PackMembers members, Map<String, String> written)
      throws IOException, MalformedPackException {
    for (String name :
        List.of(PackNames.MAKER_ROOTS, PackNames.MAKER_INTERMEDIATES, PackNames.MAKER_LISTS)) {
      String is = new String(optional(members, name), StandardCharsets.ISO_8859_1);
      if (!is.equals(written.getOrDefault(name, ""))
          || members.members().containsKey(name) != written.containsKey(name)) {
        throw new MalformedPackException(
            name, "PEM as writ pack writes it, and no more", "written otherwise");
      }
    }
  }

  private static byte[] optional(PackMembers members, String name) throws IOException {
    return members.members().containsKey(name) ? members.bytes(name) : new byte[0];
  }

  PackMembers members() {
    return members;
  }

  PackQuestion question() {
    return question;
  }

  SignedNote note() {
    return note;
  }

  Checkpoint checkpoint() {
    return checkpoint;
  }

  /** The leaves by their places. */
  NavigableMap<Long, Packed> leaves() {
    return Collections.unmodifiableNavigableMap(leaves);
  }

  /** The leaf at {@code index}, which is here. */
  Packed at(long index) {
    return Optional.ofNullable(leaves.get(index))
        .orElseThrow(() -> new IllegalStateException("a bug: leaf " + index + " is not here"));
  }

  /** The leaves that were asked for. */
  NavigableMap<Long, Packed> asked() {
    return Collections.unmodifiableNavigableMap(
        leaves.subMap(question.start(), true, question.end(), false));
  }

  /** The trust files by their versions. */
  NavigableMap<Long, TrustFile> trust() {
    return Collections.unmodifiableNavigableMap(trust);
  }

  /** What the leaves here tell. */
  DerivedState state() {
    return state;
  }

  /** The TPM makers that the service was configured with, as whoever made the pack says. */
  EndorsementTrust makers() {
    return makers;
  }

  Optional<String> statusToken() throws IOException {
    return members.members().containsKey(PackNames.STATUS_TOKEN)
        ? Optional.of(
            new String(members.bytes(PackNames.STATUS_TOKEN), StandardCharsets.ISO_8859_1))
        : Optional.empty();
  }

  /** What lies beside a leaf that is here, where that is. */
  Optional<byte[]> payload(long index) throws LedgerException {
    @Nullable Packed packed = leaves.get(index);
    if (packed == null) {
      return Optional.empty();
    }
    String name = beside(index, packed.leaf());
    if (!members.members().containsKey(name)) {
      return Optional.empty();
    }
    try {
      return Optional.of(members.bytes(name));
    } catch (IOException e) {
      throw new LedgerException("pack", name + " must be readable, and is not", e);
    }
  }

  /** The one name of what lies beside a leaf: two would be two texts of which one is verified. */
  static String beside(long index, Leaf leaf) {
    return leaf.kind() == LeafKind.POLICY ? PackNames.policy(index) : PackNames.payload(index);
  }
}
