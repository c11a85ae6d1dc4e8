// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What a rule saw at one of the inputs that its expression reads.
 *
 * @param path the input as the expression spells it, such as {@code request.action}
 * @param json the value as canonical JSON; empty if it was absent, or longer than {@link #MAX_JSON}
 * @param tooLong in place of a value that is too long: its digest
 */
public record SeenValue(String path, Optional<String> json, Optional<PolicyDigest> tooLong) {
  /** UTF-16 units of a value that is shown whole. */
  public static final int MAX_JSON = 1_024;

  /** The label of the digest of a value that is too long. */
  private static final String LABEL = "writ-seen-v1";

  static SeenValue of(InputPath path, Inputs inputs) {
    Optional<String> json = path.json(inputs);
    if (json.isPresent() && json.get().length() > MAX_JSON) {
      byte[] bytes = json.get().getBytes(StandardCharsets.UTF_8);
      return new SeenValue(
          path.wire(), Optional.empty(), Optional.of(PolicyDigest.of(LABEL, bytes)));
    }
    return new SeenValue(path.wire(), json, Optional.empty());
  }

  void write(CanonicalJson out) {
    out.beginObject();
    tooLong.ifPresent(digest -> out.name("digest").text(digest.hex()));
    out.name("path").text(path);
    json.ifPresent(value -> out.name("value").canonical(value));
    out.endObject();
  }
}
