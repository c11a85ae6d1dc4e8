// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A start of the real writ-exec with a real JVM, which is {@link WritExecProbe}. */
final class Probe {
  private final Path folder;
  private final ProcessBuilder builder;
  private String variables = "-";

  private Probe(Path folder) {
    this.folder = folder;
    this.builder = new ProcessBuilder();
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/bin:/bin");
  }

  static Probe of(Path folder) {
    return new Probe(folder);
  }

  /** Sets a variable of the caller's environment. */
  Probe with(String name, String value) {
    builder.environment().put(name, value);
    return this;
  }

  /** Names the variables that the child is to have. */
  Probe naming(String... names) {
    variables = String.join(",", names);
    return this;
  }

  Probe command(String... command) {
    return around(List.of(), command);
  }

  /**
   * The command, in one that starts what follows it.
   *
   * @param around that one
   */
  Probe around(List<String> around, String... command) {
    List<String> all = new ArrayList<>(around);
    all.addAll(
        List.of(
            RelayedWritExec.BINARY.toString(),
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            WritExecProbe.class.getName(),
            binding().toString(),
            variables));
    all.addAll(List.of(command));
    ProcessBuilder unused = builder.command(all);
    return this;
  }

  /** Where the binding is written to. */
  Path binding() {
    return folder.resolve("binding.json");
  }

  Process start() throws Exception {
    return builder.start();
  }
}
