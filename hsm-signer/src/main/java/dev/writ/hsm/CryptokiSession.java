// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Arrays;
import sun.security.pkcs11.wrapper.CK_ATTRIBUTE;
import sun.security.pkcs11.wrapper.PKCS11;
import sun.security.pkcs11.wrapper.PKCS11Constants;
import sun.security.pkcs11.wrapper.PKCS11Exception;

/**
 * One session with a token, for what SunPKCS11 does not offer. A session does one thing at a time
 * (PKCS#11 v2.40, section 2.6), hence the lock.
 */
final class CryptokiSession implements AutoCloseable {
  /** More objects than this by one name are as wrong as this many. */
  private static final long MAX_FOUND = 8;

  @GuardedBy("this")
  private final PKCS11 module;

  private final long handle;

  CryptokiSession(PKCS11 module, long handle) {
    this.module = module;
    this.handle = handle;
  }

  /** C_Login as the user, for every session of this process with the token. */
  synchronized void login(Pin pin) throws PKCS11Exception {
    char[] chars = pin.utf8Chars();
    try {
      module.C_Login(handle, PKCS11Constants.CKU_USER, chars);
    } finally {
      Arrays.fill(chars, '\0');
    }
  }

  synchronized void logout() throws PKCS11Exception {
    module.C_Logout(handle);
  }

  /** A session that will not close is lost with its token: whoever closes it has said what failed. */
  @Override
  public synchronized void close() {
    try {
      module.C_CloseSession(handle);
    } catch (PKCS11Exception e) {
      return;
    }
  }

  /** The handles of objects that have all of {@code attributes}. */
  synchronized long[] find(CK_ATTRIBUTE... attributes) throws PKCS11Exception {
    module.C_FindObjectsInit(handle, attributes);
    try {
      return module.C_FindObjects(handle, MAX_FOUND);
    } finally {
      module.C_FindObjectsFinal(handle);
    }
  }

  /** One attribute of an object, typed as PKCS#11 types it. */
  synchronized CK_ATTRIBUTE attribute(long object, long type) throws PKCS11Exception {
    CK_ATTRIBUTE[] attributes = {new CK_ATTRIBUTE(type)};
    module.C_GetAttributeValue(handle, object, attributes);
    return attributes[0];
  }

  synchronized void create(CK_ATTRIBUTE... attributes) throws PKCS11Exception {
    module.C_CreateObject(handle, attributes);
  }

  synchronized void destroy(long object) throws PKCS11Exception {
    module.C_DestroyObject(handle, object);
  }
}
