// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import dev.writ.evidence.SecureBootState.Authority;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** What changed of Secure Boot between two boots, in words: whether it is on, its keys, who verified. */
final class SecureBootDiff {
  private final List<String> changes = new ArrayList<>();

  private SecureBootDiff() {}

  /** The changes from one state to a later one. */
  static List<String> between(SecureBootState was, SecureBootState is) {
    SecureBootDiff diff = new SecureBootDiff();
    diff.all(was, is);
    return diff.changes;
  }

  private void all(SecureBootState was, SecureBootState is) {
    if (!was.text().equals(is.text())) {
      changes.add("Secure Boot is " + is.text() + ", was " + was.text());
    }
    database("PK", was.platformKey(), is.platformKey());
    database("KEK", was.keyExchangeKeys(), is.keyExchangeKeys());
    database("db", was.db(), is.db());
    database("dbx", was.dbx(), is.dbx());
    Function<Authority, String> text = authority -> authority.variable() + " " + value(authority);
    surplus(verifying(is), verifying(was), text)
        .forEach(each -> changes.add("images were verified by " + each + ", and were not before"));
    surplus(verifying(was), verifying(is), text)
        .forEach(each -> changes.add("no image was verified by " + each + ", as one was before"));
    settingsOfShim(was, is);
    surplus(is.notes(), was.notes(), note -> note)
        .forEach(note -> changes.add("firmware says \"" + note + "\", and did not"));
    surplus(was.notes(), is.notes(), note -> note)
        .forEach(note -> changes.add("firmware no more says \"" + note + "\""));
  }

  private static List<Authority> verifying(SecureBootState state) {
    return state.authorities().stream().filter(Authority::verifiesImages).toList();
  }

  private static String value(Authority authority) {
    return authority.value().map(String::strip).orElse(ShownText.start(authority.id().hex()));
  }

  /** What shim measures as it does an authority, and verifies nothing by. */
  private void settingsOfShim(SecureBootState was, SecureBootState is) {
    SortedMap<String, String> before = settings(was);
    SortedMap<String, String> now = settings(is);
    SortedSet<String> names = new TreeSet<>(before.keySet());
    names.addAll(now.keySet());
    for (String name : names) {
      String old = before.getOrDefault(name, "not measured");
      String current = now.getOrDefault(name, "not measured");
      if (!old.equals(current)) {
        changes.add("shim's " + name + " is " + current + ", was " + old);
      }
    }
  }

  private static SortedMap<String, String> settings(SecureBootState state) {
    SortedMap<String, String> settings = new TreeMap<>();
    state.authorities().stream()
        .filter(authority -> !authority.verifiesImages())
        .forEach(
            authority ->
                settings.merge(authority.variable(), value(authority), (a, b) -> a + ", " + b));
    return settings;
  }

  private void database(String name, SignatureDatabase was, SignatureDatabase is) {
    if (was.hasSameBytesAs(is)) {
      return;
    }
    Set<Octets> added = new HashSet<>(is.ids());
    was.ids().forEach(added::remove);
    Set<Octets> removed = new HashSet<>(was.ids());
    is.ids().forEach(removed::remove);
    List<String> parts = new ArrayList<>();
    if (!added.isEmpty()) {
      parts.add(entries(added.size()) + " more" + some(added));
    }
    if (!removed.isEmpty()) {
      parts.add(entries(removed.size()) + " less" + some(removed));
    }
    changes.add(
        parts.isEmpty()
            ? name + " has the same entries in other lists"
            : name + " has " + String.join(" and ", parts));
  }

  private static String entries(int count) {
    return count == 1 ? "1 entry" : count + " entries";
  }

  private static String some(Set<Octets> ids) {
    return ids.size() > 3
        ? ""
        : " ("
            + String.join(", ", ids.stream().map(id -> ShownText.start(id.hex())).sorted().toList())
            + ")";
  }

  private static <T> List<String> surplus(List<T> of, List<T> over, Function<T, String> text) {
    Set<String> others = new HashSet<>();
    over.forEach(each -> others.add(text.apply(each)));
    return of.stream().map(text).distinct().filter(each -> !others.contains(each)).toList();
  }
}
