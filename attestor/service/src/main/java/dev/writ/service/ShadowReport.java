// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.policy.Rule;
import dev.writ.policy.RuleResult;
import dev.writ.policy.SeenValue;
import dev.writ.service.PolicyImpact.Beyond;
import dev.writ.service.PolicyShadow.Observation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What rules in shadow mode would have changed, in numbers and a few examples: bounded, however many
 * decisions there were. Used by one thread.
 */
public final class ShadowReport {
  /** Examples of each group. */
  private static final int EXAMPLES = 3;

  /** Groups that are kept apart for each rule; what comes beyond them is one more. */
  private static final int MOST_GROUPS = 256;

  private final Map<String, RuleWatch> watches = new LinkedHashMap<>();
  private final Map<Beyond, Long> beside = new EnumMap<>(Beyond.class);

  /** A report of these rules, of which nothing was seen. */
  public ShadowReport(List<Rule> rules) {
    rules.forEach(rule -> watches.put(rule.id(), new RuleWatch(rule)));
  }

  /** How a decision would have changed. */
  public enum Difference {
    /** It was allowed, and would have been denied. */
    WOULD_DENY,
    /** It was denied, since no rule permitted it, and would have been allowed. */
    WOULD_ALLOW
  }

  /** Decisions that would have changed alike, of one host and workload that showed one thing. */
  public static final class Group {
    private final Difference difference;
    private final String host;
    private final String workload;
    private final String saw;
    private final List<String> examples = new ArrayList<>();
    private long count;

    private Group(Difference difference, String host, String workload, String saw) {
      this.difference = difference;
      this.host = host;
      this.workload = workload;
      this.saw = saw;
    }

    /** How they would have changed. */
    public Difference difference() {
      return difference;
    }

    /** The host; {@code *} for all that were too many to be kept apart. */
    public String host() {
      return host;
    }

    /** The workload. */
    public String workload() {
      return workload;
    }

    /** What the rule saw. */
    public String saw() {
      return saw;
    }

    /** How many. */
    public long count() {
      return count;
    }

    /** The ids of the first of them. */
    public List<String> examples() {
      return List.copyOf(examples);
    }

    private void add(String id) {
      count++;
      if (examples.size() < EXAMPLES) {
        examples.add(id);
      }
    }
  }

  /** What one rule came to. */
  public static final class RuleWatch {
    private final Rule rule;
    private final Map<String, Group> groups = new LinkedHashMap<>();
    private long evaluated;
    private long errors;
    private @Nullable Instant first;
    private @Nullable Instant last;

    private RuleWatch(Rule rule) {
      this.rule = rule;
    }

    /** Which. */
    public Rule rule() {
      return rule;
    }

    /** In how many decisions it was evaluated. */
    public long evaluated() {
      return evaluated;
    }

    /** In how many of them it came to nothing. */
    public long errors() {
      return errors;
    }

    /** The time of the first of them. */
    public Optional<Instant> since() {
      return Optional.ofNullable(first);
    }

    /** From the first of them to the last. */
    public Duration watched() {
      return first == null || last == null ? Duration.ZERO : Duration.between(first, last);
    }

    /** How many decisions would have changed so. */
    public long changed(Difference difference) {
      return groups.values().stream()
          .filter(group -> group.difference() == difference)
          .mapToLong(Group::count)
          .sum();
    }

    /** Those that would have changed, the most first. */
    public List<Group> groups() {
      return groups.values().stream()
          .sorted(Comparator.comparingLong(Group::count).reversed())
          .toList();
    }

    /**
     * Why it should not be enforced yet; none where it can be.
     *
     * @param least for how long it must have been watched
     * @param decisions in how many decisions at least
     */
    public List<String> missing(Duration least, long decisions) {
      List<String> missing = new ArrayList<>();
      if (watched().compareTo(least) < 0) {
        missing.add("watched for " + watched().toHours() + " h of " + least.toHours());
      }
      if (evaluated < decisions) {
        missing.add("evaluated in " + evaluated + " of " + decisions + " decisions");
      }
      long different = changed(Difference.WOULD_DENY) + changed(Difference.WOULD_ALLOW);
      if (different > 0) {
        missing.add("would have changed " + different + " of " + evaluated + " decisions");
      }
      if (errors > 0) {
        missing.add("came to an error in " + errors + " of " + evaluated + " decisions");
      }
      return missing;
    }

    private void add(Observation.Watched seen, RuleResult result) {
      evaluated++;
      errors += result.outcome() == RuleResult.Outcome.ERROR ? 1 : 0;
      first = first == null || seen.time().isBefore(first) ? seen.time() : first;
      last = last == null || seen.time().isAfter(last) ? seen.time() : last;
      if (seen.allowed() && result.denies()) {
        group(Difference.WOULD_DENY, seen, result).add(seen.id());
      } else if (seen.unpermitted() && result.permits()) {
        group(Difference.WOULD_ALLOW, seen, result).add(seen.id());
      }
    }

    private Group group(Difference difference, Observation.Watched seen, RuleResult result) {
      String saw = result.saw().stream().map(ShadowReport::words).collect(Collectors.joining(", "));
      String key = difference + "\n" + seen.host() + "\n" + seen.workload() + "\n" + saw;
      Group known = groups.get(key);
      if (known != null) {
        return known;
      }
      if (groups.size() < MOST_GROUPS) {
        return put(key, new Group(difference, seen.host(), seen.workload(), saw));
      }
      Group others = groups.get(difference.name());
      return others == null ? put(difference.name(), new Group(difference, "*", "*", "")) : others;
    }

    private Group put(String key, Group group) {
      groups.put(key, group);
      return group;
    }
  }

  private static String words(SeenValue value) {
    return value.path()
        + "="
        + value
            .json()
            .orElseGet(
                () -> value.tooLong().map(digest -> "digest " + digest.hex()).orElse("absent"));
  }

  /** Adds a decision. */
  public void add(Observation observation) {
    if (observation instanceof Observation.Beside other) {
      beside.merge(other.why(), 1L, Long::sum);
      return;
    }
    Observation.Watched seen = (Observation.Watched) observation;
    for (RuleResult result : seen.rules()) {
      RuleWatch watch = watches.get(result.rule().id());
      if (watch != null) {
        watch.add(seen, result);
      }
    }
  }

  /** How many decisions say nothing of the rules, for this reason. */
  public long beside(Beyond why) {
    return beside.getOrDefault(why, 0L);
  }

  /** Each rule, in its order. */
  public List<RuleWatch> rules() {
    return List.copyOf(watches.values());
  }
}
