// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.VerificationKey;
import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.Pkcs11Key;
import dev.writ.hsm.Pkcs11Uri;
import dev.writ.hsm.TokenProfile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Operators whose keys live in a token of their own, beside one who has a file. */
@Tag("own-jvm")
class OperatorTokenTest {
  private static Path home;
  private static SoftHsmToken token;
  private static SoftHsmToken locked;
  private static DemoService service;
  private static OperatedService operated;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws Exception {
    TestFolders.remove(SoftHsmToken.environmentFolder());
    token = SoftHsmToken.inEnvironment("operators");
    locked = SoftHsmToken.inEnvironment("wrong-pin");
    makeKey("alice", "01");
    makeKey("bob", "02");
    makeKey("stranger", "03");
    makeKey("twin", "04");
    makeKey("twin", "05");
    home = Files.createTempDirectory("writ-cli-test-");
    service = OperatedService.startIn(home);
    operated = new OperatedService(service);
    TrustContent content = service.trust().content();
    KeyQuorum operators =
        new KeyQuorum(
            1, List.of(content.operators().keys().get(0), publicKey("alice"), publicKey("bob")));
    TrustFile wanted = TrustFile.of(KeysOperatorsTest.withOperators(content, operators), List.of());
    Path file = Files.write(home.resolve("wanted.json"), wanted.toJson());
    String operation = OperatedService.fact(operated.keys("publish-trust", file), "operation");
    Invocation approved = operated.approve(operation, operated.operatorKey());
    assertThat(OperatedService.fact(approved, "state")).isEqualTo("executed");
  }

  @AfterAll
  static void stop() throws Exception {
    service.close();
    TestFolders.remove(home);
    TestFolders.remove(SoftHsmToken.environmentFolder());
  }

  private static void makeKey(String label, String id) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            "pkcs11-tool",
            "--module",
            library(),
            "--token-label",
            token.label(),
            "--login",
            "--pin",
            "env:TOKEN_PIN",
            "--keypairgen",
            "--key-type",
            "EC:prime256v1",
            "--sensitive",
            "--label",
            label,
            "--id",
            id);
    builder.redirectErrorStream(true);
    builder.environment().putAll(token.environment());
    builder.environment().put("TOKEN_PIN", Files.readString(token.pinFile()).strip());
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }

  private static String library() {
    try {
      return TokenProfile.named("softhsm2").library().toString();
    } catch (dev.writ.hsm.MalformedHsmConfigException e) {
      throw new AssertionError(e);
    }
  }

  private static String uri(SoftHsmToken in, String object, Path pinFile) {
    return "pkcs11:token="
        + in.label()
        + ";object="
        + object
        + "?module-path="
        + library()
        + "&pin-source=file:"
        + pinFile;
  }

  private static String uri(String object) {
    return uri(token, object, token.pinFile());
  }

  private static VerificationKey publicKey(String object) throws Exception {
    try (Pkcs11Key key = Pkcs11Key.open(Pkcs11Uri.parse(uri(object)))) {
      return VerificationKey.of(key.publicKey());
    }
  }

  private static String rotation(String key) throws Exception {
    return OperatedService.fact(
        operated.keysSigned(key, "compromise", operated.active("status")), "operation");
  }

  private static Invocation approve(String operation, String key) {
    List<Object> options = new ArrayList<>(List.of("--operator-key", key, "--yes"));
    return operated.approveBy(operation, options.toArray());
  }

  @Test
  void proposalOfAFilesOperator_isApprovedByAKeyInAToken() throws Exception {
    String operation = rotation(operated.operatorKey().toString());

    Invocation approved = approve(operation, uri("alice"));

    assertThat(OperatedService.fact(approved, "state")).isEqualTo("executed");
    assertThat(OperatedService.fact(approved, "approver"))
        .isEqualTo(Thumbprint.text(publicKey("alice").kid()));
  }

  @Test
  void proposalOfAKeyInAToken_isNotApprovedByIt_andWithdrawnByIt() throws Exception {
    String operation = rotation(uri("bob"));

    Invocation own = approve(operation, uri("bob"));
    assertThat(own.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(own.err()).contains("who proposed an operation does not approve it");
    Invocation others = operated.keysSigned(uri("alice"), "withdraw", operation);
    assertThat(others.status()).isEqualTo(ExitStatus.DENIED);
    Invocation withdrawn = operated.keysSigned(uri("bob"), "withdraw", operation);
    assertThat(OperatedService.fact(withdrawn, "state")).isEqualTo("withdrawn");
  }

  @Test
  void keyInAToken_thatIsNoOperators_isRefused() throws Exception {
    String operation = rotation(uri("alice"));

    Invocation approved = approve(operation, uri("stranger"));

    assertThat(approved.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(approved.err()).contains("the key must be an operator's of trust file version 2");
    assertThat(
            OperatedService.fact(operated.keysSigned(uri("alice"), "withdraw", operation), "state"))
        .isEqualTo("withdrawn");
  }

  @Test
  void labelOfTwoKeys_isRefused() {
    Invocation proposed = operated.keysSigned(uri("twin"), "rotate", "issuer");

    assertThat(proposed.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(proposed.err()).contains("--operator-key: there must be one private key");
  }

  @Test
  void wrongPin_isShownOnce_whateverIsAskedNext() throws Exception {
    Path wrong = Files.writeString(folder.resolve("pin"), "not-the-pin\n");
    Path pin = Files.setPosixFilePermissions(wrong, PosixFilePermissions.fromString("rw-------"));
    String uri = uri(locked, "alice", pin);

    Invocation first = operated.keysSigned(uri, "rotate", "issuer");
    assertThat(first.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(first.err()).contains("refused the PIN").doesNotContain("not-the-pin");
    Invocation second = operated.keysSigned(uri, "rotate", "issuer");
    assertThat(second.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(second.err()).contains("it was not tried again");
  }

  @Test
  void uri_thatHasThePinItself_isWrongUsage_andIsNotShown() {
    Invocation proposed =
        operated.keysSigned(
            "pkcs11:token=operators;object=alice?module-path=" + library() + "&pin-value=24681357",
            "rotate",
            "issuer");

    assertThat(proposed.status()).isEqualTo(ExitStatus.USAGE);
    assertThat(proposed.err()).contains("must have no pin-value").doesNotContain("24681357");
  }
}
