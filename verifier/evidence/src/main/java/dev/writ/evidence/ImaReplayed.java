// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/**
 * Entries that the quoted PCR 10 vouches for, in this order and none between them. Only {@link
 * ImaReplay} makes one.
 *
 * <p>That they are complete and true says nothing about what they name: {@link ImaAppraiser} does, and
 * gives the position to be stored.
 */
public final class ImaReplayed implements ImaOutcome {
  private final ImaSegment segment;
  private final int matched;
  private final int matchedBytes;
  private final int ignored;
  private final ImaPosition position;
  private final PcrValues quoted;

  /**
   * The result of a replay.
   *
   * @param matched how many entries of the segment are vouched for
   * @param matchedBytes how long they are
   * @param ignored how many come after those
   * @param position after the last that is vouched for, without their verdicts
   */
  ImaReplayed(
      ImaSegment segment,
      int matched,
      int matchedBytes,
      int ignored,
      ImaPosition position,
      PcrValues quoted) {
    this.segment = segment;
    this.matched = matched;
    this.matchedBytes = matchedBytes;
    this.ignored = ignored;
    this.position = position;
    this.quoted = quoted;
  }

  /** How many entries of the segment the quote vouches for. */
  public int matched() {
    return matched;
  }

  /** How many bytes of the list those entries are. */
  public int matchedBytes() {
    return matchedBytes;
  }

  /** How many were measured after the quote; they are not judged, and come again with the next. */
  public int ignored() {
    return ignored;
  }

  /** How many entries of this boot are vouched for, those of earlier segments included. */
  public long entries() {
    return position.entries();
  }

  /** Whether boot_aggregate was compared with quoted PCRs, with this segment or an earlier one. */
  public boolean bootAggregateChecked() {
    return position.bootAggregateChecked();
  }

  ImaSegment segment() {
    return segment;
  }

  /**
   * The position after them, without their verdicts: for a host, which judges nothing, to go on from.
   * Who judges keeps {@link ImaAppraisal#position}.
   */
  public ImaPosition position() {
    return position;
  }

  PcrValues quoted() {
    return quoted;
  }

  @Override
  public String toString() {
    return "ImaReplayed(" + entries() + " entries, " + matched + " new, " + ignored + " ignored)";
  }
}
