// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.hsm.KeyAlgorithm;
import dev.writ.hsm.KeySpec;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The program p11-sign-loop: what the PKCS#11 module gives without Java in between. It makes a number
 * of signatures and says at what rate, so the number for a length of time comes from the rate before.
 */
final class SignLoop implements Contender {
  /** So few that the slowest token is done with them in seconds. */
  private static final double FIRST_GUESS = 100;

  private final List<String> command;
  private final int threads;
  private double lastRate = FIRST_GUESS;

  /**
   * The loop over one key.
   *
   * @param program the compiled p11-sign-loop
   */
  SignLoop(Path program, BenchToken token, KeySpec key, int threads) {
    this.command =
        List.of(
            program.toString(),
            token.module().toString(),
            token.label(),
            token.pinFile().toString(),
            key.label(),
            key.algorithm() == KeyAlgorithm.ED25519 ? "eddsa" : "ecdsa");
    this.threads = threads;
  }

  @Override
  public double rate(Duration length) throws IOException, InterruptedException {
    long signatures = Math.max(threads, (long) (lastRate * length.toNanos() / 1e9));
    List<String> arguments = new ArrayList<>(command);
    arguments.add(Long.toString(signatures));
    arguments.add(Integer.toString(threads));
    Process process =
        new ProcessBuilder(arguments).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader out = process.inputReader()) {
      String line = out.readLine();
      int status = process.waitFor();
      if (status != 0 || line == null) {
        throw new IOException("p11-sign-loop must end with status 0, was " + status);
      }
      lastRate = Double.parseDouble(line);
      return lastRate;
    } finally {
      process.destroyForcibly();
    }
  }
}
