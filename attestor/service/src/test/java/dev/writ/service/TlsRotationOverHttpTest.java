// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.agent.Answer;
import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.Timeouts;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustSuccession;
import dev.writ.evidence.TpmName;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A host that pins the doors' old TLS key alone goes on by itself when the key was followed by another. */
class TlsRotationOverHttpTest extends DualControlled {
  private Doors doors;
  private URI url;

  @BeforeEach
  void openDoors() throws Exception {
    TlsCredentialHsm credentials =
        new TlsCredentialHsm(
            deployment.setup().keys(),
            List.of("localhost"),
            Duration.ofHours(1),
            deployment.clock,
            new SecureRandom());
    doors =
        Doors.open(
            deployment.service(),
            new DoorsConfig(
                Optional.empty(),
                Optional.of(new DoorsConfig.Tls(StubService.loopback(), credentials)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                DoorsConfig.Limits.standard()),
            deployment.clock);
    url = URI.create("https://localhost:" + doors.tlsPort().orElseThrow());
  }

  @AfterEach
  void closeDoors() {
    doors.close();
  }

  private HttpServiceEndpoint endpoint(Supplier<Optional<List<Hash>>> newer) {
    return HttpServiceEndpoint.at(
        url, deployment.trust().content().tls(), newer, deployment.clock, Timeouts.STANDARD);
  }

  /** The pins of the newest trust file that whoever answers can show to follow the host's. */
  private Optional<List<Hash>> newest() {
    try {
      TrustFile newest =
          TrustSuccession.follow(
                  deployment.trust(), HttpServiceEndpoint.publishedAt(url, Timeouts.STANDARD))
              .newest();
      return Optional.of(newest.content().tls());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private TpmName name() throws Exception {
    return TpmName.parse(host.akName().bytes());
  }

  /** Of a host that begins anew each time: one that was connected before may resume its session. */
  private void awaitRenewal() throws Exception {
    Instant patience = Instant.now().plusSeconds(30);
    while (Instant.now().isBefore(patience)) {
      try {
        var unused = endpoint(Optional::empty).challenge(name());
      } catch (SSLHandshakeException e) {
        return;
      }
      Thread.sleep(10);
    }
    throw new AssertionError("the door must show another key's certificate, and does not");
  }

  @Test
  void tlsKey_compromised_hostWithTheOldPinFollowsTheTrustFile() throws Exception {
    assertThat(endpoint(Optional::empty).challenge(name())).isInstanceOf(Answer.Granted.class);

    approved(new ChangeRequest.Compromise(active(KeyRole.TLS), new ChangeRequest.Since.Ever()));
    awaitRenewal();

    assertThatThrownBy(() -> endpoint(Optional::empty).challenge(name()))
        .isInstanceOf(SSLHandshakeException.class)
        .hasMessageContaining("must show a key that the trust file's tls pins");
    assertThat(endpoint(this::newest).challenge(name())).isInstanceOf(Answer.Granted.class);
  }
}
