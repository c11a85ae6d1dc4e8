// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class SubcommandsTest {
  private static void collect(
      CommandLine line, List<String> words, Map<List<String>, String> helps) {
    line.getSubcommands()
        .forEach(
            (name, subcommand) -> {
              List<String> all = new ArrayList<>(words);
              all.add(name);
              String first = helps.putIfAbsent(List.copyOf(all), subcommand.getUsageMessage());
              assertThat(first).as(all + " once").isNull();
              collect(subcommand, all, helps);
            });
  }

  private static Map<List<String>, String> helps(CommandLine line) {
    Map<List<String>, String> helps = new LinkedHashMap<>();
    collect(line, List.of(), helps);
    return helps;
  }

  @Test
  void line_ofWordsThatNameASubcommand_knowsItAsTheWholeLineDoesAndNoOther() {
    Map<List<String>, String> whole = helps(Main.commandLine());
    assertThat(whole).hasSizeGreaterThan(60).containsKey(List.of("policy", "breakglass", "use"));
    whole.forEach(
        (words, help) -> {
          List<String> more = new ArrayList<>(words);
          more.add("--help");
          Map<List<String>, String> named = helps(Main.commandLine(more.toArray(new String[0])));
          assertThat(named).containsEntry(words, help);
          // Those above it, and where it has subcommands all of them, since none is named.
          assertThat(named.keySet())
              .allMatch(each -> startsWith(words, each) || startsWith(each, words));
          assertThat(named.keySet().stream().filter(each -> startsWith(each, words)))
              .containsExactlyElementsOf(
                  whole.keySet().stream().filter(each -> startsWith(each, words)).toList());
        });
  }

  private static boolean startsWith(List<String> words, List<String> begin) {
    return words.size() >= begin.size() && words.subList(0, begin.size()).equals(begin);
  }

  @Test
  void line_ofOtherWords_knowsThemAll() {
    String whole = Main.commandLine().getUsageMessage();
    for (String first : List.of("", "--help", "nonsense", "KEYS", "key", "--")) {
      assertThat(Main.commandLine(first, "keys").getUsageMessage()).as(first).isEqualTo(whole);
    }
    assertThat(Invocation.of("key").err())
        .contains("Unmatched argument at index 0: 'key'")
        .contains("Did you mean: writ keys");
    assertThat(Invocation.of("keys", "rotat").err())
        .contains("Unmatched argument at index 1: 'rotat'")
        .contains("Did you mean: keys rotate");
    assertThat(Invocation.of("verify", "keys", "init").status()).isEqualTo(2);
  }
}
