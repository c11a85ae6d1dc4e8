// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.ProofBundle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Decisions of a service that are decided once more beside it: by replay, impact and shadow. */
abstract class PastDecisionsTest {
  private final RunningService running;

  @TempDir Path folder;

  PastDecisionsTest(RunningService running) {
    this.running = running;
  }

  @Test
  void replay_besideTheService_decidesOnceMore() throws Exception {
    Invocation attest =
        running.attest(
            running.hostA(), running.service().url(), RunningService.request(folder, "a"));
    assertThat(attest.status()).as(attest.err()).isEqualTo(ExitStatus.DONE);
    ProofBundle bundle = ProofBundle.parse(attest.out().strip().getBytes(StandardCharsets.UTF_8));
    String jti = Artifact.parse(bundle.artifact()).claims().jti().toString();

    Invocation one = Invocation.of("replay", jti, "--config", running.config());
    assertThat(one.status()).as(one.out() + one.err()).isEqualTo(ExitStatus.DONE);
    assertThat(one.out())
        .containsPattern("^leaf [0-9]+ [0-9a-f-]{36} allow: same\n")
        .containsPattern("(?m)^  quote +same$")
        .containsPattern("(?m)^  artifact +same$");

    Invocation range =
        Invocation.of("replay", "--range", "..", "--config", running.config(), "-o", "json");
    assertThat(range.status()).as(range.out() + range.err()).isEqualTo(ExitStatus.DONE);
    assertThat(range.out().strip().lines().toList().get((int) range.out().lines().count() - 1))
        .contains("\"differs\":0", "\"contradicts\":0", "\"origin\":");

    Path policy =
        Files.write(
            folder.resolve("policy.json"),
            DemoPolicyApprover.document(DemoService.policyFile(running.born())).canonical());
    Invocation impact =
        Invocation.of("policy", "impact", policy, "--since", "1h", "--config", running.config());
    assertThat(impact.status()).as(impact.out() + impact.err()).isEqualTo(ExitStatus.DONE);
    assertThat(impact.out())
        .containsPattern("(?m)^allow to deny +0$")
        .containsPattern("(?m)^[1-9][0-9]* decided again: [1-9][0-9]* allow, ");

    Invocation none =
        Invocation.of("policy", "impact", policy, "--range", "0..0", "--config", running.config());
    assertThat(none.out()).contains("\n0 decided again: 0 allow, 0 deny; 0 not: ");
    Invocation every =
        Invocation.of("policy", "impact", policy, "--range", "..", "--config", running.config());
    assertThat(every.out()).isEqualTo(impact.out());

    Invocation shadow =
        Invocation.of(
            "policy",
            "shadow",
            "--min-days",
            "0",
            "--min-decisions",
            "1",
            "--config",
            running.config());
    assertThat(shadow.status()).as(shadow.out() + shadow.err()).isEqualTo(ExitStatus.DONE);
    assertThat(shadow.out()).containsPattern("(?m)^key-in-tpm: evaluated in [1-9][0-9]* decisions");
    assertThat(
            Invocation.of("policy", "shadow", "--range", "0..0", "--config", running.config())
                .out())
        .contains("key-in-tpm: evaluated in 0 decisions, ");
    Invocation tooFew =
        Invocation.of("policy", "shadow", "-o", "json", "--config", running.config());
    assertThat(tooFew.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(tooFew.out()).contains("\"ready\":false", "of 1000 decisions");
    assertThat(Invocation.of("policy", "shadow", "no-such", "--config", running.config()).status())
        .isEqualTo(ExitStatus.USAGE);
  }

  @Test
  void replay_ofNoDecisionOrNoStore_isSaidInOneSentence() {
    Invocation none = Invocation.of("replay", "0", "--config", running.config());
    assertThat(none.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(none.err()).startsWith("writ: a decision must have the name 0").hasLineCount(1);
    for (String range : List.of("5..3", "0..99999999")) {
      Invocation outside = Invocation.of("replay", "--range", range, "--config", running.config());
      assertThat(outside.status()).as("no difference was found").isEqualTo(ExitStatus.USAGE);
      assertThat(outside.err())
          .containsPattern("of the log's [0-9]+ leaves, was " + range)
          .hasLineCount(1);
    }
    for (String command : List.of("impact", "shadow")) {
      List<Object> arguments = new ArrayList<>(List.of("policy", command));
      arguments.addAll(
          command.equals("impact") ? List.of("../../docs/examples/dev-policy.json") : List.of());
      arguments.addAll(List.of("--config", running.config()));
      for (List<String> wrong :
          List.of(
              List.of("--range", "5..3"),
              List.of("--range", "3"),
              List.of("--since", "yesterday"),
              List.of("--since", "7d", "--range", "0.."))) {
        List<Object> all = new ArrayList<>(arguments);
        all.addAll(wrong);
        Invocation invocation = Invocation.of(all.toArray());
        assertThat(invocation.status()).as(invocation.err()).isEqualTo(ExitStatus.USAGE);
        assertThat(invocation.err()).contains(wrong.get(0));
      }
    }
    for (List<String> wrong : List.of(List.of("--range", "3"), List.of("nonsense"))) {
      List<Object> replay = new ArrayList<>(List.of("replay", "--config", running.config()));
      replay.addAll(wrong);
      Invocation invocation = Invocation.of(replay.toArray());
      assertThat(invocation.status()).isEqualTo(ExitStatus.USAGE);
      assertThat(invocation.err()).contains("must be ").hasLineCount(1);
    }
    assertThat(Invocation.of("replay", "--config", running.config()).status())
        .isEqualTo(ExitStatus.USAGE);
    assertThat(Invocation.of("replay", "0", "--config", folder.resolve("none")).status())
        .isEqualTo(ExitStatus.CONFIGURATION);
  }
}
