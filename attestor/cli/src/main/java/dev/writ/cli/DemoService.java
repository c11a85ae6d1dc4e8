// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.OperatorClient;
import dev.writ.agent.Timeouts;
import dev.writ.artifact.MalformedTrustFileException;
import dev.writ.artifact.TrustFile;
import dev.writ.fixtures.ChildProcess;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SoftHsmToken;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.PolicyRevision;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A service of the demo's own: a {@code writ serve} in a process of its own, with token, ledger and
 * socket in one folder.
 *
 * <pre>
 * FOLDER/token/           SoftHSM's configuration, objects and PIN
 * FOLDER/keys/            trust.json, operator-key.pem and ak-ca.pem, from writ keys init
 * FOLDER/keys.txt         what that printed; ci/interop reads a verifier key there
 * FOLDER/approver-key.pem approves policies, which the operator writes
 * FOLDER/serve.yaml       the configuration, policy.dsse.json and the PEM files that it names
 * FOLDER/ledger/          the ledger
 * FOLDER/operator.sock    the operator's door
 * FOLDER/ready, log       what it prints
 * </pre>
 */
final class DemoService implements AutoCloseable {
  static final String ISSUER = "https://writ.example";
  static final String TENANT = "demo";
  static final int READY = HttpURLConnection.HTTP_OK;

  private static final String POLICY = "/dev-policy.json";
  private static final String CONFIG = "serve.yaml";
  private static final String LOG = "log";
  private static final int DELEGATION_DEPTH = 2;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration DRAIN = Duration.ofSeconds(15);
  private static final Duration POLL = Duration.ofMillis(5);
  private static final String TAKEN_AWAY = "tokens-taken-away";
  private static final int MIME_LINE = 64;
  private static final Timeouts TIMEOUTS =
      new Timeouts(Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofSeconds(60));
  private static final Pattern HTTP = Pattern.compile("\\bhttp=(\\S+)");

  private final Path folder;
  private final SoftHsmToken token;
  private final TrustFile trust;
  private final ChildProcess process;
  private final URI url;

  private DemoService(
      Path folder, SoftHsmToken token, TrustFile trust, ChildProcess process, URI url) {
    this.folder = folder;
    this.token = token;
    this.trust = trust;
    this.process = process;
    this.url = url;
  }

  /**
   * Keys that were born and no service that uses them yet.
   *
   * @param trust the first trust file, which names them
   */
  record Born(Path folder, SoftHsmToken token, TrustFile trust) {}

  /** Makes a token and has {@code writ keys init} make keys in it. */
  static Born birth(Path folder)
      throws IOException, InterruptedException, MalformedTrustFileException {
    Files.createDirectory(folder);
    Files.createDirectory(folder.resolve("tmp"));
    SoftHsmToken token = SoftHsmToken.create(folder.resolve("token"), "writ-demo");
    Path approvers = DemoPolicyApprover.birth(folder);
    ChildProcess init =
        ChildProcess.start(
            JavaCommand.ofWrit(
                folder.resolve("tmp"),
                List.of(
                    "keys",
                    "init",
                    "--token",
                    token.label(),
                    "--pin-file",
                    token.pinFile().toString(),
                    "--issuer",
                    ISSUER,
                    "--policy-approvers",
                    approvers.toString(),
                    "--out",
                    folder.resolve("keys").toString())),
            token.environment(),
            folder.resolve("keys.txt"),
            folder.resolve(LOG));
    Optional<Integer> status = init.await(PATIENCE);
    init.kill();
    if (status.isEmpty() || status.get() != ExitStatus.DONE) {
      throw new IOException("writ keys init must end with status 0: " + init.logTail());
    }
    return new Born(folder, token, TrustFile.parse(Files.readAllBytes(trustFile(folder))));
  }

  /** Starts {@code writ serve} and waits until it says that it is ready. */
  static DemoService start(Born born, Path config) throws IOException, InterruptedException {
    return startBy(
        born,
        JavaCommand.ofWrit(
            born.folder().resolve("tmp"), List.of("serve", "--config", config.toString())));
  }

  /** Starts it by a command that is told of the configuration, and waits likewise. */
  static DemoService startBy(Born born, List<String> command)
      throws IOException, InterruptedException {
    Path folder = born.folder();
    Path ready = folder.resolve("ready");
    // Of an earlier process of the same service.
    Files.deleteIfExists(ready);
    ChildProcess process =
        ChildProcess.start(command, born.token().environment(), ready, folder.resolve(LOG));
    boolean done = false;
    try {
      DemoService service =
          new DemoService(folder, born.token(), born.trust(), process, awaitUrl(process, ready));
      done = true;
      return service;
    } finally {
      if (!done) {
        process.kill();
      }
    }
  }

  private static URI awaitUrl(ChildProcess process, Path ready)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() - end < 0) {
      String printed = Files.readString(ready);
      if (printed.endsWith("\n")) {
        Matcher http = HTTP.matcher(printed);
        if (printed.startsWith("ready ") && http.find()) {
          return URI.create(http.group(1));
        }
        throw new IOException("writ serve must say where it is ready, said " + printed.strip());
      }
      if (!process.isAlive()) {
        break;
      }
      Thread.sleep(POLL.toMillis());
    }
    throw new IOException("writ serve must become ready, and does not: " + process.logTail());
  }

  /**
   * Writes the configuration, and what it names.
   *
   * @param maker of the TPMs that the service believes
   * @param admitted hosts by the digests of their endorsement keys
   * @param programs below it lie programs that those who run them could rewrite
   */
  static Path configure(
      Born born, EndorsementAuthority maker, Map<Hash, String> admitted, Path programs)
      throws IOException, MalformedPolicyException, CertificateEncodingException {
    Path folder = born.folder();
    Files.write(policyFile(born), DemoPolicyApprover.approved(born, policy(programs)).toJson());
    Files.writeString(folder.resolve("tpm-roots.pem"), pem(maker.root()));
    Files.writeString(folder.resolve("tpm-issuing.pem"), pem(maker.issuing()));
    StringBuilder yaml =
        new StringBuilder(
            """
            tenant: demo
            trust: keys/trust.json
            token:
              profile: softhsm2
              label: writ-demo
              pin_file: token/writ-demo.pin
            ledger:
              folder: ledger
            policy: policy.dsse.json
            endorsements:
              roots: [tpm-roots.pem]
              intermediates: [tpm-issuing.pem]
            listen:
              http: 127.0.0.1:0
            operator:
              socket: operator.sock
            """);
    if (!admitted.isEmpty()) {
      yaml.append("hosts:\n");
      admitted.forEach(
          (digest, name) ->
              yaml.append("  - name: ")
                  .append(name)
                  .append('\n')
                  .append("    ek_digest: ")
                  .append(digest.hex())
                  .append('\n'));
    }
    return Files.writeString(folder.resolve(CONFIG), yaml);
  }

  /** The envelope of the policy with which it begins. */
  static Path policyFile(Born born) {
    return born.folder().resolve("policy.dsse.json");
  }

  /** The example policy, with the reference values of the demo's boot log. */
  private static PolicyDocument policy(Path programs) throws IOException, MalformedPolicyException {
    try (InputStream in = DemoService.class.getResourceAsStream(POLICY)) {
      if (in == null) {
        throw new IllegalStateException("bug: the jar must hold " + POLICY + ", and does not");
      }
      PolicyRevision revision = PolicyDocument.parse(in.readAllBytes()).revise();
      // The first is the example's own, whose test is in the document.
      revision.constant("own_programs", List.of("/opt/dev/", programs + "/"));
      revision.referenceSets(
          List.of(
              BootLog.DEMO.expectedOn(
                  "measured-boot", "Firmware, Secure Boot and kernel of the demo's hosts.", "*")));
      revision.delegation(DELEGATION_DEPTH);
      return revision.build();
    }
  }

  private static String pem(X509Certificate certificate) throws CertificateEncodingException {
    return "-----BEGIN CERTIFICATE-----\n"
        + Base64.getMimeEncoder(MIME_LINE, new byte[] {'\n'})
            .encodeToString(certificate.getEncoded())
        + "\n-----END CERTIFICATE-----\n";
  }

  private static Path trustFile(Path folder) {
    return folder.resolve("keys").resolve(KeyBirth.TRUST_FILE);
  }

  Path trustFile() {
    return trustFile(folder);
  }

  TrustFile trust() {
    return trust;
  }

  /** Its plain HTTP door. */
  URI url() {
    return url;
  }

  /** The operator's door. */
  Path socket() {
    return folder.resolve("operator.sock");
  }

  /** What its policy is changed with. */
  DemoReport.PolicyPlaces policyPlaces() {
    return new DemoReport.PolicyPlaces(
        folder.resolve("keys").resolve(KeyBirth.OPERATOR_KEY),
        folder.resolve(DemoPolicyApprover.KEY),
        folder.resolve(CONFIG),
        folder.resolve(LOG));
  }

  /** Its process. */
  long pid() {
    return process.pid();
  }

  /** The way for hosts. */
  HttpServiceEndpoint endpoint() {
    return HttpServiceEndpoint.at(url, trust.content().tls(), Clock.systemUTC(), TIMEOUTS);
  }

  /** The way for operators. */
  OperatorClient operator() {
    return new OperatorClient(socket(), TIMEOUTS);
  }

  /** The newest token of the status list at {@code uri}, which this service answers for. */
  String statusToken(String uri) throws IOException {
    HttpURLConnection connection = get("/status" + uri.substring(uri.lastIndexOf('/')));
    try (InputStream in = connection.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  /** The status of its answer to {@code /readyz}: {@link #READY}, or it takes no requests. */
  int readiness() throws IOException {
    return get("/readyz").getResponseCode();
  }

  private HttpURLConnection get(String path) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) url.resolve(path).toURL().openConnection();
    connection.setConnectTimeout((int) TIMEOUTS.connect().toMillis());
    connection.setReadTimeout((int) TIMEOUTS.silence().toMillis());
    return connection;
  }

  /** Its token's objects are moved to where it does not find them. */
  void takeTokenAway() throws IOException {
    Files.move(token.tokens(), folder.resolve(TAKEN_AWAY));
  }

  /** They are moved back, for another process to find. */
  void putTokenBack() throws IOException {
    Files.move(folder.resolve(TAKEN_AWAY), token.tokens());
  }

  /** Returns when its process has ended. */
  void awaitEnd() throws InterruptedException {
    while (process.await(PATIENCE).isEmpty()) {
      // Nothing but its end is waited for.
    }
  }

  /** Asks it to end, and ends it if it does not. */
  @Override
  public void close() {
    try {
      process.stop(DRAIN);
    } catch (InterruptedException e) {
      process.kill();
      Thread.currentThread().interrupt();
    }
  }
}
