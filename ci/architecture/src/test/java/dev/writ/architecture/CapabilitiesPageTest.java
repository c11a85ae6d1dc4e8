// SPDX-License-Identifier: Apache-2.0
package dev.writ.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** That the tests which {@code docs/CAPABILITIES.md} names are there. */
class CapabilitiesPageTest {
  private static final Path ROOT = Path.of("..", "..");
  private static final Pattern NAMED = Pattern.compile("`(\\w+Test)\\.(\\w+)`");
  private static final Pattern ROW = Pattern.compile("\\| (.+) \\| (.+) \\| (.+) \\|");

  private static List<Matcher> rows(List<String> lines) {
    List<Matcher> rows = new ArrayList<>();
    for (String line : lines) {
      Matcher row = ROW.matcher(line);
      if (row.matches() && !row.group(3).equals("Shown by")) {
        rows.add(row);
      }
    }
    return rows;
  }

  private static List<String> page() throws IOException {
    return Files.readAllLines(ROOT.resolve("docs").resolve("CAPABILITIES.md"));
  }

  /** What is wanting in these rows, in sentences. */
  private static List<String> wanting(List<Matcher> rows) throws IOException {
    Map<String, String> classes = testClasses();
    List<String> wanting = new ArrayList<>();
    for (Matcher row : rows) {
      Matcher named = NAMED.matcher(row.group(3));
      int found = 0;
      while (named.find()) {
        found++;
        String source = classes.getOrDefault(named.group(1), "");
        if (!source.contains("void " + named.group(2) + "(")) {
          wanting.add("no such test: " + named.group());
        }
      }
      if (found == 0) {
        wanting.add("no test in the row: " + row.group(1));
      }
    }
    return wanting;
  }

  private static Map<String, String> testClasses() throws IOException {
    Map<String, String> classes = new HashMap<>();
    try (Stream<Path> files = Files.walk(ROOT)) {
      for (Path file : files.filter(CapabilitiesPageTest::isTestClass).toList()) {
        // Two rooms may have tests of one name.
        String name = file.getFileName().toString().replace(".java", "");
        classes.merge(name, Files.readString(file), String::concat);
      }
    }
    return classes;
  }

  private static boolean isTestClass(Path file) {
    return file.toString().contains("/src/test/java/") && file.toString().endsWith("Test.java");
  }

  @Test
  void everyRow_namesTestsThatAreThere() throws Exception {
    List<Matcher> rows = rows(page());

    assertThat(rows).hasSizeGreaterThan(40);
    assertThat(wanting(rows)).isEmpty();
  }

  @Test
  void everyDenialCode_hasARow() throws Exception {
    List<String> firsts = rows(page()).stream().map(row -> row.group(1)).toList();

    for (DenialCode code : DenialCode.values()) {
      assertThat(firsts).contains("`" + code.wire() + "`");
    }
  }

  @Test
  void rowWithoutATest_orWithOneThatIsGone_isFound() throws Exception {
    List<String> lines =
        List.of(
            "| Capability | In Writ | Shown by |",
            "|---|---|---|",
            "| one | as promised | somebody says so |",
            "| two | as promised | `CapabilitiesPageTest.everyDenialCode_hasARow`, `LeafTest.gone` |");

    assertThat(wanting(rows(lines)))
        .containsExactly("no test in the row: one", "no such test: `LeafTest.gone`");
  }
}
