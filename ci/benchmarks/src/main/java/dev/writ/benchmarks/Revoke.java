// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.agent.Answer;
import dev.writ.agent.OperatorClient;
import dev.writ.agent.Timeouts;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.artifact.MalformedBundleException;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.Seen;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verdict;
import dev.writ.gateway.GatewayTrust;
import dev.writ.load.LoadGenerator;
import dev.writ.load.Observer;
import dev.writ.load.ServedWrit;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.function.BooleanSupplier;

/**
 * From an operator's order to the denial at each of a thousand gateways that are connected, a tenth of
 * which do not read. The package documentation says what each line is.
 */
final class Revoke implements Benchmark {
  private static final int GATEWAYS = 1_000;
  private static final int STALLED = GATEWAYS / 10;
  private static final int WARM_UP = 20;
  private static final int AFTER_KILL = 10;
  private static final int BUNDLES = 512;
  private static final Duration PAUSE = Duration.ofMillis(50);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String MILLIS = "ms";

  @Override
  public String description() {
    return "revoke to denied, at a thousand connected gateways";
  }

  @Override
  public void run(Setting setting, Report report) throws Exception {
    Path folder = Files.createDirectory(setting.work().resolve("service"));
    try (ServedWrit service = ServedWrit.prepare(setting.project(), folder, 16)) {
      service.start();
      service.awaitReady(LIMIT);
      service.enrol();
      try (Measurement measurement = new Measurement(service, setting, report)) {
        measurement.run();
      }
      service.stop();
    }
  }

  private static final class Measurement implements AutoCloseable {
    private final ServedWrit service;
    private final Setting setting;
    private final Report report;
    private final BundleVerifier verifier;
    private final OperatorClient operator;
    private final List<FollowingGateway> gateways = new ArrayList<>();
    private final List<Socket> stalled = new ArrayList<>();
    private final Queue<byte[]> bundles = new ArrayDeque<>();

    Measurement(ServedWrit service, Setting setting, Report report) {
      this.service = service;
      this.setting = setting;
      this.report = report;
      this.verifier =
          BundleVerifier.of(service.trust(), P256Provider.preferredFirst().get(0).provider());
      this.operator = new OperatorClient(service.operatorSocket(), Timeouts.STANDARD);
    }

    void run() throws Exception {
      GatewayTrust trust = GatewayTrust.of(service.trust(), believed -> verifier);
      for (int i = 0; i < GATEWAYS - STALLED; i++) {
        gateways.add(new FollowingGateway(service.url(), trust));
      }
      awaitConnected(1);
      for (int i = 0; i < STALLED; i++) {
        stalled.add(stall());
      }
      for (int i = 0; i < WARM_UP; i++) {
        var unused = revokeAndAwait();
      }
      List<long[]> rounds = new ArrayList<>();
      long end = System.nanoTime() + setting.measured().toNanos();
      while (System.nanoTime() < end) {
        rounds.add(revokeAndAwait());
        Thread.sleep(PAUSE.toMillis());
      }
      long[] all = rounds.stream().flatMapToLong(Arrays::stream).sorted().toArray();
      report.add(setting.name(), millis(all, 99), MILLIS);
      report.add(setting.variant("p50"), millis(all, 50), MILLIS);
      report.add(setting.variant("max"), millis(all, 100), MILLIS);
      report.add(setting.variant("revocations"), rounds.size(), "revocations");
      report.add(setting.variant("stalled"), STALLED, "gateways");
      kill();
    }

    /** The service dies while it is at revocations; whoever followed must miss none that it said were done. */
    private void kill() throws Exception {
      List<UuidV7> done = new ArrayList<>();
      for (int i = 0; i < AFTER_KILL; i++) {
        done.add(revoke(next()));
      }
      service.kill();
      service.start();
      service.awaitReady(LIMIT);
      long ready = System.nanoTime();
      awaitConnected(2);
      awaitAll(done);
      report.add(setting.variant("after-kill"), (System.nanoTime() - ready) / 1e6, MILLIS);
      long[] after = revokeAndAwait();
      Arrays.sort(after);
      report.add(setting.variant("after-kill-p99"), millis(after, 99), MILLIS);
    }

    private void awaitConnected(int times) throws InterruptedException {
      await(() -> gateways.stream().allMatch(each -> each.connections() >= times), "connect");
    }

    private void awaitAll(List<UuidV7> withdrawn) throws InterruptedException {
      await(() -> gateways.stream().allMatch(each -> each.deniesAll(withdrawn)), "hear of all");
    }

    private static void await(BooleanSupplier all, String what) throws InterruptedException {
      long end = System.nanoTime() + LIMIT.toNanos();
      while (!all.getAsBoolean()) {
        if (System.nanoTime() > end) {
          throw new IllegalStateException(
              "all gateways must " + what + " within " + LIMIT + ", did not");
        }
        Thread.sleep(10);
      }
    }

    /** Reads nothing, ever. */
    private Socket stall() throws IOException {
      Socket socket = new Socket();
      socket.setReceiveBufferSize(4096);
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), service.url().getPort()));
      socket
          .getOutputStream()
          .write(
              "GET /v1/revocations/stream HTTP/1.1\r\nHost: w\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      return socket;
    }

    /** How long each gateway took to deny, from when the operator asked. */
    private long[] revokeAndAwait() throws Exception {
      byte[] bundle = next();
      FollowingGateway judge = gateways.get(bundles.size() % gateways.size());
      if (judges(judge.seen(), bundle)) {
        throw new IllegalStateException("what is not withdrawn must not be denied as if it were");
      }
      long began = System.nanoTime();
      UuidV7 jti = revoke(bundle);
      awaitAll(List.of(jti));
      if (!judges(judge.seen(), bundle)) {
        throw new IllegalStateException("what is withdrawn must be denied as revoked");
      }
      return gateways.stream().mapToLong(each -> each.deniedAt(jti) - began).toArray();
    }

    /** Whether a gateway with this memory denies the bundle because it is withdrawn. */
    private boolean judges(Seen seen, byte[] bundle) {
      return verifier.verify(bundle, service.presentation(), seen, Instant.now())
              instanceof Verdict.Denied denied
          && denied.code() == DenialCode.REVOKED;
    }

    private UuidV7 revoke(byte[] bundle)
        throws IOException, MalformedBundleException, MalformedArtifactException {
      UuidV7 jti = Artifact.parse(ProofBundle.parse(bundle).artifact()).claims().jti();
      Answer<OperatorClient.Revoked> answer = operator.revoke(jti, "ceased");
      if (!(answer instanceof Answer.Granted)) {
        throw new IOException("a revocation must be granted, was " + answer);
      }
      return jti;
    }

    private byte[] next() throws IOException {
      if (bundles.isEmpty()) {
        Observer keep =
            new Observer() {
              @Override
              public void issued(ByteBuffer application, ByteBuffer bundle) {
                byte[] bytes = new byte[bundle.remaining()];
                bundle.get(bytes);
                synchronized (bundles) {
                  bundles.add(bytes);
                }
              }
            };
        try (LoadGenerator generator = service.generator(8, keep, LIMIT)) {
          var unused = generator.saturate(BUNDLES);
        }
      }
      return bundles.remove();
    }

    private static double millis(long[] sorted, int percent) {
      int place = (int) Math.ceil(sorted.length * percent / 100.0) - 1;
      return sorted[Math.max(0, place)] / 1e6;
    }

    @Override
    public void close() throws IOException {
      gateways.forEach(FollowingGateway::close);
      for (Socket socket : stalled) {
        socket.close();
      }
    }
  }
}
