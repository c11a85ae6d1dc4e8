// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.util.List;

/**
 * Artifacts of a host that have neither ended nor been revoked.
 *
 * @param number how many
 * @param statusLists numbers of the lists in which they have bits, lowest first
 */
public record LiveArtifacts(long number, List<Integer> statusLists) {
  /** Copies the list. */
  public LiveArtifacts {
    statusLists = List.copyOf(statusLists);
  }
}
