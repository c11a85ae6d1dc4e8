// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The revocations that were pushed and may not be forgotten, so many at most. Of those that there is no
 * room for the greatest place is kept, and then no artifact decided before it passes by a token that does
 * not reach it: more is denied, and nothing forgotten.
 *
 * @param kept lowest leaf first
 * @param mustReach stands for those that there was no room for
 */
public record PushedRevocations(List<PushedRevocation> kept, Optional<MustReach> mustReach) {
  /** Most that are kept one by one. */
  public static final int MOST = 4096;

  /** None. */
  public static final PushedRevocations NONE = new PushedRevocations(List.of(), Optional.empty());

  /**
   * Which leaf a token must know of.
   *
   * @param leafIndex the greatest of the revocations that it stands for
   * @param keepUntil the latest of theirs
   */
  public record MustReach(long leafIndex, Instant keepUntil) {
    private MustReach and(PushedRevocation other) {
      return new MustReach(
          Math.max(leafIndex, other.leafIndex()),
          keepUntil.isAfter(other.keepUntil()) ? keepUntil : other.keepUntil());
    }

    private static MustReach of(PushedRevocation one) {
      return new MustReach(one.leafIndex(), one.keepUntil());
    }
  }

  /** Copies the list. */
  public PushedRevocations {
    kept = List.copyOf(kept);
  }

  /** Whether this very leaf is kept. */
  public boolean has(long leafIndex) {
    int from = 0;
    int before = kept.size();
    while (from < before) {
      int middle = (from + before) >>> 1;
      if (kept.get(middle).leafIndex() < leafIndex) {
        from = middle + 1;
      } else {
        before = middle;
      }
    }
    return from < kept.size() && kept.get(from).leafIndex() == leafIndex;
  }

  /**
   * These with one more, without those whose time is past.
   *
   * @param logTime what time it is at least, as the issuer says: no clock of this side's makes one go
   */
  public PushedRevocations with(PushedRevocation one, Instant logTime) {
    return with(one, logTime, MOST);
  }

  PushedRevocations with(PushedRevocation one, Instant logTime, int most) {
    List<PushedRevocation> all = new ArrayList<>();
    for (PushedRevocation each : kept) {
      if (logTime.isBefore(each.keepUntil()) && each.leafIndex() != one.leafIndex()) {
        all.add(each);
      }
    }
    all.add(one);
    all.sort(Comparator.comparingLong(PushedRevocation::leafIndex));
    Optional<MustReach> reach = mustReach.filter(must -> logTime.isBefore(must.keepUntil()));
    while (all.size() > most) {
      PushedRevocation lowest = all.remove(0);
      reach = Optional.of(reach.map(must -> must.and(lowest)).orElse(MustReach.of(lowest)));
    }
    return new PushedRevocations(all, reach);
  }

  /**
   * Why an artifact is withdrawn although a token of so many leaves does not say it; empty where it is not.
   *
   * @param decidedBy place of its decision's leaf
   */
  Optional<String> withdrawn(ArtifactClaims claims, long decidedBy, long treeSize) {
    // The last ones alone say more than the token.
    for (int i = kept.size() - 1; i >= 0 && kept.get(i).leafIndex() >= treeSize; i--) {
      PushedRevocation each = kept.get(i);
      if (each.withdraws(claims, decidedBy, treeSize)) {
        return Optional.of("withdrawn by leaf " + each.leafIndex() + ", which was pushed");
      }
    }
    return mustReach
        .filter(must -> must.leafIndex() >= treeSize && decidedBy < must.leafIndex())
        .map(
            must ->
                "not known to stand: more were withdrawn, up to leaf "
                    + must.leafIndex()
                    + ", than there is room for, and the token knows of "
                    + treeSize
                    + " leaves");
  }
}
