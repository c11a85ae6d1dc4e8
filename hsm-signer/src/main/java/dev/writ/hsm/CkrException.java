// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import sun.security.pkcs11.wrapper.PKCS11Exception;

/** A call into a PKCS#11 module answered something else than CKR_OK. */
final class CkrException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient ReturnValue returnValue;

  CkrException(PKCS11Exception cause) {
    super(cause);
    this.returnValue = ReturnValue.of(cause);
  }

  CkrException(ReturnValue returnValue) {
    super(returnValue.name());
    this.returnValue = returnValue;
  }

  ReturnValue returnValue() {
    return returnValue;
  }

  boolean is(long code) {
    return returnValue.code() == code;
  }
}
