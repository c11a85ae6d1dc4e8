// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What stands above a configuration's file: the environment, and above it the command line.
 *
 * <p>A variable is a key with its dots as underscores, in capitals, after {@code WRIT_}: {@code
 * WRIT_TOKEN_PIN_FILE} is {@code token.pin_file}. One that names no key stops the start, as an unknown
 * key in the file does: a setting that is silently without effect is worse than none. Lists stand in
 * the file alone. Relative paths are relative to the working folder.
 */
final class ConfigOverrides {
  private static final String PREFIX = "WRIT_";

  /** Variables of the launcher and of the tests, which are no settings. */
  private static final Set<String> NO_SETTINGS =
      Set.of("WRIT_NO_BUILD", "WRIT_VECTORS", "WRIT_OTHER_JDK");

  private final Set<String> keys;

  /**
   * Of a configuration with these keys.
   *
   * @param keys those with a scalar value, dotted
   */
  ConfigOverrides(Set<String> keys) {
    this.keys = Set.copyOf(keys);
  }

  /** {@code file} with what the environment and then the options say in its place. */
  ConfigNode.Mapping apply(
      ConfigNode.Mapping file, Map<String, String> environment, Map<String, String> options)
      throws MalformedConfigurationException {
    Map<String, String> byVariable =
        keys.stream().collect(Collectors.toMap(ConfigOverrides::variable, key -> key));
    ConfigNode.Mapping result = file;
    for (Map.Entry<String, String> variable : new TreeMap<>(environment).entrySet()) {
      String name = variable.getKey();
      if (name.startsWith(PREFIX) && !NO_SETTINGS.contains(name)) {
        ConfigNode.Place place = place("the environment's " + name);
        String key = byVariable.get(name);
        if (key == null) {
          throw new MalformedConfigurationException(
              place, "must name a key of the configuration with a single value, and names none");
        }
        result = with(result, key, variable.getValue(), place);
      }
    }
    for (Map.Entry<String, String> option : options.entrySet()) {
      ConfigNode.Place place = place("--set " + option.getKey());
      if (!keys.contains(option.getKey())) {
        throw new MalformedConfigurationException(
            place, "must name a key of the configuration with a single value, and names none");
      }
      result = with(result, option.getKey(), option.getValue(), place);
    }
    return result;
  }

  /** The variable that stands for {@code key}. */
  static String variable(String key) {
    return PREFIX + key.replace('.', '_').toUpperCase(Locale.ROOT);
  }

  private static ConfigNode.Place place(String source) {
    return new ConfigNode.Place(source, Path.of("").toAbsolutePath());
  }

  private static ConfigNode.Mapping with(
      ConfigNode.Mapping root, String key, String value, ConfigNode.Place place)
      throws MalformedConfigurationException {
    return with(root, List.of(key.split("\\.", -1)), new ConfigNode.Scalar(value, false, place));
  }

  private static ConfigNode.Mapping with(
      ConfigNode.Mapping section, List<String> path, ConfigNode.Scalar value)
      throws MalformedConfigurationException {
    Map<String, ConfigNode> members = new LinkedHashMap<>(section.members());
    String name = path.get(0);
    if (path.size() == 1) {
      members.put(name, value);
    } else {
      ConfigNode below =
          members.getOrDefault(name, new ConfigNode.Mapping(Map.of(), value.place()));
      if (!(below instanceof ConfigNode.Mapping mapping)) {
        throw new MalformedConfigurationException(
            below.place(), name + " must be a section, was " + below.describe());
      }
      members.put(name, with(mapping, path.subList(1, path.size()), value));
    }
    return new ConfigNode.Mapping(members, section.place());
  }
}
