// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/**
 * A digest and the algorithm that made it.
 *
 * @param hash a hash algorithm
 * @param value as many bytes as {@code hash} makes
 */
public record TpmDigest(TpmAlg hash, Octets value) {
  /** Checks the length. */
  public TpmDigest {
    if (value.length() != hash.digestBytes()) {
      throw new IllegalArgumentException(
          hash + " digest must be " + hash.digestBytes() + " bytes, was " + value.length());
    }
  }

  /** The digest with these bytes, copied. */
  public static TpmDigest of(TpmAlg hash, byte[] value) {
    return new TpmDigest(hash, Octets.of(value));
  }

  /** The algorithm's name and the digest in hexadecimal, {@code sha256:00…}. */
  @Override
  public String toString() {
    return hash.text() + ":" + value.hex();
  }
}
