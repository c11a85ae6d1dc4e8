// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/**
 * Name of a TPM's attestation key (TPM 2.0 Part 1, clause "Names"): the identifier of its name
 * algorithm, then that algorithm's digest of its public area. In JSON base64url, as all bytes that
 * are no SHA-256 digest.
 *
 * @param base64Url the one spelling
 */
public record AkName(String base64Url) {
  // TPM_ALG_SHA256, TPM_ALG_SHA384, TPM_ALG_SHA512 and their digests' lengths in bytes.
  private static final int SHA256 = 0x000b;
  private static final int SHA384 = 0x000c;
  private static final int SHA512 = 0x000d;

  /**
   * The name as given.
   *
   * @throws IllegalArgumentException if it is no name under SHA-256, SHA-384 or SHA-512
   */
  public AkName {
    byte[] bytes = Base64Url.decode(base64Url);
    if (bytes == null || bytes.length < 2 || bytes.length != lengthUnder(bytes)) {
      throw new InvalidValueException(
          "ak_name", "base64url of 000b, 000c or 000d and the digest of that algorithm", base64Url);
    }
  }

  /**
   * The name with these bytes.
   *
   * @throws IllegalArgumentException if they are no name under SHA-256, SHA-384 or SHA-512
   */
  public static AkName of(byte[] bytes) {
    return new AkName(Base64Url.encode(bytes));
  }

  /** Algorithm identifier and digest. */
  public byte[] bytes() {
    byte[] bytes = Base64Url.decode(base64Url);
    if (bytes == null) {
      throw new IllegalStateException("bug: an AkName was made of what is not base64url");
    }
    return bytes;
  }

  private static int lengthUnder(byte[] name) {
    return switch ((name[0] & 0xff) << 8 | (name[1] & 0xff)) {
      case SHA256 -> 2 + 32;
      case SHA384 -> 2 + 48;
      case SHA512 -> 2 + 64;
      default -> -1;
    };
  }

  @Override
  public String toString() {
    return base64Url;
  }
}
