// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The key derivation functions of Part 1, 11.4.10. */
final class TpmKdf {
  private TpmKdf() {}

  /**
   * KDFa, SP 800-108 in counter mode with HMAC (Part 1, 11.4.10.2):
   *
   * <pre>
   * K(i) = HMAC(key, i(4) ‖ label ‖ 00 ‖ contextU ‖ contextV ‖ bits(4)), i = 1, 2, …
   * </pre>
   *
   * @param bits length of the key derived, a multiple of 8
   */
  static byte[] kdfa(
      TpmAlg hash, byte[] key, String label, byte[] contextU, byte[] contextV, int bits) {
    byte[] out = new byte[wholeBytes(bits)];
    for (int i = 1, at = 0; at < out.length; i++) {
      TpmWriter input = new TpmWriter().u32(i).bytes(terminated(label));
      input.bytes(contextU).bytes(contextV).u32(bits);
      at += append(hmac(hash, key, input.toByteArray()), out, at);
    }
    return out;
  }

  /**
   * KDFe, SP 800-56A with a hash (Part 1, 11.4.10.3):
   *
   * <pre>
   * K(i) = H(i(4) ‖ Z ‖ label ‖ 00 ‖ partyU ‖ partyV), i = 1, 2, …
   * </pre>
   *
   * @param z first coordinate of the shared point, as long as the field
   * @param bits length of the key derived, a multiple of 8
   */
  static byte[] kdfe(TpmAlg hash, byte[] z, String label, byte[] partyU, byte[] partyV, int bits) {
    byte[] out = new byte[wholeBytes(bits)];
    MessageDigest digest = hash.newDigest();
    for (int i = 1, at = 0; at < out.length; i++) {
      digest.update(new TpmWriter().u32(i).bytes(z).bytes(terminated(label)).toByteArray());
      digest.update(partyU);
      at += append(digest.digest(partyV), out, at);
    }
    return out;
  }

  static byte[] hmac(TpmAlg hash, byte[] key, byte[]... parts) {
    try {
      Mac mac = Mac.getInstance("Hmac" + hash.javaDigest().replace("-", ""));
      mac.init(new SecretKeySpec(key, "HMAC"));
      for (byte[] part : parts) {
        mac.update(part);
      }
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java platform has no HMAC with " + hash, e);
    }
  }

  private static int wholeBytes(int bits) {
    if (bits % 8 != 0) {
      throw new IllegalStateException("bug: a key of " + bits + " bits is no whole bytes");
    }
    return bits / 8;
  }

  private static byte[] terminated(String label) {
    return Arrays.copyOf(label.getBytes(StandardCharsets.US_ASCII), label.length() + 1);
  }

  private static int append(byte[] block, byte[] out, int at) {
    int length = Math.min(block.length, out.length - at);
    System.arraycopy(block, 0, out, at, length);
    return length;
  }
}
