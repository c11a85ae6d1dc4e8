// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.StrictJson;
import dev.writ.evidence.Challenge;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Applications for artifacts over the plain door, as its contract describes their answers. */
@Timeout(120)
final class IssuanceOverHttpTest {
  private static final int USES = 100;

  private static ServiceToken token;

  private final Contracts contract =
      Contracts.parse(new String(Contract.bytes(), StandardCharsets.UTF_8));

  @TempDir private Path folder;
  private Deployment deployment;
  private Optional<Doors> doors = Optional.empty();
  private SoftwareHost host;

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  @BeforeEach
  void deploy() {
    deployment = new Deployment(token, folder);
    host = deployment.host("host-a");
  }

  @AfterEach
  void stop() {
    doors.ifPresent(Doors::close);
    deployment.close();
  }

  private void serve() throws Exception {
    WritService service = deployment.start();
    doors =
        Optional.of(
            Doors.open(
                service, StubService.plain(DoorsConfig.Limits.standard()), InstantSource.system()));
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  private HttpWire wire() throws Exception {
    return HttpWire.tcp(doors.orElseThrow().plainPort().orElseThrow());
  }

  private HttpWire.Response post(String operation, String target, String body) throws Exception {
    try (HttpWire wire = wire()) {
      HttpWire.Response response = wire.post(target, body);
      contract.requireDescribed(contract.operation(operation), response);
      return response;
    }
  }

  private HttpWire.Response issue(String application) throws Exception {
    return post("issue", "/v1/artifacts", application);
  }

  /** What the host answers to a challenge that it gets over HTTP. */
  private String application() throws Exception {
    HttpWire.Response response = post("challenge", "/v1/challenges", ApiBodies.challenge(host));
    byte[] challenge =
        Base64.getUrlDecoder().decode(StrictJson.parse(response.body(), 4096).text("challenge"));
    return ApiBodies.issue(host.answer(Challenge.parse(challenge), Deployment.request(host)));
  }

  private long leaves(LeafKind kind, long from) throws Exception {
    long found = 0;
    for (long i = from; i < deployment.leaves(); i++) {
      found += deployment.service().ledger().leaf(i).orElseThrow().kind() == kind ? 1 : 0;
    }
    return found;
  }

  private static String reason(HttpWire.Response problem) throws Exception {
    return StrictJson.parse(problem.body(), 4096).text("reason");
  }

  /** Cases 38 and 94: each on a connection of its own, all of which stand before the first sends. */
  @Test
  void oneChallengeUsedByAHundredConnectionsAtOnce_getsOneArtifact() throws Exception {
    serve();
    String application = application();
    long before = deployment.leaves();
    CountDownLatch connected = new CountDownLatch(USES);
    ExecutorService threads = Executors.newFixedThreadPool(USES);
    List<Future<HttpWire.Response>> answers = new ArrayList<>();
    try {
      for (int i = 0; i < USES; i++) {
        answers.add(threads.submit(() -> issueWithAll(application, connected)));
      }
      int issued = 0;
      for (Future<HttpWire.Response> each : answers) {
        HttpWire.Response answer = each.get(60, TimeUnit.SECONDS);
        contract.requireDescribed(contract.operation("issue"), answer);
        if (answer.status() == 201) {
          issued++;
          assertThat(ProofBundle.parse(answer.body())).isNotNull();
        } else {
          assertThat(answer.status()).as(answer.text()).isEqualTo(409);
          assertThat(StrictJson.parse(answer.body(), 4096).text("code")).isEqualTo("replayed");
        }
      }
      assertThat(issued).isEqualTo(1);
    } finally {
      threads.shutdownNow();
    }
    assertThat(leaves(LeafKind.DECISION_ALLOW, before)).isEqualTo(1);
    assertThat(leaves(LeafKind.DECISION_DENY, before)).isEqualTo(USES - 1);
  }

  private HttpWire.Response issueWithAll(String application, CountDownLatch connected)
      throws Exception {
    try (HttpWire wire = wire()) {
      connected.countDown();
      assertThat(connected.await(30, TimeUnit.SECONDS)).isTrue();
      return wire.post("/v1/artifacts", application);
    }
  }

  /** The caller is told what its matter is, and when to come back; then the same is answered. */
  @Test
  void hostBeyondItsRate_isToldToComeBack_andIsAnsweredThen() throws Exception {
    deployment.limitHostRate(1, 1);
    serve();
    assertThat(issue(application()).status()).isEqualTo(201);
    String second = application();
    long leaves = deployment.leaves();

    HttpWire.Response over = issue(second);

    assertThat(over.status()).isEqualTo(503);
    assertThat(reason(over)).isEqualTo("host_rate");
    assertThat(StrictJson.parse(over.body(), 4096).text("detail"))
        .isEqualTo(HostRate.EXCEEDED.message());
    int seconds = Integer.parseInt(over.header("retry-after"));
    assertThat(deployment.leaves()).isEqualTo(leaves);
    deployment.pass(Duration.ofSeconds(seconds));
    assertThat(issue(second).status()).isEqualTo(201);
  }

  @Test
  void denialThatIsALeaf_saysWhich() throws Exception {
    serve();
    String late = application();
    deployment.clock.advance(Duration.ofMinutes(2));

    HttpWire.Response denied = issue(late);

    assertThat(denied.status()).isEqualTo(403);
    JsonMembers problem = StrictJson.parse(denied.body(), 4096);
    assertThat(problem.text("decision_id")).isEqualTo(deployment.lastLeaf().id().toString());
    assertThat(problem.text("instance"))
        .as("the request has no other name: either finds the decision")
        .isEqualTo("urn:writ:request:" + deployment.lastLeaf().id());
  }
}
