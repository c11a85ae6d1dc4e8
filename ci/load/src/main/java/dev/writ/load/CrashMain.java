// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/**
 * The rounds of {@code ci/crash}, which knows the arguments:
 *
 * <pre>
 * STORE ROUNDS PROJECT-FOLDER WORK-FOLDER
 * </pre>
 */
final class CrashMain {
  private static final Set<String> STORES = Set.of("sqlite", "postgres");
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private CrashMain() {}

  public static void main(String[] args) throws InterruptedException {
    System.exit(run(args));
  }

  private static int run(String[] args) throws InterruptedException {
    if (args.length != 4 || !STORES.contains(args[0])) {
      System.err.println("usage: sqlite|postgres ROUNDS PROJECT-FOLDER WORK-FOLDER");
      return USAGE;
    }
    int rounds = Integer.parseInt(args[1]);
    try {
      int failed =
          args[0].equals("sqlite")
              ? CrashRounds.run(Path.of(args[2]), Path.of(args[3]), rounds, System.out)
              : CrashRounds.onPostgres(Path.of(args[2]), Path.of(args[3]), rounds, System.out);
      System.out.printf("%d passed, %d failed%n", rounds - failed, failed);
      return failed == 0 ? 0 : FAILED;
    } catch (IOException e) {
      e.printStackTrace();
      System.out.println("0 passed, 1 failed");
      return FAILED;
    }
  }
}
