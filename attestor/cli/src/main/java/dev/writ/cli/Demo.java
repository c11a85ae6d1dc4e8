// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static dev.writ.cli.DemoReport.ALLOW;
import static dev.writ.cli.DemoReport.OK;

import dev.writ.agent.Answer;
import dev.writ.agent.Attester;
import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.Invitation;
import dev.writ.agent.IssueRequest;
import dev.writ.artifact.Act;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RevocationReason;
import dev.writ.evidence.Challenge;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.tlog.Hash;
import dev.writ.tpm.PcrBank;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The demo's story, step by step: two services with a token, a ledger and doors of their own, three
 * hosts with a simulated TPM each. Operators speak over a Unix socket, hosts over HTTP; one host gets
 * an artifact, and everything that should be refused is.
 */
final class Demo implements AutoCloseable {
  private static final int KERNEL_PCR = 8;
  private static final Duration INVITATION = Duration.ofMinutes(10);
  private static final Duration READINESS = Duration.ofSeconds(10);
  private static final long POLL_MILLIS = 50;

  private final Path folder;
  private final DemoReport report;
  private final Preparation preparation = new Preparation();
  private final Clock clock = Clock.systemUTC();
  private final SecureRandom random = new SecureRandom();

  /**
   * What the story leaves.
   *
   * @param bundle of host-a's artifact, in the demo's folder
   * @param service the first one, which goes on until the demo is closed
   * @param hostA enrolled there; nobody is connected to its TPM
   */
  record Left(Path bundle, DemoService service, DemoHost hostA) {}

  Demo(Path folder, DemoReport report) {
    this.folder = folder;
    this.report = report;
  }

  Left run() throws Exception {
    EndorsementAuthority maker = EndorsementAuthority.create(clock.instant(), random);
    // What takes a while and needs nothing else is begun at once; each step says how long its own
    // took.
    var keys = preparation.begin(() -> DemoService.birth(folder.resolve("service")));
    var bootA = boot("host-a", maker);
    var bootB = boot("host-b", maker);
    var bootC = boot("host-c", maker);
    var doomed = preparation.begin(() -> doomedService(maker, bootA));

    DemoService.Born born = report.make("a token of its own; keys are born in it", keys);
    DemoHost a = report.make("host-a boots, its TPM measures", bootA);
    DemoHost b = report.make("host-b boots, its TPM measures", bootB);
    DemoHost c = report.make("host-c boots, its TPM measures", bootC);
    DemoService service =
        report.make(
            "writ serve: ledger, policy, doors", preparation.begin(() -> serve(born, maker, b)));
    Path bundle = onThreeHosts(service, a, b, c);
    loseTheToken(report.make("a second writ serve, with a token of its own", doomed), a);
    c.close();
    a.disconnect();
    b.disconnect();
    new DemoExecutions(folder, report, service, a, b).tell();
    b.close();
    return new Left(bundle, service, a);
  }

  private Preparation.Begun<DemoHost> boot(String name, EndorsementAuthority maker) {
    return preparation.begin(
        () -> preparation.own(DemoHost.boot(name, folder, maker, BootLog.DEMO)));
  }

  private DemoService doomedService(EndorsementAuthority maker, Preparation.Begun<DemoHost> listed)
      throws Exception {
    DemoService.Born born = DemoService.birth(folder.resolve("second"));
    return serve(born, maker, listed.await().value());
  }

  private DemoService serve(DemoService.Born born, EndorsementAuthority maker, DemoHost listed)
      throws Exception {
    Map<Hash, String> admitted = new HashMap<>();
    for (Hash digest : listed.endorsementKeyDigests()) {
      admitted.put(digest, listed.name());
    }
    return preparation.own(
        DemoService.start(
            born, DemoService.configure(born, maker, admitted, DemoExecutions.programs(folder))));
  }

  private Path onThreeHosts(DemoService service, DemoHost hostA, DemoHost hostB, DemoHost hostC)
      throws Exception {
    HttpServiceEndpoint endpoint = service.endpoint();
    try (DemoGateway gateway = new DemoGateway(service.trust(), clock, random);
        Attester a = hostA.attester(endpoint, random);
        Attester b = hostB.attester(endpoint, random);
        Attester c = hostC.attester(endpoint, random)) {
      enrol(service, a, b, c);
      ProofBundle bundle =
          DeniedException.granted(
              report.ask(
                  "host-a attests and asks for an artifact", ALLOW, () -> a.attest(request("a"))));
      Path file = Files.write(folder.resolve("bundle.json"), bundle.toJson());
      verifyAndTamper(gateway, bundle, a, b);
      reportOutcome(endpoint, bundle, a);
      revoke(service, gateway, reuseChallenge(endpoint, b));
      changeState(hostB, b);
      return file;
    }
  }

  private void enrol(DemoService service, Attester a, Attester b, Attester c) throws Exception {
    Invitation invitation =
        report.make(
            "the operator invites host-a over the Unix socket",
            () -> DeniedException.granted(service.operator().invite("host-a", INVITATION)));
    report.ask(
        "host-a enrols by its invitation: EK certificate, activation",
        OK,
        () -> a.enrol("host-a", Optional.of(invitation.secret())));
    report.ask("host-b enrols: its EK was listed beforehand", OK, () -> b.enrol("host-b"));
    report.ask(
        "host-c, which nobody invited or listed, asks to enrol",
        DenialCode.ENVIRONMENT_UNTRUSTED.wire(),
        () -> c.enrol("host-c"));
  }

  private void verifyAndTamper(DemoGateway gateway, ProofBundle bundle, Attester a, Attester b)
      throws Exception {
    Artifact artifact = Artifact.parse(bundle.artifact());
    report.verify(
        "a gateway verifies it offline, on host-a, by its holder",
        ALLOW,
        () -> gateway.use(bundle, artifact, a));
    report.verify(
        "the same artifact is used a second time",
        DenialCode.REPLAYED.wire(),
        () -> gateway.use(bundle, artifact, a));
    report.verify(
        "one byte of the artifact's payload is changed",
        DenialCode.SIGNATURE_INVALID.wire(),
        () -> gateway.showTampered(bundle, artifact));
    report.verify(
        "host-a's artifact is shown on host-b",
        DenialCode.ENVIRONMENT_MISMATCH.wire(),
        () -> gateway.useOn(b, bundle, artifact));
    report.verify(
        "it is shown at the moment of its end",
        DenialCode.EXPIRED.wire(),
        () -> gateway.showAt(artifact.claims().exp(), bundle, artifact));
    report.verify(
        "no artifact is shown",
        DenialCode.ARTIFACT_MISSING.wire(),
        () -> gateway.showNothing(artifact));
  }

  private void reportOutcome(HttpServiceEndpoint service, ProofBundle bundle, Attester a)
      throws Exception {
    Artifact artifact = Artifact.parse(bundle.artifact());
    report.ask(
        "host-a reports how the execution ended",
        OK,
        () -> service.report(a.outcome(artifact, OutcomeState.OK, clock.instant())));
  }

  private ProofBundle reuseChallenge(HttpServiceEndpoint service, Attester b) throws Exception {
    Challenge challenge = DeniedException.granted(service.challenge(b.attestationKeyName()));
    IssueRequest answer = b.answer(challenge, request("b"));
    ProofBundle bundle =
        DeniedException.granted(
            report.ask("host-b answers a challenge", ALLOW, () -> service.issue(answer)));
    report.ask(
        "host-b uses the same challenge again",
        DenialCode.REPLAYED.wire(),
        () -> service.issue(answer));
    return bundle;
  }

  private void revoke(DemoService service, DemoGateway gateway, ProofBundle bundle)
      throws Exception {
    Artifact artifact = Artifact.parse(bundle.artifact());
    gateway.follow(service.url());
    report.ask(
        "the operator revokes host-b's artifact",
        OK,
        () ->
            service.operator().revoke(artifact.claims().jti(), RevocationReason.SUPERSEDED.wire()));
    report.verify(
        "the gateway was told, and it is shown as it was issued",
        DenialCode.REVOKED.wire(),
        () -> gateway.showOnceTold(bundle, artifact));
    String list = artifact.claims().status().orElseThrow().uri();
    report.verify(
        "another gateway is shown it with a fresh status token",
        DenialCode.REVOKED.wire(),
        () ->
            new DemoGateway(service.trust(), clock, random)
                .showWith(service.statusToken(list), bundle, artifact));
  }

  private void changeState(DemoHost hostB, Attester b) throws Exception {
    hostB
        .tpm()
        .extendPcr(
            KERNEL_PCR,
            PcrBank.SHA256,
            Hash.sha256("a module nobody expected".getBytes(StandardCharsets.UTF_8)).bytes());
    report.ask(
        "host-b extends PCR 8 with what the policy does not know",
        DenialCode.ENVIRONMENT_UNTRUSTED.wire(),
        () -> b.attest(request("b")));
  }

  /** A service that cannot sign says so, to its callers and to its load balancer. */
  private void loseTheToken(DemoService service, DemoHost host) throws Exception {
    HttpServiceEndpoint endpoint = service.endpoint();
    try (Attester attester = host.attester(endpoint, random)) {
      report.ask("host-a enrols there, too", OK, () -> attester.enrol(host.name()));
      report.ask("it gets an artifact there", ALLOW, () -> once(endpoint, attester));
      service.takeTokenAway();
      report.ask(
          "that service's token is taken away; host-a asks again",
          DenialCode.UNVERIFIABLE.wire(),
          () -> once(endpoint, attester));
    }
    report.observe("its /readyz", "503", () -> awaitNotReady(service));
    service.close();
  }

  /** One round, without the agent's patience with a service that cannot answer now. */
  private static Answer<ProofBundle> once(HttpServiceEndpoint service, Attester attester)
      throws Exception {
    return service.issue(
        attester.answer(
            DeniedException.granted(service.challenge(attester.attestationKeyName())),
            request("a")));
  }

  /** What was found a moment ago may be told for a second. */
  private static String awaitNotReady(DemoService service) throws Exception {
    long end = System.nanoTime() + READINESS.toNanos();
    int status = service.readiness();
    while (status == DemoService.READY && System.nanoTime() - end < 0) {
      Thread.sleep(POLL_MILLIS);
      status = service.readiness();
    }
    return Integer.toString(status);
  }

  /** What the workload on a host wants to run; its digest stands for exact arguments. */
  static ExecutionRequest request(String worker) {
    Hash args = Hash.sha256(("/usr/bin/true of worker-" + worker).getBytes(StandardCharsets.UTF_8));
    return new ExecutionRequest(
        DemoService.ISSUER,
        List.of(DemoGateway.NAME),
        DemoService.TENANT,
        "spiffe://dev.example/worker-" + worker,
        new Act("exec", "/usr/bin/true", args, Map.of(), 1),
        Optional.empty(),
        // Replaced by the agent's own instance key.
        Hash.of(new byte[Hash.BYTES]));
  }

  /** Ends every service and host that was started. */
  @Override
  public void close() {
    preparation.close();
  }
}
