// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A lease ends what runs by writ-exec's own clock, whoever is stopped, and nothing sooner. */
@Timeout(60)
final class WritExecLeaseTest {
  private static final int TERM = 15;
  private static final int KILL = 9;
  private static final int STOP = 19;
  private static final Map<String, String> PATH = Map.of("PATH", "/usr/bin:/bin");

  /** Ignores SIGTERM, and says when it is there. */
  private static final String STUBBORN = "trap '' TERM; touch \"$0\"; while :; do sleep 0.05; done";

  @TempDir Path folder;

  private static void kill(int signal, long pid) throws Exception {
    Process process = new ProcessBuilder("kill", "-" + signal, "--", Long.toString(pid)).start();
    assertThat(process.waitFor()).isZero();
  }

  private static void await(Path file) throws Exception {
    while (!Files.exists(file)) {
      Thread.sleep(5);
    }
  }

  private static Duration since(long began) {
    return Duration.ofNanos(System.nanoTime() - began);
  }

  @Test
  void child_atTheLeasesEnd_isAskedToEnd_unlessItWasRenewed() throws Exception {
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, PATH)) {
      long began = System.nanoTime();
      relayed.exec().lease(300, 30_000);
      long unused = relayed.started(relayed.bound("sleep", "60"));
      relayed.exec().lease(600, 30_000);
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Signalled(TERM));
      assertThat(since(began)).isBetween(Duration.ofMillis(600), Duration.ofSeconds(20));
    }
  }

  /** Once it was asked it has its time, and no later word gives it more. */
  @Test
  void child_thatIgnoresIt_isKilledInTime_withAllOfItsGroup() throws Exception {
    Path ready = folder.resolve("ready");
    Path other = folder.resolve("other");
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, PATH)) {
      relayed.exec().lease(30_000, 30_000);
      long unused =
          relayed.started(
              relayed.bound(
                  "sh", "-c", "sleep 60 & echo $! >\"" + other + "\"; " + STUBBORN, "" + ready));
      await(ready);
      relayed.exec().lease(0, 200);
      relayed.exec().lease(30_000, 30_000);
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Signalled(KILL));
      Gone.is(Long.parseLong(Files.readString(other).strip()));
    }
  }

  @Test
  void group_ofAChildThatEnds_endsWithIt() throws Exception {
    Path other = folder.resolve("other");
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, PATH)) {
      relayed.exec().lease(30_000, 30_000);
      assertThat(relayed.run("sh", "-c", "sleep 60 & echo $! >\"$0\"", other.toString()))
          .isEqualTo(new Ending.Exited(0));
      Gone.is(Long.parseLong(Files.readString(other).strip()));
    }
  }

  @Test
  void child_thatIsStopped_endsAllTheSame() throws Exception {
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, PATH)) {
      relayed.exec().lease(100, 300);
      long child = relayed.started(relayed.bound("sleep", "60"));
      kill(STOP, child);
      // Whose user stopped it has writ-exec stopped with it, and nobody goes on with that.
      assertThat(relayed.process().waitFor(20, TimeUnit.SECONDS)).isTrue();
      Gone.is(child);
    }
  }

  /** Neither it nor the JVM is there to end anything: the kernel does. */
  @Test
  void child_ofAWritExecThatIsStopped_endsByTheKernel() throws Exception {
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, PATH)) {
      relayed.exec().lease(100, 300);
      long child = relayed.started(relayed.bound("sleep", "60"));
      long began = System.nanoTime();
      kill(STOP, relayed.exec().pid());
      assertThat(relayed.process().waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(since(began)).isLessThan(Duration.ofSeconds(10));
      Gone.is(child);
    }
  }

  @Test
  void child_ofALeaseThatIsOver_isNotStarted() throws Exception {
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, PATH)) {
      Execution execution = relayed.bound("touch", folder.resolve("ran").toString());
      relayed.exec().lease(0, 0);
      assertThat(relayed.begin(execution)).isInstanceOf(WritExec.Response.Failed.class);
      assertThat(folder.resolve("ran")).doesNotExist();
    }
  }
}
