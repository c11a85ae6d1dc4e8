// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.OperationApproval;
import dev.writ.artifact.OperatorSignature;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.VerificationKey;
import dev.writ.artifact.WebAuthnAssertion;
import dev.writ.tlog.Hash;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.interfaces.ECPublicKey;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two of three operators, of whom the proposer is none: by key files, and by an authenticator. */
@Tag("own-jvm")
class KeysOperatorsTest {
  private static Path home;
  private static DemoService service;
  private static OperatedService operated;
  private static Path second;
  private static Path third;

  @BeforeAll
  static void start() throws Exception {
    home = Files.createTempDirectory("writ-cli-test-");
    service = OperatedService.startIn(home);
    operated = new OperatedService(service);
    second = OperatedService.newOperatorKey(home, "second");
    third = OperatedService.newOperatorKey(home, "third");
    TrustContent content = service.trust().content();
    KeyQuorum operators =
        new KeyQuorum(
            2, List.of(content.operators().keys().get(0), publicKey(second), publicKey(third)));
    TrustFile wanted = TrustFile.of(withOperators(content, operators), List.of());
    Path file = Files.write(home.resolve("wanted.json"), wanted.toJson());
    String operation = OperatedService.fact(operated.keys("publish-trust", file), "operation");
    Invocation approved = operated.approve(operation, operated.operatorKey());
    assertThat(OperatedService.fact(approved, "state")).isEqualTo("executed");
    assertThat(approved.err()).contains("operators CHANGED: were 1 of [").contains("be 2 of [");
  }

  @AfterAll
  static void stop() throws Exception {
    service.close();
    TestFolders.remove(home);
  }

  static TrustContent withOperators(TrustContent c, KeyQuorum operators) {
    return new TrustContent(
        c.issuer(),
        c.version(),
        c.previous(),
        c.assurance(),
        c.keys(),
        c.logPolicy(),
        c.status(),
        c.skew(),
        c.tls(),
        c.policyApprovers(),
        c.gateways(),
        operators);
  }

  private static VerificationKey publicKey(Path key) throws Exception {
    try (InputStream in = Files.newInputStream(key.resolveSibling("chain.pem"))) {
      return VerificationKey.of(
          (ECPublicKey)
              CertificateFactory.getInstance("X.509").generateCertificate(in).getPublicKey());
    }
  }

  @Test
  void operatorKey_hasTheThumbprintOfItsPublicHalf() throws Exception {
    assertThat(OperatorKey.read(second).kid()).isEqualTo(publicKey(second).kid());
    assertThat(OperatorKey.read(second).toString()).doesNotContain("PRIVATE");
  }

  @Test
  void rotation_proposedByAnOperator_takesTwoOthers() throws Exception {
    Invocation proposed =
        operated.keysSigned(operated.operatorKey(), "rotate", "issuer", "--valid", "30s");
    String operation = OperatedService.fact(proposed, "operation");
    assertThat(proposed.err()).contains("key.rotate: role issuer").contains("operators unchanged");

    Invocation proposers = operated.approve(operation, operated.operatorKey());
    assertThat(proposers.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(proposers.err()).contains("does not approve it");

    assertThat(OperatedService.fact(operated.approve(operation, second), "state"))
        .isEqualTo("open");
    Invocation again = operated.approve(operation, second);
    assertThat(again.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(again.out()).contains("\"code\":\"replayed\"");

    assertThat(OperatedService.fact(operated.approve(operation, third), "state"))
        .isEqualTo("executed");
    assertThat(operated.kids("issuer", "pre_published")).hasSize(1);
  }

  @Test
  void clock_thatIsNotBehind_isNotPutBeforeOperators() {
    Invocation asked = operated.keysSigned(operated.operatorKey(), "accept-clock");

    assertThat(asked.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(asked.err()).contains("clock_not_behind").contains("there is nothing to accept");
  }

  @Test
  void proposal_isWithdrawnByItsProposerAlone_andOnce() throws Exception {
    String operation =
        OperatedService.fact(
            operated.keysSigned(operated.operatorKey(), "compromise", operated.active("issuer")),
            "operation");

    Invocation others = operated.keysSigned(second, "withdraw", operation);
    assertThat(others.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(others.err()).contains("only its proposer withdraws an operation");
    Invocation withdrawn = operated.keysSigned(operated.operatorKey(), "withdraw", operation);
    assertThat(OperatedService.fact(withdrawn, "state")).isEqualTo("withdrawn");
    assertThat(withdrawn.err()).contains("takes this operation back").contains("key.compromise");

    Invocation again = operated.keysSigned(operated.operatorKey(), "withdraw", operation);
    assertThat(again.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(again.err()).contains("must be open to be withdrawn, and is withdrawn");
    Invocation late = operated.approve(operation, second);
    assertThat(late.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(late.err()).contains("and is withdrawn");
    assertThat(operated.keys("operations").out()).contains("\"state\":\"withdrawn\"");
  }

  @Test
  void assertion_ofAnAuthenticator_countsAsItsOperators() throws Exception {
    String operation =
        OperatedService.fact(
            operated.keysSigned(operated.operatorKey(), "compromise", operated.active("status")),
            "operation");
    Invocation challenges = operated.approveBy(operation, "--print-challenge");
    OperatorKey authenticator = OperatorKey.read(third);
    OperatorSignature signed =
        asserted(authenticator, OperatedService.fact(challenges, "challenge"));
    OperatorSignature trust =
        asserted(authenticator, OperatedService.fact(challenges, "trust_challenge"));
    assertThat(OperatedService.fact(operated.approve(operation, second), "state"))
        .isEqualTo("open");

    Invocation twisted =
        operated.approveBy(operation, "--assertion", assertion(operation, trust, signed));
    assertThat(twisted.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(twisted.err()).contains("approval_signature");
    Invocation approved =
        operated.approveBy(operation, "--assertion", assertion(operation, signed, trust));

    assertThat(OperatedService.fact(approved, "state")).isEqualTo("executed");
  }

  private static Path assertion(String operation, OperatorSignature one, OperatorSignature trust)
      throws Exception {
    OperationApproval approval =
        new OperationApproval(new Digest().convert(operation), one, Optional.of(trust));
    return Files.write(Files.createTempFile(home, "assertion-", ".json"), approval.toJson());
  }

  private static OperatorSignature asserted(OperatorKey authenticator, String challenge)
      throws Exception {
    byte[] authenticatorData = new byte[37];
    authenticatorData[32] = 1;
    byte[] clientData =
        ("{\"type\":\"webauthn.get\",\"challenge\":\""
                + challenge
                + "\",\"origin\":\"https://operators.example\"}")
            .getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream signed = new ByteArrayOutputStream();
    signed.writeBytes(authenticatorData);
    signed.writeBytes(Hash.sha256(clientData).bytes());
    OperatorSignature plain = authenticator.sign(signed.toByteArray());
    return new OperatorSignature(
        plain.kid(),
        plain.signature(),
        Optional.of(new WebAuthnAssertion(authenticatorData, clientData)));
  }
}
