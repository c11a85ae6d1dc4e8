// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The first place at which two documents are not the same, and no place where they are. */
class JsonDifferenceTest {
  private static Optional<JsonDifference> between(String one, String other) throws Exception {
    return JsonDifference.first(
        one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8), 4096);
  }

  @Test
  void sameValues_inAnotherSpelling_areNoDifference() throws Exception {
    assertThat(
            between(
                "{\"a\":[1,{\"b\":null}],\"c\":\"\\u0078\"}",
                "{ \"c\":\"x\", \"a\":[1,{\"b\":null}] }"))
        .isEmpty();
  }

  @Test
  void firstMember_byName_isTheOneThatIsTold() throws Exception {
    assertThat(between("{\"b\":1,\"a\":{\"x\":true}}", "{\"b\":2,\"a\":{\"x\":\"true\"}}"))
        .contains(new JsonDifference("a.x", "true", "\"true\""));
  }

  @Test
  void missingMembersAndElements_areAbsent() throws Exception {
    assertThat(between("{\"a\":[1,2]}", "{\"a\":[1]}"))
        .contains(new JsonDifference("a[1]", "2", JsonDifference.ABSENT));
    assertThat(between("{}", "{\"a\":{}}"))
        .contains(new JsonDifference("a", JsonDifference.ABSENT, "{}"));
  }

  @Test
  void longValue_isCut_andNoCharacterInTwo() throws Exception {
    String text = "x".repeat(JsonDifference.MAX_SHOWN - 2) + "𝕏";
    JsonDifference found = between("{\"a\":\"" + text + "\"}", "{\"a\":1}").orElseThrow();
    assertThat(found.was()).isEqualTo("\"" + "x".repeat(JsonDifference.MAX_SHOWN - 2) + "…");
  }

  @Test
  void documentThatIsNone_isRefused() {
    assertThatThrownBy(() -> between("{}", "[]")).isInstanceOf(MalformedJsonException.class);
  }
}
