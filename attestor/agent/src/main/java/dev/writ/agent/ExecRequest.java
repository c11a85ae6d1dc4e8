// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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
 * @param delegable what programs of this host may be asked for under it; absent where none may
 * @param handedDown where its bundle lies while it runs, for who asks under it; absent where it is told nothing
 */
public record ExecRequest(
    List<byte[]> command,
    List<String> variables,
    List<Path> files,
    String tenant,
    String workload,
    Optional<Delegating> delegable,
    Optional<Path> handedDown) {
  /** XBD 8.1 of POSIX, and small letters. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  /**
   * Programs that may be asked for under an execution, on its host.
   *
   * @param below each covers itself and what lies below it
   * @param maxUses how many uses all of them may have together, or {@link dev.writ.artifact.Act#UNCOUNTED}
   */
  public record Delegating(List<String> below, int maxUses) {
    /** The bound as given. */
    public Delegating {
      below = List.copyOf(below);
    }
  }

  /** One under which nothing is asked for. */
  public ExecRequest(
      List<byte[]> command,
      List<String> variables,
      List<Path> files,
      String tenant,
      String workload) {
    this(command, variables, files, tenant, workload, Optional.empty(), Optional.empty());
  }

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
