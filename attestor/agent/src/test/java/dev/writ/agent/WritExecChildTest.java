// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Argument;
import dev.writ.tlog.Hash;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a child is started with, and what comes back from it. */
final class WritExecChildTest {
  /** Bits of SIGHUP (1), SIGUSR1 (10) and SIGPIPE (13). */
  private static final long IGNORED = 1L | 1L << 9 | 1L << 12;

  private static final Map<String, String> PATH = Map.of("PATH", "/usr/bin:/bin");

  @TempDir Path folder;

  @Test
  void status_everyNumber_isPassed() throws Exception {
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, PATH)) {
      Execution shell = relayed.bound("sh", "-c", "exit 0");
      for (int status = 0; status < 256; status++) {
        WritExec.Response answer =
            relayed
                .exec()
                .start(
                    shell.program().executable(),
                    OptionalInt.empty(),
                    bytes("sh", "-c", "exit " + status),
                    shell.environment());
        assertThat(answer).isInstanceOf(WritExec.Response.Started.class);
        assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(status));
      }
    }
  }

  @Test
  void ending_bySignal_namesIt() throws Exception {
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, PATH)) {
      for (int signal : new int[] {1, 2, 3, 6, 9, 11, 13, 14, 15, 10, 12, 34, 64}) {
        assertThat(relayed.run("sh", "-c", "ulimit -c 0; kill -" + signal + " $$"))
            .isEqualTo(new Ending.Signalled(signal));
      }
    }
  }

  @Test
  void streams_megabyteThroughCat_isTheSame() throws Exception {
    byte[] bytes = new byte[1 << 20];
    new Random(4).nextBytes(bytes);
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, PATH)) {
      long unused = relayed.started(relayed.bound("sh", "-c", "tee /proc/self/fd/2"));
      try (OutputStream in = relayed.process().getOutputStream()) {
        in.write(bytes);
      }
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(0));
      assertThat(Files.readAllBytes(folder.resolve("out"))).isEqualTo(bytes);
      assertThat(Files.readAllBytes(folder.resolve("err"))).isEqualTo(bytes);
    }
  }

  @Test
  void arguments_odd_areTheBindingsAndTheChilds() throws Exception {
    List<String> command =
        new ArrayList<>(List.of("cat", "/proc/self/cmdline", "--", "/dev/null", "", "a b", "ü€𝄞"));
    command.addAll(List.of("line\nfeed", "@file", "-x", "--", "'\"$HOME`", "\u0001\u007f"));
    for (int i = 0; i < 100; i++) {
      command.add("/dev/null/" + i);
    }
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, PATH)) {
      Execution execution = relayed.bound(command.toArray(String[]::new));
      long unused = relayed.started(execution);
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(1));
      assertThat(relayed.out())
          .isEqualTo(new String((String.join("\0", command) + "\0").getBytes(UTF_8), ISO_8859_1));
      assertThat(execution.binding().argv())
          .isEqualTo(bytes(command.toArray(String[]::new)).stream().map(Argument::of).toList());
    }
  }

  @Test
  void environment_unnamed_reachesNoChild() throws Exception {
    Map<String, String> callers =
        Map.ofEntries(
            Map.entry("PATH", "/usr/bin:/bin"),
            Map.entry("HOME", "/h=1"),
            Map.entry("LANG", "xx"),
            Map.entry("LC_ALL", ""),
            Map.entry("LC_TIME", "de"),
            Map.entry("TERM", "dumb"),
            Map.entry("NAMED", "with space\n"),
            Map.entry("OTHER", "o"),
            Map.entry("PATHS", "p"),
            Map.entry("LD_LIBRARY_PATH", "/nowhere"),
            Map.entry("PYTHONPATH", "/nowhere"),
            Map.entry("JAVA_TOOL_OPTIONS", "-X"),
            Map.entry("WRIT_EXEC_PIPES", "7,8"));
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, callers)) {
      Execution execution =
          ((Execution.Preparation.Bound)
                  relayed.prepare(
                      List.of("cat", "/proc/self/environ"), List.of("NAMED", "LD_LIBRARY_PATH")))
              .execution();
      long unused = relayed.started(execution);
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(0));
      Map<String, Hash> seen = new TreeMap<>();
      for (String variable : relayed.out().split("\0")) {
        String[] both = variable.split("=", 2);
        seen.put(both[0], Hash.sha256(both[1].getBytes(ISO_8859_1)));
      }
      assertThat(seen.keySet())
          .containsExactlyInAnyOrder(
              "PATH", "HOME", "LANG", "LC_ALL", "LC_TIME", "TERM", "NAMED", "LD_LIBRARY_PATH");
      assertThat(execution.binding().env()).isEqualTo(seen);
    }
  }

  @Test
  void environment_duplicatesAndOddBytes_firstCountsToTheByte() throws Exception {
    Path crafted =
        Compiled.program(
            folder.resolve("crafted"),
            """
            #include <unistd.h>
            int main(int n, char **a) {
              (void)n;
              char *e[] = {"PATH=/usr/bin:/bin", "X=\\377first", "X=second", "noequals", "=noname", "HOME=\\200", 0};
              execve(a[1], a + 1, e);
              return 1;
            }
            """);
    try (RelayedWritExec relayed =
        RelayedWritExec.start(folder, Map.of(), List.of(crafted.toString()))) {
      // The shell between makes one of the two, so writ-exec's own environment is looked at
      // besides.
      Map<String, byte[]> variables = RawProcess.environment(relayed.exec().pid());
      assertThat(variables.get("HOME")).isEqualTo(new byte[] {(byte) 0x80});
      Execution execution =
          ((Execution.Preparation.Bound)
                  relayed.prepare(List.of("cat", "/proc/self/environ"), List.of("X")))
              .execution();
      long unused = relayed.started(execution);
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(0));
      assertThat(relayed.out().split("\0"))
          .contains("HOME=\u0080", "PATH=/usr/bin:/bin")
          .hasSize(3)
          .filteredOn(variable -> variable.startsWith("X="))
          .hasSize(1);
    }
  }

  @Test
  void environment_ofAProcessWithTwoOfAName_isTheFirst() throws Exception {
    Path waiting =
        Compiled.program(
            folder.resolve("waiting"),
            """
            #include <unistd.h>
            int main(int n, char **a) {
              char *e[] = {"X=\\377first", "X=second", "noequals", "=noname", 0}, byte;
              if (n == 1) { char *again[] = {a[0], "again", 0}; execve(a[0], again, e); return 1; }
              if (write(1, "!", 1) != 1) return 1;
              return (int)read(0, &byte, 1);
            }
            """);
    Process process = new ProcessBuilder(waiting.toString()).start();
    try {
      assertThat(process.getInputStream().read()).isEqualTo('!');
      Map<String, byte[]> variables = RawProcess.environment(process.pid());
      assertThat(variables).containsOnlyKeys("X");
      assertThat(variables.get("X")).isEqualTo("\u00fffirst".getBytes(ISO_8859_1));
    } finally {
      process.getOutputStream().close();
      assertThat(process.waitFor()).isZero();
    }
  }

  @Test
  void child_atItsStart_hasNoDescriptorSignalOrPrivilegeOfOurs() throws Exception {
    try (RelayedWritExec relayed =
        RelayedWritExec.start(
            folder,
            PATH,
            List.of(
                "/bin/sh", "-c", "trap '' HUP USR1 PIPE; exec 5</dev/null; exec \"$@\"", "sh"))) {
      assertThat(relayed.run("ls", "-x", "/proc/self/fd")).isEqualTo(new Ending.Exited(0));
      // By 3 it reads the folder; 5 is the caller's.
      assertThat(relayed.out().strip().split("\\s+")).containsExactly("0", "1", "2", "3", "5");
      assertThat(relayed.run("grep", "-E", "^(Sig(Blk|Ign)|NoNew)", "/proc/self/status"))
          .isEqualTo(new Ending.Exited(0));
      Map<String, String> status = new HashMap<>();
      for (String line : relayed.out().split("\n")) {
        String[] both = line.split(":\t");
        status.put(both[0], both[both.length - 1]);
      }
      assertThat(status).containsEntry("NoNewPrivs", "1").containsEntry("SigBlk", "0".repeat(16));
      // HUP, USR1 and PIPE, as the caller has them: a child under nohup must stay under it.
      assertThat(Long.parseUnsignedLong(status.get("SigIgn"), 16) & IGNORED).isEqualTo(IGNORED);
    }
  }

  @Test
  void script_atItsStart_hasItsCopyBesides() throws Exception {
    Path script = folder.resolve("script");
    Files.writeString(script, "#!/bin/sh\nls -x /proc/$$/fd; echo \"$0 $1\"\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, PATH)) {
      Execution execution = relayed.bound(script.toString(), "one");
      int copy = execution.program().script().orElseThrow().copy().descriptor();
      long unused = relayed.started(execution);
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(0));
      assertThat(relayed.out().split("\n")[0].strip().split("\\s+"))
          .contains("0", "1", "2", Integer.toString(copy))
          .hasSizeLessThanOrEqualTo(5);
      assertThat(relayed.out()).endsWith("/dev/fd/" + copy + " one\n");
      assertThat(execution.binding().argv())
          .isEqualTo(
              bytes("/bin/sh", script.toString(), "one").stream().map(Argument::of).toList());
    }
  }

  @Test
  void streams_closedByTheCaller_areNoneOfOurs() throws Exception {
    for (String closed : List.of("<&-", ">&-", "2>&-", "<&- >&- 2>&-")) {
      Path own = Files.createDirectory(folder.resolve("c" + closed.hashCode()));
      try (RelayedWritExec relayed =
          RelayedWritExec.start(
              own, PATH, List.of("/bin/sh", "-c", "exec \"$@\" " + closed, "sh"))) {
        Path list = own.resolve("list");
        assertThat(relayed.run("sh", "-c", "ls -l /proc/$$/fd >" + list))
            .as(closed)
            .isEqualTo(new Ending.Exited(0));
        assertThat(Files.readString(list)).contains("/dev/null").doesNotContain("memfd");
      }
    }
  }

  @Test
  void preload_setByTheCaller_isNotInWritExec() throws Exception {
    Path loaded = folder.resolve("loaded");
    Path library =
        Compiled.program(
            folder.resolve("evil.so"),
            """
            #include <fcntl.h>
            #include <stdio.h>
            #include <unistd.h>
            __attribute__((constructor)) static void load(void) {
              char name[256];
              ssize_t n = readlink("/proc/self/exe", name, sizeof name - 1);
              int fd = open("%s", O_WRONLY | O_CREAT | O_APPEND, 0600);
              if (n > 0 && fd >= 0) dprintf(fd, "%%.*s\\n", (int)n, name);
              close(fd);
            }
            """
                .formatted(loaded),
            "-shared",
            "-fPIC");
    Map<String, String> callers = Map.of("PATH", "/usr/bin:/bin", "LD_PRELOAD", library.toString());
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, callers)) {
      // The relay's shell starts cat: neither it nor writ-exec loads what the caller's shell does.
      assertThat(Files.readAllLines(loaded)).isNotEmpty();
      Files.delete(loaded);
      assertThat(relayed.run("true")).isEqualTo(new Ending.Exited(0));
      assertThat(loaded).doesNotExist();
      assertThat(Files.readString(Path.of("/proc/" + relayed.exec().pid() + "/maps")))
          .doesNotContain("evil.so");
    }
  }

  private static List<byte[]> bytes(String... strings) {
    return Arrays.stream(strings).map(string -> string.getBytes(UTF_8)).toList();
  }
}
