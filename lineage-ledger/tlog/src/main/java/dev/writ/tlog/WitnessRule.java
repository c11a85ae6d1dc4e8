// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import dev.writ.tlog.AddCheckpointAnswer.Conflict;
import dev.writ.tlog.AddCheckpointAnswer.Refused;
import dev.writ.tlog.AddCheckpointAnswer.Why;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The rule by which a witness cosigns (c2sp.org/tlog-witness, "add-checkpoint"): pure, so that whoever
 * stores what it allows decides nothing.
 *
 * <p>What may be cosigned is stored first, in the place of the tree that was judged against and of no
 * other: two requests that are judged against one tree would else both be cosigned.
 */
public final class WitnessRule {
  /**
   * The newest tree that a witness cosigned of a log.
   *
   * @param size number of leaves
   * @param root root of the tree over them
   */
  public record Seen(long size, Hash root) {}

  /** What the rule says of a request. */
  public sealed interface Verdict {
    /**
     * It may be cosigned once it is stored.
     *
     * @param note the checkpoint with one line of each known key that signed, and no other
     */
    record Consistent(Checkpoint checkpoint, SignedNote note) implements Verdict {}

    /** It may not. */
    record Denied(AddCheckpointAnswer answer) implements Verdict {}

    /**
     * It may not, and shows that the log has two trees: its key signed another root of the size that
     * was cosigned.
     */
    record Forked(Refused answer, SignedNote note) implements Verdict {}
  }

  private final Map<String, List<NoteVerifier>> logs = new HashMap<>();

  /**
   * Knows these keys of logs; a key's name is its log's origin, and a log may have several.
   *
   * @throws IllegalArgumentException if a key is a cosigner's, or listed twice
   */
  public WitnessRule(Collection<NoteKey> keys) {
    for (NoteKey key : keys) {
      if (key.type() == NoteKeyType.COSIGNATURE_V1 || !key.type().isVerified()) {
        throw new IllegalArgumentException(
            "a log's key must be of type 0x01, 0x02 or 0x05, was " + key.vkey());
      }
      List<NoteVerifier> ofLog = logs.computeIfAbsent(key.name(), name -> new ArrayList<>());
      if (ofLog.stream().anyMatch(other -> other.key().keyId() == key.keyId())) {
        throw new IllegalArgumentException(
            "a log's key must be listed once, was listed again: " + key.vkey());
      }
      ofLog.add(NoteVerifier.of(key));
    }
  }

  /** The origins of the logs that are known. */
  public Set<String> origins() {
    return Set.copyOf(logs.keySet());
  }

  /**
   * Whether {@code request} may be cosigned.
   *
   * @param seen what was cosigned last of the log with the request's origin
   */
  public Verdict judge(AddCheckpoint request, Optional<Seen> seen) {
    Checkpoint checkpoint = request.checkpoint();
    List<NoteVerifier> keys = logs.get(checkpoint.origin());
    if (keys == null) {
      return denied(
          Why.UNKNOWN_ORIGIN,
          "the origin must be a known log's, was "
              + MalformedTlogException.quote(checkpoint.origin()));
    }
    SignedNote note;
    try {
      note = request.note();
    } catch (MalformedNoteException e) {
      // A line that is no signature is none of a key that is believed.
      return denied(Why.NOT_SIGNED, String.valueOf(e.getMessage()));
    }
    NoteOutcome outcome = note.open(keys);
    if (outcome instanceof NoteOutcome.Refused refused) {
      return denied(Why.NOT_SIGNED, refused.reason());
    }
    SignedNote signed = onlyKnown(note, (NoteOutcome.Opened) outcome);
    if (request.oldSize() > checkpoint.size()) {
      return denied(
          Why.MALFORMED,
          "the old size must be at most the checkpoint's "
              + checkpoint.size()
              + ", was "
              + request.oldSize());
    }
    long seenSize = seen.map(Seen::size).orElse(0L);
    if (request.oldSize() != seenSize) {
      return new Verdict.Denied(new Conflict(seenSize));
    }
    Hash seenRoot = seen.map(Seen::root).orElse(MerkleTree.emptyRoot());
    if (seenSize == checkpoint.size() && !seenRoot.equals(checkpoint.root())) {
      return seen.isPresent()
          ? new Verdict.Forked(
              new Refused(
                  Why.NOT_CONSISTENT,
                  "the root of "
                      + seenSize
                      + " leaves must be the one that was cosigned, was another"),
              signed)
          : denied(Why.NOT_CONSISTENT, "the root of no leaves must be SHA-256 of nothing, was not");
    }
    Optional<String> broken = broken(request, seenRoot);
    return broken.isPresent()
        ? denied(Why.NOT_CONSISTENT, broken.get())
        : new Verdict.Consistent(checkpoint, signed);
  }

  /** What is kept and shown to others is no place for lines that anybody added. */
  private static SignedNote onlyKnown(SignedNote note, NoteOutcome.Opened opened) {
    Map<NoteKey, NoteSignature> firstOfEach = new LinkedHashMap<>();
    opened.signatures().forEach(line -> firstOfEach.putIfAbsent(line.key(), line.signature()));
    return SignedNote.of(note.text(), List.copyOf(firstOfEach.values()));
  }

  /** Why the proof does not show that the tree only grew; empty if it does. */
  private static Optional<String> broken(AddCheckpoint request, Hash seenRoot) {
    long oldSize = request.oldSize();
    if (oldSize == 0) {
      // "The proof MUST be empty if the old size is zero": each tree continues the empty one.
      return request.path().isEmpty()
          ? Optional.empty()
          : Optional.of("the consistency proof from size 0 must be empty, was not");
    }
    Checkpoint checkpoint = request.checkpoint();
    ConsistencyProof proof = new ConsistencyProof(oldSize, checkpoint.size(), request.path());
    return proof.verify(seenRoot, checkpoint.root()) instanceof ProofOutcome.NotProven not
        ? Optional.of("the consistency proof must hold: " + not.reason())
        : Optional.empty();
  }

  private static Verdict denied(Why why, String reason) {
    return new Verdict.Denied(new Refused(why, reason));
  }
}
