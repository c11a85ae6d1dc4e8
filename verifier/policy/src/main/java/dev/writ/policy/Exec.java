// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an execution on a host is bound to, of which {@link Request#argsDigest} is the digest.
 *
 * @param path absolute path of the executable; of a script, its interpreter's
 * @param exeSha256 SHA-256 of the executable, lower-case hex
 * @param argv the arguments from the program's own name on; absent where one is not UTF-8 or a bound is
 *     exceeded, see {@link #argvWithinBounds}
 * @param cwd absolute path of the working directory
 * @param env of each variable of the environment, by name, SHA-256 of its value in lower-case hex
 * @param files of each bound script and file of data, by absolute path, SHA-256 in lower-case hex
 */
public record Exec(
    String path,
    String exeSha256,
    Optional<List<String>> argv,
    String cwd,
    Map<String, String> env,
    Map<String, String> files) {
  private static final InputType<List<String>> TEXTS = InputType.listOf(InputType.TEXT);
  private static final InputType<Map<String, String>> BY_NAME = InputType.mapOf(InputType.TEXT);

  static final Struct<Exec> STRUCT =
      Struct.<Exec>named("Exec")
          .optional("argv", TEXTS, Exec::argv)
          .field("cwd", InputType.TEXT, Exec::cwd)
          .field("env", BY_NAME, Exec::env)
          .field("exe_sha256", InputType.TEXT, Exec::exeSha256)
          .field("files", BY_NAME, Exec::files)
          .field("path", InputType.TEXT, Exec::path)
          .build(
              read ->
                  new Exec(
                      read.get("path", InputType.TEXT),
                      read.get("exe_sha256", InputType.TEXT),
                      read.optional("argv", TEXTS),
                      read.get("cwd", InputType.TEXT),
                      read.get("env", BY_NAME),
                      read.get("files", BY_NAME)));

  /** Copies the collections, so that a decision's inputs cannot change under it. */
  public Exec {
    argv = argv.map(List::copyOf);
    env = Map.copyOf(env);
    files = Map.copyOf(files);
  }

  /**
   * {@code argv} if the profile's bounds on inputs hold it, else nothing: that it is longer than rules
   * can judge denies where a rule reads it, and nowhere else.
   */
  public static Optional<List<String>> argvWithinBounds(List<String> argv) {
    return TEXTS.excess(argv).isEmpty() ? Optional.of(List.copyOf(argv)) : Optional.empty();
  }
}
