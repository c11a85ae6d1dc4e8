// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small programs of the test's own, made by the compiler that made writ-exec. */
final class Compiled {
  private Compiled() {}

  /** Prints a word. */
  static Path printing(Path file, String word) throws Exception {
    return program(
        file, "#include <stdio.h>\nint main(void) { puts(\"" + word + "\"); return 0; }\n");
  }

  /** Prints its arguments, each in angle brackets on a line of its own. */
  static Path printingArguments(Path file) throws Exception {
    return program(
        file,
        """
        #include <stdio.h>
        int main(int n, char **a) {
          for (int i = 0; i < n; i++) printf("<%s>\\n", a[i]);
          return 0;
        }
        """);
  }

  static Path program(Path file, String source, String... options) throws Exception {
    Path code = file.resolveSibling(file.getFileName() + ".c");
    Files.writeString(code, source);
    ProcessBuilder gcc = new ProcessBuilder("gcc", "-o", file.toString(), code.toString());
    gcc.command().addAll(java.util.List.of(options));
    if (gcc.inheritIO().start().waitFor() != 0) {
      throw new IOException("gcc " + code);
    }
    return file;
  }
}
