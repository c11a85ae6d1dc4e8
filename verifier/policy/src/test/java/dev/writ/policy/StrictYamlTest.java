// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** YAML that an author may write, and the place that each refusal names, in YAML and in JSON. */
class StrictYamlTest {
  private static final String POLICY =
      """
      # A comment.
      type: writ-policy-v1
      profile: writ-cel-1
      id: sample
      version: 1
      author: author@example.org
      effective_from: "2026-01-01T00:00:00Z"
      expires: '2027-01-01T00:00:00Z'
      targets: ["*"]
      lifetime_s: 300
      reference_values:
        - name: all
          hosts: ["*"]
          pcrs: {sha256: {7: ["%s"]}}
      constants:
        limit: -3
        strict: true
      rules:
        - id: measured
          stage: trust
          effect: require
          when: >-
            trust.pcrs_match
            && request.depth > constants.limit
          code: environment_untrusted
          reason_user: Not measured.
          reason_admin: A PCR differs.
          mode: enforce
        - id: all
          stage: authorization
          effect: permit
          when: constants.strict
          reason_user: "yes: all"
          reason_admin: No one else.
          mode: enforce
      """
          .formatted("0".repeat(64));

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static MalformedPolicyException refusal(String text) {
    return catchThrowableOfType(
        MalformedPolicyException.class,
        () -> Policy.compile(PolicyDocument.parseAuthored(bytes(text))).document().id());
  }

  @Test
  void yaml_andTheSameAsJson_areOneDocument() throws Exception {
    PolicyDocument yaml = PolicyDocument.parseAuthored(bytes(POLICY));
    PolicyDocument json = PolicyDocument.parse(yaml.canonical());
    assertThat(json.digest()).isEqualTo(yaml.digest());
    assertThat(json.canonical()).isEqualTo(yaml.canonical());
    assertThat(yaml.rules().get(0).when())
        .isEqualTo("trust.pcrs_match && request.depth > constants.limit");
    assertThat(yaml.rules().get(1).reasonUser()).isEqualTo("yes: all");
    assertThat(new String(yaml.canonical(), StandardCharsets.UTF_8))
        .contains("\"constants\":{\"limit\":-3,\"strict\":true}")
        .contains("{\"sha256\":{\"7\":[\"000");
  }

  @Test
  void json_withBlanksBeforeIt_isReadAsJson() throws Exception {
    byte[] canonical = PolicyDocument.parseAuthored(bytes(POLICY)).canonical();
    String json = "\n\t " + new String(canonical, StandardCharsets.UTF_8);
    assertThat(PolicyDocument.parseAuthored(bytes(json)).canonical()).isEqualTo(canonical);
    assertThat(refusal("{type: writ-policy-v1}")).hasMessageContaining("JSON (RFC 8259)");
  }

  @Test
  void startingPolicy_ofTheDocumentation_passesLintTestAndCover() throws Exception {
    byte[] file = Files.readAllBytes(Path.of("../../docs/examples/starting-policy.yaml"));
    PolicyDocument document = PolicyDocument.parseAuthored(file);
    TestReport report = PolicyTests.run(Policy.compile(document));
    assertThat(report.failures()).isEmpty();
    assertThat(report.gaps()).isEmpty();
    PolicyLint.Report lint = PolicyLint.of(file, document.effectiveFrom());
    assertThat(lint.faults()).isEmpty();
    assertThat(lint.warnings()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "yes",
        "No",
        "on",
        "OFF",
        "y",
        "null",
        "~",
        "",
        "True",
        "1.5",
        "1e3",
        ".5",
        "-.5",
        "+1",
        "010",
        "0x1f",
        "0o17",
        "0b1",
        "1_000",
        "12:30",
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        ".inf",
        "-.Inf",
        ".nan",
        "=",
        "12ab",
        "-0"
      })
  void scalar_thatSomeReaderTakesForSomethingElse_mustBeQuoted(String scalar) throws Exception {
    MalformedPolicyException refusal = refusal(POLICY.replace("id: sample", "id: " + scalar));
    assertThat(refusal)
        .hasMessageStartingWith("$.id (line 4, column ")
        .hasMessageContaining("text in quotes, true, false, or an integer in decimal digits");
    Json quoted = StrictYaml.read(bytes("a: \"" + scalar + "\""));
    assertThat(CanonicalJson.of(quoted)).isEqualTo("{\"a\":\"" + scalar + "\"}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "/usr/bin/date", "-u", "2 of 3 people", "v1.5", "x=1", "e3", "<"})
  void scalar_thatIsTextToAll_needsNoQuotes(String scalar) throws Exception {
    assertThat(CanonicalJson.of(StrictYaml.read(bytes("a: " + scalar))))
        .isEqualTo("{\"a\":\"" + scalar + "\"}");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          id: &a sample            | $.id (line 4, column 5)  | written out, was an anchor
          id: *a                   | $.id (line 4, column 5)  | written out, was an alias
          id: !!str sample         | $.id (line 4, column 5)  | without a tag, was of the tag
          id: !mine sample         | $.id (line 4, column 5)  | without a tag, was of the tag !mine
          id: sample¶id: other     | $.id (line 5, column 1)  | given once, was given twice
          <<: {id: sample}         | $ (line 4, column 1)     | text in quotes
          true: sample             | $ (line 4, column 1)     | true without quotes
          [a]: sample              | $ (line 4, column 1)     | names are words
          more: 1¶id: sample       | $.more (line 4, column 7) | an unknown member
          id: 9007199254740993     | $.id (line 4, column 5)  | an integer of at most 2^53-1
          id: "sample              | $                        | YAML 1.2
          id: [[[[[[[[[[[[[[]      | $.id                     | at most 12 levels deep
          id: sample¶---¶id: other | $ (line 5                | one document
          id: sample¶%YAML 1.1     | $ (line 5                | YAML 1.2
          \\tid: sample            | $ (line 4                | YAML 1.2
          """)
  void yaml_thatTwoReadersCouldDifferOn_isRefused(String line, String place, String because) {
    String text = POLICY.replace("id: sample", line.replace('¶', '\n').replace("\\t", "\t"));
    assertThat(refusal(text)).isNotNull();
    assertThat(refusal(text)).hasMessageStartingWith(place).hasMessageContaining(because);
  }

  @Test
  void yaml_withDirectivesOrNothing_isRefused() {
    assertThat(refusal("%YAML 1.1\n---\n" + POLICY)).hasMessageContaining("without directives");
    assertThat(refusal("%TAG ! tag:x,2026:\n---\n" + POLICY))
        .hasMessageContaining("without directives");
    assertThat(refusal("")).hasMessageContaining("a value, was nothing");
    assertThat(refusal("# nothing\n")).hasMessageContaining("a value, was nothing");
    assertThat(refusal("id: \"\\ud800\"\n")).isNotNull();
    for (String escape : new String[] {"\\UFFFFFFFF", "\\U00110000", "\\xzz"}) {
      assertThat(refusal("\nid: \"" + escape + "\"\n"))
          .hasMessageStartingWith("$ (line 2")
          .hasMessageContaining("YAML 1.2");
    }
    assertThat(refusal("- a\n")).hasMessageContaining("an object, was an array of 1");
    assertThat(refusal("a: " + "x".repeat(StrictJson.MAX_STRING + 1)))
        .hasMessageContaining("a string of at most");
    assertThat(refusal("#" + "x".repeat(StrictJson.MAX_BYTES)))
        .hasMessageContaining("at most 1048576 bytes");
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          mode: enforce¶  - id: all | mode: enforce¶    severity: 1¶  - id: all | $.rules[0].severity (line 29, column 15, rule measured) | an unknown member
          id: all       | id: measured         | $.rules[1].id (line 29, column 9) | rules of different ids, was "measured" twice
          constants.strict | constants.string  | $.rules[1].when (line 32, column 11, rule all) | at 1:10 of the expression: undefined field
          constants.strict | request.action.matches('(((a{9}){9}){9})') | $.rules[1].when (line 32, column 11, rule all) | RE2
          constants.strict | 1.5 < 2.5         | $.rules[1].when (line 32, column 11, rule all) | under writ-cel-1
          limit: -3     | limit: 1.5           | $.constants.limit (line 16, column 10) | an integer in decimal digits
          7: [          | 24: [                | $.reference_values[0].pcrs.sha256.24 (line 14, column 25, set all) | an unknown member
          """)
  void fault_inYaml_isNamedWithLineColumnAndRule(
      String part, String other, String place, String because) {
    String text = POLICY.replace(part.replace('¶', '\n'), other.replace('¶', '\n'));
    assertThat(text).isNotEqualTo(POLICY);
    assertThat(refusal(text)).isNotNull();
    assertThat(refusal(text)).hasMessageStartingWith(place).hasMessageContaining(because);
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "mode": "enforce" | "mode": "enforce", "severity": 1 | $.rules[0].severity (line 32, column 38, rule measured) | an unknown member
          "id": "all"   | "id": "measured" | $.rules[1].id (line 40, column 13) | rules of different ids
          "constants.strict" | "constants.string" | $.rules[1].when (line 45, column 15, rule all) | undefined field
          "constants.strict" | "request.action.matches('(((a{9}){9}){9})')" | $.rules[1].when (line 45, column 15, rule all) | RE2
          -3            | 1.5              | $.constants.limit (line 4, column 14) | an integer, was 1.5
          """)
  void fault_inJson_isNamedWithLineColumnAndRule(
      String part, String other, String place, String because) throws Exception {
    String json =
        IndentedJson.of(StrictJson.read(PolicyDocument.parseAuthored(bytes(POLICY)).canonical()));
    String text = json.replaceFirst(Pattern.quote(part), Matcher.quoteReplacement(other));
    assertThat(text).isNotEqualTo(json);
    assertThat(refusal(text)).as(text).isNotNull();
    assertThat(refusal(text)).hasMessageStartingWith(place).hasMessageContaining(because);
  }
}
