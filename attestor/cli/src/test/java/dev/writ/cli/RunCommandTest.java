// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.agent.Attester;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.InitiatorToken;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.OutcomeState;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code writ run} under a fresh artifact: what it passes on, and what it does not start. */
class RunCommandTest {
  private static final int NOT_EXECUTED = 126;
  private static final int NOT_FOUND = 127;

  private static GovernedHosts hosts;

  /** Below no folder whose programs the policy lets run from copies. */
  @TempDir Path elsewhere;

  @BeforeAll
  static void start() throws Exception {
    hosts = GovernedHosts.start();
  }

  @AfterAll
  static void stop() throws Exception {
    hosts.close();
  }

  private static WritProcess.Ended run(String... command) throws Exception {
    return hosts.fresh(List.of(), command).run();
  }

  @ParameterizedTest
  @CsvSource({
    "exit 0, 0",
    "exit 7, 7",
    "exit 255, 255",
    "kill -TERM $$, 143",
    "kill -KILL $$, 137"
  })
  void child_statusOrSignal_isTheCommands(String script, int status) throws Exception {
    WritProcess.Ended ended = run("/bin/sh", "-c", script);
    assertThat(ended.status()).as(ended.err()).isEqualTo(status);
    assertThat(ended.err()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "no-such-program, 127",
    "/nonexistent/program, 127",
    "/bin/true/x, 127",
    "/tmp, 126",
    "/etc/passwd, 126",
    "'', 127",
    "/dev/null, 126"
  })
  void program_thatCannotBeStarted_hasTheShellsStatus(String program, int status) throws Exception {
    WritProcess.Ended ended = run(program);
    assertThat(ended.status()).as(ended.err()).isEqualTo(status);
    assertThat(ended.err()).startsWith("writ run: ").hasLineCount(1);
  }

  @Test
  void program_notExecutable_is126() throws Exception {
    Path plain = Files.writeString(hosts.work().resolve("plain"), "#!/bin/sh\nexit 0\n");
    WritProcess.Ended ended = run(plain.toString());
    assertThat(ended.status()).isEqualTo(NOT_EXECUTED);
    assertThat(ended.err()).contains("must be executable").hasLineCount(1);
  }

  @Test
  void program_searchedWithoutPath_isNotFound() throws Exception {
    Path planted = GovernedHosts.executable(hosts.work().resolve("planted"), "#!/bin/sh\nexit 0\n");
    WritProcess.Ended ended =
        hosts.fresh(List.of(), planted.getFileName().toString()).without("PATH").run();
    assertThat(ended.status()).as(ended.err()).isEqualTo(NOT_FOUND);
  }

  @Test
  void fresh_run_isADecisionAndThenItsOutcome() throws Exception {
    int before = hosts.leaves().size();
    assertThat(run("true").status()).isZero();
    assertThat(run("false").status()).isEqualTo(1);
    List<LeafBody.DecisionAllow> decisions = hosts.bodies(before, LeafBody.DecisionAllow.class);
    List<LeafBody.Outcome> outcomes = hosts.bodies(before, LeafBody.Outcome.class);
    assertThat(decisions).hasSize(2);
    assertThat(outcomes.stream().map(LeafBody.Outcome::state))
        .containsExactly(OutcomeState.OK, OutcomeState.FAILED);
    assertThat(outcomes.stream().map(LeafBody.Outcome::jti))
        .containsExactlyElementsOf(decisions.stream().map(LeafBody.DecisionAllow::jti).toList());
    assertThat(hosts.spooled()).isEmpty();
  }

  /** The leaf has the request's digest: of one use, for this gateway alone. */
  @Test
  void fresh_run_asksForOneUseHere() throws Exception {
    WritProcess.Ended printed =
        hosts.asking(1, List.of("--print-request"), "/bin/echo", "b", "a").run();
    assertThat(printed.status()).as(printed.err()).isZero();
    ExecutionRequest written =
        RequestFile.parse(
                printed.out().strip().getBytes(StandardCharsets.UTF_8), "https://writ.example")
            .request();
    assertThat(written.act().maxUses()).isEqualTo(1);
    assertThat(written.aud()).singleElement().asString().startsWith("exec:");
    int before = hosts.leaves().size();
    assertThat(run("/bin/echo", "b", "a").out()).isEqualTo("b a\n");
    assertThat(hosts.bodies(before, LeafBody.DecisionAllow.class))
        .extracting(LeafBody.DecisionAllow::requestDigest)
        .containsExactly(ofThisHost(written).digest());
    // What a token must have as its nonce to be good for that run alone.
    WritProcess.Ended nonce =
        hosts.asking(1, List.of("--print-nonce"), "/bin/echo", "b", "a").run();
    assertThat(nonce.out().strip()).isEqualTo(InitiatorToken.nonceFor(ofThisHost(written)));
  }

  private static ExecutionRequest ofThisHost(ExecutionRequest written) throws Exception {
    try (dev.writ.tpm.Tpm tpm = dev.writ.tpm.Tpm.open(hosts.hostA().tcti());
        Attester attester =
            Attester.open(
                tpm,
                hosts.hostA().state().resolve("instance-key"),
                new NoService(),
                new SecureRandom())) {
      return new ExecutionRequest(
          DemoService.ISSUER,
          written.aud(),
          written.tenant(),
          written.sub(),
          written.act(),
          written.parent(),
          attester.jkt());
    }
  }

  @Test
  void variable_named_passes_andUnsetIsAbsent() throws Exception {
    WritProcess.Ended ended =
        hosts
            .fresh(List.of("--env", "MINE", "--env", "NOWHERE"), "env")
            .with("MINE", "a=b c")
            .with("OTHER", "x")
            .without("NOWHERE")
            .run();
    assertThat(ended.status()).as(ended.err()).isZero();
    assertThat(ended.out().lines())
        .contains("MINE=a=b c")
        .noneMatch(line -> line.startsWith("OTHER="))
        .noneMatch(line -> line.startsWith("NOWHERE"))
        .noneMatch(line -> line.startsWith("WRIT_"));
  }

  /** The JVM has another locale, which is not the child's. */
  @Test
  void locale_ofTheCaller_isTheChilds() throws Exception {
    WritProcess.Ended ended =
        hosts.fresh(List.of(), "env").with("LC_ALL", "de_DE.ISO-8859-1").run();
    assertThat(ended.out().lines()).contains("LC_ALL=de_DE.ISO-8859-1");
  }

  @ParameterizedTest
  @CsvSource({
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "JAVA_TOOL_OPTIONS",
    "PYTHONPATH",
    "BASH_ENV",
    "GLIBC_TUNABLES",
    "PERL5LIB",
    "NODE_OPTIONS",
    "ENV"
  })
  void variable_thatLoadsCode_namedButNotInThePolicy_isDenied(String variable) throws Exception {
    Path marker = elsewhere.resolve("marker");
    WritProcess.Ended ended =
        hosts
            .fresh(List.of("--env", variable), "touch", marker.toString())
            .with(variable, "/nonexistent/writ-test")
            .run();
    assertThat(ended.status()).as(ended.err()).isEqualTo(NOT_EXECUTED);
    assertThat(ended.code()).isEqualTo("policy_denied");
    assertThat(marker).doesNotExist();
  }

  @Test
  void variable_thatLoadsCode_setAndNotNamed_doesNotReachTheChild() throws Exception {
    WritProcess.Ended ended =
        hosts
            .fresh(List.of(), "env")
            .with("LD_PRELOAD", "/nonexistent/writ-test.so")
            .with("JAVA_TOOL_OPTIONS", "-Dx=y")
            .with("BASH_ENV", "/nonexistent/writ-test")
            .run();
    assertThat(ended.status()).as(ended.err()).isZero();
    assertThat(ended.out()).doesNotContain("writ-test").doesNotContain("-Dx=y");
  }

  @Test
  void workload_thatThePolicyDoesNotGrant_isDenied() throws Exception {
    Path marker = elsewhere.resolve("marker");
    WritProcess.Ended ended =
        hosts
            .fresh(List.of("--workload", GovernedHosts.WORKER_B), "touch", marker.toString())
            .run();
    // picocli takes an option once.
    assertThat(ended.status()).isEqualTo(ExitStatus.BUG);
    ended =
        hosts
            .on(
                hosts.hostA(),
                "run",
                List.of("--service", hosts.url(), "--workload", GovernedHosts.WORKER_B),
                "touch",
                marker.toString())
            .run();
    assertThat(ended.status()).as(ended.err()).isEqualTo(NOT_EXECUTED);
    assertThat(ended.code()).isEqualTo("policy_denied");
    assertThat(marker).doesNotExist();
  }

  @Test
  void program_thatItsUserCouldRewrite_runsOnlyWhereThePolicySaysSo() throws Exception {
    Path outside = Files.copy(Path.of("/bin/echo"), elsewhere.resolve("tool"));
    WritProcess.Ended denied = run(outside.toString(), "ran");
    assertThat(denied.status()).as(denied.err()).isEqualTo(NOT_EXECUTED);
    assertThat(denied.code()).isEqualTo("runtime_condition");
    assertThat(denied.err()).contains("sealed_copy").contains("could be rewritten");
    assertThat(denied.out()).isEmpty();
    Path inside =
        GovernedHosts.executable(hosts.work().resolve("tool"), "#!/bin/sh\necho ran \"$@\"\n");
    WritProcess.Ended ran = run(inside.toString(), "a", "b");
    assertThat(ran.status()).as(ran.err()).isZero();
    assertThat(ran.out()).isEqualTo("ran a b\n");
  }

  @Test
  void obligation_thatNobodyHereMeets_isDenied() throws Exception {
    WritProcess.Ended ended = run("uname");
    assertThat(ended.status()).as(ended.err()).isEqualTo(NOT_EXECUTED);
    assertThat(ended.code()).isEqualTo("runtime_condition");
    assertThat(ended.err()).contains("tell_somebody");
    assertThat(ended.out()).isEmpty();
  }

  @Test
  void programThatSomebodyMustApprove_saysWhatToDoNext() throws Exception {
    WritProcess.Ended ended = run("nproc");
    assertThat(ended.status()).as(ended.err()).isEqualTo(NOT_EXECUTED);
    assertThat(ended.code()).isEqualTo("policy_denied");
    String decision =
        hosts.leaves().stream()
            .filter(leaf -> leaf.body() instanceof LeafBody.DecisionDeny)
            .map(leaf -> leaf.id().toString())
            .reduce((earlier, later) -> later)
            .orElseThrow();
    assertThat(ended.err())
        .contains(
            "\nwrit run: decision %s: an operator sees why with: writ explain %s --socket PATH\n"
                .formatted(decision, decision))
        .containsPattern(
            "(?m)^writ run: next: 0 of 1 approvals are given; an approver gives one with: writ"
                + " approve --request [0-9a-f-]{36} --operator-key KEY --trust FILE --socket PATH$");
    assertThat(ended.out()).isEmpty();
  }

  @Test
  void binary_thatItsUserCouldRewrite_runsFromACopy() throws Exception {
    Path inside = Files.copy(Path.of("/bin/echo"), hosts.work().resolve("my-echo"));
    WritProcess.Ended ran = run(inside.toString(), "a");
    assertThat(ran.status()).as(ran.err()).isZero();
    assertThat(ran.out()).isEqualTo("a\n");
  }

  @Test
  void arguments_afterTheProgram_areThePrograms() throws Exception {
    List<String> all = new ArrayList<>(List.of("run", "--trust", hosts.trust().toString()));
    all.addAll(List.of("--state", hosts.hostA().state().toString(), "--tpm", hosts.hostA().tcti()));
    all.addAll(List.of("--tenant", "demo", "--service", hosts.url()));
    all.addAll(List.of("--workload", GovernedHosts.WORKER_A));
    String[] own = {"--tenant", "-x", "--help", "--", "@file", "-o=json", "${sys:user.name}", ""};
    for (List<String> before : List.of(List.of("--"), List.<String>of())) {
      List<String> arguments = new ArrayList<>(all);
      arguments.addAll(before);
      arguments.addAll(List.of("printf", "<%s>"));
      arguments.addAll(List.of(own));
      WritProcess.Ended ended = WritProcess.of(hosts.work(), arguments).run();
      assertThat(ended.status()).as(ended.err()).isZero();
      assertThat(ended.out()).isEqualTo("<" + String.join("><", own) + ">");
    }
  }
}
