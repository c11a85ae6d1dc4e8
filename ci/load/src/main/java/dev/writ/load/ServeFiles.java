// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.artifact.TrustFile;
import dev.writ.fixtures.ChildProcess;
import dev.writ.fixtures.PostgresServer;
import dev.writ.fixtures.SoftHsmToken;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.PolicyRevision;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What an operator makes before {@code writ serve} starts: keys, policy, configuration. */
final class ServeFiles {
  private static final Duration KEYS_LIMIT = Duration.ofMinutes(1);

  private ServeFiles() {}

  /**
   * Makes the keys in a token, and writes the trust file into a folder.
   *
   * @param approvers the file that says who approves policies; nobody need where it is absent
   */
  static void makeKeys(
      Path launcher,
      SoftHsmToken token,
      Optional<Path> module,
      Optional<Path> approvers,
      Path keys,
      Path log)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
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
                keys.toString()));
    module.ifPresent(library -> command.addAll(List.of("--library", library.toString())));
    approvers.ifPresent(file -> command.addAll(List.of("--policy-approvers", file.toString())));
    ChildProcess init = ChildProcess.start(command, token.environment(), log, log);
    Optional<Integer> status = init.await(KEYS_LIMIT);
    init.kill();
    if (status.isEmpty() || status.get() != 0) {
      throw new IOException("writ keys init must end with status 0:\n" + init.logTail());
    }
  }

  /** The one operator's, which {@code writ keys init} wrote into a folder. */
  static SigningKey operatorKey(Path keys, TrustFile trust) throws IOException {
    try {
      return SigningKey.read(
          trust.content().operators().keys().get(0), keys.resolve("operator-key.pem"));
    } catch (GeneralSecurityException e) {
      throw new IOException("the operator's key must be readable, and is not", e);
    }
  }

  /**
   * The example policy, under which each of the hosts acts as the workload that is its own.
   *
   * @param bound those of them that must ask over connections of their own
   */
  static PolicyDocument policyFor(Path example, List<LoadHost> hosts, List<String> bound)
      throws IOException, MalformedPolicyException {
    PolicyRevision revision = PolicyDocument.parse(Files.readAllBytes(example)).revise();
    Map<String, List<String>> workloads = new LinkedHashMap<>();
    // The document's own tests are of these two.
    workloads.put(TpmHost.NAME, List.of(TpmHost.WORKLOAD));
    workloads.put("host-b", List.of("spiffe://dev.example/worker-b"));
    hosts.forEach(host -> workloads.put(host.name(), List.of(Target.workloadOf(host.name()))));
    revision.constant("workloads", workloads);
    revision.referenceSets(List.of(MeasuredBoot.expected()));
    PolicyDocument document = revision.build();
    return bound.isEmpty() ? document : ChannelDemand.of(document, bound);
  }

  /** The configuration, by the names of what it points to. */
  static String configuration(
      Path trust,
      SoftHsmToken token,
      Optional<Path> module,
      String ledger,
      Path policy,
      Path root,
      Path issuing,
      InetSocketAddress service,
      Optional<InetSocketAddress> tls,
      Path socket,
      String initiators) {
    return """
        tenant: %s
        trust: "%s"
        token:
          label: %s
          pin_file: "%s"
        %sledger:
        %spolicy: "%s"
        endorsements:
          roots: ["%s"]
          intermediates: ["%s"]
        listen:
          http: "127.0.0.1:%d"
        %soperator:
          socket: "%s"
        %slimits:
          rate_per_s: 0
          host_rate_per_s: 0
        log:
          level: warning
        """
        .formatted(
            ServedWrit.TENANT,
            trust,
            token.label(),
            token.pinFile(),
            module.map(library -> "  library: \"" + library + "\"\n").orElse(""),
            ledger,
            policy,
            root,
            issuing,
            service.getPort(),
            tls.map(ServeFiles::tls).orElse(""),
            socket,
            initiators);
  }

  /** A ledger in a folder. */
  static String embedded(Path folder) {
    return "  folder: \"" + folder + "\"\n";
  }

  /** A ledger in a database of a server. */
  static String in(PostgresServer server, String database) {
    return """
          postgres:
            host: 127.0.0.1
            port: %d
            database: %s
            user: %s
            password_file: "%s"
        """
        .formatted(server.port(), database, PostgresServer.USER, server.passwordFile());
  }

  private static String tls(InetSocketAddress door) {
    return "  tls:\n    address: \"127.0.0.1:" + door.getPort() + "\"\n    names: [localhost]\n";
  }

  /** Writes a certificate in PEM. */
  static Path pem(Path file, X509Certificate certificate)
      throws IOException, GeneralSecurityException {
    return Files.writeString(
        file,
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
            + "\n-----END CERTIFICATE-----\n");
  }
}
