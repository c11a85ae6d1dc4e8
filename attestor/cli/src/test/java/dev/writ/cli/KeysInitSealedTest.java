// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.FaultyModule;
import dev.writ.fixtures.SoftHsmToken;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.hsm.Ed25519Key;
import dev.writ.hsm.KeyInventory;
import dev.writ.hsm.KeyStorage;
import dev.writ.hsm.PinSource;
import dev.writ.hsm.Token;
import dev.writ.hsm.TokenProfile;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.Tpm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ keys init} on a token that has neither CKM_EDDSA nor CKM_AES_GCM, as tpm2-pkcs11 has not. */
@Tag("own-jvm")
class KeysInitSealedTest {
  private static final KeyInventory INVENTORY = KeyInventory.standard();

  @TempDir static Path moduleFolder;

  private static FaultyModule module;
  private static SoftHsmToken soft;
  private static EndorsementAuthority maker;
  private static SwtpmHost made;

  @TempDir Path folder;
  private SwtpmHost host;
  private Path sealedPin;
  private Path approver;

  @BeforeAll
  static void makeToken(@TempDir Path factory) throws Exception {
    soft = SoftHsmToken.inEnvironment("no-eddsa");
    module =
        FaultyModule.build(
            moduleFolder.resolve("module"), TokenProfile.named("softhsm2").library());
    module.lackMechanism(0x1057); // CKM_EDDSA
    module.lackMechanism(0x1087); // CKM_AES_GCM
    maker = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    made = SwtpmHost.manufacture(factory, maker);
    made.close();
  }

  @AfterAll
  static void removeToken() throws Exception {
    TestFolders.remove(SoftHsmToken.environmentFolder());
  }

  @BeforeEach
  void start() throws Exception {
    host = made.asManufactured(Files.createDirectory(folder.resolve("tpm")));
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    approver = folder.resolve("approver.pem");
    Files.createFile(
        approver,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(
        approver,
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'})
                .encodeToString(generator.generateKeyPair().getPrivate().getEncoded())
            + "\n-----END PRIVATE KEY-----\n");
    sealedPin = folder.resolve("sealed-pin.json");
    Invocation seal = sealPin("--pin-file", soft.pinFile());
    assertThat(seal.status()).as(seal.err()).isEqualTo(ExitStatus.DONE);
  }

  @AfterEach
  void stop() {
    host.close();
  }

  @Test
  void init_withASealedPin_sealsTheKeyBesideIt() throws Exception {
    Path out = folder.resolve("keys");
    Invocation init =
        Invocation.of(
            "keys",
            "init",
            "--library",
            module.library(),
            "--token",
            soft.label(),
            "--sealed-pin",
            sealedPin,
            "--tpm",
            host.tcti(),
            "--issuer",
            "https://writ.example",
            "--out",
            out);
    assertThat(init.status()).as(init.err()).isEqualTo(ExitStatus.DONE);
    Path file = out.resolve("checkpoint-ed25519.key");
    assertThat(init.out()).contains("checkpoint_ed25519_vkey").contains(file.toString());
    assertThat(Files.getPosixFilePermissions(file))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    byte[] sealed = Files.readAllBytes(file);
    TpmSealedKey seal = new TpmSealedKey(sealedPin, host.tcti());
    try (Token token = open()) {
      Ed25519Key key = seal.open(sealed, token, INVENTORY);
      assertThat(key.storage()).isEqualTo(KeyStorage.SEALED);
      assertThat(key.sign(new byte[1])).hasSize(64);

      // What renews the PIN's approval renews the key's.
      extend();
      assertThatThrownBy(() -> seal.open(sealed, token, INVENTORY))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("the key stays sealed")
          .hasMessageContaining("PCR sha256:7");
      Invocation renew = sealPin("--renew");
      assertThat(renew.status()).as(renew.err()).isEqualTo(ExitStatus.DONE);
      assertThat(seal.open(sealed, token, INVENTORY).point()).isEqualTo(key.point());
    }
  }

  @Test
  void open_anyByteChanged_isRefused() throws Exception {
    TpmSealedKey seal = new TpmSealedKey(sealedPin, host.tcti());
    byte[] sealed = seal.make(new SecureRandom());
    try (Token token = open()) {
      assertThat(seal.open(sealed, token, INVENTORY).sign(new byte[1])).hasSize(64);
      String text = new String(sealed, StandardCharsets.US_ASCII);
      for (String member :
          List.of("\"key\":\"", "\"parent\":\"", "\"private\":\"", "\"public\":\"", "{")) {
        byte[] changed = sealed.clone();
        int at = text.indexOf(member) + member.length() + (member.equals("{") ? 0 : 20);
        changed[at] = (byte) (changed[at] == 'A' ? 'B' : 'A');
        assertThatThrownBy(() -> seal.open(changed, token, INVENTORY))
            .as(member)
            .isInstanceOf(Exception.class)
            .isNotInstanceOf(RuntimeException.class);
      }
    }
  }

  @Test
  void open_onAnotherHost_staysSealed() throws Exception {
    byte[] sealed = new TpmSealedKey(sealedPin, host.tcti()).make(new SecureRandom());
    try (SwtpmHost other =
            SwtpmHost.manufacture(Files.createDirectory(folder.resolve("other")), maker);
        Token token = open()) {
      assertThatThrownBy(
              () -> new TpmSealedKey(sealedPin, other.tcti()).open(sealed, token, INVENTORY))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("the key stays sealed")
          .hasMessageContaining("is another, or was cleared since");
    }
  }

  private void extend() throws Exception {
    try (Tpm tpm = Tpm.open(host.tcti())) {
      tpm.extendPcr(7, PcrBank.SHA256, new byte[32]);
    }
  }

  private Invocation sealPin(Object... more) {
    List<Object> all =
        new ArrayList<>(
            List.of(
                "keys",
                "seal-pin",
                "--tpm",
                host.tcti(),
                "--approver-key",
                approver,
                "--out",
                sealedPin));
    all.addAll(List.of(more));
    return Invocation.of(all.toArray());
  }

  private static Token open() throws Exception {
    return Token.open(
        TokenProfile.named("softhsm2").withLibrary(module.library()),
        soft.label(),
        PinSource.file(soft.pinFile()));
  }
}
