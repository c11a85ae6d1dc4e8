// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.OutcomeState;
import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A service and two hosts that are enrolled there, on which programs are run. */
final class GovernedHosts implements AutoCloseable {
  static final String WORKER_A = "spiffe://dev.example/worker-a";
  static final String WORKER_B = "spiffe://dev.example/worker-b";

  private final RunningService running;
  private final Path work;

  private GovernedHosts(RunningService running, Path work) {
    this.running = running;
    this.work = work;
  }

  static GovernedHosts start() throws Exception {
    BuiltWritExec.tell();
    RunningService running = RunningService.start();
    GovernedHosts hosts =
        new GovernedHosts(running, Files.createDirectory(running.folder().resolve("work")));
    Path invitation = running.folder().resolve("invitation.json");
    require(
        Invocation.of(
            "enrol",
            "--invite",
            "host-a",
            "--socket",
            running.service().socket(),
            "--out",
            invitation));
    require(hosts.enrol(running.hostA(), "--invitation", invitation));
    require(hosts.enrol(running.hostB(), "--host", "host-b"));
    return hosts;
  }

  private Invocation enrol(DemoHost host, Object how, Object with) {
    return Invocation.of(
        "enrol",
        how,
        with,
        "--service",
        running.service().url(),
        "--trust",
        running.service().trustFile(),
        "--state",
        host.state(),
        "--tpm",
        host.tcti());
  }

  private static void require(Invocation invocation) {
    assertThat(invocation.status()).as(invocation.err()).isEqualTo(ExitStatus.DONE);
  }

  RunningService running() {
    return running;
  }

  DemoHost hostA() {
    return running.hostA();
  }

  DemoHost hostB() {
    return running.hostB();
  }

  /** Where processes work. Programs in it may run, though their user could rewrite them. */
  Path work() {
    return work;
  }

  Path trust() {
    return running.service().trustFile();
  }

  String url() {
    return running.service().url().toString();
  }

  /** {@code writ run} on host-a, with a service to ask. */
  WritProcess fresh(List<String> options, String... command) throws CommandFailure {
    List<String> all = new ArrayList<>(List.of("--service", url(), "--workload", WORKER_A));
    all.addAll(options);
    return on(hostA(), "run", all, command);
  }

  /** {@code writ run} on host-a, with a bundle. */
  WritProcess under(Path bundle, String... command) throws CommandFailure {
    return on(hostA(), "run", List.of("--bundle", bundle.toString()), command);
  }

  /** A command that holds a program, on a host. */
  WritProcess on(DemoHost host, String subcommand, List<String> options, String... command)
      throws CommandFailure {
    return on(host, host.state(), subcommand, options, command);
  }

  /** The same with its state elsewhere. */
  WritProcess on(
      DemoHost host, Path state, String subcommand, List<String> options, String... command)
      throws CommandFailure {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                subcommand,
                "--trust",
                trust().toString(),
                "--state",
                state.toString(),
                "--tpm",
                host.tcti(),
                "--tenant",
                DemoService.TENANT));
    arguments.addAll(options);
    arguments.add("--");
    arguments.addAll(List.of(command));
    return WritProcess.of(work, arguments);
  }

  /** {@code writ attest} for a command on host-a. */
  WritProcess asking(int uses, List<String> options, String... command) throws CommandFailure {
    List<String> all =
        new ArrayList<>(
            List.of("--service", url(), "--workload", WORKER_A, "--uses", Integer.toString(uses)));
    all.addAll(options);
    return on(hostA(), "attest", all, command);
  }

  /** A new bundle for a command on host-a. */
  Path bundle(int uses, List<String> options, String... command) throws Exception {
    return bundle(asking(uses, options, command));
  }

  /** The bundle that {@code asking} gets, in a file. */
  Path bundle(WritProcess asking) throws Exception {
    WritProcess.Ended attested = asking.run();
    assertThat(attested.status()).as(attested.err()).isEqualTo(ExitStatus.DONE);
    return Files.writeString(
        Files.createTempFile(work, "bundle-", ".json"), attested.out().strip());
  }

  /** Every leaf of the service's ledger. */
  List<Leaf> leaves() throws Exception {
    return leaves(running.service());
  }

  /** Every leaf of a service's ledger. */
  List<Leaf> leaves(DemoService service) throws Exception {
    String checkpoint = new String(get(service, "checkpoint"), StandardCharsets.US_ASCII);
    long size = Long.parseLong(checkpoint.split("\n", 3)[1]);
    List<Leaf> leaves = new ArrayList<>();
    while (leaves.size() < size) {
      EntryBundlePath path = EntryBundlePath.holding(leaves.size(), size);
      for (byte[] entry : EntryBundle.decode(path, get(service, path.text()))) {
        leaves.add(Leaf.parse(entry));
      }
    }
    return leaves;
  }

  /** The bodies of one kind, from leaf {@code from} on. */
  <T extends LeafBody> List<T> bodies(int from, Class<T> kind) throws Exception {
    List<Leaf> leaves = leaves();
    return leaves.subList(from, leaves.size()).stream()
        .map(Leaf::body)
        .filter(kind::isInstance)
        .map(kind::cast)
        .toList();
  }

  /** The outcomes from leaf {@code from} on. */
  List<OutcomeState> outcomes(int from) throws Exception {
    return bodies(from, LeafBody.Outcome.class).stream().map(LeafBody.Outcome::state).toList();
  }

  /** Makes a file a program. */
  @CanIgnoreReturnValue
  static Path executable(Path file, String content) throws IOException {
    Files.writeString(file, content);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** The outcomes that wait on host-a, and places for such, by their suffixes. */
  List<String> spooled() throws IOException {
    try (Stream<Path> files = Files.list(hostA().state().resolve("outcomes"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.contains("."))
          .map(name -> name.substring(name.indexOf('.')))
          .toList();
    }
  }

  private static byte[] get(DemoService service, String path) throws IOException {
    try (InputStream in = service.url().resolve("/ledger/" + path).toURL().openStream()) {
      return in.readAllBytes();
    }
  }

  @Override
  public void close() throws IOException {
    running.close();
  }
}
