// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** On a terminal, which script(1) makes: the child has it, and whoever had it before gets it back. */
@Timeout(value = 2, unit = TimeUnit.MINUTES) // a job that stays stopped would else stop the build
final class WritExecTerminalTest {
  private static final Map<String, String> PATH =
      Map.of("PATH", "/usr/bin:/bin", "SHELL", "/bin/sh", "TERM", "dumb");

  /** Tells its first argument that it is there, and whether in the foreground; then asks a line. */
  private static final String READER =
      """
      #include <fcntl.h>
      #include <stdio.h>
      #include <unistd.h>
      int main(int n, char **a) {
        char line[256];
        int tty = open("/dev/tty", O_RDWR), fd = open(a[1], O_WRONLY);
        dprintf(fd, "%s\\n", tcgetpgrp(tty) == getpgrp() ? "foreground" : "background");
        close(fd);
        ssize_t got = n > 2 ? pause() : read(tty, line, sizeof line);
        dprintf(1, "got %.*s", (int)got, line);
        return 0;
      }
      """;

  @TempDir Path folder;
  private Path reader;
  private Path there;

  @BeforeEach
  void compile() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "script(1)");
    reader = Compiled.program(folder.resolve("reader"), READER);
    there = folder.resolve("there");
    assertThat(new ProcessBuilder("mkfifo", there.toString()).start().waitFor()).isZero();
  }

  @Test
  void child_onATerminal_isInTheForeground() throws Exception {
    try (RelayedWritExec relayed = onTerminal("$writ")) {
      long unused = relayed.started(relayed.bound(reader.toString(), there.toString()));
      assertThat(Files.readString(there)).isEqualTo("foreground\n");
      type(relayed, "hello\n");
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(0));
      finish(relayed);
      assertThat(relayed.out()).contains("got hello");
    }
  }

  @Test
  void interrupt_onTheKeyboard_reachesTheChildAndNotTheJvm() throws Exception {
    try (RelayedWritExec relayed = onTerminal("$writ")) {
      long unused = relayed.started(relayed.bound(reader.toString(), there.toString(), "pause"));
      assertThat(Files.readString(there)).isEqualTo("foreground\n");
      type(relayed, "\003");
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Signalled(2));
      assertThat(relayed.run("true")).isEqualTo(new Ending.Exited(0));
    }
  }

  @Test
  void terminal_afterTheChild_isItsFormerOwners() throws Exception {
    try (RelayedWritExec relayed = onTerminal("$writ; read line; echo \"after $line\"")) {
      long unused = relayed.started(relayed.bound(reader.toString(), there.toString(), "pause"));
      assertThat(Files.readString(there)).isEqualTo("foreground\n");
      type(relayed, "\003");
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Signalled(2));
      finishCommands(relayed);
      type(relayed, "hello\n");
      finish(relayed);
      assertThat(relayed.out()).contains("after hello");
    }
  }

  @Test
  void terminal_afterAJvmThatDied_isItsFormerOwners() throws Exception {
    try (RelayedWritExec relayed = onTerminal("$writ; read line; echo \"after $line\"")) {
      long child = relayed.started(relayed.bound(reader.toString(), there.toString(), "pause"));
      assertThat(Files.readString(there)).isEqualTo("foreground\n");
      long jvm =
          ProcessHandle.of(relayed.exec().pid())
              .orElseThrow()
              .children()
              .mapToLong(ProcessHandle::pid)
              .filter(pid -> pid != child)
              .findFirst()
              .orElseThrow();
      assertThat(ProcessHandle.of(jvm).orElseThrow().destroyForcibly()).isTrue();
      Gone.is(relayed.exec().pid());
      type(relayed, "hello\n");
      finish(relayed);
      assertThat(relayed.out()).contains("after hello");
    }
  }

  @Test
  void stop_onTheKeyboard_stopsBothUntilTheyAreContinued() throws Exception {
    try (RelayedWritExec relayed =
        onTerminal(
            "set -m; $writ; echo \"stopped $?\" >" + folder + "/stopped; fg; echo \"ended $?\"")) {
      assertThat(new ProcessBuilder("mkfifo", folder + "/stopped").start().waitFor()).isZero();
      long unused = relayed.started(relayed.bound(reader.toString(), there.toString()));
      assertThat(Files.readString(there)).isEqualTo("foreground\n");
      type(relayed, "\032");
      assertThat(Files.readString(folder.resolve("stopped"))).isEqualTo("stopped 148\n");
      type(relayed, "hello\n");
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(0));
      finish(relayed);
      assertThat(relayed.out()).contains("got hello").contains("ended 0");
    }
  }

  @Test
  void stop_whereNobodyCouldContinue_isNone() throws Exception {
    try (RelayedWritExec relayed = onTerminal("exec $writ")) {
      long unused = relayed.started(relayed.bound(reader.toString(), there.toString()));
      assertThat(Files.readString(there)).isEqualTo("foreground\n");
      type(relayed, "\032");
      type(relayed, "hello\n");
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(0));
      finish(relayed);
      assertThat(relayed.out()).contains("got hello");
    }
  }

  @Test
  void pipeline_fromTheChild_leavesTheTerminalToTheOther() throws Exception {
    try (RelayedWritExec relayed =
        onTerminal("$writ | { read line </dev/tty; echo \"other $line\"; cat; }")) {
      long unused = relayed.started(relayed.bound(reader.toString(), there.toString(), "pause"));
      assertThat(Files.readString(there)).isEqualTo("background\n");
      type(relayed, "hello\n");
      // The keyboard's signals go to the pipeline, and so to the child as well.
      awaitOut(relayed, "other hello");
      type(relayed, "\003");
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Signalled(2));
    }
  }

  @Test
  void pipeline_toTheChild_itMayAskTheTerminal() throws Exception {
    try (RelayedWritExec relayed = onTerminal("echo unread | $writ")) {
      long unused = relayed.started(relayed.bound(reader.toString(), there.toString()));
      assertThat(Files.readString(there)).isEqualTo("background\n");
      type(relayed, "hello\n");
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(0));
      finish(relayed);
      assertThat(relayed.out()).contains("got hello");
    }
  }

  @Test
  void pipeline_stoppedOnTheKeyboard_stopsTheChildAndLeavesTheTerminal() throws Exception {
    try (RelayedWritExec relayed =
        onTerminal(
            "set -m; $writ | { read line </dev/tty; echo \"other $line\"; cat; };"
                + " echo stopped >"
                + folder
                + "/stopped; read go <"
                + folder
                + "/go; fg; echo \"ended $?\"")) {
      assertThat(
              new ProcessBuilder("mkfifo", folder + "/stopped", folder + "/go").start().waitFor())
          .isZero();
      long child = relayed.started(relayed.bound(reader.toString(), there.toString(), "pause"));
      assertThat(Files.readString(there)).isEqualTo("background\n");
      type(relayed, "\032");
      assertThat(Files.readString(folder.resolve("stopped"))).isEqualTo("stopped\n");
      String stat = Files.readString(Path.of("/proc/" + child + "/stat"));
      assertThat(stat.charAt(stat.lastIndexOf(')') + 2)).isEqualTo('T');
      Files.writeString(folder.resolve("go"), "\n");
      type(relayed, "hello\n");
      awaitOut(relayed, "other hello");
      assertThat(ProcessHandle.of(child).orElseThrow().destroy()).isTrue();
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Signalled(15));
      finish(relayed);
      assertThat(relayed.out()).contains("ended 0");
    }
  }

  /** A shell's line on a terminal, in which {@code $writ} stands for writ-exec. */
  private RelayedWritExec onTerminal(String line) throws Exception {
    Path command = folder.resolve("command.sh");
    String wrapper =
        "{ printf 'w() { '; printf 'exec'; for a; do printf \" '%s'\" \"$a\"; done; printf ';}\\n';"
            + " printf '%s\\n' \"$line\"; } >\"$file\"; exec env --default-signal script -qec \"exec /bin/sh $file\" /dev/null";
    return RelayedWritExec.start(
        folder,
        PATH,
        List.of(
            "/bin/sh",
            "-c",
            "line=$1; file=$2; shift 2; " + wrapper,
            "sh",
            line.startsWith("exec ")
                ? line.replace("exec $writ", "w")
                : line.replace("$writ", "(w)"),
            command.toString()));
  }

  private static void type(RelayedWritExec relayed, String keys) throws Exception {
    OutputStream in = relayed.process().getOutputStream();
    in.write(keys.getBytes(StandardCharsets.UTF_8));
    in.flush();
  }

  private static void awaitOut(RelayedWritExec relayed, String words) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!relayed.out().contains(words)) {
      assertThat(System.nanoTime() - end).as(relayed.out()).isNegative();
      Thread.sleep(5);
    }
  }

  private static void finishCommands(RelayedWritExec relayed) throws Exception {
    relayed.exec().close();
    Gone.is(relayed.exec().pid());
  }

  private static void finish(RelayedWritExec relayed) throws Exception {
    relayed.exec().close();
    assertThat(relayed.process().waitFor(20, TimeUnit.SECONDS)).isTrue();
  }
}
