// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.fixtures.FaultyModule;
import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.CeremonyOutcome.Born;
import dev.writ.hsm.HsmException.Fault;
import dev.writ.hsm.SignatureTally.Purpose;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Ed25519 key of a token that has no CKM_EDDSA. */
class WrappedKeysTest {
  private static final long CKM_EDDSA = 0x1057;
  private static final long CKM_AES_GCM = 0x1087;
  private static final byte[] MESSAGE = "message".getBytes(StandardCharsets.US_ASCII);
  private static final KeyInventory INVENTORY = KeyInventory.standard();
  private static final KeySpec SPEC = INVENTORY.spec(KeyRole.CHECKPOINT_ED25519);

  @TempDir static Path folder;

  private static FaultyModule module;
  private static List<SoftHsmToken> made = List.of();

  @BeforeAll
  static void makeTokens() throws Exception {
    made = FreshTokens.create("one", "other", "bare");
    module = FaultyModule.build(folder.resolve("module"), FreshTokens.profile().library());
  }

  @AfterAll
  static void removeTokens() throws Exception {
    for (SoftHsmToken soft : made) {
      soft.close();
    }
  }

  @BeforeEach
  void lackEdDsa() throws Exception {
    module.lackMechanism(CKM_EDDSA);
  }

  @AfterEach
  void mend() throws Exception {
    module.clear();
  }

  @Test
  void make_tokenWithoutEdDsa_signsFromMemoryAndIsCounted() throws Exception {
    try (Token token = open(0)) {
      byte[] file = file(token);
      Ed25519Key key = WrappedKeys.open(token, INVENTORY, file);
      assertThat(key.storage()).isEqualTo(KeyStorage.WRAPPED);
      assertThat(key.spec()).isEqualTo(SPEC);
      assertThat(key.point()).hasSize(32);
      byte[] signature = key.sign(MESSAGE);
      assertThat(KeyAlgorithm.ED25519.verifies(key.publicKey(), MESSAGE, signature)).isTrue();
      assertThat(WrappedKeys.open(token, INVENTORY, file).publicKey()).isEqualTo(key.publicKey());
      assertThat(token.signatures().getOrDefault(SPEC, Map.of()))
          .containsEntry(Purpose.SERVICE, 1L);
      assertThat(WrappedKeys.isMissing(token, INVENTORY)).isFalse();
      assertThatThrownBy(() -> token.ed25519Key(SPEC))
          .as("it is in no token")
          .isInstanceOfSatisfying(
              HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.KEY_MISSING));
      // Without the token it signs on.
      module.removeToken("one");
      assertThat(key.sign(MESSAGE)).isEqualTo(signature);
    }
  }

  @Test
  void make_file_holdsNothingThatSigns() throws Exception {
    try (Token token = open(0)) {
      byte[] file = file(token);
      Ed25519Key key = WrappedKeys.open(token, INVENTORY, file);
      assertThat(new String(file, StandardCharsets.US_ASCII))
          .startsWith("format = writ-wrapped-key-1\nlabel = writ-checkpoint-ed25519\nid = 06\n");
      assertThat(key.toString()).endsWith(", wrapped").doesNotContain("seed");
      assertThat(file(token)).as("another each time").isNotEqualTo(file);
    }
  }

  @Test
  void open_anyByteChanged_isRefused() throws Exception {
    try (Token token = open(0)) {
      byte[] file = file(token);
      for (int i = 0; i < file.length; i++) {
        byte[] changed = file.clone();
        changed[i] ^= 1;
        assertThatThrownBy(() -> WrappedKeys.open(token, INVENTORY, changed))
            .as("byte %d", i)
            .isInstanceOfAny(HsmException.class, MalformedHsmConfigException.class);
      }
      byte[] other = file.clone();
      int digit = file.length - 2;
      other[digit] = (byte) (file[digit] == '0' ? '1' : '0');
      assertThatThrownBy(() -> WrappedKeys.open(token, INVENTORY, other))
          .isInstanceOfSatisfying(
              HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.KEY_AMBIGUOUS))
          .hasMessageContaining("must be as this token wrapped it, and was altered");
      assertThat(token.status())
          .as("and the token is none the worse")
          .isEqualTo(new TokenStatus.Connected(1));
      assertThat(WrappedKeys.open(token, INVENTORY, file).sign(MESSAGE)).hasSize(64);
    }
  }

  @Test
  void open_anotherToken_cannotUnwrapIt() throws Exception {
    try (Token token = open(0);
        Token other = open(1);
        Token bare = open(2)) {
      byte[] file = file(token);
      var unused = file(other);
      assertThatThrownBy(() -> WrappedKeys.open(other, INVENTORY, file))
          .isInstanceOfSatisfying(
              HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.KEY_AMBIGUOUS))
          .hasMessageContaining("or another token did");
      assertThatThrownBy(() -> WrappedKeys.open(bare, INVENTORY, file))
          .isInstanceOfSatisfying(
              HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.KEY_MISSING))
          .hasMessageContaining("open the token in which the wrapped key was made");
      assertThat(WrappedKeys.isMissing(bare, INVENTORY)).isTrue();
    }
  }

  @Test
  void isMissing_tokenThatNeedsNoneOrHasNoAes_isFalse() throws Exception {
    try (Token bare = open(2)) {
      module.lackMechanism(CKM_AES_GCM);
      assertThat(WrappedKeys.isMissing(bare, INVENTORY)).isFalse();
      module.clear();
      assertThat(WrappedKeys.isMissing(bare, INVENTORY)).as("it has CKM_EDDSA").isFalse();
    }
  }

  @Test
  void init_tokenWithoutEdDsa_makesTheOthers() throws Exception {
    try (Token token = open(1)) {
      assertThat(KeyCeremony.init(token, INVENTORY, InstantSource.system(), new SecureRandom()))
          .isInstanceOfSatisfying(
              Born.class, born -> assertThat(born.keys()).hasSize(5).doesNotContain(SPEC));
      assertThat(KeyCeremony.missing(token, INVENTORY)).isEmpty();
      assertThat(WrappedKeys.open(token, INVENTORY, file(token)).sign(MESSAGE)).hasSize(64);
    }
  }

  private static byte[] file(Token token) throws HsmException {
    return WrappedKeys.make(token, INVENTORY, new SecureRandom());
  }

  private static Token open(int index) throws Exception {
    SoftHsmToken soft = made.get(index);
    return Token.open(
        FreshTokens.profile().withLibrary(module.library()),
        soft.label(),
        PinSource.file(soft.pinFile()));
  }
}
