// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The subcommands of a command, in the order in which its help lists them. Picocli's own member would
 * have it read all options of all subcommands at every start, which costs a short command more time
 * than all else it does.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@interface Subcommands {
  Class<?>[] value();

  /** Makes command lines of commands that have this annotation. */
  final class Lines {
    private Lines() {}

    /**
     * The line of a command, which knows the subcommand that {@code words} begin with, and all where
     * they begin with none.
     */
    static CommandLine of(Class<?> command, List<String> words) {
      CommandLine line = new CommandLine(command);
      Subcommands subcommands = command.getAnnotation(Subcommands.class);
      if (subcommands != null) {
        List<Class<?>> all = List.of(subcommands.value());
        Optional<Class<?>> named =
            words.isEmpty()
                ? Optional.empty()
                : all.stream().filter(each -> isCalled(each, words.get(0))).findFirst();
        List<String> rest = named.isPresent() ? words.subList(1, words.size()) : List.of();
        for (Class<?> each : named.<List<Class<?>>>map(List::of).orElse(all)) {
          CommandLine ignored = line.addSubcommand(of(each, rest));
        }
      }
      return line;
    }

    private static boolean isCalled(Class<?> command, String word) {
      return command.getAnnotation(Command.class).name().equals(word);
    }
  }
}
