// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What differs between two documents, by what they are made of: rules, constants, reference sets, tests,
 * and all other members. For whoever reviews or signs the second.
 */
public final class PolicyDiff {
  private final PolicyDocument before;
  private final PolicyDocument after;
  private final List<Change> changes = new ArrayList<>();

  private PolicyDiff(PolicyDocument before, PolicyDocument after) {
    this.before = before;
    this.after = after;
  }

  /** In which way something differs. */
  public enum Kind {
    /** It was not there. */
    ADDED,
    /** It is there no more. */
    REMOVED,
    /** It says something else. */
    CHANGED,
    /** The same stand in another order. */
    REORDERED;

    /** The kind in lower case. */
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What a document is made of. */
  public enum Part {
    /** A member of the document that is none of the following. */
    MEMBER,
    /** A constant. */
    CONSTANT,
    /** A set of {@code reference_values}. */
    REFERENCE_SET,
    /** A rule. */
    RULE,
    /** A test. */
    TEST;

    /** The part in lower case. */
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One difference.
   *
   * @param kind in which way
   * @param part of what
   * @param name the member's, constant's, set's, rule's or test's; of an order, the member's that lists
   *     them
   * @param diff what was and what is, as a unified diff that ends with a line end
   */
  public record Change(Kind kind, Part part, String name, String diff) {}

  /** All differences: members first, then constants, reference sets, rules and tests. */
  public static List<Change> of(PolicyDocument before, PolicyDocument after) {
    PolicyDiff diff = new PolicyDiff(before, after);
    try {
      diff.compare(StrictJson.read(before.canonical()), StrictJson.read(after.canonical()));
    } catch (MalformedPolicyException e) {
      throw new IllegalStateException("a document that was read cannot be read; this is a bug", e);
    }
    return List.copyOf(diff.changes);
  }

  private void compare(Json was, Json is) throws MalformedPolicyException {
    Members old = Members.of(was);
    Members now = Members.of(is);
    Map<String, Json> oldConstants = constants(old);
    Map<String, Json> newConstants = constants(now);
    Map<String, Json> oldSets = elements(old, "reference_values", "name");
    Map<String, Json> newSets = elements(now, "reference_values", "name");
    Map<String, Json> oldRules = elements(old, "rules", "id");
    Map<String, Json> newRules = elements(now, "rules", "id");
    Map<String, Json> oldTests = elements(old, "tests", "name");
    Map<String, Json> newTests = elements(now, "tests", "name");
    compare(Part.MEMBER, rest(old), rest(now));
    compare(Part.CONSTANT, oldConstants, newConstants);
    compare(Part.REFERENCE_SET, oldSets, newSets);
    compare(Part.RULE, oldRules, newRules);
    compareOrder(oldRules.keySet(), newRules.keySet());
    compare(Part.TEST, oldTests, newTests);
  }

  private static Map<String, Json> constants(Members document) throws MalformedPolicyException {
    Optional<Json> named = document.optional("constants");
    return named.isPresent() ? members(Members.of(named.get())) : Map.of();
  }

  private static Map<String, Json> members(Members object) throws MalformedPolicyException {
    Map<String, Json> members = new LinkedHashMap<>();
    for (String name : object.names()) {
      members.put(name, object.required(name));
    }
    return members;
  }

  private static Map<String, Json> elements(Members document, String array, String name)
      throws MalformedPolicyException {
    Map<String, Json> elements = new LinkedHashMap<>();
    for (Json each : document.optionalList(array, Integer.MAX_VALUE, element -> element)) {
      elements.put(Members.of(each).text(name, TextForm.ID), each);
    }
    return elements;
  }

  /** The members that nobody took apart. */
  private static Map<String, Json> rest(Members document) throws MalformedPolicyException {
    Map<String, Json> members = members(document);
    members.keySet().removeAll(Set.of("constants", "reference_values", "rules", "tests"));
    return members;
  }

  private void compare(Part part, Map<String, Json> was, Map<String, Json> is) {
    Set<String> names = new LinkedHashSet<>(was.keySet());
    names.addAll(is.keySet());
    for (String name : names) {
      Optional<Json> old = Optional.ofNullable(was.get(name));
      Optional<Json> now = Optional.ofNullable(is.get(name));
      String oldText = old.map(IndentedJson::of).orElse("");
      String newText = now.map(IndentedJson::of).orElse("");
      if (!oldText.equals(newText)) {
        Kind kind = old.isEmpty() ? Kind.ADDED : now.isEmpty() ? Kind.REMOVED : Kind.CHANGED;
        add(kind, part, name, oldText, newText);
      }
    }
  }

  /** Of several rules of one stage that deny, the first gives the code. */
  private void compareOrder(Set<String> was, Set<String> is) {
    String old = was.stream().filter(is::contains).collect(Collectors.joining("\n"));
    String now = is.stream().filter(was::contains).collect(Collectors.joining("\n"));
    if (!old.equals(now)) {
      add(Kind.REORDERED, Part.MEMBER, "rules", old, now);
    }
  }

  private void add(Kind kind, Part part, String name, String was, String is) {
    String what = part.wire().replace('_', ' ') + " " + name + " of ";
    changes.add(
        new Change(
            kind,
            part,
            name,
            ReferenceDiff.of(what + label(before), was, what + label(after), is)));
  }

  private static String label(PolicyDocument document) {
    return document.id() + " version " + document.version();
  }
}
