// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.util.Map;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.Column.Overflow;
import picocli.CommandLine.Help.TextTable;
import picocli.CommandLine.Model.CommandSpec;

/** Help that lists subcommands by the first sentence of what each does, not by its first line. */
final class CommandHelp extends Help {
  private static final int INDENT = 2;
  private static final String END = ". ";

  CommandHelp(CommandSpec command, ColorScheme colours) {
    super(command, colours);
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
