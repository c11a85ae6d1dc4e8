// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.MalformedExecBindingException;
import dev.writ.service.Contracts.Operation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Drives a whole service by what its OpenAPI document says and by nothing else: requests that it allows,
 * and requests that break one of its rules. What is broken is refused as such, every answer is one
 * that the document describes, and no server error but 503 is among them.
 */
@Timeout(300)
final class ContractTest {
  private static final int VALID_EACH = 25;

  /** What they answer may cost a signature: whoever wants no content is not given one. */
  private static final Set<String> WITHOUT_HEAD = Set.of("decisionResult", "revocationStream");

  /** Others define them: what they say of numbers, unknown members and media types is not ours. */
  private static final Set<String> FOREIGN = Set.of("evaluate", "evaluateAll");

  /** This service has no TPM that could have vouched for its start, and nothing says where it is. */
  private static final Set<String> ABSENT =
      Set.of("/v1/start", "/.well-known/authzen-configuration");

  /** Their answers do not end: RevocationStreamTest reads them. */
  private static final Set<String> ENDLESS = Set.of("revocationStream");

  private static final List<String> METHODS =
      List.of("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE");

  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static Doors doors;
  private static Path socket;
  private static Contracts contract;
  private static WorkPool pool;
  private static DoorRoutes routes;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    WritService service = deployment.start();
    socket = StubService.operatorSocketIn(folder);
    doors =
        Doors.open(
            service,
            new DoorsConfig(
                Optional.of(StubService.loopback()),
                Optional.empty(),
                Optional.of(socket),
                Optional.empty(),
                Optional.empty(),
                DoorsConfig.Limits.standard().withRate(Optional.empty())),
            InstantSource.system());
    pool = new WorkPool("routes", new Limits.Pool(1, 1, Duration.ofSeconds(1)));
    routes = DoorRoutes.of(service, pool, pool, pool, Optional.empty());
    try (HttpWire wire = connect("public")) {
      contract = Contracts.parse(wire.get("/openapi.yaml").text());
    }
  }

  @AfterAll
  static void stop() throws Exception {
    pool.close();
    doors.close();
    deployment.close();
    token.close();
  }

  private static HttpWire connect(String tag) throws IOException {
    return tag.equals("public")
        ? HttpWire.tcp(doors.plainPort().orElseThrow())
        : HttpWire.unix(socket);
  }

  private static String tag(Operation operation) {
    return operation.isOf("public") ? "public" : "operator";
  }

  private static HttpWire.Response post(Operation operation, String json) throws IOException {
    try (HttpWire wire = connect(tag(operation))) {
      return wire.post(operation.path(), json);
    }
  }

  private static HttpWire.Response get(Operation operation, String target) throws IOException {
    try (HttpWire wire = connect(tag(operation))) {
      return wire.get(target);
    }
  }

  private static List<DynamicTest> each(String method, ThrowingTest test) {
    return contract.operations().stream()
        .filter(operation -> operation.method().equals(method))
        .map(operation -> DynamicTest.dynamicTest(operation.toString(), () -> test.of(operation)))
        .toList();
  }

  private static Object valid(Operation operation, Generated generated)
      throws MalformedExecBindingException {
    Object body = generated.valid(operation.body());
    if (operation.name().equals("evaluateAll")) {
      // What no schema can say: each question has all three, its own or the body's.
      Map<String, Object> whole = new LinkedHashMap<>(Contracts.map(body));
      Operation one =
          contract.operations().stream()
              .filter(other -> other.name().equals("evaluate"))
              .findAny()
              .orElseThrow();
      whole.putAll(Contracts.map(generated.valid(one.body())));
      return whole;
    }
    return operation.name().equals("issue") ? agreeing(Contracts.map(body)) : body;
  }

  /** What no schema can say: an application that has a binding asks for what is bound. */
  private static Object agreeing(Map<String, Object> application)
      throws MalformedExecBindingException {
    Map<String, Object> agreeing = new LinkedHashMap<>(application);
    // An artifact is more than text of its length, and a resource more than its characters.
    agreeing.remove("parent_proof");
    agreeing.remove("renews");
    Map<String, Object> request = new LinkedHashMap<>(Contracts.map(application.get("request")));
    Map<String, Object> act = new LinkedHashMap<>(Contracts.map(request.get("act")));
    act.remove("delegable");
    request.put("act", act);
    agreeing.put("request", request);
    Object exec = application.get("exec");
    if (exec == null) {
      return agreeing;
    }
    ExecBinding binding = ExecBinding.parse(Generated.json(exec).getBytes(StandardCharsets.UTF_8));
    act.put("action", ExecBinding.ACTION);
    act.put("resource", binding.path());
    act.put("args_digest", binding.digest().hex());
    return agreeing;
  }

  /** A test of one operation. */
  @FunctionalInterface
  private interface ThrowingTest {
    void of(Operation operation) throws Exception;
  }

  @Test
  void document_describesBothDoors() {
    assertThat(contract.operations()).hasSizeGreaterThan(30);
    assertThat(contract.operations()).allMatch(o -> o.isOf("public") || o.isOf("operator"));
  }

  @TestFactory
  List<DynamicTest> body_thatIsAllowed_isAnsweredAsDescribed() {
    return each(
        "POST",
        operation -> {
          Generated generated = new Generated(operation.path().hashCode());
          for (int i = 0; i < VALID_EACH; i++) {
            Object body = valid(operation, generated);
            assertThat(Contracts.isValid(operation.body(), body)).as(body.toString()).isTrue();
            HttpWire.Response response = post(operation, Generated.json(body));
            contract.requireDescribed(operation, response);
            assertThat(response.status()).as(body + " " + response.text()).isNotEqualTo(400);
          }
        });
  }

  @TestFactory
  List<DynamicTest> body_thatBreaksARule_isMalformed() {
    return each(
        "POST",
        operation -> {
          Generated generated = new Generated(operation.path().hashCode());
          Object valid = valid(operation, generated);
          int sent = 0;
          try (HttpWire wire = connect(tag(operation))) {
            for (Object broken : generated.invalid(operation.body(), valid)) {
              String json = Generated.json(broken);
              HttpWire.Response response = wire.post(operation.path(), json);
              assertThat(response.status()).as(json).isEqualTo(400);
              contract.requireDescribed(operation, response);
              sent++;
            }
          }
          assertThat(sent).isGreaterThan(10);
        });
  }

  @TestFactory
  List<DynamicTest> body_thatNoSchemaCouldRefuse_isMalformed() {
    return each(
        "POST",
        operation -> {
          Object valid = valid(operation, new Generated(1));
          String json = Generated.json(valid);
          String first =
              json.substring(1, json.indexOf(',') < 0 ? json.length() - 1 : json.indexOf(','));
          List<String> texts =
              new ArrayList<>(
                  List.of(
                      "",
                      "null",
                      "[" + json + "]",
                      json + json,
                      json + " x",
                      json.substring(0, json.length() - 1),
                      "{" + first + "," + json.substring(1),
                      "\ufeff" + json,
                      json.replaceFirst("\\{", "{\"a\":1.0,"),
                      json.replaceFirst("\\{", "{\"a\":1e400,"),
                      json.replaceFirst("\\{", "{\"a\":9007199254740992,"),
                      json.replaceFirst(
                          "\\{", "{\"a\":" + "[".repeat(20_000) + "]".repeat(20_000) + ","),
                      json.replaceFirst("\\{", "{\"" + "a".repeat(70_000) + "\":1,"),
                      json.replaceFirst("\\{", "{\"a\":\"\\\\ud800\",")));
          if (FOREIGN.contains(operation.name())) {
            texts.removeIf(text -> text.matches("\\{\"a\":[0-9].*"));
          }
          for (String text : texts) {
            HttpWire.Response response = post(operation, text);
            assertThat(response.status())
                .as(text.substring(0, Math.min(300, text.length())))
                .isEqualTo(400);
            contract.requireDescribed(operation, response);
          }
        });
  }

  @TestFactory
  List<DynamicTest> body_thatIsHugeOrOfAnotherType_isRefused() {
    return each(
        "POST",
        operation -> {
          byte[] json =
              Generated.json(valid(operation, new Generated(1))).getBytes(StandardCharsets.UTF_8);
          for (String type : List.of("", "text/plain", "application/xml", "multipart/form-data")) {
            try (HttpWire wire = connect(tag(operation))) {
              HttpWire.Response response = wire.post(operation.path(), type, json);
              assertThat(response.status())
                  .isEqualTo(FOREIGN.contains(operation.name()) ? 400 : 415);
              contract.requireDescribed(operation, response);
            }
          }
          try (HttpWire wire = connect(tag(operation))) {
            wire.send(
                "POST "
                    + operation.path()
                    + " HTTP/1.1\r\nHost: writ\r\nContent-Type: application/json\r\n"
                    + "Content-Length: "
                    + (DoorsConfig.Limits.standard().bodyBytes() + 1)
                    + "\r\n\r\n");
            HttpWire.Response response = wire.read();
            assertThat(response.status()).isEqualTo(413);
            contract.requireDescribed(operation, response);
          }
        });
  }

  @TestFactory
  List<DynamicTest> target_thatIsAllowed_isAnsweredAsDescribed() {
    return each(
        "GET",
        operation -> {
          if (ENDLESS.contains(operation.name())) {
            return;
          }
          Generated generated = new Generated(operation.path().hashCode());
          boolean varies = operation.node().containsKey("parameters");
          for (int i = 0; i < (varies ? VALID_EACH : 2); i++) {
            HttpWire.Response response = get(operation, target(operation, generated));
            contract.requireDescribed(operation, response);
            if (!varies) {
              assertThat(response.status())
                  .isEqualTo(ABSENT.contains(operation.path()) ? 404 : 200);
            }
          }
        });
  }

  private static String target(Operation operation, Generated generated) {
    String target = operation.path();
    for (Map<String, Object> parameter : operation.parameters("path")) {
      target =
          target.replace(
              "{" + parameter.get("name") + "}",
              (String) generated.valid(Contracts.map(parameter.get("schema"))));
    }
    List<String> query = new ArrayList<>();
    for (Map<String, Object> parameter : operation.parameters("query")) {
      query.add(
          parameter.get("name") + "=" + generated.valid(Contracts.map(parameter.get("schema"))));
    }
    return query.isEmpty() ? target : target + "?" + String.join("&", query);
  }

  @TestFactory
  List<DynamicTest> target_thatBreaksARule_isMalformed() {
    return each(
        "GET",
        operation -> {
          Generated generated = new Generated(operation.path().hashCode());
          String good = target(operation, generated);
          String more = good + (good.contains("?") ? "&" : "?");
          List<String> targets = new ArrayList<>(List.of(more + "unknown=1", more));
          for (Map<String, Object> parameter : operation.parameters("query")) {
            String name = (String) parameter.get("name");
            targets.add(more + name + "=1");
            targets.add(good.replaceFirst(name + "=[0-9]+&?", ""));
            for (String bad : List.of("", "-1", "01", "1.0", "%31", "x", "99999999999999999")) {
              targets.add(good.replaceFirst(name + "=[0-9]+", name + "=" + bad));
            }
          }
          for (Map<String, Object> parameter : operation.parameters("path")) {
            String place = "{" + parameter.get("name") + "}";
            for (String bad : List.of("", "-1", "1.5", "0x1", "%30", "1/", "00", "..")) {
              targets.add(operation.path().replace(place, bad).replaceAll("\\{[a-z]+}", "0"));
            }
          }
          for (String target : targets) {
            HttpWire.Response response = get(operation, target);
            assertThat(response.status()).as(target).isEqualTo(400);
            contract.requireDescribed(operation, response);
          }
        });
  }

  @TestFactory
  List<DynamicTest> method_thatIsNotDescribed_isNotAllowed() {
    return contract.operations().stream()
        .map(
            operation ->
                DynamicTest.dynamicTest(operation.toString(), () -> otherMethods(operation)))
        .toList();
  }

  private static void otherMethods(Operation operation) throws IOException {
    boolean reads = operation.method().equals("GET");
    for (String method : METHODS) {
      boolean head = reads && !WITHOUT_HEAD.contains(operation.name());
      if (method.equals(operation.method()) || (head && method.equals("HEAD"))) {
        continue;
      }
      try (HttpWire wire = connect(tag(operation))) {
        String target = target(operation, new Generated(1));
        HttpWire.Response response = wire.request(method, target, "application/json", new byte[0]);
        assertThat(response.status()).as(method + " " + target).isEqualTo(405);
        assertThat(response.header("allow")).isEqualTo(head ? "GET, HEAD" : operation.method());
        if (!method.equals("HEAD")) {
          contract.requireProblem(405, response);
        }
      }
    }
  }

  @TestFactory
  List<DynamicTest> head_ofEveryGet_isAnswered() {
    return each(
        "GET",
        operation -> {
          if (WITHOUT_HEAD.contains(operation.name())) {
            return;
          }
          String target = target(operation, new Generated(1));
          try (HttpWire wire = connect(tag(operation))) {
            HttpWire.Response head = wire.request("HEAD", target, "", new byte[0]);
            HttpWire.Response get = wire.get(target);
            assertThat(head.status()).isEqualTo(get.status());
            assertThat(head.header("content-type")).isEqualTo(get.header("content-type"));
          }
        });
  }

  @Test
  void operation_ofTheOtherDoor_isNotThere() throws Exception {
    for (Operation operation : contract.operations()) {
      for (String tag : List.of("public", "operator")) {
        if (!operation.isOf(tag)) {
          try (HttpWire wire = connect(tag)) {
            String target = target(operation, new Generated(1));
            byte[] body =
                operation.body().isEmpty()
                    ? new byte[0]
                    : Generated.json(valid(operation, new Generated(1)))
                        .getBytes(StandardCharsets.UTF_8);
            HttpWire.Response response =
                wire.request(operation.method(), target, "application/json", body);
            contract.requireProblem(404, response);
          }
        }
      }
    }
  }

  /** What stands on only one side: served and not described, or described and not served. */
  private static List<String> gaps(RouteTable table, Predicate<Operation> described) {
    List<String> gaps = new ArrayList<>();
    List<RouteTable.Operation> left = new ArrayList<>(table.operations());
    for (Operation each : contract.operations()) {
      if (!described.test(each)) {
        continue;
      }
      Optional<RouteTable.Operation> served =
          table.find(each.path()).map(RouteTable.Found::operation);
      boolean same =
          served.isPresent()
              && served.get().allowed().startsWith(each.method())
              && served.get().parameters().size() == each.parameters("query").size();
      if (same) {
        left.remove(served.get());
      } else {
        gaps.add("not served: " + each);
      }
    }
    left.forEach(each -> gaps.add("not described: " + each.name()));
    return gaps;
  }

  @Test
  void route_thatIsServed_isDescribed_andTheOtherWayRound() {
    assertThat(gaps(routes.open(), operation -> operation.isOf("public"))).isEmpty();
    assertThat(gaps(routes.operator(), operation -> operation.isOf("operator"))).isEmpty();
    Set<String> metrics =
        routes.metrics().operations().stream()
            .map(RouteTable.Operation::name)
            .collect(Collectors.toSet());
    assertThat(gaps(routes.metrics(), operation -> metrics.contains(operation.name()))).isEmpty();
  }

  /** Who may ask what is one table, and the contract says what stands in it. */
  @Test
  void roles_ofEachOperatorsOperation_areThoseOfTheTable() {
    Set<String> described = new TreeSet<>();
    for (Operation each : contract.operations()) {
      Set<String> written = new TreeSet<>();
      Contracts.list(each.node().get("x-writ-roles"))
          .forEach(role -> written.add(String.valueOf(role)));
      if (each.isOf("operator")) {
        described.add(each.name());
        assertThat(written)
            .as(each.name())
            .isNotEmpty()
            .isEqualTo(
                OperatorAccess.ROLES.getOrDefault(each.name(), Set.of()).stream()
                    .map(Role::wire)
                    .collect(Collectors.toCollection(TreeSet::new)));
      } else {
        assertThat(written).as(each.name()).isEmpty();
      }
    }
    assertThat(described).isEqualTo(OperatorAccess.ROLES.keySet());
  }

  @Test
  void route_thatStandsOnOneSideAlone_isFound() {
    RouteTable table =
        new RouteTable()
            .get("/v1/readiness", "readiness", target -> Reply.now(Overload.PROBLEM.answer("x")))
            .get("/v1/novelty", "novelty", target -> Reply.now(Overload.PROBLEM.answer("x")));

    assertThat(gaps(table, operation -> Set.of("readiness", "revoke").contains(operation.name())))
        .containsExactlyInAnyOrder("not served: POST /v1/revocations", "not described: novelty");
  }

  @Test
  void codes_ofTheDocument_areThoseOfTheService() {
    Map<String, Object> code =
        Contracts.map(Contracts.map(contract.schema("Problem").get("properties")).get("code"));
    List<String> wire = new ArrayList<>();
    for (DenialCode each : DenialCode.values()) {
      wire.add(each.wire());
    }
    assertThat(new TreeSet<>(Contracts.list(code.get("enum")))).isEqualTo(new TreeSet<>(wire));
  }
}
