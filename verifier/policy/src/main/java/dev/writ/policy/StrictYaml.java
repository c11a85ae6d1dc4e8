// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
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
 * Reads YAML of which two readers cannot think differently, into the values that {@link StrictJson}
 * reads, within the same bounds.
 *
 * <p>Refused: anchors, aliases, tags, directives, a second document, a key that is no scalar or given
 * twice, an empty value, and every scalar without quotes that a reader of YAML 1.1 or 1.2 takes for
 * something else than text, apart from {@code true}, {@code false} and integers in decimal digits:
 * {@code yes}, {@code null}, {@code 1.5}, {@code 0x1f}, {@code 010}, {@code 12:30}, {@code 2026-01-01}.
 */
final class StrictYaml {
  private static final Pattern INTEGER = Pattern.compile("0|-?[1-9][0-9]*");

  /** Text to us, and something else to some reader: nothing, a truth value, a number, a time. */
  private static final Pattern AMBIGUOUS =
      Pattern.compile(
          "|~|[Nn]ull|NULL|[Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]|[Yy]es|YES|[Nn]|[Nn]o|NO|[Oo]n|ON"
              + "|[Oo]ff|OFF|=|<<|[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN)"
              + "|[-+.]{0,2}[0-9][-+0-9A-Fa-fTtZzoxn_.: ]*");

  private final Iterator<Event> events;

  /** Where the newest event began. */
  private Json.Position reached = Json.Position.START;

  private StrictYaml(Iterator<Event> events) {
    this.events = events;
  }

  /** The value that {@code bytes} spell, all of them. */
  static Json read(byte[] bytes) throws MalformedPolicyException {
    String text = StrictJson.decode(bytes);
    LoadSettings settings = LoadSettings.builder().setCodePointLimit(StrictJson.MAX_BYTES).build();
    StrictYaml yaml = new StrictYaml(new Parse(settings).parseString(text).iterator());
    try {
      return yaml.root();
    } catch (MarkedYamlEngineException e) {
      throw new MalformedPolicyException(
          new Json.Place("$", position(e.getProblemMark())), "YAML 1.2", problem(e), e);
    } catch (YamlEngineException e) {
      throw new MalformedPolicyException(
          new Json.Place("$", yaml.reached), "YAML 1.2", String.valueOf(e.getMessage()), e);
    } catch (IllegalArgumentException e) {
      // The library's own, of an escape beyond what is a character.
      throw new MalformedPolicyException(
          new Json.Place("$", yaml.reached), "YAML 1.2", "an escape that is no character", e);
    }
  }

  private static String problem(MarkedYamlEngineException e) {
    return String.valueOf(e.getProblem()).strip();
  }

  private Json root() throws MalformedPolicyException {
    skip(Event.ID.StreamStart);
    Event start = next();
    if (!(start instanceof DocumentStartEvent document)) {
      throw new MalformedPolicyException(
          new Json.Place("$", position(start.getStartMark())), "a value", "nothing");
    }
    if (document.getSpecVersion().isPresent() || !document.getTags().isEmpty()) {
      throw new MalformedPolicyException(
          new Json.Place("$", position(start.getStartMark())),
          "YAML without directives",
          "a directive");
    }
    Event first = next();
    Json value = value(first, new Json.Place("$", position(first.getStartMark())), 1);
    skip(Event.ID.DocumentEnd);
    Event end = next();
    if (end.getEventId() != Event.ID.StreamEnd) {
      throw new MalformedPolicyException(
          new Json.Place("$", position(end.getStartMark())), "one document", "a second one");
    }
    return value;
  }

  private Event next() {
    Event event = events.next();
    reached = position(event.getStartMark());
    return event;
  }

  private void skip(Event.ID expected) {
    Event event = next();
    if (event.getEventId() != expected) {
      throw new IllegalStateException("bug: YAML event " + expected + " was " + event);
    }
  }

  private Json value(Event event, Json.Place at, int depth) throws MalformedPolicyException {
    requirePlain(event, at);
    if (event instanceof ScalarEvent scalar) {
      return scalar(scalar, at);
    }
    if (depth > StrictJson.MAX_DEPTH) {
      throw new MalformedPolicyException(
          at, "at most " + StrictJson.MAX_DEPTH + " levels deep", "deeper");
    }
    return event.getEventId() == Event.ID.SequenceStart ? array(at, depth) : object(at, depth);
  }

  private static void requirePlain(Event event, Json.Place at) throws MalformedPolicyException {
    if (event instanceof AliasEvent
        || event instanceof NodeEvent node && node.getAnchor().isPresent()) {
      throw new MalformedPolicyException(
          at, "written out", event instanceof AliasEvent ? "an alias" : "an anchor");
    }
    Optional<String> tag = Optional.empty();
    if (event instanceof ScalarEvent scalar) {
      tag = scalar.getTag();
    } else if (event instanceof CollectionStartEvent collection) {
      tag = collection.getTag();
    }
    if (tag.isPresent()) {
      throw new MalformedPolicyException(at, "without a tag", "of the tag " + tag.get());
    }
  }

  private Json.Obj object(Json.Place at, int depth) throws MalformedPolicyException {
    TreeMap<String, Json> members = new TreeMap<>();
    for (Event event = next(); event.getEventId() != Event.ID.MappingEnd; event = next()) {
      Json.Position named = position(event.getStartMark());
      String name = name(event, new Json.Place(at.path(), named));
      if (members.containsKey(name)) {
        throw new MalformedPolicyException(at.member(name, named), "given once", "given twice");
      }
      Event value = next();
      Json.Position position = position(value.getStartMark());
      members.put(name, value(value, at.member(name, position), depth + 1));
    }
    return new Json.Obj(at, Collections.unmodifiableSortedMap(members));
  }

  /** A key. An integer is one by its digits, as a PCR's index is. */
  private static String name(Event event, Json.Place at) throws MalformedPolicyException {
    requirePlain(event, at);
    if (!(event instanceof ScalarEvent scalar)) {
      throw new MalformedPolicyException(at, "an object whose names are words", "another key");
    }
    Json key = scalar(scalar, at);
    if (key instanceof Json.Bool bool) {
      throw unquoted(at, Boolean.toString(bool.value()));
    }
    return scalar.getValue();
  }

  private Json.Arr array(Json.Place at, int depth) throws MalformedPolicyException {
    List<Json> elements = new ArrayList<>();
    for (Event event = next(); event.getEventId() != Event.ID.SequenceEnd; event = next()) {
      Json.Place place = at.element(elements.size(), position(event.getStartMark()));
      elements.add(value(event, place, depth + 1));
    }
    return new Json.Arr(at, Collections.unmodifiableList(elements));
  }

  private static Json scalar(ScalarEvent scalar, Json.Place at) throws MalformedPolicyException {
    String text = scalar.getValue();
    if (text.length() > StrictJson.MAX_STRING) {
      throw new MalformedPolicyException(
          at, "a string of at most " + StrictJson.MAX_STRING, text.length() + " UTF-16 units");
    }
    if (!scalar.isPlain()) {
      return new Json.Text(at, StrictJson.wellFormed(text, at));
    }
    if (text.equals("true") || text.equals("false")) {
      return new Json.Bool(at, text.equals("true"));
    }
    if (INTEGER.matcher(text).matches()) {
      return StrictJson.integer(text, at);
    }
    if (AMBIGUOUS.matcher(text).matches()) {
      throw unquoted(at, text);
    }
    return new Json.Text(at, StrictJson.wellFormed(text, at));
  }

  private static MalformedPolicyException unquoted(Json.Place at, String text) {
    return new MalformedPolicyException(
        at,
        "text in quotes, true, false, or an integer in decimal digits",
        text.isEmpty() ? "nothing" : text + " without quotes");
  }

  private static Json.Position position(Optional<Mark> mark) {
    return mark.map(known -> new Json.Position(known.getLine() + 1, known.getColumn() + 1))
        .orElse(Json.Position.START);
  }
}
