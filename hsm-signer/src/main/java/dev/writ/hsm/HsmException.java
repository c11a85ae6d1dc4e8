// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The token, its module, or what leads to them did not do what was asked.
 *
 * <p>The message is one sentence that says what must hold and what to do, and ends with the CKR name
 * where the module gave a code (PKCS#11 v2.40, section 5.1).
 */
public final class HsmException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What failed, as far as the caller's next step depends on it. */
  public enum Fault {
    /** The module's file is not there. */
    LIBRARY_MISSING,
    /** The file is no PKCS#11 module, or its C_Initialize failed. */
    LIBRARY_UNUSABLE,
    /** The module's configuration is not named by the environment. */
    ENVIRONMENT_MISSING,
    /** No slot holds a token of that label, or more than one does. */
    TOKEN_MISSING,
    /** The token is there but has no user PIN, or is not initialised. */
    TOKEN_UNINITIALISED,
    /** This process has that token open already. */
    TOKEN_OPEN_ALREADY,
    /** A token cannot have the replica that it is to have. */
    REPLICA_REFUSED,
    /** The PIN's file is missing, unreadable, open to others, or holds no PIN. */
    PIN_FILE,
    /** The PIN is sealed to a state of the host that is not this one, or cannot be unsealed. */
    PIN_SEALED,
    /** The token refused the PIN, now or earlier in this process. */
    PIN_INCORRECT,
    /** The token accepts no PIN any more, or would not after one more wrong one. */
    PIN_LOCKED,
    /** The token has no such key. */
    KEY_MISSING,
    /** More than one object goes by the key's label or id, or they do not belong together. */
    KEY_AMBIGUOUS,
    /** The token does not say of the key that it can never leave. */
    KEY_EXPOSED,
    /** The token cannot store more, or not at all. */
    TOKEN_FULL,
    /** The token went away, or does not answer: it is tried again by itself, and no call is made. */
    TOKEN_AWAY,
    /** Too many signatures are under way. */
    BUSY,
    /** The {@link Token} was closed. */
    CLOSED,
    /** Any other failure of module or token: the code says which. */
    TOKEN_FAILED
  }

  private final Fault fault;
  private final transient @Nullable ReturnValue returnValue;

  HsmException(Fault fault, String sentence) {
    super(sentence);
    this.fault = fault;
    this.returnValue = null;
  }

  HsmException(Fault fault, String sentence, Throwable cause) {
    super(sentence, cause);
    this.fault = fault;
    this.returnValue = null;
  }

  private HsmException(
      Fault fault, String sentence, @Nullable ReturnValue returnValue, Throwable cause) {
    super(sentence, cause);
    this.fault = fault;
    this.returnValue = returnValue;
  }

  /** A failure that came out of the module, with its code. */
  static HsmException ofModule(Fault fault, String sentence, CkrException cause) {
    ReturnValue code = cause.returnValue();
    return new HsmException(fault, sentence + " (" + code.name() + ")", code, cause);
  }

  /** Nothing was asked of the token, for what failed before: {@code cause}, whose code it has. */
  static HsmException away(String sentence, HsmException cause) {
    return new HsmException(Fault.TOKEN_AWAY, sentence, cause.returnValue, cause);
  }

  /** What may help; nothing where no module answered. */
  ReturnValue.Remedy remedy() {
    return returnValue == null ? ReturnValue.Remedy.NONE : returnValue.remedy();
  }

  /** What failed. */
  public Fault fault() {
    return fault;
  }

  /** The module's CK_RV; nothing where no module answered. */
  public OptionalLong ckr() {
    return returnValue == null ? OptionalLong.empty() : OptionalLong.of(returnValue.code());
  }

  /** The code's name, such as {@code CKR_PIN_INCORRECT}; a vendor's own code is in hex. */
  public Optional<String> ckrName() {
    return Optional.ofNullable(returnValue).map(ReturnValue::name);
  }
}
