// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** This program started once more: the same Java, options and class path. */
final class JavaCommand {
  private static final String TEMPORARY = "-Djava.io.tmpdir=";
  private static final String ONE_SHOT = "-XX:TieredStopAtLevel=1";

  /** The archive of the classes that such a start loads, and where to list them for one. */
  private static final String RUN_ARCHIVE = "writ.run.archive";

  private static final String RUN_CLASSES = "writ.run.classes";

  /** The jars that such a start needs, which are not all; the archive is of them. */
  private static final String RUN_CLASSPATH = "writ.run.classpath";

  /** The same of any other start, where it is from other jars than this JVM: tests run from folders. */
  private static final String ARCHIVE = "writ.archive";

  private static final String CLASSPATH = "writ.classpath";

  /** Where JNA's own library was unpacked. */
  private static final String NATIVE = "jna.boot.library.path";

  /** From here on Java says on standard error what JNA does, unless it is told to expect it. */
  private static final int WARNS_OF_NATIVE_ACCESS = 23;

  private JavaCommand() {}

  /**
   * The command line that runs {@code main}.
   *
   * @param temporary an existing folder for native libraries that are unpacked
   */
  static List<String> of(Path temporary, Class<?> main, List<String> arguments) {
    return command(List.of(TEMPORARY + temporary), main, arguments);
  }

  /**
   * The command line of a {@code writ} subcommand.
   *
   * @param temporary an existing folder for native libraries that are unpacked: a process that is
   *     killed leaves them there
   */
  static List<String> ofWrit(Path temporary, List<String> arguments) {
    List<String> options = new ArrayList<>(List.of(TEMPORARY + temporary));
    if (!arguments.get(0).equals("serve")) {
      options.add(ONE_SHOT);
    }
    return command(options, Main.class, arguments);
  }

  /**
   * The command line of a {@code writ} subcommand that holds a program, as the launcher starts it: by
   * writ-exec.
   *
   * @param temporary an existing folder for native libraries that are unpacked
   */
  static List<String> ofWritExec(Path temporary, List<String> arguments) throws CommandFailure {
    ExecManifest manifest = ExecManifest.ofLauncher();
    List<String> command = new ArrayList<>();
    command.add(manifest.file().toString());
    command.add(java());
    command.addAll(List.of("-Xshare:auto", "-XX:+UseSerialGC", ONE_SHOT));
    if (Runtime.version().feature() >= WARNS_OF_NATIVE_ACCESS) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.add(manifest.option());
    String archive = System.getProperty(RUN_ARCHIVE, "");
    if (!archive.isEmpty()) {
      command.add("-XX:SharedArchiveFile=" + archive);
    }
    String classes = System.getProperty(RUN_CLASSES, "");
    if (!classes.isEmpty()) {
      command.add("-XX:DumpLoadedClassList=" + classes);
    }
    String unpacked = System.getProperty(NATIVE, "");
    if (!unpacked.isEmpty()) {
      command.add("-D" + NATIVE + "=" + unpacked);
    }
    command.add(TEMPORARY + temporary);
    command.add("-cp");
    command.add(System.getProperty(RUN_CLASSPATH, System.getProperty("java.class.path")));
    command.add(Main.class.getName());
    command.addAll(arguments);
    return command;
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static List<String> command(List<String> options, Class<?> main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(java());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(options);
    String archive = System.getProperty(ARCHIVE, "");
    if (!archive.isEmpty()) {
      command.add("-XX:SharedArchiveFile=" + archive);
    }
    command.add("-cp");
    command.add(System.getProperty(CLASSPATH, System.getProperty("java.class.path")));
    command.add(main.getName());
    command.addAll(arguments);
    return command;
  }
}
