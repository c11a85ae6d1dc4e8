// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevocationVerdict;
import dev.writ.artifact.Seen;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.StatusVerdict;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verdict;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is pushed to gateways that are connected, by a whole service. */
@Timeout(60)
final class RevocationStreamTest {
  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static SoftwareHost host;
  private static Doors doors;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    DoorsConfig.Limits limits = DoorsConfig.Limits.standard();
    doors =
        Doors.open(
            deployment.service(),
            new DoorsConfig(
                Optional.of(StubService.loopback()),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                new DoorsConfig.Limits(
                    limits.bodyBytes(),
                    limits.headerBytes(),
                    8,
                    8,
                    limits.requests(),
                    limits.buffered(),
                    limits.idle(),
                    limits.arrival(),
                    limits.answer(),
                    Duration.ofSeconds(5),
                    Optional.empty(),
                    limits.loops())),
            InstantSource.system());
  }

  @AfterAll
  static void stop() throws Exception {
    doors.close();
    deployment.close();
    token.close();
  }

  /** One event as it came. */
  private record Event(String id, String type, String data) {}

  /** A gateway's connection, read line by line. */
  private static final class Reader implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader lines;
    private final String header;

    Reader(String more) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), doors.plainPort().orElseThrow());
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              ("GET /v1/revocations/stream HTTP/1.1\r\nHost: writ\r\n" + more + "\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      StringBuilder head = new StringBuilder();
      for (String line = lines.readLine(); !line.isEmpty(); line = lines.readLine()) {
        head.append(line).append('\n');
      }
      header = head.toString();
    }

    String header() {
      return header;
    }

    /** The next event, an id by itself too; comments and the sizes of chunks are left out. */
    Event next() throws IOException {
      String id = "";
      String type = "";
      String data = "";
      while (true) {
        String line = lines.readLine();
        if (line == null) {
          throw new IOException("the stream ended");
        }
        if (line.startsWith("id: ")) {
          id = line.substring(4);
        } else if (line.startsWith("event: ")) {
          type = line.substring(7);
        } else if (line.startsWith("data: ")) {
          data = line.substring(6);
        } else if (line.isEmpty() && !(id + type + data).isEmpty()) {
          return new Event(id, type, data);
        }
      }
    }

    Event next(String type) throws IOException {
      Event event = next();
      while (!event.type().equals(type)) {
        event = next();
      }
      return event;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static ProofBundle bundle() throws Exception {
    return Deployment.bundle(deployment.attest(host));
  }

  private static UuidV7 jti(ProofBundle bundle) throws Exception {
    return Deployment.claims(new IssuanceOutcome.Issued(bundle)).jti();
  }

  private static long revoke(ProofBundle bundle) throws Exception {
    RevocationOutcome outcome =
        Deployment.join(
            deployment.service().revocations().revoke(jti(bundle), RevocationReason.CEASED));
    return ((RevocationOutcome.Revoked) outcome).leafIndex();
  }

  private static DenialCode codeOf(Verdict verdict) {
    return verdict instanceof Verdict.Denied denied ? denied.code() : DenialCode.ARTIFACT_MISSING;
  }

  @Test
  void revocation_isPushedWithItsProof_andDeniesBeforeAnyTokenComes() throws Exception {
    ProofBundle bundle = bundle();
    Seen seen = new SeenInMemory();
    BundleVerifier verifier = BundleVerifier.of(deployment.trust());
    try (Reader reader = new Reader("")) {
      assertThat(reader.header())
          .contains("200 OK", "content-type: text/event-stream", "cache-control: no-store");
      long begin = Long.parseLong(reader.next().id());
      String first = reader.next("status").data();
      assertThat(StatusToken.parse(first).claims().writ().treeSize()).isEqualTo(begin + 1);
      assertThat(verifier.learn(first, seen, deployment.clock.instant()))
          .isInstanceOf(StatusVerdict.Newest.class);
      assertThat(codeOf(deployment.verdict(bundle, seen))).isNotEqualTo(DenialCode.REVOKED);

      long leaf = revoke(bundle);
      Event pushed = reader.next("revocation");

      assertThat(pushed.id()).isEqualTo("" + leaf);
      RevocationVerdict verdict =
          verifier.learnRevocation(
              pushed.data().getBytes(StandardCharsets.UTF_8), seen, deployment.clock.instant());
      assertThat(verdict)
          .isInstanceOfSatisfying(
              RevocationVerdict.Believed.class,
              believed -> {
                assertThat(believed.index()).isEqualTo(leaf);
                assertThat(believed.isNew()).isTrue();
              });
      assertThat(codeOf(deployment.verdict(bundle, seen))).isEqualTo(DenialCode.REVOKED);
      assertThat(verifier.learn(reader.next("status").data(), seen, deployment.clock.instant()))
          .isInstanceOf(StatusVerdict.Newest.class);
    }
  }

  @Test
  void reader_thatSaysWhatItHad_getsWhatItMissed_fromTheLedger() throws Exception {
    long before = deployment.service().ledger().size() - 1;
    List<String> missed = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      missed.add("" + revoke(bundle()));
    }

    try (Reader reader = new Reader("Last-Event-ID: " + before + "\r\n")) {
      for (String id : missed) {
        assertThat(reader.next("revocation").id()).isEqualTo(id);
      }
    }
    try (Reader reader = new Reader("Last-Event-ID: " + missed.get(1) + "\r\n")) {
      assertThat(reader.next("revocation").id()).isEqualTo(missed.get(2));
    }
  }

  /** Taken for "from now on", it would leave out what nobody proved to have been told. */
  @Test
  void lastEventId_thatTheLedgerHasNotReached_isRefused() throws Exception {
    long size = deployment.service().ledger().size();
    for (String beyond : List.of("" + size, "9999999999")) {
      try (Reader reader = new Reader("Last-Event-ID: " + beyond + "\r\n")) {
        assertThat(reader.header()).as(beyond).startsWith("HTTP/1.1 409");
      }
    }
    try (Reader reader = new Reader("Last-Event-ID: " + (size - 1) + "\r\n")) {
      assertThat(reader.header()).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void lastEventId_thatIsNoPlace_isMalformed() throws Exception {
    for (String bad : List.of("-1", "x", "01", "99999999999999999", "1.5")) {
      try (Reader reader = new Reader("Last-Event-ID: " + bad + "\r\n")) {
        assertThat(reader.header()).as(bad).startsWith("HTTP/1.1 400");
      }
    }
  }

  @Test
  void readers_moreThanADoorTakes_areToldSo_andOthersAreAnswered() throws Exception {
    List<Reader> readers = new ArrayList<>();
    try {
      for (int i = 0; i < 6; i++) {
        readers.add(new Reader(""));
        assertThat(readers.get(i).header()).startsWith("HTTP/1.1 200");
      }
      try (Reader one = new Reader("")) {
        assertThat(one.header()).startsWith("HTTP/1.1 503").contains("retry-after: 5");
      }
      try (HttpWire wire = HttpWire.tcp(doors.plainPort().orElseThrow())) {
        assertThat(wire.get("/status/0").status()).isEqualTo(200);
      }
    } finally {
      for (Reader reader : readers) {
        reader.close();
      }
    }
    assertThat(awaitReader()).isTrue();
  }

  /** A place that was given back is free. */
  private static boolean awaitReader() throws Exception {
    for (int i = 0; i < 200; i++) {
      try (Reader reader = new Reader("")) {
        if (reader.header().startsWith("HTTP/1.1 200")) {
          return true;
        }
      }
      Thread.sleep(10);
    }
    return false;
  }
}
