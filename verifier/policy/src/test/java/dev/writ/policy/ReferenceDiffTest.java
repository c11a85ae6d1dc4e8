// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** {@link ReferenceDiff}, and sets as people read them. */
class ReferenceDiffTest {
  private static final ReferenceSet SET =
      new ReferenceSet(
          "build-hosts",
          "",
          Set.of("build-7", "build-8"),
          Map.of(
              ReferenceSet.Bank.SHA256,
              Map.of(0, List.of("0".repeat(64)), 7, List.of("7".repeat(64)))));

  private static String diff(String before, String after) {
    return ReferenceDiff.of("in force", before, "proposed", after);
  }

  @Test
  void set_isShownIndentedAndReadAgain() throws Exception {
    assertThat(SET.text())
        .isEqualTo(
            """
            {
              "hosts": [
                "build-7",
                "build-8"
              ],
              "name": "build-hosts",
              "pcrs": {
                "sha256": {
                  "0": [
                    "%s"
                  ],
                  "7": [
                    "%s"
                  ]
                }
              }
            }"""
                .formatted("0".repeat(64), "7".repeat(64)));
    assertThat(ReferenceSet.parse(SET.text().getBytes(UTF_8))).isEqualTo(SET);
    assertThatThrownBy(() -> ReferenceSet.parse("{\"name\":\"x\"}".getBytes(UTF_8)))
        .isInstanceOf(MalformedPolicyException.class);
  }

  @Test
  void sameSets_haveNoDiff() {
    assertThat(diff(SET.text(), SET.text())).isEmpty();
    assertThat(diff("", "")).isEmpty();
  }

  @Test
  void addedDigest_isShownWithItsContext() {
    ReferenceSet more =
        SET.with(
            Map.of(
                ReferenceSet.Bank.SHA256,
                Map.of(0, List.of("0".repeat(64), "1".repeat(64)), 7, List.of("7".repeat(64)))),
            SET.boot(),
            SET.ima());

    assertThat(diff(SET.text(), more.text()))
        .isEqualTo(
            """
            --- in force
            +++ proposed
            @@ -7,7 +7,8 @@
               "pcrs": {
                 "sha256": {
                   "0": [
            -        "%s"
            +        "%s",
            +        "%s"
                   ],
                   "7": [
                     "%s"
            """
                .formatted("0".repeat(64), "0".repeat(64), "1".repeat(64), "7".repeat(64)));
  }

  @Test
  void newSet_isAddedWhole() {
    assertThat(diff("", "a\nb")).isEqualTo("--- in force\n+++ proposed\n@@ -0,0 +1,2 @@\n+a\n+b\n");
    assertThat(diff("a\nb", "")).isEqualTo("--- in force\n+++ proposed\n@@ -1,2 +0,0 @@\n-a\n-b\n");
  }

  @Test
  void changesFarApart_areHunksOfTheirOwn() {
    List<String> before = IntStream.range(0, 40).mapToObj(i -> "line " + i).toList();
    String after =
        before.stream()
            .map(line -> line.equals("line 2") || line.equals("line 35") ? line + "!" : line)
            .collect(Collectors.joining("\n"));

    assertThat(diff(String.join("\n", before), after))
        .contains("@@ -1,6 +1,6 @@\n line 0\n line 1\n-line 2\n+line 2!\n")
        .contains("@@ -33,7 +33,7 @@\n line 32\n")
        .doesNotContain("line 20");
  }

  @Test
  void setsThatShareNothing_areReplacedWhole() {
    String before = IntStream.range(0, 3_000).mapToObj(i -> "a" + i).collect(lines());
    String after = IntStream.range(0, 3_000).mapToObj(i -> "b" + i).collect(lines());

    assertThat(diff(before, after)).contains("@@ -1,3000 +1,3000 @@\n-a0\n");
  }

  private static Collector<CharSequence, ?, String> lines() {
    return Collectors.joining("\n");
  }

  @Test
  void nameOfAHostsSet_isOneThatADocumentTakes() throws Exception {
    for (String host : List.of("build-8", "Host_A.example:22", "--", "x".repeat(128))) {
      ReferenceSet own = SET.as(ReferenceSet.nameFor(host), Set.of(host));
      assertThat(ReferenceSet.parse(own.text().getBytes(UTF_8))).isEqualTo(own);
    }
    assertThat(ReferenceSet.nameFor("Host_A.example:22")).isEqualTo("host-host-a-example-22");
  }
}
