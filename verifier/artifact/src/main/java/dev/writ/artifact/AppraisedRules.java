// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The rules that led to an appraisal: a private claim of its {@code submods} member, a map as
 * draft-ietf-rats-ear-03 section 4 demands of extensions.
 *
 * @param ran the rules that ran, in their order
 * @param omitted how many more ran than there is room for; the worst are named, whatever their order
 */
public record AppraisedRules(List<AppraisedRule> ran, long omitted) {
  /** The claim's name. */
  public static final String CLAIM = "ear_writ_appraisal";

  /** Most rules that are named. */
  public static final int MAX_RULES = 256;

  /**
   * The rules as given.
   *
   * @throws IllegalArgumentException if there are too many
   */
  public AppraisedRules {
    ran = Require.sized("ear.submods.ear_writ_appraisal.rules", ran, 0, MAX_RULES);
    Require.between("ear.submods.ear_writ_appraisal.omitted", omitted, 0, Require.MAX_EXACT);
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("rules", ran.stream().map(AppraisedRule::toMap).toList());
    map.put("omitted", omitted);
    return map;
  }

  static AppraisedRules take(JsonMembers json) throws MalformedJsonException {
    List<AppraisedRule> rules = new ArrayList<>();
    for (JsonMembers rule : json.objects("rules", MAX_RULES)) {
      rules.add(AppraisedRule.take(rule));
    }
    AppraisedRules taken = new AppraisedRules(rules, json.integer("omitted", 0, Require.MAX_EXACT));
    json.end();
    return taken;
  }
}
