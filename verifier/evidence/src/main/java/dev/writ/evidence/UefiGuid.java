// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.UUID;

/**
 * EFI_GUID (UEFI 2.10, appendix A): 16 bytes, of which the first three fields are little-endian.
 *
 * @param high the first three fields, as in a UUID's upper half
 * @param low the last eight bytes
 */
public record UefiGuid(long high, long low) {
  /** Bytes of a GUID. */
  static final int BYTES = 16;

  /** EFI_GLOBAL_VARIABLE, of SecureBoot, PK, KEK and the boot options. */
  public static final UefiGuid GLOBAL_VARIABLE = of("8be4df61-93ca-11d2-aa0d-00e098032b8c");

  /** EFI_IMAGE_SECURITY_DATABASE_GUID, of db and dbx. */
  public static final UefiGuid IMAGE_SECURITY_DATABASE = of("d719b2cb-3d3a-4596-a3bc-dad00e67656f");

  /** SHIM_LOCK_GUID, of shim's variables. */
  public static final UefiGuid SHIM_LOCK = of("605dab50-e046-4300-abb6-3dd810dd8b23");

  /** EFI_CERT_X509_GUID: a certificate in DER. */
  static final UefiGuid CERT_X509 = of("a5c059a1-94e4-4aa7-87b5-ab155c2bf072");

  /** EFI_CERT_SHA256_GUID: the Authenticode SHA-256 of an image. */
  static final UefiGuid CERT_SHA256 = of("c1c41626-504c-4092-aca9-41f936934328");

  /** The GUID with this text, {@code 8be4df61-93ca-11d2-aa0d-00e098032b8c}. */
  public static UefiGuid of(String text) {
    UUID uuid = UUID.fromString(text);
    return new UefiGuid(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits());
  }

  static UefiGuid at(byte[] bytes, int at) {
    ByteBuffer in = ByteBuffer.wrap(bytes, at, BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long high = (in.getInt() & 0xffff_ffffL) << 32;
    high |= (in.getShort() & 0xffffL) << 16;
    high |= in.getShort() & 0xffffL;
    return new UefiGuid(high, in.order(ByteOrder.BIG_ENDIAN).getLong());
  }

  @Override
  public String toString() {
    return new UUID(high, low).toString().toLowerCase(Locale.ROOT);
  }
}
