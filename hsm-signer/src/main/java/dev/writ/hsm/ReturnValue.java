// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.util.Set;
import sun.security.pkcs11.wrapper.PKCS11Exception;

/**
 * A CK_RV that is not CKR_OK (PKCS#11 v2.40, section 5.1).
 *
 * @param code its value
 * @param name its name in PKCS#11, or hex where it has none
 */
record ReturnValue(long code, String name) {
  static final long CKR_PIN_INCORRECT = 0xa0;
  static final long CKR_PIN_INVALID = 0xa1;
  static final long CKR_PIN_LEN_RANGE = 0xa2;
  static final long CKR_PIN_EXPIRED = 0xa3;
  static final long CKR_PIN_LOCKED = 0xa4;
  static final long CKR_OBJECT_HANDLE_INVALID = 0x82;
  static final long CKR_SESSION_COUNT = 0xb1;
  static final long CKR_USER_ALREADY_LOGGED_IN = 0x100;

  /** What a call is answered while its module is being unloaded. */
  static final ReturnValue CKR_CRYPTOKI_NOT_INITIALIZED =
      new ReturnValue(0x190, "CKR_CRYPTOKI_NOT_INITIALIZED");

  /** What the user of a key is answered whose handle is not in use any more. */
  static final ReturnValue CKR_KEY_HANDLE_INVALID = new ReturnValue(0x60, "CKR_KEY_HANDLE_INVALID");

  /** What a search is answered that could not have seen private objects. */
  static final ReturnValue CKR_USER_NOT_LOGGED_IN =
      new ReturnValue(0x101, "CKR_USER_NOT_LOGGED_IN");

  /** CKR_VENDOR_DEFINED: codes from here on are a vendor's own. */
  private static final long VENDOR = 0x80000000L;

  private static final Set<Long> SESSIONS_OWN =
      Set.of(
          0x50L, // CKR_FUNCTION_CANCELED
          0x90L, // CKR_OPERATION_ACTIVE
          0x91L, // CKR_OPERATION_NOT_INITIALIZED
          0xb0L, // CKR_SESSION_CLOSED
          0xb3L); // CKR_SESSION_HANDLE_INVALID

  private static final Set<Long> CONNECTIONS_END =
      Set.of(
          0x03L, // CKR_SLOT_ID_INVALID
          0x05L, // CKR_GENERAL_ERROR
          0x06L, // CKR_FUNCTION_FAILED
          0x30L, // CKR_DEVICE_ERROR
          0x32L, // CKR_DEVICE_REMOVED
          0x60L, // CKR_KEY_HANDLE_INVALID
          // Of a key that was proven when the connection began, these mean that its handle names
          // another.
          0x63L, // CKR_KEY_TYPE_INCONSISTENT
          0x68L, // CKR_KEY_FUNCTION_NOT_PERMITTED
          CKR_OBJECT_HANDLE_INVALID,
          0xe0L, // CKR_TOKEN_NOT_PRESENT
          0xe1L, // CKR_TOKEN_NOT_RECOGNIZED
          0x101L, // CKR_USER_NOT_LOGGED_IN
          0x190L); // CKR_CRYPTOKI_NOT_INITIALIZED

  /** By these the token or its module is away, so that a login which ends so says nothing of the PIN. */
  private static final Set<Long> AWAY =
      Set.of(
          0x30L, // CKR_DEVICE_ERROR
          0x32L, // CKR_DEVICE_REMOVED
          0xb0L, // CKR_SESSION_CLOSED
          0xb3L, // CKR_SESSION_HANDLE_INVALID
          0xe0L, // CKR_TOKEN_NOT_PRESENT
          0xe1L, // CKR_TOKEN_NOT_RECOGNIZED
          0x190L); // CKR_CRYPTOKI_NOT_INITIALIZED

  /** What may help after a call with a session failed. */
  enum Remedy {
    /** Another session: this one is spoilt or was ended. */
    ANOTHER_SESSION,
    /**
     * A new connection: module, token, login or handles are not what they were. A vendor's own codes
     * are among these, since nobody else knows what they leave behind.
     */
    RECONNECT,
    /** Nothing: the call itself was refused, and the next one may be taken. */
    NONE
  }

  static ReturnValue of(PKCS11Exception e) {
    // The message is the name, on later JDKs followed by what the provider adds.
    return new ReturnValue(
        e.getErrorCode(), String.valueOf(e.getMessage()).split("[^A-Za-z0-9_]", 2)[0]);
  }

  /** Whether the token was away, whatever it was asked. */
  boolean saysAway() {
    return AWAY.contains(code);
  }

  Remedy remedy() {
    if (SESSIONS_OWN.contains(code)) {
      return Remedy.ANOTHER_SESSION;
    }
    return CONNECTIONS_END.contains(code) || Long.compareUnsigned(code, VENDOR) >= 0
        ? Remedy.RECONNECT
        : Remedy.NONE;
  }
}
