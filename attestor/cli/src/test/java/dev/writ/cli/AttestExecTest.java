// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code writ attest} for a program, {@code writ verify --request}, and the command lines of both and
 * of {@code writ run}.
 */
class AttestExecTest {
  private static GovernedHosts hosts;

  @BeforeAll
  static void start() throws Exception {
    hosts = GovernedHosts.start();
  }

  @AfterAll
  static void stop() throws Exception {
    hosts.close();
  }

  private static Path file(String content) throws IOException {
    return Files.writeString(Files.createTempFile(hosts.work(), "file-", ".json"), content);
  }

  private static Path printed(WritProcess process) throws Exception {
    WritProcess.Ended ended = process.run();
    assertThat(ended.status()).as(ended.err()).isZero();
    return file(ended.out().strip());
  }

  private static Invocation verify(Path bundle, Path request) {
    return Invocation.of("verify", bundle, "--trust", hosts.trust(), "--request", request);
  }

  @Test
  void verify_requestAsPrinted_isAllowed_andAnotherIsNot() throws Exception {
    List<String> print = List.of("--print-request");
    Path bundle = hosts.bundle(2, List.of(), "echo", "one");
    Path same = printed(hosts.asking(2, print, "echo", "one"));
    assertThat(Files.readString(same)).contains("\"max_uses\":2").contains("\"exec\":{");
    Invocation allowed = verify(bundle, same);
    assertThat(allowed.status()).as(allowed.out() + allowed.err()).isZero();
    assertThat(allowed.out()).contains("passed       action");
    Invocation other = verify(bundle, printed(hosts.asking(2, print, "echo", "two")));
    assertThat(other.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(other.out()).contains("denied: scope_exceeded");
    Path changed = file(Files.readString(same).replace("\"cwd\":\"/", "\"cwd\":\"/x"));
    Invocation disagreeing = verify(bundle, changed);
    assertThat(disagreeing.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(disagreeing.err()).contains("act.args_digest must be").hasLineCount(1);
  }

  @Test
  void attest_requestAsPrinted_isABundleThatRuns() throws Exception {
    Path request = printed(hosts.asking(2, List.of("--print-request"), "echo", "one"));
    Invocation attested =
        Invocation.of(
            "attest",
            "--service",
            hosts.url(),
            "--trust",
            hosts.trust(),
            "--state",
            hosts.hostA().state(),
            "--tpm",
            hosts.hostA().tcti(),
            "--request",
            request);
    assertThat(attested.status()).as(attested.err()).isZero();
    Path bundle = file(attested.out().strip());
    for (int use = 0; use < 2; use++) {
      assertThat(hosts.under(bundle, "echo", "one").run().out()).isEqualTo("one\n");
    }
    assertThat(hosts.under(bundle, "echo", "one").run().code()).isEqualTo("replayed");
  }

  /** What a file name would be expanded from is a program's argument. */
  @Test
  void attest_argumentsOfTheProgram_areItsOwn() throws Exception {
    Path there = file("expanded");
    String[] command = {"printf", "<%s>", "@" + there, "--help", "--", "-o", "json"};
    Path bundle = hosts.bundle(1, List.of(), command);
    WritProcess.Ended ended = hosts.under(bundle, command).run();
    assertThat(ended.status()).as(ended.err()).isZero();
    assertThat(ended.out()).isEqualTo("<@" + there + "><--help><--><-o><json>");
  }

  @Test
  void attest_usesOutOfBounds_getNothing() throws Exception {
    for (int uses : new int[] {-1, 0}) {
      WritProcess.Ended ended = hosts.asking(uses, List.of(), "echo", "one").run();
      assertThat(ended.status()).as(ended.out() + ended.err()).isEqualTo(ExitStatus.USAGE);
      assertThat(ended.out()).isEmpty();
      assertThat(ended.err()).doesNotContain("bug");
    }
  }

  @Test
  void attest_nameThatIsNone_isAUsageError() throws Exception {
    List<String> options = List.of("--service", hosts.url(), "--workload", "no-spiffe-id");
    WritProcess.Ended ended = hosts.on(hosts.hostA(), "attest", options, "echo", "one").run();
    assertThat(ended.status()).as(ended.err()).isEqualTo(ExitStatus.USAGE);
    assertThat(ended.err()).contains("SPIFFE").hasLineCount(1);
  }

  @Test
  void attest_programThatIsNotThere_isSaidInOneSentence() throws Exception {
    WritProcess.Ended ended = hosts.asking(1, List.of(), "/nonexistent/program").run();
    assertThat(ended.status()).isEqualTo(ExitStatus.USAGE);
    assertThat(ended.err()).contains("/nonexistent/program must exist").hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource({"attest, 2", "run, 125"})
  void env_thatIsNoName_isAUsageError(String subcommand, int status) throws Exception {
    for (String none : List.of("MINE=x", "", "A-B")) {
      List<String> options =
          List.of("--service", hosts.url(), "--workload", GovernedHosts.WORKER_A, "--env=" + none);
      WritProcess.Ended ended = hosts.on(hosts.hostA(), subcommand, options, "echo", "one").run();
      assertThat(ended.status()).as(ended.err()).isEqualTo(status);
      assertThat(ended.err()).contains("by its name alone").hasLineCount(1);
      assertThat(ended.out()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"attest, 2", "run, 125"})
  void bind_fileThatIsNotThere_isSaidInOneSentence(String subcommand, int status) throws Exception {
    List<String> options =
        List.of(
            "--service",
            hosts.url(),
            "--workload",
            GovernedHosts.WORKER_A,
            "--bind",
            "/nonexistent/data");
    WritProcess.Ended ended = hosts.on(hosts.hostA(), subcommand, options, "echo", "one").run();
    assertThat(ended.status()).as(ended.err()).isEqualTo(status);
    assertThat(ended.err())
        .contains("/nonexistent/data must exist, and does not")
        .doesNotContain("Exception")
        .hasLineCount(1);
    assertThat(ended.out()).isEmpty();
  }

  /** All that stands in the environment. */
  private static WritProcess inEnvironment(WritProcess process) {
    return process
        .with("WRIT_TRUST", hosts.trust().toString())
        .with("WRIT_SERVICE", hosts.url())
        .with("WRIT_STATE", hosts.hostA().state().toString())
        .with("WRIT_TPM", hosts.hostA().tcti())
        .with("WRIT_TENANT", DemoService.TENANT)
        .with("WRIT_WORKLOAD", GovernedHosts.WORKER_A);
  }

  private static WritProcess held(String... arguments) throws CommandFailure {
    return WritProcess.of(hosts.work(), List.of(arguments));
  }

  @Test
  void environment_namesWhatNoOptionDoes() throws Exception {
    WritProcess.Ended ran = inEnvironment(held("run", "--", "echo", "one")).run();
    assertThat(ran.status()).as(ran.err()).isZero();
    assertThat(ran.out()).isEqualTo("one\n");
    WritProcess.Ended attested = inEnvironment(held("attest", "--", "echo", "one")).run();
    assertThat(attested.status()).as(attested.err()).isZero();
    // The option wins.
    WritProcess.Ended other =
        inEnvironment(held("run", "--workload", GovernedHosts.WORKER_B, "--", "echo", "one")).run();
    assertThat(other.code()).as(other.err()).isEqualTo("policy_denied");
  }

  @Test
  void enrol_onTheHost_takesFromTheEnvironmentWhatIsNotWritten() throws Exception {
    // Picocli does not ask for the defaults of a group of which nothing is written.
    assertThat(enrol(List.of()).status()).isEqualTo(ExitStatus.USAGE);
    WritProcess.Ended enrolled =
        enrol(List.of("--service", hosts.url(), "--state", hosts.hostB().state().toString()));
    assertThat(enrolled.status()).as(enrolled.err()).isZero();
    assertThat(enrolled.out()).contains("host-b").contains("ak_name");
    Invocation without = Invocation.of("enrol", "--host", "host-b");
    assertThat(without.status()).isEqualTo(ExitStatus.USAGE);
  }

  /** It is enrolled, and may say so again. */
  private static WritProcess.Ended enrol(List<String> options) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("enrol", "--host", "host-b"));
    arguments.addAll(options);
    // It holds no program: the launcher starts it without writ-exec, and from all jars.
    List<String> command = JavaCommand.ofWrit(hosts.work(), arguments);
    return inEnvironment(WritProcess.ofCommand(hosts.work(), command))
        .with("WRIT_TPM", hosts.hostB().tcti())
        .run();
  }

  private static WritProcess.Ended runWith(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("run"));
    all.addAll(List.of(arguments));
    return WritProcess.of(hosts.work(), all).run();
  }

  private static void assertWrongUsage(WritProcess.Ended ended) {
    assertThat(ended.status()).as(ended.err()).isEqualTo(ExitStatus.BUG);
    assertThat(ended.err()).startsWith("writ run: ").doesNotContain("bug");
    assertThat(ended.out()).isEmpty();
  }

  @Test
  void run_wrongUsage_is125() throws Exception {
    String trust = hosts.trust().toString();
    assertWrongUsage(runWith());
    assertWrongUsage(runWith("--unknown", "--", "true"));
    assertWrongUsage(runWith("--trust", trust, "--state", "s", "--tenant", "demo", "--"));
    assertWrongUsage(runWith("--trust", trust, "--state", "s", "--tenant", "demo", "--", "true"));
    assertWrongUsage(
        runWith("--trust", trust, "--state", "s", "--service", hosts.url(), "--", "true"));
    assertWrongUsage(
        runWith(
            "--trust",
            trust,
            "--state",
            "s",
            "--service",
            hosts.url(),
            "--tenant",
            "demo",
            "true"));
    assertWrongUsage(
        runWith("--state", "s", "--service", hosts.url(), "--tenant", "demo", "--", "true"));
    assertWrongUsage(
        runWith("--trust", trust, "--service", hosts.url(), "--tenant", "demo", "--", "true"));
  }

  @Test
  void run_serviceOrNames_thatAreNone_is125() throws Exception {
    for (String url : List.of("ftp://x", "::", "")) {
      assertWrongUsage(fresh("--service", url));
    }
    assertWrongUsage(fresh("--workload", "no-spiffe-id"));
    assertWrongUsage(fresh("--workload", ""));
    assertWrongUsage(fresh("--tenant", ""));
  }

  /** A fresh run with one option of its own. */
  private static WritProcess.Ended fresh(String option, String value) throws Exception {
    List<String> all = new ArrayList<>(List.of("run"));
    String[] usual = {
      "--trust",
      hosts.trust().toString(),
      "--state",
      hosts.hostA().state().toString(),
      "--tpm",
      hosts.hostA().tcti(),
      "--tenant",
      "demo",
      "--workload",
      GovernedHosts.WORKER_A,
      "--service",
      hosts.url()
    };
    for (int i = 0; i < usual.length; i += 2) {
      if (!usual[i].equals(option)) {
        all.addAll(List.of(usual[i], usual[i + 1]));
      }
    }
    all.addAll(List.of(option, value, "--", "echo", "one"));
    return WritProcess.of(hosts.work(), all).run();
  }

  @Test
  void run_trustThatCannotBeBelieved_is125() throws Exception {
    assertWrongUsage(fresh("--trust", "/nonexistent/trust.json"));
    assertWrongUsage(fresh("--trust", hosts.work().toString()));
    assertWrongUsage(fresh("--trust", file("{}").toString()));
    assertWrongUsage(fresh("--trust-sha256", "00"));
    assertWrongUsage(fresh("--trust-sha256", "0".repeat(64)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void run_withoutTheBuildsWritExec_is125(boolean pipes) throws Exception {
    List<String> held = JavaCommand.ofWritExec(hosts.work(), arguments());
    WritProcess direct = WritProcess.ofCommand(hosts.work(), held.subList(1, held.size()));
    WritProcess.Ended ended = (pipes ? direct.with("WRIT_EXEC_PIPES", "0,1") : direct).run();
    assertWrongUsage(ended);
    assertThat(ended.err()).contains("writ-exec").contains("launcher");
  }

  @Test
  void run_byAnotherWritExec_is125() throws Exception {
    List<String> held = new ArrayList<>(JavaCommand.ofWritExec(hosts.work(), arguments()));
    held.replaceAll(
        word ->
            word.startsWith("-Dwrit.exec=")
                ? "-Dwrit.exec=" + "0".repeat(64) + word.substring(word.indexOf(':'))
                : word);
    WritProcess.Ended ended = WritProcess.ofCommand(hosts.work(), held).run();
    assertWrongUsage(ended);
    assertThat(ended.err()).contains("must be the build's writ-exec");
    held.removeIf(word -> word.startsWith("-Dwrit.exec="));
    assertWrongUsage(WritProcess.ofCommand(hosts.work(), held).run());
  }

  private static List<String> arguments() {
    return List.of(
        "run",
        "--trust",
        hosts.trust().toString(),
        "--state",
        hosts.hostA().state().toString(),
        "--tpm",
        hosts.hostA().tcti(),
        "--tenant",
        DemoService.TENANT,
        "--workload",
        GovernedHosts.WORKER_A,
        "--service",
        hosts.url(),
        "--",
        "echo",
        "one");
  }
}
