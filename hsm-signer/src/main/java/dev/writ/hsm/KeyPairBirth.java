// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.HexFormat;
import java.util.Iterator;
import sun.security.pkcs11.wrapper.CK_ATTRIBUTE;
import sun.security.pkcs11.wrapper.PKCS11Constants;

/**
 * Makes a key pair in a token.
 *
 * <p>Both halves are born with their final names and attributes by one C_GenerateKeyPair, so that no
 * crash leaves a key without a name. What must not be is said as well as what must: tokens' defaults
 * differ (SoftHSM's keys are not sensitive unless told so).
 */
final class KeyPairBirth {
  private KeyPairBirth() {}

  /** The public half; the private one goes by {@code spec}'s names. */
  static PublicKey make(CryptokiSession session, KeySpec spec)
      throws CkrException, GeneralSecurityException {
    Iterator<byte[]> curves = spec.algorithm().curves().iterator();
    while (true) {
      try {
        return make(session, spec, curves.next());
      } catch (CkrException e) {
        // The token may know the curve by another name.
        if (!curves.hasNext() || e.returnValue().remedy() != ReturnValue.Remedy.NONE) {
          throw e;
        }
      }
    }
  }

  private static PublicKey make(CryptokiSession session, KeySpec spec, byte[] curve)
      throws CkrException, GeneralSecurityException {
    byte[] label = spec.label().getBytes(StandardCharsets.US_ASCII);
    byte[] id = HexFormat.of().parseHex(spec.idHex());
    CK_ATTRIBUTE[] publicKey = {
      new CK_ATTRIBUTE(PKCS11Constants.CKA_TOKEN, true),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_VERIFY, true),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_EC_PARAMS, curve),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_LABEL, label),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_ID, id)
    };
    CK_ATTRIBUTE[] privateKey = {
      new CK_ATTRIBUTE(PKCS11Constants.CKA_TOKEN, true),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_PRIVATE, true),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_SENSITIVE, true),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_EXTRACTABLE, false),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_SIGN, true),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_DERIVE, false),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_LABEL, label),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_ID, id)
    };
    long handle = session.generateKeyPair(spec.algorithm().generation(), publicKey, privateKey);
    return spec.algorithm()
        .publicKeyOf(session.attribute(handle, PKCS11Constants.CKA_EC_POINT).getByteArray());
  }
}
