// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.OutcomeStatement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code writ run} where something is amiss: no child is started, or none is left. */
class RunFaultsTest {
  private static final int NOT_EXECUTED = 126;
  private static final int TERMINATED = 143;
  private static final long PATIENCE_MILLIS = 60_000;
  private static final int PLACES = 1000;

  private static final long FRESH_NANOS = 60_000_000_000L;

  private static GovernedHosts hosts;

  /** For {@code echo one}, more often than it is wanted here, and made how long ago. */
  private static Path bundle;

  private static long made;

  @BeforeAll
  static void start() throws Exception {
    hosts = GovernedHosts.start();
    bundle = hosts.bundle(PLACES, List.of(), "echo", "one");
    made = System.nanoTime();
  }

  @AfterAll
  static void stop() throws Exception {
    hosts.close();
  }

  /** None expires while it is wanted. */
  @BeforeEach
  void renewIfOld() throws Exception {
    if (System.nanoTime() - made > FRESH_NANOS) {
      bundle = hosts.bundle(PLACES, List.of(), "echo", "one");
      made = System.nanoTime();
    }
  }

  /** A state folder with host-a's instance key and nothing else. */
  private static Path state() throws IOException {
    Path state =
        Files.createTempDirectory(
            hosts.work(),
            "state-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path ignored =
        Files.copy(
            hosts.hostA().state().resolve("instance-key"),
            state.resolve("instance-key"),
            java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
    return state;
  }

  private static WritProcess echo(Path state) throws Exception {
    return hosts.on(
        hosts.hostA(), state, "run", List.of("--bundle", bundle.toString()), "echo", "one");
  }

  private static void assertUnverifiable(WritProcess process) throws Exception {
    WritProcess.Ended ended = process.run();
    assertThat(ended.status()).as(ended.err()).isEqualTo(NOT_EXECUTED);
    assertThat(ended.code()).as(ended.err()).isEqualTo("unverifiable");
    assertThat(ended.err()).hasLineCount(1);
    assertThat(ended.out()).isEmpty();
  }

  private static void assertRuns(WritProcess process) throws Exception {
    WritProcess.Ended ended = process.run();
    assertThat(ended.status()).as(ended.err()).isZero();
    assertThat(ended.out()).isEqualTo("one\n");
  }

  /** Nobody can make a file there, root included. */
  @Test
  void state_thatCannotBeWritten_isUnverifiable() throws Exception {
    assertUnverifiable(echo(Path.of("/proc")));
  }

  @Test
  void state_thatCannotBeMade_startsNothing() throws Exception {
    WritProcess.Ended ended = echo(Path.of("/proc/none/state")).run();
    assertThat(ended.status()).as(ended.err()).isIn(ExitStatus.BUG, NOT_EXECUTED);
    assertThat(ended.err()).hasLineCount(1);
    assertThat(ended.out()).isEmpty();
  }

  /** Whoever may rename the memory of uses away can use an artifact again. */
  @ParameterizedTest
  @ValueSource(strings = {"rwxrwx---", "rwx----w-", "rwxrwxrwx"})
  void state_thatOthersCanWrite_isUnverifiable(String mode) throws Exception {
    Path state = state();
    assertRuns(echo(state));
    Files.setPosixFilePermissions(state, PosixFilePermissions.fromString(mode));
    assertUnverifiable(echo(state));
  }

  @ParameterizedTest
  @ValueSource(strings = {"seen", "outcomes"})
  void memory_thatOthersCanRead_isUnverifiable(String folder) throws Exception {
    Path state = state();
    assertRuns(echo(state));
    Files.setPosixFilePermissions(
        state.resolve(folder), PosixFilePermissions.fromString("rwxr-xr-x"));
    assertUnverifiable(echo(state));
  }

  @ParameterizedTest
  @ValueSource(strings = {"seen", "outcomes"})
  void memory_thatIsAFile_isUnverifiable(String folder) throws Exception {
    Path state = state();
    Files.writeString(state.resolve(folder), "");
    assertUnverifiable(echo(state));
  }

  @Test
  void spool_full_isUnverifiable() throws Exception {
    Path state = state();
    assertRuns(echo(state));
    Path outcomes = state.resolve("outcomes");
    for (int i = 1; i < PLACES; i++) {
      Files.createFile(outcomes.resolve(i + ".outcome"));
    }
    assertUnverifiable(echo(state));
    Files.delete(outcomes.resolve("1.outcome"));
    assertRuns(echo(state));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 21, 40})
  void uses_corrupt_isUnverifiable(int at) throws Exception {
    Path state = state();
    assertRuns(echo(state));
    Path uses = state.resolve("seen/uses");
    byte[] bytes = Files.readAllBytes(uses);
    bytes[at] ^= 1;
    Files.write(uses, bytes);
    assertUnverifiable(echo(state));
  }

  @Test
  void seenTokens_corrupt_isUnverifiable() throws Exception {
    Path state = state();
    assertRuns(echo(state));
    List<Path> tokens;
    try (Stream<Path> files = Files.list(state.resolve("seen"))) {
      tokens =
          files
              .filter(
                  file ->
                      !List.of("uses", "format", "lock").contains(file.getFileName().toString()))
              .toList();
    }
    assertThat(tokens).hasSize(1);
    Files.writeString(tokens.get(0), "garbage");
    assertUnverifiable(echo(state));
  }

  /** The shell's unit is 512 bytes: less than is tried in the state folder. */
  @Test
  void disk_full_isUnverifiable() throws Exception {
    Path state = state();
    assertUnverifiable(echo(state).by("ulimit -f 100; exec \"$@\""));
    assertRuns(echo(state));
  }

  /** More than is tried in the state folder, and less than a native library that is unpacked. */
  @Test
  void disk_withNoRoomForTheLibrary_startsNothing() throws Exception {
    // Where the launcher unpacked it, the JVM is not told of that.
    String unpacking =
        "for word; do shift; case $word in -Djna.boot.library.path=*) ;; *) set -- \"$@\" \"$word\";; esac;"
            + " done; ulimit -f 150; exec \"$@\"";
    WritProcess.Ended ended = echo(state()).by(unpacking).run();
    assertThat(ended.status()).as(ended.err()).isIn(ExitStatus.BUG, NOT_EXECUTED);
    assertThat(ended.out()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"swtpm:path=/nonexistent/tpm", "device:/dev/null", "nonsense", "\u00e9"})
  void tpm_thatIsNotThere_isUnverifiable(String tcti) throws Exception {
    assertUnverifiable(
        WritProcess.of(
            hosts.work(),
            List.of(
                "run",
                "--trust",
                hosts.trust().toString(),
                "--state",
                state().toString(),
                "--tpm",
                tcti,
                "--tenant",
                DemoService.TENANT,
                "--bundle",
                bundle.toString(),
                "--",
                "echo",
                "one")));
  }

  @Test
  void arguments_thatAreTooMuch_areNoUse() throws Exception {
    String[] many = new String[2049];
    java.util.Arrays.fill(many, "x".repeat(63));
    many[0] = "echo";
    assertOwnFailure(hosts.fresh(List.of(), many));
    assertOwnFailure(hosts.fresh(List.of(), "echo", "x".repeat(131_000)));
    assertOwnFailure(hosts.fresh(List.of(), "echo", "x".repeat(40_000)));
  }

  @Test
  void argument_thatIsNotUtf8_isNoUse() throws Exception {
    assertOwnFailure(hosts.fresh(List.of(), "echo").by("exec \"$@\" \"$(printf 'a\\377')\""));
    // The surrogate U+D800 as three bytes, and a slash in two.
    assertOwnFailure(
        hosts.fresh(List.of(), "echo").by("exec \"$@\" \"$(printf '\\355\\240\\200')\""));
    assertOwnFailure(hosts.fresh(List.of(), "echo").by("exec \"$@\" \"$(printf '\\300\\257')\""));
    // What a decoder puts in the place of what it cannot read, written by somebody.
    assertRunsAs(hosts.fresh(List.of(), "printf", "%s", "\ufffd"), "\ufffd");
    assertRunsAs(
        hosts.fresh(List.of(), "printf", "%s", "\ud83d\ude00\n\t'\""), "\ud83d\ude00\n\t'\"");
  }

  @Test
  void environment_thatCannotBeBound_isNoUse() throws Exception {
    WritProcess many = hosts.fresh(List.of(), "echo", "one");
    for (int i = 0; i < 200; i++) {
      many.with("LC_X" + i, "x");
    }
    assertOwnFailure(many);
    assertOwnFailure(hosts.fresh(List.of(), "echo", "one").with("LC_-", "x"));
  }

  private static void assertOwnFailure(WritProcess process) throws Exception {
    WritProcess.Ended ended = process.run();
    assertThat(ended.status()).as(ended.err()).isEqualTo(ExitStatus.BUG);
    assertThat(ended.err()).doesNotContain("bug").hasLineCount(1);
    assertThat(ended.out()).isEmpty();
  }

  private static void assertRunsAs(WritProcess process, String printed) throws Exception {
    WritProcess.Ended ended = process.run();
    assertThat(ended.status()).as(ended.err()).isZero();
    assertThat(ended.out()).isEqualTo(printed);
  }

  @Test
  void signal_toTheCommand_reachesTheChild() throws Exception {
    Path started = Files.createTempDirectory(hosts.work(), "t-").resolve("started");
    WritProcess.Running trapping =
        hosts
            .fresh(
                List.of(),
                "/bin/sh",
                "-c",
                "trap 'echo got; exit 9' TERM; touch " + started + "; while :; do sleep 0.05; done")
            .start();
    await(() -> Files.exists(started));
    trapping.process().destroy();
    WritProcess.Ended ended = trapping.await();
    assertThat(ended.status()).as(ended.err()).isEqualTo(9);
    assertThat(ended.out()).isEqualTo("got\n");
    Files.delete(started);
    WritProcess.Running plain =
        hosts.fresh(List.of(), "/bin/sh", "-c", "touch " + started + "; exec sleep 300").start();
    await(() -> Files.exists(started));
    plain.process().destroy();
    assertThat(plain.await().status()).isEqualTo(TERMINATED);
  }

  @Test
  void writExec_killed_leavesNoChildAndTheOutcomeUnknown() throws Exception {
    Path state = state();
    Tree tree = Tree.start(state);
    tree.running().process().destroyForcibly().waitFor();
    await(() -> tree.all().stream().noneMatch(ProcessHandle::isAlive));
    List<Path> waiting;
    try (Stream<Path> files = Files.list(state.resolve("outcomes"))) {
      waiting = files.filter(file -> file.toString().endsWith(".outcome")).toList();
    }
    assertThat(waiting).hasSize(1);
    assertThat(OutcomeStatement.parse(Files.readString(waiting.get(0))).claims().state())
        .isEqualTo(OutcomeState.UNKNOWN);
  }

  @Test
  void jvm_killed_leavesNoChild() throws Exception {
    Tree tree = Tree.start(state());
    ProcessHandle jvm =
        tree.all().stream()
            .filter(process -> process.info().command().orElse("").endsWith("/java"))
            .findFirst()
            .orElseThrow();
    assertThat(jvm.destroyForcibly()).isTrue();
    assertThat(tree.running().await().status()).isEqualTo(ExitStatus.BUG);
    await(() -> tree.all().stream().noneMatch(ProcessHandle::isAlive));
  }

  /**
   * A child with a child of its own.
   *
   * @param all of them and the JVM
   */
  private record Tree(WritProcess.Running running, List<ProcessHandle> all) {
    static Tree start(Path state) throws Exception {
      Path pids = Files.createTempDirectory(hosts.work(), "t-").resolve("pids");
      String[] command = {
        "/bin/sh",
        "-c",
        "sleep 300 & echo $$ $! > " + pids + ".new; mv " + pids + ".new " + pids + "; wait"
      };
      Path own = hosts.bundle(1, List.of(), command);
      WritProcess.Running running =
          hosts
              .on(hosts.hostA(), state, "run", List.of("--bundle", own.toString()), command)
              .start();
      await(() -> Files.exists(pids));
      List<ProcessHandle> all = new ArrayList<>(running.process().descendants().toList());
      for (String pid : Files.readString(pids).strip().split(" ")) {
        ProcessHandle process = ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
        assertThat(all).contains(process);
      }
      return new Tree(running, all);
    }
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition) throws Exception {
    long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
    while (!condition.holds()) {
      assertThat(System.nanoTime() - end).as("waited in vain").isNegative();
      Thread.sleep(10);
    }
  }
}
