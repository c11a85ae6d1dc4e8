// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The rules that a document's own members imply: when it is in force, for whom, and what the
 * environment of an execution may hold. They are rules like all others, so a decision lists them with
 * what they saw.
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

  /** The rules that judge only a request which says what its execution is bound to. */
  static List<Rule> ofExec(PolicyDocument document) {
    return List.of(
        require(
            "document/loader_variables",
            LoaderVariables.noneBut(document.loaderVariables()),
            PolicyCode.POLICY_DENIED,
            "A variable of the environment makes a loader or interpreter run other code.",
            "request.exec.env has a loader or interpreter variable that the policy's"
                + " loader_variables do not list; run without it, or list it."));
  }

  /** The rule that judges only a question. */
  static Rule ofQuestion(PolicyDocument document) {
    List<AnswerableQuestions> questions = document.questions();
    return require(
        "document/questions",
        questions.isEmpty() ? "!has(request.question)" : AnswerableQuestions.among(questions),
        PolicyCode.POLICY_DENIED,
        "Nobody who shows no evidence may be told this.",
        "The policy's questions do not name this subject's type, action and resource's type; show a"
            + " proof bundle, or list it.");
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
