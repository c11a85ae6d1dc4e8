// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.HsmException.Fault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A person's key in SoftHSM, made by another program and without a certificate. */
class Pkcs11KeyTest {
  private static List<SoftHsmToken> tokens = List.of();
  private static SoftHsmToken keys;
  private static SoftHsmToken other;

  @TempDir Path folder;

  @BeforeAll
  static void makeKeys() throws Exception {
    tokens = FreshTokens.create("keys", "other");
    keys = tokens.get(0);
    other = tokens.get(1);
    make("alice", "01", "EC:prime256v1", "--sensitive");
    make("twin", "02", "EC:prime256v1", "--sensitive");
    make("twin", "03", "EC:prime256v1", "--sensitive");
    make("readable", "04", "EC:prime256v1", "--extractable");
    make("larger", "05", "EC:secp384r1", "--sensitive");
    make("rsa", "06", "rsa:2048", "--sensitive");
    make("asking", "07", "EC:prime256v1", "--sensitive", "--always-auth");
    make("alone", "08", "EC:prime256v1", "--sensitive");
    FreshTokens.pkcs11Tool(keys, "--delete-object", "--type", "pubkey", "--label", "alone");
    make("crossed", "09", "EC:prime256v1", "--sensitive");
    make("stranger", "0a", "EC:prime256v1", "--sensitive");
    FreshTokens.pkcs11Tool(keys, "--delete-object", "--type", "pubkey", "--label", "crossed");
    Path stranger = Files.createTempFile("writ-hsm-test-", ".der");
    try {
      FreshTokens.pkcs11Tool(
          keys,
          "--read-object",
          "--type",
          "pubkey",
          "--label",
          "stranger",
          "--output-file",
          stranger.toString());
      FreshTokens.pkcs11Tool(
          keys,
          "--write-object",
          stranger.toString(),
          "--type",
          "pubkey",
          "--label",
          "crossed",
          "--id",
          "09");
    } finally {
      Files.delete(stranger);
    }
  }

  @AfterAll
  static void removeTokens() throws Exception {
    for (SoftHsmToken token : tokens) {
      token.close();
    }
  }

  private static void make(String label, String id, String type, String... more) throws Exception {
    String[] arguments = new String[7 + more.length];
    List<String> first = List.of("--keypairgen", "--key-type", type, "--label", label, "--id", id);
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = i < first.size() ? first.get(i) : more[i - first.size()];
    }
    FreshTokens.pkcs11Tool(keys, arguments);
  }

  private static Pkcs11Uri uri(SoftHsmToken token, String names, Path pinFile) throws Exception {
    return Pkcs11Uri.parse(
        "pkcs11:token="
            + token.label()
            + ";"
            + names
            + "?module-path="
            + FreshTokens.profile().library()
            + "&pin-source=file:"
            + pinFile);
  }

  private static Pkcs11Key open(String names) throws Exception {
    return Pkcs11Key.open(uri(keys, names, keys.pinFile()));
  }

  private static void assertFault(Fault fault, String sentence, String names) {
    assertThatThrownBy(() -> open(names))
        .isInstanceOfSatisfying(
            HsmException.class,
            e -> {
              assertThat(e.fault()).as(e.getMessage()).isEqualTo(fault);
              assertThat(e).hasMessageContaining(sentence);
            });
  }

  @ParameterizedTest
  @CsvSource({"object=alice", "id=%01", "object=alice;id=%01;type=private", "object=twin;id=%03"})
  void key_byItsNames_signsAsItsPublicHalfVerifies(String names) throws Exception {
    byte[] message = "what is signed".getBytes(StandardCharsets.UTF_8);
    try (Pkcs11Key key = open(names)) {
      for (int i = 0; i < 3; i++) {
        assertThat(KeyAlgorithm.P256.verifies(key.publicKey(), message, key.sign(message)))
            .isTrue();
      }
    }
  }

  /** A command opens it, ends, and the next opens it again. */
  @Test
  void key_afterItWasClosed_opensAgain() throws Exception {
    byte[] first;
    try (Pkcs11Key key = open("object=alice")) {
      first = key.publicKey().getEncoded();
    }
    try (Pkcs11Key key = open("object=alice")) {
      assertThat(key.publicKey().getEncoded()).isEqualTo(first);
    }
  }

  @Test
  void key_ofALabelThatTwoHave_isRefused() {
    assertFault(
        Fault.KEY_AMBIGUOUS, "and there are several: name it by object and id", "object=twin");
  }

  @Test
  void key_thatIsNotThere_isRefused() {
    assertFault(Fault.KEY_MISSING, "there must be a private key", "object=nobody");
    assertFault(Fault.KEY_MISSING, "there must be a private key", "object=alice;id=%02");
    assertFault(Fault.KEY_MISSING, "there must be a public key", "object=alone");
  }

  @Test
  void key_thatCanLeaveTheToken_isRefused() {
    assertFault(Fault.KEY_EXPOSED, "CKA_EXTRACTABLE must be false, was true", "object=readable");
  }

  @Test
  void key_ofAnotherCurveOrKind_isRefused() {
    assertFault(Fault.KEY_EXPOSED, "CKA_EC_PARAMS must be P-256", "object=larger");
    assertFault(Fault.KEY_EXPOSED, "would not answer", "object=rsa");
  }

  @Test
  void key_besideAnothersPublicKey_isRefused() {
    assertFault(Fault.KEY_AMBIGUOUS, "must be of P-256 and its private key's", "object=crossed");
  }

  @Test
  void key_thatAsksForThePinEachTime_isRefused() {
    assertFault(
        Fault.TOKEN_FAILED,
        "one that asks for the PIN at each signature is not used",
        "object=asking");
  }

  @Test
  void pin_thatIsWrong_isShownOnce() throws Exception {
    Path wrong = FreshTokens.pinFile(folder, "wrong-pin-1");
    Pkcs11Uri uri = uri(other, "object=alice", wrong);

    assertThatThrownBy(() -> Pkcs11Key.open(uri))
        .isInstanceOfSatisfying(
            HsmException.class,
            e -> {
              assertThat(e.fault()).isEqualTo(Fault.PIN_INCORRECT);
              assertThat(e).hasMessageContaining("refused the PIN");
              assertThat(e.ckrName()).contains("CKR_PIN_INCORRECT");
            });
    assertThatThrownBy(() -> Pkcs11Key.open(uri))
        .isInstanceOf(HsmException.class)
        .hasMessageContaining("it was not tried again")
        .hasMessageNotContaining("wrong-pin-1");
  }

  @Test
  void pinFile_thatOthersCanRead_isRefused_andTheTokenIsNotAsked() throws Exception {
    Path open = FreshTokens.pinFile(folder, Files.readString(keys.pinFile()).strip());
    Path unused =
        Files.setPosixFilePermissions(
            open, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));

    assertThatThrownBy(() -> Pkcs11Key.open(uri(keys, "object=alice", open)))
        .isInstanceOfSatisfying(
            HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.PIN_FILE));
  }

  @Test
  void module_thatIsNotThere_isRefused() {
    assertThatThrownBy(
            () ->
                Pkcs11Key.open(
                    Pkcs11Uri.parse(
                        "pkcs11:token=keys;object=alice?module-path=/nowhere/libnone.so&pin-source=file:"
                            + keys.pinFile())))
        .isInstanceOfSatisfying(
            HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.LIBRARY_MISSING));
  }
}
