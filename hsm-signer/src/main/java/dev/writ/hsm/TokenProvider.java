// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import java.nio.charset.StandardCharsets;
import java.security.InvalidParameterException;
import java.security.Provider;
import java.security.ProviderException;
import java.security.Security;
import java.util.HexFormat;

/**
 * SunPKCS11 configured for one slot. It is never registered with {@link Security}: whoever signs with
 * it asks for it, and nobody else gets it by accident.
 */
final class TokenProvider {
  private TokenProvider() {}

  /** A provider that signs with the token's keys. */
  static Provider signing(TokenProfile profile, long slot) throws HsmException {
    return configure(profile, slot, "");
  }

  /**
   * A provider whose EC key pairs are {@code spec}'s.
   *
   * <p>Both halves are born with their final names and attributes by one C_GenerateKeyPair, so that no
   * crash leaves a key without a name. SunPKCS11 adds neither CKA_SENSITIVE nor CKA_EXTRACTABLE by
   * itself, and a token's defaults differ (SoftHSM's are not sensitive).
   */
  static Provider generating(TokenProfile profile, long slot, KeySpec spec) throws HsmException {
    String label = HexFormat.of().formatHex(spec.label().getBytes(StandardCharsets.US_ASCII));
    return configure(
        profile,
        slot,
        String.format(
            """
            attributes(generate, CKO_PRIVATE_KEY, CKK_EC) = {
              CKA_TOKEN = true
              CKA_PRIVATE = true
              CKA_SENSITIVE = true
              CKA_EXTRACTABLE = false
              CKA_SIGN = true
              CKA_DERIVE = false
              CKA_LABEL = 0h%1$s
              CKA_ID = 0h%2$s
            }
            attributes(generate, CKO_PUBLIC_KEY, CKK_EC) = {
              CKA_TOKEN = true
              CKA_VERIFY = true
              CKA_LABEL = 0h%1$s
              CKA_ID = 0h%2$s
            }
            """,
            label, spec.idHex()));
  }

  private static Provider configure(TokenProfile profile, long slot, String more)
      throws HsmException {
    if (slot != (int) slot || slot < 0) {
      throw new HsmException(
          Fault.TOKEN_FAILED,
          "a slot's number must be below 2^31 for SunPKCS11, was " + Long.toUnsignedString(slot));
    }
    Provider sunPkcs11 = Security.getProvider("SunPKCS11");
    if (sunPkcs11 == null) {
      throw new IllegalStateException(
          "java.security must list the provider SunPKCS11, and does not");
    }
    String configuration =
        String.format("name = Writ%nlibrary = %s%nslot = %d%n%s", profile.library(), slot, more);
    try {
      // Two hyphens: what follows is the configuration itself and no file's name.
      return sunPkcs11.configure("--" + configuration);
    } catch (InvalidParameterException | ProviderException e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED,
          "SunPKCS11 must accept the module " + profile.library() + ", and did not",
          e);
    }
  }
}
