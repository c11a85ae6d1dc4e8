// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One check of a pack.
 *
 * @param what was found; of a check that failed what must hold and what was
 */
record PackCheck(Name name, Outcome outcome, String what) {
  /** What is checked, in this order. */
  enum Name {
    /** The ZIP in its one spelling, and nothing in it that has no place there. */
    CONTAINER,
    /** Each member is the one that the manifest lists, none is missing and none is more. */
    MANIFEST,
    /** Members are of their formats, and belong together. */
    CONTENTS,
    /** Trust files follow one another, and the one that is believed is among them. */
    TRUST,
    /** The log and its witnesses signed the checkpoint. */
    CHECKPOINT,
    /** Each leaf is in the tree that they signed. */
    INCLUSION,
    /** All leaves of what was asked for are there. */
    RANGE,
    /** The tree at both ends of it became the signed one. */
    CONSISTENCY,
    /** What lies beside leaves is what they name. */
    PAYLOADS,
    /** Who had to sign a policy did. */
    POLICIES,
    /** Keys, modes and trust files changed as they may. */
    KEYS,
    /** Approvals, orders and operations are signed by whom the trust file of then names. */
    APPROVALS,
    /** Leaves come from what they must come from. */
    LINEAGE,
    /** Decisions come out again as they were recorded. */
    REPLAY,
    /** Artifacts hold as of when they were issued. */
    BUNDLES,
    /** Which of them a leaf ended before their time, and of which it is shown that none did. */
    REVOCATIONS,
    /** The status token held as of when it was made, and what it revokes a leaf did. */
    STATUS,
    /** Bundles, keys, lineage, replays, report and manifest are those that the rest gives. */
    DERIVED;

    String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How it came out. */
  enum Outcome {
    /** It holds. */
    HOLDS("holds"),
    /** It does not. */
    FAILS("FAILS"),
    /** As far as the pack shows it, it holds. */
    NOT_SHOWN("not shown"),
    /** The same, and what was asked for is not all there: it was erased, or left out. */
    MISSING("missing"),
    /** Something before it failed. */
    NOT_REACHED("not reached");

    private final String word;

    Outcome(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }
  }

  static PackCheck holds(Name name, String what) {
    return new PackCheck(name, Outcome.HOLDS, what);
  }

  static PackCheck fails(Name name, String what) {
    return new PackCheck(name, Outcome.FAILS, what);
  }

  static PackCheck missing(Name name, String what) {
    return new PackCheck(name, Outcome.MISSING, what);
  }

  static PackCheck notShown(Name name, String what) {
    return new PackCheck(name, Outcome.NOT_SHOWN, what);
  }

  String line() {
    return String.format("%-11s  %-11s  %s", outcome.word(), name.wire(), what);
  }

  Map<String, Object> row() {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("name", name.wire());
    row.put("outcome", outcome.name().toLowerCase(Locale.ROOT));
    row.put("what", what);
    return row;
  }
}
