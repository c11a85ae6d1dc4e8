// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signals reach the child, and nothing outlives what it belongs to. */
final class WritExecEndTest {
  private static final int FAILED = 125;
  private static final Map<String, String> PATH = Map.of("PATH", "/usr/bin:/bin");

  /** Writes the number of each signal that it gets to its first argument; 15 is the last. */
  private static final String SIGNAL_READER =
      """
      #define _GNU_SOURCE
      #include <fcntl.h>
      #include <signal.h>
      #include <stdio.h>
      int main(int n, char **a) {
        (void)n;
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, NULL);
        int s = 0, fd = open(a[1], O_WRONLY);
        dprintf(fd, "ready\\n");
        while (s != SIGTERM) {
          sigwait(&all, &s);
          dprintf(fd, "%d\\n", s);
        }
        return 0;
      }
      """;

  /** Starts a process of its own group beside itself, tells both, and waits for good. */
  private static final String FAMILY =
      "sh -c 'echo $$ >\"$0\"; exec sleep 1000' \"$1\" & echo $$ >\"$1.own\"; wait";

  @TempDir Path folder;

  @Test
  void signals_whileTheChildRuns_reachIt() throws Exception {
    Path reader = Compiled.program(folder.resolve("reader"), SIGNAL_READER);
    Path fifo = fifo("signals");
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, PATH)) {
      long unused = relayed.started(relayed.bound(reader.toString(), fifo.toString()));
      try (BufferedReader signals = Files.newBufferedReader(fifo)) {
        assertThat(signals.readLine()).isEqualTo("ready");
        for (int signal : new int[] {1, 2, 3, 10, 12, 14, 18, 20, 28, 15}) {
          kill(signal, relayed.exec().pid());
          assertThat(signals.readLine()).isEqualTo(Integer.toString(signal));
        }
        assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(0));
      }
    }
  }

  @Test
  void signal_beforeAChild_endsAllAndStartsNone() throws Exception {
    for (int signal : new int[] {15, 2, 1, 3, 10, 12}) {
      Path own = Files.createDirectory(folder.resolve("s" + signal));
      try (RelayedWritExec relayed = RelayedWritExec.start(own, PATH)) {
        Execution execution = relayed.bound("touch", own.resolve("ran").toString());
        long jvm = onlyChild(relayed.exec().pid());
        kill(signal, relayed.exec().pid());
        assertThat(relayed.process().waitFor()).isEqualTo(128 + signal);
        Gone.is(jvm);
        try {
          assertThat(relayed.begin(execution)).isNotInstanceOf(WritExec.Response.Started.class);
        } catch (java.io.IOException e) {
          assertThat(e).isNotNull();
        }
        assertThat(own.resolve("ran")).doesNotExist();
      }
    }
  }

  @Test
  void signal_ofTheTerminalsSize_beforeAChildIsNone() throws Exception {
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, PATH)) {
      kill(28, relayed.exec().pid());
      kill(18, relayed.exec().pid());
      assertThat(relayed.run("true")).isEqualTo(new Ending.Exited(0));
    }
  }

  @Test
  void signal_afterTheChild_leavesTheJvmToTellHowItEnded() throws Exception {
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, PATH)) {
      assertThat(relayed.run("sh", "-c", "exit 7")).isEqualTo(new Ending.Exited(7));
      kill(15, relayed.exec().pid());
      kill(2, relayed.exec().pid());
      assertThat(relayed.run("true")).isEqualTo(new Ending.Exited(0));
      relayed.exec().close();
      assertThat(relayed.process().waitFor()).isZero();
    }
  }

  @Test
  void writExec_stoppedAndContinuedWithItsChild_goesOn() throws Exception {
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, PATH)) {
      long child = relayed.started(relayed.bound("cat"));
      kill(19, child);
      awaitState(relayed.exec().pid(), 'T');
      kill(18, relayed.exec().pid());
      relayed.process().getOutputStream().close();
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(0));
    }
  }

  /** As plain exec would, under nohup(1). */
  @Test
  void signal_thatTheCallerIgnores_isIgnoredOn() throws Exception {
    try (RelayedWritExec relayed =
        RelayedWritExec.start(folder, PATH, List.of("env", "--ignore-signal=HUP"))) {
      long unused = relayed.started(relayed.bound("sh", "-c", "kill -HUP $$ $PPID; exit 7"));
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(7));
    }
  }

  @Test
  void jvm_killed_takesTheGroupWithIt() throws Exception {
    Path fifo = fifo("family");
    Path own = fifo("family.own");
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, PATH)) {
      long jvm = onlyChild(relayed.exec().pid());
      long child = relayed.started(relayed.bound("sh", "-c", FAMILY, "sh", fifo.toString()));
      assertThat(number(own)).isEqualTo(child);
      long grandchild = number(fifo);
      kill(9, jvm);
      assertThat(relayed.process().waitFor()).isEqualTo(FAILED);
      Gone.is(child);
      Gone.is(grandchild);
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Lost());
    }
  }

  @Test
  void writExec_killed_leavesNeitherChildNorItsGroupNorJvm() throws Exception {
    Path fifo = fifo("family");
    Path own = fifo("family.own");
    Process process = Probe.of(folder).command("sh", "-c", FAMILY, "sh", fifo.toString()).start();
    long child = number(own);
    long grandchild = number(fifo);
    Set<Long> all = childrenOf(process.pid());
    assertThat(all).hasSize(2).contains(child);
    kill(9, process.pid());
    assertThat(process.waitFor()).isEqualTo(128 + 9);
    for (long one : all) {
      Gone.is(one);
    }
    Gone.is(grandchild);
  }

  @Test
  void writExec_killedBeforeAChild_leavesNoJvm() throws Exception {
    RelayedWritExec relayed = RelayedWritExec.start(folder, PATH);
    long jvm = onlyChild(relayed.exec().pid());
    kill(9, relayed.exec().pid());
    assertThat(relayed.process().waitFor()).isEqualTo(128 + 9);
    relayed.close();
    Gone.is(jvm);
  }

  @Test
  void processGroup_thatGrowsWhileItIsKilled_endsWhole() throws Exception {
    Path growing =
        Compiled.program(
            folder.resolve("growing"),
            """
            #include <stdio.h>
            #include <unistd.h>
            int main(void) {
              setpgid(0, 0);
              puts("ready");
              fflush(stdout);
              alarm(60);
              for (int i = 0; i < 4000; i++) {
                if (fork() > 0) { usleep(200); _exit(0); }
                alarm(60);
              }
              pause();
              return 0;
            }
            """);
    Process process = new ProcessBuilder(growing.toString()).start();
    assertThat(process.inputReader().readLine()).isEqualTo("ready");
    ProcessGroup.kill(process.pid());
    // Whoever is left holds the other end of its output.
    assertThat(process.getInputStream().read()).isEqualTo(-1);
    int unused = process.waitFor();
  }

  private Path fifo(String name) throws Exception {
    Path fifo = folder.resolve(name);
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    return fifo;
  }

  private static long number(Path fifo) throws Exception {
    return Long.parseLong(Files.readString(fifo).strip());
  }

  private static void kill(int signal, long pid) throws Exception {
    assertThat(
            new ProcessBuilder("kill", "-" + signal, Long.toString(pid))
                .inheritIO()
                .start()
                .waitFor())
        .isZero();
  }

  private static long onlyChild(long pid) {
    Set<Long> children = childrenOf(pid);
    assertThat(children).hasSize(1);
    return children.iterator().next();
  }

  private static Set<Long> childrenOf(long pid) {
    return ProcessHandle.of(pid)
        .orElseThrow()
        .children()
        .map(ProcessHandle::pid)
        .collect(java.util.stream.Collectors.toSet());
  }

  private static void awaitState(long pid, char state) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    String stat = "";
    while (stat.isEmpty() || stat.charAt(stat.lastIndexOf(')') + 2) != state) {
      assertThat(System.nanoTime() - end).as(stat).isNegative();
      Thread.sleep(5);
      stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    }
  }
}
