// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustSuccession;
import dev.writ.fixtures.ChildProcess;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.PostgresServer;
import dev.writ.fixtures.SoftHsmToken;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  public static final String TENANT = "tenant";
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);
  private static final Duration POLL = Duration.ofMillis(5);

  private final Path launcher;
  private final Path folder;
  private final SoftHsmToken token;
  private final Path socketFolder;
  private final InetSocketAddress service;
  private final Optional<InetSocketAddress> tls;
  private final Path config;
  private final TrustFile trust;
  private final EndorsementAuthority maker;
  private final List<LoadHost> hosts;
  private @Nullable ChildProcess process;

  ServedWrit(
      Path launcher,
      Path folder,
      SoftHsmToken token,
      Path socketFolder,
      InetSocketAddress service,
      Optional<InetSocketAddress> tls,
      Path config,
      TrustFile trust,
      EndorsementAuthority maker,
      List<LoadHost> hosts) {
    this.launcher = launcher;
    this.folder = folder;
    this.token = token;
    this.socketFolder = socketFolder;
    this.service = service;
    this.tls = tls;
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
    return prepare(project, folder, hostCount, 0);
  }

  /**
   * The same as a careful operator does: a signed policy of a hundred rules, hosts that send their boot
   * logs, and tokens of who sets requests in motion.
   */
  public static ServedWrit prepareCarefully(Path project, Path folder, int hostCount)
      throws IOException, InterruptedException {
    return ServePreparation.careful(project, folder, hostCount);
  }

  /**
   * The same with more hosts, whose requests must come over TLS with the key that they are for, and a
   * door for them.
   *
   * @param boundHostCount how many more
   */
  public static ServedWrit prepare(Path project, Path folder, int hostCount, int boundHostCount)
      throws IOException, InterruptedException {
    return prepare(project, folder, hostCount, boundHostCount, Optional.empty());
  }

  /**
   * The same as the first, with its token behind another PKCS#11 module.
   *
   * @param module absolute path of the module
   */
  public static ServedWrit prepare(Path project, Path folder, int hostCount, Path module)
      throws IOException, InterruptedException {
    return prepare(project, folder, hostCount, 0, Optional.of(module));
  }

  /** The same as the first, with its ledger in an empty database. */
  public static ServedWrit prepare(
      Path project, Path folder, int hostCount, PostgresServer server, String database)
      throws IOException, InterruptedException {
    server.createDatabase(database);
    return ServePreparation.prepare(
        project, folder, hostCount, 0, Optional.empty(), ServeFiles.in(server, database));
  }

  private static ServedWrit prepare(
      Path project, Path folder, int hostCount, int boundHostCount, Optional<Path> module)
      throws IOException, InterruptedException {
    return ServePreparation.prepare(
        project,
        folder,
        hostCount,
        boundHostCount,
        module,
        ServeFiles.embedded(folder.resolve("ledger")));
  }

  /**
   * Another node of the same service, on the same token and ledger, with doors of its own.
   *
   * @param name of its configuration and its log
   * @param hosts who ask it
   */
  ServedWrit anotherNode(String name, List<LoadHost> hosts) throws IOException {
    InetSocketAddress address = ServePreparation.freeAddress();
    Path socket = Files.createTempDirectory("writ-");
    Path other = folder.resolve(name);
    Files.createDirectories(other);
    Path configuration = other.resolve("serve.yaml");
    Files.writeString(
        configuration,
        Files.readString(config)
            .replace("127.0.0.1:" + service.getPort(), "127.0.0.1:" + address.getPort())
            .replace(operatorSocket().toString(), socket.resolve("operator").toString()));
    return new ServedWrit(
        launcher,
        other,
        token,
        socket,
        address,
        Optional.empty(),
        configuration,
        trust,
        maker,
        hosts);
  }

  /**
   * Before it starts: has its policy, which is unsigned, end each artifact so long after the challenge that
   * its host's quote answered.
   */
  public void lease(Duration maxAge) throws IOException {
    Path policy = folder.resolve(ServePreparation.POLICY);
    try {
      PolicyDocument document = PolicyDocument.parse(Files.readAllBytes(policy));
      Files.write(policy, document.revise().lease(maxAge).build().canonical());
    } catch (MalformedPolicyException e) {
      throw new IOException("the policy must take a lease, and does not", e);
    }
  }

  /** Starts the process; {@link #awaitReady} says when it serves. */
  public void start() throws IOException, InterruptedException {
    start(Map.of());
  }

  /**
   * The same with other settings than its configuration's.
   *
   * @param settings values of single keys, such as {@code limits.hsm_threads}
   */
  public void start(Map<String, String> settings) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of(launcher.toString(), "serve", "--config", config.toString()));
    settings.forEach((key, value) -> command.addAll(List.of("--set", key + "=" + value)));
    Map<String, String> environment = new LinkedHashMap<>(token.environment());
    environment.put("WRIT_NO_BUILD", "1");
    Optional.ofNullable(System.getenv("SERVE_JAVA_OPTIONS"))
        .ifPresent(options -> environment.put("JAVA_TOOL_OPTIONS", options));
    process = ChildProcess.start(command, environment, log(), log());
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

  List<LoadHost> hosts() {
    return hosts;
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

  /** The same, round some of them. */
  LoadGenerator generator(
      List<LoadHost> some, int connections, Observer observer, Duration patience)
      throws IOException {
    return new LoadGenerator(service, some, connections, observer, patience);
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

  /** Where its ledger lies. */
  public Path ledgerFolder() {
    return folder.resolve("ledger");
  }

  /** Whose TPMs it believes. */
  public EndorsementAuthority maker() {
    return maker;
  }

  /** Its door for hosts. */
  public URI url() {
    return URI.create("http://127.0.0.1:" + service.getPort());
  }

  /** The port of its TLS door on this machine, where it has one. */
  public Optional<Integer> tlsPort() {
    return tls.map(InetSocketAddress::getPort);
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

  /** Bytes of the service's heap that are in use after a full collection. */
  public long liveHeapBytes() throws IOException, InterruptedException {
    return LiveHeap.bytesOf(running().pid());
  }

  /** What a gateway away from the hosts knows of the artifacts that they ask for. */
  public Presentation presentation() {
    return target().presentation();
  }

  /** Verifies what it issues, fast, by the newest trust file. */
  BundleVerifier verifier() throws IOException {
    try {
      return BundleVerifier.of(followed(), ServePreparation.fastest());
    } catch (GeneralSecurityException e) {
      throw new IOException("P-256 must be verified on this machine, and cannot be", e);
    }
  }

  /** The newest trust file that it publishes and that follows the first. */
  TrustFile followed() throws IOException {
    try (HttpDoor door = door()) {
      TrustSuccession.Followed followed =
          TrustSuccession.follow(trust, version -> published(door, version));
      if (followed.refused().isPresent()) {
        throw new IOException("published trust files must follow: " + followed.refused().get());
      }
      return followed.newest();
    }
  }

  private static Optional<byte[]> published(HttpDoor door, long version) throws IOException {
    var answer = door.get("/v1/trust/" + version);
    return answer.status() == 404
        ? Optional.empty()
        : Optional.of(answer.require(200).text().getBytes(StandardCharsets.UTF_8));
  }

  /** The operator's key that {@code writ keys init} wrote. */
  SigningKey operatorKey() throws IOException {
    return ServeFiles.operatorKey(folder.resolve("keys"), trust);
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

  /** Where an operator puts the token's PIN. */
  Path pinFile() {
    return token.pinFile();
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
