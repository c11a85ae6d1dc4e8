// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;

/** {@link MuOracle} as a child, started again whenever the library took it down. */
final class MuOracleProcess implements AutoCloseable {
  private Process process;
  private BufferedWriter in;
  private BufferedReader out;

  MuOracleProcess() throws IOException {
    start();
  }

  private void start() throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:ErrorFile=/dev/null",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                MuOracle.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    in =
        new BufferedWriter(
            new OutputStreamWriter(process.getOutputStream(), StandardCharsets.US_ASCII));
    out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
  }

  /** The bytes that libtss2-mu makes of {@code wire} after reading it whole; a crash is a refusal. */
  Optional<byte[]> remarshal(WireType type, byte[] wire) throws IOException {
    String answer;
    try {
      in.write(type + " " + HexFormat.of().formatHex(wire) + "\n");
      in.flush();
      answer = out.readLine();
    } catch (IOException broken) {
      answer = null;
    }
    // After a crash the JVM prints its report to the same stream: only hex and "refused" are
    // answers.
    if (answer == null || !answer.matches("[0-9a-f]*|" + MuOracle.REFUSED)) {
      process.destroyForcibly();
      start();
      return Optional.empty();
    }
    return answer.equals(MuOracle.REFUSED)
        ? Optional.empty()
        : Optional.of(HexFormat.of().parseHex(answer));
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
