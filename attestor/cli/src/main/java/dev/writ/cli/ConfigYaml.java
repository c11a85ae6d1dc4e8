// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads YAML 1.2 as far as a configuration needs it: one document of sections, lists and scalars.
 *
 * <p>Refused with their line: a key given twice, anchors, aliases, tags, a second document, keys that
 * are no scalars. What is left says the same to every reader of the file.
 */
final class ConfigYaml {
  /** A configuration that lists thousands of hosts is no larger. */
  static final int MAX_BYTES = 1 << 20;

  private static final int MAX_DEPTH = 8;

  private final String name;
  private final Path base;
  private final Iterator<Event> events;

  private ConfigYaml(Path file, Iterator<Event> events) {
    this.name = file.toString();
    Path folder = file.toAbsolutePath().normalize().getParent();
    this.base = folder == null ? file : folder;
    this.events = events;
  }

  /**
   * The section that the document is.
   *
   * @param file names it in messages, and its folder is what relative paths start from
   */
  static ConfigNode.Mapping parse(Path file, byte[] bytes) throws MalformedConfigurationException {
    LoadSettings settings =
        LoadSettings.builder().setLabel(file.toString()).setCodePointLimit(MAX_BYTES).build();
    ConfigYaml reader =
        new ConfigYaml(file, new Parse(settings).parseString(decode(file, bytes)).iterator());
    try {
      return reader.document();
    } catch (MarkedYamlEngineException e) {
      throw reader.refused(
          e.getProblemMark(), "must be YAML, and is not: " + e.getProblem().strip());
    } catch (YamlEngineException e) {
      throw reader.refused(Optional.empty(), "must be YAML, and is not: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      // The library's own, of an escape beyond what is a character.
      throw reader.refused(
          Optional.empty(), "must be YAML, and has an escape that is no character");
    }
  }

  private static String decode(Path file, byte[] bytes) throws MalformedConfigurationException {
    ConfigNode.Place whole = new ConfigNode.Place(file.toString(), file);
    if (bytes.length > MAX_BYTES) {
      throw new MalformedConfigurationException(
          whole, "must be at most " + MAX_BYTES + " bytes, and is longer");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedConfigurationException(whole, "must be UTF-8, and is not");
    }
  }

  private ConfigNode.Mapping document() throws MalformedConfigurationException {
    skip(Event.ID.StreamStart);
    Event start = events.next();
    if (!(start instanceof DocumentStartEvent)) {
      throw refused(start.getStartMark(), "must hold a section, and is empty");
    }
    ConfigNode root = node(events.next(), 1);
    skip(Event.ID.DocumentEnd);
    Event end = events.next();
    if (end.getEventId() != Event.ID.StreamEnd) {
      throw refused(end.getStartMark(), "must be one document, and another begins");
    }
    if (root instanceof ConfigNode.Mapping mapping) {
      return mapping;
    }
    throw new MalformedConfigurationException(
        root.place(), "must hold a section, and holds " + root.describe());
  }

  private void skip(Event.ID expected) {
    Event event = events.next();
    if (event.getEventId() != expected) {
      throw new IllegalStateException("bug: YAML event " + expected + " was " + event);
    }
  }

  private ConfigNode node(Event event, int depth) throws MalformedConfigurationException {
    requirePlain(event, depth);
    ConfigNode.Place place = place(event.getStartMark());
    if (event instanceof ScalarEvent scalar) {
      return new ConfigNode.Scalar(scalar.getValue(), scalar.isPlain(), place);
    }
    return event.getEventId() == Event.ID.SequenceStart
        ? new ConfigNode.Sequence(elements(depth), place)
        : new ConfigNode.Mapping(members(depth), place);
  }

  private void requirePlain(Event event, int depth) throws MalformedConfigurationException {
    if (event instanceof AliasEvent
        || event instanceof NodeEvent node && node.getAnchor().isPresent()) {
      throw refused(event.getStartMark(), "must be written out, without anchors and aliases");
    }
    Optional<String> tag = Optional.empty();
    if (event instanceof ScalarEvent scalar) {
      tag = scalar.getTag();
    } else if (event instanceof CollectionStartEvent collection) {
      tag = collection.getTag();
    }
    if (tag.isPresent()) {
      throw refused(event.getStartMark(), "must have no tags, and has " + tag.get());
    }
    if (depth > MAX_DEPTH) {
      throw refused(event.getStartMark(), "must be at most " + MAX_DEPTH + " levels deep");
    }
  }

  private List<ConfigNode> elements(int depth) throws MalformedConfigurationException {
    List<ConfigNode> elements = new ArrayList<>();
    for (Event event = events.next();
        event.getEventId() != Event.ID.SequenceEnd;
        event = events.next()) {
      elements.add(node(event, depth + 1));
    }
    return List.copyOf(elements);
  }

  private Map<String, ConfigNode> members(int depth) throws MalformedConfigurationException {
    Map<String, ConfigNode> members = new LinkedHashMap<>();
    for (Event event = events.next();
        event.getEventId() != Event.ID.MappingEnd;
        event = events.next()) {
      ConfigNode key = node(event, depth + 1);
      if (!(key instanceof ConfigNode.Scalar scalar)) {
        throw new MalformedConfigurationException(
            key.place(), "a key must be a word, was " + key.describe());
      }
      if (members.put(scalar.text(), node(events.next(), depth + 1)) != null) {
        throw new MalformedConfigurationException(
            key.place(), "the key " + scalar.text() + " must be given once, and is given again");
      }
    }
    return members;
  }

  private MalformedConfigurationException refused(Optional<Mark> mark, String sentence) {
    return new MalformedConfigurationException(place(mark), sentence);
  }

  private ConfigNode.Place place(Optional<Mark> mark) {
    return new ConfigNode.Place(
        mark.map(known -> name + ":" + (known.getLine() + 1)).orElse(name), base);
  }
}
