// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.policy.PolicyDocument;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** From an unsigned policy to one that its author and an approver signed, by commands alone. */
class PolicyPublishCommandTest {
  private static final int MAX_JSON = 2 << 20;

  private static Path home;
  private static DemoService service;
  private static OperatedService operated;
  private static Path approver;

  @BeforeAll
  static void start() throws Exception {
    home = Files.createTempDirectory("writ-cli-test-");
    service = OperatedService.startIn(home);
    operated = new OperatedService(service);
    approver = OperatedService.newOperatorKey(home, "approver");
    TrustContent content = service.trust().content();
    KeyQuorum approvers = new KeyQuorum(1, List.of(OperatorKey.read(approver).publicKey()));
    TrustFile wanted = TrustFile.of(content.approvedBy(approvers), List.of());
    Path file = Files.write(home.resolve("wanted.json"), wanted.toJson());
    String operation = OperatedService.fact(operated.keys("publish-trust", file), "operation");
    Invocation approved = operated.approve(operation, operated.operatorKey());
    assertThat(OperatedService.fact(approved, "state")).isEqualTo("executed");
    assertThat(approved.err()).contains("policy approvers CHANGED");
  }

  @AfterAll
  static void stop() throws Exception {
    service.close();
    TestFolders.remove(home);
  }

  /** {@code writ policy …} at the service's socket. */
  private static Invocation policy(Object... arguments) {
    List<Object> all = new ArrayList<>(List.of("policy"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--socket", service.socket(), "-o", "json"));
    return Invocation.of(all.toArray());
  }

  private static Invocation sign(Path file, Path key, Path out) {
    return Invocation.of("policy", "sign", file, "--key", key, "--out", out, "--yes", "-o", "json");
  }

  private static JsonMembers json(Invocation invocation) throws Exception {
    assertThat(invocation.status()).as(invocation.err()).isEqualTo(ExitStatus.DONE);
    return StrictJson.parse(invocation.out().strip().getBytes(StandardCharsets.UTF_8), MAX_JSON);
  }

  @Test
  void policy_signedByItsAuthorAndAnApprover_isPublishedListedAndShown() throws Exception {
    Path current = home.resolve("current.json");
    assertThat(policy("show", "--out", current).status()).isEqualTo(ExitStatus.DONE);
    JsonMembers key =
        json(Invocation.of("policy", "key", "--key", operated.operatorKey(), "-o", "json"));
    String author = key.text("kid");
    assertThat(key.object("jwk").text("kid")).isEqualTo(author);
    PolicyDocument next =
        PolicyDocument.parse(Files.readAllBytes(current))
            .revise()
            .nextVersion()
            .author(author)
            .build();
    Path document = Files.write(home.resolve("next.json"), next.canonical());
    Path envelope = home.resolve("next.dsse.json");

    Invocation authored = sign(document, operated.operatorKey(), envelope);
    assertThat(json(authored).text("digest")).isEqualTo(next.digest().hex());
    assertThat(authored.err())
        .containsPattern("version +2")
        .contains(author + ", this key")
        .containsPattern("earlier artifacts +count on")
        .contains("with 0 signatures");
    Invocation again = sign(envelope, operated.operatorKey(), envelope);
    assertThat(again.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(again.err()).contains("no signature of this key yet");
    Invocation alone = policy("publish", envelope);
    assertThat(alone.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(alone.err()).contains("policy_approvals_missing").contains("is by 0");

    assertThat(sign(envelope, approver, envelope).err()).contains("with 1 signatures");
    JsonMembers published = json(policy("publish", envelope));
    assertThat(published.integer("epoch", 2, 2)).isEqualTo(2);
    assertThat(published.text("digest")).isEqualTo(next.digest().hex());

    List<JsonMembers> listed = json(policy("list")).objects("policies", 10);
    assertThat(listed).hasSize(2);
    assertThat(listed.get(0).text("digest")).isEqualTo(next.digest().hex());
    Path kept = home.resolve("kept.json");
    JsonMembers shown = json(policy("show", "2", "--envelope-out", kept));
    assertThat(shown.texts("signers", 10))
        .containsExactlyInAnyOrder(author, Thumbprint.text(OperatorKey.read(approver).kid()));
    assertThat(shown.text("document"))
        .isEqualTo(new String(next.canonical(), StandardCharsets.UTF_8));
    assertThat(Files.readAllBytes(kept)).isEqualTo(Files.readAllBytes(envelope));
    assertThat(Invocation.of("policy", "list", "--socket", service.socket()).out())
        .contains("EPOCH")
        .contains(next.digest().hex());

    Invocation older = policy("publish", envelope);
    assertThat(older.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(older.err()).contains("policy_version").contains("give the older content");
    assertThat(policy("show", "7").status()).isEqualTo(ExitStatus.DENIED);
  }

  @Test
  void whatNobodyCouldUse_isNotSigned() throws Exception {
    String example = Files.readString(Path.of("../../docs/examples/dev-policy.json"));
    Path out = home.resolve("never.json");
    Path nobody = Files.writeString(home.resolve("nobody.json"), example);
    Invocation nameless = sign(nobody, approver, out);
    assertThat(nameless.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(nameless.err())
        .contains("author must be the thumbprint")
        .contains(Thumbprint.text(OperatorKey.read(approver).kid()));

    Path untested =
        Files.writeString(
            home.resolve("untested.json"),
            example.replace("request.depth >", "request.depth >= 0 || request.depth >"));
    Invocation meaningless = sign(untested, approver, out);
    assertThat(meaningless.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(meaningless.err()).contains("writ policy test");

    Path broken =
        Files.writeString(
            home.resolve("broken.json"), example.replace("request.depth >", "request.deep >"));
    Invocation malformed = sign(broken, approver, out);
    assertThat(malformed.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(malformed.err()).contains("broken.json:").contains("$.rules[");

    byte[] strange = PolicyEnvelope.of("{\"a\":1}".getBytes(StandardCharsets.UTF_8)).toJson();
    Path envelope = Files.write(home.resolve("strange.json"), strange);
    assertThat(sign(envelope, approver, out).status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(policy("publish", envelope).status()).isEqualTo(ExitStatus.CONFIGURATION);
    Invocation bare = policy("publish", nobody);
    assertThat(bare.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(bare.err())
        .contains(
            "must be a policy envelope, and is the policy ", ": sign it with writ policy sign")
        .hasLineCount(1);
    assertThat(sign(nobody, approver, broken).err()).contains("--out must be a new file");
    assertThat(Files.exists(out)).isFalse();
  }
}
