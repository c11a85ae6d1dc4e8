// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cel.checker.CelStandardDeclarations.StandardFunction;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tables of docs/POLICY.md list what the profile has, and its further examples decide as they say. */
class PolicyPageTablesTest {
  private static final Path PAGE = Path.of("../../docs/POLICY.md");
  private static final Path STARTING = Path.of("../../docs/examples/starting-policy.yaml");
  private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");

  /** Macros are no functions of the library. */
  private static final Set<String> MACROS =
      Set.of("has", "all", "exists", "exists_one", "map", "filter");

  @Test
  void inputs_areThoseOfTheProfile() throws Exception {
    Map<String, String> known = new TreeMap<>();
    for (RecordComponent variable : Inputs.class.getRecordComponents()) {
      if (variable.getType().isRecord()) {
        collect(variable.getName(), variable.getType(), known);
      } else {
        known.put(variable.getName(), spelled(variable.getGenericType()));
      }
    }
    known.put("constants.NAME", "as written");
    Map<String, String> shown = new TreeMap<>();
    for (List<String> row : rows("| Input |")) {
      shown.put(row.get(0).replace("`", ""), row.get(1));
    }
    assertThat(shown).isEqualTo(known);
  }

  private static void collect(String path, Class<?> record, Map<String, String> known) {
    for (RecordComponent field : record.getRecordComponents()) {
      String name = path + "." + snake(field.getName());
      boolean optional = field.getType().equals(Optional.class);
      Type type = optional ? argument(field.getGenericType(), 0) : field.getGenericType();
      known.put(optional ? name + "?" : name, spelled(type));
      Type element = field.getType().equals(List.class) ? argument(type, 0) : type;
      if (element instanceof Class<?> nested && nested.isRecord()) {
        collect(element.equals(type) ? name : name + "[]", nested, known);
      }
    }
  }

  private static String snake(String name) {
    return name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  private static Type argument(Type type, int index) {
    return ((ParameterizedType) type).getActualTypeArguments()[index];
  }

  private static String spelled(Type type) {
    if (type instanceof ParameterizedType several) {
      return several.getRawType().equals(List.class)
          ? "list of " + spelled(argument(type, 0))
          : "map to " + spelled(argument(type, 1));
    }
    return Map.<Type, String>of(
            String.class, "text",
            long.class, "integer",
            Long.class, "integer",
            boolean.class, "truth value",
            Boolean.class, "truth value",
            Instant.class, "time")
        .getOrDefault(type, ((Class<?>) type).getSimpleName());
  }

  @Test
  void enums_haveTheValuesOfTheProfileInItsOrder() throws Exception {
    Map<String, List<String>> known = new TreeMap<>();
    for (Class<?> type :
        List.of(
            Trust.Tier.class,
            Trust.Endorsement.class,
            Env.KeyStorage.class,
            Env.Channel.class,
            Governance.Mode.class)) {
      known.put(
          type.getSimpleName(),
          Arrays.stream(type.getEnumConstants()).map(Object::toString).toList());
    }
    Map<String, List<String>> shown = new TreeMap<>();
    for (List<String> row : rows("| Enum |")) {
      shown.put(row.get(0).replace("`", ""), quoted(row.get(1)));
    }
    assertThat(shown).isEqualTo(known);
  }

  @Test
  void codes_areThoseThatARuleMayGive() throws Exception {
    assertThat(rows("| `code` ").stream().map(row -> row.get(0).replace("`", "")))
        .containsExactlyElementsOf(
            Arrays.stream(PolicyCode.values()).map(PolicyCode::wire).toList());
  }

  @Test
  void functions_areThoseOfTheProfile() throws Exception {
    Set<String> known = new TreeSet<>(MACROS);
    for (StandardFunction function : StandardFunction.values()) {
      boolean has =
          function.functionDecl().overloads().stream()
              .anyMatch(overload -> Profile.OVERLOADS.contains(overload.overloadId()));
      String name = function.functionName().replaceAll("[_@]", "");
      if (has && !name.equals("notstrictlyfalse")) {
        known.add(name);
      }
    }
    Set<String> shown = new TreeSet<>();
    for (List<String> row : rows("| Functions and operators |")) {
      shown.addAll(quoted(row.get(0).replace("\\|", "|")));
    }
    assertThat(shown).isEqualTo(known);
  }

  /** Cells of the rows beneath a heading; a bar after a backslash ends none. */
  private static List<List<String>> rows(String heading) throws Exception {
    List<List<String>> rows =
        Files.readAllLines(PAGE).stream()
            .dropWhile(line -> !line.startsWith(heading))
            .skip(2)
            .takeWhile(line -> line.startsWith("|"))
            .map(line -> Arrays.stream(line.substring(1).split("(?<!\\\\)\\|")))
            .map(cells -> cells.map(String::strip).toList())
            .toList();
    assertThat(rows).as(heading).isNotEmpty();
    return rows;
  }

  private static List<String> quoted(String cell) {
    return QUOTED.matcher(cell).results().map(found -> found.group(1)).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"two-approve-a-deployment", "restore-in-an-emergency"})
  void example_inTheStartingPolicy_passesItsTestsAndIsHeldByThem(String rule) throws Exception {
    MatchResult example =
        Pattern.compile(
                "```\n((?:(?!```).)*?)rules:\n(  - id: "
                    + rule
                    + "\n(?:(?!```).)*?)tests:\n((?:(?!```).)*)```\n",
                Pattern.DOTALL)
            .matcher(Files.readString(PAGE))
            .results()
            .findFirst()
            .orElseThrow();
    String starting = Files.readString(STARTING);
    int first = starting.indexOf("  - name: clock-on-build-8\n");
    String policy =
        (starting.substring(0, first)
                + example.group(3)
                + "\n"
                + starting.substring(starting.indexOf("  - name: changed-boot\n")))
            .replace("\nrules:\n", "\n" + example.group(1) + "rules:\n" + example.group(2) + "\n");
    byte[] authored = policy.getBytes(StandardCharsets.UTF_8);
    assertThat(PolicyLint.of(authored, Samples.NOW).faults()).isEmpty();
    TestReport report = PolicyTests.run(Policy.compile(PolicyDocument.parseAuthored(authored)));
    assertThat(report.failures()).isEmpty();
    assertThat(report.gaps()).isEmpty();
  }
}
