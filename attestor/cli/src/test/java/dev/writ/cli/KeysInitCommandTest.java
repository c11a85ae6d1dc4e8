// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustedKey;
import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.CeremonyOutcome;
import dev.writ.hsm.KeyCeremony;
import dev.writ.hsm.KeyInventory;
import dev.writ.hsm.PinSource;
import dev.writ.hsm.Token;
import dev.writ.hsm.TokenProfile;
import dev.writ.service.FirstTrustFile;
import dev.writ.service.IssuerKeys;
import dev.writ.tlog.Cosigner;
import dev.writ.tlog.NoteKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ keys init} on real tokens: each test has its own, all made before the first is opened. */
@Tag("own-jvm")
class KeysInitCommandTest {
  private static SoftHsmToken born;
  private static SoftHsmToken twice;
  private static SoftHsmToken wrongPin;
  private static SoftHsmToken taken;
  private static SoftHsmToken untouched;
  private static SoftHsmToken elsewhere;
  private static SoftHsmToken old;
  private static SoftHsmToken fourKeys;
  private static SoftHsmToken witnessed;

  @TempDir Path out;

  @BeforeAll
  static void makeTokens() throws Exception {
    born = SoftHsmToken.inEnvironment("born");
    twice = SoftHsmToken.inEnvironment("twice");
    wrongPin = SoftHsmToken.inEnvironment("wrong-pin");
    taken = SoftHsmToken.inEnvironment("taken");
    untouched = SoftHsmToken.inEnvironment("untouched");
    elsewhere = SoftHsmToken.inEnvironment("elsewhere");
    old = SoftHsmToken.inEnvironment("old");
    witnessed = SoftHsmToken.inEnvironment("witnessed");
    fourKeys = SoftHsmToken.inEnvironment("four-keys");
    makeKey(old, "writ-issuer", "01");
    makeKey(old, "writ-checkpoint", "02");
  }

  @AfterAll
  static void removeTokens() throws Exception {
    TestFolders.remove(SoftHsmToken.environmentFolder());
  }

  @Test
  void init_freshToken_makesKeysAndTrustFile() throws Exception {
    Invocation init = init(born, born.pinFile());
    assertThat(init.status()).as(init.err()).isEqualTo(ExitStatus.DONE);
    TrustFile trust = TrustFile.parse(Files.readAllBytes(out.resolve("trust.json")));
    assertThat(trust.content().version()).isEqualTo(1);
    assertThat(trust.content().issuer()).isEqualTo("https://writ.example");
    assertThat(trust.content().status())
        .contains(FirstTrustFile.statusAt("https://writ.example/status"));
    assertThat(trust.content().keys())
        .extracting(TrustedKey::role)
        .containsExactly(KeyRole.ISSUER, KeyRole.STATUS);
    assertThat(init.out())
        .containsPattern("trust_sha256 +" + trust.digest().hex())
        .contains(trust.content().tls().get(0).hex())
        .contains("https://writ.example/status");
    assertThat(Files.getPosixFilePermissions(out.resolve("operator-key.pem")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    try (InputStream akCa = Files.newInputStream(out.resolve("ak-ca.pem"))) {
      X509Certificate certificate =
          (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(akCa);
      assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=writ-ak-ca");
      assertThat(certificate.getBasicConstraints()).isZero();
    }
  }

  @Test
  void init_tokenThatHasKeys_overwritesNothing(@TempDir Path second) throws Exception {
    assertThat(init(twice, twice.pinFile()).status()).isEqualTo(ExitStatus.DONE);
    Invocation again = initTo(second, twice, twice.pinFile());
    assertThat(again.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(again.err())
        .contains("must have none of the service's keys yet")
        .contains("writ-issuer")
        .hasLineCount(1);
    assertThat(listOf(second)).isEmpty();
  }

  /** From before status lists, TLS endpoints and attestation keys' certificates had keys. */
  @Test
  void init_tokenWithTwoKeysOnly_makesNoneAndSaysWhichAreMissing() throws Exception {
    Invocation init = init(old, old.pinFile());
    assertThat(init.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(init.err())
        .contains("and has issuer (label writ-issuer, id 01), checkpoint (label writ-checkpoint")
        .contains("but not checkpoint-ed25519 (label writ-checkpoint-ed25519, id 06)")
        .contains("status (label writ-status, id 03), tls (label writ-tls-ca, id 04)")
        .contains("attestation (label writ-ak-ca, id 05)")
        .contains("use another token")
        .hasLineCount(1);
    assertThat(listOf(out)).isEmpty();
  }

  /**
   * From before services certified attestation keys and signed checkpoints twice: its trust file is in
   * use, and stays.
   */
  @Test
  void init_tokenWithoutTheKeysOfLaterVersions_makesThoseAndTheFile() throws Exception {
    KeyInventory elsewhere =
        KeyInventory.parse(
            "keys.properties",
            Files.readString(Path.of("../../hsm-config/keys.properties"))
                .replace("writ-ak-ca", "another")
                .replace("attestation.id = 05", "attestation.id = 09")
                .replace("writ-checkpoint-ed25519", "one-more")
                .replace("checkpoint-ed25519.id = 06", "checkpoint-ed25519.id = 0a")
                .getBytes(StandardCharsets.UTF_8));
    try (Token token = open(fourKeys)) {
      assertThat(KeyCeremony.init(token, elsewhere, Clock.systemUTC(), new SecureRandom()))
          .isInstanceOf(CeremonyOutcome.Born.class);
    }
    Path trust = Files.writeString(out.resolve("trust.json"), "in use");

    Invocation init = init(fourKeys, fourKeys.pinFile());

    assertThat(init.status()).as(init.err()).isEqualTo(ExitStatus.DONE);
    assertThat(init.err())
        .contains("no trust file")
        .contains("checkpoint-ed25519 (label writ-checkpoint-ed25519, id 06)")
        .contains("attestation (label writ-ak-ca, id 05)")
        .hasLineCount(1);
    assertThat(listOf(out)).containsExactlyInAnyOrder(trust, out.resolve("ak-ca.pem"));
    assertThat(Files.readString(trust)).isEqualTo("in use");
    try (Token token = open(fourKeys);
        InputStream akCa = Files.newInputStream(out.resolve("ak-ca.pem"))) {
      assertThat(CertificateFactory.getInstance("X.509").generateCertificate(akCa))
          .isEqualTo(IssuerKeys.open(token, KeyInventory.standard()).attestation().certificate());
    }
    Invocation again = init(fourKeys, fourKeys.pinFile());
    assertThat(again.status()).as("its place is taken").isEqualTo(ExitStatus.CONFIGURATION);
  }

  private static Token open(SoftHsmToken token) throws Exception {
    return Token.open(
        TokenProfile.named("softhsm2"), token.label(), PinSource.file(token.pinFile()));
  }

  private static void makeKey(SoftHsmToken token, String label, String id) throws Exception {
    ProcessBuilder tool =
        new ProcessBuilder(
            "pkcs11-tool",
            "--module",
            TokenProfile.named("softhsm2").library().toString(),
            "--token-label",
            token.label(),
            "--login",
            "--pin",
            "env:TOKEN_PIN",
            "--keypairgen",
            "--key-type",
            "EC:prime256v1",
            "--label",
            label,
            "--id",
            id);
    tool.environment().put("TOKEN_PIN", Files.readString(token.pinFile()).strip());
    Process process = tool.redirectErrorStream(true).start();
    byte[] said = process.getInputStream().readAllBytes();
    assertThat(process.waitFor()).as(new String(said, StandardCharsets.UTF_8)).isZero();
  }

  @Test
  void init_wrongPin_stopsWithOneSentenceAndLeavesNoFile(@TempDir Path pins) throws Exception {
    Path pin = pins.resolve("pin");
    Files.createFile(
        pin, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(pin, "00000000\n");
    Invocation init = init(wrongPin, pin);
    assertThat(init.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(init.err()).contains("CKR_PIN_INCORRECT").doesNotContain("00000000").hasLineCount(1);
    assertThat(listOf(out)).isEmpty();
  }

  @Test
  void init_missingPinFile_saysWhatToDo(@TempDir Path pins) throws Exception {
    Invocation init = init(born, pins.resolve("none"));
    assertThat(init.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(init.err()).contains("mode 600").hasLineCount(1);
  }

  @Test
  void init_missingToken_saysWhatToDo() {
    Invocation init =
        Invocation.of(
            "keys",
            "init",
            "--token",
            "nobody",
            "--pin-file",
            born.pinFile(),
            "--issuer",
            "https://writ.example",
            "--out",
            out);
    assertThat(init.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(init.err()).contains("nobody").hasLineCount(1);
  }

  @Test
  void init_libraryElsewhere_isTheModuleThatIsLoaded() {
    Invocation init = initWithLibrary("/opt/writ/no-such-module.so");
    assertThat(init.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(init.err()).contains("module /opt/writ/no-such-module.so").hasLineCount(1);
  }

  @Test
  void init_libraryThatIsNoAbsolutePath_isAUsageErrorAndMakesNoKey() throws Exception {
    for (String library : List.of("module.so", "/opt/${x}.so", "")) {
      Invocation init = initWithLibrary(library);
      assertThat(init.status()).as(library).isEqualTo(ExitStatus.USAGE);
      assertThat(init.err()).contains("--library must be an absolute path");
    }
    assertThat(listOf(out)).isEmpty();
  }

  private Invocation initWithLibrary(String library) {
    return Invocation.of(
        "keys",
        "init",
        "--token",
        untouched.label(),
        "--library",
        library,
        "--pin-file",
        untouched.pinFile(),
        "--issuer",
        "https://writ.example",
        "--out",
        out);
  }

  @Test
  void init_folderWithATrustFile_overwritesNothingAndMakesNoKey() throws Exception {
    Files.writeString(out.resolve("trust.json"), "mine");
    Invocation init = init(taken, taken.pinFile());
    assertThat(init.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(init.err()).contains("must not exist yet").hasLineCount(1);
    assertThat(Files.readString(out.resolve("trust.json"))).isEqualTo("mine");
    assertThat(listOf(out)).containsExactly(out.resolve("trust.json"));
  }

  @Test
  void init_folderThatIsAFile_isAConfigurationError(@TempDir Path other) throws Exception {
    Path file = Files.writeString(other.resolve("file"), "");
    Invocation init = initTo(file.resolve("below"), taken, taken.pinFile());
    assertThat(init.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(init.err())
        .contains("--out must be a folder that this user can write to")
        .hasLineCount(1);
  }

  @Test
  void init_namesThatNoArtifactCanHold_areUsageErrorsAndMakeNoKey(@TempDir Path second) {
    for (String[] names :
        List.of(
            new String[] {"https://writ.example", "a+b"},
            new String[] {"https://writ.example", "a b"},
            new String[] {"https://writ.example/ü", "log"},
            new String[] {"ftp://writ.example", "log"},
            new String[] {"https:nothing", "log"})) {
      Invocation init =
          Invocation.of(
              "keys",
              "init",
              "--token",
              untouched.label(),
              "--pin-file",
              untouched.pinFile(),
              "--issuer",
              names[0],
              "--origin",
              names[1],
              "--out",
              second);
      assertThat(init.status()).as(init.err()).isEqualTo(ExitStatus.USAGE);
    }
    assertThat(initTo(out, untouched, untouched.pinFile()).status()).isEqualTo(ExitStatus.DONE);
  }

  @Test
  void init_statusUriGiven_standsInTheTrustFile() throws Exception {
    Invocation init =
        initAt("https://lists.example/writ", out.resolve("elsewhere"), elsewhere.pinFile());
    assertThat(init.status()).as(init.err()).isEqualTo(ExitStatus.DONE);
    TrustFile trust = TrustFile.parse(Files.readAllBytes(out.resolve("elsewhere/trust.json")));
    assertThat(trust.content().status())
        .contains(FirstTrustFile.statusAt("https://lists.example/writ"));
  }

  @Test
  void init_statusUriUnderWhichNoListCanLie_isAUsageErrorAndMakesNoKey() throws Exception {
    for (String uri :
        List.of(
            "https://lists.example/writ/",
            "https://lists.example/writ?list",
            "https://lists.example/writ#list",
            "ftp://lists.example/writ",
            "writ")) {
      Invocation init = initAt(uri, out, untouched.pinFile());
      assertThat(init.status()).as(uri).isEqualTo(ExitStatus.USAGE);
      assertThat(init.err()).contains("--status-uri must be").contains(uri);
    }
    assertThat(listOf(out)).isEmpty();
  }

  private static Invocation initAt(String statusUri, Path out, Path pin) {
    return Invocation.of(
        "keys",
        "init",
        "--token",
        elsewhere.label(),
        "--pin-file",
        pin,
        "--issuer",
        "https://writ.example",
        "--status-uri",
        statusUri,
        "--out",
        out);
  }

  @Test
  void init_witnessesAndApproversGiven_standInTheTrustFile() throws Exception {
    String lines = witnessLines();
    Path approver = OperatedService.newOperatorKey(out, "approver");
    JsonMembers key =
        StrictJson.parse(
            Invocation.of("policy", "key", "--key", approver, "-o", "json")
                .out()
                .strip()
                .getBytes(StandardCharsets.UTF_8),
            1 << 10);
    String kid = key.text("kid");
    JsonMembers jwk = key.object("jwk");
    String approvers =
        "{\"threshold\":1,\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\""
            + jwk.text("x")
            + "\",\"y\":\""
            + jwk.text("y")
            + "\",\"kid\":\""
            + kid
            + "\"}]}";
    Invocation init =
        initWitnessed(
            witnessed,
            Files.writeString(out.resolve("w"), lines),
            "--policy-approvers",
            Files.writeString(out.resolve("a"), approvers));
    assertThat(init.status()).as(init.err()).isEqualTo(ExitStatus.DONE);
    TrustFile trust = TrustFile.parse(Files.readAllBytes(out.resolve("keys/trust.json")));
    assertThat(trust.content().logPolicy()).startsWith("log writ.example/ledger+").endsWith(lines);
    assertThat(trust.logPolicy().needsWitnesses()).isTrue();
    assertThat(trust.content().policyApprovers().orElseThrow().keys())
        .extracting(each -> Thumbprint.text(each.kid()))
        .containsExactly(kid);
  }

  @Test
  void init_witnessesThatAreNone_makeNoKey() throws Exception {
    String lines = witnessLines();
    String log = "log " + NoteKey.ofEd25519("a", new Witnessed().key().publicKey()).vkey() + "\n";
    for (String bad : List.of("", "nonsense\n", lines.replace("quorum", "quota"), log + lines)) {
      Invocation init = initWitnessed(untouched, Files.writeString(out.resolve("w"), bad));
      assertThat(init.status()).as(bad).isEqualTo(ExitStatus.CONFIGURATION);
      assertThat(init.err()).startsWith("writ: --witnesses: ").hasLineCount(1);
    }
    Invocation nobody =
        initWitnessed(
            untouched,
            Files.writeString(out.resolve("w"), lines),
            "--policy-approvers",
            Files.writeString(out.resolve("a"), "{\"threshold\":1,\"keys\":[]}"));
    assertThat(nobody.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(nobody.err()).startsWith("writ: --policy-approvers: ").hasLineCount(1);
    assertThat(initWitnessed(untouched, out.resolve("none")).status())
        .isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(out.resolve("keys")).doesNotExist();
  }

  /** A witness's key. */
  private record Witnessed(NoteKey key) {
    Witnessed() throws Exception {
      this(
          Cosigner.of("w.example", KeyPairGenerator.getInstance("Ed25519").generateKeyPair())
              .key());
    }
  }

  private static String witnessLines() throws Exception {
    return "witness w " + new Witnessed().key().vkey() + " https://w.example\nquorum w\n";
  }

  private Invocation initWitnessed(SoftHsmToken token, Path witnesses, Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of(
                "keys",
                "init",
                "--token",
                token.label(),
                "--pin-file",
                token.pinFile(),
                "--issuer",
                "https://writ.example",
                "--witnesses",
                witnesses,
                "--out",
                out.resolve("keys")));
    words.addAll(List.of(more));
    return Invocation.of(words.toArray());
  }

  @Test
  void init_withoutItsOptions_isAUsageError() {
    assertThat(Invocation.of("keys", "init").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(Invocation.of("keys").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(Invocation.of("nonsense").status()).isEqualTo(ExitStatus.USAGE);
  }

  private Invocation init(SoftHsmToken token, Path pin) {
    return initTo(out, token, pin);
  }

  private static Invocation initTo(Path out, SoftHsmToken token, Path pin) {
    return Invocation.of(
        "keys",
        "init",
        "--token",
        token.label(),
        "--pin-file",
        pin,
        "--issuer",
        "https://writ.example",
        "--out",
        out);
  }

  private static List<Path> listOf(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }
}
