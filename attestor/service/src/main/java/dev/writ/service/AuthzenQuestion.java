// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.policy.Question;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a decision point is asked (AuthZEN Authorization API 1.0): may this subject do this action on this
 * resource?
 *
 * @param action its name
 * @param asked all else
 * @param proof what it shows of an artifact, if it does
 */
record AuthzenQuestion(String action, Question asked, Optional<AuthzenProof> proof) {
  /** The type of a subject that is a workload, by its SPIFFE ID. */
  static final String WORKLOAD = "workload";

  /** The type of a resource that is named as a request names it. */
  static final String RESOURCE = "resource";

  private static final String PLAIN = "-._~";

  /** One that shows no artifact. */
  AuthzenQuestion(String action, Question asked) {
    this(action, asked, Optional.empty());
  }

  /**
   * Whether an artifact permits the same. Types and texts must be equal, nothing is folded or joined, so
   * that no two questions are one artifact's. What that has besides, its arguments above all, a
   * question cannot name.
   */
  boolean asksFor(ArtifactClaims claims) {
    return is(asked.subject(), WORKLOAD, claims.sub())
        && action.equals(claims.act().action())
        && is(asked.resource(), RESOURCE, claims.act().resource());
  }

  /** Whether subject, action and resource are named by their ids alone. */
  boolean isBare() {
    return Stream.of(asked.subject().properties(), asked.action(), asked.resource().properties())
        .allMatch(Question.Properties.NONE::equals);
  }

  private static boolean is(Question.Entity entity, String type, String id) {
    return entity.type().equals(type) && entity.id().equals(id);
  }

  /** UTF-16 units of all names and texts. */
  int length() {
    return action.length()
        + length(asked.subject())
        + length(asked.action())
        + length(asked.resource())
        + length(asked.context());
  }

  private static int length(Question.Entity entity) {
    return entity.type().length() + entity.id().length() + length(entity.properties());
  }

  private static int length(Question.Properties properties) {
    return Stream.of(
            properties.texts().entrySet().stream()
                .mapToInt(each -> each.getKey().length() + each.getValue().length()),
            properties.others().entrySet().stream()
                .mapToInt(each -> each.getKey().length() + each.getValue().length()),
            properties.flags().keySet().stream().mapToInt(String::length),
            properties.integers().keySet().stream().mapToInt(String::length))
        .mapToInt(IntStream::sum)
        .sum();
  }

  /** Who would do it, as rules see one text. */
  String subject() {
    return text(asked.subject());
  }

  /** To what, as rules see one text. */
  String resource() {
    return text(asked.resource());
  }

  /** Type and id in one, either of them percent-encoded: no two pairs are one text. */
  private static String text(Question.Entity entity) {
    return encoded(entity.type()) + ":" + encoded(entity.id());
  }

  private static String encoded(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) each;
      boolean plain =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c >= '0' && c <= '9'
              || PLAIN.indexOf(c) >= 0;
      if (plain) {
        encoded.append(c);
      } else {
        encoded.append(String.format("%%%02X", each));
      }
    }
    return encoded.toString();
  }
}
