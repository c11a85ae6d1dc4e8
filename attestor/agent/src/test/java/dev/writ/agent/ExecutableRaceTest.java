// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.agent.Execution.Preparation;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * While one thread swaps an allowed program and an evil one all the time, another binds and starts what it
 * finds, if it is bound as the allowed one: only that one ever runs.
 */
final class ExecutableRaceTest {
  /** Of each way to swap: six of them are well over a thousand. */
  private static final int ATTEMPTS = 300;

  /** Programs that one writ-exec holds; it may have 1,024 descriptors where nobody raised that. */
  private static final int ATTEMPTS_OF_ONE = 200;

  /** What makes another race of one that saw only one of the two. */
  private static final int MOST_ATTEMPTS = 20 * ATTEMPTS;

  @TempDir Path folder;
  private Path victim;

  @BeforeEach
  void name() {
    // Where others may write, so that root's own files are no exception.
    assertThat(folder.toFile().setWritable(true, false)).isTrue();
    victim = folder.resolve("victim");
  }

  /** Puts the one or the other in the victim's place. */
  interface Swap {
    void to(Path which) throws IOException;
  }

  @Test
  void program_renamedOver_onlyTheAllowedRuns() throws Exception {
    race(programs(), this::rename);
  }

  @Test
  void program_linkTurned_onlyTheAllowedRuns() throws Exception {
    race(programs(), this::turnLink);
  }

  @Test
  void program_overwrittenInPlace_onlyTheAllowedRuns() throws Exception {
    race(programs(), this::overwrite);
  }

  @Test
  void script_renamedOver_onlyTheAllowedRuns() throws Exception {
    race(scripts(), this::rename);
  }

  @Test
  void script_linkTurned_onlyTheAllowedRuns() throws Exception {
    race(scripts(), this::turnLink);
  }

  @Test
  void script_overwrittenInPlace_onlyTheAllowedRuns() throws Exception {
    race(scripts(), this::overwrite);
  }

  private record Pair(Path allowed, Path evil, boolean scripts) {}

  private Pair programs() throws Exception {
    Path allowed = Compiled.printing(folder.resolve("allowed"), "allowed");
    Path evil = Compiled.printing(folder.resolve("evil"), "evil");
    return padded(allowed, evil, false);
  }

  private Pair scripts() throws Exception {
    Path allowed = folder.resolve("allowed");
    Path evil = folder.resolve("evil");
    Files.writeString(allowed, "#!/bin/sh\necho allowed\nexit 0\n");
    Files.writeString(evil, "#!/bin/cat\nevil\nexit 0\n");
    assertThat(allowed.toFile().setExecutable(true)).isTrue();
    assertThat(evil.toFile().setExecutable(true)).isTrue();
    return padded(allowed, evil, true);
  }

  /** Of one length, so that each overwrites the other whole. */
  private static Pair padded(Path allowed, Path evil, boolean scripts) throws IOException {
    int length = (int) Math.max(Files.size(allowed), Files.size(evil));
    for (Path one : new Path[] {allowed, evil}) {
      byte[] bytes = Files.readAllBytes(one);
      int content = bytes.length;
      bytes = Arrays.copyOf(bytes, length);
      if (scripts) {
        Arrays.fill(bytes, content, length, (byte) '\n');
      }
      Files.write(one, bytes);
    }
    return new Pair(allowed, evil, scripts);
  }

  private void rename(Path which) throws IOException {
    Path next = folder.resolve("next");
    Files.copy(which, next, StandardCopyOption.COPY_ATTRIBUTES);
    Files.move(next, victim, StandardCopyOption.ATOMIC_MOVE);
  }

  private void turnLink(Path which) throws IOException {
    Path next = folder.resolve("next");
    Files.createSymbolicLink(next, which);
    Files.move(next, victim, StandardCopyOption.ATOMIC_MOVE);
  }

  private void overwrite(Path which) throws IOException {
    if (!Files.exists(victim)) {
      Files.copy(which, victim, StandardCopyOption.COPY_ATTRIBUTES);
    }
    try (FileChannel channel = FileChannel.open(victim, StandardOpenOption.WRITE)) {
      int unused = channel.write(ByteBuffer.wrap(Files.readAllBytes(which)));
    }
  }

  private void race(Pair pair, Swap swap) throws Exception {
    Hash allowed = Hash.sha256(Files.readAllBytes(pair.allowed()));
    Hash evil = Hash.sha256(Files.readAllBytes(pair.evil()));
    swap.to(pair.allowed());
    AtomicInteger swaps = new AtomicInteger();
    AtomicReference<Exception> failure = new AtomicReference<>();
    Thread swapper =
        new Thread(
            () -> {
              try {
                while (!Thread.currentThread().isInterrupted()) {
                  swap.to(swaps.incrementAndGet() % 2 == 0 ? pair.allowed() : pair.evil());
                }
              } catch (java.nio.channels.ClosedByInterruptException e) {
                // It was to end.
                return;
              } catch (IOException e) {
                failure.set(e);
              }
            });
    int attempts = 0;
    int ran = 0;
    int seenEvil = 0;
    StringBuilder out = new StringBuilder();
    swapper.start();
    try {
      while (attempts < ATTEMPTS
          || ((ran == 0 || seenEvil == 0 || swaps.get() < ATTEMPTS) && attempts < MOST_ATTEMPTS)) {
        try (RelayedWritExec relayed =
            RelayedWritExec.start(folder, Map.of("PATH", "/usr/bin:/bin"))) {
          for (int i = 0; i < ATTEMPTS_OF_ONE; i++, attempts++) {
            if (!(relayed.prepare(victim.toString()) instanceof Preparation.Bound bound)) {
              continue;
            }
            Execution execution = bound.execution();
            Hash found =
                pair.scripts()
                    ? execution.binding().files().get(0).sha256()
                    : execution.binding().exeSha256();
            if (found.equals(evil)) {
              seenEvil++;
            }
            if (found.equals(allowed)) {
              if (pair.scripts()) {
                assertThat(execution.argv().get(0)).asString().isEqualTo("/bin/sh");
              }
              long unused = relayed.started(execution);
              assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(0));
              ran++;
            }
          }
          out.append(relayed.out());
        }
      }
    } finally {
      swapper.interrupt();
      swapper.join();
    }
    assertThat(failure.get()).isNull();
    assertThat(out.toString()).isEqualTo("allowed\n".repeat(ran));
    assertThat(ran).as("seen as allowed").isPositive();
    assertThat(seenEvil).as("seen as evil").isPositive();
    assertThat(swaps.get()).as("swaps").isGreaterThanOrEqualTo(ATTEMPTS);
  }
}
