// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.evidence.EkChain;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What enrolment can do without: the chain that a TPM carries, and a certificate of the key. */
final class HostEnrolmentTest {
  @TempDir private Path folder;
  private SwtpmHost host;
  private VerifyingService service;

  @BeforeEach
  void manufacture() throws Exception {
    EndorsementAuthority authority = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    host = SwtpmHost.manufacture(Files.createDirectory(folder.resolve("tpm")), authority);
    service = new VerifyingService(authority, PcrSelection.of(TpmAlg.SHA256, 0));
  }

  @AfterEach
  void stop() {
    host.close();
  }

  private Answer<Enrolled> enrol(Tpm tpm) throws Exception {
    Path key = folder.resolve("instance.key");
    try (Attester attester = Attester.open(tpm, key, service, new SecureRandom())) {
      return attester.enrol("host-a");
    }
  }

  @Test
  void chainThatTheTpmDoesNotGive_isNotPresented() throws Exception {
    for (int i = 0; i < 7; i++) {
      host.writeNv(0x01c00100 + i, new byte[1_800]);
    }
    try (Tpm tpm = Tpm.open(host.tcti())) {
      assertThatThrownBy(tpm::endorsementChain)
          .isInstanceOf(TpmException.class)
          .hasMessageContaining("12288");

      assertThat(enrol(tpm)).isInstanceOf(Answer.Granted.class);
      assertThat(service.lastEnrolment().endorsementChain()).isEqualTo(EkChain.NONE);
    }
  }

  @Test
  void serviceThatCertifiesNoKeys_enrolsTheHostAllTheSame() throws Exception {
    service.certifyNoKey();
    try (Tpm tpm = Tpm.open(host.tcti())) {
      assertThat(enrol(tpm))
          .isInstanceOfSatisfying(
              Answer.Granted.class,
              granted ->
                  assertThat(((Enrolled) granted.value()).akCertificate())
                      .as("none to write")
                      .isEmpty());
    }
  }
}
