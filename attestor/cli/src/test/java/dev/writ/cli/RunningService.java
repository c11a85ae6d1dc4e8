// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.PolicyRevision;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A {@code writ serve} process with every kind of door, and two hosts: host-a, of which it knows
 * nothing, and host-b, whose endorsement key is listed.
 */
final class RunningService implements AutoCloseable {
  private static final String UNKNOWN_OBLIGATION =
      """
      {"id":"watched","description":"Of one program somebody must be told.",
       "stage":"authorization","effect":"permit",
       "when":"has(request.exec) && request.exec.path.endsWith('/uname')",
       "reason_user":"It is watched.","reason_admin":"It is watched.","mode":"enforce",
       "obligations":["tell_somebody"]}""";

  /** What an operator must approve first: a program, and what may be used seven times. */
  private static final String APPROVED =
      """
      {"id":"approved","stage":"requirement","effect":"require","mode":"enforce",
       "when":"!(request.max_uses == 7 || has(request.exec) && request.exec.path.endsWith('/nproc'))\
       || size(governance.approvals) >= 1",
       "code":"policy_denied","reason_user":"Somebody must approve this.",
       "reason_admin":"An operator approves it with writ approve --request."}""";

  /** What runs on only while its host is attested. */
  private static final String LEASED =
      """
      {"id":"leased","description":"It runs on only where nothing changes.",
       "stage":"authorization","effect":"permit",
       "when":"has(request.exec) && request.exec.path.endsWith('/sleep')",
       "reason_user":"It is leased.","reason_admin":"It is leased.","mode":"enforce",
       "obligations":["lease:10"]}""";

  /** What a gateway must send to its upstream blue. */
  static final String REROUTED = "/usr/bin/rerouted";

  private static final String REROUTING =
      """
      {"id":"rerouted","description":"To where it harms nobody.",
       "stage":"authorization","effect":"permit",
       "when":"request.resource == '%s'",
       "reason_user":"It is rerouted.","reason_admin":"It is rerouted.","mode":"enforce",
       "obligations":["reroute:blue"]}"""
          .formatted(REROUTED);

  private final Path folder;
  private final DemoHost hostA;
  private final DemoHost hostB;
  private final DemoService.Born born;
  private final Path config;
  private final ProviderKey provider;
  private final DemoService service;

  private RunningService(
      Path folder,
      DemoHost hostA,
      DemoHost hostB,
      DemoService.Born born,
      Path config,
      ProviderKey provider,
      DemoService service) {
    this.folder = folder;
    this.hostA = hostA;
    this.hostB = hostB;
    this.born = born;
    this.config = config;
    this.provider = provider;
    this.service = service;
  }

  static RunningService start() throws Exception {
    // Unix sockets of the simulators lie in it: the path must stay short.
    Path folder = Files.createTempDirectory("writ-cli-test-");
    EndorsementAuthority maker = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    DemoHost a = DemoHost.boot("host-a", folder, maker, BootLog.DEMO);
    DemoHost b = DemoHost.boot("host-b", folder, maker, BootLog.DEMO);
    Map<Hash, String> admitted = new HashMap<>();
    for (Hash digest : b.endorsementKeyDigests()) {
      admitted.put(digest, "host-b");
    }
    a.disconnect();
    b.disconnect();
    DemoService.Born born = DemoService.birth(folder.resolve("service"));
    Path config = DemoService.configure(born, maker, admitted, folder);
    String doors =
        """
          http: 127.0.0.1:0
          tls:
            address: 127.0.0.1:0
            names: [localhost]
        operator:
          socket: operator.sock
          mtls:
            address: 127.0.0.1:0
            client_roots: tpm-roots.pem
            roles: [{uri: "spiffe://dev.example/operator", roles: [operator, security_officer]}]
        metrics: 127.0.0.1:0
        """;
    String written = Files.readString(config);
    String plain = "  http: 127.0.0.1:0\noperator:\n  socket: operator.sock\n";
    if (!written.contains(plain)) {
      throw new IllegalStateException("the demo's configuration has changed: " + written);
    }
    ProviderKey provider = ProviderKey.create();
    Files.writeString(config, written.replace(plain, doors) + provider.section(folder));
    Path operatorKey = born.folder().resolve("keys").resolve(KeyBirth.OPERATOR_KEY);
    reviseForPrograms(born, folder, Thumbprint.text(OperatorKey.read(operatorKey).kid()));
    return new RunningService(
        folder, a, b, born, config, provider, DemoService.start(born, config));
  }

  /**
   * The example names programs by their path, and a script's is its interpreter's. For uname there is an
   * obligation that nobody knows, and one program is rerouted; of nproc its operator approves each run.
   */
  private static void reviseForPrograms(DemoService.Born born, Path folder, String operator)
      throws IOException, MalformedPolicyException {
    Path file = DemoService.policyFile(born);
    PolicyRevision revision = DemoPolicyApprover.document(file).revise();
    revision.constant(
        "own_programs", List.of(folder + "/", Path.of("/bin/sh").toRealPath().toString()));
    String revised = new String(revision.build().canonical(), StandardCharsets.UTF_8);
    String withRules =
        revised
            .replace(
                "\"rules\":[",
                "\"rules\":["
                    + UNKNOWN_OBLIGATION
                    + ","
                    + LEASED
                    + ","
                    + REROUTING
                    + ","
                    + APPROVED
                    + ",")
            .replaceFirst(
                "\\{",
                "{\"approvals\":{\"threshold\":1,\"separation\":false,\"approvers\":[\""
                    + operator
                    + "\"]},");
    PolicyDocument document = PolicyDocument.parse(withRules.getBytes(StandardCharsets.UTF_8));
    Files.write(file, DemoPolicyApprover.approved(born, document).toJson());
  }

  /** A file in {@code folder} with what a worker may ask for. */
  static Path request(Path folder, String worker) throws IOException {
    return Files.writeString(
        folder.resolve("request-" + worker + ".json"),
        """
        {"v":1,"aud":["demo-gateway"],"tenant":"demo","sub":"spiffe://dev.example/worker-%s",
         "act":{"action":"exec","resource":"/usr/bin/true","limits":{},"max_uses":1,
         "args_digest":"00000000000000000000000000000000000000000000000000000000000000a1"}}
        """
            .formatted(worker));
  }

  /** {@code writ attest} on one of its hosts. */
  Invocation attest(DemoHost host, Object at, Path request, Object... more) {
    List<Object> words =
        new ArrayList<>(List.of("attest", "--service", at, "--trust", service.trustFile()));
    words.addAll(List.of("--state", host.state(), "--tpm", host.tcti(), "--request", request));
    words.addAll(List.of(more));
    return Invocation.of(words.toArray());
  }

  /** Whose tokens name initiators. */
  ProviderKey provider() {
    return provider;
  }

  Path folder() {
    return folder;
  }

  DemoHost hostA() {
    return hostA;
  }

  DemoHost hostB() {
    return hostB;
  }

  DemoService.Born born() {
    return born;
  }

  Path config() {
    return config;
  }

  DemoService service() {
    return service;
  }

  /** A value of its ready line. */
  String place(String name) throws Exception {
    for (String word : Files.readString(folder.resolve("service/ready")).strip().split(" ")) {
      if (word.startsWith(name + "=")) {
        return word.substring(name.length() + 1);
      }
    }
    throw new IllegalStateException("the ready line has no " + name);
  }

  @Override
  public void close() throws IOException {
    service.close();
    hostA.close();
    hostB.close();
    TestFolders.remove(folder);
  }
}
