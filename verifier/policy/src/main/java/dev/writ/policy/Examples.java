// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Reads a document's tests, each of which may build upon one that stands before it. */
final class Examples {
  private static final int MAX_OBLIGATIONS = 64;

  private static final List<Optional<PolicyCode>> EXPECTATIONS =
      Stream.concat(
              Stream.of(Optional.<PolicyCode>empty()),
              Arrays.stream(PolicyCode.values()).map(Optional::of))
          .toList();

  private final Instant now;
  private final Map<String, WrittenInputs> written = new HashMap<>();

  /** Names of tests that were refused. */
  private final Set<String> refused = new HashSet<>();

  /**
   * Starts with none.
   *
   * @param now the time of a test that gives none
   */
  Examples(Instant now) {
    this.now = now;
  }

  Example read(Json value) throws MalformedPolicyException {
    return Members.readNamed("test", "name", value, this::readMembers);
  }

  private Example readMembers(Json value) throws MalformedPolicyException {
    Members members = Members.of(value);
    String name = members.text("name", TextForm.ID);
    Json.Place named = members.required("name").place();
    if (written.containsKey(name) || !refused.add(name)) {
      throw new MalformedPolicyException(
          named, "tests of different names", "\"" + name + "\" twice");
    }
    String description = members.optionalText("description", TextForm.DESCRIPTION).orElse("");
    WrittenInputs inputs = inputs(members);
    Inputs whole = inputs.whole(now);
    Conclusion expected = conclusion(members);
    Optional<Json> shadow = members.optional("shadow");
    Conclusion enforced = shadow.isPresent() ? readShadow(shadow.get()) : expected;
    members.end();
    refused.remove(name);
    written.put(name, inputs);
    return new Example(name, description, whole, inputs.defaults(), expected, enforced);
  }

  private WrittenInputs inputs(Members members) throws MalformedPolicyException {
    Optional<Json> like = members.optional("like");
    if (like.isEmpty()) {
      return WrittenInputs.of(members.required("inputs"));
    }
    String other = members.text("like", TextForm.ID);
    WrittenInputs base = written.get(other);
    if (base == null) {
      throw new MalformedPolicyException(
          like.get().place(),
          "the name of a test that stands before this one",
          "\"" + other + "\"");
    }
    Optional<Json> own = members.optional("inputs");
    return own.isPresent() ? base.with(own.get()) : base;
  }

  /** Whether {@code value} builds upon a test that was refused, and so cannot be judged itself. */
  boolean restsOnRefused(Json value) {
    return value instanceof Json.Obj object
        && object.members().get("like") instanceof Json.Text like
        && refused.contains(like.value());
  }

  private static Conclusion readShadow(Json value) throws MalformedPolicyException {
    Members members = Members.of(value);
    Conclusion conclusion = conclusion(members);
    members.end();
    return conclusion;
  }

  private static Conclusion conclusion(Members members) throws MalformedPolicyException {
    Optional<PolicyCode> code =
        members.choice(
            "expect", EXPECTATIONS, each -> each.map(PolicyCode::wire).orElse(Conclusion.ALLOW));
    List<Obligation> obligations =
        members.optionalList("obligations", MAX_OBLIGATIONS, Obligation::read);
    if (code.isPresent() && !obligations.isEmpty()) {
      throw new MalformedPolicyException(
          members.required("obligations").place(),
          "absent: a denial has no obligations",
          obligations.size() + " obligations");
    }
    return new Conclusion(code, Set.copyOf(obligations));
  }
}
