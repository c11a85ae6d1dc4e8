// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What is to run on this host.
 *
 * @param command argv[0], by which the program is found, and its arguments; bytes without zeros
 * @param variables names of the variables that the program is to have beside {@code PATH, HOME, LANG,
 *     LC_*, TERM}
 * @param files data and further scripts that are bound by their content as it is at the start
 * @param tenant on whose behalf
 * @param workload in whose name, a SPIFFE ID
 */
public record ExecRequest(
    List<byte[]> command,
    List<String> variables,
    List<Path> files,
    String tenant,
    String workload) {
  /** XBD 8.1 of POSIX, and small letters. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  /**
   * The request as given.
   *
   * @throws IllegalArgumentException if there is no command, or what is to name a variable is no name
   */
  public ExecRequest {
    command = List.copyOf(command);
    variables = List.copyOf(variables);
    files = List.copyOf(files);
    if (command.isEmpty()) {
      throw new IllegalArgumentException("a command must be given, and is empty");
    }
    for (String variable : variables) {
      if (!NAME.matcher(variable).matches()) {
        // Its value is not repeated: A=B may have been a secret.
        throw new IllegalArgumentException(
            "a variable is given by its name alone, of letters, digits and _, and this is none: "
                + variable.replaceFirst("(?s)=.*", "=…"));
      }
    }
  }
}
