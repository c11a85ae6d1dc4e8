// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.ArchiveConfig;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.tlog.Hash;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service whose first leaves, its policy and its host's enrolment among them, have left the store. */
final class ArchivedServiceTest {
  private static final int DAYS = 2;

  @TempDir private Path folder;

  @Test
  void service_whoseOldLeavesAreArchived_servesAndDecidesAsBefore() throws Exception {
    Path archive = Files.createDirectory(folder.resolve("archive"));
    try (ServiceToken token = ServiceToken.create();
        Deployment deployment = new Deployment(token, folder)) {
      deployment.archive(new ArchiveConfig(archive, DAYS));
      SoftwareHost host = deployment.host("host-a");
      SoftwareHost later = deployment.host("host-b");
      deployment.start();
      assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
      Ledger ledger = deployment.service().ledger();
      fill(ledger, Instant.ofEpochMilli(deployment.clock.millis()));
      Hash enrolment = ledger.leafHash(enrolment(ledger, host)).orElseThrow();
      deployment.clock.advance(Duration.ofDays(DAYS).plusSeconds(1));
      awaitMinimum(ledger);

      deployment.restart();
      Ledger after = deployment.service().ledger();
      assertThat(enrolment(after, host)).isLessThan(256);
      assertThat(Deployment.bundle(deployment.attest(host))).isNotNull();
      Leaf newest = after.leaf(after.size() - 1).orElseThrow();
      assertThat(newest.parents()).contains(enrolment);
      serves(deployment, archive, after.size(), later);
      Path away = Files.move(archive, folder.resolve("away"));
      Instant time = deployment.clock.instant().minus(WebhookDelivery.MATTERS);
      long since = new RevocationEvents(after).since(time);
      assertThat(after.leaf(since).orElseThrow().time()).isAfterOrEqualTo(time);
      assertThat(after.leaf(since - 1).orElseThrow().time()).isBefore(time);
      Files.move(away, archive);

      deployment.service().close();
      Files.delete(archive.resolve("tile/0/000"));
      assertThatThrownBy(deployment::start)
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining("tile/0/000 must be there, is not");
    }
  }

  private static void serves(Deployment deployment, Path archive, long size, SoftwareHost later)
      throws Exception {
    try (Doors doors =
        Doors.open(
            deployment.service(),
            StubService.plain(DoorsConfig.Limits.standard()),
            InstantSource.system())) {
      assertThat(get(doors, "/v1/ledger/retention").text())
          .isEqualTo(
              "{\"archive\":true,\"keep_days\":2,\"minimum_index\":256,"
                  + "\"origin\":\"writ.example/ledger\"}");
      assertThat(get(doors, "/ledger/tile/0/000").body())
          .isEqualTo(Files.readAllBytes(archive.resolve("tile/0/000")));
      Path entries = archive.resolve("tile/entries/000");
      byte[] whole = Files.readAllBytes(entries);
      assertThat(get(doors, "/ledger/tile/entries/000").body()).isEqualTo(whole);
      assertThat(get(doors, "/v1/ledger/inclusion?index=3&size=" + size).status()).isEqualTo(200);
      Files.write(entries, new byte[] {0, 1, 2});
      HttpWire.Response refused = get(doors, "/ledger/tile/entries/000");
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.text()).contains("archive_unavailable").doesNotContain(archive.toString());
      assertThat(deployment.enrol(later)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
      assertThat(Deployment.bundle(deployment.attest(later))).isNotNull();
      Files.write(entries, whole);
    }
  }

  private static HttpWire.Response get(Doors doors, String target) throws Exception {
    try (HttpWire wire = HttpWire.tcp(doors.plainPort().orElseThrow())) {
      return wire.get(target);
    }
  }

  private static long enrolment(Ledger ledger, SoftwareHost host) throws LedgerException {
    return ledger.hostByName(host.name).orElseThrow().leafIndex();
  }

  private static void awaitMinimum(Ledger ledger) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (ledger.retention().minimumIndex() < 256) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(5);
    }
  }

  private static void fill(Ledger ledger, Instant time) {
    SecureRandom random = new SecureRandom();
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      entries.add(
          Entry.of(
              Leaf.of(
                  time,
                  UuidV7.next(InstantSource.fixed(time), random),
                  List.of(),
                  new LeafBody.Revocation(
                      UuidV7.next(InstantSource.fixed(time), random), RevocationReason.CEASED))));
    }
    assertThat(Deployment.join(ledger.commit(entries))).hasSize(300);
  }
}
