// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A key of a role that has had others changed its state: a leaf of the kind key, beside the {@link
 * LeafBody.KeyStatement} with which a role's first key begins.
 *
 * @param kid RFC 7638 thumbprint of the key
 * @param role what it is believed for
 * @param state where it is from here on
 * @param operation {@link Operation#digest} of what operators approved, in consequence of which it is
 * @param handover where the key is announced as another's successor
 * @param other where the key begins to sign, RFC 7638 thumbprint of that which ceases to; where it is
 *     compromised, of that which signs in its place at once
 * @param fromIndex where it is compromised: from which leaf on artifacts are believed no more; absent,
 *     none is
 * @param trust the trust file that says so, where there is another for it
 */
public record KeyChange(
    Hash kid,
    KeyRole role,
    KeyState state,
    Hash operation,
    Optional<KeyHandover.Signed> handover,
    Optional<Hash> other,
    OptionalLong fromIndex,
    Optional<TrustReference> trust)
    implements LeafBody {
  /**
   * The change as given.
   *
   * @throws IllegalArgumentException if its parts do not go together
   */
  public KeyChange {
    if ((state == KeyState.PREPUBLISHED) != handover.isPresent()) {
      throw new InvalidValueException(
          "handover", "present exactly in state pre_published", state.wire());
    }
    handover.ifPresent(
        signed -> {
          if (!signed.statement().to().kid().equals(kid)
              || signed.statement().role() != role
              || !signed.statement().operation().equals(operation)) {
            throw new InvalidValueException(
                "handover", "of this key, role and operation", "of another");
          }
        });
    if (other.isPresent() && state != KeyState.ACTIVE && state != KeyState.COMPROMISED) {
      throw new InvalidValueException(
          "other", "absent but in state active or compromised", state.wire());
    }
    if (other.equals(Optional.of(kid))) {
      throw new InvalidValueException("other", "another key than kid", "the same");
    }
    if (fromIndex.isPresent()) {
      Require.between("from_index", fromIndex.getAsLong(), 0, Require.MAX_EXACT);
      if (state != KeyState.COMPROMISED || role != KeyRole.ISSUER) {
        throw new InvalidValueException(
            "from_index",
            "absent but of a compromised issuer key",
            role.wire() + ", " + state.wire());
      }
    }
  }

  /** A change of state by itself. */
  public static KeyChange of(Hash kid, KeyRole role, KeyState state, Hash operation) {
    return new KeyChange(
        kid,
        role,
        state,
        operation,
        Optional.empty(),
        Optional.empty(),
        OptionalLong.empty(),
        Optional.empty());
  }

  @Override
  public LeafKind kind() {
    return LeafKind.KEY;
  }

  @Override
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("kid", Base64Url.encode(kid.bytes()));
    map.put("role", role.wire());
    map.put("state", state.wire());
    map.put("operation", operation);
    handover.ifPresent(signed -> map.put("handover", signed.toMap()));
    other.ifPresent(key -> map.put("other", Base64Url.encode(key.bytes())));
    fromIndex.ifPresent(index -> map.put("from_index", index));
    trust.ifPresent(reference -> map.put("trust", reference.toMap()));
    return map;
  }

  static KeyChange take(JsonMembers json) throws MalformedJsonException {
    Optional<JsonMembers> handover = json.optionalObject("handover");
    return new KeyChange(
        json.thumbprint("kid"),
        json.oneOf("role", KeyRole.values()),
        json.oneOf("state", KeyState.values()),
        json.hash("operation"),
        handover.isPresent() ? Optional.of(KeyHandover.take(handover.get())) : Optional.empty(),
        json.has("other") ? Optional.of(json.thumbprint("other")) : Optional.empty(),
        json.has("from_index")
            ? OptionalLong.of(json.integer("from_index", 0, Require.MAX_EXACT))
            : OptionalLong.empty(),
        TrustReference.takeOptional(json));
  }
}
