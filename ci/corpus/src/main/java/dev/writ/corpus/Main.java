// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;

/**
 * The run of {@code ci/negative}, which knows the arguments:
 *
 * <pre>
 * none          PROJECT-FOLDER WORK-FOLDER       codec and verifier alone
 * own           PROJECT-FOLDER WORK-FOLDER       and a service that is set up in WORK-FOLDER
 * URL           PROJECT-FOLDER WORK-FOLDER       and the service there, whose operator we are not
 * </pre>
 */
final class Main {
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int UNREACHABLE = 4;

  private Main() {}

  public static void main(String[] args) throws InterruptedException {
    System.exit(run(args));
  }

  private static int run(String[] args) throws InterruptedException {
    if (args.length != 3) {
      System.err.println("usage: none|own|URL PROJECT-FOLDER WORK-FOLDER");
      return USAGE;
    }
    Path project = Path.of(args[1]);
    try (ServiceUnderTest service = service(args[0], project, Path.of(args[2]))) {
      return new CorpusRun(System.out).run(Corpus.of(project, service)) ? 0 : FAILED;
    } catch (IllegalArgumentException e) {
      System.err.println("negative: URL must be an http or https URL, was " + args[0]);
      return USAGE;
    } catch (IOException e) {
      System.err.println("negative: the service must answer, and does not: " + e);
      return UNREACHABLE;
    }
  }

  private static ServiceUnderTest service(String which, Path project, Path work)
      throws IOException, InterruptedException {
    return switch (which) {
      case "none" -> ServiceUnderTest.absent("no service, by --no-service");
      case "own" -> ServiceUnderTest.start(project, work);
      default -> ServiceUnderTest.at(URI.create(which));
    };
  }
}
