// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Names a trust file.
 *
 * @param version its version
 * @param digest {@link TrustFile#digest}
 */
public record TrustReference(long version, Hash digest) {
  /**
   * The reference as given.
   *
   * @throws IllegalArgumentException if the version is not positive
   */
  public TrustReference {
    Require.between("trust.version", version, 1, Require.MAX_EXACT);
  }

  /** Names {@code file}. */
  public static TrustReference of(TrustFile file) {
    return new TrustReference(file.content().version(), file.digest());
  }

  /** The trust file that a leaf published, where it did. */
  public static Optional<TrustReference> publishedBy(LeafBody body) {
    if (body instanceof KeyChange change) {
      return change.trust();
    }
    return body instanceof OperationStep.Ended ended ? ended.trust() : Optional.empty();
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("version", version);
    map.put("digest", digest);
    return map;
  }

  static Optional<TrustReference> takeOptional(JsonMembers json) throws MalformedJsonException {
    Optional<JsonMembers> members = json.optionalObject("trust");
    if (members.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(take(members.get()));
  }

  static TrustReference take(JsonMembers json) throws MalformedJsonException {
    TrustReference reference =
        new TrustReference(json.integer("version", 1, Require.MAX_EXACT), json.hash("digest"));
    json.end();
    return reference;
  }
}
