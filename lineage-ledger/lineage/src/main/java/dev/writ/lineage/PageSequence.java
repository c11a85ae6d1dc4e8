// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.MalformedNoteException;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TrustedCheckpoint;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The pages of one search, taken in their order and not kept: each of the filter that was asked for, all under
 * one checkpoint, each from where the one before ends.
 */
public final class PageSequence {
  private final PageVerifier.Belief belief;
  private final Openings openings;
  private final SearchFilter filter;
  private long next;
  private byte @Nullable [] note;
  private @Nullable Checkpoint checkpoint;

  PageSequence(PageVerifier.Belief belief, Openings openings, SearchFilter filter, long start) {
    this.belief = belief;
    this.openings = openings;
    this.filter = filter;
    this.next = start;
  }

  /** The first leaf that no page so far is of. */
  public long next() {
    return next;
  }

  /** The checkpoint that all pages are under; empty before the first that held. */
  public Optional<Checkpoint> checkpoint() {
    return Optional.ofNullable(checkpoint);
  }

  /** What the next page proves; one that is refused is not counted. */
  public PageOutcome take(SearchPage page) {
    if (checkpoint == null) {
      CheckpointOutcome outcome;
      try {
        outcome = belief.judge(SignedNote.parse(page.note()));
      } catch (MalformedNoteException e) {
        return new PageOutcome.Refused(
            "the checkpoint must be a note, and is not: " + e.getMessage());
      }
      if (!(outcome instanceof TrustedCheckpoint trusted)) {
        return new PageOutcome.Refused(
            "the checkpoint must be believed, and is not: "
                + ((CheckpointOutcome.Refused) outcome).reason());
      }
      return take(page, trusted.checkpoint());
    }
    if (!Arrays.equals(page.note(), note)) {
      return new PageOutcome.Refused(
          "every page must have one checkpoint, that at " + next + " has not");
    }
    return take(page, checkpoint);
  }

  private PageOutcome take(SearchPage page, Checkpoint under) {
    Optional<String> wrong = wrong(page, under);
    if (wrong.isPresent()) {
      return new PageOutcome.Refused(wrong.get());
    }
    checkpoint = under;
    note = page.note();
    next = page.end();
    return new PageOutcome.Complete(
        page.start(), page.end(), under.size(), page.matches(), page.undecided());
  }

  private Optional<String> wrong(SearchPage page, Checkpoint under) {
    if (page.start() != next) {
      return Optional.of("a page must begin at " + next + ", begins at " + page.start());
    }
    if (!page.filter().equals(filter)) {
      return Optional.of(
          "every page must be of the search for "
              + filter.toJson()
              + ", that at "
              + next
              + " is of one for "
              + page.filter().toJson());
    }
    List<Hash> hashes = page.entries().stream().map(MerkleTree::leafHash).toList();
    Optional<Hash> root =
        LeafRangeProof.root(page.start(), hashes, under.size(), page.first(), page.last());
    if (!root.equals(Optional.of(under.root()))) {
      return Optional.of(
          "leaves "
              + page.start()
              + " to "
              + page.end()
              + " must lead to the checkpoint's root "
              + under.root()
              + ", lead to "
              + root.map(Hash::hex).orElse("none: the paths are of another length"));
    }
    if (!leads(page.start(), hashes.get(0), page.first(), under)
        || !leads(page.end() - 1, hashes.get(hashes.size() - 1), page.last(), under)) {
      return Optional.of("each path must lead to the root by itself, and one does not");
    }
    SearchPage.Found found = SearchPage.Found.in(page.start(), page.entries(), filter, openings);
    if (!found.matches().equals(page.matches())) {
      return Optional.of(
          "the leaves that match must be "
              + found.matches()
              + ", are said to be "
              + page.matches());
    }
    if (!found.undecided().equals(page.undecided())) {
      return Optional.of(
          "the leaves that are undecided must be "
              + found.undecided()
              + ", are said to be "
              + page.undecided()
              + ": are the openings those of the search?");
    }
    return Optional.empty();
  }

  private static boolean leads(long index, Hash leaf, List<Hash> path, Checkpoint under) {
    return new InclusionProof(index, under.size(), path).verify(leaf, under.root())
        instanceof ProofOutcome.Proven;
  }
}
