// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code writ demo}: the whole path on real parts, in a process of its own, {@link DemoProcess}. */
@Command(
    name = "demo",
    description = {
      "Shows the whole path on real parts: services in processes of their own, each with a SoftHSM",
      "token and a ledger on disk, and hosts with a TPM simulator each.",
      "Leaves the proof bundle and the trust file behind, nothing else."
    },
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where bundle and trust file are left (default: target/demo).")
  @Nullable Path out;

  @Option(
      names = "--keep",
      description = "Leaves the first service up, and one host with it; says how to end both.")
  boolean keep;

  @Override
  public Integer call() throws CommandFailure {
    Path results = (out == null ? defaultResults() : out).toAbsolutePath().normalize();
    try {
      Files.createDirectories(results);
      return FolderProcess.run("writ-demo-", folder -> command(folder.path(), results));
    } catch (IOException e) {
      throw CommandFailure.configuration("the demo's folders must be writable", e);
    }
  }

  private static Path defaultResults() {
    return Path.of(System.getProperty("writ.home", ""), "target", "demo");
  }

  private ProcessBuilder command(Path folder, Path results) throws IOException {
    List<String> command = new ArrayList<>();
    if (keep) {
      // A session of its own: the terminal's signals are not for what stays.
      command.add("setsid");
    }
    command.addAll(
        JavaCommand.of(
            Files.createDirectory(folder.resolve("tmp")),
            DemoProcess.class,
            List.of(folder.toString(), results.toString(), output.name(), Boolean.toString(keep))));
    return new ProcessBuilder(command);
  }
}
