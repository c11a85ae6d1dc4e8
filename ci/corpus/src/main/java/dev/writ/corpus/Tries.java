// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The variants of one case as they are tried: what each had to end in, and what it did end in. */
final class Tries {
  /** How a case ended. */
  enum Outcome {
    /** Every variant ended as it had to. */
    HELD("ok"),
    /** One did not, or none was tried. */
    FAILED("FAILED"),
    /** What it needs is not here. */
    SKIPPED("skipped");

    private final String text;

    Outcome(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  /** What judges one variant. */
  interface Attempt {
    Observed judge() throws Exception;
  }

  private final TreeSet<String> reasons = new TreeSet<>();
  private final List<String> failures = new ArrayList<>();
  private Optional<String> skipped = Optional.empty();
  private int tried;
  private int accepted;

  /** This variant must be refused, for this reason and no other. */
  void refused(String variant, String reason, Attempt attempt) {
    judge(variant, Optional.of(Observed.refused(reason)), attempt);
  }

  /** This variant must be refused; which step does it depends on what was changed. */
  void refused(String variant, Attempt attempt) {
    judge(variant, Optional.empty(), attempt);
  }

  /** This variant must be accepted: without one that is, a refusal shows little. */
  void accepted(String variant, Attempt attempt) {
    judge(variant, Optional.of(Observed.ACCEPTED), attempt);
  }

  /** What the case needs is not here. */
  void skip(String why) {
    skipped = Optional.of(why);
  }

  private void judge(String variant, Optional<Observed> expected, Attempt attempt) {
    tried++;
    String must = variant + ": must be " + expected.map(Observed::toString).orElse("refused");
    Observed observed;
    try {
      observed = attempt.judge();
    } catch (Exception | StackOverflowError | OutOfMemoryError e) {
      // Total is what is promised: an exception is no refusal.
      fail(must + ", threw " + e);
      return;
    }
    boolean refused = observed.verdict() == Observed.Verdict.REFUSED;
    if (expected.isPresent() ? !observed.equals(expected.get()) : !refused) {
      fail(must + ", was " + observed);
    } else if (refused) {
      reasons.add(observed.reason());
    } else {
      accepted++;
    }
  }

  void fail(String what) {
    failures.add(what);
  }

  Outcome outcome() {
    if (!failures.isEmpty()) {
      return Outcome.FAILED;
    }
    if (skipped.isPresent()) {
      return Outcome.SKIPPED;
    }
    return tried == 0 ? Outcome.FAILED : Outcome.HELD;
  }

  /** Each reason for which a variant was refused; {@code accepted} where none was to be. */
  Set<String> reasons() {
    return reasons.isEmpty() && accepted > 0 ? Set.of("accepted") : reasons;
  }

  /** What the numbers are, or why there are none. */
  String detail() {
    if (!failures.isEmpty()) {
      return failures.size() + " of " + tried + " wrong, first " + failures.get(0);
    }
    return skipped.orElseGet(
        () -> tried - accepted + " refused" + (accepted > 0 ? ", " + accepted + " accepted" : ""));
  }
}
