// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.agent.Answer;
import dev.writ.agent.AttestationFailedException;
import dev.writ.agent.Attester;
import dev.writ.agent.HostQuote;
import dev.writ.artifact.AkName;
import dev.writ.artifact.HostState;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.ServiceStart;
import dev.writ.artifact.StartBinding;
import dev.writ.artifact.TrustReference;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.fixtures.SoftwareTpmKey;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.ledger.LedgerException;
import dev.writ.lineage.Edge;
import dev.writ.lineage.EdgeKind;
import dev.writ.lineage.Lineage;
import dev.writ.lineage.LineageCheck;
import dev.writ.lineage.Openings;
import dev.writ.tlog.Hash;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tpm.EndorsementKeyKind;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the ledger has of a start when the service's host has a TPM: a simulated one, asked for real. */
class ServiceStartsTest {
  @TempDir static Path tokenFolder;
  private static ServiceToken token;

  @TempDir Path folder;
  private Deployment deployment;
  private SwtpmHost host;

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  @BeforeEach
  void boot() throws Exception {
    deployment = new Deployment(token, folder);
    host = manufacture("a");
    deployment.vouchedForBy(on(host));
  }

  @AfterEach
  void stop() throws Exception {
    deployment.close();
    host.close();
  }

  private SwtpmHost manufacture(String name) throws Exception {
    return SwtpmHost.manufacture(Files.createDirectory(folder.resolve(name)), deployment.maker);
  }

  private static OwnHost on(SwtpmHost machine) {
    return (asked, qualifyingData) -> quote(machine, asked, qualifyingData);
  }

  private static OwnHost.Quoted quote(SwtpmHost machine, PcrSelection asked, Hash data)
      throws ServiceStartException {
    try (Tpm tpm = Tpm.open(machine.tcti())) {
      HostQuote quote = HostQuote.take(tpm, asked, data.bytes());
      return new OwnHost.Quoted(quote.akPublic(), quote.evidence());
    } catch (TpmException | AttestationFailedException e) {
      throw new ServiceStartException("the TPM must answer, and did not: " + e.getMessage());
    }
  }

  private static AkName akName(SwtpmHost machine) throws Exception {
    try (Tpm tpm = Tpm.open(machine.tcti())) {
      return AkName.of(tpm.attestationKey().name());
    }
  }

  private ServiceStarts.Anchored newest() throws Exception {
    return deployment.service().starts().newest().orElseThrow();
  }

  private static ServiceStart body(ServiceStarts.Anchored anchored) {
    return (ServiceStart) anchored.leaf().body();
  }

  private static StartOutcome outcome(ServiceStarts.Anchored anchored) {
    return anchored.evidence().orElseThrow().verify(body(anchored));
  }

  private static String reason(StartOutcome outcome) {
    assertThat(outcome).isInstanceOf(StartOutcome.Refused.class);
    return ((StartOutcome.Refused) outcome).reason();
  }

  @Test
  void start_onAHostWithATpm_isALeafThatItsEvidenceProves() throws Exception {
    WritService service = deployment.start();

    ServiceStarts.Anchored anchored = newest();
    ServiceStart start = body(anchored);
    assertThat(anchored.leaf().kind()).isEqualTo(LeafKind.KEY);
    assertThat(outcome(anchored)).isInstanceOf(StartOutcome.Holds.class);
    assertThat(start.host().akName()).isEqualTo(akName(host));
    assertThat(start.previousAk()).isEmpty();
    assertThat(start.binding().origin()).isEqualTo(Deployment.IDENTITY.origin());
    assertThat(start.binding().trust()).isEqualTo(TrustReference.of(deployment.trust()));
    assertThat(start.binding().treeSize()).isPositive().isLessThanOrEqualTo(anchored.index());
    assertThat(start.binding().keys())
        .extracting(StartBinding.Key::kid)
        .contains(token.keys().issuerKid(), token.keys().checkpointKid());
    assertThat(
            anchored
                .proof()
                .inclusion()
                .verify(anchored.leaf().hash(), anchored.proof().checkpoint().root()))
        .isInstanceOf(ProofOutcome.Proven.class);
    assertThat(
            anchored.bound().verify(start.binding().root(), anchored.proof().checkpoint().root()))
        .isInstanceOf(ProofOutcome.Proven.class);
    assertThat(service.ledger().newestStart()).hasValue(anchored.index());
  }

  @Test
  void start_withoutATpm_leavesNoLeaf() throws Exception {
    try (Deployment plain = new Deployment(token, folder.resolve("plain"))) {
      plain.start();

      assertThat(plain.service().starts().newest()).isEmpty();
    }
  }

  @Test
  void restart_onTheSameTpmInAnotherState_saysBoth() throws Exception {
    deployment.start();
    ServiceStarts.Anchored first = newest();
    try (Tpm tpm = Tpm.open(host.tcti())) {
      tpm.extendPcr(4, PcrBank.SHA256, new byte[32]);
    }
    deployment.restart();

    ServiceStarts.Anchored second = newest();
    assertThat(second.index()).isGreaterThan(first.index());
    assertThat(second.leaf().parents()).contains(first.leaf().hash());
    assertThat(body(second).previousAk()).isEmpty();
    assertThat(body(second).host().pcrDigest()).isNotEqualTo(body(first).host().pcrDigest());
    assertThat(outcome(second)).isInstanceOf(StartOutcome.Holds.class);
    Lineage lineage = AuditedLog.read(deployment, Openings.NONE);
    assertThat(LineageCheck.check(lineage, 0, deployment.leaves()).findings()).isEmpty();
    assertThat(lineage.root(newest().index()).edges())
        .filteredOn(edge -> edge.kind() == EdgeKind.FOLLOWS)
        .extracting(Edge::toString)
        .containsExactly("start:" + newest().index() + " -follows-> start:" + first.index());
  }

  /** Then a maker's certificate and an activated credential stand behind the key that quoted. */
  @Test
  void restart_onAHostThatIsEnrolledHere_hasItsEnrolmentAmongTheParents() throws Exception {
    try (Tpm tpm = Tpm.open(host.tcti())) {
      for (EndorsementKeyKind kind : EndorsementKeyKind.values()) {
        Optional<byte[]> certificate = tpm.endorsementCertificate(kind);
        if (certificate.isPresent()) {
          PublicKey key =
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(certificate.get()))
                  .getPublicKey();
          deployment.admitted.put(Hash.sha256(key.getEncoded()), "service-host");
        }
      }
    }
    deployment.start();
    try (Tpm tpm = Tpm.open(host.tcti());
        Attester agent =
            Attester.open(
                tpm,
                folder.resolve("instance-key"),
                new InProcess(deployment.service()),
                new SecureRandom())) {
      assertThat(agent.enrol("service-host")).isInstanceOf(Answer.Granted.class);
    }
    long enrolment = deployment.service().ledger().host(akName(host)).orElseThrow().leafIndex();
    Hash leaf = deployment.service().ledger().leaf(enrolment).orElseThrow().hash();
    assertThat(newest().leaf().parents()).doesNotContain(leaf);
    deployment.restart();

    assertThat(newest().leaf().parents()).contains(leaf);
  }

  @Test
  void restart_onAnotherTpm_isSaidInTheLeaf() throws Exception {
    deployment.start();
    AkName before = akName(host);
    try (SwtpmHost other = manufacture("b")) {
      deployment.vouchedForBy(on(other));
      deployment.restart();

      assertThat(body(newest()).host().akName()).isEqualTo(akName(other)).isNotEqualTo(before);
      assertThat(body(newest()).previousAk()).contains(before);
      assertThat(outcome(newest())).isInstanceOf(StartOutcome.Holds.class);
    }
  }

  @Test
  void start_whoseTpmIsGone_isRefusedAndLeavesTheLedgerToTheNext() throws Exception {
    host.cutPower();
    assertThatThrownBy(() -> deployment.start())
        .isInstanceOf(ServiceStartException.class)
        .hasMessageContaining("the TPM must answer");
    host.powerOn();

    deployment.start();
    assertThat(outcome(newest())).isInstanceOf(StartOutcome.Holds.class);
  }

  /** A quote that the TPM made before, or for something else. */
  @Test
  void start_onAQuoteOverOtherData_isRefused() throws Exception {
    deployment.vouchedForBy(
        (asked, qualifyingData) -> quote(host, asked, Hash.sha256(qualifyingData.bytes())));

    assertThatThrownBy(() -> deployment.start())
        .isInstanceOf(ServiceStartException.class)
        .hasMessageContaining("must vouch for the start");
  }

  @Test
  void start_onAQuoteOfOtherPcrs_isRefused() throws Exception {
    deployment.vouchedForBy(
        (asked, qualifyingData) ->
            quote(host, PcrSelection.of(asked.banks().get(0).hash(), 0), qualifyingData));

    assertThatThrownBy(() -> deployment.start())
        .isInstanceOf(ServiceStartException.class)
        .hasMessageContaining("PCR selection");
  }

  @Test
  void evidence_ofWhichAnyByteIsChanged_doesNotHold() throws Exception {
    deployment.start();
    ServiceStarts.Anchored anchored = newest();
    StartEvidence kept = anchored.evidence().orElseThrow();
    byte[] evidence = kept.evidence().bytes();
    for (int at = 0; at < evidence.length; at++) {
      byte[] changed = evidence.clone();
      changed[at] ^= 1;
      assertThat(
              reason(new StartEvidence(kept.akPublic(), Octets.of(changed)).verify(body(anchored))))
          .isEqualTo("evidence_digest_mismatch");
    }
    byte[] akPublic = kept.akPublic().bytes();
    for (int at = 0; at < akPublic.length; at++) {
      byte[] changed = akPublic.clone();
      changed[at] ^= 1;
      assertThat(new StartEvidence(Octets.of(changed), kept.evidence()).verify(body(anchored)))
          .as("byte %d", at)
          .isInstanceOf(StartOutcome.Refused.class);
    }
  }

  /** A leaf has no place for names and digests of another length. */
  @ParameterizedTest
  @CsvSource({
    "0x0b, 0x0b, evidence_malformed",
    "0x0c, 0x0c, ak_not_sha256",
    "0x0b, 0x0c, ak_not_sha256",
    "0x27, 0x0b, ak_not_sha256"
  })
  void evidence_ofAKeyThatIsNotOfSha256_doesNotHold(int nameAlg, int schemeHash, String reason) {
    Octets area = Octets.of(SoftwareTpmKey.attestation(nameAlg, schemeHash).publicArea());

    assertThat(reason(new StartEvidence(area, Octets.EMPTY).quoteOver(Hash.sha256(new byte[0]))))
        .isEqualTo(reason);
  }

  /** Whoever writes the leaf says something else than was quoted. */
  @Test
  void leaf_thatSaysAnotherStateOrBinding_doesNotHold() throws Exception {
    deployment.start();
    ServiceStart start = body(newest());
    StartEvidence evidence = newest().evidence().orElseThrow();
    HostState state = start.host();
    HostState another =
        new HostState(
            state.akName(),
            state.pcrs(),
            Hash.sha256(new byte[0]),
            state.resetCount(),
            state.restartCount());
    HostState rebooted =
        new HostState(
            state.akName(),
            state.pcrs(),
            state.pcrDigest(),
            state.resetCount() + 1,
            state.restartCount());
    for (HostState untrue : List.of(another, rebooted)) {
      assertThat(reason(evidence.verify(with(start, start.binding(), untrue))))
          .isEqualTo("state_mismatch");
    }
    StartBinding binding = start.binding();
    StartBinding later =
        new StartBinding(
            binding.origin(),
            binding.treeSize() + 1,
            binding.root(),
            binding.trust(),
            binding.keys());
    assertThat(evidence.verify(with(start, later, state))).isInstanceOf(StartOutcome.Refused.class);
  }

  private static ServiceStart with(ServiceStart start, StartBinding binding, HostState state) {
    return new ServiceStart(binding, state, start.evidenceDigest(), Optional.empty());
  }

  @Test
  void storedEvidence_changedInTheStore_isFound() throws Exception {
    deployment.start();
    long index = newest().index();
    StartEvidence kept = newest().evidence().orElseThrow();
    byte[] evidence = kept.evidence().bytes();
    evidence[evidence.length / 2] ^= 1;
    store(
        index,
        Payload.start(new StartEvidence(kept.akPublic(), Octets.of(evidence)), new byte[32]));

    assertThatThrownBy(this::newest)
        .isInstanceOfSatisfying(
            LedgerException.class,
            failure -> assertThat(failure.code()).isEqualTo("payload_contradicts"));
    deployment.forgetPayloadOf(index);
    assertThat(reason(outcome(newest()))).isEqualTo("evidence_digest_mismatch");
    store(index, new byte[] {'{', '}'});
    assertThatThrownBy(this::newest)
        .isInstanceOf(DeniedException.class)
        .hasMessage("payload_contradicts");
  }

  private void store(long index, byte[] payload) throws Exception {
    try (Connection store = deployment.store();
        PreparedStatement update =
            store.prepareStatement("UPDATE payload SET bytes = ? WHERE leaf_index = ?")) {
      update.setBytes(1, payload);
      update.setLong(2, index);
      assertThat(update.executeUpdate()).isEqualTo(1);
    }
  }

  @Test
  void erasedEvidence_leavesTheLeaf() throws Exception {
    deployment.start();
    assertThat(deployment.service().ledger().payloads().erase(newest().index())).isTrue();

    assertThat(newest().evidence()).isEmpty();
    assertThat(body(newest()).host().akName()).isEqualTo(akName(host));
  }
}
