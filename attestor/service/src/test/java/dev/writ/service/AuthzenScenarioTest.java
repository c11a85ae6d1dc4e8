// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.StrictJson;
import dev.writ.policy.PolicyDocument;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The certification scenario of AuthZEN Authorization API 1.0 against a running service: its requests and
 * the decisions that it wants are data of openid/authzen, {@code
 * certification/authorization-api-1_0-scenario.md} at commit e287920e, under whose numbers they stand here.
 * The levels are Basic, Batch and Discovery, with properties; searches are not offered.
 */
@Timeout(60)
final class AuthzenScenarioTest {
  private static final Path POLICY = Path.of("../../docs/examples/authzen-policy.yaml");
  private static final String GATEWAY = "spiffe://dev.example/portal";
  private static final String URL = "https://pdp.example:8443";
  private static final String ONE = "/access/v1/evaluation";
  private static final String ALL = "/access/v1/evaluations";

  private static final String ALICE = "'subject':{'type':'user','id':'alice'}";
  private static final String BOB = "'subject':{'type':'user','id':'bob'}";
  private static final String ADMIN =
      "'subject':{'type':'user','id':'bob','properties':{'role':'admin'}}";
  private static final String READ = "'action':{'name':'read'}";
  private static final String WRITE = "'action':{'name':'write'}";
  private static final String RECORD = "'resource':{'type':'record','id':'record-1'}";
  private static final String ARCHIVED =
      "'resource':{'type':'record','id':'record-2','properties':{'status':'archived'}}";

  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static ClientAuthority authority;
  private static Doors doors;
  private static HttpWire portal;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    String policy =
        new String(
            PolicyDocument.parseAuthored(Files.readAllBytes(POLICY)).canonical(),
            StandardCharsets.UTF_8);
    deployment.policyText(any -> policy);
    authority = ClientAuthority.root("portals");
    TlsDoorTest.SelfSigned self =
        TlsDoorTest.SelfSigned.until(Instant.now().plus(Duration.ofDays(1)));
    doors =
        Doors.open(
            deployment.start(),
            new DoorsConfig(
                Optional.of(StubService.loopback()),
                Optional.empty(),
                Optional.empty(),
                Optional.of(
                    new DoorsConfig.MutualTls(
                        StubService.loopback(),
                        self.files(folder, self.pair().getPrivate()),
                        List.of(authority.certificate()),
                        new OperatorClients(
                            Map.of(
                                GATEWAY,
                                Set.of(Role.GATEWAY),
                                "spiffe://dev.example/op",
                                Set.of(Role.OPERATOR)),
                            Map.of()),
                        Optional.of(URL))),
                Optional.empty(),
                DoorsConfig.Limits.standard()),
            InstantSource.system());
    portal = as(GATEWAY);
  }

  @AfterAll
  static void stop() throws Exception {
    portal.close();
    doors.close();
    deployment.close();
    token.close();
  }

  private static HttpWire as(String uri) throws Exception {
    ClientCertificate shown =
        authority.client(SoftwareHost.newKeyPair(), ClientAuthority.Terms.of(uri));
    return HttpWire.tls(doors.operatorTlsPort().orElseThrow(), shown.context(), "TLSv1.3");
  }

  private static String json(String body) {
    return body.replace("ALICE", ALICE)
        .replace("BOB", BOB)
        .replace("ADMIN", ADMIN)
        .replace("READ", READ)
        .replace("WRITE", WRITE)
        .replace("RECORD", RECORD)
        .replace("ARCHIVED", ARCHIVED)
        .replace('\'', '"');
  }

  @CanIgnoreReturnValue
  private static HttpWire.Response ask(String path, String body) throws Exception {
    return portal.post(path, json(body));
  }

  private static JsonMembers answer(HttpWire.Response response) throws Exception {
    assertThat(response.status()).as(response.text()).isEqualTo(200);
    assertThat(response.header("content-type")).isEqualTo("application/json");
    return StrictJson.parse(response.body(), 1 << 20);
  }

  private static String decisions(JsonMembers answer) throws Exception {
    return answer.objects("evaluations", 64).stream()
        .map(
            each -> {
              try {
                return Boolean.toString(each.flag("decision"));
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            })
        .collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "2.2.1 rule 1 | {ALICE,READ,RECORD} | true",
        "1.4 rule 2 | {ALICE,WRITE,RECORD} | true",
        "1.4 rule 3 | {BOB,READ,RECORD} | true",
        "2.2.2 rule 4 | {BOB,WRITE,RECORD} | false",
        "2.2.3 | {ALICE,READ,RECORD,'context':{'time':'2025-06-27T18:03-07:00','ip':'192.168.1.1'}} | true",
        "2.2.4 rule 5 | {ALICE,WRITE,ARCHIVED} | false",
        "2.2.5 rule 6 | {ADMIN,WRITE,ARCHIVED} | true",
        "2.2.6 rule 7 | {ALICE,'action':{'name':'delete','properties':{'soft':true}},RECORD} | true",
        "2.2.7 rule 8 | {ALICE,'action':{'name':'delete','properties':{'soft':false}},RECORD} | false",
        "2.2.8 | {'subject':{'type':'user','id':'alice','properties':{'department':'Sales','role':'manager'}},"
            + "'action':{'name':'read','properties':{'method':'GET'}},'resource':{'type':'record',"
            + "'id':'record-1','properties':{'status':'active','owner':'bob'}}} | true",
        "2.2.9 | {ALICE,READ,RECORD,'foo':'bar','futureField':{'nested':true}} | true"
      })
  void evaluation_isDecidedAsTheScenarioSays(String number, String body, boolean decision)
      throws Exception {
    assertThat(answer(ask(ONE, body)).flag("decision")).as(number).isEqualTo(decision);
    // 2.6: the same again. And the batch's path takes one question, too.
    assertThat(answer(ask(ONE, body)).flag("decision")).as(number).isEqualTo(decision);
    assertThat(answer(ask(ALL, body)).flag("decision")).as(number).isEqualTo(decision);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "3.2.1 | {ALICE,READ,'evaluations':[{RECORD},{'resource':{'type':'record','id':'record-2'}}]} | true false",
        "3.2.2 | {BOB,RECORD,'evaluations':[{READ},{WRITE}]} | true false",
        "3.2.3 | {ALICE,WRITE,'evaluations':[{'resource':{'type':'record','id':'record-1',"
            + "'properties':{'status':'active'}}},{ARCHIVED}]} | true false",
        "3.2.4 | {WRITE,ARCHIVED,'evaluations':[{ALICE},{ADMIN}]} | false true",
        "3.2.5 | {'evaluations':[{ALICE,READ,RECORD},{BOB,WRITE,RECORD}]} | true false",
        "3.2.6 | {ALICE,READ,'context':{'time':'2025-06-27T18:03-07:00'},'evaluations':[{RECORD},"
            + "{'resource':{'type':'record','id':'record-2'},'context':{'source':'batch-override'}}]} | true false",
        "semantics | {BOB,RECORD,'options':{'evaluations_semantic':'execute_all'},'evaluations':[{WRITE},{READ}]}"
            + " | false true",
        "semantics | {BOB,RECORD,'options':{'evaluations_semantic':'deny_on_first_deny'},"
            + "'evaluations':[{READ},{WRITE},{READ}]} | true false",
        "semantics | {BOB,RECORD,'options':{'evaluations_semantic':'permit_on_first_permit','x':1},"
            + "'evaluations':[{WRITE},{READ},{READ}]} | false true"
      })
  void batch_isDecidedInItsOrder_andRecordedAsFarAsItWent(
      String number, String body, String decisions) throws Exception {
    long before = deployment.leaves();

    assertThat(decisions(answer(ask(ALL, body)))).as(number).isEqualTo(decisions);
    assertThat(deployment.leaves() - before).isEqualTo(decisions.split(" ").length);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{READ,RECORD}",
        "{ALICE,RECORD}",
        "{ALICE,READ}",
        "{'subject':{'id':'alice'},READ,RECORD}",
        "{'subject':{'type':'user'},READ,RECORD}",
        "{ALICE,'action':{},RECORD}",
        "{ALICE,READ,'resource':{'id':'record-1'}}",
        "{ALICE,READ,'resource':{'type':'record'}}",
        "{'subject':'alice',READ,RECORD}",
        "{ALICE,'action':{'name':123},RECORD}",
        "{ALICE,READ,RECORD",
        ""
      })
  void request_withoutWhatTheScenarioWants_is400_2_4(String body) throws Exception {
    long before = deployment.leaves();

    assertThat(ask(ONE, body).status()).isEqualTo(400);
    assertThat(ask(ALL, body).status()).isEqualTo(400);
    assertThat(ask(ALL, "{'evaluations':[{ALICE,READ,RECORD}," + body + "]}").status())
        .isEqualTo(400);
    assertThat(deployment.leaves()).isEqualTo(before);
  }

  @Test
  void contentType_ofAnotherKind_is400_2_4_3() throws Exception {
    byte[] body = json("{ALICE,READ,RECORD}").getBytes(StandardCharsets.UTF_8);

    assertThat(portal.post(ONE, "text/plain", body).status()).isEqualTo(400);
    assertThat(portal.post(ALL, "", body).status()).isEqualTo(400);
  }

  private static HttpWire.Response named(String names, String body) throws Exception {
    return portal
        .send(
            "POST "
                + ONE
                + " HTTP/1.1\r\nHost: writ\r\nContent-Type: application/json\r\n"
                + names
                + "Content-Length: "
                + body.length()
                + "\r\n\r\n"
                + body)
        .read();
  }

  @ParameterizedTest
  @ValueSource(strings = {"bfe9eb29-ab87-4ca3-be83-a1d5d8305716", "any text, really", "0"})
  void requestId_comesBack_withAnswersAndRefusals_2_5_1(String name) throws Exception {
    String header = "X-Request-ID: " + name + "\r\n";

    assertThat(named(header, json("{ALICE,READ,RECORD}")).header("x-request-id")).isEqualTo(name);
    HttpWire.Response refused = named(header, "{}");
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.header("x-request-id")).isEqualTo(name);
  }

  @Test
  void requestId_beyondItsBounds_isRefused_andNoneIsMadeUp() throws Exception {
    String body = json("{ALICE,READ,RECORD}");

    assertThat(named("X-Request-ID: " + "a".repeat(257) + "\r\n", body).status()).isEqualTo(400);
    assertThat(named("X-Request-ID: a\r\nX-Request-ID: b\r\n", body).status()).isEqualTo(400);
    assertThat(named("", body).headers()).doesNotContainKey("x-request-id");
  }

  @Test
  void caller_ofAnotherRole_isForbidden() throws Exception {
    long before = deployment.leaves();
    try (HttpWire wire = as("spiffe://dev.example/op")) {
      assertThat(wire.post(ONE, json("{ALICE,READ,RECORD}")).status()).isEqualTo(403);
      assertThat(wire.post(ALL, json("{ALICE,READ,RECORD}")).status()).isEqualTo(403);
    }
    try (HttpWire wire = HttpWire.tcp(doors.plainPort().orElseThrow())) {
      assertThat(wire.post(ONE, json("{ALICE,READ,RECORD}")).status()).isEqualTo(404);
    }
    assertThat(deployment.leaves()).isEqualTo(before);
  }

  @Test
  void configuration_namesWhatIsServed_andNothingElse_6() throws Exception {
    JsonMembers told = answer(portal.get("/.well-known/authzen-configuration"));

    assertThat(told.text("policy_decision_point")).isEqualTo(URL);
    assertThat(told.text("access_evaluation_endpoint")).isEqualTo(URL + ONE);
    assertThat(told.text("access_evaluations_endpoint")).isEqualTo(URL + ALL);
    told.end();
    assertThat(ask("/access/v1/search/subject", "{}").status()).isEqualTo(404);
  }
}
