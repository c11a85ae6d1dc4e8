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
  private static final Set<String> STORES = Set.of("sqlite", "postgres", "nodes");
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private CrashMain() {}

  public static void main(String[] args) throws InterruptedException {
    System.exit(run(args));
  }

  private static int run(String[] args) throws InterruptedException {
    if (args.length != 4 || !STORES.contains(args[0])) {
      System.err.println("usage: sqlite|postgres|nodes ROUNDS PROJECT-FOLDER WORK-FOLDER");
      return USAGE;
    }
    int rounds = Integer.parseInt(args[1]);
    try {
      int failed = run(args[0], Path.of(args[2]), Path.of(args[3]), rounds);
      System.out.printf("%d passed, %d failed%n", rounds - failed, failed);
      return failed == 0 ? 0 : FAILED;
    } catch (IOException e) {
      e.printStackTrace();
      System.out.println("0 passed, 1 failed");
      return FAILED;
    }
  }

  private static int run(String store, Path project, Path work, int rounds)
      throws IOException, InterruptedException {
    return switch (store) {
      case "sqlite" -> CrashRounds.run(project, work, rounds, System.out);
      case "postgres" -> CrashRounds.onPostgres(project, work, rounds, System.out);
      case "nodes" -> NodesRounds.run(project, work, rounds, System.out);
      default -> throw new IllegalStateException("bug: " + store + " was let through");
    };
  }
}
