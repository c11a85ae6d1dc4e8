// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongPredicate;

/** A configuration on which single keys are set, and the values of a number that it takes. */
final class KeyEdges {
  private static final long BEYOND = 100_000_000_000L;

  /** Each number that may be configured has one of these in its bounds. */
  private static final List<Long> WITHIN = List.of(7L, 60L, 3_600L);

  private final ConfigNode.Mapping file;

  KeyEdges(Path file, String yaml) throws Exception {
    this.file = ConfigYaml.parse(file, yaml.getBytes(StandardCharsets.UTF_8));
  }

  /** Least and greatest value of a number. */
  record Bounds(long least, long greatest) {}

  /** The configuration with these keys, by the environment or by the command line. */
  Optional<ServeConfig> with(Map<String, String> keys, boolean byEnvironment) {
    Map<String, String> variables = new LinkedHashMap<>();
    keys.forEach((key, value) -> variables.put(ConfigOverrides.variable(key), value));
    try {
      return Optional.of(
          ServeConfig.of(
              new ConfigOverrides(ServeConfig.SINGLE_VALUES)
                  .apply(
                      file,
                      byEnvironment ? variables : Map.of(),
                      byEnvironment ? Map.of() : keys)));
    } catch (MalformedConfigurationException e) {
      return Optional.empty();
    }
  }

  /** What the reader of the configuration itself takes for a key; empty where it is no number. */
  Optional<Bounds> boundsOf(String key, Map<String, String> beside) {
    LongPredicate taken =
        number -> {
          Map<String, String> keys = new LinkedHashMap<>(beside);
          keys.put(key, Long.toString(number));
          return with(keys, false).isPresent();
        };
    return WITHIN.stream()
        .filter(taken::test)
        .findFirst()
        .map(within -> new Bounds(least(taken, within), greatest(taken, within)));
  }

  private static long least(LongPredicate taken, long within) {
    long below = -1;
    long in = within;
    while (in - below > 1) {
      long middle = (in + below) / 2;
      if (taken.test(middle)) {
        in = middle;
      } else {
        below = middle;
      }
    }
    return in;
  }

  private static long greatest(LongPredicate taken, long within) {
    long in = within;
    long above = BEYOND;
    while (above - in > 1) {
      long middle = (in + above) / 2;
      if (taken.test(middle)) {
        in = middle;
      } else {
        above = middle;
      }
    }
    return in;
  }
}
