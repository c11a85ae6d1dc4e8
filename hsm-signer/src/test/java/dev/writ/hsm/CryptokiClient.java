// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import sun.security.pkcs11.wrapper.CK_ATTRIBUTE;
import sun.security.pkcs11.wrapper.CK_C_INITIALIZE_ARGS;
import sun.security.pkcs11.wrapper.CK_MECHANISM;
import sun.security.pkcs11.wrapper.PKCS11;
import sun.security.pkcs11.wrapper.PKCS11Constants;
import sun.security.pkcs11.wrapper.PKCS11Exception;

/**
 * The calls that a test makes of a PKCS#11 module, with none of Writ's own code in between.
 *
 * <p>Surefire looks at test classes in a JVM that does not export the JDK's wrapper: no test class
 * may have a type of it in a method's signature, so they stand here.
 */
final class CryptokiClient {
  static final byte[] DIGEST = new byte[32];

  /** OBJECT IDENTIFIER prime256v1 in DER. */
  private static final byte[] P_256 = HexFormat.of().parseHex("06082a8648ce3d030107");

  private final PKCS11 module;

  private CryptokiClient(PKCS11 module) {
    this.module = module;
  }

  /** Initialises the module; the JDK does so once for each path. */
  static CryptokiClient initialise(Path library) throws Exception {
    CK_C_INITIALIZE_ARGS threads = new CK_C_INITIALIZE_ARGS();
    threads.flags = PKCS11Constants.CKF_OS_LOCKING_OK;
    return new CryptokiClient(
        PKCS11.getInstance(library.toString(), "C_GetFunctionList", threads, false));
  }

  void finish() throws Exception {
    module.C_Finalize(null);
  }

  long[] slots() throws Exception {
    return module.C_GetSlotList(true);
  }

  String tokenLabel(long slot) throws Exception {
    return new String(module.C_GetTokenInfo(slot).label).strip();
  }

  long open(long slot) throws Exception {
    return module.C_OpenSession(
        slot, PKCS11Constants.CKF_SERIAL_SESSION | PKCS11Constants.CKF_RW_SESSION, null, null);
  }

  void close(long session) throws Exception {
    module.C_CloseSession(session);
  }

  long state(long session) throws Exception {
    return module.C_GetSessionInfo(session).state;
  }

  void login(long session, Path pinFile) throws Exception {
    module.C_Login(session, PKCS11Constants.CKU_USER, pin(pinFile));
  }

  void logout(long session) throws Exception {
    module.C_Logout(session);
  }

  void random(long session) throws Exception {
    module.C_GenerateRandom(session, new byte[8]);
  }

  /** A key pair P-256 on the token. */
  void generate(long session, String label) throws Exception {
    byte[] name = label.getBytes(UTF_8);
    CK_ATTRIBUTE[] publicKey = {
      new CK_ATTRIBUTE(PKCS11Constants.CKA_TOKEN, true),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_LABEL, name),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_EC_PARAMS, P_256)
    };
    CK_ATTRIBUTE[] privateKey = {
      new CK_ATTRIBUTE(PKCS11Constants.CKA_TOKEN, true),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_LABEL, name),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_SIGN, true)
    };
    long[] handles =
        module.C_GenerateKeyPair(
            session, new CK_MECHANISM(PKCS11Constants.CKM_EC_KEY_PAIR_GEN), publicKey, privateKey);
    assertThat(label(session, handles[0])).isEqualTo(label);
    assertThat(label(session, handles[1])).isEqualTo(label);
  }

  byte[] sign(long session, long key) throws Exception {
    signInit(session, key);
    return signDigest(session);
  }

  void signInit(long session, long key) throws Exception {
    module.C_SignInit(session, new CK_MECHANISM(PKCS11Constants.CKM_ECDSA), key);
  }

  byte[] signDigest(long session) throws Exception {
    return module.C_Sign(session, DIGEST);
  }

  void verify(long session, long key, byte[] signature) throws Exception {
    module.C_VerifyInit(session, new CK_MECHANISM(PKCS11Constants.CKM_ECDSA), key);
    module.C_Verify(session, DIGEST, signature);
  }

  /** Signs until that fails, and gives the CK_RV. */
  long signUntilItFails(long session, long key) throws Exception {
    while (true) {
      try {
        assertThat(sign(session, key)).hasSize(64);
      } catch (PKCS11Exception e) {
        return e.getErrorCode();
      }
    }
  }

  /** A data object of the session. */
  long createData(long session, String label) throws Exception {
    return module.C_CreateObject(
        session,
        new CK_ATTRIBUTE[] {
          new CK_ATTRIBUTE(PKCS11Constants.CKA_CLASS, PKCS11Constants.CKO_DATA),
          new CK_ATTRIBUTE(PKCS11Constants.CKA_LABEL, label.getBytes(UTF_8))
        });
  }

  void rename(long session, long object, String label) throws Exception {
    module.C_SetAttributeValue(
        session,
        object,
        new CK_ATTRIBUTE[] {new CK_ATTRIBUTE(PKCS11Constants.CKA_LABEL, label.getBytes(UTF_8))});
  }

  void destroy(long session, long object) throws Exception {
    module.C_DestroyObject(session, object);
  }

  String label(long session, long object) throws Exception {
    CK_ATTRIBUTE[] label = {new CK_ATTRIBUTE(PKCS11Constants.CKA_LABEL)};
    module.C_GetAttributeValue(session, object, label);
    return new String(label[0].getCharArray());
  }

  /** Label and class of each. */
  List<String> names(long session, List<Long> objects) throws Exception {
    List<String> names = new ArrayList<>();
    for (long object : objects) {
      CK_ATTRIBUTE[] objectClass = {new CK_ATTRIBUTE(PKCS11Constants.CKA_CLASS)};
      module.C_GetAttributeValue(session, object, objectClass);
      names.add(label(session, object) + " of class " + objectClass[0].getLong());
    }
    return names;
  }

  List<Long> privateKeys(long session, String label) throws Exception {
    return find(session, label, PKCS11Constants.CKO_PRIVATE_KEY);
  }

  List<Long> publicKeys(long session, String label) throws Exception {
    return find(session, label, PKCS11Constants.CKO_PUBLIC_KEY);
  }

  /** Every object that is on the token, {@code atOnce} by each C_FindObjects. */
  List<Long> tokenObjects(long session, int atOnce) throws Exception {
    return find(session, atOnce, new CK_ATTRIBUTE(PKCS11Constants.CKA_TOKEN, true));
  }

  private List<Long> find(long session, String label, long objectClass) throws Exception {
    return find(
        session,
        10,
        new CK_ATTRIBUTE(PKCS11Constants.CKA_CLASS, objectClass),
        new CK_ATTRIBUTE(PKCS11Constants.CKA_LABEL, label.getBytes(UTF_8)));
  }

  private List<Long> find(long session, int atOnce, CK_ATTRIBUTE... template) throws Exception {
    module.C_FindObjectsInit(session, template);
    List<Long> all = new ArrayList<>();
    long[] found = module.C_FindObjects(session, atOnce);
    while (found.length > 0) {
      for (long handle : found) {
        all.add(handle);
      }
      found = module.C_FindObjects(session, atOnce);
    }
    module.C_FindObjectsFinal(session);
    return all;
  }

  private static char[] pin(Path file) throws IOException {
    return Files.readString(file).strip().toCharArray();
  }

  /** The call must answer this CK_RV. */
  static void fails(long code, ThrowingCallable call) {
    assertThatThrownBy(call).satisfies(thrown -> isCode(thrown, code));
  }

  static void isCode(Throwable thrown, long code) {
    assertThat(thrown)
        .isInstanceOfSatisfying(
            PKCS11Exception.class, e -> assertThat(e.getErrorCode()).isEqualTo(code));
  }
}
