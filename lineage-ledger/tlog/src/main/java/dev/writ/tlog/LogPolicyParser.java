// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import dev.writ.tlog.LogPolicy.Log;
import dev.writ.tlog.LogPolicy.Quorum;
import dev.writ.tlog.LogPolicy.Witness;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Reads the text of a log policy (c2sp.org/tlog-policy, "Policy file syntax and structure").
 *
 * <pre>
 * line = "log" vkey [url]
 *      | "witness" name vkey [url]
 *      | "group" name ( "all" | "any" | k ) member *member
 *      | "quorum" ( name | "none" )
 *      | "#" comment
 *      | ""
 * </pre>
 *
 * <p>Items stand between spaces and tabs, each line ends with a newline. Names that
 * are not ASCII are compared as they stand, without normalization.
 */
final class LogPolicyParser {
  /** Longest policy in bytes. */
  private static final int MAX_BYTES = 64 * 1024;

  /** Most logs, most witnesses, most groups; the specification asks for 32 of each at least. */
  private static final int MAX_OF_EACH = 128;

  private static final String NONE = "none";

  private final LineCursor<MalformedLogPolicyException> lines;
  private final List<Log> logs = new ArrayList<>();
  private final List<Witness> witnesses = new ArrayList<>();

  /** Witnesses and groups, by their names in the policy. */
  private final Map<String, Quorum> named = new HashMap<>();

  private final Set<String> members = new HashSet<>();
  private int groups;
  private boolean hasQuorum;
  private Optional<Quorum> quorum = Optional.empty();

  private LogPolicyParser(byte[] policy) {
    this.lines = new LineCursor<>(policy, 0, policy.length, MalformedLogPolicyException::new);
  }

  static LogPolicy parse(byte[] policy, Function<NoteKey, NoteVerifier> verifierOf)
      throws MalformedLogPolicyException {
    if (policy.length > MAX_BYTES) {
      throw new MalformedLogPolicyException(
          "policy", "at most " + MAX_BYTES + " bytes", policy.length + " bytes", -1);
    }
    LogPolicyParser parser = new LogPolicyParser(policy);
    while (!parser.lines.atEnd()) {
      parser.line();
    }
    if (!parser.hasQuorum) {
      throw new MalformedLogPolicyException(
          "quorum", "on one line, \"quorum none\" if none is needed", "absent", policy.length);
    }
    LogPolicy read = new LogPolicy(parser.logs, parser.witnesses, parser.quorum, verifierOf);
    requireReachable(read, policy.length);
    return read;
  }

  /** Better said here than by each checkpoint that could never have enough witnesses. */
  private static void requireReachable(LogPolicy policy, int end)
      throws MalformedLogPolicyException {
    Set<NoteKey> counting =
        policy.witnesses().stream()
            .map(Witness::key)
            .filter(key -> key.type().isVerified())
            .collect(Collectors.toSet());
    if (!policy.isQuorum(counting)) {
      throw new MalformedLogPolicyException(
          "quorum",
          "one that witnesses of type 0x04 can reach, whose cosignatures alone are verified",
          "one that needs others",
          end);
    }
  }

  private void line() throws MalformedLogPolicyException {
    String line = lines.nextText("line", "items");
    boolean allowed = line.chars().allMatch(c -> c == '\t' || (c >= 0x20 && c != 0x7f));
    if (!allowed) {
      throw lines.malformed("line", "without control characters but tabs", line);
    }
    List<String> items = items(line);
    if (items.isEmpty() || items.get(0).startsWith("#")) {
      return;
    }
    switch (items.get(0)) {
      case "log" -> log(items);
      case "witness" -> witness(items);
      case "group" -> group(items);
      case "quorum" -> quorum(items);
      default -> throw lines.malformed("keyword", "log, witness, group or quorum", items.get(0));
    }
  }

  private void log(List<String> items) throws MalformedLogPolicyException {
    requireItems(items, 2, 3, "log <vkey> [<url>]");
    NoteKey key = key("log", items.get(1));
    if (isCosigner(key)) {
      throw lines.malformed(
          "log key", "of type 0x01, 0x02 or 0x05, not a cosigner's", items.get(1));
    }
    // "Two vkeys are considered duplicate if they wrap the same underlying public key".
    for (Log other : logs) {
      requireDistinct("log key", key, other.key());
    }
    requireRoom("logs", logs.size());
    logs.add(new Log(key, url(items, 2)));
  }

  private void witness(List<String> items) throws MalformedLogPolicyException {
    requireItems(items, 3, 4, "witness <name> <vkey> [<url>]");
    NoteKey key = key("witness", items.get(2));
    if (!isCosigner(key)) {
      throw lines.malformed("witness key", "a cosigner's, of type 0x04 or 0x06", items.get(2));
    }
    for (Witness other : witnesses) {
      requireDistinct("witness key", key, other.key());
    }
    requireRoom("witnesses", witnesses.size());
    define(items.get(1), new Quorum.One(key));
    witnesses.add(new Witness(items.get(1), key, url(items, 3)));
  }

  private void group(List<String> items) throws MalformedLogPolicyException {
    requireItems(items, 4, Integer.MAX_VALUE, "group <name> all|any|<k> <member>…");
    List<Quorum> group = new ArrayList<>();
    for (String member : items.subList(3, items.size())) {
      group.add(defined("group member", member));
      if (!members.add(member)) {
        throw lines.malformed("group member", "a member once, in one group", member);
      }
    }
    int threshold =
        switch (items.get(2)) {
          case "all" -> group.size();
          case "any" -> 1;
          default -> threshold(items.get(2), group.size());
        };
    requireRoom("groups", groups);
    groups++;
    define(items.get(1), new Quorum.Group(threshold, List.copyOf(group)));
  }

  private void quorum(List<String> items) throws MalformedLogPolicyException {
    requireItems(items, 2, 2, "quorum <name>|none");
    if (hasQuorum) {
      throw lines.malformed("quorum", "on one line", "a second one");
    }
    hasQuorum = true;
    if (!items.get(1).equals(NONE)) {
      quorum = Optional.of(defined("quorum", items.get(1)));
    }
  }

  private int threshold(String text, int size) throws MalformedLogPolicyException {
    OptionalLong k = Decimal.parse(text);
    if (k.isEmpty() || k.getAsLong() < 1 || k.getAsLong() > size) {
      throw lines.malformed("threshold", "all, any or 1 to " + size, text);
    }
    return (int) k.getAsLong();
  }

  private Quorum defined(String field, String name) throws MalformedLogPolicyException {
    Quorum known = named.get(name);
    if (known == null) {
      throw lines.malformed(field, "a witness or group of a line before", name);
    }
    return known;
  }

  private void define(String name, Quorum quorum) throws MalformedLogPolicyException {
    if (name.equals(NONE) || named.putIfAbsent(name, quorum) != null) {
      throw lines.malformed("name", "not \"none\", and of one witness or group", name);
    }
  }

  private NoteKey key(String field, String vkey) throws MalformedLogPolicyException {
    NoteKey key;
    try {
      key = NoteKey.parse(vkey);
    } catch (MalformedNoteKeyException e) {
      MalformedLogPolicyException malformed =
          lines.malformed(field + " key: " + e.field(), e.mustBe(), vkey);
      malformed.initCause(e);
      throw malformed;
    }
    boolean nameAndIdTaken =
        logs.stream().map(Log::key).anyMatch(other -> sharesNameAndId(key, other))
            || witnesses.stream().map(Witness::key).anyMatch(other -> sharesNameAndId(key, other));
    if (nameAndIdTaken) {
      throw lines.malformed(field + " key", "the only one with its name and key ID", vkey);
    }
    return key;
  }

  private void requireDistinct(String field, NoteKey key, NoteKey other)
      throws MalformedLogPolicyException {
    if (Arrays.equals(key.publicKey(), other.publicKey())) {
      throw lines.malformed(field, "listed once, under one name", key.vkey());
    }
  }

  private void requireRoom(String field, int count) throws MalformedLogPolicyException {
    if (count == MAX_OF_EACH) {
      throw lines.malformed(field, "at most " + MAX_OF_EACH, "more");
    }
  }

  private void requireItems(List<String> items, int least, int most, String form)
      throws MalformedLogPolicyException {
    if (items.size() < least || items.size() > most) {
      throw lines.malformed("line", form, String.join(" ", items));
    }
  }

  private static boolean isCosigner(NoteKey key) {
    return key.type() == NoteKeyType.COSIGNATURE_V1
        || key.type() == NoteKeyType.ML_DSA_44_COSIGNATURE;
  }

  private static boolean sharesNameAndId(NoteKey a, NoteKey b) {
    return a.keyId() == b.keyId() && a.name().equals(b.name());
  }

  private static Optional<String> url(List<String> items, int index) {
    return index < items.size() ? Optional.of(items.get(index)) : Optional.empty();
  }

  private static List<String> items(String line) {
    return Arrays.stream(line.split("[ \t]+")).filter(item -> !item.isEmpty()).toList();
  }
}
