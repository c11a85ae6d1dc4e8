// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.ProofBundle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ approve --request}: from a denial by commands alone to what is allowed, once. */
abstract class ApprovedRequestsTest {
  private final RunningService running;

  @TempDir Path folder;

  ApprovedRequestsTest(RunningService running) {
    this.running = running;
  }

  private Invocation attest(Path request, Object... more) {
    return running.attest(running.hostA(), running.service().url(), request, more);
  }

  private Invocation approve(String decision, Path key, Object... more) {
    List<Object> all =
        new ArrayList<>(
            List.of(
                "approve",
                "--request",
                decision,
                "--operator-key",
                key,
                "--trust",
                running.service().trustFile(),
                "--socket",
                running.service().socket(),
                "--yes"));
    all.addAll(List.of(more));
    return Invocation.of(all.toArray());
  }

  /** From the denial by commands alone: the line says what to do, and the same asked again gets it, once. */
  @Test
  void approveRequest_ofADenial_hasTheSameAllowedOnce() throws Exception {
    Path request =
        Files.writeString(
            folder.resolve("seven.json"),
            Files.readString(RunningService.request(folder, "a"))
                .replace("\"max_uses\":1", "\"max_uses\":7"));
    Path operatorKey = running.service().trustFile().resolveSibling(KeyBirth.OPERATOR_KEY);
    Path dave = running.provider().token(folder, "dave");
    Path eve = running.provider().token(folder, "eve");
    Invocation denied = attest(request, "--initiator-token-file", dave);
    assertThat(denied.status()).as(denied.err()).isEqualTo(ExitStatus.DENIED);
    Matcher next =
        Pattern.compile(
                "\nwrit: next: 0 of 1 approvals .*: writ approve --request ([0-9a-f-]{36}) --operator-key .*\n")
            .matcher(denied.err());
    assertThat(next.find()).as(denied.err()).isTrue();
    String decision = next.group(1);
    Invocation json = attest(request, "-o", "json");
    assertThat(denied.err())
        .contains(
            "\nwrit: decision %s: an operator sees why with: writ explain %s --socket PATH\n"
                .formatted(decision, decision));
    assertThat(json.out())
        .containsPattern("\"decision_id\":\"[0-9a-f-]{36}\",\"next\"")
        .contains("\"next\":{\"kind\":\"approval\",\"threshold\":1,\"given\":0");

    Path stranger = OperatedService.newOperatorKey(folder, "stranger");
    Invocation strangers = approve(decision, stranger);
    assertThat(strangers.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(strangers.err()).contains("is neither's");
    assertThat(Invocation.of("explain", decision, "--socket", running.service().socket()).out())
        .containsPattern(
            "next +0 of 1 approvals are given; an approver gives one with: writ approve --request "
                + decision
                + " --operator-key KEY --trust FILE --socket PATH\n");
    Invocation tooLong = approve(decision, operatorKey, "--valid", "25h");
    assertThat(tooLong.status()).isEqualTo(ExitStatus.USAGE);
    Invocation approved = approve(decision, operatorKey, "--valid", "10m");
    assertThat(approved.status()).as(approved.err()).isEqualTo(ExitStatus.DONE);
    assertThat(approved.err())
        .containsPattern("because +approved: Somebody must approve this.")
        .containsPattern("host +host-a\n")
        .containsPattern("ak_name +000b[0-9a-f]{64}\n")
        .containsPattern("initiator +oidc:corp:dave")
        .containsPattern("workload +spiffe://dev.example/worker-a of tenant demo")
        .containsPattern("action +exec /usr/bin/true")
        .containsPattern("uses +7")
        .containsPattern("args_digest +0{62}a1")
        .containsPattern("approve until +20");
    assertThat(approved.out()).containsPattern("given +1").containsPattern("threshold +1");
    assertThat(Invocation.of("explain", decision, "--socket", running.service().socket()).out())
        .containsPattern("next +1 of 1 approvals are given: the host can ask for the same again");

    for (Object[] another :
        List.of(new Object[] {}, new Object[] {"--initiator-token-file", eve})) {
      assertThat(attest(request, another).err()).contains("next: 0 of 1 approvals are given");
    }
    Invocation issued = attest(request, "--initiator-token-file", dave);
    assertThat(issued.status()).as(issued.err()).isEqualTo(ExitStatus.DONE);
    ProofBundle bundle = ProofBundle.parse(issued.out().strip().getBytes(StandardCharsets.UTF_8));
    assertThat(Artifact.parse(bundle.artifact()).claims().gov().approvals()).hasSize(1);
    assertThat(attest(request, "--initiator-token-file", dave).err())
        .contains("next: 0 of 1 approvals are given");
  }

  @Test
  void approveRequest_ofNoDenial_isSaid_andNothingIsSigned() throws Exception {
    Path operatorKey = running.service().trustFile().resolveSibling(KeyBirth.OPERATOR_KEY);
    Invocation attest = attest(RunningService.request(folder, "a"));
    ProofBundle bundle = ProofBundle.parse(attest.out().strip().getBytes(StandardCharsets.UTF_8));
    Invocation allow = approve(Leaf.parse(bundle.leaf()).id().toString(), operatorKey);
    assertThat(allow.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(allow.err()).contains("a denial of code policy_denied must have the id");
    assertThat(approve("01a1fd02-e0d5-7ce6-ad7a-8fc0be151149", operatorKey).status())
        .isEqualTo(ExitStatus.DENIED);
    assertThat(approve("12", operatorKey).status()).isEqualTo(ExitStatus.USAGE);
    assertThat(Invocation.of("approve", "--socket", running.service().socket()).status())
        .isEqualTo(ExitStatus.USAGE);
  }
}
