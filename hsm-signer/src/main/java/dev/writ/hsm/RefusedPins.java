// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The PINs that tokens refused in this process: tokens lock after a few wrong ones, and whatever
 * retries a failed start must not bring that about.
 *
 * <p>Kept as HMACs under a key of this process, since a PIN that a token refuses is often another
 * token's right one.
 */
final class RefusedPins {
  private static final String HMAC = "HmacSHA256";
  private static final int KEY_BYTES = 32;

  private final SecretKeySpec key;
  private final Set<String> refused = ConcurrentHashMap.newKeySet();

  RefusedPins(SecureRandom random) {
    byte[] bytes = new byte[KEY_BYTES];
    random.nextBytes(bytes);
    this.key = new SecretKeySpec(bytes, HMAC);
  }

  void add(Path library, String tokenLabel, Pin pin) {
    refused.add(fingerprint(library, tokenLabel, pin));
  }

  boolean contains(Path library, String tokenLabel, Pin pin) {
    return refused.contains(fingerprint(library, tokenLabel, pin));
  }

  private String fingerprint(Path library, String tokenLabel, Pin pin) {
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(key);
      mac.update((library + "\0" + tokenLabel + "\0").getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(mac.doFinal(pin.bytes()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has " + HMAC + "; this one has not", e);
    }
  }
}
