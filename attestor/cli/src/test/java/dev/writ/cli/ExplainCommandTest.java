// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.evidence.Evidence;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.PcrValues;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmDigest;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.GrubBoot;
import dev.writ.fixtures.SoftwareTpm;
import dev.writ.fixtures.SoftwareTpmKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ explain}: of decisions over the operators' socket, of files with no service. */
class ExplainCommandTest {
  private static final String ID = "01a1fd02-e0d5-7ce6-ad7a-8fc0be151149";
  private static final String EXPLANATION =
      """
      {"v":1,"decision_id":"%1$s","leaf_index":17,"time":1800000000000,"verdict":"deny",
       "code":"environment_untrusted","reason":"measured-state","message":"Not in a state.",
       "host":"build-8","ak_name":"AAs","policy":{"digest":"00","epoch":3,"in_force":false},
       "reference_set":"usual",
       "policy_reasons":[{"rule":"measured-state","code":"c","user":"u","admin":"A PCR differs."}],
       "policy_rules":[{"id":"measured-state","effect":"require","outcome":"false","must_be":"true",
        "when":"trust.pcrs_match","saw":[{"input":"trust.pcrs_match","value":"false"},
        {"input":"request.exec"}]},
        {"id":"own-programs","effect":"permit","outcome":"false","must_be":"true","when":"has(request.exec)",
        "saw":[{"input":"request.exec"}]}],
       "inputs_shown":true,"rules_known":true,"rules_left_out":2,
       "rules":[{"reason":"boot_application","subject":"boot application 2","claim":"executables",
        "value":96,"tier":"contraindicated","expected":"one of 2","actual":"sha256:12"}],
       "boot":{"compared":true,"note":"","since":{"leaf_index":12,"time":1790000000000},
        "changes":[{"pcr":4,"meaning":"boot applications",
         "text":"boot application 2 is \\u001b[31mnew\\nline"}],
        "changes_left_out":1,"pcrs":[{"bank":"sha256","index":4,"was":"aa","is":"bb"}]},
       "files":[{"entry":5,"reason":"ima_entry_unlisted","path":"/usr/bin/x","digest":"sha256:34",
        "expected":"listed","remedy":"list it"}],
       "advice":["turn Secure Boot on"],
       "proposal":{"status":"proposed, approved by nobody","base":"dev version 1","whole":true,
        "reference_set":"{}","diff":"--- usual\\n+++ usual\\n@@ -1,1 +1,1 @@\\n-a\\n+b\\n"}}
      """
          .formatted(ID);

  @TempDir Path folder;
  private Path before;
  private Path now;

  @BeforeEach
  void boot() throws Exception {
    before = Files.write(folder.resolve("before.log"), new GrubBoot().log());
    now =
        Files.write(
            folder.resolve("now.log"), new GrubBoot().grub("grub 2.12").withoutSecureBoot().log());
  }

  @Test
  void explain_forARoleThatReadsNoInputs_saysThat_andNotThatTheyWereAbsent() throws Exception {
    Path socket = folder.resolve("s");
    String without =
        EXPLANATION
            .replace("\"inputs_shown\":true", "\"inputs_shown\":false")
            .replace(",\"value\":\"false\"", "");
    try (AnsweringSocket service = AnsweringSocket.at(socket, 200, without)) {
      assertThat(Invocation.of("explain", ID, "--socket", socket).out())
          .contains("  trust.pcrs_match is not shown to this role\n")
          .contains("  request.exec is not shown to this role\n");
      assertThat(service.requests()).hasSize(1);
    }
  }

  @Test
  void explain_answerToAnEnforcementPoint_saysWhoAskedWhat_andThatNothingWasAttested()
      throws Exception {
    String answered =
        """
        {"v":1,"decision_id":"%1$s","leaf_index":9,"time":1800000000000,"kind":"evaluation",
         "verdict":"deny","code":"policy_denied","reason":"document/questions",
         "asker":"spiffe://acme.example/portal","action":"read","subject":"user:alice",
         "resource":"record:1","policy":{"digest":"00","epoch":3,"in_force":true},
         "policy_reasons":[{"rule":"document/questions","code":"c","user":"u","admin":"Not named."}],
         "inputs_shown":true,"policy_rules":[]}
        """
            .formatted(ID);
    Path socket = folder.resolve("s");
    try (AnsweringSocket service = AnsweringSocket.at(socket, 200, answered)) {
      assertThat(Invocation.of("explain", ID, "--socket", socket).out())
          .contains("asker             spiffe://acme.example/portal\n")
          .contains("subject           user:alice\n")
          .contains("reason            document/questions\n")
          .contains("policy_epoch      3\n")
          .contains("rule              document/questions: Not named.\n")
          .endsWith("the answer is the policy's, for who asked\n");
      assertThat(service.requests()).hasSize(1);
    }
  }

  @Test
  void explain_artifactThatWasShown_leadsToItsOwnDecision() throws Exception {
    String verified =
        """
        {"v":1,"decision_id":"%1$s","leaf_index":9,"time":1800000000000,"kind":"verification",
         "verifier":"service","erased":false,"verdict":"deny","code":"revoked","reason":"status","jti":"%1$s"}
        """
            .formatted(ID);
    Path socket = folder.resolve("s");
    try (AnsweringSocket service = AnsweringSocket.at(socket, 200, verified)) {
      assertThat(Invocation.of("explain", ID, "--socket", socket).out())
          .contains("code              revoked\n")
          .contains("jti               " + ID + "\n")
          .endsWith("writ explain says of its jti\n");
      assertThat(service.requests()).hasSize(1);
    }
  }

  @Test
  void explain_decision_isToldFromWhatChangedToTheProposal() throws Exception {
    Path socket = folder.resolve("s");
    try (AnsweringSocket service = AnsweringSocket.at(socket, 200, EXPLANATION)) {
      Invocation explained = Invocation.of("explain", ID, "--socket", socket);

      assertThat(explained.status()).as(explained.err()).isEqualTo(ExitStatus.DONE);
      assertThat(service.requests().get(0)).startsWith("GET /v1/decisions/" + ID + "/explanation ");
      assertThat(explained.out())
          .contains("reason            measured-state\n")
          .contains("policy_epoch      3, another than is in force now\n")
          .contains("rule              measured-state: A PCR differs.\n")
          .contains("measured-state (require) must be true, was false: trust.pcrs_match\n")
          .contains("  trust.pcrs_match is false\n")
          .contains("  request.exec is absent\n")
          .contains("own-programs (permit) must be true, was false: has(request.exec)\n")
          .contains("changed since the boot of leaf 12, 2026-09-21T14:13:20Z\n")
          .contains("PCR 4 (boot applications)\n  boot application 2 is  [31mnew line\n")
          .contains("1 more changes\nsha256:4  is bb, was aa\n")
          .contains(
              "contraindicated  boot_application boot application 2: expected one of 2; sha256:12\n")
          .contains("2 more rules ran that are not kept\n")
          .contains("file              /usr/bin/x\n")
          .contains("remedy            list it\n")
          .contains("to do             turn Secure Boot on\n")
          .contains("approved by nobody: review it before it goes into the policy\n--- usual\n")
          .endsWith("+++ usual\n@@ -1,1 +1,1 @@\n-a\n+b\n");
      assertThat(Invocation.of("explain", ID.toUpperCase(Locale.ROOT), "--socket", socket).out())
          .isEqualTo(explained.out());
      assertThat(service.requests().remove(1)).startsWith("GET /v1/decisions/" + ID + "/");
      Invocation json = Invocation.of("explain", "17", "--socket", socket, "-o", "json");
      assertThat(json.out().strip()).isEqualTo(EXPLANATION.strip());
      assertThat(service.requests().get(1)).startsWith("GET /v1/decisions/17/explanation ");
    }
  }

  @Test
  void explain_requestThatCameToNoDecision_isToldByTheIdOfItsProblem() throws Exception {
    Path socket = folder.resolve("s");
    String refused =
        """
        {"v":1,"request_id":"%s","leaf_index":40,"time":1800000000000,"verdict":"deny",
         "code":"unverifiable","reason":"malformed","door":"tls","operation":"issue",
         "client":"00","client_salt":"AAs"}
        """
            .formatted(ID);
    try (AnsweringSocket service = AnsweringSocket.at(socket, 200, refused)) {
      Invocation explained = Invocation.of("explain", "urn:writ:request:" + ID, "--socket", socket);

      assertThat(explained.status()).as(explained.err()).isEqualTo(ExitStatus.DONE);
      assertThat(service.requests().get(0)).startsWith("GET /v1/decisions/" + ID + "/explanation ");
      assertThat(explained.out())
          .startsWith("request           " + ID + "\n")
          .contains("reason            malformed\n", "operation         issue\n")
          .contains("summary           leaf 40\n")
          .endsWith("there is no host, no Evidence and no rule to it\n");
    }
  }

  @Test
  void explain_decisionThatIsGone_isInvalid() throws Exception {
    Path socket = folder.resolve("s");
    String problem =
        """
        {"code":"unverifiable","reason":"payload_erased","detail":"it was erased","status":410}""";
    try (AnsweringSocket service = AnsweringSocket.at(socket, 410, problem)) {
      Invocation explained = Invocation.of("explain", ID, "--socket", socket);

      assertThat(explained.status()).isEqualTo(ExitStatus.DENIED);
      assertThat(explained.err()).contains("payload_erased: it was erased");
      assertThat(service.requests()).hasSize(1);
    }
  }

  @Test
  void explain_storeThatSomebodyChanged_isAnIntegrityFailure() throws Exception {
    Path socket = folder.resolve("s");
    String problem =
        """
        {"code":"unverifiable","reason":"payload_contradicts","detail":"leaf 3","status":503}""";
    try (AnsweringSocket service = AnsweringSocket.at(socket, 503, problem)) {
      Invocation explained = Invocation.of("explain", ID, "--socket", socket);
      Invocation learned = Invocation.of("policy", "learn", "host-a", "--socket", socket);

      assertThat(explained.status()).as(explained.err()).isEqualTo(ExitStatus.INTEGRITY);
      assertThat(explained.err()).contains("payload_contradicts: leaf 3");
      assertThat(learned.status()).as(learned.err()).isEqualTo(ExitStatus.INTEGRITY);
      assertThat(service.requests()).hasSize(2);
    }
    Path busy = folder.resolve("b");
    try (AnsweringSocket service =
        AnsweringSocket.at(busy, 503, problem.replace("payload_contradicts", "overloaded"))) {
      assertThat(Invocation.of("explain", ID, "--socket", busy).status())
          .isEqualTo(ExitStatus.UNREACHABLE);
      assertThat(service.requests()).hasSize(1);
    }
  }

  @Test
  void explain_serviceThatIsAwayOrAnswersOtherwise_isUnreachable() throws Exception {
    Path socket = folder.resolve("s");
    assertThat(Invocation.of("explain", ID, "--socket", socket).status())
        .isEqualTo(ExitStatus.UNREACHABLE);
    try (AnsweringSocket service = AnsweringSocket.at(socket, 200, "{\"v\":1}")) {
      assertThat(Invocation.of("explain", ID, "--socket", socket).status())
          .isEqualTo(ExitStatus.UNREACHABLE);
      assertThat(service.requests()).hasSize(1);
    }
  }

  @Test
  void explain_bootLog_saysWhatWasMeasuredAndThatNobodyVouches() {
    Invocation explained = Invocation.of("explain", "--boot-log", before);

    assertThat(explained.status()).as(explained.err()).isEqualTo(ExitStatus.DONE);
    assertThat(explained.out())
        .contains("no signature was verified")
        .containsPattern("sha256:4  [0-9a-f]{64}\n")
        .contains("PCR 0 (firmware)\n  the firmware's version \"firmware 1.0\"\n")
        .contains("PCR 7 (Secure Boot)\n  Secure Boot is on\n")
        .contains("  boot application 2 (\\EFI\\debian\\grubx64.efi), digest ")
        .contains("  command line /vmlinuz root=/dev/sda2 ro, digest ");
  }

  @Test
  void explain_bootLogSinceAnother_saysWhatChangedAlone() {
    Invocation explained = Invocation.of("explain", "--boot-log", now, "--since", before);

    assertThat(explained.status()).as(explained.err()).isEqualTo(ExitStatus.DONE);
    assertThat(explained.out())
        .contains("PCR 4 (boot applications)\n  boot application 2 is digest ")
        .contains("PCR 7 (Secure Boot)\n  Secure Boot is off, was on\n")
        .doesNotContain("command line");
    assertThat(Invocation.of("explain", "--boot-log", now, "--since", now).out())
        .contains("nothing changed");
    assertThat(Invocation.of("explain", "--boot-log", now, "--since", before, "-o", "json").out())
        .contains("\"changes\":[{\"pcr\":4,\"meaning\":\"boot applications\",\"text\":\"boot");
  }

  @Test
  void explain_evidencePackage_isComparedOverThePcrsThatItQuotes() throws Exception {
    GrubBoot boot = new GrubBoot().withoutSecureBoot();
    SoftwareTpm tpm =
        SoftwareTpm.manufacture(EndorsementAuthority.create(Instant.now(), new SecureRandom()));
    boot.measureInto(tpm::extend);
    PcrSelection selection = PcrSelection.of(TpmAlg.SHA256, 0, 4, 7, 9);
    List<TpmDigest> values = new ArrayList<>();
    for (int index : selection.banks().get(0).indices()) {
      values.add(TpmDigest.of(TpmAlg.SHA256, tpm.pcr(index)));
    }
    SoftwareTpm.Statement quote =
        tpm.quote(SoftwareTpmKey.attestation(), selection.encode(), new byte[32]);
    Evidence evidence =
        Evidence.builder()
            .quote(quote.attest(), quote.signature())
            .pcrValues(new PcrValues(selection, values))
            .bootLog(boot.log())
            .build();
    Path file = Files.write(folder.resolve("evidence"), evidence.bytes());

    Invocation told = Invocation.of("explain", file);
    assertThat(told.status()).as(told.err()).isEqualTo(ExitStatus.DONE);
    assertThat(told.out())
        .contains("no signature was verified")
        .contains("PCR 7 (Secure Boot)\n  Secure Boot is off\n");

    Invocation changed = Invocation.of("explain", file, "--since", before);
    assertThat(changed.status()).as(changed.err()).isEqualTo(ExitStatus.DONE);
    assertThat(changed.out())
        .endsWith("PCR 7 (Secure Boot)\n  Secure Boot is off, was on\n")
        .doesNotContain("no more")
        .doesNotContain("not quoted");
  }

  @Test
  void explain_fileOfAnotherForm_isInvalid() throws Exception {
    Path text = Files.writeString(folder.resolve("text"), "neither");
    Invocation log = Invocation.of("explain", "--boot-log", text);
    assertThat(log.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(log.err()).contains("must be a boot log");

    Invocation evidence = Invocation.of("explain", before);
    assertThat(evidence.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(evidence.err()).contains("must be an evidence package").contains("--boot-log");

    assertThat(Invocation.of("explain", "--boot-log", folder.resolve("absent")).status())
        .isEqualTo(ExitStatus.CONFIGURATION);
  }

  @Test
  void explain_wrongArguments_areUsage() {
    Object[][] wrong = {
      {"explain"},
      {"explain", ID},
      {"explain", ID, "--boot-log", now},
      {"explain", ID, "--socket", "s", "--since", now},
      {"explain", now, "--socket", "s"},
      {"explain", "--boot-log", now, "--socket", "s"},
      {"explain", "--boot-log", now, "--frobnicate"}
    };
    for (Object[] arguments : wrong) {
      assertThat(Invocation.of(arguments).status()).isEqualTo(ExitStatus.USAGE);
    }
  }
}
