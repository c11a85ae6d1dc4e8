// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.policy.ReferenceSet;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ policy learn}: a proposal on standard output or in a new file, and nowhere else. */
class PolicyLearnCommandTest {
  private static final Path POLICY = Path.of("../../docs/examples/dev-policy.json");
  private static final String SET =
      "{\\\"name\\\":\\\"host-host-a\\\",\\\"hosts\\\":[\\\"host-a\\\"],\\\"boot\\\":"
          + "{\\\"pcrs\\\":[0],\\\"secure_boot\\\":true,\\\"effect\\\":\\\"refuse\\\"}}";
  private static final String LEARNED =
      """
      {"v":1,"host":"host-a","leaf_index":12,"time":1800000000000,"verdict":"allow",
       "notes":["command lines are not judged"],
       "proposal":{"status":"proposed, approved by nobody","base":"dev version 1","whole":true,
        "reference_set":"%s","diff":"--- in force\\n+++ proposed\\n"}}
      """
          .formatted(SET);

  @TempDir Path folder;

  @Test
  void learn_printsTheSetAndTheDiffFromTheOneInForce() throws Exception {
    Path socket = folder.resolve("s");
    try (AnsweringSocket service = AnsweringSocket.at(socket, 200, LEARNED)) {
      Invocation learned = Invocation.of("policy", "learn", "host-a", "--socket", socket);

      assertThat(learned.status()).as(learned.err()).isEqualTo(ExitStatus.DONE);
      assertThat(service.requests().get(0))
          .startsWith("POST /v1/reference-values ")
          .endsWith("{\"boot\":\"allowed\",\"host\":\"host-a\"}");
      assertThat(learned.out()).endsWith("\n\n--- in force\n+++ proposed\n");
      String set = learned.out().substring(0, learned.out().indexOf("\n\n"));
      assertThat(ReferenceSet.parse(set.getBytes(StandardCharsets.UTF_8)).boot()).isPresent();
      assertThat(learned.err())
          .contains("approved by nobody: learned from the boot of leaf 12 (allow)")
          .contains("writ: command lines are not judged");
    }
  }

  @Test
  void learn_besideAPolicy_printsTheDiffFromItsSet() throws Exception {
    Path socket = folder.resolve("s");
    Path out = folder.resolve("set.json");
    try (AnsweringSocket service = AnsweringSocket.at(socket, 200, LEARNED)) {
      Invocation learned =
          Invocation.of(
              "policy",
              "learn",
              "host-a",
              "--latest",
              "--socket",
              socket,
              "--policy",
              POLICY,
              "--out",
              out);

      assertThat(learned.status()).as(learned.err()).isEqualTo(ExitStatus.DONE);
      assertThat(service.requests().get(0)).contains("\"boot\":\"latest\"");
      assertThat(learned.out())
          .startsWith("--- measured-boot of " + POLICY + ", version 1\n+++ host-host-a (proposed")
          .contains("+    \"secure_boot\": true\n");
      assertThat(ReferenceSet.parse(Files.readAllBytes(out)).name()).isEqualTo("host-host-a");

      Invocation again =
          Invocation.of("policy", "learn", "host-a", "--socket", socket, "--out", out);
      assertThat(again.status()).isEqualTo(ExitStatus.CONFIGURATION);
      assertThat(again.err()).contains("--out must not exist yet");
      assertThat(service.requests()).hasSize(1);
    }
  }

  @Test
  void learn_ofADeniedBoot_isMarkedAndKeepsWhatThePolicyDemands() throws Exception {
    Path socket = folder.resolve("s");
    String denied = LEARNED.replace("\"allow\"", "\"deny\"");
    try (AnsweringSocket service = AnsweringSocket.at(socket, 200, denied)) {
      Invocation learned =
          Invocation.of(
              "policy", "learn", "host-a", "--latest", "--socket", socket, "--policy", POLICY);

      assertThat(learned.status()).as(learned.err()).isEqualTo(ExitStatus.DONE);
      assertThat(service.requests()).hasSize(1);
      assertThat(learned.out())
          .contains("+++ host-host-a (proposed, approved by nobody; this boot was DENIED)\n")
          .contains("\"pcrs\"");
      assertThat(learned.err()).contains("stay as they are: they were not quoted, or not learned");
    }
  }

  @Test
  void learn_asJson_isOneDocument() throws Exception {
    Path socket = folder.resolve("s");
    try (AnsweringSocket service = AnsweringSocket.at(socket, 200, LEARNED)) {
      Invocation learned =
          Invocation.of("policy", "learn", "host-a", "--socket", socket, "-o", "json");

      assertThat(learned.out())
          .startsWith("{\"host\":\"host-a\",\"status\":\"proposed, approved by nobody\"");
      assertThat(learned.err()).isEmpty();
      assertThat(service.requests()).hasSize(1);
    }
  }

  @Test
  void learn_whatIsNoSetOrNoPolicy_writesNothing() throws Exception {
    Path socket = folder.resolve("s");
    Path out = folder.resolve("set.json");
    try (AnsweringSocket service =
        AnsweringSocket.at(socket, 200, LEARNED.replace("refuse", "shrug"))) {
      assertThat(
              Invocation.of("policy", "learn", "host-a", "--socket", socket, "--out", out).status())
          .isEqualTo(ExitStatus.UNREACHABLE);
      assertThat(
              Invocation.of(
                      "policy",
                      "learn",
                      "host-a",
                      "--socket",
                      socket,
                      "--policy",
                      socket,
                      "--out",
                      out)
                  .status())
          .isEqualTo(ExitStatus.CONFIGURATION);
      assertThat(service.requests()).hasSize(1);
    }
    assertThat(out).doesNotExist();
    assertThat(Invocation.of("policy").status()).isEqualTo(ExitStatus.USAGE);
  }
}
