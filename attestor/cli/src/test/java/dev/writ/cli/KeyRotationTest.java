// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.TrustFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys that are rotated and compromised by operators' commands, and hosts and verifiers that follow. */
class KeyRotationTest {
  private static final String[] PROGRAM = {"/bin/echo", "ran"};

  private static GovernedHosts hosts;
  private static OperatedService operated;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws Exception {
    hosts = GovernedHosts.start();
    operated = new OperatedService(hosts.running().service());
  }

  @AfterAll
  static void stop() throws Exception {
    hosts.close();
  }

  private Path kept() {
    return folder.resolve("trust");
  }

  private static Invocation verify(Path bundle, Object... more) {
    Object[] arguments = {"verify", bundle, "--trust", hosts.trust()};
    Object[] all = new Object[arguments.length + more.length];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return Invocation.of(all);
  }

  private static String kid(Path bundle) throws Exception {
    return Thumbprint.text(
        Artifact.parse(ProofBundle.parse(Files.readAllBytes(bundle)).artifact()).kid());
  }

  @Test
  void rotation_approved_isFollowedByHostsAndVerifiersWithNoManualStep() throws Exception {
    String before = operated.active("issuer");
    String after = operated.rotate("issuer");

    Path bundle = hosts.bundle(1, List.of("--trust-folder", kept().toString()), PROGRAM);
    assertThat(kid(bundle)).isEqualTo(after).isNotEqualTo(before);
    assertThat(verify(bundle).out()).contains("denied: signature_invalid").contains("follow");
    assertThat(verify(bundle, "--trust-folder", kept()).status()).isEqualTo(ExitStatus.DONE);
    assertThat(verify(bundle, "--service", hosts.url()).status()).isEqualTo(ExitStatus.DONE);

    WritProcess.Ended stale = hosts.fresh(List.of(), PROGRAM).run();
    assertThat(stale.status()).as(stale.err()).isZero();
    assertThat(stale.err()).isEmpty();
    WritProcess.Ended offline = hosts.under(bundle, PROGRAM).run();
    assertThat(offline.code()).as(offline.err()).isEqualTo("signature_invalid");
    WritProcess.Ended following =
        hosts.under(bundle, PROGRAM).with("WRIT_TRUST_FOLDER", kept().toString()).run();
    assertThat(following.out()).as(following.err()).isEqualTo("ran\n");
    assertLedgerKeepsItsRules();
  }

  @Test
  void run_thatFollows_keepsWhatItFollowed() throws Exception {
    String after = operated.rotate("issuer");

    WritProcess.Ended run =
        hosts.fresh(List.of("--trust-folder", kept().toString()), PROGRAM).run();

    assertThat(run.out()).as(run.err()).isEqualTo("ran\n");
    assertThat(kept()).isDirectoryContaining("glob:**/2.json");
    assertThat(operated.active("issuer")).isEqualTo(after);
  }

  @Test
  void compromise_ofTheKeyThatSigns_endsWhatItSignedForWhoFollowsAndForWhoDoesNot()
      throws Exception {
    Path stolen = hosts.bundle(1, List.of(), PROGRAM);
    String key = kid(stolen);
    assertThat(verify(stolen, "--service", hosts.url()).status()).isEqualTo(ExitStatus.DONE);

    String operation =
        OperatedService.fact(operated.keys("compromise", key, "--valid", "1h"), "operation");
    Invocation approved = operated.approve(operation, operated.operatorKey());
    assertThat(OperatedService.fact(approved, "state")).isEqualTo("executed");
    assertThat(approved.err())
        .contains("key " + key + " of role issuer is COMPROMISED: nothing that it signed")
        .contains("operators unchanged: 1 of");

    assertThat(operated.kids("issuer", "compromised")).contains(key);
    assertThat(verify(stolen, "--service", hosts.url(), "--trust-folder", kept()).out())
        .contains("denied: revoked");
    assertThat(verify(stolen, "--trust-folder", kept()).out()).contains("denied: revoked");
    Path token =
        Files.writeString(
            folder.resolve("status.jws"),
            hosts.running().service().statusToken("https://writ.example/status/0"));
    assertThat(verify(stolen, "--status", token).out())
        .contains("denied: governance_discontinuity")
        .contains("let it follow");
    WritProcess.Ended run = hosts.fresh(List.of(), PROGRAM).run();
    assertThat(run.out()).as(run.err()).isEqualTo("ran\n");
  }

  @Test
  void compromise_fromAnIndexOn_leavesWhatWasDecidedBefore() throws Exception {
    Path before = hosts.bundle(1, List.of(), PROGRAM);
    int size = hosts.leaves().size();
    Path after = hosts.bundle(1, List.of(), PROGRAM);

    String operation =
        OperatedService.fact(
            operated.keys("compromise", kid(before), "--from-index", size), "operation");
    String state =
        OperatedService.fact(operated.approve(operation, operated.operatorKey()), "state");
    assertThat(state).isEqualTo("executed");

    assertThat(verify(before, "--service", hosts.url()).out()).contains("allowed");
    assertThat(verify(after, "--service", hosts.url()).out())
        .contains("denied: revoked")
        .contains("compromised from " + size);
    assertLedgerKeepsItsRules();
  }

  /** What the service's leaves say of its keys follows from one another, as an auditor sees it. */
  private static void assertLedgerKeepsItsRules() throws Exception {
    String vkey =
        TrustFile.parse(Files.readAllBytes(hosts.trust())).logPolicy().logs().get(0).key().vkey();
    Invocation checked = Invocation.of("ledger", "check", hosts.url() + "/ledger", "--log", vkey);
    assertThat(checked.status()).as(checked.err()).isEqualTo(ExitStatus.DONE);
    assertThat(checked.out()).contains("holds   true");
  }
}
