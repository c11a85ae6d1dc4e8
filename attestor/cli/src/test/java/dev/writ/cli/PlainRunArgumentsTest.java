// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** What is read without picocli is what picocli reads. */
class PlainRunArgumentsTest {
  private static final Map<String, String> NONE = Map.of();
  private static final List<String> NEEDED = List.of("--trust", "t", "--state", "s");

  private static List<OptionSpec> options() {
    return new CommandLine(new RunCommand())
        .getCommandSpec().options().stream()
            .filter(option -> !option.usageHelp() && !option.versionHelp())
            .toList();
  }

  static Stream<String> names() {
    return options().stream().map(OptionSpec::longestName);
  }

  private static String[] line(List<String> options, String... rest) {
    List<String> line = new ArrayList<>(options);
    line.addAll(List.of(rest));
    return line.toArray(String[]::new);
  }

  /** Everything that the command has from its arguments. */
  private static List<Object> values(RunCommand run) {
    List<Object> values = new ArrayList<>();
    values.add(run.trust.trust);
    values.add(String.valueOf(run.trust.pin));
    values.add(run.host.state);
    values.add(run.host.tpm);
    values.add(String.valueOf(run.exec.tenant));
    values.add(String.valueOf(run.exec.workload));
    values.add(run.exec.variables);
    values.add(run.exec.files);
    values.add(String.valueOf(run.initiator.file));
    values.add(String.valueOf(run.service));
    values.add(String.valueOf(run.bundle));
    values.add(String.valueOf(run.parent.file));
    values.add(run.exec.delegable);
    values.add(String.valueOf(run.exec.delegableUses));
    values.add(String.valueOf(run.exec.handDown));
    values.add(run.stopWithin);
    values.add(run.command);
    return values;
  }

  /** Of the option that wants a number, one. */
  private static String value(String name, String text) {
    return name.equals("--stop-within") ? "250" : text;
  }

  private static RunCommand byPicocli(String[] line) {
    RunCommand run = new RunCommand();
    CommandLine commandLine = new CommandLine(run).setStopAtPositional(true);
    var unused = commandLine.setExpandAtFiles(false).parseArgs(line);
    return run;
  }

  @ParameterizedTest
  @MethodSource("names")
  void option_ofPicoclisModel_isReadToTheSameValues(String name) {
    List<String> options = new ArrayList<>(NEEDED);
    if (!NEEDED.contains(name)) {
      options.addAll(List.of(name, value(name, "x")));
    }
    String[] line = line(options, "--", "program", "--tpm", "a b", "--");

    assertThat(values(PlainRunArguments.read(line, NONE).orElseThrow()))
        .isEqualTo(values(byPicocli(line)));
  }

  @Test
  void options_allAtOnceAndSomeTwice_areReadToTheSameValues() {
    List<String> options = new ArrayList<>();
    names().forEach(name -> options.addAll(List.of(name, value(name, "v" + name.length()))));
    options.addAll(List.of("--env", "B", "--bind", "./two words"));
    String[] line = line(options, "--", "@program", "-x");

    assertThat(values(PlainRunArguments.read(line, NONE).orElseThrow()))
        .isEqualTo(values(byPicocli(line)));
  }

  @Test
  void variables_ofEveryOptionThatHasOne_standInForIt() {
    for (OptionSpec option : options()) {
      String byDefault = String.valueOf(option.defaultValue());
      if (!byDefault.startsWith("${env:")) {
        continue;
      }
      String variable = byDefault.substring(6).split("[:}]", 2)[0];
      List<String> options = new ArrayList<>(NEEDED);
      int at = options.indexOf(option.longestName());
      if (at >= 0) {
        options.subList(at, at + 2).clear();
      }
      String given = value(option.longestName(), "x");
      List<Object> byVariable =
          values(
              PlainRunArguments.read(line(options, "--", "p"), Map.of(variable, given))
                  .orElseThrow());
      options.addAll(List.of(option.longestName(), given));

      assertThat(byVariable).as(variable).isEqualTo(values(byPicocli(line(options, "--", "p"))));
    }
  }

  @Test
  void option_andItsVariable_theOptionCounts() {
    RunCommand run =
        PlainRunArguments.read(line(NEEDED, "--", "p"), Map.of("WRIT_STATE", "other"))
            .orElseThrow();

    assertThat(run.host.state).hasToString("s");
  }

  static Stream<List<String>> leftToPicocli() {
    return Stream.of(
        List.of(),
        List.of("--help"),
        List.of("--trust", "t", "--", "p"),
        List.of("--state", "s", "--", "p"),
        List.of("--trust", "t", "--state", "s"),
        List.of("--trust", "t", "--state", "s", "p"),
        List.of("--trust", "t", "--state", "s", "--"),
        List.of("--trust", "t", "--state", "s", "--nonsense", "x", "--", "p"),
        List.of("--trust", "t", "--state", "s", "--tpm", "--", "p"),
        List.of("--trust", "t", "--state", "s", "--tpm", "-x", "--", "p"),
        List.of("--trust", "t", "--state", "s", "--tpm", "", "--", "p"),
        List.of("--trust", "t", "--state", "s", "--stop-within", "soon", "--", "p"),
        List.of("--trust", "t", "--state", "s", "--trust", "u", "--", "p"),
        List.of("--trust=t", "--state", "s", "--", "p"),
        List.of("--trust", "t", "--state", "\0", "--", "p"),
        List.of("--trust", "t", "--state", "s", "--service", "a b", "--", "p"));
  }

  @ParameterizedTest
  @MethodSource("leftToPicocli")
  void arguments_thatAreNotPlain_areLeftToPicocli(List<String> arguments) {
    assertThat(PlainRunArguments.read(arguments.toArray(String[]::new), NONE)).isEmpty();
  }

  @Test
  void variable_thatIsSetToNothing_isLeftToPicocli() {
    assertThat(PlainRunArguments.read(line(NEEDED, "--", "p"), Map.of("WRIT_SERVICE", "")))
        .isEmpty();
  }
}
