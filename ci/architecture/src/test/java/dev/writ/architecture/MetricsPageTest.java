// SPDX-License-Identifier: Apache-2.0
package dev.writ.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * That metrics which {@code docs/OPERATIONS.md} lists and alerts which {@code docs/examples/writ-alerts.yml}
 * raises are of what is exported, as sources say it: several are exported only beside a replica or a webhook.
 */
class MetricsPageTest {
  private static final Path ROOT = Path.of("..", "..");
  private static final Path SERVICE = ROOT.resolve("attestor/service/src/main/java");
  private static final Path LINEAGE =
      ROOT.resolve("attestor/cli/src/main/java/dev/writ/cli/LineageMetrics.java");
  private static final Path RULES = ROOT.resolve("docs/examples/writ-alerts.yml");

  private static final Pattern BUILT =
      Pattern.compile(
          "(Counter|CounterWithCallback|GaugeWithCallback|Histogram)\\.builder\\(\\)(.*?)"
              + "\\.register\\(registry\\)",
          Pattern.DOTALL);
  private static final Pattern NAME = Pattern.compile("\\.name\\(\"(\\w+)\"\\)");
  private static final Pattern LABELS = Pattern.compile("\\.labelNames\\(([^)]*)\\)");
  private static final Pattern WORD = Pattern.compile("\"(\\w+)\"");

  /** Calls of a method that builds one: its kind, its name and, besides, its help and labels. */
  private static final Pattern CALLED =
      Pattern.compile(
          "(histogram|signatures|gauge)\\(\\s*(?:registry,\\s*|text,\\s*)?\"(writ_\\w+)\"([^;]*?)\\);",
          Pattern.DOTALL);

  private static final Pattern LISTED = Pattern.compile("`(writ_\\w+)(?:\\{([\\w,]*)\\})?`");
  private static final Pattern ALERT = Pattern.compile("- alert: (\\w+)\\n +expr: '(.*)'\\n");
  private static final Pattern SELECTED = Pattern.compile("(writ_\\w+)(?:\\{([^}]*)\\})?");
  private static final Pattern LABEL = Pattern.compile("(\\w+) *(?:=~|!=|!~|=)");

  /** Each metric as it is scraped, with its labels. */
  private static Map<String, Set<String>> exported() throws IOException {
    Map<String, Set<String>> exported = new TreeMap<>();
    try (Stream<Path> files = Files.walk(SERVICE)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
        String source = Files.readString(file);
        Matcher built = BUILT.matcher(source);
        while (built.find()) {
          Matcher name = NAME.matcher(built.group(2));
          if (name.find()) {
            Matcher labels = LABELS.matcher(built.group(2));
            String unit = built.group(2).contains(".unit(Unit.SECONDS)") ? "_seconds" : "";
            String kind = built.group(1).startsWith("Counter") ? "_total" : "";
            exported.put(
                name.group(1) + unit + kind, labels.find() ? words(labels.group(1)) : Set.of());
          }
        }
        called(source, exported);
      }
    }
    called(Files.readString(LINEAGE), exported);
    return exported;
  }

  private static void called(String source, Map<String, Set<String>> exported) {
    Matcher called = CALLED.matcher(source);
    while (called.find()) {
      switch (called.group(1)) {
        case "histogram" -> exported.put(called.group(2) + "_seconds", words(called.group(3)));
        case "signatures" -> {
          Set<String> labels = words(called.group(3));
          labels.add("role");
          exported.put(called.group(2) + "_total", labels);
        }
        default ->
            exported.put(
                called.group(2),
                called.group(2).endsWith("_findings") ? Set.of("log", "rule") : Set.of("log"));
      }
    }
  }

  /** Quoted words: labels, and no sentences. */
  private static Set<String> words(String of) {
    Set<String> words = new TreeSet<>();
    Matcher word = WORD.matcher(of);
    while (word.find()) {
      words.add(word.group(1));
    }
    return words;
  }

  private static Map<String, Set<String>> listed() throws IOException {
    String page = Files.readString(ROOT.resolve("docs/OPERATIONS.md"));
    String section = page.substring(page.indexOf("\n## Metrics\n") + 1);
    Map<String, Set<String>> listed = new TreeMap<>();
    section
        .substring(0, section.indexOf("\n## "))
        .lines()
        .filter(line -> line.startsWith("| `writ_"))
        .map(line -> line.substring(0, line.indexOf(" | ", 2)))
        .forEach(
            names -> {
              Matcher name = LISTED.matcher(names);
              while (name.find()) {
                listed.put(
                    name.group(1),
                    name.group(2) == null
                        ? Set.of()
                        : new TreeSet<>(Arrays.asList(name.group(2).split(","))));
              }
            });
    return listed;
  }

  /** What rules ask for that nobody exports, in sentences. */
  private static List<String> wanting(String rules, Map<String, Set<String>> exported) {
    List<String> wanting = new ArrayList<>();
    Matcher alert = ALERT.matcher(rules);
    while (alert.find()) {
      Matcher selected = SELECTED.matcher(alert.group(2));
      while (selected.find()) {
        Set<String> labels = exported.get(selected.group(1));
        if (labels == null) {
          wanting.add(alert.group(1) + ": nobody exports " + selected.group(1));
          continue;
        }
        Matcher label = LABEL.matcher(selected.group(2) == null ? "" : selected.group(2));
        while (label.find()) {
          if (!labels.contains(label.group(1))) {
            wanting.add(
                alert.group(1) + ": " + selected.group(1) + " has no label " + label.group(1));
          }
        }
      }
    }
    return wanting;
  }

  private static List<String> alerts() throws IOException {
    return ALERT.matcher(Files.readString(RULES)).results().map(found -> found.group(1)).toList();
  }

  @Test
  void everyMetricOfTheService_isListedWithItsLabels_andNoOther() throws Exception {
    Map<String, Set<String>> exported = exported();
    exported.keySet().removeIf(name -> name.startsWith("writ_lineage_"));

    assertThat(exported).hasSizeGreaterThan(40);
    assertThat(listed()).isEqualTo(exported);
  }

  @Test
  void everyAlert_isOfWhatIsExported() throws Exception {
    String rules = Files.readString(RULES);

    assertThat(alerts()).hasSizeGreaterThan(20).doesNotHaveDuplicates();
    assertThat(Pattern.compile("- alert: ").matcher(rules).results()).hasSize(alerts().size());
    assertThat(wanting(rules, exported())).isEmpty();
  }

  @Test
  void alertOfWhatNobodyExports_isFound() throws Exception {
    String rules =
        """
              - alert: One
                expr: 'writ_gone == 0'
              - alert: Two
                expr: 'sum(writ_ready{door="tls"}) == 0'
        """;

    assertThat(wanting(rules, exported()))
        .containsExactly("One: nobody exports writ_gone", "Two: writ_ready has no label door");
  }

  /** Both are run by {@code ci/interop}. */
  @Test
  void everyAlert_isShownToFire_andToBeSilent() throws Exception {
    String cases = Files.readString(ROOT.resolve("ci/alerts/writ-alerts-test.yml"));

    for (String alert : alerts()) {
      assertThat(cases)
          .contains("- name: " + alert + " fires\n")
          .contains("- name: " + alert + " is silent where all is well\n");
    }
  }
}
