// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.policy.PolicyDocument;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ policy init|lint|test|cover|diff|build}: what an author does before anybody signs. */
class PolicyAuthorCommandsTest {
  private static final Path EXAMPLE = Path.of("../../docs/examples/dev-policy.json");

  @TempDir Path folder;
  private Path policy;

  @BeforeEach
  void init() {
    policy = folder.resolve("policy.yaml");
    Invocation init = Invocation.of("policy", "init", policy);
    assertThat(init.status()).as(init.err()).isEqualTo(ExitStatus.DONE);
    assertThat(init.out()).isEmpty();
  }

  private void change(String part, String other) throws Exception {
    String text = Files.readString(policy);
    assertThat(text).contains(part);
    Files.writeString(policy, text.replace(part, other));
  }

  @Test
  void help_namesEachSubcommandsWork_byAWholeSentence() {
    String listed = Invocation.of("policy", "--help").out();
    String commands = listed.substring(listed.indexOf("Commands:")).replaceAll("\\s+", " ");
    assertThat(commands)
        .contains(
            "build Prints a policy as canonical JSON (RFC 8785), whatever it was written in, and says its"
                + " digest",
            "list Lists the newest policies, at most 100: the first is in force, each replaced the one"
                + " after it. show ")
        .endsWith(". ");
    assertThat(listed.lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void help_ofACommand_isParagraphs_brokenWhereLinesAreFull() {
    String help = Invocation.of("explain", "--help").out();
    assertThat(help.lines()).allMatch(line -> line.length() <= 80);
    assertThat(help)
        .contains(
            "\nwhat was found, which events changed which PCR since the last boot that was\n",
            "it; may be given again.\n")
        .containsPattern("\n\nEnds with 0 when it could explain, whatever was decided and .*\n");
  }

  @Test
  void words_thatDoNotGoTogether_areSaidInTwoLines() {
    Invocation wrong = Invocation.of("policy", "show", "--socket", "s", "--sokcet", "t");
    assertThat(wrong.status()).isEqualTo(ExitStatus.USAGE);
    assertThat(wrong.err()).startsWith("writ: ").endsWith("See writ policy show --help\n");
  }

  @Test
  void init_newFile_passesLintTestAndCoverFromToday() throws Exception {
    Invocation lint = Invocation.of("policy", "lint", "--strict", policy);
    assertThat(lint.out()).isEqualTo("0 faults, 0 warnings\n");
    assertThat(lint.status()).isEqualTo(ExitStatus.DONE);
    assertThat(Invocation.of("policy", "test", policy).status()).isEqualTo(ExitStatus.DONE);
    assertThat(Invocation.of("policy", "cover", policy).status()).isEqualTo(ExitStatus.DONE);
    PolicyDocument document = PolicyDocument.parseAuthored(Files.readAllBytes(policy));
    Instant now = Instant.now();
    assertThat(document.effectiveFrom()).isBetween(now.minusSeconds(2 * 86_400), now);
    assertThat(document.expires()).isAfter(now.plusSeconds(360L * 86_400));
  }

  @Test
  void init_fileThatIsThere_isLeftAsItIs() throws Exception {
    Files.writeString(policy, "mine");
    Invocation again = Invocation.of("policy", "init", policy);
    assertThat(again.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(again.err()).isEqualTo("writ: " + policy + " must not exist yet, and does\n");
    assertThat(policy).hasContent("mine");
    Invocation nowhere = Invocation.of("policy", "init", folder.resolve("none/policy.yaml"));
    assertThat(nowhere.status()).isEqualTo(ExitStatus.CONFIGURATION);
  }

  @Test
  void lint_faults_areAllNamedByTheirPlacesInTheFile() throws Exception {
    change("lifetime_s: 300 ", "lifetime_s: 1.5 ");
    Invocation yaml = Invocation.of("policy", "lint", policy);
    assertThat(yaml.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(yaml.out())
        .startsWith(policy + ":18:13: fault: $.lifetime_s: must be text in quotes")
        .endsWith("1 fault, 0 warnings\n");
    change("lifetime_s: 1.5 ", "lifetime_s: 0 ");
    change("Mode.FROZEN", "Mode.FROZE");
    change("like: clock-on-build-8", "likes: clock-on-build-8");
    Invocation lint = Invocation.of("policy", "lint", policy, "-o", "json");
    assertThat(lint.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(lint.out())
        .contains("\"sentence\":\"$.lifetime_s: must be an integer from 1 to 3600, was 0\"")
        .contains("\"sentence\":\"$.rules[2].when, rule frozen: must be a CEL expression")
        .contains("\"sentence\":\"$.tests[4].likes, test foreign-workload: must be one of")
        .contains("\"warnings\":[]");
  }

  @Test
  void lint_warnings_failOnlyWhereThatIsAskedFor() throws Exception {
    change("    mode: shadow", "    mode: enforce");
    Invocation lint = Invocation.of("policy", "lint", policy);
    assertThat(lint.status()).isEqualTo(ExitStatus.DONE);
    assertThat(lint.out())
        .contains(": warning: $.tests: not all pass")
        .endsWith("0 faults, 1 warning\n");
    assertThat(Invocation.of("policy", "lint", "--strict", policy).status())
        .isEqualTo(ExitStatus.DENIED);
  }

  @Test
  void test_ofTheExample_saysWhatCameAndWhoDecided() {
    Invocation test = Invocation.of("policy", "test", EXAMPLE);
    assertThat(test.status()).as(test.out()).isEqualTo(ExitStatus.DONE);
    assertThat(test.out())
        .contains("ok      changed-boot        environment_untrusted by measured-state\n")
        .contains("allow with sealed_copy by workload-of-host, own-programs\n")
        .contains(
            "allow by workload-of-host; with rules in shadow mode environment_untrusted by key-in-tpm")
        .endsWith("11 passed, 0 failed\n");
  }

  @Test
  void test_thatFails_isExitOneAndNamed() throws Exception {
    change("pcrs_match: false", "pcrs_match: true");
    Invocation test = Invocation.of("policy", "test", policy);
    assertThat(test.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(test.out())
        .contains("FAILED  changed-boot      allow by workload-of-host\n")
        .contains("must come to environment_untrusted, came to allow by workload-of-host\n")
        .endsWith("4 passed, 1 failed\n");
    Invocation json = Invocation.of("policy", "test", policy, "-o", "json");
    assertThat(json.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(json.out())
        .startsWith("{\"passed\":false,\"tests\":[{\"name\":\"clock-on-build-8\",\"met\":true,")
        .contains("\"decided_by\":[\"workload-of-host\"]");
  }

  @Test
  void cover_ofTheStartingPolicy_isWhatTheDocumentationShows() throws Exception {
    assertThat(Files.readString(Path.of("../../docs/POLICY.md")))
        .contains("```\n" + Invocation.of("policy", "cover", policy).out() + "```\n");
  }

  @Test
  void cover_ruleThatNoTestHolds_isExitOneAndNamed() throws Exception {
    change("governance: {mode: frozen}", "governance: {mode: breakglass}");
    change("expect: policy_denied\n\n  - name: foreign", "expect: allow\n\n  - name: foreign");
    Invocation cover = Invocation.of("policy", "cover", policy);
    assertThat(cover.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(cover.out())
        .contains("RULE")
        .contains("rule frozen: no test comes to it true\n")
        .contains("rule frozen: it may be removed, and no test fails\n")
        .endsWith("3 of 4 rules held\n");
    Invocation json = Invocation.of("policy", "cover", policy, "-o", "json");
    assertThat(json.out())
        .startsWith("{\"passed\":true,\"covers\":false,\"rules\":[{\"rule\":\"measured-state\",")
        .contains("\"removed\":\"changed-boot\"");
  }

  @Test
  void diff_ofTwoFiles_isByWhatTheyAreMadeOf() throws Exception {
    Path before = Files.copy(policy, folder.resolve("before.yaml"));
    assertThat(Invocation.of("policy", "diff", before, policy).out()).isEqualTo("no difference\n");
    change("lifetime_s: 300 ", "lifetime_s: 60 ");
    change("tier <= Tier.WARNING", "tier == Tier.AFFIRMING");
    Invocation diff = Invocation.of("policy", "diff", before, policy);
    assertThat(diff.status()).isEqualTo(ExitStatus.DONE);
    assertThat(diff.out())
        .startsWith("changed member lifetime_s\n--- member lifetime_s of starting version 1\n")
        .contains("\n-300\n+60\nchanged rule measured-state\n");
    assertThat(Invocation.of("policy", "diff", before, policy, "-o", "json").out())
        .startsWith(
            "{\"changes\":[{\"kind\":\"changed\",\"part\":\"member\",\"name\":\"lifetime_s\"");
  }

  @Test
  void build_ofYaml_isTheCanonicalJsonThatIsSigned() throws Exception {
    Path out = folder.resolve("policy.json");
    Invocation build = Invocation.of("policy", "build", policy, "--out", out);
    assertThat(build.status()).as(build.err()).isEqualTo(ExitStatus.DONE);
    PolicyDocument document = PolicyDocument.parse(Files.readAllBytes(out));
    assertThat(Files.readAllBytes(out)).isEqualTo(document.canonical());
    assertThat(build.out()).isEqualTo(document.digest().hex() + "\n");
    Invocation printed = Invocation.of("policy", "build", policy);
    assertThat(printed.out())
        .isEqualTo(new String(document.canonical(), StandardCharsets.UTF_8) + "\n");
    assertThat(printed.err()).contains(document.digest().hex());
    assertThat(Invocation.of("policy", "build", policy, "--out", out).status())
        .isEqualTo(ExitStatus.CONFIGURATION);
  }

  @Test
  void commands_onAMalformedOrMissingFile_areExitThreeWithItsPlace() throws Exception {
    change("effect: permit", "effect: allow");
    for (String command : new String[] {"test", "cover", "build"}) {
      Invocation invocation = Invocation.of("policy", command, policy);
      assertThat(invocation.status()).as(command).isEqualTo(ExitStatus.CONFIGURATION);
      assertThat(invocation.out()).isEmpty();
      assertThat(invocation.err())
          .startsWith(
              "writ: " + policy + ":68:13: $.rules[3].effect, rule workload-of-host: must be")
          .hasLineCount(1);
      assertThat(Invocation.of("policy", command, folder.resolve("none")).status())
          .isEqualTo(ExitStatus.CONFIGURATION);
    }
    assertThat(Invocation.of("policy", "diff", EXAMPLE, policy).status())
        .isEqualTo(ExitStatus.CONFIGURATION);
  }
}
