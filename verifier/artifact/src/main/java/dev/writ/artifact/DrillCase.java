// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A denial code that a drill made to happen, or tried to.
 *
 * @param code what had to come
 * @param door where
 * @param fault what was wrong, in words
 * @param came what came: a code, {@code allow}, or what else happened; absent where it was not tried
 * @param beside what the same thing unspoiled came to; absent likewise
 * @param leafIndex of the denial's leaf, where there has to be one and it was found
 * @param result how it went
 * @param why what was missing where it did not pass, or why it cannot come; absent where it passed
 */
public record DrillCase(
    DenialCode code,
    DrillDoor door,
    String fault,
    Optional<String> came,
    Optional<String> beside,
    Optional<Long> leafIndex,
    DrillResult result,
    Optional<String> why) {
  /** Longest text, in characters. */
  public static final int MAX_TEXT = 160;

  /**
   * The case as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds, or they contradict each other
   */
  public DrillCase {
    Require.text("fault", fault, MAX_TEXT);
    came.ifPresent(text -> Require.text("came", text, MAX_TEXT));
    beside.ifPresent(text -> Require.text("beside", text, MAX_TEXT));
    leafIndex.ifPresent(index -> Require.between("leaf_index", index, 0, Require.MAX_EXACT));
    why.ifPresent(text -> Require.text("why", text, MAX_TEXT));
    boolean passed = result == DrillResult.PASSED;
    if (passed == why.isPresent()) {
      throw new InvalidValueException("why", "absent exactly where it passed", result.wire());
    }
    if (passed && !(came.equals(Optional.of(code.wire())) && beside.equals(Optional.of(ALLOW)))) {
      throw new InvalidValueException(
          "result", "passed only where the code came, and allow beside it", result.wire());
    }
    boolean tried = result != DrillResult.NEEDS_DEMO && result != DrillResult.NOT_APPLICABLE;
    if (tried == came.isEmpty()) {
      throw new InvalidValueException(
          "came", "absent exactly where it was not tried", result.wire());
    }
  }

  /** What an attempt that was not refused came to. */
  public static final String ALLOW = "allow";

  /** Whether it passed. */
  public boolean ok() {
    return result == DrillResult.PASSED;
  }

  /** Its members, for a document that holds it. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("code", code.wire());
    map.put("door", door.wire());
    map.put("fault", fault);
    came.ifPresent(text -> map.put("came", text));
    beside.ifPresent(text -> map.put("beside", text));
    leafIndex.ifPresent(index -> map.put("leaf_index", index));
    map.put("result", result.wire());
    why.ifPresent(text -> map.put("why", text));
    map.put("ok", ok());
    return map;
  }

  static DrillCase take(JsonMembers json) throws MalformedJsonException {
    DrillCase taken =
        new DrillCase(
            json.oneOf("code", DenialCode.values()),
            json.oneOf("door", DrillDoor.values()),
            json.text("fault"),
            json.optionalText("came"),
            json.optionalText("beside"),
            json.has("leaf_index")
                ? Optional.of(json.integer("leaf_index", 0, Require.MAX_EXACT))
                : Optional.empty(),
            json.oneOf("result", DrillResult.values()),
            json.optionalText("why"));
    if (json.flag("ok") != taken.ok()) {
      throw new InvalidValueException("ok", "whether it passed", String.valueOf(!taken.ok()));
    }
    json.end();
    return taken;
  }
}
