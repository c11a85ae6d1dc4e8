// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key by which the service recognizes what it said earlier without having kept it.
 *
 * <p>Who knows it can pre-date evidence, so it is random at each start and never written. What was
 * said under an earlier key is not recognized, and its holder asks once more.
 */
final class ServiceSecret {
  private static final String HMAC = "HmacSHA256";

  private final SecretKeySpec key;

  private ServiceSecret(SecretKeySpec key) {
    this.key = key;
  }

  static ServiceSecret random(SecureRandom random) {
    byte[] bytes = new byte[Hash.BYTES];
    random.nextBytes(bytes);
    return new ServiceSecret(new SecretKeySpec(bytes, HMAC));
  }

  /**
   * HMAC-SHA-256 (RFC 2104) over {@code label ‖ 0x00 ‖ message}.
   *
   * @param label what the result is for; no two purposes share one
   */
  byte[] mac(String label, byte[] message) {
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(key);
      mac.update(label.getBytes(StandardCharsets.US_ASCII));
      mac.update((byte) 0);
      return mac.doFinal(message);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HmacSHA256; this one has not", e);
    }
  }

  @Override
  public String toString() {
    return "ServiceSecret(not shown)";
  }
}
