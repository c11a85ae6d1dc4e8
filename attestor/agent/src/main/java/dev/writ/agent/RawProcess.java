// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Arguments and environment of a process as the bytes that they are (proc(5)): Java's own are strings,
 * decoded by a locale, from which the bytes do not always come back.
 */
public final class RawProcess {
  private RawProcess() {}

  /**
   * The last arguments of this process, each the bytes of the string that Java was given.
   *
   * @throws UnfaithfulBytesException if they are not: an argument has bytes that are no UTF-8
   */
  public static List<byte[]> lastArguments(List<String> arguments)
      throws IOException, UnfaithfulBytesException {
    List<byte[]> all = split(Files.readAllBytes(Path.of("/proc/self/cmdline")));
    if (all.size() < arguments.size()) {
      throw new UnfaithfulBytesException(
          "the process must have the arguments that Java was given, has fewer");
    }
    List<byte[]> last = all.subList(all.size() - arguments.size(), all.size());
    for (int i = 0; i < arguments.size(); i++) {
      byte[] encoded = arguments.get(i).getBytes(StandardCharsets.UTF_8);
      if (!Arrays.equals(encoded, last.get(i))) {
        throw new UnfaithfulBytesException(
            "argument " + i + " of the command must be UTF-8, is not: it could not be bound");
      }
    }
    return List.copyOf(last);
  }

  /**
   * The environment that a process was started with: values by name. Of a name that comes twice the
   * first counts, as in getenv(3); what has no name is left out.
   */
  static Map<String, byte[]> environment(long pid) throws IOException {
    Map<String, byte[]> variables = new LinkedHashMap<>();
    for (byte[] variable : split(Files.readAllBytes(Path.of("/proc/" + pid + "/environ")))) {
      int equals = indexOf(variable, (byte) '=');
      if (equals > 0) {
        variables.putIfAbsent(
            new String(variable, 0, equals, StandardCharsets.ISO_8859_1),
            Arrays.copyOfRange(variable, equals + 1, variable.length));
      }
    }
    return variables;
  }

  /** Strings that end with a zero each. */
  private static List<byte[]> split(byte[] bytes) {
    List<byte[]> strings = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == 0) {
        strings.add(Arrays.copyOfRange(bytes, from, i));
        from = i + 1;
      }
    }
    return strings;
  }

  private static int indexOf(byte[] bytes, byte wanted) {
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    return -1;
  }
}
