// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Questions that a document lets be answered though nothing is attested. A question that none of them names
 * is denied whatever the rules say.
 *
 * @param subject type of the subject
 * @param actions names of actions
 * @param resource type of the resource
 */
public record AnswerableQuestions(String subject, Set<String> actions, String resource) {
  static final String MEMBER = "questions";

  private static final int MAX = 16;
  private static final int MAX_ACTIONS = 16;

  /** Copies the names. */
  public AnswerableQuestions {
    actions = Set.copyOf(actions);
  }

  /** Those of a document; none where it says nothing of them. */
  static List<AnswerableQuestions> take(Members document) throws MalformedPolicyException {
    Optional<Json> given = document.optional(MEMBER);
    if (given.isEmpty()) {
      return List.of();
    }
    List<AnswerableQuestions> questions = document.list(MEMBER, 1, MAX, AnswerableQuestions::read);
    int length = among(questions).length();
    if (length > Profile.MAX_CODE_POINTS) {
      throw new MalformedPolicyException(
          given.get().place(),
          "short enough for one expression of " + Profile.MAX_CODE_POINTS + " characters",
          "one of " + length);
    }
    return questions;
  }

  private static AnswerableQuestions read(Json value) throws MalformedPolicyException {
    Members members = Members.of(value);
    AnswerableQuestions read =
        new AnswerableQuestions(
            members.text("subject", TextForm.PRINCIPAL),
            members.set("actions", 1, MAX_ACTIONS, TextForm.PRINCIPAL),
            members.text("resource", TextForm.PRINCIPAL));
    members.end();
    return read;
  }

  /** The expression that a question is one of these. */
  static String among(Collection<AnswerableQuestions> questions) {
    return questions.stream()
        .map(AnswerableQuestions::expression)
        .collect(Collectors.joining(" || ", "!has(request.exec) && (", ")"));
  }

  private String expression() {
    // No name has a quote or a backslash (TextForm.PRINCIPAL).
    return "request.question.subject.type == \""
        + subject
        + "\" && request.action in "
        + actions.stream().sorted().map(action -> "\"" + action + "\"").toList()
        + " && request.question.resource.type == \""
        + resource
        + "\"";
  }
}
