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
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
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
        .containsPattern("earlier artifacts +hold until their own end")
        .containsPattern("signed before +by nobody");
    Invocation again = sign(envelope, operated.operatorKey(), envelope);
    assertThat(again.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(again.err()).contains("no signature of this key yet");
    Invocation alone = policy("publish", envelope);
    assertThat(alone.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(alone.err()).contains("policy_approvals_missing").contains("is by 0");
    assertThat(alone.err())
        .contains(
            "let one of " + Thumbprint.text(OperatorKey.read(approver).kid()),
            "run writ policy sign ENVELOPE --key KEY --out ENVELOPE\n");

    assertThat(sign(envelope, approver, envelope).err())
        .contains("in the name of " + json(authored).text("signer"), "not judged here");
    JsonMembers published = json(policy("publish", envelope));
    long epoch = published.integer("epoch", 2, 6);
    assertThat(published.text("digest")).isEqualTo(next.digest().hex());

    List<JsonMembers> listed = json(policy("list")).objects("policies", 10);
    assertThat(listed).hasSize((int) epoch);
    assertThat(listed.get(0).text("digest")).isEqualTo(next.digest().hex());
    Path kept = home.resolve("kept.json");
    JsonMembers shown = json(policy("show", epoch, "--envelope-out", kept));
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

  /** The next version, with what {@code change} makes of its JSON, in force. */
  private static void publish(UnaryOperator<String> change) throws Exception {
    Path current = home.resolve("current-again.json");
    assertThat(policy("show", "--out", current).status()).isEqualTo(ExitStatus.DONE);
    String author = Thumbprint.text(OperatorKey.read(operated.operatorKey()).kid());
    PolicyDocument next =
        PolicyDocument.parse(Files.readAllBytes(current))
            .revise()
            .nextVersion()
            .author(author)
            .build();
    String json = change.apply(new String(next.canonical(), StandardCharsets.UTF_8));
    Path document = Files.writeString(home.resolve("next-again.json"), json);
    Path envelope = home.resolve("again.dsse.json");
    Files.deleteIfExists(envelope);
    assertThat(sign(document, operated.operatorKey(), envelope).status())
        .isEqualTo(ExitStatus.DONE);
    assertThat(sign(envelope, approver, envelope).status()).isEqualTo(ExitStatus.DONE);
    Invocation published = policy("publish", envelope);
    assertThat(published.status()).as(published.err()).isEqualTo(ExitStatus.DONE);
  }

  private static Invocation breakglass(Object... arguments) {
    List<Object> all = new ArrayList<>(List.of("breakglass"));
    all.addAll(List.of(arguments));
    return policy(all.toArray());
  }

  @Test
  void breakglassAndFreeze_fromTheSafeToTheReview_byCommandsAlone() throws Exception {
    String approverName = Thumbprint.text(OperatorKey.read(approver).kid());
    publish(
        json ->
            json.replace(
                "\"constants\":",
                "\"breakglass\":{\"approvers\":[\""
                    + approverName
                    + "\",\"another\"],\"max_ttl_s\":600,\"review_within_s\":3600,\"threshold\":1},\"constants\":"));
    Path grant = home.resolve("restore.grant");
    Invocation prepared =
        Invocation.of(
            "policy",
            "breakglass",
            "prepare",
            "--issuer",
            DemoService.ISSUER,
            "--reason",
            "Restore the database",
            "--ttl",
            "1h",
            "--out",
            grant);
    assertThat(prepared.status()).as(prepared.err()).isEqualTo(ExitStatus.DONE);
    List<Object> using =
        List.of("--key", operated.operatorKey(), "--yes", "--reason", "Disk 3 is gone");
    Invocation unsigned = breakglass(with(using, "use", grant));
    assertThat(unsigned.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(unsigned.err()).contains("breakglass_approvals_missing").contains("is by 0");

    Invocation signed =
        Invocation.of("policy", "breakglass", "sign", grant, "--key", approver, "--yes");
    assertThat(signed.status()).as(signed.err()).isEqualTo(ExitStatus.DONE);
    assertThat(signed.err()).contains("Restore the database").contains("by nobody");
    assertThat(
            Invocation.of("policy", "breakglass", "sign", grant, "--key", approver, "--yes").err())
        .contains("no signature of this key yet");
    JsonMembers used = json(breakglass(with(using, "use", grant)));
    assertThat(used.text("event")).isEqualTo("begun");
    assertThat(json(breakglass("status")).text("mode")).isEqualTo("breakglass");
    ServeConfig config = ServeConfig.read(service.socket().resolveSibling("serve.yaml"), Map.of());
    assertThat(ModeDiagnosis.of(config, Clock.systemUTC()).detail()).contains("is to be reviewed");
    Invocation ended = breakglass(with(using, "use", "--end", grant));
    assertThat(json(ended).text("event")).isEqualTo("ended");
    assertThat(json(ended).integer("revoked", 0, 9)).isZero();
    Invocation byItsUser =
        breakglass("review", grant, "--finding", "Fine.", "--key", operated.operatorKey(), "--yes");
    assertThat(byItsUser.err()).contains("reviewer_unknown");
    assertThat(
            json(breakglass("review", grant, "--finding", "Fine.", "--key", approver, "--yes"))
                .text("event"))
        .isEqualTo("reviewed");

    Invocation frozen =
        policy(
            "freeze", "Somebody is in", "--key", approver, "--yes", "--trust", service.trustFile());
    assertThat(json(frozen).text("event")).isEqualTo("frozen");
    Invocation status =
        Invocation.of("policy", "breakglass", "status", "--socket", service.socket());
    assertThat(status.status()).isEqualTo(ExitStatus.DONE);
    assertThat(status.out()).contains("frozen").contains("done");
    assertThat(ModeDiagnosis.of(config, Clock.systemUTC()).detail()).contains("is frozen by leaf");
    assertThat(breakglass(with(using, "use", grant)).err()).contains("say --over-freeze");
    assertThat(breakglass(with(using, "use", "--over-freeze", grant)).err())
        .contains("breakglass_used");
    Invocation proposed = policy("unfreeze");
    String operation = OperatedService.fact(proposed, "operation");
    assertThat(proposed.err())
        .contains(
            ": writ approve " + operation + " --operator-key KEY --trust FILE --socket PATH\n");
    Invocation lifted = operated.approve(operation, operated.operatorKey());
    assertThat(OperatedService.fact(lifted, "state")).isEqualTo("executed");
    assertThat(lifted.err()).contains("is LIFTED");
    assertThat(json(breakglass("status")).text("mode")).isEqualTo("normal");
    assertPackHolds();
  }

  /** All that governs the service, in a pack: trust files, policies, orders, operations with who signed. */
  private static void assertPackHolds() {
    Path pack = home.resolve("governance.zip");
    Path config = service.socket().resolveSibling("serve.yaml");
    Invocation packed = Invocation.of("pack", "--range", "..", "--config", config, "--out", pack);
    assertThat(packed.status()).as(packed.out() + packed.err()).isEqualTo(ExitStatus.DONE);
    Invocation verified = Invocation.of("verify", "--pack", pack, "--trust", service.trustFile());
    assertThat(verified.status()).as(verified.out()).isEqualTo(ExitStatus.DONE);
    assertThat(verified.out())
        .containsPattern("trust +versions 1 to 2, with version 1")
        .containsPattern("keys +[0-9]+ keys, 4 changes of mode")
        .containsPattern("approvals +[1-9][0-9]* signed by whom");
  }

  private static Object[] with(List<Object> options, Object... arguments) {
    List<Object> all = new ArrayList<>(List.of(arguments));
    all.addAll(options);
    return all.toArray();
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
    assertThat(meaningless.err()).contains("worker-a-on-host-a", "more; see writ policy test");

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
            "must be a policy envelope, and is a policy itself: sign it with writ policy sign")
        .hasLineCount(1);
    assertThat(sign(nobody, approver, broken).err()).contains("--out must be a new file");
    assertThat(Files.exists(out)).isFalse();
  }
}
