// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A SHA-256 over a document, inputs or a decision, separated from other uses by a label.
 *
 * @param hex 64 lower-case hexadecimal digits
 */
public record PolicyDigest(String hex) {
  /** Refuses any other spelling, so that a digest has one. */
  public PolicyDigest {
    if (!TextForm.SHA256.fits(hex)) {
      throw new IllegalArgumentException("a SHA-256 digest must be 64 lower-case hex digits");
    }
  }

  /** {@code SHA-256(label ‖ 0x00 ‖ SHA-256(content))}. */
  static PolicyDigest of(String label, byte[] content) {
    MessageDigest sha256 = sha256();
    byte[] inner = sha256.digest(content);
    sha256.update(label.getBytes(StandardCharsets.US_ASCII));
    sha256.update((byte) 0);
    return new PolicyDigest(HexFormat.of().formatHex(sha256.digest(inner)));
  }

  /** The 32 bytes. */
  public byte[] bytes() {
    return HexFormat.of().parseHex(hex);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256; this one has not", e);
    }
  }

  @Override
  public String toString() {
    return hex;
  }
}
