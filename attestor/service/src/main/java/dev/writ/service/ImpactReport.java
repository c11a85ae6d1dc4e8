// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.policy.Rule;
import dev.writ.policy.RuleResult;
import dev.writ.service.PolicyImpact.Beyond;
import dev.writ.service.PolicyImpact.Reconsidered;
import dev.writ.service.PolicyImpact.Verdict;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a candidate would change, in numbers and a few examples: as long as its rules, however many decisions
 * there were. Used by one thread.
 */
public final class ImpactReport {
  /** Examples of each change. */
  private static final int EXAMPLES = 3;

  private final Map<Beyond, Long> undecided = new EnumMap<>(Beyond.class);
  private final Map<String, Change> changes = new TreeMap<>();
  private final Map<String, RuleCount> rules = new LinkedHashMap<>();
  private long allowed;
  private long denied;

  /** A change of the verdict. */
  public enum Kind {
    /** It was allowed, and would not be. */
    ALLOW_TO_DENY,
    /** It was denied, and would be allowed. */
    DENY_TO_ALLOW,
    /** It would be denied for something else. */
    OTHER_DENIAL
  }

  /** A decision that would be another. */
  public record ChangedDecision(long index, String host, String action, String resource) {}

  /** Changes from one verdict to another. */
  public static final class Change {
    private final Verdict was;
    private final Verdict now;
    private final List<ChangedDecision> examples = new ArrayList<>();
    private long count;

    private Change(Verdict was, Verdict now) {
      this.was = was;
      this.now = now;
    }

    /** What becomes of the verdict. */
    public Kind kind() {
      if (was instanceof Verdict.Allowed) {
        return Kind.ALLOW_TO_DENY;
      }
      return now instanceof Verdict.Allowed ? Kind.DENY_TO_ALLOW : Kind.OTHER_DENIAL;
    }

    /** What was decided. */
    public Verdict was() {
      return was;
    }

    /** What would be. */
    public Verdict now() {
      return now;
    }

    /** How often. */
    public long count() {
      return count;
    }

    /** The first of them. */
    public List<ChangedDecision> examples() {
      return List.copyOf(examples);
    }
  }

  /** What one rule came to. */
  public static final class RuleCount {
    private final Rule rule;
    private long denied;
    private long permitted;

    private RuleCount(Rule rule) {
      this.rule = rule;
    }

    /** Which. */
    public Rule rule() {
      return rule;
    }

    /** How often it denied, or would have in shadow mode. */
    public long denied() {
      return denied;
    }

    /** How often it permitted. */
    public long permitted() {
      return permitted;
    }
  }

  /** Adds a decision. */
  public void add(Reconsidered reconsidered) {
    if (reconsidered instanceof Reconsidered.Undecided beyond) {
      undecided.merge(beyond.why(), 1L, Long::sum);
      return;
    }
    Reconsidered.Decided decided = (Reconsidered.Decided) reconsidered;
    if (decided.now() instanceof Verdict.Allowed) {
      allowed++;
    } else {
      denied++;
    }
    for (RuleResult result : decided.rules()) {
      RuleCount count =
          rules.computeIfAbsent(result.rule().id(), id -> new RuleCount(result.rule()));
      count.denied += result.denies() ? 1 : 0;
      count.permitted += result.permits() ? 1 : 0;
    }
    if (!decided.was().equals(decided.now())) {
      Change change =
          changes.computeIfAbsent(
              decided.was() + " " + decided.now(), key -> new Change(decided.was(), decided.now()));
      change.count++;
      if (change.examples.size() < EXAMPLES) {
        change.examples.add(
            new ChangedDecision(
                decided.index(), decided.host(), decided.action(), decided.resource()));
      }
    }
  }

  /** How many would be allowed. */
  public long allowed() {
    return allowed;
  }

  /** How many would be denied. */
  public long denied() {
    return denied;
  }

  /** How many were not decided again, for this reason. */
  public long undecided(Beyond why) {
    return undecided.getOrDefault(why, 0L);
  }

  /** All changes, by their verdicts. */
  public Collection<Change> changes() {
    return List.copyOf(changes.values());
  }

  /** How many decisions would change so. */
  public long changed(Kind kind) {
    return changes.values().stream()
        .filter(change -> change.kind() == kind)
        .mapToLong(Change::count)
        .sum();
  }

  /** Each rule that was asked, in its order. */
  public Collection<RuleCount> rules() {
    return List.copyOf(rules.values());
  }
}
