// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The keys that a configuration may have. Any other stops the start: a setting that is silently without
 * effect is worse than none.
 *
 * <p>A key is written with its sections before it: {@code token.label}. {@code []} stands for each
 * section of a list: {@code hosts[].name}.
 */
final class ConfigKeys {
  private static final String EACH = "[]";

  /** What each section may hold; the whole configuration is the section without a name. */
  private final Map<String, Set<String>> bySection = new HashMap<>();

  ConfigKeys(Set<String> keys) {
    keys.forEach(this::add);
  }

  private void add(String key) {
    int dot = key.lastIndexOf('.');
    String section = key.substring(0, Math.max(dot, 0));
    String last = key.substring(dot + 1);
    boolean another =
        bySection
            .computeIfAbsent(section, none -> new TreeSet<>())
            .add(last.endsWith(EACH) ? last.substring(0, last.length() - EACH.length()) : last);
    if (another && dot > 0) {
      add(section);
    }
  }

  /**
   * Refuses a configuration with another key, whatever else is wrong with it: a key that is misspelt is
   * a key that is missing, and of the two the one that stands there says what to do.
   */
  void requireKnown(ConfigNode.Mapping root) throws MalformedConfigurationException {
    requireKnown(root, "", "");
  }

  /**
   * A section and those below it. What stands where no section may is left to whoever reads it.
   *
   * @param section the section as the keys have it
   * @param name the section as its user has it
   */
  private void requireKnown(ConfigNode.Mapping node, String section, String name)
      throws MalformedConfigurationException {
    Set<String> known = bySection.get(section);
    if (known == null) {
      return;
    }
    for (Map.Entry<String, ConfigNode> member : node.members().entrySet()) {
      if (!known.contains(member.getKey())) {
        throw new MalformedConfigurationException(
            member.getValue().place(),
            below(name, member.getKey())
                + " must not be there: "
                + (name.isEmpty() ? "a configuration" : name)
                + " has the keys "
                + String.join(", ", known));
      }
    }
    for (Map.Entry<String, ConfigNode> member : node.members().entrySet()) {
      String key = below(section, member.getKey());
      String shown = below(name, member.getKey());
      if (member.getValue() instanceof ConfigNode.Mapping mapping) {
        requireKnown(mapping, key, shown);
      } else if (member.getValue() instanceof ConfigNode.Sequence sequence) {
        requireKnown(sequence.elements(), key + EACH, shown);
      }
    }
  }

  private void requireKnown(List<ConfigNode> elements, String section, String name)
      throws MalformedConfigurationException {
    for (int i = 0; i < elements.size(); i++) {
      if (elements.get(i) instanceof ConfigNode.Mapping mapping) {
        requireKnown(mapping, section, name + "[" + i + "]");
      }
    }
  }

  private static String below(String section, String key) {
    return section.isEmpty() ? key : section + "." + key;
  }
}
