// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Operation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.Verdict;
import dev.writ.tlog.Hash;
import dev.writ.tlog.NoteSignature;
import dev.writ.tlog.TlogProof;
import dev.writ.tlog.TrustedCheckpoint;
import java.io.ByteArrayInputStream;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The keys that sign no artifact rotate too: the log's, the doors' and that of attestation keys. */
class RoleRotationTest extends DualControlled {
  private static final ChangeRequest.Rotate CHECKPOINT =
      new ChangeRequest.Rotate(KeyRole.CHECKPOINT, LEAD);

  /** That of type 0x02 which is not retiring: the Ed25519 key has the same role. */
  private Hash signing() throws Exception {
    for (var key : deployment.service().ledger().keys()) {
      if (key.role() == KeyRole.CHECKPOINT
          && key.state() == KeyState.ACTIVE
          && !deployment.setup().keys().isEd25519(key.kid())) {
        return key.kid();
      }
    }
    throw new AssertionError("no checkpoint key is active");
  }

  private static int lines(ProofBundle bundle) throws Exception {
    List<NoteSignature> lines = TlogProof.parse(bundle.tlogProof()).note().signatures();
    return lines.size();
  }

  @Test
  void checkpointKey_announced_signsBesideTheOther_andIsPublishedWithItsWindow() throws Exception {
    Hash old = signing();
    int before = lines(issued());

    Operation.RotateKey change = change(approved(CHECKPOINT));

    assertThat(change.from()).isEqualTo(old);
    TrustFile next = followed();
    assertThat(next.logPolicy().logs()).hasSize(2);
    assertThat(next.content().keysOf(KeyRole.CHECKPOINT)).hasSize(2);
    assertThat(next.content().trustedKey(old).orElseThrow().state()).isEqualTo(KeyState.RETIRING);
    ProofBundle during = issued();
    assertThat(lines(during)).isEqualTo(before + 1);
    assertThat(verdict(deployment.trust(), during)).isInstanceOf(Verdict.Allowed.class);
    assertThat(verdict(next, during)).isInstanceOf(Verdict.Allowed.class);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void checkpointKey_retired_signsNoMore_andWhoMissedTheTrustFileDenies(boolean restarts)
      throws Exception {
    int before = lines(issued());
    Operation.RotateKey change = change(approved(CHECKPOINT));
    restartIf(restarts);
    passes(UNTIL_ACTIVE);
    assertThat(signing()).isEqualTo(change.to());
    restartIf(restarts);
    ProofBundle during = issued();
    assertThat(lines(during)).isEqualTo(before + 1);
    assertThat(verdict(followed(), during)).isInstanceOf(Verdict.Allowed.class);
    assertDenied(verdict(deployment.trust(), during), DenialCode.GOVERNANCE_DISCONTINUITY);
    passes(Overlaps.OVERLAP.plus(Duration.ofHours(1)));
    assertThat(state(change.from())).isEqualTo(KeyState.RETIRED);
    restartIf(restarts);

    ProofBundle after = issued();

    assertThat(lines(after)).isEqualTo(before);
    assertThat(verdict(followed(), after)).isInstanceOf(Verdict.Allowed.class);
    assertDenied(verdict(deployment.trust(), after), DenialCode.LINEAGE_FRAGMENTED);
    approved(new ChangeRequest.Destroy(change.from()));
    deployment.restart();
    assertThat(verdict(followed(), issued())).isInstanceOf(Verdict.Allowed.class);
  }

  private void restartIf(boolean restarts) throws Exception {
    if (restarts) {
      deployment.restart();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void checkpointKey_compromised_isNoLogsKeyAnyMore(boolean announced) throws Exception {
    ProofBundle before = issued();
    Hash old = signing();
    if (announced) {
      approved(CHECKPOINT);
    }

    approved(new ChangeRequest.Compromise(old, new ChangeRequest.Since.Ever()));

    assertThat(state(old)).isEqualTo(KeyState.COMPROMISED);
    TrustFile next = followed();
    assertThat(next.logPolicy().logs()).hasSize(1);
    ProofBundle after = issued();
    assertThat(verdict(next, after)).isInstanceOf(Verdict.Allowed.class);
    assertDenied(verdict(deployment.trust(), after), DenialCode.LINEAGE_FRAGMENTED);
    assertDenied(verdict(next, before), DenialCode.LINEAGE_FRAGMENTED);
    deployment.restart();
    assertThat(verdict(next, issued())).isInstanceOf(Verdict.Allowed.class);
  }

  /** What the ledger says of the compromise is under the key that is believed. */
  @Test
  void checkpointKey_compromised_itsOwnEntryIsUnderTheOtherKey() throws Exception {
    approved(new ChangeRequest.Compromise(signing(), new ChangeRequest.Since.Ever()));

    assertThat(followed().logPolicy().verifyCheckpoint(deployment.service().ledger().checkpoint()))
        .isInstanceOf(TrustedCheckpoint.class);
  }

  private TlsCredentialHsm door() throws Exception {
    return new TlsCredentialHsm(
        deployment.setup().keys(),
        List.of("localhost"),
        Duration.ofHours(1),
        deployment.clock,
        new SecureRandom());
  }

  /** SHA-256 of the public keys that a chain shows. */
  private static List<Hash> pins(TlsCredential credential) {
    return credential.chain().stream()
        .map(certificate -> Hash.sha256(certificate.getPublicKey().getEncoded()))
        .toList();
  }

  private Hash pin(KeyRole role, Hash kid) throws Exception {
    return IssuerKeys.tlsPin(
        new KeyGenerations(
                inUse(), deployment.service().ledger(), deployment.clock, new SecureRandom())
            .inToken(role, kid));
  }

  private KeysInUse inUse() throws Exception {
    return KeysInUse.of(token().keys(), deployment.service().ledger());
  }

  @Test
  void tlsKey_rotates_doorsAreToldAndBothArePinned() throws Exception {
    TlsCredentialHsm door = door();
    List<String> told = new ArrayList<>();
    door.whenSuperseded(() -> told.add("renewed"));
    Hash before = IssuerKeys.tlsPin(deployment.setup().keys().tls());
    assertThat(pins(door.next())).contains(before);

    Operation.RotateKey change = change(approved(new ChangeRequest.Rotate(KeyRole.TLS, LEAD)));

    Hash after = pin(KeyRole.TLS, change.to());
    assertThat(followed().content().tls()).containsExactly(before, after);
    assertThat(pins(door.next())).contains(before);
    assertThat(told).isEmpty();
    passes(UNTIL_ACTIVE);
    assertThat(told).containsExactly("renewed");
    assertThat(pins(door.next())).contains(after).doesNotContain(before);
    deployment.restart();
    assertThat(pins(door().next())).contains(after);
    passes(Overlaps.OVERLAP.plus(Duration.ofHours(1)));
    assertThat(state(change.from())).isEqualTo(KeyState.RETIRED);
  }

  @Test
  void tlsKey_compromised_isNotPinnedAndDoorsShowItNoMore() throws Exception {
    TlsCredentialHsm door = door();
    Hash old = active(KeyRole.TLS);
    Hash before = IssuerKeys.tlsPin(deployment.setup().keys().tls());

    Proposal proposal = approved(new ChangeRequest.Compromise(old, new ChangeRequest.Since.Ever()));

    Hash to = ((Operation.CompromiseKey) proposal.operation().change()).replacement().orElseThrow();
    assertThat(followed().content().tls()).containsExactly(pin(KeyRole.TLS, to));
    assertThat(pins(door.next())).contains(pin(KeyRole.TLS, to)).doesNotContain(before);
    assertThat(state(old)).isEqualTo(KeyState.COMPROMISED);
  }

  @Test
  void attestationKey_rotates_andTheNextCertifiesHosts() throws Exception {
    Hash old = active(KeyRole.ATTESTATION);
    SoftwareHost second = deployment.host("host-b");
    SoftwareHost third = deployment.host("host-c");
    deployment.restart();
    X509Certificate before = authority(second);

    Operation.RotateKey change =
        change(approved(new ChangeRequest.Rotate(KeyRole.ATTESTATION, LEAD)));

    assertThat(change.from()).isEqualTo(old);
    assertThat(followed().content().keysOf(KeyRole.ATTESTATION)).hasSize(2);
    passes(UNTIL_ACTIVE);
    assertThat(authority(third)).isNotEqualTo(before);
    assertThat(followed().content().trustedKey(old).orElseThrow().exp())
        .as("as long as a certificate that it signed is valid")
        .isAfter(deployment.clock.instant().plus(deployment.setup().terms().akValidity()));
  }

  /** The certificate of the key that certified this host's. */
  private X509Certificate authority(SoftwareHost host) throws Exception {
    EnrolmentOutcome outcome = deployment.enrol(host);
    byte[] der = ((EnrolmentOutcome.Enrolled) outcome).akCertificate().get(1).bytes();
    return (X509Certificate)
        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
  }

  @Test
  void roles_rotateBesideOneAnother() throws Exception {
    approved(CHECKPOINT);
    approved(new ChangeRequest.Rotate(KeyRole.TLS, LEAD));
    approved(new ChangeRequest.Rotate(KeyRole.ISSUER, LEAD));
    approved(new ChangeRequest.Rotate(KeyRole.ATTESTATION, LEAD));
    approved(new ChangeRequest.Rotate(KeyRole.STATUS, LEAD));

    passes(UNTIL_ACTIVE.plus(Duration.ofSeconds(10)));

    assertThat(followed().content().version()).isEqualTo(6);
    assertThat(verdict(followed(), issued())).isInstanceOf(Verdict.Allowed.class);
    assertThat(Optional.of(deployment.service().trustFiles().inForce())).contains(6L);
  }
}
