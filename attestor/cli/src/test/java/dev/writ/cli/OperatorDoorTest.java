// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.tlog.Hash;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Operators' commands at a service's TLS door, each with the roles of its own certificate. */
class OperatorDoorTest {
  private static final String SECRET = "changeit";
  private static final String JTI = "01890a5d-ac96-774b-bcce-b302099a8057";

  private static Path folder;
  private static DemoService service;
  private static Client officer;
  private static Client auditor;
  private static Client stranger;
  private static String door;
  private static String pin;

  /** A certificate and key in PEM. */
  private record Client(Path certificate, Path key, Hash pin) {}

  @BeforeAll
  static void start() throws Exception {
    folder = Files.createTempDirectory("writ-cli-test-");
    officer = client("officer");
    auditor = client("auditor");
    stranger = client("stranger");
    EndorsementAuthority maker = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    DemoService.Born born = DemoService.birth(folder.resolve("service"));
    Path config = DemoService.configure(born, maker, Map.of(), folder);
    Files.writeString(
        born.folder().resolve("staff.pem"),
        Files.readString(officer.certificate()) + Files.readString(auditor.certificate()));
    Files.writeString(
        config,
        Files.readString(config)
            .replace(
                "operator:\n  socket: operator.sock\n",
                """
                  tls:
                    address: 127.0.0.1:0
                    names: [localhost]
                operator:
                  socket: operator.sock
                  socket_roles: [auditor]
                  mtls:
                    address: 127.0.0.1:0
                    client_roots: staff.pem
                    roles:
                      - {spki_sha256: %s, roles: [operator, security_officer]}
                      - {spki_sha256: %s, roles: [auditor]}
                """
                    .formatted(officer.pin().hex(), auditor.pin().hex())));
    service = DemoService.start(born, config);
    Matcher place =
        Pattern.compile("operator_mtls=(\\S+)")
            .matcher(Files.readString(born.folder().resolve("ready")));
    assertThat(place.find()).isTrue();
    door = "https://localhost:" + URI.create(place.group(1)).getPort();
    pin = service.trust().content().tls().get(0).hex();
  }

  @AfterAll
  static void stop() throws Exception {
    service.close();
    TestFolders.remove(folder);
  }

  private static Client client(String name) throws Exception {
    Path store = folder.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1",
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=" + name,
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                SECRET)
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor()).as(said).isZero();
    KeyStore keys = KeyStore.getInstance(store.toFile(), SECRET.toCharArray());
    X509Certificate certificate = (X509Certificate) keys.getCertificate(name);
    Path key = folder.resolve(name + "-key.pem");
    Files.createFile(
        key, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return new Client(
        pem(folder.resolve(name + ".pem"), "CERTIFICATE", certificate.getEncoded()),
        pem(key, "PRIVATE KEY", keys.getKey(name, SECRET.toCharArray()).getEncoded()),
        Hash.sha256(certificate.getPublicKey().getEncoded()));
  }

  private static Path pem(Path file, String type, byte[] der) throws Exception {
    String text =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(der);
    return Files.writeString(
        file, "-----BEGIN " + type + "-----\n" + text + "\n-----END " + type + "-----\n");
  }

  private static List<Object> at(String url, Client client, String pinned) {
    return List.of(
        "--operator",
        url,
        "--client-cert",
        client.certificate(),
        "--client-key",
        client.key(),
        "--server-pin",
        pinned);
  }

  private static Invocation as(Client client, Object... command) {
    return writ(at(door, client, pin), command);
  }

  private static Invocation writ(List<Object> options, Object... command) {
    List<Object> all = new ArrayList<>(List.of(command));
    all.addAll(options);
    return Invocation.of(all.toArray());
  }

  @Test
  void command_ofARoleThatItsCertificateHas_isAnswered() {
    for (Client client : List.of(officer, auditor)) {
      Invocation list = as(client, "policy", "list");
      assertThat(list.status()).as(list.err()).isEqualTo(ExitStatus.DONE);
      assertThat(list.out()).isEqualTo(writ(socket(), "policy", "list").out());
    }
    Path out = folder.resolve("invitation.json");
    Invocation invited = as(officer, "enrol", "--invite", "host-a", "--out", out);
    assertThat(invited.status()).as(invited.err()).isEqualTo(ExitStatus.DONE);
    assertThat(out).isNotEmptyFile();
  }

  private static List<Object> socket() {
    return List.of("--socket", service.socket());
  }

  /** What the narrowed socket does not do for its owner, a certificate with the role does. */
  @Test
  void command_ofARoleThatIsMissing_isDenied_andReachesTheServiceWithIt() {
    Object[] revoke = {"revoke", JTI, "--reason", "host_compromised"};
    for (Invocation without : List.of(writ(socket(), revoke), as(auditor, revoke))) {
      assertThat(without.status()).as(without.err()).isEqualTo(ExitStatus.DENIED);
      assertThat(without.err()).contains("role_missing");
    }
    Invocation with = as(officer, revoke);
    assertThat(with.status()).as(with.err()).isEqualTo(ExitStatus.DENIED);
    assertThat(with.err()).doesNotContain("role_missing");
    Object[][] others = {
      {"explain", JTI}, {"policy", "learn", "host-a"}, {"ledger", "payload", "0"}, {"keys", "list"}
    };
    for (Object[] command : others) {
      assertThat(as(officer, command).err())
          .as(command[0].toString())
          .doesNotContain("must answer");
    }
  }

  @Test
  void revocationOfAScope_isCountedFirst_andIsOneLeaf() {
    Invocation counted = as(auditor, "revoke", "--epoch", 1, "--preview", "-o", "json");
    assertThat(counted.status()).as(counted.err()).isEqualTo(ExitStatus.DONE);
    assertThat(counted.out()).contains("\"artifacts\":0").doesNotContain("leaf_index");
    Invocation without = as(auditor, "revoke", "--epoch", 1);
    assertThat(without.err()).contains("role_missing");

    Invocation revoked = as(officer, "revoke", "--range", "0..2", "--most", 0, "-o", "json");
    assertThat(revoked.status()).as(revoked.err()).isEqualTo(ExitStatus.DONE);
    assertThat(revoked.out())
        .contains("\"scope\":\"ledger_range\"", "\"leaves\":\"0..2\"", "\"leaf_index\":");
    for (Object[] none :
        new Object[][] {
          {"revoke", "--host", "host-z"}, {"revoke", "--key", "A".repeat(43)},
          {"revoke", "--epoch", 7}, {"revoke", "--range", "0..9999"}
        }) {
      Invocation unknown = as(officer, none);
      assertThat(unknown.status()).as(unknown.err()).isEqualTo(ExitStatus.DENIED);
      assertThat(unknown.err()).contains("scope_unknown");
    }
    Invocation workload = as(officer, "revoke", "--workload", "spiffe://dev.example/nobody");
    assertThat(workload.status()).as(workload.err()).isEqualTo(ExitStatus.DONE);
  }

  @Test
  void stateOfAHost_isTakenByTheOfficer_andGivenBackByTheOperator() {
    for (Client client : List.of(officer, auditor)) {
      Invocation list = as(client, "hosts", "list", "-o", "json");
      assertThat(list.status()).as(list.err()).isEqualTo(ExitStatus.DONE);
      assertThat(list.out()).isEqualToIgnoringNewLines("{\"hosts\":[]}");
    }
    for (String command : List.of("suspend", "retire", "resume")) {
      assertThat(as(auditor, "hosts", command, "host-z").err()).contains("role_missing");
    }
    for (String command : List.of("suspend", "retire")) {
      Invocation unknown = as(officer, "hosts", command, "host-z", "--reason", "ceased");
      assertThat(unknown.status()).as(unknown.err()).isEqualTo(ExitStatus.DENIED);
      assertThat(unknown.err()).contains("host_unknown");
    }
    for (Object[] wrong :
        new Object[][] {
          {"hosts"},
          {"hosts", "suspend"},
          {"hosts", "suspend", "a", "b"},
          {"hosts", "retire", "a", "--reason", "host_not_active"},
          {"hosts", "list", "--count", "0"},
          {"hosts", "list", "--count", "257"}
        }) {
      assertThat(as(officer, wrong).status())
          .as(List.of(wrong).toString())
          .isEqualTo(ExitStatus.USAGE);
    }
  }

  @Test
  void revocation_ofNothingOrOfTwoThings_isAWrongUse() {
    for (Object[] wrong :
        new Object[][] {
          {"revoke"},
          {"revoke", JTI, "--epoch", 1},
          {"revoke", "host-a"},
          {"revoke", "--workload", "worker-a", "--preview"},
          {"revoke", "--host", "a", "--workload", "spiffe://a/b"},
          {"revoke", JTI, "--preview"},
          {"revoke", JTI, "--most", 1},
          {"revoke", "--key", "short"},
          {"revoke", "--range", "3"},
          {"revoke", "--range", "3.."},
          {"revoke", "--range", "3..3"},
          {"revoke", "--epoch", 1, "--reason", "evidence_failed"}
        }) {
      Invocation refused = as(officer, wrong);
      assertThat(refused.status()).as(List.of(wrong).toString()).isEqualTo(ExitStatus.USAGE);
    }
  }

  @Test
  void door_thatIsAnothers_orThatDoesNotKnowTheClient_isNotAsked() {
    Invocation anothers = writ(at(door, officer, "0".repeat(64)), "keys", "list");
    assertThat(anothers.status()).isEqualTo(ExitStatus.UNREACHABLE);
    assertThat(anothers.err()).contains("pins");
    Invocation unknown = as(stranger, "keys", "list");
    assertThat(unknown.status()).as(unknown.err()).isEqualTo(ExitStatus.UNREACHABLE);
  }

  @Test
  void options_thatAreNotWhole_areRefused() throws Exception {
    List<Object> whole = at(door, officer, pin);
    for (int i = 0; i < whole.size(); i += 2) {
      List<Object> part = new ArrayList<>(whole);
      part.remove(i);
      part.remove(i);
      assertThat(writ(part, "keys", "list").status()).isEqualTo(ExitStatus.USAGE);
    }
    List<Object> both = new ArrayList<>(whole);
    both.addAll(socket());
    assertThat(writ(both, "keys", "list").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(writ(List.of(), "keys", "list").status()).isEqualTo(ExitStatus.USAGE);
    for (String url : List.of("http://127.0.0.1:1", "https://localhost/x", "localhost")) {
      assertThat(writ(at(url, officer, pin), "keys", "list").status()).isEqualTo(ExitStatus.USAGE);
    }
    assertThat(writ(at(door, officer, "00"), "keys", "list").status()).isEqualTo(ExitStatus.USAGE);
  }

  @Test
  void key_thatOthersMayRead_orOfAnotherCertificate_isRefused() throws Exception {
    Path open = Files.copy(officer.key(), folder.resolve("open.pem"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
    for (Path key : List.of(open, auditor.key())) {
      Client client = new Client(officer.certificate(), key, officer.pin());
      assertThat(as(client, "keys", "list").status()).isEqualTo(ExitStatus.CONFIGURATION);
    }
  }
}
