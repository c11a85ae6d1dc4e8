// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What differs between two documents, by what they are made of. */
class PolicyDiffTest {
  private static String sets(String digit) {
    return "[{\"name\": \"s\", \"hosts\": [\"*\"], \"pcrs\": {\"sha256\": {\"0\": [\"%s\"]}}}]"
        .formatted(digit.repeat(64));
  }

  private static Samples.Draft draft() {
    return new Samples.Draft()
        .with("constants", "{\"kept\": 1, \"limit\": 3, \"old\": true}")
        .with("reference_values", sets("0"))
        .with("tests", "[{\"name\": \"t\", \"inputs\": {}, \"expect\": \"policy_denied\"}]")
        .require("first", "request.depth < constants.limit")
        .require("second", "constants.old")
        .permit("all", "true");
  }

  private static List<String> names(List<PolicyDiff.Change> changes) {
    return changes.stream()
        .map(change -> change.kind() + " " + change.part() + " " + change.name())
        .toList();
  }

  @Test
  void documents_thatSayTheSame_doNotDiffer() throws Exception {
    PolicyDocument document = draft().document();
    String spaced = new String(draft().bytes(), StandardCharsets.UTF_8).replace("\n", "\n\n ");
    assertThat(
            PolicyDiff.of(document, PolicyDocument.parse(spaced.getBytes(StandardCharsets.UTF_8))))
        .isEmpty();
  }

  @Test
  void documents_thatDiffer_areToldApartByTheirParts() throws Exception {
    PolicyDocument after =
        new Samples.Draft()
            .with("version", "2")
            .with("previous", "\"" + draft().document().digest().hex() + "\"")
            .with("constants", "{\"kept\": 1, \"limit\": 4, \"new\": [\"a\"]}")
            .with("reference_values", sets("1"))
            .with("tests", "[{\"name\": \"u\", \"inputs\": {}, \"expect\": \"policy_denied\"}]")
            .permit("all", "true")
            .require("first", "request.depth <= constants.limit")
            .require("third", "constants.kept == 1")
            .document();
    List<PolicyDiff.Change> changes = PolicyDiff.of(draft().document(), after);
    assertThat(names(changes))
        .containsExactly(
            "CHANGED MEMBER version",
            "ADDED MEMBER previous",
            "CHANGED CONSTANT limit",
            "REMOVED CONSTANT old",
            "ADDED CONSTANT new",
            "CHANGED REFERENCE_SET s",
            "CHANGED RULE first",
            "REMOVED RULE second",
            "ADDED RULE third",
            "REORDERED MEMBER rules",
            "REMOVED TEST t",
            "ADDED TEST u");
    assertThat(changes.get(2).diff())
        .isEqualTo(
            """
            --- constant limit of sample version 1
            +++ constant limit of sample version 2
            @@ -1,1 +1,1 @@
            -3
            +4
            """);
    assertThat(changes.get(5).diff())
        .contains("-        \"" + "0".repeat(64))
        .contains("+        \"" + "1".repeat(64));
    assertThat(changes.get(6).diff())
        .contains("-  \"when\": \"request.depth < constants.limit\"\n")
        .contains("+  \"when\": \"request.depth <= constants.limit\"\n");
    assertThat(changes.get(9).diff()).endsWith("-first\n all\n+first\n");
  }

  @Test
  void documents_withoutOptionalParts_areCompared() throws Exception {
    PolicyDocument bare = new Samples.Draft().permit("all", "true").document();
    assertThat(names(PolicyDiff.of(bare, draft().document())))
        .containsExactly(
            "ADDED CONSTANT kept",
            "ADDED CONSTANT limit",
            "ADDED CONSTANT old",
            "ADDED REFERENCE_SET s",
            "ADDED RULE first",
            "ADDED RULE second",
            "ADDED TEST t");
    assertThat(PolicyDiff.of(draft().document(), bare)).hasSize(7);
  }
}
