// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.fixtures.SoftHsmToken;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a PIN could be read once a token is open: the heap, the command line, the environment. */
class PinTraceTest {
  @TempDir Path folder;

  @Test
  void openToken_heapArgumentsAndEnvironment_holdNoPin() throws Exception {
    try (SoftHsmToken soft = SoftHsmToken.create(folder.resolve("hsm"), "writ")) {
      assertThat(
              ChildProcess.probe(
                  soft.environment(),
                  List.of(),
                  "softhsm2",
                  "init",
                  soft.label(),
                  soft.pinFile().toString()))
          .startsWith("born");
      String pin = Files.readString(soft.pinFile()).strip();
      Process holder = hold(soft);
      try (BufferedReader out = holder.inputReader()) {
        assertThat(out.readLine()).startsWith("key ");
        String pid = String.valueOf(out.readLine()).substring("pid ".length());
        Path dump = folder.resolve("heap.hprof");
        // Without -all the dump would begin with a collection, and leave out what is not yet
        // collected.
        ChildProcess.run(
            Map.of(),
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                pid,
                "GC.heap_dump",
                "-all",
                dump.toString()));
        byte[] heap = Files.readAllBytes(dump);
        // What is there is found, in either form of a string's bytes: labels are.
        assertThat(holds(heap, "writ-issuer")).isTrue();
        assertThat(holds(heap, pin)).isFalse();
        for (String file : List.of("cmdline", "environ")) {
          byte[] seen = Files.readAllBytes(Path.of("/proc", pid, file));
          assertThat(holds(seen, file.equals("cmdline") ? soft.pinFile().toString() : "SOFTHSM2"))
              .isTrue();
          assertThat(holds(seen, pin)).isFalse();
        }
      } finally {
        holder.destroyForcibly();
      }
    }
  }

  private static Process hold(SoftHsmToken soft) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-modules=jdk.crypto.cryptoki",
            "--add-exports=jdk.crypto.cryptoki/sun.security.pkcs11.wrapper=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            TokenProbe.class.getName(),
            "softhsm2",
            "hold",
            soft.label(),
            soft.pinFile().toString());
    builder.environment().putAll(soft.environment());
    return builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static boolean holds(byte[] bytes, String text) {
    return indexOf(bytes, text.getBytes(StandardCharsets.ISO_8859_1)) >= 0
        || indexOf(bytes, text.getBytes(StandardCharsets.UTF_16LE)) >= 0
        || indexOf(bytes, text.getBytes(StandardCharsets.UTF_16BE)) >= 0;
  }

  private static int indexOf(byte[] bytes, byte[] sought) {
    for (int at = 0; at <= bytes.length - sought.length; at++) {
      int same = 0;
      while (same < sought.length && bytes[at + same] == sought[same]) {
        same++;
      }
      if (same == sought.length) {
        return at;
      }
    }
    return -1;
  }
}
