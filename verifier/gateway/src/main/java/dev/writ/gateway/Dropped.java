// SPDX-License-Identifier: Apache-2.0
package dev.writ.gateway;

import dev.writ.artifact.DenialCode;

/** Why something that came was not believed, or changed nothing. The words are stable. */
public enum Dropped {
  /** Longer than anything that is believed. The connection is given up. */
  TOO_LARGE("too_large"),
  /** Cut off, within an event or between two. */
  TRUNCATED("truncated"),
  /** Of no form that is known, or it could not be kept. */
  UNVERIFIABLE("unverifiable"),
  /** It does not prove itself: of another log, say. */
  LINEAGE_FRAGMENTED("lineage_fragmented"),
  /** It contradicts what was seen, is too old, or of a time to come. */
  GOVERNANCE_DISCONTINUITY("governance_discontinuity"),
  /** It was known. */
  REPLAYED("replayed"),
  /** It came after one that follows it; it is believed all the same, for it withdraws. */
  REORDERED("reordered");

  private final String word;

  Dropped(String word) {
    this.word = word;
  }

  /** The word for logs and metrics. */
  public String word() {
    return word;
  }

  static Dropped of(DenialCode code) {
    return switch (code) {
      case LINEAGE_FRAGMENTED -> LINEAGE_FRAGMENTED;
      case GOVERNANCE_DISCONTINUITY -> GOVERNANCE_DISCONTINUITY;
      default -> UNVERIFIABLE;
    };
  }
}
