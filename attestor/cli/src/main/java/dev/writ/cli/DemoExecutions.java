// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static dev.writ.cli.DemoReport.ALLOW;
import static dev.writ.cli.DemoReport.OK;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustContent.StatusSource;
import dev.writ.artifact.TrustFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The end of the demo's story: programs are started by {@code writ run}, in processes of its own, and
 * whatever is not what was allowed is not started.
 */
final class DemoExecutions {
  private static final String LOADER = "LD_PRELOAD";
  private static final String LIBRARY = "/nonexistent/demo.so";

  /** Whose programs the demo's policy lets host-a run. */
  static final String WORKLOAD = "spiffe://dev.example/worker-a";

  private static final Path ECHO = Path.of("/bin/echo");
  private static final Path OTHER = Path.of("/bin/cat");

  /** Age at which a token of the demo's last step says nothing any more. */
  private static final Duration SOON = Duration.ofSeconds(1);

  private final Path folder;
  private final DemoReport report;
  private final DemoService service;
  private final DemoHost hostA;
  private final DemoHost hostB;
  private final HeldCommands commands;

  /**
   * The executions on two hosts, to whose TPMs nobody is connected.
   *
   * @param folder exists; programs of its users' own lie in {@link #programs}
   */
  DemoExecutions(
      Path folder, DemoReport report, DemoService service, DemoHost hostA, DemoHost hostB) {
    this.folder = folder;
    this.report = report;
    this.service = service;
    this.hostA = hostA;
    this.hostB = hostB;
    this.commands = new HeldCommands(folder);
  }

  /** Where programs lie that their user could rewrite; the demo's policy lets them run from a copy. */
  static Path programs(Path folder) {
    return folder.resolve("programs");
  }

  void tell() throws Exception {
    report.observe(
        "writ run: host-a runs echo under a fresh artifact",
        OK,
        () -> run(hostA, fresh(), List.of("echo", "governed")).printing("governed"));
    report.observe(
        LOADER + " is set, and does not reach the program",
        OK,
        () -> run(hostA, fresh(), List.of("env")).without(LOADER));
    report.observe(
        "--env " + LOADER + ": the policy does not name it",
        DenialCode.POLICY_DENIED.wire(),
        () -> run(hostA, fresh("--env", LOADER), List.of("env")).word());

    Files.createDirectory(programs(folder));
    Path program = Files.copy(ECHO, programs(folder).resolve("tool"));
    Path bundle = folder.resolve("exec-bundle.json");
    report.observe(
        "host-a gets a bundle for its own program: one argument, once",
        ALLOW,
        () -> attest(bundle, List.of(program.toString(), "one")));
    List<String> brought = brought(bundle, service.trustFile());
    report.observe(
        "under it, another argument",
        DenialCode.SCOPE_EXCEEDED.wire(),
        () -> run(hostA, brought, List.of(program.toString(), "two")).word());
    report.observe(
        "under it, a swapped executable",
        DenialCode.SCOPE_EXCEEDED.wire(),
        () -> swapped(program, () -> run(hostA, brought, List.of(program.toString(), "one"))));
    report.observe(
        "under it, on host-b",
        DenialCode.ENVIRONMENT_MISMATCH.wire(),
        () -> run(hostB, brought, List.of(program.toString(), "one")).word());
    report.observe(
        "under it, what it allows, with no service",
        OK,
        () -> run(hostA, brought, List.of(program.toString(), "one")).printing("one"));
    report.observe(
        "under it, the same again",
        DenialCode.REPLAYED.wire(),
        () -> run(hostA, brought, List.of(program.toString(), "one")).word());
    List<String> late = brought(bundle, impatientTrust());
    report.observe(
        "offline, its status token past its age",
        DenialCode.GOVERNANCE_DISCONTINUITY.wire(),
        () -> run(hostA, late, List.of(program.toString(), "one")).word());
  }

  /** What a process of {@code writ run} came to. */
  private record Run(HeldCommands.Ended ended) {
    String word() throws IOException {
      if (ended.status() == 0) {
        return OK;
      }
      return ended
          .denied()
          .map(DenialCode::wire)
          .orElseThrow(
              () ->
                  new IOException(
                      "writ run must run or be denied, and ended with "
                          + ended.status()
                          + ": "
                          + ended.said().strip()));
    }

    /** Its word, if it printed this and nothing else. */
    String printing(String line) throws IOException {
      String word = word();
      return word.equals(OK) && !ended.printed().strip().equals(line)
          ? "printed " + ended.printed()
          : word;
    }

    /** Its word, if it printed nothing of this. */
    String without(String text) throws IOException {
      String word = word();
      return word.equals(OK) && ended.printed().contains(text) ? "with " + text : word;
    }
  }

  private interface Running {
    Run run() throws IOException, InterruptedException, CommandFailure;
  }

  private static String swapped(Path program, Running running)
      throws IOException, InterruptedException, CommandFailure {
    replace(program, OTHER);
    try {
      return running.run().word();
    } finally {
      replace(program, ECHO);
    }
  }

  private static void replace(Path program, Path with) throws IOException {
    Path copy = Files.copy(with, program.resolveSibling("next"));
    Path ignored = Files.move(copy, program, StandardCopyOption.ATOMIC_MOVE);
  }

  private List<String> fresh(String... more) {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--trust",
                service.trustFile().toString(),
                "--service",
                service.url().toString(),
                "--workload",
                WORKLOAD));
    options.addAll(List.of(more));
    return options;
  }

  private static List<String> brought(Path bundle, Path trust) {
    return List.of("--trust", trust.toString(), "--bundle", bundle.toString());
  }

  private Run run(DemoHost host, List<String> options, List<String> command)
      throws IOException, InterruptedException, CommandFailure {
    return writ("run", host, options, command);
  }

  private String attest(Path bundle, List<String> command)
      throws IOException, InterruptedException, CommandFailure {
    Run attested = writ("attest", hostA, fresh(), command);
    if (attested.ended().status() != ExitStatus.DONE) {
      return attested.word();
    }
    Files.writeString(bundle, attested.ended().printed());
    return ALLOW;
  }

  /** Always with a variable set that would load code, as a tired user's shell may have it. */
  private Run writ(String subcommand, DemoHost host, List<String> options, List<String> command)
      throws IOException, InterruptedException, CommandFailure {
    List<String> arguments = new ArrayList<>(List.of(subcommand));
    arguments.addAll(options);
    arguments.addAll(
        List.of(
            "--state",
            host.state().toString(),
            "--tpm",
            host.tcti(),
            "--tenant",
            DemoService.TENANT,
            "--"));
    arguments.addAll(command);
    return new Run(commands.run(arguments, Map.of(LOADER, LIBRARY)));
  }

  /** The same trust, but in status tokens that are no older than a moment; and the moment passes. */
  private Path impatientTrust() throws IOException, InterruptedException {
    TrustContent content = service.trust().content();
    TrustContent impatient =
        new TrustContent(
            content.issuer(),
            content.version(),
            content.previous(),
            content.assurance(),
            content.keys(),
            content.logPolicy(),
            content.status().map(status -> new StatusSource(status.uri(), SOON)),
            content.skew(),
            content.tls(),
            content.policyApprovers(),
            content.gateways(),
            content.operators());
    Path file = folder.resolve("impatient-trust.json");
    Files.write(file, TrustFile.of(impatient, List.of()).toJson());
    Thread.sleep(SOON.toMillis());
    return file;
  }
}
