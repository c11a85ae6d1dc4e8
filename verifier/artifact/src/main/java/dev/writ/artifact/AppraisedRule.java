// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A rule of an appraisal that ran, and what it found.
 *
 * @param reason the rule's stable name
 * @param subject what it was applied to, such as {@code sha256:7}; absent where there is one alone
 * @param claim the claim of the vector to which it speaks
 * @param value what it says of that claim, in AR4SI's values from -128 to 127; 0 where it only notes
 * @param expected what had to hold
 * @param actual what was
 */
public record AppraisedRule(
    String reason,
    Optional<String> subject,
    Ear.Claim claim,
    int value,
    String expected,
    String actual) {
  /** Longest subject, expected and actual, in UTF-16 units. */
  public static final int MAX_TEXT = 1024;

  private static final String FIELD = "ear.submods.ear_writ_appraisal.rules.";

  /**
   * The rule as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public AppraisedRule {
    Require.name(FIELD + "reason", reason, 64);
    subject.ifPresent(text -> Require.text(FIELD + "subject", text, MAX_TEXT));
    Require.between(FIELD + "value", value, -128, 127);
    Require.text(FIELD + "expected", expected, MAX_TEXT);
    Require.text(FIELD + "actual", actual, MAX_TEXT);
  }

  /** The tier of its value. */
  public Ear.Tier tier() {
    return Ear.Tier.ofClaim(value);
  }

  /** As it stands among the others, in canonical JSON. */
  public byte[] toJson() {
    return Jcs.canonical(toMap());
  }

  /** Its members as they stand in JSON. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("reason", reason);
    subject.ifPresent(text -> map.put("subject", text));
    map.put("claim", claim.wire());
    map.put("value", value);
    map.put("tier", tier().wire());
    map.put("expected", expected);
    map.put("actual", actual);
    return map;
  }

  static AppraisedRule take(JsonMembers json) throws MalformedJsonException {
    AppraisedRule rule =
        new AppraisedRule(
            json.text("reason"),
            json.optionalText("subject"),
            json.oneOf("claim", Ear.Claim.values()),
            (int) json.integer("value", -128, 127),
            json.text("expected"),
            json.text("actual"));
    // Said twice, so that nobody has to know AR4SI's ranges; two answers would be none.
    json.constant("tier", rule.tier().wire());
    json.end();
    return rule;
  }
}
