// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.Column.Overflow;
import picocli.CommandLine.Help.TextTable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * Help whose texts are paragraphs, broken where the terminal ends and not where the source has lines, and
 * which lists subcommands by the first sentence of what each does.
 */
final class CommandHelp extends Help {
  private static final int INDENT = 2;
  private static final String END = ". ";

  CommandHelp(CommandSpec command, ColorScheme colours) {
    super(command, colours);
    UsageMessageSpec usage = command.usageMessage();
    usage.description(paragraphs(usage.description())).footer(paragraphs(usage.footer()));
  }

  /** An empty line stands between them. */
  private static String[] paragraphs(String[] lines) {
    List<String> paragraphs = new ArrayList<>();
    boolean open = false;
    for (String line : lines) {
      int last = paragraphs.size() - 1;
      if (open && !line.isEmpty()) {
        paragraphs.set(last, paragraphs.get(last) + " " + line);
      } else {
        paragraphs.add(line);
      }
      open = !line.isEmpty();
    }
    return paragraphs.toArray(String[]::new);
  }

  @Override
  public IOptionRenderer createDefaultOptionRenderer() {
    IOptionRenderer lines = super.createDefaultOptionRenderer();
    return (option, label, colours) -> paragraph(lines.render(option, label, colours));
  }

  @Override
  public IParameterRenderer createDefaultParameterRenderer() {
    IParameterRenderer lines = super.createDefaultParameterRenderer();
    return (parameter, label, colours) -> paragraph(lines.render(parameter, label, colours));
  }

  /** Rows that have nothing but a description, which is their last column, go on the one before. */
  private static Text[][] paragraph(Text[][] rows) {
    List<Text[]> whole = new ArrayList<>();
    for (Text[] row : rows) {
      int last = row.length - 1;
      if (!whole.isEmpty()
          && Arrays.stream(row, 0, last).allMatch(cell -> cell.plainString().isEmpty())) {
        Text[] before = whole.get(whole.size() - 1);
        before[last] = before[last].concat(" ").concat(row[last]);
      } else {
        whole.add(row.clone());
      }
    }
    return whole.toArray(Text[][]::new);
  }

  @Override
  public String commandList(Map<String, Help> subcommands) {
    int names = subcommands.keySet().stream().mapToInt(String::length).max().orElse(0);
    int width = commandSpec().usageMessage().width();
    TextTable table =
        TextTable.forColumns(
            colorScheme(),
            new Column(names + INDENT, INDENT, Overflow.SPAN),
            new Column(width - names - INDENT, INDENT, Overflow.WRAP));
    subcommands.forEach(
        (name, help) ->
            table.addRowValues(
                colorScheme().commandText(name),
                colorScheme().text(firstSentence(help.commandSpec()))));
    return table.toString();
  }

  private static String firstSentence(CommandSpec command) {
    String whole = String.join(" ", command.usageMessage().description());
    int end = whole.indexOf(END);
    return end < 0 ? whole : whole.substring(0, end + 1);
  }
}
