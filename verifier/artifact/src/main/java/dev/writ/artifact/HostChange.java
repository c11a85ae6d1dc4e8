// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An operator suspended, resumed or retired a host: nobody else does.
 *
 * @param akNameDigest SHA-256 of its attestation key's TPM Name
 * @param state how it stands from here on
 * @param reason why
 */
public record HostChange(Hash akNameDigest, HostStanding state, RevocationReason reason)
    implements LeafBody {
  /**
   * The change as given.
   *
   * @throws IllegalArgumentException if an operator may not give this reason
   */
  public HostChange {
    if (!RevocationReason.said().contains(reason)) {
      throw new InvalidValueException("reason", "one that an operator may give", reason.wire());
    }
  }

  @Override
  public LeafKind kind() {
    return LeafKind.HOST;
  }

  @Override
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("ak_name_digest", akNameDigest);
    map.put("state", state.wire());
    map.put("reason", reason.wire());
    map.put("by", RevokedBy.OPERATOR.wire());
    return map;
  }

  static HostChange take(JsonMembers json) throws MalformedJsonException {
    HostChange change =
        new HostChange(
            json.hash("ak_name_digest"),
            json.oneOf("state", HostStanding.values()),
            json.oneOf("reason", RevocationReason.values()));
    RevokedBy unused = json.oneOf("by", new RevokedBy[] {RevokedBy.OPERATOR});
    return change;
  }
}
