// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.fixtures.FaultyModule;
import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.Ed25519Key;
import dev.writ.hsm.KeyInventory;
import dev.writ.hsm.KeyStorage;
import dev.writ.hsm.PinSource;
import dev.writ.hsm.Token;
import dev.writ.hsm.TokenProfile;
import dev.writ.hsm.WrappedKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ keys init} on a token that has no CKM_EDDSA. */
@Tag("own-jvm")
class KeysInitWrappedTest {
  @TempDir static Path moduleFolder;

  private static FaultyModule module;
  private static SoftHsmToken fresh;
  private static SoftHsmToken older;

  @TempDir Path out;

  @BeforeAll
  static void makeTokens() throws Exception {
    fresh = SoftHsmToken.inEnvironment("fresh");
    older = SoftHsmToken.inEnvironment("older");
    module =
        FaultyModule.build(
            moduleFolder.resolve("module"), TokenProfile.named("softhsm2").library());
    module.lackMechanism(0x1057); // CKM_EDDSA
  }

  @AfterAll
  static void removeTokens() throws Exception {
    TestFolders.remove(SoftHsmToken.environmentFolder());
  }

  @Test
  void init_freshToken_wrapsTheKeyIntoAFileOfItsOwners() throws Exception {
    Invocation init = init(fresh, out);
    assertThat(init.status()).as(init.err()).isEqualTo(ExitStatus.DONE);
    Path file = out.resolve("checkpoint-ed25519.key");
    assertThat(init.out()).contains("checkpoint_ed25519_vkey").contains(file.toString());
    assertThat(Files.getPosixFilePermissions(file))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    try (Token token = open(fresh)) {
      Ed25519Key key = WrappedKeys.open(token, KeyInventory.standard(), Files.readAllBytes(file));
      assertThat(key.storage()).isEqualTo(KeyStorage.WRAPPED);
    }
    Invocation again = init(fresh, out.resolve("again"));
    assertThat(again.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(again.err()).contains("must have none of the service's keys yet");
  }

  @Test
  void init_tokenThatHasTheOthers_makesTheWrappedKeyAlone() throws Exception {
    module.lackMechanism(0x1087); // CKM_AES_GCM
    Invocation first = init(older, out.resolve("first"));
    assertThat(first.status()).as(first.err()).isEqualTo(ExitStatus.DONE);
    assertThat(out.resolve("first/checkpoint-ed25519.key")).doesNotExist();
    module.clear();
    module.lackMechanism(0x1057);
    Invocation second = init(older, out.resolve("second"));
    assertThat(second.status()).as(second.err()).isEqualTo(ExitStatus.DONE);
    assertThat(second.err()).contains("the token had all keys but checkpoint-ed25519");
    assertThat(out.resolve("second/checkpoint-ed25519.key")).isNotEmptyFile();
    assertThat(out.resolve("second/trust.json")).doesNotExist();
  }

  private static Token open(SoftHsmToken soft) throws Exception {
    return Token.open(
        TokenProfile.named("softhsm2").withLibrary(module.library()),
        soft.label(),
        PinSource.file(soft.pinFile()));
  }

  private static Invocation init(SoftHsmToken token, Path out) {
    return Invocation.of(
        "keys",
        "init",
        "--library",
        module.library(),
        "--token",
        token.label(),
        "--pin-file",
        token.pinFile(),
        "--issuer",
        "https://writ.example",
        "--out",
        out);
  }
}
