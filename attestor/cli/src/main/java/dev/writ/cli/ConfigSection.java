// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * A section of a configuration, read key by key. Each method reads one key as one type; what {@link
 * ConfigKeys} does not know is refused before.
 */
final class ConfigSection {
  /** What YAML 1.2's core schema takes for no text where it stands unquoted. */
  private static final Pattern NO_TEXT =
      Pattern.compile(
          "|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
              + "|[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?"
              + "|[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");

  private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,11}");

  private final ConfigNode.Mapping node;
  private final String path;

  private ConfigSection(ConfigNode.Mapping node, String path) {
    this.node = node;
    this.path = path;
  }

  /** The whole of a configuration. */
  static ConfigSection of(ConfigNode.Mapping root) {
    return new ConfigSection(root, "");
  }

  boolean has(String key) {
    return node.members().containsKey(key);
  }

  String text(String key) throws MalformedConfigurationException {
    return optionalText(key).orElseThrow(() -> missing(key));
  }

  Optional<String> optionalText(String key) throws MalformedConfigurationException {
    Optional<ConfigNode> found = find(key);
    return found.isEmpty() ? Optional.empty() : Optional.of(asText(key, found.get()));
  }

  /** Characters as they stand, whatever YAML would take them for unquoted. */
  <T> T parsed(String key, String mustBe, Function<String, Optional<T>> parser)
      throws MalformedConfigurationException {
    return optional(key, mustBe, parser).orElseThrow(() -> missing(key));
  }

  /** As {@link #parsed}, of a key that may be missing. */
  <T> Optional<T> optional(String key, String mustBe, Function<String, Optional<T>> parser)
      throws MalformedConfigurationException {
    Optional<ConfigNode> found = find(key);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    if (found.get() instanceof ConfigNode.Scalar scalar) {
      Optional<T> value = parser.apply(scalar.text());
      if (value.isPresent()) {
        return value;
      }
    }
    throw refused(key, mustBe);
  }

  Path path(String key) throws MalformedConfigurationException {
    return optionalPath(key).orElseThrow(() -> missing(key));
  }

  Optional<Path> optionalPath(String key) throws MalformedConfigurationException {
    Optional<ConfigNode> found = find(key);
    return found.isEmpty() ? Optional.empty() : Optional.of(asPath(key, found.get()));
  }

  /** A whole number from {@code min} to {@code max}. */
  int number(String key, int min, int max, int whenMissing) throws MalformedConfigurationException {
    return optional(
            key,
            "a number from " + min + " to " + max,
            text ->
                Optional.of(text)
                    .filter(digits -> NUMBER.matcher(digits).matches())
                    .map(Long::parseLong)
                    .filter(value -> value >= min && value <= max)
                    .map(Long::intValue))
        .orElse(whenMissing);
  }

  ListenAddress address(String key) throws MalformedConfigurationException {
    return parsed(key, ListenAddress.FORM, ListenAddress::parse);
  }

  Optional<ListenAddress> optionalAddress(String key) throws MalformedConfigurationException {
    return optional(key, ListenAddress.FORM, ListenAddress::parse);
  }

  /** The paths of a list; none if it is missing. */
  List<Path> paths(String key) throws MalformedConfigurationException {
    List<Path> paths = new ArrayList<>();
    for (ConfigNode element : elements(key)) {
      paths.add(asPath(key, element));
    }
    return List.copyOf(paths);
  }

  /** The texts of a list, each as {@code mustBe} says; none if it is missing. */
  List<String> texts(String key, String mustBe, Predicate<String> holds)
      throws MalformedConfigurationException {
    List<String> texts = new ArrayList<>();
    for (ConfigNode element : elements(key)) {
      String text = asText(key, element);
      if (!holds.test(text)) {
        throw refused(key, element, mustBe);
      }
      texts.add(text);
    }
    return List.copyOf(texts);
  }

  /** The sections of a list; none if it is missing. */
  List<ConfigSection> sections(String key) throws MalformedConfigurationException {
    List<ConfigSection> sections = new ArrayList<>();
    for (ConfigNode element : elements(key)) {
      sections.add(asSection(key + "[" + sections.size() + "]", key, element));
    }
    return List.copyOf(sections);
  }

  ConfigSection section(String key) throws MalformedConfigurationException {
    return optionalSection(key).orElseThrow(() -> missing(key));
  }

  Optional<ConfigSection> optionalSection(String key) throws MalformedConfigurationException {
    Optional<ConfigNode> found = find(key);
    return found.isEmpty() ? Optional.empty() : Optional.of(asSection(key, key, found.get()));
  }

  /** A section of which every key may be missing, and itself too. */
  ConfigSection sectionOrEmpty(String key) throws MalformedConfigurationException {
    Optional<ConfigSection> found = optionalSection(key);
    return found.isPresent()
        ? found.get()
        : new ConfigSection(new ConfigNode.Mapping(Map.of(), node.place()), name(key));
  }

  /** Says that the value of {@code key}, which is there or not, is not what it must be. */
  MalformedConfigurationException refused(String key, String mustBe) {
    ConfigNode found = node.members().get(key);
    return found == null ? missing(key) : refused(key, found, mustBe);
  }

  /** Says of the section itself what it must have. */
  MalformedConfigurationException refused(String mustBe) {
    return new MalformedConfigurationException(
        node.place(), (path.isEmpty() ? "the configuration" : path) + " must " + mustBe);
  }

  private MalformedConfigurationException refused(String key, ConfigNode found, String mustBe) {
    return new MalformedConfigurationException(
        found.place(), name(key) + " must be " + mustBe + ", was " + found.describe());
  }

  private MalformedConfigurationException missing(String key) {
    return new MalformedConfigurationException(node.place(), name(key) + " must be given");
  }

  private Optional<ConfigNode> find(String key) {
    return Optional.ofNullable(node.members().get(key));
  }

  private List<ConfigNode> elements(String key) throws MalformedConfigurationException {
    Optional<ConfigNode> found = find(key);
    if (found.isEmpty()) {
      return List.of();
    }
    if (found.get() instanceof ConfigNode.Sequence sequence) {
      return sequence.elements();
    }
    throw refused(key, found.get(), "a list");
  }

  private String asText(String key, ConfigNode found) throws MalformedConfigurationException {
    if (found instanceof ConfigNode.Scalar scalar
        && !scalar.text().isEmpty()
        && !(scalar.plain() && NO_TEXT.matcher(scalar.text()).matches())) {
      return scalar.text();
    }
    throw refused(key, found, "text (in quotes, where it looks like a number or a truth value)");
  }

  private Path asPath(String key, ConfigNode found) throws MalformedConfigurationException {
    String text = asText(key, found);
    try {
      return found.place().base().resolve(text).normalize();
    } catch (InvalidPathException e) {
      throw refused(key, found, "a path");
    }
  }

  private ConfigSection asSection(String name, String key, ConfigNode found)
      throws MalformedConfigurationException {
    if (found instanceof ConfigNode.Mapping mapping) {
      return new ConfigSection(mapping, name(name));
    }
    throw refused(key, found, "a section");
  }

  private String name(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
