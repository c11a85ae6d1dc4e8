// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.writ.fixtures.Tpm2Pkcs11Token;
import dev.writ.hsm.CeremonyOutcome.Born;
import dev.writ.hsm.HsmException.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The profile tpm2pkcs11 with the real module, whose keys a TPM (here swtpm) holds. */
class Tpm2Pkcs11Test {
  private static final byte[] MESSAGE = "message".getBytes(StandardCharsets.US_ASCII);

  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir Path folder;

  private static Optional<Tpm2Pkcs11Token> made = Optional.empty();

  @BeforeAll
  static void makeToken() throws Exception {
    List<String> missing = Tpm2Pkcs11Token.missingPackages();
    assumeTrue(missing.isEmpty(), "a token in a TPM needs Debian's " + missing + ": run ci/setup");
    delete(Tpm2Pkcs11Token.environmentFolder());
    made = Optional.of(Tpm2Pkcs11Token.inEnvironment("tpm"));
    try (Token token = open()) {
      assertThat(
              KeyCeremony.init(
                  token, KeyInventory.standard(), InstantSource.system(), new SecureRandom()))
          .isInstanceOfSatisfying(
              Born.class, born -> assertThat(born.keys()).hasSize(KeyRole.values().length - 1));
    }
  }

  @AfterAll
  static void removeToken() throws Exception {
    if (made.isPresent()) {
      made.get().close();
    }
  }

  @Test
  void assurance_simulatedTpmUnderAHardwareProfile_isDev() throws Exception {
    assertThat(TokenProfile.named("tpm2pkcs11").assurance()).isEqualTo(Assurance.HARDWARE);
    try (Token token = open()) {
      assertThat(token.description().manufacturer()).isEqualTo("IBM");
      assertThat(token.description().model()).isEqualTo("SW   TPM");
      assertThat(token.assurance()).isEqualTo(Assurance.DEV);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CHECKPOINT_ED25519")
  void sign_everyRole_verifiesInBothEncodings(KeyRole role) throws Exception {
    try (Token token = open()) {
      HsmKey key = token.key(KeyInventory.standard().spec(role));
      assertThat(verifies(key, "SHA256withECDSA", key.signDer(MESSAGE))).isTrue();
      assertThat(verifies(key, "SHA256withECDSAinP1363Format", key.signP1363(MESSAGE))).isTrue();
    }
  }

  @Test
  void find_everyRole_attributesSayThatTheKeyNeverLeft() throws Exception {
    try (Token token = open()) {
      // TPMs of today have no Ed25519: a service does without that key.
      assertThat(token.supports(KeyAlgorithm.ED25519)).isFalse();
      assertThat(KeyCeremony.missing(token, KeyInventory.standard())).isEmpty();
      for (KeySpec spec : KeyInventory.standard().specs()) {
        if (spec.algorithm() == KeyAlgorithm.ED25519) {
          continue;
        }
        assertThat(token.key(spec).attributes())
            .containsEntry("CKA_ALWAYS_SENSITIVE", true)
            .containsEntry("CKA_NEVER_EXTRACTABLE", true)
            .containsEntry("CKA_DERIVE", false);
      }
    }
  }

  @Test
  void restart_newProcess_findsTheSameKeys() throws Exception {
    String first = probe(made(), List.of(), "sign");
    assertThat(first).matches("key [A-Za-z0-9+/=]+ true");
    assertThat(probe(made(), List.of(), "sign")).isEqualTo(first);
    assertThat(probe(made(), List.of(), "init")).isEqualTo("exist 5");
    try (Token token = open()) {
      HsmKey issuer = token.key(KeyInventory.standard().spec(KeyRole.ISSUER));
      assertThat(first)
          .contains(Base64.getEncoder().encodeToString(issuer.publicKey().getEncoded()));
    }
  }

  /** One wrong PIN alone: the TPM counts them, and locks all that it protects so after a few. */
  @Test
  void open_wrongPin_isTriedOnceAndNeverAgain() throws Exception {
    PinSource wrong = PinSource.file(FreshTokens.pinFile(folder, "not the PIN\n"));
    TokenProfile profile = TokenProfile.named("tpm2pkcs11");
    assertThatThrownBy(() -> Token.open(profile, made().label(), wrong))
        .isInstanceOfSatisfying(
            HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.PIN_INCORRECT))
        .hasMessageContaining("does not say how many tries are left")
        .hasMessageEndingWith("(CKR_PIN_INCORRECT)");
    assertThatThrownBy(() -> Token.open(profile, made().label(), wrong))
        .isInstanceOfSatisfying(HsmException.class, e -> assertThat(e.ckr()).isEmpty())
        .hasMessageContaining("was not tried again");
    open().close();
  }

  @Test
  void open_storeNotSet_isRefusedBeforeTheModuleIsLoaded() throws Exception {
    assertThatThrownBy(
            () ->
                Token.open(
                    TokenProfile.named("tpm2pkcs11"),
                    made().label(),
                    PinSource.file(made().pinFile()),
                    TokenEvents.SILENT,
                    name -> null))
        .isInstanceOfSatisfying(
            HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.ENVIRONMENT_MISSING))
        .hasMessageContaining("TPM2_PKCS11_STORE must name");
  }

  @Test
  void sign_tpmPoweredOffAndOn_comesBackByItself() throws Exception {
    try (Token token = open()) {
      HsmKey key = token.key(KeyInventory.standard().spec(KeyRole.ISSUER));
      assertThat(verifies(key, "SHA256withECDSA", key.signDer(MESSAGE))).isTrue();
      made().host().cutPower();
      try {
        assertThatThrownBy(() -> key.signDer(MESSAGE))
            .isInstanceOfSatisfying(
                HsmException.class, e -> assertThat(e.fault()).isEqualTo(Fault.TOKEN_AWAY));
      } finally {
        made().host().powerOn();
      }
      long end = System.nanoTime() + LONG.toNanos();
      while (token.status() instanceof TokenStatus.Away && System.nanoTime() - end < 0) {
        Thread.sleep(20);
      }
      assertThat(token.status()).isEqualTo(new TokenStatus.Connected(2));
      assertThat(verifies(key, "SHA256withECDSA", key.signDer(MESSAGE))).isTrue();
    }
  }

  /** The module owns up to a failed write, which is why its profile has no storage to try first. */
  @Test
  void init_fullDisk_isSaidAndTheNextOneSucceeds() throws Exception {
    try (Tpm2Pkcs11Token fresh = Tpm2Pkcs11Token.create(folder.resolve("full"), "full")) {
      assertThat(probe(fresh, List.of("prlimit", "--fsize=0"), "init"))
          .contains("TOKEN_FULL CKR_GENERAL_ERROR ");
      assertThat(probe(fresh, List.of(), "init")).isEqualTo("born 5");
      assertThat(probe(fresh, List.of("prlimit", "--fsize=0"), "sign")).endsWith(" true");
    }
  }

  private static String probe(Tpm2Pkcs11Token token, List<String> wrapper, String operation)
      throws Exception {
    return ChildProcess.probe(
        token.environment(),
        wrapper,
        "tpm2pkcs11",
        operation,
        token.label(),
        token.pinFile().toString());
  }

  private static Tpm2Pkcs11Token made() {
    return made.orElseThrow();
  }

  private static Token open() throws Exception {
    return Token.open(
        TokenProfile.named("tpm2pkcs11"), made().label(), PinSource.file(made().pinFile()));
  }

  private static boolean verifies(HsmKey key, String algorithm, byte[] signature)
      throws GeneralSecurityException {
    Signature verifier = Signature.getInstance(algorithm);
    verifier.initVerify(key.publicKey());
    verifier.update(MESSAGE);
    return verifier.verify(signature);
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
