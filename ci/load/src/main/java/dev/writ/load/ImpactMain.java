// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.io.IOException;
import java.nio.file.Path;

/**
 * What {@code ci/impact} runs, which knows the arguments:
 *
 * <pre>
 * DECISIONS PROJECT-FOLDER WORK-FOLDER
 * </pre>
 */
final class ImpactMain {
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private ImpactMain() {}

  public static void main(String[] args) throws InterruptedException {
    System.exit(run(args));
  }

  private static int run(String[] args) throws InterruptedException {
    if (args.length != 3) {
      System.err.println("usage: DECISIONS PROJECT-FOLDER WORK-FOLDER");
      return USAGE;
    }
    try {
      ImpactLoad load = new ImpactLoad(Path.of(args[1]), Path.of(args[2]), System.out);
      return load.run(Long.parseLong(args[0])) ? 0 : FAILED;
    } catch (IOException e) {
      e.printStackTrace();
      System.out.println("0 passed, 1 failed");
      return FAILED;
    }
  }
}
