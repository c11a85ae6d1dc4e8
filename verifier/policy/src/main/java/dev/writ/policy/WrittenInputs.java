// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Inputs of a test as somebody wrote them: some of them, over the defaults that {@link dev.writ.policy}
 * lists.
 */
final class WrittenInputs {
  /** What is not written is nothing, or the least. Members that may be absent are absent. */
  private static final Json.Obj DEFAULTS =
      parse(
          """
          {"env": {"clock_safe": false, "key_storage": "memory", "pcr_digest": "", "pcrs": {},
                   "reset_count": 0, "restart_count": 0},
           "governance": {"approvals": [], "epoch": 1, "mode": "normal"},
           "request": {"action": "", "args_digest": "", "audiences": [], "depth": 0, "limits": {},
                       "max_uses": 0, "resource": "", "tenant": ""},
           "subject": {"ak_name": "", "host": "", "workload": ""},
           "trust": {"endorsement": "absent", "findings": {}, "pcrs_match": false, "tier": "none"}}
          """);

  /** Of {@code request.exec}, where it is written at all. */
  private static final Json.Obj EXEC_DEFAULTS =
      parse(
          """
          {"request": {"exec": {"cwd": "", "env": {}, "exe_sha256": "", "files": {}, "path": ""}}}
          """);

  /** Of {@code request.question}, where it is written at all. */
  private static final Json.Obj QUESTION_DEFAULTS =
      parse(
          """
          {"request": {"question": {
            "action": {"flags": {}, "integers": {}, "others": {}, "texts": {}},
            "context": {"flags": {}, "integers": {}, "others": {}, "texts": {}},
            "resource": {"id": "", "type": "",
              "properties": {"flags": {}, "integers": {}, "others": {}, "texts": {}}},
            "subject": {"id": "", "type": "",
              "properties": {"flags": {}, "integers": {}, "others": {}, "texts": {}}}}}}
          """);

  private static final Json.Obj NONE = parse("{}");

  private static final String NOW = "now";
  private static final String REQUEST = "request";
  private static final String EXEC = "exec";
  private static final String QUESTION = "question";

  /** What is written member by member; any other value is written whole. */
  private static final Set<String> STRUCTS =
      Set.of(
          "env",
          "governance",
          REQUEST,
          REQUEST + "." + EXEC,
          REQUEST + "." + QUESTION,
          REQUEST + "." + QUESTION + ".action",
          REQUEST + "." + QUESTION + ".context",
          REQUEST + "." + QUESTION + ".resource",
          REQUEST + "." + QUESTION + ".resource.properties",
          REQUEST + "." + QUESTION + ".subject",
          REQUEST + "." + QUESTION + ".subject.properties",
          "subject",
          "trust");

  private final Json.Obj written;

  private WrittenInputs(Json.Obj written) {
    this.written = written;
  }

  private static Json.Obj parse(String json) {
    try {
      return (Json.Obj) StrictJson.read(json.getBytes(StandardCharsets.UTF_8));
    } catch (MalformedPolicyException e) {
      throw new IllegalStateException("the defaults are no JSON; this is a bug", e);
    }
  }

  static WrittenInputs of(Json value) throws MalformedPolicyException {
    return new WrittenInputs(object(value));
  }

  private static Json.Obj object(Json value) throws MalformedPolicyException {
    if (value instanceof Json.Obj object) {
      return object;
    }
    throw new MalformedPolicyException(value.place(), "an object", value.describe());
  }

  /** These, with {@code value} written over them. */
  WrittenInputs with(Json value) throws MalformedPolicyException {
    return new WrittenInputs(over(written, object(value), ""));
  }

  /**
   * All inputs.
   *
   * @param now the time, where none is written
   * @throws MalformedPolicyException if what is written are none
   */
  Inputs whole(Instant now) throws MalformedPolicyException {
    Json.Obj whole = over(defaultsBeneath(), written, "");
    return Inputs.STRUCT.read(
        whole.members().containsKey(NOW)
            ? whole
            : with(whole, NOW, new Json.Text(written.place(), now.toString())));
  }

  /** What is not written, as an expression spells it; without what may be absent. */
  Set<String> defaults() {
    Set<String> left = new HashSet<>();
    collect(defaultsBeneath(), written, "", left);
    if (!written.members().containsKey(NOW)) {
      left.add(NOW);
    }
    return left;
  }

  private Json.Obj defaultsBeneath() {
    Json.Obj beneath = asks(EXEC) ? over(DEFAULTS, EXEC_DEFAULTS, "") : DEFAULTS;
    return asks(QUESTION) ? over(beneath, QUESTION_DEFAULTS, "") : beneath;
  }

  private boolean asks(String member) {
    return written.members().get(REQUEST) instanceof Json.Obj request
        && request.members().containsKey(member);
  }

  /** The members of both; of a struct that both have, the members of both again. */
  private static Json.Obj over(Json.Obj below, Json.Obj above, String path) {
    TreeMap<String, Json> members = new TreeMap<>(below.members());
    above
        .members()
        .forEach(
            (name, value) ->
                members.merge(name, value, (lower, upper) -> merged(lower, upper, path + name)));
    return new Json.Obj(above.place(), Collections.unmodifiableSortedMap(members));
  }

  private static Json merged(Json below, Json above, String path) {
    return STRUCTS.contains(path)
            && below instanceof Json.Obj lower
            && above instanceof Json.Obj upper
        ? over(lower, upper, path + ".")
        : above;
  }

  private static void collect(Json.Obj defaults, Json.Obj given, String path, Set<String> left) {
    for (Map.Entry<String, Json> each : defaults.members().entrySet()) {
      String name = path + each.getKey();
      Json value = given.members().get(each.getKey());
      if (STRUCTS.contains(name)) {
        Json.Obj below = value instanceof Json.Obj object ? object : NONE;
        collect((Json.Obj) each.getValue(), below, name + ".", left);
      } else if (value == null) {
        left.add(name);
      }
    }
  }

  private static Json.Obj with(Json.Obj object, String name, Json value) {
    TreeMap<String, Json> members = new TreeMap<>(object.members());
    members.put(name, value);
    return new Json.Obj(object.place(), Collections.unmodifiableSortedMap(members));
  }
}
