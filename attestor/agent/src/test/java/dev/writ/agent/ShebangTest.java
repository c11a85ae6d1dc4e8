// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernel is the oracle: what it passes to an interpreter is what the line is read as. */
final class ShebangTest {
  @TempDir Path folder;
  private String arguments;
  private Path direct;

  @BeforeEach
  void compile() throws Exception {
    arguments = Compiled.printingArguments(folder.resolve("arguments")).toString();
    // Without the fallback to a shell that libraries have for what the kernel refuses.
    direct =
        Compiled.program(
            folder.resolve("direct"),
            "#include <unistd.h>\nint main(int n, char **a) { (void)n; execv(a[1], a + 1); return 77; }\n");
  }

  @Test
  void line_understood_isAsTheKernelPassesIt() throws Exception {
    String argument = "x".repeat(255 - 3 - arguments.length());
    for (String line :
        List.of(
            "#!I\n",
            "#! I\n",
            "#!\t I\t \n",
            "#!I a\n",
            "#!I  a b  c \n",
            "#!I\ta\tb\t\n",
            "#!I -x='1 2' \"q\n",
            "#!I \u00c3\u00bc\n",
            "#!I a\r\n",
            "#!I \r\n",
            "#!I #!\n",
            "#!I a\nrest\n",
            "#!I \u000b\f\n",
            "#!I " + argument + "\n",
            "#!I" + " ".repeat(argument.length()) + "y\n",
            "#!I " + argument,
            "#!I",
            "#!I a",
            "#!I a b",
            "#!/usr/bin/env arguments\n",
            "#!/usr/bin/env  \t arguments \n")) {
      Path script = script(line.replace("I", arguments));
      Optional<Shebang> read = Shebang.parse(head(script));
      assertThat(read).as(line).isPresent();
      List<String> expected = new ArrayList<>(read.get().arguments());
      expected.add(script.toString());
      expected.add("one");
      assertThat(kernel(script)).as(line).isEqualTo(expected);
    }
  }

  @Test
  void line_refusedByTheKernel_isNoneOrNamesNoFile() throws Exception {
    for (String line :
        List.of(
            "#!I\r\n",
            "#!\n",
            "#!",
            "#! ",
            "#!\t\n",
            "# !I\n",
            " #!I\n",
            "#I\n",
            "!I\n",
            "",
            "#",
            "#!I\u0001\n")) {
      Path script = script(line.replace("I", arguments));
      assertThat(kernel(script)).as(line).isEmpty();
      assertThat(
              Shebang.parse(head(script)).filter(read -> Files.exists(Path.of(read.interpreter()))))
          .as(line)
          .isEmpty();
    }
  }

  @Test
  void line_thatTheKernelCutsOrBends_isRefused() throws Exception {
    String argument = "x".repeat(256 - 3 - arguments.length());
    for (String line :
        List.of(
            "#!I " + argument + "\n",
            "#!I " + argument,
            "#!I a\0b\n",
            "#!I\0\n",
            "#!I a ",
            "#!I ",
            "#!I \u00ff\n")) {
      Path script = script(line.replace("I", arguments));
      assertThat(kernel(script)).as("the kernel runs " + line).isNotEmpty();
      assertThat(Shebang.parse(head(script))).as(line).isEmpty();
    }
    assertThat(Shebang.parse("#!arguments\n".getBytes(ISO_8859_1))).isEmpty();
  }

  private Path script(String content) throws Exception {
    Path script = folder.resolve("script");
    Files.write(script, content.getBytes(ISO_8859_1));
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return script;
  }

  private static byte[] head(Path script) throws Exception {
    return Arrays.copyOf(
        Files.readAllBytes(script), (int) Math.min(Files.size(script), Shebang.MAX_LINE + 1));
  }

  private List<String> kernel(Path script) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(direct.toString(), script.toString(), "one");
    builder.environment().put("PATH", folder.toString());
    Process process = builder.start();
    String out =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    if (process.waitFor() == 77) {
      return List.of();
    }
    return Arrays.stream(out.split("\n"))
        .map(line -> line.substring(1, line.length() - 1))
        .toList();
  }
}
