// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.Verdict;
import dev.writ.ledger.LedgerException;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TlogProof;
import dev.writ.tlog.TrustedCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A service whose trust file wants two of three witnesses, which are real and over HTTP. */
@Timeout(180)
final class WitnessedServiceTest {
  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;
  private final List<RunningWitness> witnesses = new ArrayList<>();

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  @BeforeEach
  void start() throws Exception {
    deployment = new Deployment(token, folder);
    NoteKey log =
        NoteKey.ofP256(Deployment.IDENTITY.origin(), token.keys().checkpoint().publicKey());
    for (String name : List.of("north", "south", "west")) {
      RunningWitness witness = new RunningWitness(name, folder, deployment.clock);
      witnesses.add(witness);
      witness.start(log);
    }
    deployment.witnesses(
        witnesses.stream()
                .map(
                    one ->
                        "witness " + one.name + " " + one.cosigner.key() + " " + one.url() + "\n")
                .collect(Collectors.joining())
            + "group enough 2 north south west\nquorum enough\n");
  }

  @AfterEach
  void stop() {
    deployment.close();
    witnesses.forEach(RunningWitness::close);
  }

  @Test
  void bundle_isCosignedByAQuorum_andVerifiesOffline() throws Exception {
    SoftwareHost host = startedWithHost();
    ProofBundle bundle = Deployment.bundle(deployment.attest(host));
    assertTrusted(TlogProof.parse(bundle.tlogProof()).note());
    assertTrusted(deployment.service().ledger().checkpoint());
    witnesses.forEach(RunningWitness::stop);
    assertAllowed(bundle);
  }

  @Test
  void bundle_withoutOneOfTwoCosignatures_isRefused() throws Exception {
    SoftwareHost host = startedWithHost();
    ProofBundle bundle = Deployment.bundle(deployment.attest(host));
    SignedNote full = TlogProof.parse(bundle.tlogProof()).note();
    SignedNote oneAlone =
        SignedNote.of(
            full.text(),
            full.signatures().stream()
                .filter(
                    line -> !line.name().endsWith(".example") || line.name().equals("west.example"))
                .toList());
    String proof = bundle.tlogProof();
    String cut = proof.replace(full.format(), oneAlone.format());
    assertThat(cut).isNotEqualTo(proof);
    ProofBundle without =
        new ProofBundle(bundle.artifact(), bundle.leaf(), cut, bundle.statusListToken());
    assertThat(deployment.verdict(without, new SeenInMemory()))
        .isInstanceOfSatisfying(
            Verdict.Denied.class,
            denied -> assertThat(denied.code()).isEqualTo(DenialCode.LINEAGE_FRAGMENTED));
  }

  @Test
  void oneWitnessAwayGoesOn_twoDenyUnverifiable_andBackGoesOnByItself() throws Exception {
    SoftwareHost host = startedWithHost();
    assertAllowed(Deployment.bundle(deployment.attest(host)));
    witnesses.get(0).stop();
    assertAllowed(Deployment.bundle(deployment.attest(host)));
    witnesses.get(1).stop();
    Denial denial = Deployment.denial(DenialCode.UNVERIFIABLE, deployment.attest(host));
    assertThat(denial.reason()).isEqualTo("witnesses_unavailable");
    assertThat(denial.message()).contains("north").contains("south");
    assertThat(denial.retryable()).isTrue();
    witnesses.get(1).startAgain();
    IssuanceOutcome outcome = deployment.attest(host);
    while (outcome instanceof IssuanceOutcome.Denied) {
      Denial waiting = Deployment.denial(DenialCode.UNVERIFIABLE, outcome);
      assertThat(waiting.reason()).isEqualTo("witnesses_unavailable");
      Thread.sleep(100);
      outcome = deployment.attest(host);
    }
    assertAllowed(Deployment.bundle(outcome));
  }

  @Test
  void start_storeThatWasPutBack_isRefused() throws Exception {
    SoftwareHost host = startedWithHost();
    deployment.service().close();
    Path copy = folder.resolve("copy");
    copy(deployment.ledgerFolder, copy);
    deployment.start();
    ProofBundle unused = Deployment.bundle(deployment.attest(host));
    deployment.service().close();
    copy(copy, deployment.ledgerFolder);
    assertThatThrownBy(() -> deployment.start())
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("rolled back");
  }

  @Test
  void start_newLedgerWithoutWitnesses_isRefused() throws Exception {
    witnesses.forEach(RunningWitness::stop);
    assertThatThrownBy(() -> deployment.start())
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("quorum of witnesses");
  }

  private SoftwareHost startedWithHost() throws Exception {
    SoftwareHost host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    return host;
  }

  private void assertAllowed(ProofBundle bundle) {
    assertThat(deployment.verdict(bundle, new SeenInMemory())).isInstanceOf(Verdict.Allowed.class);
  }

  private void assertTrusted(SignedNote note) throws Exception {
    TrustFile trust = deployment.trust();
    assertThat(trust.logPolicy().needsWitnesses()).isTrue();
    assertThat(trust.logPolicy().verifyCheckpoint(note))
        .isInstanceOfSatisfying(
            TrustedCheckpoint.class,
            trusted -> assertThat(trusted.cosignatures()).hasSizeGreaterThanOrEqualTo(2));
  }

  private static void copy(Path from, Path to) throws IOException {
    if (Files.exists(to)) {
      try (Stream<Path> files = Files.list(to)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
    }
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Path unused =
            Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }
}
