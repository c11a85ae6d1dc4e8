// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.policy.PolicyDocument;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ policy build}: the bytes that are signed and kept. */
@Command(
    name = "build",
    description = {
      "Prints a policy as canonical JSON (RFC 8785), whatever it was written in, and says its digest, which",
      "the next version names as previous."
    },
    mixinStandardHelpOptions = true)
final class PolicyBuildCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FILE", description = "The policy, JSON or YAML.")
  Path file = Path.of("");

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Writes the JSON into a new file, and prints the digest alone.")
  @Nullable Path out;

  @Override
  public Integer call() throws CommandFailure {
    PolicyDocument document = PolicyFile.policy(file).document();
    PrintWriter to = spec.commandLine().getOut();
    PrintWriter beside = spec.commandLine().getErr();
    if (out == null) {
      to.println(new String(document.canonical(), StandardCharsets.UTF_8));
      beside.println("writ: " + document);
    } else {
      write(out, document.canonical());
      to.println(document.digest().hex());
    }
    to.flush();
    beside.flush();
    return ExitStatus.DONE;
  }

  private static void write(Path file, byte[] canonical) throws CommandFailure {
    try {
      Files.write(file, canonical, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (FileAlreadyExistsException e) {
      throw CommandFailure.configuration("--out must not exist yet, and " + file + " does");
    } catch (IOException e) {
      throw CommandFailure.configuration("--out", e);
    }
  }
}
