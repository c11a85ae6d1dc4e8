// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ keys} and {@code writ approve} at a service whose one operator is its founder. */
@Tag("own-jvm")
class KeysCommandTest {
  private static Path home;
  private static DemoService service;
  private static OperatedService operated;

  /** Of a key that no artifact needs, and open for the whole of the tests. */
  private static String open;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws Exception {
    // A Unix socket lies in it: the path must stay short.
    home = Files.createTempDirectory("writ-cli-test-");
    service = OperatedService.startIn(home);
    operated = new OperatedService(service);
    open =
        OperatedService.fact(operated.keys("compromise", operated.active("status")), "operation");
  }

  @AfterAll
  static void stop() throws Exception {
    service.close();
    TestFolders.remove(home);
  }

  @Test
  void list_asText_showsEachRoleWithItsState() {
    Invocation list = Invocation.of("keys", "list", "--socket", service.socket());

    assertThat(list.status()).as(list.err()).isEqualTo(ExitStatus.DONE);
    assertThat(list.out())
        .startsWith("ROLE")
        .containsPattern("issuer +active +token +[A-Za-z0-9_-]{43} ")
        .containsPattern("status +active ")
        .containsPattern("checkpoint +active ")
        .containsPattern("tls +active +token +[A-Za-z0-9_-]{43} ");
  }

  @Test
  void plan_saysWhatARotationWouldChangeAndProposesNothing() {
    String operations = operated.keys("operations").out();

    Invocation plan =
        Invocation.of(
            "keys",
            "plan",
            "issuer",
            "--socket",
            service.socket(),
            "--trust",
            service.trustFile(),
            "--service",
            service.url());

    assertThat(plan.status()).as(plan.err()).isEqualTo(ExitStatus.DONE);
    assertThat(plan.out())
        .containsPattern("signs_now +[A-Za-z0-9_-]{43}")
        .containsPattern("next_trust_version +2\n")
        .containsPattern("possible +true");
    assertThat(operated.keys("operations").out()).isEqualTo(operations);
  }

  @Test
  void operations_listsWhatWaits() {
    assertThat(operated.keys("operations").out())
        .contains(open)
        .contains("\"state\":\"open\"")
        .contains("key.compromise");
  }

  @Test
  void approve_byAKeyThatIsNoOperators_signsNothing() throws Exception {
    Path stranger = OperatedService.newOperatorKey(folder, "stranger");

    Invocation approve = operated.approve(open, stranger);

    assertThat(approve.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(approve.err()).contains("must be an operator's of trust file version 1");
  }

  @Test
  void approve_keyFileOpenToOthers_isRefused() throws Exception {
    Path copied = Files.copy(operated.operatorKey(), folder.resolve("key.pem"));
    Files.setPosixFilePermissions(copied, PosixFilePermissions.fromString("rw-r--r--"));

    Invocation approve = operated.approve(open, copied);

    assertThat(approve.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(approve.err()).contains("must be its owner's alone").contains("chmod 600");
  }

  @Test
  void approve_fileThatHoldsNoKey_isRefusedAndNotShown() throws Exception {
    Path file = Files.writeString(folder.resolve("key.pem"), "secret, but no key");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));

    Invocation approve = operated.approve(open, file);

    assertThat(approve.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(approve.err()).contains("unencrypted PKCS#8").doesNotContain("secret, but");
  }

  @Test
  void approve_withoutATrustFile_isUsage() {
    Invocation approve =
        Invocation.of(
            "approve",
            open,
            "--socket",
            service.socket(),
            "--operator-key",
            operated.operatorKey(),
            "--yes");

    assertThat(approve.status()).isEqualTo(ExitStatus.USAGE);
    assertThat(approve.err()).contains("--trust must be given");
  }

  @Test
  void approve_operationThatNobodyProposed_isDenied() {
    Invocation approve = operated.approve("ab".repeat(32), operated.operatorKey());

    assertThat(approve.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(approve.err()).contains("operation_unknown");
  }

  @Test
  void approve_operationUnderAnothersName_isAnIntegrityViolation() throws Exception {
    String shown = operatedDocument();
    Path socket = home.resolve("lying.sock");
    try (AnsweringSocket lying = AnsweringSocket.at(socket, 200, shown)) {
      Invocation approve =
          Invocation.of(
              "approve",
              "ab".repeat(32),
              "--socket",
              socket,
              "--trust",
              service.trustFile(),
              "--service",
              service.url(),
              "--operator-key",
              operated.operatorKey(),
              "--yes");

      assertThat(approve.status()).as(approve.err()).isEqualTo(ExitStatus.INTEGRITY);
      assertThat(approve.err()).contains("sign nothing");
      assertThat(lying.requests()).noneMatch(request -> request.startsWith("POST"));
    } finally {
      Files.deleteIfExists(socket);
    }
  }

  @Test
  void approve_trustFileThatWasChanged_isAnIntegrityViolation() throws Exception {
    String trust = "\"trust_file\":\"";
    String document = operatedDocument();
    int at = document.indexOf(trust) + trust.length();
    String end = document.substring(document.indexOf('"', at));
    byte[] file = Base64.getUrlDecoder().decode(document.substring(at, document.indexOf('"', at)));
    String changed = new String(file, StandardCharsets.UTF_8);
    assertThat(changed).contains("\"skew_s\":5");
    String lie =
        document.substring(0, at)
            + Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(
                    changed
                        .replace("\"skew_s\":5", "\"skew_s\":9")
                        .getBytes(StandardCharsets.UTF_8))
            + end;
    Path socket = home.resolve("tampering.sock");
    try (AnsweringSocket lying = AnsweringSocket.at(socket, 200, lie)) {
      Invocation approve =
          Invocation.of(
              "approve",
              open,
              "--socket",
              socket,
              "--trust",
              service.trustFile(),
              "--service",
              service.url(),
              "--operator-key",
              operated.operatorKey(),
              "--yes");

      assertThat(approve.status()).as(approve.err()).isEqualTo(ExitStatus.INTEGRITY);
      assertThat(approve.err()).contains("trust file beside the operation");
      assertThat(lying.requests()).noneMatch(request -> request.startsWith("POST"));
    } finally {
      Files.deleteIfExists(socket);
    }
  }

  /** What the service shows of the open operation. */
  private static String operatedDocument() throws Exception {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      boolean unused = channel.connect(UnixDomainSocketAddress.of(service.socket()));
      var out = Channels.newOutputStream(channel);
      out.write(
          ("GET /v1/operations/"
                  + open
                  + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      out.flush();
      String answer =
          new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
      return answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }
  }

  @Test
  void printChallenge_isTheDigestOfWhatAnAuthenticatorSigns() throws Exception {
    Invocation printed = operated.approveBy(open, "--print-challenge");

    assertThat(OperatedService.fact(printed, "challenge"))
        .isEqualTo(Thumbprint.text(new Digest().convert(open)));
    assertThat(OperatedService.fact(printed, "trust_challenge")).hasSize(43);
  }

  @Test
  void rotation_notApprovedInItsTime_cannotBeApprovedAfter() throws Exception {
    String operation =
        OperatedService.fact(operated.keys("rotate", "status", "--valid", "4s"), "operation");
    Thread.sleep(4_100);

    Invocation approve = operated.approve(operation, operated.operatorKey());

    assertThat(approve.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(approve.err()).contains("ended");
  }

  @Test
  void destroy_ofAKeyThatSigns_isDenied() throws Exception {
    Invocation destroy = operated.keys("destroy", operated.active("issuer"));

    assertThat(destroy.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(destroy.out()).contains("\"reason\":\"key_in_use\"");
  }

  @Test
  void activate_ofAKeyThatSigns_isDenied() throws Exception {
    Invocation activate = operated.keys("activate", operated.active("issuer"));

    assertThat(activate.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(activate.out()).contains("key_state");
  }

  @Test
  void since_beforeAnIndexToo_isUsage() throws Exception {
    Invocation compromise =
        operated.keys(
            "compromise",
            operated.active("issuer"),
            "--from-index",
            1,
            "--since",
            "2026-11-21T12:00:00Z");

    assertThat(compromise.status()).isEqualTo(ExitStatus.USAGE);
  }

  @Test
  void compromise_ofWhatIsNoThumbprint_isUsage() {
    Invocation compromise =
        Invocation.of("keys", "compromise", "A".repeat(42), "--socket", service.socket());

    assertThat(compromise.status()).isEqualTo(ExitStatus.USAGE);
    assertThat(compromise.err()).contains("43 characters");
  }
}
