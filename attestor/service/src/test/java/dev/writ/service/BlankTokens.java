// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.fixtures.SoftHsmToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.stream.Stream;

/**
 * Blank tokens for the test classes of one JVM. A module lists its tokens once, when it is loaded; so all
 * that may be wanted are made before the first is given out. They stay until the next JVM's are made: the
 * module would miss them.
 */
final class BlankTokens {
  /** More than there are test classes. */
  private static final int TOKENS = 96;

  private static final Queue<SoftHsmToken> LEFT = new ArrayDeque<>();
  private static boolean made;

  private BlankTokens() {}

  /** One that nobody had. */
  static synchronized SoftHsmToken next() throws IOException, InterruptedException {
    if (!made) {
      make();
      made = true;
    }
    if (LEFT.isEmpty()) {
      throw new IllegalStateException(
          "the test classes of one JVM must take at most " + TOKENS + " tokens, took more");
    }
    return LEFT.remove();
  }

  private static void make() throws IOException, InterruptedException {
    remove(SoftHsmToken.environmentFolder());
    SoftHsmToken first = SoftHsmToken.inEnvironment(randomLabel());
    for (int i = 1; i < TOKENS; i++) {
      LEFT.add(first.replicate(randomLabel()));
    }
    LEFT.add(first);
  }

  private static String randomLabel() {
    byte[] label = new byte[8];
    new SecureRandom().nextBytes(label);
    return "service-" + HexFormat.of().formatHex(label);
  }

  private static void remove(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> walked = Files.walk(folder)) {
      all = walked.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.delete(each);
    }
  }
}
