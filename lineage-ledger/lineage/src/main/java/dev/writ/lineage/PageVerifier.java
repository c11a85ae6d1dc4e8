// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.SignedNote;
import java.util.ArrayList;
import java.util.List;

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

  /** What one page proves, of whatever it says that it is of. */
  public PageOutcome verify(SearchPage page) {
    return sequence(page.filter(), page.start()).take(page);
  }

  /**
   * What pages in order prove of the leaves from {@code start} on, before {@code end}: they are of one filter
   * and one checkpoint, and each begins where the one before ends.
   */
  public PageOutcome verify(List<SearchPage> pages, long start, long end) {
    if (pages.isEmpty()) {
      return new PageOutcome.Refused("there must be a page, and is none");
    }
    PageSequence sequence = sequence(pages.get(0).filter(), start);
    List<Integer> matches = new ArrayList<>();
    List<Integer> undecided = new ArrayList<>();
    long size = 0;
    for (SearchPage page : pages) {
      PageOutcome outcome = sequence.take(page);
      if (!(outcome instanceof PageOutcome.Complete complete)) {
        return outcome;
      }
      matches.addAll(complete.matches());
      undecided.addAll(complete.undecided());
      size = complete.size();
    }
    if (sequence.next() != end) {
      return new PageOutcome.Refused(
          "the last page must end at " + end + ", ends at " + sequence.next());
    }
    return new PageOutcome.Complete(start, end, size, matches, undecided);
  }

  /** Takes the pages of a search for {@code filter} from leaf {@code start} on, one after the other. */
  public PageSequence sequence(SearchFilter filter, long start) {
    return new PageSequence(belief, openings, filter, start);
  }
}
