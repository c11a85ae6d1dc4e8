// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An artifact was shown for an execution, and somebody judged as a gateway judges. Where it was denied, the
 * leaf is the enforcement besides.
 *
 * @param jti the artifact; absent where what was shown is none of this log
 * @param verifier who judged
 * @param askedBy RFC 7638 thumbprint of the key of who asked: the holder's, or a gateway's
 * @param asked commitment to the question, under a salt of the asker's or the verifier's
 * @param code why it was denied; empty for an allow
 * @param reason the finer reason of a denial, a stable word, never text about a person; empty for an allow
 * @param maxUses of how many uses the artifact has one was taken; empty where none was
 */
public record Verification(
    Optional<UuidV7> jti,
    Verifier verifier,
    Optional<Hash> askedBy,
    Commitment asked,
    Optional<DenialCode> code,
    Optional<String> reason,
    OptionalLong maxUses)
    implements LeafBody {
  private static final String ALLOW = "allow";

  /**
   * The verification as given.
   *
   * @throws IllegalArgumentException if an allow is of no artifact or has a reason, or a denial has none or
   *     takes a use
   */
  public Verification {
    if (code.isPresent() != reason.isPresent()) {
      throw new InvalidValueException("reason", "present exactly in a denial", reason.toString());
    }
    if (code.isEmpty() && jti.isEmpty()) {
      throw new InvalidValueException("jti", "present in an allow", "absent");
    }
    if (code.isPresent() && maxUses.isPresent()) {
      throw new InvalidValueException("max_uses", "absent from a denial", maxUses.toString());
    }
    reason.ifPresent(text -> Require.visible("reason", text, 128));
    maxUses.ifPresent(uses -> Require.between("max_uses", uses, 1, Integer.MAX_VALUE));
  }

  @Override
  public LeafKind kind() {
    return LeafKind.VERIFICATION;
  }

  @Override
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    jti.ifPresent(artifact -> map.put("jti", artifact.toString()));
    map.put("verifier", verifier.wire());
    askedBy.ifPresent(kid -> map.put("asked_by", Base64Url.encode(kid.bytes())));
    map.put("asked", asked.digest());
    map.put("result", result());
    reason.ifPresent(text -> map.put("reason", text));
    maxUses.ifPresent(uses -> map.put("max_uses", uses));
    return map;
  }

  /** {@code allow}, or the code of the denial. */
  public String result() {
    return code.map(DenialCode::wire).orElse(ALLOW);
  }

  static Verification take(JsonMembers json) throws MalformedJsonException {
    return new Verification(
        json.optionalUuid("jti"),
        json.oneOf("verifier", Verifier.values()),
        json.has("asked_by") ? Optional.of(json.thumbprint("asked_by")) : Optional.empty(),
        new Commitment(json.hash("asked")),
        json.has("reason")
            ? Optional.of(json.oneOf("result", DenialCode.values()))
            : allowed(json.text("result")),
        json.optionalText("reason"),
        json.has("max_uses")
            ? OptionalLong.of(json.integer("max_uses", 1, Integer.MAX_VALUE))
            : OptionalLong.empty());
  }

  private static Optional<DenialCode> allowed(String result) {
    if (!result.equals(ALLOW)) {
      throw new InvalidValueException("result", ALLOW + ", where there is no reason", result);
    }
    return Optional.empty();
  }
}
