// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.hsm.HsmException.Fault;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import sun.security.pkcs11.wrapper.PKCS11Constants;

/**
 * Asks the token whether a private key can leave it, before the key is used.
 *
 * <p>CKA_ALWAYS_SENSITIVE and CKA_NEVER_EXTRACTABLE are set by the token alone (PKCS#11 v2.40, section
 * 4.9): a key that was imported, or was readable for a moment, shows it there for ever.
 */
final class PrivateKeyCheck {
  private record Demand(String name, long attribute, boolean mustBe) {}

  private static final List<Demand> DEMANDS =
      List.of(
          new Demand("CKA_TOKEN", PKCS11Constants.CKA_TOKEN, true),
          new Demand("CKA_PRIVATE", PKCS11Constants.CKA_PRIVATE, true),
          new Demand("CKA_SENSITIVE", PKCS11Constants.CKA_SENSITIVE, true),
          new Demand("CKA_ALWAYS_SENSITIVE", PKCS11Constants.CKA_ALWAYS_SENSITIVE, true),
          new Demand("CKA_EXTRACTABLE", PKCS11Constants.CKA_EXTRACTABLE, false),
          new Demand("CKA_NEVER_EXTRACTABLE", PKCS11Constants.CKA_NEVER_EXTRACTABLE, true),
          new Demand("CKA_SIGN", PKCS11Constants.CKA_SIGN, true),
          new Demand("CKA_DERIVE", PKCS11Constants.CKA_DERIVE, false));

  /** Of a person's key: where it came from is that person's to know. */
  private static final List<Demand> PERSONAL =
      List.of(
          new Demand("CKA_SENSITIVE", PKCS11Constants.CKA_SENSITIVE, true),
          new Demand("CKA_EXTRACTABLE", PKCS11Constants.CKA_EXTRACTABLE, false),
          new Demand("CKA_SIGN", PKCS11Constants.CKA_SIGN, true));

  private PrivateKeyCheck() {}

  /** What the token says of the key, by attribute name; throws if any of it is not as it must be. */
  @CanIgnoreReturnValue
  static Map<String, Boolean> require(CryptokiSession session, long handle, KeySpec spec)
      throws HsmException {
    return require(session, handle, spec.toString(), spec.algorithm(), DEMANDS);
  }

  /**
   * Demands of a person's P-256 key that it signs and cannot be read from the token.
   *
   * @param name of the key, for messages
   */
  static void requirePersonal(CryptokiSession session, long handle, String name)
      throws HsmException {
    Map<String, Boolean> unused = require(session, handle, name, KeyAlgorithm.P256, PERSONAL);
  }

  private static Map<String, Boolean> require(
      CryptokiSession session,
      long handle,
      String name,
      KeyAlgorithm algorithm,
      List<Demand> demands)
      throws HsmException {
    Map<String, Boolean> said = new LinkedHashMap<>();
    List<String> wrong = new ArrayList<>();
    try {
      for (Demand demand : demands) {
        boolean was = session.attribute(handle, demand.attribute()).getBoolean();
        said.put(demand.name(), was);
        if (was != demand.mustBe()) {
          wrong.add(demand.name() + " must be " + demand.mustBe() + ", was " + was);
        }
      }
      byte[] curve = session.attribute(handle, PKCS11Constants.CKA_EC_PARAMS).getByteArray();
      if (algorithm.curves().stream().noneMatch(each -> Arrays.equals(curve, each))) {
        wrong.add("CKA_EC_PARAMS must be " + algorithm.wire() + ", was another curve");
      }
    } catch (CkrException e) {
      throw HsmException.ofModule(
          e.returnValue().remedy() == ReturnValue.Remedy.NONE
              ? Fault.KEY_EXPOSED
              : Fault.TOKEN_FAILED,
          "the token must say of the key " + name + " that it cannot leave, and would not answer",
          e);
    }
    if (!wrong.isEmpty()) {
      throw new HsmException(
          Fault.KEY_EXPOSED,
          String.format(
              "the key %s must be one that can never leave the token: %s; it will not be used: remove"
                  + " it from the token and make another there",
              name, String.join(", ", wrong)));
    }
    return Collections.unmodifiableMap(said);
  }
}
