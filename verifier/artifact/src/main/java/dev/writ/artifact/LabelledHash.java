// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * {@code H(label, parts…) = SHA-256(label ‖ 0x00 ‖ parts)}, each part exactly 32 bytes.
 *
 * <p>The label separates the uses of one key and one hash from each other: no two labels share a
 * pre-image, because none holds 0x00 and every part has the same length.
 */
public final class LabelledHash {
  private LabelledHash() {}

  /**
   * The labelled hash of {@code parts}.
   *
   * @param label visible ASCII
   */
  public static Hash of(String label, Hash... parts) {
    return Hash.sha256(preimage(label, parts));
  }

  /** What is hashed: also what a key signs, where the signature's own hash does the hashing. */
  static byte[] preimage(String label, Hash... parts) {
    Require.visible("label", label, 64);
    ByteArrayOutputStream out =
        new ByteArrayOutputStream(label.length() + 1 + Hash.BYTES * parts.length);
    out.writeBytes(label.getBytes(StandardCharsets.US_ASCII));
    out.write(0);
    for (Hash part : parts) {
      out.writeBytes(part.bytes());
    }
    return out.toByteArray();
  }
}
