// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import com.amazon.corretto.crypto.provider.SelfTestStatus;
import dev.writ.artifact.MalformedTrustFileException;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.TrustFile;
import dev.writ.fixtures.ChildProcess;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SoftHsmToken;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.PolicyRevision;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A service as an operator sets one up: a token with its keys, a policy, believed TPM makers, a
 * configuration, and the process that the launcher starts, {@code writ serve}. It listens on loopback,
 * and on a Unix socket for its operator.
 *
 * <p>The process gets as many rights as a caller of this machine needs to load it: no limit on requests
 * from one address. Everything else is as it is by default. {@code SERVE_JAVA_OPTIONS} in the
 * environment is given to its JVM, for a profiler.
 */
public final class ServedWrit implements AutoCloseable {
  static final String TENANT = "tenant";
  private static final String TOKEN = "writ-load";
  private static final Duration KEYS_LIMIT = Duration.ofMinutes(1);
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);
  private static final Duration POLL = Duration.ofMillis(5);

  private final Path launcher;
  private final Path folder;
  private final SoftHsmToken token;
  private final Path socketFolder;
  private final InetSocketAddress service;
  private final Path config;
  private final TrustFile trust;
  private final EndorsementAuthority maker;
  private final List<LoadHost> hosts;
  private @Nullable ChildProcess process;

  private ServedWrit(
      Path launcher,
      Path folder,
      SoftHsmToken token,
      Path socketFolder,
      InetSocketAddress service,
      Path config,
      TrustFile trust,
      EndorsementAuthority maker,
      List<LoadHost> hosts) {
    this.launcher = launcher;
    this.folder = folder;
    this.token = token;
    this.socketFolder = socketFolder;
    this.service = service;
    this.config = config;
    this.trust = trust;
    this.maker = maker;
    this.hosts = hosts;
  }

  /**
   * Sets up all but the hosts' enrolment; nothing runs yet.
   *
   * @param project the folder with the launcher
   * @param folder exists and is empty; whoever made it removes it
   */
  public static ServedWrit prepare(Path project, Path folder, int hostCount)
      throws IOException, InterruptedException {
    Path launcher = project.resolve("writ");
    SoftHsmToken token = SoftHsmToken.create(folder.resolve("hsm"), TOKEN);
    Path keys = folder.resolve("keys");
    makeKeys(launcher, token, keys, folder.resolve("keys.log"));
    EndorsementAuthority maker = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    try {
      TrustFile trust = TrustFile.parse(Files.readAllBytes(keys.resolve("trust.json")));
      Target target = new Target(trust.content().issuer(), TENANT);
      Provider signatures = fastest();
      List<LoadHost> hosts = new ArrayList<>();
      for (int i = 0; i < hostCount; i++) {
        hosts.add(new LoadHost(String.format("host-%04d", i), maker, signatures, target));
      }
      Path policy = folder.resolve("policy.json");
      Files.write(
          policy, policyFor(project.resolve("docs/examples/dev-policy.json"), hosts).canonical());
      // A Unix socket's path must be short (unix(7)), which that of a project's folder need not be.
      Path socketFolder = Files.createTempDirectory("writ-");
      InetSocketAddress service =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), freePort());
      Path config = folder.resolve("serve.yaml");
      Files.writeString(
          config,
          configuration(
              keys.resolve("trust.json"),
              token,
              folder,
              policy,
              pem(folder.resolve("ek-root.pem"), maker.root()),
              pem(folder.resolve("ek-issuing.pem"), maker.issuing()),
              service,
              socketFolder.resolve("operator")));
      return new ServedWrit(
          launcher, folder, token, socketFolder, service, config, trust, maker, hosts);
    } catch (MalformedTrustFileException | MalformedPolicyException | GeneralSecurityException e) {
      throw new IOException("a service could not be set up", e);
    }
  }

  private static void makeKeys(Path launcher, SoftHsmToken token, Path keys, Path log)
      throws IOException, InterruptedException {
    ChildProcess init =
        ChildProcess.start(
            List.of(
                launcher.toString(),
                "keys",
                "init",
                "--token",
                token.label(),
                "--pin-file",
                token.pinFile().toString(),
                "--issuer",
                "https://writ.example",
                "--out",
                keys.toString()),
            token.environment(),
            log,
            log);
    Optional<Integer> status = init.await(KEYS_LIMIT);
    init.kill();
    if (status.isEmpty() || status.get() != 0) {
      throw new IOException("writ keys init must end with status 0:\n" + init.logTail());
    }
  }

  /** The example policy, under which each of the hosts acts as the workload that is its own. */
  private static PolicyDocument policyFor(Path example, List<LoadHost> hosts)
      throws IOException, MalformedPolicyException {
    PolicyRevision revision = PolicyDocument.parse(Files.readAllBytes(example)).revise();
    Map<String, List<String>> workloads = new LinkedHashMap<>();
    // The document's own tests are of these two.
    workloads.put(TpmHost.NAME, List.of(TpmHost.WORKLOAD));
    workloads.put("host-b", List.of("spiffe://dev.example/worker-b"));
    hosts.forEach(host -> workloads.put(host.name(), List.of(Target.workloadOf(host.name()))));
    revision.constant("workloads", workloads);
    revision.referenceSets(List.of(MeasuredBoot.expected()));
    return revision.build();
  }

  private static String configuration(
      Path trust,
      SoftHsmToken token,
      Path folder,
      Path policy,
      Path root,
      Path issuing,
      InetSocketAddress service,
      Path socket) {
    return """
        tenant: %s
        trust: "%s"
        token:
          label: %s
          pin_file: "%s"
        ledger:
          folder: "%s"
        policy: "%s"
        endorsements:
          roots: ["%s"]
          intermediates: ["%s"]
        listen:
          http: "127.0.0.1:%d"
        operator:
          socket: "%s"
        limits:
          rate_per_s: 0
          host_rate_per_s: 0
        log:
          level: warning
        """
        .formatted(
            TENANT,
            trust,
            token.label(),
            token.pinFile(),
            folder.resolve("ledger"),
            policy,
            root,
            issuing,
            service.getPort(),
            socket);
  }

  private static Path pem(Path file, X509Certificate certificate)
      throws IOException, GeneralSecurityException {
    return Files.writeString(
        file,
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
            + "\n-----END CERTIFICATE-----\n");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** ACCP where its native library loads; the JDK's own elsewhere, which costs the load more. */
  private static Provider fastest() throws GeneralSecurityException {
    AmazonCorrettoCryptoProvider accp = AmazonCorrettoCryptoProvider.INSTANCE;
    return accp.getLoadingError() == null && accp.runSelfTests() == SelfTestStatus.PASSED
        ? accp
        : Signature.getInstance("SHA256withECDSA").getProvider();
  }

  /** Starts the process; {@link #awaitReady} says when it serves. */
  public void start() throws IOException, InterruptedException {
    Map<String, String> environment = new LinkedHashMap<>(token.environment());
    environment.put("WRIT_NO_BUILD", "1");
    Optional.ofNullable(System.getenv("SERVE_JAVA_OPTIONS"))
        .ifPresent(options -> environment.put("JAVA_TOOL_OPTIONS", options));
    process =
        ChildProcess.start(
            List.of(launcher.toString(), "serve", "--config", config.toString()),
            environment,
            log(),
            log());
  }

  /**
   * Waits until {@code /readyz} says that it can issue.
   *
   * @throws IOException if it ends, or is not ready within {@code limit}
   */
  public void awaitReady(Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (System.nanoTime() - end < 0) {
      if (!running().isAlive()) {
        throw new IOException("writ serve ended by itself:\n" + running().logTail());
      }
      try (HttpDoor door = door()) {
        if (door.get("/readyz").status() == 200) {
          return;
        }
      } catch (IOException e) {
        // Not listening yet.
      }
      Thread.sleep(POLL.toMillis());
    }
    throw new IOException(
        "writ serve must be ready within " + limit + ", was not:\n" + running().logTail());
  }

  /** Enrols every host, each by an invitation of its own. */
  public void enrol() throws IOException {
    try (HttpDoor public_ = door();
        HttpDoor operator = operator()) {
      for (LoadHost host : hosts) {
        host.enrol(public_, operator);
      }
    } catch (GeneralSecurityException e) {
      throw new IOException("a credential must be for the host that asks, was not", e);
    }
  }

  /** A generator whose exchanges go round the hosts. */
  public LoadGenerator generator(int connections, Observer observer, Duration patience)
      throws IOException {
    return new LoadGenerator(service, hosts, connections, observer, patience);
  }

  /** {@code kill -9}. */
  public void kill() {
    running().kill();
  }

  /** SIGTERM, which lets it finish what is under way. */
  public void stop() throws InterruptedException {
    running().stop(STOP_PATIENCE);
  }

  public ChildProcess running() {
    ChildProcess now = process;
    if (now == null) {
      throw new IllegalStateException("bug: writ serve was not started");
    }
    return now;
  }

  HttpDoor door() {
    return new HttpDoor(service);
  }

  HttpDoor operator() {
    return new HttpDoor(UnixDomainSocketAddress.of(operatorSocket()));
  }

  /** Where its operator asks. */
  public Path operatorSocket() {
    return socketFolder.resolve("operator");
  }

  /** Whose TPMs it believes. */
  public EndorsementAuthority maker() {
    return maker;
  }

  /** Its door for hosts. */
  public URI url() {
    return URI.create("http://127.0.0.1:" + service.getPort());
  }

  /** Where {@link #trust()} was read. */
  Path trustFile() {
    return folder.resolve("keys").resolve("trust.json");
  }

  /** The command that is started. */
  public Path launcher() {
    return launcher;
  }

  /** How long the stages of a decision took since the start. */
  public StageTimes stageTimes() throws IOException {
    try (HttpDoor operator = operator()) {
      return StageTimes.parse(operator.get("/metrics").require(200).text());
    }
  }

  /** Bytes of the service's heap that are in use after a full collection; the JDK's jcmd asks for it. */
  public long liveHeapBytes() throws IOException, InterruptedException {
    String pid = Long.toString(running().pid());
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    var unused = run(List.of(jcmd, pid, "GC.run"));
    Matcher used = Pattern.compile("used (\\d+)K").matcher(run(List.of(jcmd, pid, "GC.heap_info")));
    // The generations; what follows is no heap.
    long kib = 0;
    for (int generation = 0; generation < 2 && used.find(); generation++) {
      kib += Long.parseLong(used.group(1));
    }
    return kib * 1024;
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(command + " must end with status 0:\n" + output);
    }
    return output;
  }

  /** What a gateway away from the hosts knows of the artifacts that they ask for. */
  public Presentation presentation() {
    return target().presentation();
  }

  /** What its hosts ask for. */
  public Target target() {
    return new Target(trust.content().issuer(), TENANT);
  }

  /** Moves its token's store away, as if the HSM were unplugged, or back. */
  public void unplugToken(boolean away) throws IOException {
    Path store = token.tokens();
    Path aside = store.resolveSibling("unplugged");
    Path unused = Files.move(away ? store : aside, away ? aside : store);
  }

  /** The names of the hosts that its policy knows. */
  public List<String> hostNames() {
    return hosts.stream().map(LoadHost::name).toList();
  }

  /** The trust file that {@code writ keys init} wrote. */
  public TrustFile trust() {
    return trust;
  }

  /** What the process printed. */
  public Path log() {
    return folder.resolve("serve.log");
  }

  @Override
  public void close() throws IOException {
    if (process != null) {
      process.kill();
    }
    Files.deleteIfExists(operatorSocket());
    Files.deleteIfExists(socketFolder);
  }
}
