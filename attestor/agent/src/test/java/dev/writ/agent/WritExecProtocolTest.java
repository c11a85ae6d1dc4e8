// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How writ-exec takes what its JVM says, and what it does not take. */
final class WritExecProtocolTest {
  private static final int FAILED = 125;
  private static final int MAX_BYTES = 1 << 20;

  @TempDir Path folder;

  @Test
  void jvm_thatStartsNothing_givesItsStatus() throws Exception {
    for (int status : new int[] {0, 2, 7, 125, 255}) {
      assertThat(run("exit " + status).status()).isEqualTo(status);
    }
  }

  /** With 1 a JVM ends that cannot come up: nothing was run that could have had this status. */
  @Test
  void jvm_thatCommandsNothingAndEndsWith1_is125() throws Exception {
    assertThat(run("exit 1").status()).isEqualTo(FAILED);
  }

  @Test
  void jvm_thatClosesItsPipes_givesItsStatus() throws Exception {
    assertThat(run("eval \"exec $r<&- $w>&-\"; exit 9").status()).isEqualTo(9);
  }

  @Test
  void jvm_killedOrMissing_isWritExecsOwnFailure() throws Exception {
    assertThat(run("kill -9 $$").status()).isEqualTo(FAILED);
    Process process =
        new ProcessBuilder(RelayedWritExec.BINARY.toString(), folder + "/no-jvm").start();
    assertThat(process.waitFor()).isEqualTo(FAILED);
    assertThat(new String(process.getErrorStream().readAllBytes(), ISO_8859_1))
        .contains("must be a JVM");
    assertThat(new ProcessBuilder(RelayedWritExec.BINARY.toString()).start().waitFor())
        .isEqualTo(FAILED);
  }

  @Test
  void command_malformed_endsAllWithoutAChild() throws Exception {
    Path program = Path.of("/bin/sh");
    Map<String, byte[]> commands = new HashMap<>();
    commands.put("unknown", new byte[] {'Q'});
    commands.put("zero", new byte[] {0});
    commands.put("negative length", message('H').number(-1).bytes());
    commands.put("longest negative length", message('H').number(Integer.MIN_VALUE).bytes());
    commands.put("too long", message('H').number(MAX_BYTES + 1).bytes());
    commands.put("far too long", message('H').number(Integer.MAX_VALUE).bytes());
    commands.put("zero in a string", message('H').text("/bin/sh\0x").bytes());
    commands.put("no arguments", start().number(0).number(0).bytes());
    commands.put("negative count", start().number(-1).bytes());
    commands.put("too many", start().number(4097).bytes());
    commands.put("far too many", start().number(Integer.MAX_VALUE).bytes());
    commands.put(
        "too much together",
        start()
            .number(2)
            .text("x".repeat(MAX_BYTES / 2))
            .text("x".repeat(MAX_BYTES / 2 + 1))
            .bytes());
    commands.put("cut after its letter", new byte[] {'X'});
    commands.put("cut in a number", new byte[] {'S', 1, 0});
    commands.put("cut in a string", Arrays.copyOf(message('H').text("/bin/sh").bytes(), 8));
    byte[] hold = message('H').text(program.toString()).bytes();
    for (Map.Entry<String, byte[]> command : commands.entrySet()) {
      Path file = folder.resolve("command");
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.write(hold);
      all.write(command.getValue());
      Files.write(file, all.toByteArray());
      // Waits to be killed; what is cut is so because nothing can follow.
      String end = "eval \"exec $w>&-\"; cat /proc/self/fd/$r; exit 4";
      Outcome outcome = run("cat '" + file + "' >/proc/self/fd/$w; " + end);
      assertThat(outcome.status()).as(command.getKey()).isEqualTo(FAILED);
      assertThat(outcome.err()).as(command.getKey()).contains("writ-exec: ");
    }
  }

  @Test
  void start_whileAChildRuns_endsBoth() throws Exception {
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, Map.of("PATH", "/usr/bin:/bin"))) {
      Execution cat = relayed.bound("cat");
      long child = relayed.started(cat);
      try {
        WritExec.Response unused = relayed.begin(cat);
        assertThat(false).as("a second child").isTrue();
      } catch (java.io.IOException e) {
        assertThat(e).hasMessageContaining("has ended");
      }
      assertThat(relayed.process().waitFor()).isEqualTo(FAILED);
      Gone.is(child);
    }
  }

  @Test
  void start_withNearlyAMegabyte_reachesTheChild() throws Exception {
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, Map.of("PATH", "/usr/bin:/bin"))) {
      Execution cat = relayed.bound("cat", "/proc/self/environ");
      List<byte[]> environment = new ArrayList<>();
      StringBuilder expected = new StringBuilder();
      for (int i = 0; i < 10; i++) {
        String variable = "V" + i + "=" + "x".repeat(100_000);
        environment.add(variable.getBytes(ISO_8859_1));
        expected.append(variable).append('\0');
      }
      assertThat(
              relayed
                  .exec()
                  .start(cat.program().executable(), OptionalInt.empty(), cat.argv(), environment))
          .isInstanceOf(WritExec.Response.Started.class);
      assertThat(relayed.exec().awaitEnd()).isEqualTo(new Ending.Exited(0));
      assertThat(relayed.out()).isEqualTo(expected.toString());
    }
  }

  @Test
  void start_ofWhatTheKernelFindsTooLong_isRefusedByIt() throws Exception {
    try (RelayedWritExec relayed = RelayedWritExec.start(folder, Map.of("PATH", "/usr/bin:/bin"))) {
      Execution cat = relayed.bound("cat");
      assertThat(
              relayed
                  .exec()
                  .start(
                      cat.program().executable(),
                      OptionalInt.empty(),
                      cat.argv(),
                      List.of(("V=" + "x".repeat(1 << 18)).getBytes(ISO_8859_1))))
          .isEqualTo(new WritExec.Response.Failed(7));
      assertThat(relayed.run("true")).isEqualTo(new Ending.Exited(0));
    }
  }

  @Test
  void hold_withoutFurtherDescriptors_isRefusedAndGoesOn() throws Exception {
    try (RelayedWritExec relayed =
        RelayedWritExec.start(
            folder,
            Map.of("PATH", "/usr/bin:/bin"),
            List.of("/bin/sh", "-c", "ulimit -n 32; exec \"$@\"", "sh"))) {
      WritExec.Response answer = relayed.exec().hold(Path.of("/bin/true"));
      for (int i = 0; i < 32 && answer instanceof WritExec.Response.Held; i++) {
        answer = relayed.exec().hold(Path.of("/bin/true"));
      }
      assertThat(answer).isEqualTo(new WritExec.Response.Failed(24));
      assertThat(relayed.exec().hold(folder.resolve("no")))
          .isInstanceOf(WritExec.Response.Failed.class);
    }
  }

  private record Outcome(int status, String err) {}

  /** Runs a shell in the JVM's place: {@code $r} and {@code $w} are its two pipes. */
  private Outcome run(String script) throws Exception {
    Process process =
        new ProcessBuilder(
                RelayedWritExec.BINARY.toString(),
                "/bin/sh",
                "-c",
                "r=${WRIT_EXEC_PIPES%,*}; w=${WRIT_EXEC_PIPES#*,}\n" + script)
            .redirectErrorStream(true)
            .start();
    String err = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return new Outcome(process.exitValue(), err);
  }

  private static Message message(char kind) {
    return new Message().letter(kind);
  }

  /** Of the first that was held: its number is above all that writ-exec has for itself. */
  private static Message start() {
    return message('X').number(9).number(-1);
  }

  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message letter(char kind) {
      out.write(kind);
      return this;
    }

    Message number(int value) {
      out.writeBytes(
          ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder()).putInt(value).array());
      return this;
    }

    Message text(String text) {
      byte[] bytes = text.getBytes(ISO_8859_1);
      Message unused = number(bytes.length);
      out.writeBytes(bytes);
      return this;
    }

    byte[] bytes() {
      return out.toByteArray();
    }
  }
}
