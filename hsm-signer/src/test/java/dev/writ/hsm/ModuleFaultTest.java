// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.fixtures.FaultyModule;
import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.CeremonyOutcome.Born;
import dev.writ.hsm.HsmException.Fault;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a token answers that SoftHSM never does: tokens fill up and lock their PINs. */
class ModuleFaultTest {
  private static final long CKR_DEVICE_MEMORY = 0x31;
  private static final long CKR_PIN_LOCKED = 0xA4;

  @TempDir static Path folder;

  private static List<SoftHsmToken> made = List.of();
  private static Iterator<SoftHsmToken> unused = made.iterator();
  private static FaultyModule faulty;

  private final SoftHsmToken soft = unused.next();

  @BeforeAll
  static void buildModule() throws Exception {
    faulty = FaultyModule.build(folder, FreshTokens.profile().library());
    made = FreshTokens.create("a", "b", "c", "d", "e");
    unused = made.iterator();
  }

  @AfterEach
  void mend() throws Exception {
    faulty.clear();
  }

  @AfterAll
  static void removeTokens() throws Exception {
    for (SoftHsmToken token : made) {
      token.close();
    }
  }

  @Test
  void init_tokenFull_saysSoAndLeavesNothing() throws Exception {
    try (Token token = open()) {
      faulty.failAfter("C_GenerateKeyPair", 1, CKR_DEVICE_MEMORY, 1);
      assertThatThrownBy(() -> init(token))
          .satisfies(e -> isFault(e, Fault.TOKEN_FULL, "CKR_DEVICE_MEMORY"))
          .hasMessageContaining("must have room for the key checkpoint")
          .hasMessageContaining("free space in the token");
      mend();
      assertThat(init(token)).isInstanceOf(Born.class);
    }
  }

  @Test
  void init_noRoomForACertificate_removesItsKeyAgain() throws Exception {
    try (Token token = open()) {
      faulty.fail("C_CreateObject", CKR_DEVICE_MEMORY, 1);
      assertThatThrownBy(() -> init(token))
          .satisfies(e -> isFault(e, Fault.TOKEN_FULL, "CKR_DEVICE_MEMORY"));
      mend();
      assertThatThrownBy(() -> token.key(KeyInventory.standard().spec(KeyRole.ISSUER)))
          .isInstanceOfSatisfying(
              HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.KEY_MISSING));
      assertThat(init(token)).isInstanceOf(Born.class);
    }
  }

  @Test
  void login_pinLocked_asksForTheSecurityOfficer() throws Exception {
    faulty.refusePins(CKR_PIN_LOCKED);
    assertThatThrownBy(this::open)
        .satisfies(e -> isFault(e, Fault.PIN_LOCKED, "CKR_PIN_LOCKED"))
        .hasMessageContaining("let its security officer set it anew");
  }

  @Test
  void login_vendorsOwnCode_isShownInHex() throws Exception {
    faulty.fail("C_Login", 0x80000123L, 1);
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            HsmException.class,
            e -> {
              assertThat(e.fault()).isEqualTo(Fault.TOKEN_FAILED);
              assertThat(e.ckr()).hasValue(0x80000123L);
              assertThat(e.ckrName()).hasValueSatisfying(n -> assertThat(n).endsWith("80000123"));
            });
    mend();
    // It may mean that the PIN is wrong, which is not shown again at once.
    assertThatThrownBy(this::open)
        .hasMessageContaining("the PIN is not shown to it again for PT1S");
    Thread.sleep(1_100);
    open().close();
  }

  @Test
  void open_readOnlySessionsRefused_needsAProfileThatSaysSo() throws Exception {
    TokenProfile readOnly = profile();
    TokenProfile readWrite =
        new TokenProfile(
            readOnly.name(),
            readOnly.library(),
            readOnly.install(),
            readOnly.assurance(),
            readOnly.environment(),
            readOnly.storage(),
            TokenProfile.Sessions.READ_WRITE,
            readOnly.signers(),
            readOnly.times(),
            readOnly.replicable());
    faulty.refuseReadOnlySessions();
    assertThatThrownBy(() -> open(readOnly))
        .satisfies(e -> isFault(e, Fault.TOKEN_FAILED, "CKR_FUNCTION_FAILED"));
    try (Token token = open(readWrite)) {
      assertThat(init(token)).isInstanceOf(Born.class);
      HsmKey issuer = token.key(KeyInventory.standard().spec(KeyRole.ISSUER));
      assertThat(issuer.signP1363(new byte[1])).hasSize(64);
    }
  }

  private static TokenProfile profile() throws Exception {
    return FreshTokens.profile().withLibrary(faulty.library());
  }

  private Token open() throws Exception {
    return open(profile());
  }

  private Token open(TokenProfile profile) throws Exception {
    return Token.open(profile, soft.label(), PinSource.file(soft.pinFile()));
  }

  private static CeremonyOutcome init(Token token) throws HsmException {
    return KeyCeremony.init(
        token, KeyInventory.standard(), InstantSource.system(), new SecureRandom());
  }

  private static void isFault(Throwable thrown, Fault fault, String code) {
    assertThat(thrown)
        .isInstanceOfSatisfying(
            HsmException.class,
            e -> {
              assertThat(e.fault()).isEqualTo(fault);
              assertThat(e.ckrName()).contains(code);
            })
        .hasMessageEndingWith("(" + code + ")");
  }
}
