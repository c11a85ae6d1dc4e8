// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The configuration of {@code writ serve}: what it may say, who wins, and what is refused where. */
class ServeConfigTest {
  private static final String DIGEST =
      "00000000000000000000000000000000000000000000000000000000000000e1";

  /** The least that a service can be started with; each line's number matters to the tests below. */
  private static final String LEAST =
      """
      tenant: acme
      trust: trust.json
      token:
        label: writ
        pin_file: /run/credentials/pin
      ledger:
        folder: ledger
      policy: policy.json
      endorsements:
        roots: [roots.pem]
      listen:
        http: 127.0.0.1:8080
      operator:
        socket: operator.sock
      """;

  private static final String MOST =
      """
      tenant: acme
      trust: trust.json
      token:
        profile: softhsm2
        library: /opt/vendor/module.so
        label: writ
        pin_file: pin
        wrapped_key: checkpoint.key
        replica:
          label: writ-2
          pin_file: pin-2
      ledger:
        folder: ledger
        payload_days: 400
      policy: policy.json
      endorsements:
        roots: [roots.pem, more.pem]
        intermediates: [between.pem]
        revocation_lists: [lists]
      enrolment:
        expired: deny
        ak_certificate_days: 30
      hosts:
        - name: host-a
          ek_digest: 00000000000000000000000000000000000000000000000000000000000000e1
      listen:
        http: 127.0.0.1:8080
        tls:
          address: "[::]:8443"
          names: [writ.example, 192.0.2.1]
      operator:
        socket: operator.sock
        mtls:
          address: 0.0.0.0:8444
          client_roots: operators.pem
          authzen_url: https://writ.example:8444
          roles:
            - uri: spiffe://acme.example/ops/alice
              roles: [operator]
            - spki_sha256: 00000000000000000000000000000000000000000000000000000000000000e1
              roles: [security_officer, auditor]
        socket_roles: [operator, auditor]
      initiators:
        oidc:
          - name: corp
            issuer: https://idp.example
            audience: writ
            jwks: https://idp.example/keys
            subject_claim: email
            require_nonce: true
            max_age_s: 300
            keys_max_age_s: 7200
          - name: ci
            issuer: https://ci.example
            audience: https://writ.example
            jwks_file: ci-keys.json
        tls:
          roots: initiators.pem
      metrics: 127.0.0.1:9464
      limits:
        body_bytes: 1000
      log:
        level: debug
      """;

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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "tenant: acme | # none | 2 | tenant must be given",
        "tenant: acme | tennant: acme | 1 | tennant must not be there: a configuration has the keys endorsements, enrolment, hosts,",
        "tenant: acme | tenant: acme¶extra: 1 | 2 | extra must not be there: a configuration has",
        "  label: writ | label: writ¶  pin: 1 | 5 | token.pin must not be there: token has",
        "tenant: acme | tenant: acme¶tenant: b | 2 | the key tenant must be given once",
        "tenant: acme | tenant: 5 | 1 | tenant must be text",
        "tenant: acme | tenant: true | 1 | tenant must be text",
        "tenant: acme | tenant: | 1 | tenant must be text",
        "tenant: acme | tenant: [acme] | 1 | tenant must be text",
        "tenant: acme | tenant: !!str acme | 1 | must have no tags",
        "tenant: acme | tenant: &a acme | 1 | must be written out, without anchors",
        "tenant: acme | tenant: *a | 1 | must be written out, without anchors",
        "tenant: acme | tenant: \"acme | 15 | must be YAML, and is not",
        "  label: writ | # none | 5 | token.label must be given",
        "  folder: ledger | folder: ledger¶  payload_days: 0 | 8 | ledger.payload_days must be a number from 1 to 3650",
        "  folder: ledger | folder: ledger¶  payload_days: 3651 | 8 | ledger.payload_days must be a number from 1 to 3650",
        "  folder: ledger | folder: ledger¶  payload_days: forever | 8 | ledger.payload_days must be a number from 1 to 3650",
        "  label: writ | labels: writ | 4 | token.labels must not be there: token has the keys label, library, pin_file, profile, replica, sealed_key, sealed_pin, tpm, wrapped_key",
        "  http: 127.0.0.1:8080 | tls: {adress: 127.0.0.1:1, names: [a]} | 12 | listen.tls.adress must not be there: listen.tls has the keys address, certificate, key, names",
        "tenant: acme | tennant: acme¶hosts: [{name: a}, {nam: b}] | 1 | tennant must not",
        "tenant: acme | hosts: [{name: a}, {nam: b}] | 1 | hosts[1].nam must not be there: hosts[1] has the keys ek_digest, name",
        "tenant: acme | tenant: acme¶hosts: {nam: b} | 2 | hosts must be a list",
        "tenant: acme | tenant: {tenant: acme} | 1 | tenant must be text",
        "  label: writ | label: writ¶  library: lib/module.so | 5 | token.library must be an absolute path of",
        "  label: writ | label: writ¶  library: /opt/${x}.so | 5 | token.library must be an absolute path of",
        "  label: writ | label: writ¶  library: [/opt/x.so] | 5 | token.library must be an absolute path of",
        "  label: writ | label: writ¶  replica: {profile: luna7} | 5 | token.replica.label must be given",
        "  label: writ | label: writ¶  replica: {label: b, tpm: 'tabrmd:'} | 5 | token.replica must have either pin_file or sealed_pin",
        "  label: writ | label: writ¶  replica: {label: b, of: c} | 5 | token.replica.of must not be there",
        "  label: writ | label: writ¶  sealed_key: s | 4 | token must have sealed_key beside sealed_pin alone",
        "  label: writ | label: writ¶  sealed_pin: s | 4 | token must have either pin_file or sealed_pin",
        "  pin_file: /run/credentials/pin | # none | 4 | token must have either pin_file or sealed_pin",
        "  roots: [roots.pem] | roots: [] | 10 | endorsements.roots must be a list of at least one",
        "  roots: [roots.pem] | roots: roots.pem | 10 | endorsements.roots must be a list",
        "  http: 127.0.0.1:8080 | http: 8080 | 12 | listen.http must be ADDRESS:PORT",
        "  http: 127.0.0.1:8080 | http: 127.0.0.1:65536 | 12 | listen.http must be ADDRESS:PORT",
        "  http: 127.0.0.1:8080 | {} | 12 | listen must have http or tls",
        "  http: 127.0.0.1:8080 | tls: {address: 127.0.0.1:1} | 12 | listen.tls must have either",
        "  http: 127.0.0.1:8080 | tls: {address: 127.0.0.1:1, names: [a], key: k, certificate: c} | 12 | listen.tls must have either",
        "  http: 127.0.0.1:8080 | tls: {address: 127.0.0.1:1, names: [build_7]} | 12 | listen.tls.names must be a list of DNS names and IP addresses, was",
        "  http: 127.0.0.1:8080 | tls:¶    address: 127.0.0.1:1¶    names:¶      - a¶      - 192.0.2.999 | 16 | listen.tls.names must be a list of DNS names",
        "  http: 127.0.0.1:8080 | tls: {address: 127.0.0.1:1, names: [2001:db8::g]} | 12 | listen.tls.names must be a list of DNS",
        "  socket: operator.sock | {} | 14 | operator must have socket or mtls",
        "  socket: operator.sock | mtls: {address: 127.0.0.1:1, client_roots: r} | 14 | operator.mtls must stand beside",
        "  socket: operator.sock | socket_roles: [operator] | 14 | operator must have socket or mtls",
        "tenant: acme | tenant: acme¶hosts: [{name: a, ek_digest: 00}] | 2 | hosts[0].ek_digest must be 64",
        "tenant: acme | tenant: acme¶hosts: [a] | 2 | hosts must be a section",
        "tenant: acme | tenant: acme¶limits: {body_bytes: 0} | 2 | limits.body_bytes must be a number from 1",
        "tenant: acme | tenant: acme¶limits: {body_bytes: 1.5} | 2 | limits.body_bytes must be a number from 1",
        "tenant: acme | tenant: acme¶enrolment: {expired: maybe} | 2 | enrolment.expired must be one of admit, deny",
        "tenant: acme | tenant: acme¶enrolment: {ak_certificate_days: 0} | 2 | enrolment.ak_certificate_days must be a number from 1 to 1096",
        "tenant: acme | tenant: acme¶log: {level: loud} | 2 | log.level must be one of error",
        "tenant: acme | tenant: acme¶--- | 2 | must be one document",
      })
  void config_wrong_isRefusedWithFileAndLine(
      String right, String wrong, int line, String expected) {
    String text = LEAST.replace(right, wrong.replace('¶', '\n'));
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(MalformedConfigurationException.class)
        .hasMessageStartingWith(folder.resolve("serve.yaml") + ":" + line + ": " + expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "# nothing\n",
        "- a list\n",
        "a word\n",
        "\t",
        "? [a]\n: b\n",
        "tenant: \"\\UFFFFFFFF\"\n"
      })
  void config_noSection_isRefused(String text) {
    assertThatThrownBy(() -> read(text)).isInstanceOf(MalformedConfigurationException.class);
  }

  @Test
  void config_notUtf8_isRefused() throws Exception {
    Path file = folder.resolve("serve.yaml");
    Files.write(file, "tenant: \u00e4".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> ServeConfig.read(file, Map.of(), Map.of()))
        .hasMessage(file + ": must be UTF-8, and is not");
  }

  @Test
  void config_tooLong_isRefused() {
    assertThatThrownBy(() -> read("#".repeat(ConfigYaml.MAX_BYTES + 1)))
        .hasMessageContaining("must be at most");
  }

  /** A chain of aliases that would fill the memory is refused at its first anchor. */
  @Test
  void config_deepNesting_isRefused() {
    assertThatThrownBy(() -> read("tenant: " + "[".repeat(50) + "]".repeat(50)))
        .hasMessageContaining("levels deep");
  }

  @Test
  void config_oneKeyOfTwoHosts_isRefused() {
    String twice =
        "hosts: [{name: a, ek_digest: " + DIGEST + "}, {name: b, ek_digest: " + DIGEST + "}]\n";
    assertThatThrownBy(() -> read(LEAST + twice))
        .hasMessageContaining("of a key that is listed once");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "- uri: spiffe://acme.example/ops/alice | - spki_sha256: 00 | spki_sha256 must be 64 lower-case",
        "uri: spiffe://acme.example/ops/alice | uri: alice | uri must be an absolute URI",
        "roles: [operator] | roles: [root] | operator.mtls.roles[0].roles must be a list of roles",
        "roles: [operator] | roles: [] | operator.mtls.roles[0].roles must be a list of roles",
        "[operator, auditor] | [] | operator.socket_roles must be a list of roles",
        "[operator, auditor] | [runtime] | operator.socket_roles must be a list of roles",
        "jwks_file: ci-keys.json | max_age_s: 1 | initiators.oidc[1] must have either jwks, a URL,",
        "https://idp.example/keys | http://idp.example/keys | must be https://, or http:// with localhost",
        "https://idp.example/keys | http://127.0.0.1.example/ | must be https://, or http:// with localhost",
        "https://idp.example/keys | https://a@idp.example/ | must be https://, or http:// with localhost",
        "https://idp.example/keys | file:///keys | must be https://, or http:// with localhost",
        "require_nonce: true | require_nonce: maybe | require_nonce must be one of true, false",
        "max_age_s: 300 | max_age_s: 0 | max_age_s must be a number from 1 to 604800",
        "name: ci | name: CI | an issuer's name must be 1 to 32 characters",
        "name: ci | name: corp | a name and an issuer of its own",
        "issuer: https://ci.example | issuer: https://idp.example | a name and an issuer of its own",
        "audience: writ | max_age_s: 1 | must be given once",
        "https://writ.example:8444 | http://writ.example | operator.mtls.authzen_url must be https://HOST",
        "https://writ.example:8444 | https://writ.example/tenant | operator.mtls.authzen_url must be https://HOST",
        "https://writ.example:8444 | https://a@writ.example | operator.mtls.authzen_url must be https://HOST",
        "subject_claim: email | claim: email | initiators.oidc[0].claim must not be there",
      })
  void config_rolesOrInitiatorsThatAreWrong_areRefused(
      String right, String wrong, String expected) {
    String text = MOST.replaceFirst(Pattern.quote(right), Matcher.quoteReplacement(wrong));
    assertThat(text).isNotEqualTo(MOST);
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(MalformedConfigurationException.class)
        .hasMessageContaining(expected);
  }

  /** Whoever had a certificate could do everything before; nobody is given that by an upgrade. */
  @Test
  void config_mtlsWithoutRoles_isRefusedAndSaysHowToGoOn() {
    String text = MOST.replaceFirst("    roles:\n(      .*\n)+", "");
    assertThat(text).doesNotContain("spiffe://acme.example/ops/alice");
    assertThatThrownBy(() -> read(text))
        .hasMessageContaining("operator.mtls must have roles: a certificate under client_roots")
        .hasMessageContaining("operator and security_officer");
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
    return readWith(text, Map.of(), Map.of());
  }

  private ServeConfig readWith(
      String text, Map<String, String> environment, Map<String, String> options) throws Exception {
    Path file = Files.writeString(folder.resolve("serve.yaml"), text);
    return ServeConfig.read(file, new HashMap<>(environment), new LinkedHashMap<>(options));
  }
}
