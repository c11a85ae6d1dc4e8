// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What verification says of Evidence (RFC 9334, Attestation Result): every rule that ran, and what
 * the rules amount to in AR4SI's claims. Only {@link Appraiser} makes one.
 */
public final class Appraisal {
  /**
   * A rule that ran.
   *
   * @param reason stable snake_case name of the rule
   * @param subject what it was applied to, such as {@code sha256:7}, or the refusal that it reports;
   *     empty where there is one alone
   * @param claim the claim it speaks to
   * @param value what it says of that claim, in AR4SI's values; 0 where it only notes something
   * @param expected what must hold; never empty
   * @param actual what was; never empty
   */
  public record Rule(
      String reason, String subject, TrustClaim claim, int value, String expected, String actual) {
    /** Longest subject, expected and actual, in UTF-16 units. */
    public static final int MAX_TEXT = 1024;

    private static final String NOTHING = "nothing";

    /** A log's texts may be of any length and content: what is longer is cut, as a person is shown it. */
    public Rule {
      subject = ShownText.of(subject, MAX_TEXT);
      expected = expected.isEmpty() ? NOTHING : ShownText.of(expected, MAX_TEXT);
      actual = actual.isEmpty() ? NOTHING : ShownText.of(actual, MAX_TEXT);
    }

    /** The tier of the value. */
    public TrustTier tier() {
      return tierOf(value);
    }
  }

  private final List<Rule> rules;
  private final Map<TrustClaim, Integer> claims = new EnumMap<>(TrustClaim.class);
  private final TrustTier overall;

  private final Optional<ImaPosition> imaPosition;

  Appraisal(List<Rule> rules, Optional<ImaPosition> imaPosition) {
    this.imaPosition = imaPosition;
    this.rules = List.copyOf(rules);
    for (Rule rule : rules) {
      if (rule.value() != 0) {
        claims.merge(rule.claim(), rule.value(), Math::max);
      }
    }
    this.overall =
        rules.stream().map(Rule::tier).max(Comparator.naturalOrder()).orElse(TrustTier.NONE);
  }

  /** Every rule that ran, in the order in which they ran. */
  public List<Rule> rules() {
    return rules;
  }

  /** The rules that do not hold; with one of these the evidence is not acceptable. */
  public List<Rule> failed() {
    return rules.stream().filter(rule -> rule.tier() == TrustTier.CONTRAINDICATED).toList();
  }

  /** Each claim that a rule spoke to, with the worst value said of it. */
  public Map<TrustClaim, Integer> claims() {
    return Collections.unmodifiableMap(claims);
  }

  /**
   * How far the host's measurement list was verified and judged: to be kept for what it sends next.
   * Absent where none was.
   */
  public Optional<ImaPosition> imaPosition() {
    return imaPosition;
  }

  /** The worst tier of all rules. */
  public TrustTier overall() {
    return overall;
  }

  private static TrustTier tierOf(int value) {
    if (value >= TrustTier.CONTRAINDICATED.value()) {
      return TrustTier.CONTRAINDICATED;
    }
    if (value >= TrustTier.WARNING.value()) {
      return TrustTier.WARNING;
    }
    return value >= TrustTier.AFFIRMING.value() ? TrustTier.AFFIRMING : TrustTier.NONE;
  }
}
