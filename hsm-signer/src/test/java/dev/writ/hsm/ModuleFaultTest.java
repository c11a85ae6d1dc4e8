// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.CeremonyOutcome.Born;
import dev.writ.hsm.HsmException.Fault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a token answers that SoftHSM never does, by a module around it (src/test/c/p11-fault.c). */
class ModuleFaultTest {
  @TempDir static Path folder;

  private static List<SoftHsmToken> made = List.of();
  private static Iterator<SoftHsmToken> unused = made.iterator();

  private final SoftHsmToken soft = unused.next();

  @BeforeAll
  static void buildModule() throws Exception {
    boolean gcc =
        Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, "gcc")));
    assumeTrue(gcc, "the faulty module needs gcc: apt-get install gcc libc6-dev");
    ChildProcess.run(
        Map.of(),
        List.of(
            "gcc",
            "-shared",
            "-fPIC",
            "-DMODULE=\"" + FreshTokens.profile().library() + "\"",
            "-o",
            module().toString(),
            "src/test/c/p11-fault.c",
            "-ldl"));
    made = FreshTokens.create("a", "b", "c", "d");
    unused = made.iterator();
  }

  @AfterEach
  void mend() throws Exception {
    Files.deleteIfExists(faultFile());
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
      fail("C_GenerateKeyPair 2 0x31");
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
      fail("C_CreateObject 1 0x31");
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
    fail("C_Login 1 0xa4");
    assertThatThrownBy(this::open)
        .satisfies(e -> isFault(e, Fault.PIN_LOCKED, "CKR_PIN_LOCKED"))
        .hasMessageContaining("let its security officer set it anew");
  }

  @Test
  void login_vendorsOwnCode_isShownInHex() throws Exception {
    fail("C_Login 1 0x80000123");
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            HsmException.class,
            e -> {
              assertThat(e.fault()).isEqualTo(Fault.TOKEN_FAILED);
              assertThat(e.ckr()).hasValue(0x80000123L);
              assertThat(e.ckrName()).hasValueSatisfying(n -> assertThat(n).endsWith("80000123"));
            });
    // Another failure than a wrong PIN says nothing about the PIN, which may be tried again.
    mend();
    open().close();
  }

  private Token open() throws Exception {
    TokenProfile profile = FreshTokens.profile().withLibrary(module());
    return Token.open(profile, soft.label(), PinSource.file(soft.pinFile()));
  }

  private static CeremonyOutcome init(Token token) throws HsmException {
    return KeyCeremony.init(
        token, KeyInventory.standard(), InstantSource.system(), new SecureRandom());
  }

  private static Path module() {
    return folder.resolve("p11-fault.so");
  }

  private static Path faultFile() {
    return Path.of(System.getenv().getOrDefault("P11_FAULT", "/nowhere"));
  }

  private static void fail(String call) throws Exception {
    Files.writeString(faultFile(), call + "\n");
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
