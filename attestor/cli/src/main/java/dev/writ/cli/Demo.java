// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static dev.writ.cli.DemoReport.ALLOW;

import dev.writ.agent.Answer;
import dev.writ.agent.Attester;
import dev.writ.agent.IssueRequest;
import dev.writ.agent.ServiceEndpoint;
import dev.writ.artifact.Act;
import dev.writ.artifact.ActionAtHand;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.Seen;
import dev.writ.artifact.Verdict;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SoftHsmToken;
import dev.writ.hsm.PinSource;
import dev.writ.hsm.Token;
import dev.writ.hsm.TokenProfile;
import dev.writ.service.ServiceIdentity;
import dev.writ.service.WritService;
import dev.writ.tlog.Hash;
import dev.writ.tpm.PcrBank;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The demo's story, step by step, on a token, two hosts and a ledger of its own: keys are born, hosts
 * enrol, one gets an artifact, and everything that should be refused is.
 */
final class Demo {
  static final ServiceIdentity IDENTITY =
      new ServiceIdentity("https://writ.example", "demo", "writ.example/ledger");

  private static final String GATEWAY = "demo-gateway";
  private static final PcrSelection MEASURED = PcrSelection.of(TpmAlg.SHA256, 0, 7, 8);
  private static final int KERNEL_PCR = 8;

  private final Path folder;
  private final Path bundleFile;
  private final DemoReport report;
  private final Clock clock = Clock.systemUTC();
  private final SecureRandom random = new SecureRandom();

  /** What the story leaves, still in the demo's folder. */
  record Left(Path bundle, Path trust) {}

  Demo(Path folder, DemoReport report) {
    this.folder = folder;
    this.bundleFile = folder.resolve("bundle.json");
    this.report = report;
  }

  Left run() throws Exception {
    SoftHsmToken softHsm =
        report.make("a PKCS#11 token", () -> SoftHsmToken.inEnvironment("writ-demo"));
    try (Token token =
        Token.open(
            TokenProfile.named("softhsm2"), softHsm.label(), PinSource.file(softHsm.pinFile()))) {
      KeyBirth birth =
          new KeyBirth(IDENTITY.issuer(), IDENTITY.origin(), folder.resolve("keys"), clock, random);
      KeyBirth.Born born = report.make("keys are born in it", () -> birth.in(token));

      EndorsementAuthority maker = EndorsementAuthority.create(clock.instant(), random);
      try (DemoHost a = boot("host-a", maker);
          DemoHost b = boot("host-b", maker);
          WritService service =
              report.make(
                  "the ledger is opened, a policy comes into force",
                  () ->
                      new DemoSetup(IDENTITY, clock, random)
                          .start(born.keys(), folder.resolve("ledger"), maker, List.of(a, b)))) {
        onTwoHosts(BundleVerifier.of(born.trust()), new InProcessEndpoint(service), a, b);
      }
      return new Left(bundleFile, born.trustFile());
    }
  }

  private DemoHost boot(String name, EndorsementAuthority maker) throws Exception {
    return report.make(
        name + " boots, its TPM measures", () -> DemoHost.boot(name, folder, maker, BootLog.DEMO));
  }

  private void onTwoHosts(
      BundleVerifier verifier, ServiceEndpoint service, DemoHost hostA, DemoHost hostB)
      throws Exception {
    try (Attester a = hostA.attester(service, random);
        Attester b = hostB.attester(service, random)) {
      enrol(hostA, a);
      enrol(hostB, b);
      ProofBundle bundle =
          granted(
              report.ask(
                  "host-a attests and asks for an artifact", ALLOW, () -> a.attest(request("a"))));
      Files.write(bundleFile, bundle.toJson());
      verifyAndTamper(verifier, bundle, a, b);
      reuseChallenge(service, b);
      changeState(hostB, b);
    }
  }

  private void enrol(DemoHost host, Attester attester) throws Exception {
    report.make(
        host.name() + " enrols: EK certificate, credential activation",
        () -> granted(attester.enrol(host.name())));
  }

  private void verifyAndTamper(BundleVerifier verifier, ProofBundle bundle, Attester a, Attester b)
      throws Exception {
    byte[] bytes = bundle.toJson();
    Seen uses = new UsesInMemory();
    Artifact artifact = Artifact.parse(bundle.artifact());
    Presentation atGateway =
        Presentation.NOTHING
            .withAudience(new Presentation.Audience.Gateway(GATEWAY))
            .withTenant(IDENTITY.tenant())
            .withAction(ActionAtHand.of(artifact.claims().act()))
            .withObligations(Set.of());
    DemoReport.Action<Verdict> use =
        () ->
            verifier.verify(
                bytes,
                atGateway
                    .withHost(a.hostState(MEASURED))
                    .withPossession(a.possess(newNonce(), artifact.digest(), GATEWAY)),
                uses,
                clock.instant());
    report.verify("a gateway verifies it offline, on host-a, by its holder", ALLOW, use);
    report.verify("the same artifact is used a second time", DenialCode.REPLAYED.wire(), use);
    report.verify(
        "one byte of the artifact's payload is changed",
        DenialCode.SIGNATURE_INVALID.wire(),
        () -> verifier.verify(tampered(bundle), atGateway, uses, clock.instant()));
    report.verify(
        "host-a's artifact is shown on host-b",
        DenialCode.ENVIRONMENT_MISMATCH.wire(),
        () ->
            verifier.verify(
                bytes, atGateway.withHost(b.hostState(MEASURED)), uses, clock.instant()));
    Instant end = artifact.claims().exp();
    report.verify(
        "it is shown at the moment of its end",
        DenialCode.EXPIRED.wire(),
        () -> verifier.verify(bytes, atGateway, uses, end));
    report.verify(
        "no artifact is shown",
        DenialCode.ARTIFACT_MISSING.wire(),
        () -> verifier.verify(new byte[0], atGateway, uses, clock.instant()));
  }

  private void reuseChallenge(ServiceEndpoint service, Attester b) throws Exception {
    Challenge challenge = granted(service.challenge(b.attestationKeyName()));
    IssueRequest answer = b.answer(challenge, request("b"));
    Answer<ProofBundle> first =
        report.ask("host-b answers a challenge", ALLOW, () -> service.issue(answer));
    if (first instanceof Answer.Granted<ProofBundle>) {
      report.ask(
          "host-b uses the same challenge again",
          DenialCode.REPLAYED.wire(),
          () -> service.issue(answer));
    }
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

  /** What the workload on a host wants to run; its digest stands for exact arguments. */
  private static ExecutionRequest request(String worker) {
    Hash args = Hash.sha256(("/usr/bin/true of worker-" + worker).getBytes(StandardCharsets.UTF_8));
    return new ExecutionRequest(
        IDENTITY.issuer(),
        List.of(GATEWAY),
        IDENTITY.tenant(),
        "spiffe://dev.example/worker-" + worker,
        new Act("exec", "/usr/bin/true", args, Map.of(), 1),
        Optional.empty(),
        // Replaced by the agent's own instance key.
        Hash.of(new byte[Hash.BYTES]));
  }

  /** The bundle with one bit of the payload's first byte changed. */
  private static byte[] tampered(ProofBundle bundle) {
    String artifact = bundle.artifact();
    int payload = artifact.indexOf('.') + 1;
    char changed = artifact.charAt(payload) == 'e' ? 'f' : 'e';
    return new ProofBundle(
            artifact.substring(0, payload) + changed + artifact.substring(payload + 1),
            bundle.leaf(),
            bundle.tlogProof(),
            bundle.statusListToken())
        .toJson();
  }

  private static <T> T granted(Answer<T> answer) throws DeniedException {
    if (answer instanceof Answer.Granted<T> granted) {
      return granted.value();
    }
    Answer.Denied<T> denied = (Answer.Denied<T>) answer;
    throw new DeniedException(denied.code(), denied.reason());
  }

  private Hash newNonce() {
    byte[] nonce = new byte[Hash.BYTES];
    random.nextBytes(nonce);
    return Hash.of(nonce);
  }
}
