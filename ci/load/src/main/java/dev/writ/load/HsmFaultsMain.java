// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The cases of {@code ci/hsm-faults}, which knows the arguments:
 *
 * <pre>
 * short|whole RATE PROJECT-FOLDER WORK-FOLDER
 * </pre>
 */
final class HsmFaultsMain {
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private HsmFaultsMain() {}

  public static void main(String[] args) throws InterruptedException {
    System.exit(run(args));
  }

  private static int run(String[] args) throws InterruptedException {
    if (args.length != 4 || !(args[0].equals("short") || args[0].equals("whole"))) {
      System.err.println("usage: short|whole RATE PROJECT-FOLDER WORK-FOLDER");
      return USAGE;
    }
    try {
      HsmFaults.Tally tally =
          HsmFaults.run(
              Path.of(args[2]),
              Path.of(args[3]),
              Integer.parseInt(args[1]),
              args[0].equals("short"),
              System.out);
      System.out.printf("%d passed, %d failed%n", tally.passed(), tally.failed());
      return tally.failed() == 0 ? 0 : FAILED;
    } catch (IOException e) {
      e.printStackTrace();
      System.out.println("0 passed, 1 failed");
      return FAILED;
    }
  }
}
