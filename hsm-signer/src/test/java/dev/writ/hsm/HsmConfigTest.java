// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Profiles and inventory: the packed ones are right, and anything unclear stops the start. */
@Tag("shares-jvm")
class HsmConfigTest {
  private static final String PROFILE =
      """
      # a comment

      name = vendor
      library = /opt/vendor/lib/cs_pkcs11.so
      install = see the vendor's manual
      assurance = hardware
      environment = VENDOR_CONF
      storage = token.folder
      sessions = read-write
      replica = allowed
      signers = 30
      wait = PT2S
      patience = PT1S
      keepalive = PT1M
      reconnect = PT30S
      """;

  private static final String INVENTORY =
      """
      issuer.algorithm = P-256
      issuer.label = one
      issuer.id = 01ff
      issuer.valid_days = 365
      issuer.rotate_days = 364
      checkpoint.algorithm = P-256
      checkpoint.label = two
      checkpoint.id = 02
      status.algorithm = P-256
      status.label = three
      status.id = 03
      status.valid_days = 3650
      tls.algorithm = P-256
      tls.label = four
      tls.id = 04
      tls.rotate_days = 3650
      attestation.algorithm = P-256
      attestation.label = five
      attestation.id = 05
      checkpoint-ed25519.algorithm = Ed25519
      checkpoint-ed25519.label = six
      checkpoint-ed25519.id = 06
      """;

  @Test
  void packedProfile_softhsm2_isSoftwareWithItsConfigurationDemanded() throws Exception {
    TokenProfile profile = TokenProfile.named("softhsm2");
    assertThat(profile.library()).isEqualTo(Path.of("/usr/lib/softhsm/libsofthsm2.so"));
    assertThat(profile.assurance()).isEqualTo(Assurance.DEV);
    assertThat(profile.environment()).contains("SOFTHSM2_CONF");
    assertThat(profile.storage()).contains("directories.tokendir");
    assertThat(profile.sessions()).isEqualTo(TokenProfile.Sessions.READ_ONLY);
  }

  @Test
  void profile_everyFile_isWellFormedAndPacked() throws Exception {
    try (Stream<Path> files = Files.list(Path.of("../hsm-config/profiles"))) {
      List<String> names =
          files
              .map(file -> file.getFileName().toString())
              .map(file -> file.replaceFirst("[.]properties$", ""))
              .sorted()
              .toList();
      assertThat(names).contains("softhsm2", "tpm2pkcs11", "yubihsm2");
      for (String name : names) {
        assertThat(TokenProfile.named(name).name()).isEqualTo(name);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"nosuchvendor", "../keys", "''"})
  void packedProfile_unknownName_isRefused(String name) {
    assertThatThrownBy(() -> TokenProfile.named(name))
        .isInstanceOf(MalformedHsmConfigException.class)
        .hasMessageContaining("a file's name in hsm-config/profiles");
  }

  @Test
  void packedInventory_everyRole_hasItsOwnNames() {
    KeyInventory inventory = KeyInventory.standard();
    assertThat(inventory.specs())
        .extracting(KeySpec::role)
        .containsExactly(
            KeyRole.ISSUER,
            KeyRole.CHECKPOINT,
            KeyRole.CHECKPOINT_ED25519,
            KeyRole.STATUS,
            KeyRole.TLS,
            KeyRole.ATTESTATION);
    assertThat(inventory.spec(KeyRole.ISSUER))
        .isEqualTo(new KeySpec(KeyRole.ISSUER, "writ-issuer", "01"));
    assertThat(inventory.spec(KeyRole.STATUS))
        .isEqualTo(new KeySpec(KeyRole.STATUS, "writ-status", "03"));
    assertThat(inventory.spec(KeyRole.TLS))
        .isEqualTo(new KeySpec(KeyRole.TLS, "writ-tls-ca", "04"));
  }

  @Test
  void packedInventory_issuerAndStatus_endAfter730DaysAndNothingIsScheduled() {
    KeyInventory inventory = KeyInventory.standard();
    for (KeyRole role : KeyRole.values()) {
      boolean ends = role == KeyRole.ISSUER || role == KeyRole.STATUS;
      assertThat(inventory.cryptoperiod(role))
          .isEqualTo(
              new Cryptoperiod(
                  ends ? Optional.of(Duration.ofDays(730)) : Optional.empty(), Optional.empty()));
    }
  }

  @Test
  void inventory_days_areTaken() throws Exception {
    KeyInventory inventory = inventory(INVENTORY);
    assertThat(inventory.cryptoperiod(KeyRole.ISSUER))
        .isEqualTo(
            new Cryptoperiod(Optional.of(Duration.ofDays(365)), Optional.of(Duration.ofDays(364))));
    assertThat(inventory.cryptoperiod(KeyRole.STATUS))
        .isEqualTo(new Cryptoperiod(Optional.of(Duration.ofDays(3_650)), Optional.empty()));
    assertThat(inventory.cryptoperiod(KeyRole.TLS))
        .isEqualTo(new Cryptoperiod(Optional.empty(), Optional.of(Duration.ofDays(3_650))));
  }

  @Test
  void cryptoperiod_rotationNotBeforeTheEnd_isRefused() {
    Optional<Duration> day = Optional.of(Duration.ofDays(1));
    assertThatThrownBy(() -> new Cryptoperiod(day, day))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must come before its end");
  }

  @Test
  void profile_everyKeyGiven_isTaken() throws Exception {
    assertThat(profile(PROFILE))
        .isEqualTo(
            new TokenProfile(
                "vendor",
                Path.of("/opt/vendor/lib/cs_pkcs11.so"),
                "see the vendor's manual",
                Assurance.HARDWARE,
                Optional.of("VENDOR_CONF"),
                Optional.of("token.folder"),
                TokenProfile.Sessions.READ_WRITE,
                30,
                new TokenProfile.Times(
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(1),
                    Duration.ofMinutes(1),
                    Duration.ofSeconds(30)),
                true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          name = vendor          | name = Vendor            | name
          library = /opt/vendor/lib/cs_pkcs11.so | library = lib.so | library
          library = /opt/vendor/lib/cs_pkcs11.so | library = /opt/${user.home}/x.so | library
          library = /opt/vendor/lib/cs_pkcs11.so | library = /x.so attributes=1 | library
          install = see the vendor's manual | install = | line 5
          assurance = hardware   | assurance = HARDWARE     | assurance
          environment = VENDOR_CONF | environment = a b     | environment
          environment = VENDOR_CONF | # none                | storage
          sessions = read-write  | sessions = readwrite     | sessions
          signers = 30           | signers = 0              | signers
          signers = 30           | signers = 257            | signers
          signers = 30           | signers = 99999999999    | signers
          signers = 30           | signers = 030            | signers
          wait = PT2S            | wait = 2s                | wait
          wait = PT2S            | wait = PT0S              | wait
          wait = PT2S            | wait = PT61S             | wait
          wait = PT2S            | wait = PT2S\tx           | line 12
          replica = allowed      | replica = yes            | replica
          wait = PT2S            | waits = PT2S             | wait
          patience = PT1S        | patience = PT61S         | patience
          patience = PT1S        | patience = PT0S          | patience
          keepalive = PT1M       | keepalive = PT1H1S       | keepalive
          reconnect = PT30S      | reconnect = PT2M         | reconnect
          wait = PT2S            | wait = PT2S!name = again | name
          wait = PT2S            | wait = PT2S!colour = red | colour
          """)
  void profile_oneLineWrong_namesItsKey(String line, String wrong, String field) {
    String text = PROFILE.replace(line, wrong.replace('!', '\n'));
    assertThatThrownBy(() -> profile(text))
        .isInstanceOfSatisfying(
            MalformedHsmConfigException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  @Test
  void profile_withLibrary_refusesWhatTheProviderWouldExpand() throws Exception {
    TokenProfile profile = profile(PROFILE);
    assertThat(profile.withLibrary(Path.of("/lib/x.so")).library()).isEqualTo(Path.of("/lib/x.so"));
    assertThatThrownBy(() -> profile.withLibrary(Path.of("/lib/${x}.so")))
        .isInstanceOf(MalformedHsmConfigException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          issuer.algorithm = P-256 | issuer.algorithm = P-384 | issuer.algorithm
          issuer.label = one       | issuer.label = One       | issuer.label
          issuer.id = 01ff         | issuer.id = 01f          | issuer.id
          issuer.id = 01ff         | issuer.id = 01FF         | issuer.id
          checkpoint.label = two   | checkpoint.label = one   | checkpoint.label
          checkpoint.id = 02       | checkpoint.id = 01ff     | checkpoint.id
          checkpoint.id = 02       | # none                   | checkpoint.id
          checkpoint.id = 02       | operator.id = 02         | checkpoint.id
          status.id = 03           | status.id = 04           | tls.id
          tls.label = four         | tls.label = three        | tls.label
          tls.algorithm = P-256    | # none                   | tls.algorithm
          tls.label = four         | tls.label = one-2        | tls.label
          tls.label = four         | tls.label = one-9999     | tls.label
          issuer.label = one       | issuer.label = two-17    | issuer.label
          tls.id = 04              | tls.id = 01ff0002        | tls.id
          issuer.valid_days = 365  | # none                   | issuer.valid_days
          issuer.valid_days = 365  | issuer.valid_days = 0    | issuer.valid_days
          issuer.valid_days = 365  | issuer.valid_days = 0365 | issuer.valid_days
          issuer.valid_days = 365  | issuer.valid_days = 365d | issuer.valid_days
          issuer.valid_days = 365  | issuer.valid_days = 3651 | issuer.valid_days
          issuer.valid_days = 365  | issuer.valid_days = 9999999999 | issuer.valid_days
          issuer.valid_days = 365  | issuer.valid_days = 364  | issuer.rotate_days
          issuer.rotate_days = 364 | issuer.rotate_days = 365 | issuer.rotate_days
          issuer.rotate_days = 364 | issuer.rotate_days = 0   | issuer.rotate_days
          issuer.rotate_days = 364 | issuer.rotate_days = -1  | issuer.rotate_days
          issuer.rotate_days = 364 | issuer.rotate_days = 1.5 | issuer.rotate_days
          status.valid_days = 3650 | # none                   | status.valid_days
          tls.rotate_days = 3650   | tls.rotate_days = 3651   | tls.rotate_days
          tls.rotate_days = 3650   | tls.valid_days = 365     | tls.valid_days
          tls.rotate_days = 3650   | tls.rotate-days = 365    | tls.rotate-days
          tls.id = 04              | tls.id = 02270f          | tls.id
          attestation.label = five | # none                   | attestation.label
          checkpoint-ed25519.algorithm = Ed25519 | checkpoint-ed25519.algorithm = P-256 | checkpoint-ed25519.algorithm
          """)
  void inventory_oneLineWrong_namesItsKey(String line, String wrong, String field) {
    assertThatThrownBy(() -> inventory(INVENTORY.replace(line, wrong)))
        .isInstanceOfSatisfying(
            MalformedHsmConfigException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          tls.label = four         | tls.label = one-1
          tls.label = four         | tls.label = one-02
          tls.label = four         | tls.label = one-10000
          tls.label = four         | tls.label = one-2-a
          tls.id = 04              | tls.id = 01ff0001
          tls.id = 04              | tls.id = 01ff2710
          tls.id = 04              | tls.id = 01ff02
          """)
  void inventory_nameThatOnlyResemblesALaterKeys_isTaken(String line, String other)
      throws Exception {
    assertThat(inventory(INVENTORY.replace(line, other)).specs()).hasSize(KeyRole.values().length);
  }

  @Test
  void inventory_unknownRole_isRefused() {
    assertThatThrownBy(() -> inventory(INVENTORY + "operator.id = 03\n"))
        .isInstanceOf(MalformedHsmConfigException.class)
        .hasMessage("test: operator.id must be a known key, was unknown");
  }

  @Test
  void settings_tooLarge_areRefused() {
    assertThatThrownBy(() -> inventory("#".repeat(20_000)))
        .isInstanceOf(MalformedHsmConfigException.class)
        .hasMessageContaining("at most 16384 bytes");
  }

  private static TokenProfile profile(String text) throws MalformedHsmConfigException {
    return TokenProfile.parse("test", text.getBytes(StandardCharsets.UTF_8));
  }

  private static KeyInventory inventory(String text) throws MalformedHsmConfigException {
    return KeyInventory.parse("test", text.getBytes(StandardCharsets.UTF_8));
  }
}
