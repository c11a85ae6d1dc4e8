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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Says whether pages leave nothing out, and add nothing, with no network and no log. */
public final class PageVerifier {
  /** Says whether a note is a checkpoint to believe. */
  @FunctionalInterface
  public interface Belief {
    /** What is made of the note, such as {@link dev.writ.tlog.LogPolicy#verifyCheckpoint} does. */
    CheckpointOutcome judge(SignedNote note);
  }

  private final Belief belief;
  private final Openings openings;

  /**
   * A verifier.
   *
   * @param belief which checkpoints are believed
   * @param openings what is known beside the log: the same that the search had, or another is found
   */
  public PageVerifier(Belief belief, Openings openings) {
    this.belief = belief;
    this.openings = openings;
  }

  /** What one page proves. */
  public PageOutcome verify(SearchPage page) {
    return verify(List.of(page), page.start(), page.end());
  }

  /**
   * What pages in order prove of the leaves from {@code start} on, before {@code end}: they are of one filter
   * and one checkpoint, and each begins where the one before ends.
   */
  public PageOutcome verify(List<SearchPage> pages, long start, long end) {
    if (pages.isEmpty()) {
      return new PageOutcome.Refused("there must be a page, and is none");
    }
    CheckpointOutcome outcome;
    try {
      outcome = belief.judge(SignedNote.parse(pages.get(0).note()));
    } catch (MalformedNoteException e) {
      return new PageOutcome.Refused(
          "the checkpoint must be a note, and is not: " + e.getMessage());
    }
    if (outcome instanceof TrustedCheckpoint trusted) {
      return verify(pages, trusted.checkpoint(), start, end);
    }
    return new PageOutcome.Refused(
        "the checkpoint must be believed, and is not: "
            + ((CheckpointOutcome.Refused) outcome).reason());
  }

  private PageOutcome verify(List<SearchPage> pages, Checkpoint checkpoint, long start, long end) {
    SearchPage one = pages.get(0);
    List<Integer> matches = new ArrayList<>();
    List<Integer> undecided = new ArrayList<>();
    long at = start;
    for (SearchPage page : pages) {
      Optional<String> wrong = wrong(page, one, checkpoint, at);
      if (wrong.isPresent()) {
        return new PageOutcome.Refused(wrong.get());
      }
      matches.addAll(page.matches());
      undecided.addAll(page.undecided());
      at = page.end();
    }
    if (at != end) {
      return new PageOutcome.Refused("the last page must end at " + end + ", ends at " + at);
    }
    return new PageOutcome.Complete(start, end, checkpoint.size(), matches, undecided);
  }

  private Optional<String> wrong(
      SearchPage page, SearchPage one, Checkpoint checkpoint, long expectedStart) {
    if (page.start() != expectedStart) {
      return Optional.of("a page must begin at " + expectedStart + ", begins at " + page.start());
    }
    if (!page.filter().equals(one.filter())) {
      return Optional.of("every page must have one filter, that at " + expectedStart + " has not");
    }
    if (!Arrays.equals(page.note(), one.note())) {
      return Optional.of(
          "every page must have one checkpoint, that at " + expectedStart + " has not");
    }
    List<Hash> hashes = page.entries().stream().map(MerkleTree::leafHash).toList();
    Optional<Hash> root =
        LeafRangeProof.root(page.start(), hashes, checkpoint.size(), page.first(), page.last());
    if (!root.equals(Optional.of(checkpoint.root()))) {
      return Optional.of(
          "leaves "
              + page.start()
              + " to "
              + page.end()
              + " must lead to the checkpoint's root "
              + checkpoint.root()
              + ", lead to "
              + root.map(Hash::hex).orElse("none: the paths are of another length"));
    }
    if (!leads(page.start(), hashes.get(0), page.first(), checkpoint)
        || !leads(page.end() - 1, hashes.get(hashes.size() - 1), page.last(), checkpoint)) {
      return Optional.of("each path must lead to the root by itself, and one does not");
    }
    SearchPage.Found found =
        SearchPage.Found.in(page.start(), page.entries(), page.filter(), openings);
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

  private static boolean leads(long index, Hash leaf, List<Hash> path, Checkpoint checkpoint) {
    return new InclusionProof(index, checkpoint.size(), path).verify(leaf, checkpoint.root())
        instanceof ProofOutcome.Proven;
  }
}
