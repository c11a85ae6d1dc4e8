// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The rules that a document's own members imply: when it is in force, and for whom. They are rules
 * like all others, so a decision lists them with what they saw.
 */
final class DocumentRules {
  private DocumentRules() {}

  static List<Rule> of(PolicyDocument document) {
    List<Rule> rules = new ArrayList<>();
    rules.add(
        require(
            "document/effective_from",
            "now >= timestamp(\"" + document.effectiveFrom() + "\")",
            PolicyCode.POLICY_DENIED,
            "The policy is not in force yet.",
            "The policy takes effect at " + document.effectiveFrom() + "."));
    rules.add(
        require(
            "document/expires",
            "now < timestamp(\"" + document.expires() + "\")",
            PolicyCode.POLICY_DENIED,
            "The policy has expired.",
            "The policy expired at " + document.expires() + "; publish its next version."));
    if (!document.targets().contains(PolicyDocument.ANY_TENANT)) {
      rules.add(
          require(
              "document/targets",
              document.targets().stream()
                  // A tenant's name has neither quote nor backslash (TextForm.PRINCIPAL).
                  .map(tenant -> "\"" + tenant + "\"")
                  .collect(Collectors.joining(", ", "request.tenant in [", "]")),
              PolicyCode.SCOPE_EXCEEDED,
              "The policy is not for this tenant.",
              "The request's tenant is not among the policy's targets."));
    }
    return rules;
  }

  private static Rule require(
      String id, String when, PolicyCode code, String reasonUser, String reasonAdmin) {
    return new Rule(
        id,
        "",
        Rule.Stage.DOCUMENT,
        Rule.Effect.REQUIRE,
        when,
        Optional.of(code),
        reasonUser,
        reasonAdmin,
        Rule.Mode.ENFORCE,
        List.of());
  }
}
