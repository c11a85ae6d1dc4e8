// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.agent.Answer;
import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.IssueRequest;
import dev.writ.agent.ServiceEndpoint;
import dev.writ.agent.Timeouts;
import dev.writ.artifact.Act;
import dev.writ.artifact.Argument;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecAudience;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.ProofBundle;
import dev.writ.evidence.Challenge;
import dev.writ.policy.Inputs;
import dev.writ.tlog.Hash;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Executions on a host, asked for over HTTP: what is bound is what the policy judges. */
@Timeout(120)
final class ExecIssuanceTest {
  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static Doors doors;
  private static Contracts contract;
  private static ServiceEndpoint service;
  private static SoftwareHost host;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    deployment.policy(example -> example.loaderVariables(List.of("PYTHONUNBUFFERED")));
    deployment.policyRule(
        """
        {"id": "no-deletion", "stage": "restriction", "effect": "require",
         "when": "!has(request.exec) || request.exec.argv.all(a, a != '--delete')",
         "code": "scope_exceeded", "reason_user": "Nothing is deleted.",
         "reason_admin": "An argument is --delete.", "mode": "enforce"}\
        """);
    host = deployment.host("host-a");
    WritService running = deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    doors =
        Doors.open(
            running,
            new DoorsConfig(
                Optional.of(StubService.loopback()),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                DoorsConfig.Limits.standard()),
            InstantSource.system());
    int port = doors.plainPort().orElseThrow();
    service =
        HttpServiceEndpoint.at(
            URI.create("http://127.0.0.1:" + port),
            List.of(),
            InstantSource.system(),
            Timeouts.STANDARD);
    try (HttpWire wire = HttpWire.tcp(port)) {
      contract = Contracts.parse(wire.get("/openapi.yaml").text());
    }
  }

  @AfterAll
  static void stop() throws Exception {
    doors.close();
    deployment.close();
    token.close();
  }

  private static Hash hash(String text) {
    return Hash.sha256(text.getBytes(StandardCharsets.UTF_8));
  }

  private static ExecBinding binding(List<Argument> argv, String... variables) {
    return new ExecBinding(
        "/usr/bin/python3",
        hash("the interpreter"),
        argv,
        "/srv",
        Stream.of(variables)
            .collect(
                Collectors.toMap(name -> name, ExecIssuanceTest::hash, (a, b) -> a, TreeMap::new)),
        List.of(new ExecBinding.BoundFile("/srv/report.py", hash("the script"))));
  }

  private static List<Argument> arguments(String... argv) {
    return Stream.of(argv).map(Argument::of).toList();
  }

  private static ExecutionRequest request(Act act, String audience) {
    return new ExecutionRequest(
        Deployment.IDENTITY.issuer(),
        List.of(audience),
        Deployment.IDENTITY.tenant(),
        Deployment.workloadOf(host.name),
        act,
        Optional.empty(),
        host.jkt());
  }

  private static ExecutionRequest request(Act act) {
    return request(act, ExecAudience.of(host.akName()));
  }

  private static Answer<ProofBundle> issue(ExecBinding exec) throws Exception {
    return service.issue(asked(request(exec.act(1)), Optional.of(exec)));
  }

  /** Not an {@link Application}: what is sent may contradict itself. */
  private static IssueRequest asked(ExecutionRequest request, Optional<ExecBinding> exec)
      throws Exception {
    Answer<Challenge> answer = service.challenge(host.ak.name());
    Challenge challenge = ((Answer.Granted<Challenge>) answer).value();
    // The evidence is of the request alone.
    return new IssueRequest(
        host.ak.name(), request, exec, challenge, host.evidence(challenge, request, List.of()));
  }

  private static ArtifactClaims claims(Answer<ProofBundle> answer) throws Exception {
    assertThat(answer).isInstanceOf(Answer.Granted.class);
    return Artifact.parse(((Answer.Granted<ProofBundle>) answer).value().artifact()).claims();
  }

  private static void assertDenied(DenialCode code, String reason, Answer<ProofBundle> answer) {
    assertThat(answer)
        .isInstanceOfSatisfying(
            Answer.Denied.class,
            denied -> {
              assertThat(denied.code()).isEqualTo(code);
              assertThat(denied.reason()).isEqualTo(reason);
            });
  }

  /** The answer must be 400, and say this. */
  private static void assertMalformed(
      ExecutionRequest request, Optional<ExecBinding> exec, String message) throws Exception {
    long leaves = deployment.leaves();
    String json = json(asked(request, exec));
    try (HttpWire wire = HttpWire.tcp(doors.plainPort().orElseThrow())) {
      HttpWire.Response response = wire.post("/v1/artifacts", json);
      assertThat(response.status()).as(response.text()).isEqualTo(400);
      assertThat(response.text()).contains(message);
      contract.requireDescribed(contract.operation("issue"), response);
    }
    assertThat(deployment.leaves()).isEqualTo(leaves);
  }

  private static String json(IssueRequest asked) {
    String binding =
        asked
            .exec()
            .map(exec -> ",\"exec\":" + new String(exec.jcs(), StandardCharsets.UTF_8))
            .orElse("");
    return "{\"ak_name\":\"%s\",\"challenge\":\"%s\",\"request\":%s,\"evidence\":\"%s\"%s}"
        .formatted(
            base64Url(asked.attestationKey().bytes()),
            base64Url(asked.challenge().encode()),
            new String(asked.request().jcs(), StandardCharsets.UTF_8),
            base64Url(asked.evidence().bytes()),
            binding);
  }

  private static String base64Url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String lastPayload() throws Exception {
    return new String(
        deployment.service().ledger().payload(deployment.leaves() - 1).orElseThrow(),
        StandardCharsets.UTF_8);
  }

  @Test
  void execution_bound_getsAnArtifactOfItsDigest() throws Exception {
    ExecBinding exec = binding(arguments("python3", "/srv/report.py"), "LANG", "PATH");

    ArtifactClaims claims = claims(issue(exec));

    assertThat(claims.act().argsDigest()).isEqualTo(exec.digest());
    assertThat(claims.act().resource()).isEqualTo("/usr/bin/python3");
    assertThat(claims.aud()).containsExactly(ExecAudience.of(host.akName()));
  }

  /** Beside the leaf lies what came, and what the policy was shown: the decision can be made again. */
  @Test
  void execution_allowed_isKeptWithItsInputs() throws Exception {
    ExecBinding exec = binding(arguments("python3", "/srv/kept.py"), "LANG");
    assertThat(claims(issue(exec))).isNotNull();

    String payload = lastPayload();
    assertThat(payload).contains("\"exec\":" + new String(exec.jcs(), StandardCharsets.UTF_8));
    int from = payload.indexOf("\"inputs\":") + "\"inputs\":".length();
    Inputs inputs =
        Inputs.parse(
            payload
                .substring(from, payload.indexOf(",\"request\":{\"act\"", from))
                .getBytes(StandardCharsets.UTF_8));
    assertThat(inputs.request().exec().orElseThrow().argv())
        .contains(List.of("python3", "/srv/kept.py"));
    assertThat(inputs.request().exec().orElseThrow().env())
        .isEqualTo(Map.of("LANG", hash("LANG").hex()));
    assertThat(inputs.request().exec().orElseThrow().files())
        .isEqualTo(Map.of("/srv/report.py", hash("the script").hex()));
  }

  @Test
  void loaderVariable_notListed_isPolicyDenied() throws Exception {
    for (String variable : List.of("LD_PRELOAD", "PYTHONPATH", "BASH_ENV")) {
      assertDenied(
          DenialCode.POLICY_DENIED,
          "document/loader_variables",
          issue(binding(arguments("python3"), "PATH", variable)));
    }
    assertThat(lastPayload()).contains("\"exec\":{\"argv\":[").contains("BASH_ENV");
  }

  @Test
  void loaderVariable_listed_isAllowed() throws Exception {
    ExecBinding exec = binding(arguments("python3"), "PYTHONUNBUFFERED");

    assertThat(claims(issue(exec)).act().argsDigest()).isEqualTo(exec.digest());
  }

  @Test
  void argument_thatARuleForbids_isDeniedByIt() throws Exception {
    assertDenied(
        DenialCode.SCOPE_EXCEEDED,
        "no-deletion",
        issue(binding(arguments("python3", "/srv/report.py", "--delete"))));
  }

  /** What the rule cannot see it does not allow. */
  @Test
  void argument_thatNoRuleCanSee_isDeniedByTheOneThatReadsIt() throws Exception {
    List<Argument> latin1 = List.of(Argument.of("python3"), Argument.of(new byte[] {(byte) 0xe9}));
    List<Argument> many =
        arguments(IntStream.range(0, 257).mapToObj(i -> "a").toArray(String[]::new));
    for (List<Argument> argv : List.of(latin1, many, arguments("python3", "x".repeat(4_097)))) {
      assertDenied(DenialCode.SCOPE_EXCEEDED, "no-deletion", issue(binding(argv)));
    }
  }

  @Test
  void bindingAtItsBounds_isAdmitted() throws Exception {
    ExecBinding exec =
        binding(
            IntStream.range(0, 8).mapToObj(i -> Argument.of("\u0001".repeat(4_095))).toList(),
            IntStream.range(0, 128).mapToObj(i -> "VARIABLE_" + i).toArray(String[]::new));
    assertThat(exec.jcs()).hasSizeGreaterThan(50 * 1024);

    assertThat(claims(issue(exec)).act().argsDigest()).isEqualTo(exec.digest());
  }

  @Test
  void execAudienceWithoutBinding_isMalformed() throws Exception {
    Act act = binding(arguments("python3")).act(1);
    for (String audience : List.of(ExecAudience.of(host.akName()), "exec:", "exec:nobody")) {
      assertMalformed(
          request(act, audience),
          Optional.empty(),
          "exec: must be present where act.action is exec");
    }
  }

  /** The one part of the agreement that a schema can state. */
  @Test
  void contract_ofAnExecAudience_wantsABinding() throws Exception {
    ExecBinding exec = binding(arguments("python3"));
    ExecutionRequest here = request(exec.act(1));
    ExecutionRequest elsewhere = request(exec.act(1), Deployment.GATEWAY);
    ExecutionRequest reading = request(new Act("read", exec.path(), exec.digest(), Map.of(), 1));

    assertThat(isOfTheContract(asked(here, Optional.of(exec)))).isTrue();
    assertThat(isOfTheContract(asked(here, Optional.empty()))).isFalse();
    assertThat(isOfTheContract(asked(elsewhere, Optional.empty()))).isTrue();
    assertThat(isOfTheContract(asked(reading, Optional.empty()))).isTrue();
  }

  private static boolean isOfTheContract(IssueRequest asked) {
    return Contracts.isValid(contract.operation("issue").body(), new JsonObject(json(asked)));
  }

  @Test
  void gatewayAudience_needsNoBindingAndTakesOne() throws Exception {
    ExecBinding exec = binding(arguments("python3"));
    ExecutionRequest request = request(exec.act(1), Deployment.GATEWAY);

    assertThat(claims(service.issue(asked(request, Optional.empty()))).act())
        .isEqualTo(exec.act(1));
    assertThat(claims(service.issue(asked(request, Optional.of(exec)))).act())
        .isEqualTo(exec.act(1));
    ExecBinding loading = binding(arguments("python3"), "LD_AUDIT");
    assertDenied(
        DenialCode.POLICY_DENIED,
        "document/loader_variables",
        service.issue(asked(request(loading.act(1), Deployment.GATEWAY), Optional.of(loading))));
  }

  @Test
  void bindingThatContradictsTheRequest_isMalformed() throws Exception {
    ExecBinding exec = binding(arguments("python3"));
    Optional<ExecBinding> given = Optional.of(exec);
    Hash digest = exec.digest();

    assertMalformed(
        request(new Act("read", exec.path(), digest, Map.of(), 1)),
        given,
        "act.action: must be exec where exec is given, was read");
    assertMalformed(
        request(new Act("exec", "/usr/bin/true", digest, Map.of(), 1)),
        given,
        "act.resource: must be the path of exec");
    assertMalformed(
        request(binding(arguments("python3", "--other")).act(1)),
        given,
        "act.args_digest: must be the digest of exec " + digest);
    assertMalformed(
        request(exec.act(1)),
        Optional.of(binding(arguments("python3"), "LD_PRELOAD")),
        "act.args_digest: must be the digest of exec ");
  }
}
