// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What {@code ci/replay} runs, which knows the arguments:
 *
 * <pre>
 * DECISIONS PROJECT-FOLDER WORK-FOLDER [JAVA-HOME]
 * </pre>
 */
final class ReplayMain {
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private ReplayMain() {}

  public static void main(String[] args) throws InterruptedException {
    System.exit(run(args));
  }

  private static int run(String[] args) throws InterruptedException {
    if (args.length < 3 || args.length > 4) {
      System.err.println("usage: DECISIONS PROJECT-FOLDER WORK-FOLDER [JAVA-HOME]");
      return USAGE;
    }
    Optional<Path> other = args.length == 4 ? Optional.of(Path.of(args[3])) : Optional.empty();
    try {
      ReplayedLoad load = new ReplayedLoad(Path.of(args[1]), Path.of(args[2]), System.out);
      return load.run(Long.parseLong(args[0]), other) ? 0 : FAILED;
    } catch (IOException e) {
      e.printStackTrace();
      System.out.println("0 passed, 1 failed");
      return FAILED;
    }
  }
}
