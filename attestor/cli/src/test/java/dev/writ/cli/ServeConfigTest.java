// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static dev.writ.cli.ServeConfigText.DIGEST;
import static dev.writ.cli.ServeConfigText.LEAST;
import static dev.writ.cli.ServeConfigText.MOST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.ledger.ArchiveConfig;
import dev.writ.ledger.CommitLimits;
import dev.writ.ledger.PostgresConfig;
import dev.writ.ledger.RetentionPeriod;
import dev.writ.ledger.SqliteConfig;
import dev.writ.service.EnrolmentTerms;
import dev.writ.service.InitiatorsConfig.Keys;
import dev.writ.service.InitiatorsConfig.OidcIssuer;
import dev.writ.service.OperatorClients;
import dev.writ.service.Role;
import dev.writ.tlog.Hash;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The configuration of {@code writ serve}: what it may say, and who wins. */
class ServeConfigTest {
  @TempDir Path folder;

  @Test
  void config_least_hasDefaultsAndPathsBesideTheFile() throws Exception {
    ServeConfig config = read(LEAST);
    assertThat(config.tenant()).isEqualTo("acme");
    assertThat(config.trust()).isEqualTo(folder.resolve("trust.json"));
    assertThat(config.token().place())
        .isEqualTo(
            new TokenConfig.Place(
                "softhsm2",
                Optional.empty(),
                "writ",
                new TokenConfig.PinPlace.InFile(Path.of("/run/credentials/pin"))));
    assertThat(config.ledger()).isEqualTo(SqliteConfig.in(folder.resolve("ledger")));
    assertThat(config.retention()).as("until an operator erases them").isEmpty();
    assertThat(config.endorsements().intermediates()).isEmpty();
    assertThat(config.endorsements().revocationLists()).isEmpty();
    assertThat(config.enrolment()).isEqualTo(new EnrolmentTerms(true, Duration.ofDays(365)));
    assertThat(config.hosts()).isEmpty();
    assertThat(config.listen().http()).contains(new ListenAddress("127.0.0.1", 8080));
    assertThat(config.listen().tls()).isEmpty();
    assertThat(config.operator().socket()).contains(folder.resolve("operator.sock"));
    assertThat(config.operator().mtls()).isEmpty();
    assertThat(config.operator().socketRoles()).isEqualTo(Role.all());
    assertThat(config.initiators()).isEqualTo(new InitiatorPlaces(List.of(), Optional.empty()));
    assertThat(config.metrics()).isEmpty();
    assertThat(config.logLevel()).isEqualTo(ServeConfig.LogLevel.info);
  }

  @Test
  void config_postgres_namesADatabaseInsteadOfAFolder() throws Exception {
    String postgres = postgresInsteadOfFolder(LEAST);
    assertThat(read(postgres).ledger())
        .isEqualTo(
            new PostgresConfig(
                    "db.example",
                    5432,
                    "writ",
                    "ledger",
                    Optional.of(folder.resolve("secret")),
                    Optional.of(folder.resolve("ca.pem")),
                    Optional.empty(),
                    CommitLimits.DEFAULT)
                .withClockWithin(Duration.ofSeconds(5)));
    assertThat(readWith(postgres, Map.of("WRIT_LEDGER_POSTGRES_PORT", "6432"), Map.of()).ledger())
        .isInstanceOfSatisfying(
            PostgresConfig.class, config -> assertThat(config.port()).isEqualTo(6432));
    assertThatThrownBy(() -> read(postgres.replace("  postgres:", "  folder: x\n  postgres:")))
        .hasMessageContaining("either folder or postgres");
    assertThatThrownBy(() -> read(LEAST.replace("  folder: ledger", "  {}")))
        .hasMessageContaining("either folder or postgres");
  }

  @Test
  void config_tpmAnchor_takesTheTokensTpmAndABoundedIndex() throws Exception {
    assertThat(read(LEAST).counter()).isEmpty();
    assertThat(read(withAnchor("{}")).counter())
        .contains(new TpmAnchorConfig("device:/dev/tpmrm0", 0x01805753, Duration.ofHours(1)));
    assertThat(
            readWith(withAnchor("{}"), Map.of("WRIT_TOKEN_TPM", "tabrmd:"), Map.of())
                .counter()
                .orElseThrow()
                .tpm())
        .isEqualTo("tabrmd:");
    assertThat(read(withAnchor("{tpm: 'swtpm:path=x', index: 0x01bfffff, every_s: 60}")).counter())
        .contains(new TpmAnchorConfig("swtpm:path=x", 0x01bfffff, Duration.ofMinutes(1)));
    for (String index :
        List.of("0x01805752", "0x01c00000", "0x017fffff", "0x1805753", "25188179")) {
      assertThatThrownBy(() -> read(withAnchor("{index: " + index + "}")))
          .hasMessageContaining("ledger.tpm_anchor.index must be an NV index of the owner's");
    }
    assertThatThrownBy(() -> read(withAnchor("{every_s: 59}")))
        .hasMessageContaining("ledger.tpm_anchor.every_s must be a number from 60");
  }

  private static String withAnchor(String section) {
    return LEAST.replace("  folder: ledger", "  folder: ledger\n  tpm_anchor: " + section);
  }

  @Test
  void config_archive_isOfEitherStore() throws Exception {
    assertThat(read(LEAST).ledger().archive()).isEmpty();
    String archived = withArchive(LEAST);
    ArchiveConfig archive = new ArchiveConfig(folder.resolve("old"), 90);
    assertThat(read(archived).ledger())
        .isEqualTo(SqliteConfig.in(folder.resolve("ledger")).withArchive(archive));
    assertThat(read(postgresInsteadOfFolder(archived)).ledger().archive()).contains(archive);
    assertThat(
            read(archived.replace("folder: old", "folder: old\n    keep_days: 7"))
                .ledger()
                .archive())
        .contains(new ArchiveConfig(folder.resolve("old"), 7));
    assertThatThrownBy(() -> read(archived.replace("folder: old", "folder: old\n    keep_days: 0")))
        .hasMessageContaining("ledger.archive.keep_days must be a number from 1 to 36500");
    assertThatThrownBy(() -> read(archived.replace("folder: old", "keep_days: 7")))
        .hasMessageContaining("ledger.archive.folder must be given");
  }

  private static String withArchive(String config) {
    return config.replace("  folder: ledger", "  folder: ledger\n  archive:\n    folder: old");
  }

  private static String postgresInsteadOfFolder(String config) {
    return config.replace(
        "  folder: ledger",
        "  postgres:\n    host: db.example\n    database: writ\n    user: ledger\n"
            + "    password_file: secret\n    authorities: ca.pem");
  }

  @Test
  void config_sealedPin_hasItsFileAndTheTpm() throws Exception {
    String sealed = LEAST.replace("pin_file: /run/credentials/pin", "sealed_pin: sealed-pin.json");
    assertThat(read(sealed).token().place().pin())
        .isEqualTo(
            new TokenConfig.PinPlace.Sealed(
                folder.resolve("sealed-pin.json"), "device:/dev/tpmrm0"));
    assertThat(
            readWith(sealed, Map.of("WRIT_TOKEN_TPM", "tabrmd:"), Map.of()).token().place().pin())
        .isEqualTo(new TokenConfig.PinPlace.Sealed(folder.resolve("sealed-pin.json"), "tabrmd:"));
    assertThat(read(sealed).token().tpm()).contains("device:/dev/tpmrm0");
  }

  @Test
  void config_pinFile_hasATpmWhereOneIsNamed() throws Exception {
    assertThat(read(LEAST).token().tpm()).isEmpty();
    ServeConfig named = readWith(LEAST, Map.of("WRIT_TOKEN_TPM", "tabrmd:"), Map.of());
    assertThat(named.token().tpm()).contains("tabrmd:");
    assertThat(named.token().place().pin()).isEqualTo(read(LEAST).token().place().pin());
  }

  @Test
  void config_replica_isComeByAsTheTokenUnlessItIsSaid() throws Exception {
    assertThat(read(LEAST).token().replica()).isEmpty();
    String label = "  label: writ\n";
    assertThat(read(LEAST.replace(label, label + "  replica: {label: writ-2}\n")).token().replica())
        .contains(
            new TokenConfig.Place(
                "softhsm2",
                Optional.empty(),
                "writ-2",
                new TokenConfig.PinPlace.InFile(Path.of("/run/credentials/pin"))));
    String vendor = label + "  library: /opt/one.so\n  profile: luna7\n";
    assertThat(
            read(LEAST.replace(label, vendor + "  replica: {label: writ, library: /opt/two.so}\n"))
                .token()
                .replica()
                .orElseThrow()
                .library())
        .contains(Path.of("/opt/two.so"));
    TokenConfig.Place other =
        read(LEAST.replace(
                label, vendor + "  replica: {label: b, profile: softhsm2, pin_file: p}\n"))
            .token()
            .replica()
            .orElseThrow();
    assertThat(other.library()).as("that is where the other profile says").isEmpty();
    assertThat(other.pin()).isEqualTo(new TokenConfig.PinPlace.InFile(folder.resolve("p")));
  }

  @Test
  void config_most_isReadWhole() throws Exception {
    ServeConfig config = read(MOST);
    assertThat(config.token().place().library()).contains(Path.of("/opt/vendor/module.so"));
    assertThat(config.token().checkpointKey())
        .contains(new TokenConfig.KeyPlace.Wrapped(folder.resolve("checkpoint.key")));
    assertThat(config.endorsements().roots())
        .containsExactly(folder.resolve("roots.pem"), folder.resolve("more.pem"));
    assertThat(config.endorsements().revocationLists()).containsExactly(folder.resolve("lists"));
    assertThat(config.enrolment()).isEqualTo(new EnrolmentTerms(false, Duration.ofDays(30)));
    assertThat(config.retention()).contains(new RetentionPeriod(400));
    assertThat(config.hosts()).containsExactly(Map.entry(Hash.fromHex(DIGEST), "host-a"));
    assertThat(config.listen().tls())
        .contains(
            new ServeConfig.Tls(
                new ListenAddress("::", 8443),
                new ServeConfig.CertificateSource.FromToken(List.of("writ.example", "192.0.2.1"))));
    assertThat(config.operator().mtls())
        .contains(
            new OperatorDoors.Mtls(
                new ListenAddress("0.0.0.0", 8444),
                folder.resolve("operators.pem"),
                new OperatorClients(
                    Map.of("spiffe://acme.example/ops/alice", Set.of(Role.OPERATOR)),
                    Map.of(Hash.fromHex(DIGEST), Set.of(Role.SECURITY_OFFICER, Role.AUDITOR))),
                Optional.of("https://writ.example:8444")));
    assertThat(config.operator().socketRoles())
        .containsExactlyInAnyOrder(Role.OPERATOR, Role.AUDITOR);
    assertThat(config.initiators())
        .isEqualTo(
            new InitiatorPlaces(
                List.of(
                    new OidcIssuer(
                        "corp",
                        "https://idp.example",
                        "writ",
                        "email",
                        true,
                        Duration.ofMinutes(5),
                        new Keys.At(URI.create("https://idp.example/keys")),
                        Duration.ofHours(2)),
                    new OidcIssuer(
                        "ci",
                        "https://ci.example",
                        "https://writ.example",
                        "sub",
                        false,
                        Duration.ofHours(1),
                        new Keys.InFile(folder.resolve("ci-keys.json")),
                        Duration.ofDays(1))),
                Optional.of(folder.resolve("initiators.pem"))));
    assertThat(config.logLevel()).isEqualTo(ServeConfig.LogLevel.debug);
  }

  @Test
  void config_certificateFromFiles_isTakenInsteadOfNames() throws Exception {
    ServeConfig config = read(filesInsteadOfNames());
    assertThat(config.listen().tls().orElseThrow().certificate())
        .isEqualTo(
            new ServeConfig.CertificateSource.FromFiles(
                folder.resolve("c.pem"), folder.resolve("k.pem")));
  }

  /** Each key with one value has a variable, and the variable wins over the file. */
  @Test
  void config_everySingleValue_canComeFromTheEnvironment() throws Exception {
    for (String key : ServeConfig.SINGLE_VALUES) {
      String file =
          switch (key) {
            case "token.sealed_pin", "token.tpm" -> sealedInsteadOfFile("  pin_file: pin\n");
            case "token.sealed_key" ->
                sealedInsteadOfFile("  pin_file: pin\n")
                    .replace("wrapped_key: checkpoint.key", "sealed_key: checkpoint.key");
            case "token.replica.sealed_pin", "token.replica.tpm" ->
                sealedInsteadOfFile("    pin_file: pin-2\n");
            default ->
                key.startsWith("ledger.postgres.")
                    ? postgresInsteadOfFolder(filesInsteadOfNames())
                    : withArchive(filesInsteadOfNames());
          };
      String other =
          switch (key) {
            case "listen.http", "listen.tls.address", "operator.mtls.address", "metrics" ->
                "127.0.0.1:1";
            case "operator.mtls.authzen_url" -> "https://other.example";
            case "log.level" -> "error";
            case "token.library", "token.replica.library" -> "/opt/other.so";
            case "enrolment.expired" -> "admit";
            case "enrolment.ak_certificate_days",
                "ledger.payload_days",
                "ledger.postgres.port",
                "ledger.archive.keep_days" ->
                "7";
            case "ledger.tpm_anchor.index" -> "0x01800007";
            case "ledger.tpm_anchor.every_s" -> "77";
            default -> key.startsWith("limits.") ? "7" : "other";
          };
      Map<String, String> environment = Map.of(ConfigOverrides.variable(key), other);
      assertThat(readWith(file, environment, Map.of()))
          .as(key)
          .isNotEqualTo(read(file))
          .hasToString(readWith(file, Map.of(), Map.of(key, other)).toString());
    }
  }

  private static String sealedInsteadOfFile(String line) {
    String indent = line.substring(0, line.indexOf('p'));
    return filesInsteadOfNames()
        .replace(line, indent + "sealed_pin: sealed-pin.json\n" + indent + "tpm: 'tabrmd:'\n");
  }

  @Test
  void config_options_winOverTheEnvironmentAndThatOverTheFile() throws Exception {
    Map<String, String> environment =
        Map.of("WRIT_TENANT", "from-environment", "WRIT_TOKEN_PIN_FILE", "pin");
    assertThat(readWith(LEAST, environment, Map.of()).tenant()).isEqualTo("from-environment");
    assertThat(readWith(LEAST, environment, Map.of("tenant", "from-option")).tenant())
        .isEqualTo("from-option");
    assertThat(readWith(LEAST, environment, Map.of()).token().place().pin())
        .isEqualTo(new TokenConfig.PinPlace.InFile(Path.of("").toAbsolutePath().resolve("pin")));
  }

  @Test
  void config_sectionThatOnlyTheEnvironmentNames_isMade() throws Exception {
    ServeConfig config = readWith(LEAST, Map.of("WRIT_LOG_LEVEL", "error"), Map.of());
    assertThat(config.logLevel()).isEqualTo(ServeConfig.LogLevel.error);
  }

  @Test
  void config_variableThatNamesNoKey_stopsTheStart() {
    assertThatThrownBy(() -> readWith(LEAST, Map.of("WRIT_LISTN_HTTP", "127.0.0.1:1"), Map.of()))
        .isInstanceOf(MalformedConfigurationException.class)
        .hasMessageStartingWith("the environment's WRIT_LISTN_HTTP: ");
    assertThatThrownBy(() -> readWith(LEAST, Map.of("WRIT_HOSTS", "a"), Map.of()))
        .hasMessageContaining("with a single value");
  }

  @Test
  void config_variableOfTheLauncher_isNoSetting() throws Exception {
    assertThat(readWith(LEAST, Map.of("WRIT_NO_BUILD", "1", "PATH", "/bin"), Map.of()))
        .isEqualTo(read(LEAST));
  }

  @Test
  void config_optionThatNamesNoKey_stopsTheStart() {
    assertThatThrownBy(() -> readWith(LEAST, Map.of(), Map.of("token.pin", "1234")))
        .hasMessageStartingWith("--set token.pin: ");
  }

  @Test
  void config_wrongOverride_isNamedByItsSource() {
    assertThatThrownBy(() -> readWith(LEAST, Map.of("WRIT_LISTEN_HTTP", "8080"), Map.of()))
        .hasMessage(
            "the environment's WRIT_LISTEN_HTTP: listen.http must be "
                + ListenAddress.FORM
                + ", was \"8080\"");
  }

  private static String filesInsteadOfNames() {
    return MOST.replace("names: [writ.example, 192.0.2.1]", "certificate: c.pem\n    key: k.pem");
  }

  @Test
  void config_witnesses_areUrlsByName_andEachIsListedOnce() throws Exception {
    String two =
        LEAST
            + """
            witnesses:
              - {name: north, url: "https://north.example/w"}
              - {name: south, url: "http://127.0.0.1:1"}
            """;
    assertThat(read(two).witnessUrls())
        .containsExactly(
            Map.entry("north", URI.create("https://north.example/w")),
            Map.entry("south", URI.create("http://127.0.0.1:1")));
    assertThat(read(LEAST).witnessUrls()).isEmpty();
    assertThatThrownBy(() -> read(two.replace("south", "north"))).hasMessageContaining("once");
    assertThatThrownBy(() -> read(two.replace("127.0.0.1:1", "a b")))
        .hasMessageContaining("url must be a URL");
    assertThatThrownBy(() -> read(two.replace("url:", "uri:")))
        .hasMessageContaining("must not be there");
  }

  @Test
  void config_webhooks_areFixedPlaces_ofPinnedKeysOrOfThisMachine() throws Exception {
    String pin = "ab".repeat(32);
    String two =
        LEAST
            + """
            webhooks:
              - {name: siem, url: "https://siem.example/in?t=s", pins: [%s]}
              - {name: local, url: "http://127.0.0.1:9000/h"}
            """
                .formatted(pin);
    assertThat(read(two).webhooks())
        .containsExactly(
            new WebhookPlace(
                "siem", URI.create("https://siem.example/in?t=s"), List.of(Hash.fromHex(pin))),
            new WebhookPlace("local", URI.create("http://127.0.0.1:9000/h"), List.of()));
    assertThat(read(LEAST).webhooks()).isEmpty();
    for (String bad :
        List.of(
            two.replace("http://127.0.0.1:9000", "http://10.0.0.1"),
            two.replace("http://127.0.0.1:9000", "http://localhost.example"),
            two.replace("http://127.0.0.1:9000", "file://127.0.0.1"),
            two.replace("https://siem", "https://user:p@siem"),
            two.replace(", pins: [" + pin + "]", ""),
            two.replace(
                "\"http://127.0.0.1:9000/h\"", "\"http://127.0.0.1/h\", pins: [" + pin + "]"),
            two.replace("name: local", "name: Local"))) {
      assertThatThrownBy(() -> read(bad)).as(bad).hasMessageContaining("a webhook's");
    }
    assertThatThrownBy(() -> read(two.replace("name: local", "name: siem")))
        .hasMessageContaining("once");
    assertThatThrownBy(() -> read(two.replace(pin, "ab"))).hasMessageContaining("SHA-256");
  }

  private ServeConfig read(String text) throws Exception {
    return ServeConfigText.read(folder, text);
  }

  private ServeConfig readWith(
      String text, Map<String, String> environment, Map<String, String> options) throws Exception {
    return ServeConfigText.readWith(folder, text, environment, options);
  }
}
