// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevocationVerdict;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustFolder;
import dev.writ.gateway.FollowerListener;
import dev.writ.gateway.GatewayTrust;
import dev.writ.gateway.RevocationFollower;
import dev.writ.ledger.SigningKey;
import dev.writ.tlog.Hash;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Gateways that were given a trust file whose log key nobody believes any more. */
@Timeout(60)
final class PushedUnderAnotherKeyTest extends DualControlled {
  /** The key that gives a checkpoint its authority. */
  private Hash signing() throws Exception {
    for (SigningKey key : deployment.service().ledger().keys()) {
      if (key.role() == KeyRole.CHECKPOINT
          && key.state() == KeyState.ACTIVE
          && !deployment.setup().keys().isEd25519(key.kid())) {
        return key.kid();
      }
    }
    throw new AssertionError("a checkpoint key must be active");
  }

  private long revoke(ProofBundle bundle) throws Exception {
    RevocationOutcome outcome =
        Deployment.join(
            deployment
                .service()
                .revocations()
                .revoke(
                    Deployment.claims(new IssuanceOutcome.Issued(bundle)).jti(),
                    RevocationReason.CEASED));
    return ((RevocationOutcome.Revoked) outcome).leafIndex();
  }

  /** What is pushed of a leaf to who goes on from the one before it. */
  private static byte[] pushed(URI service, long leaf) throws Exception {
    HttpURLConnection connection =
        (HttpURLConnection) service.resolve("/v1/revocations/stream").toURL().openConnection();
    connection.setReadTimeout(20_000);
    connection.setRequestProperty("Last-Event-ID", "" + (leaf - 1));
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
      boolean found = false;
      for (String line = lines.readLine(); ; line = lines.readLine()) {
        found |= line.equals("id: " + leaf);
        if (found && line.startsWith("data: ")) {
          return line.substring(6).getBytes(StandardCharsets.UTF_8);
        }
      }
    } finally {
      connection.disconnect();
    }
  }

  @Test
  void
      logKey_thatIsBelievedNoMore_provesNothing_whatWasPushedUnderItIsProvenAnew_andGatewaysFollow()
          throws Exception {
    ProofBundle withdrawn = issued();
    try (Doors doors =
        Doors.open(
            deployment.service(),
            new DoorsConfig(
                Optional.of(StubService.loopback()),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                DoorsConfig.Limits.standard()),
            InstantSource.system())) {
      URI service = URI.create("http://127.0.0.1:" + doors.plainPort().orElseThrow());
      long before = revoke(withdrawn);
      byte[] stale = pushed(service, before);
      approved(new ChangeRequest.Compromise(signing(), new ChangeRequest.Since.Ever()));
      BundleVerifier now = BundleVerifier.of(followed());
      assertThat(now.learnRevocation(stale, new SeenInMemory(), deployment.clock.instant()))
          .isInstanceOf(RevocationVerdict.Refused.class);

      TrustFolder kept = new TrustFolder(folder.resolve("followed"));
      GatewayTrust trust = GatewayTrust.in(kept, deployment.trust(), BundleVerifier::of);
      BlockingQueue<Long> heard = new LinkedBlockingQueue<>();
      BlockingQueue<TrustFile> followed = new LinkedBlockingQueue<>();
      FollowerListener listener =
          new FollowerListener() {
            @Override
            public void withdrawn(RevocationVerdict.Believed revocation) {
              heard.add(revocation.index());
            }

            @Override
            public void follows(TrustFile next) {
              followed.add(next);
            }
          };
      try (RevocationFollower follower =
          new RevocationFollower(
              List.of(service),
              Optional.empty(),
              trust,
              new SeenInMemory(),
              deployment.clock,
              listener)) {
        follower.start();
        TrustFile next = followed.poll(20, TimeUnit.SECONDS);
        assertThat(next).isNotNull();
        assertThat(next.toJson()).isEqualTo(followed().toJson());
        long after = revoke(issued());
        assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo(after);
      }
      assertThat(
              now.learnRevocation(
                  pushed(service, before), new SeenInMemory(), deployment.clock.instant()))
          .isInstanceOf(RevocationVerdict.Believed.class);
      assertThat(
              GatewayTrust.in(kept, deployment.trust(), BundleVerifier::of)
                  .trust()
                  .content()
                  .version())
          .isEqualTo(followed().content().version());
    }
  }
}
