// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.StrictJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a door makes of requests, good and bad, one connection at a time. */
@Timeout(60)
final class DoorRequestsTest {
  private static final String UUID_V7 =
      "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

  private static final DoorsConfig.Limits LIMITS =
      DoorsConfig.Limits.standard().withRate(Optional.empty());
  private static final String HEAD =
      " HTTP/1.1\r\nHost: writ\r\nContent-Type: application/json\r\n";

  private static StubService service;
  private static Doors doors;
  private HttpWire wire;

  @BeforeAll
  static void open() throws Exception {
    service = new StubService();
    doors =
        Doors.open(StubService.plain(LIMITS), service.routes(), service, InstantSource.system());
  }

  @AfterAll
  static void close() {
    doors.close();
  }

  @BeforeEach
  void connect() throws IOException {
    wire = HttpWire.tcp(doors.plainPort().orElseThrow());
  }

  @AfterEach
  void disconnect() throws IOException {
    wire.close();
  }

  /** The problem that it must be, whole and of its form. */
  @CanIgnoreReturnValue
  static HttpWire.Response problem(int status, String reason, HttpWire.Response response)
      throws Exception {
    return problem("unverifiable", status, reason, response);
  }

  /** The same with another code. */
  @CanIgnoreReturnValue
  static HttpWire.Response problem(
      String code, int status, String reason, HttpWire.Response response) throws Exception {
    assertThat(response.status()).as(response.text()).isEqualTo(status);
    assertThat(response.header("content-type")).isEqualTo("application/problem+json");
    assertThat(response.header("cache-control")).isEqualTo("no-store");
    JsonMembers problem = StrictJson.parse(response.body(), 16 * 1024);
    assertThat(problem.text("code")).isEqualTo(code);
    assertThat(problem.text("type")).isEqualTo("urn:writ:denial:" + code);
    assertThat(problem.integer("status", 400, 599)).isEqualTo(status);
    assertThat(problem.text("reason")).isEqualTo(reason);
    assertThat(problem.text("title")).isNotEmpty();
    assertThat(problem.text("detail")).isNotEmpty();
    assertThat(problem.text("instance")).matches("urn:writ:request:" + UUID_V7);
    problem.end();
    return response;
  }

  /** The connection still serves. */
  private void stillServes() throws Exception {
    assertThat(wire.get("/thing").status()).isEqualTo(200);
  }

  @Test
  void body_ofItsForm_isAnswered() throws Exception {
    assertThat(wire.post("/echo", "{\"text\":\"abc\"}").text()).isEqualTo("{\"length\":3}");
    stillServes();
  }

  @Test
  void body_inChunks_isOneBody() throws Exception {
    wire.send("POST /echo" + HEAD + "Transfer-Encoding: chunked\r\n\r\n");
    for (String chunk : List.of("{\"te", "xt\":\"a", "bcd", "e\"}")) {
      wire.send(Integer.toHexString(chunk.length()) + "\r\n" + chunk + "\r\n");
    }
    assertThat(wire.send("0\r\n\r\n").read().text()).isEqualTo("{\"length\":5}");
    stillServes();
  }

  @Test
  void body_asLongAsItMayBe_isAnswered() throws Exception {
    String json = "{\"text\":\"" + "a".repeat(LIMITS.bodyBytes() - 11) + "\"}";
    assertThat(wire.post("/echo", json).status()).isEqualTo(200);
  }

  @Test
  void body_declaredTooLong_isRefusedBeforeItComes() throws Exception {
    wire.send("POST /echo" + HEAD + "Content-Length: " + (LIMITS.bodyBytes() + 1) + "\r\n\r\n");
    problem(413, "body_too_large", wire.read());
    wire.awaitEnd();
  }

  @Test
  void body_declaredBeyondAnyNumber_isRefused() throws Exception {
    wire.send("POST /echo" + HEAD + "Content-Length: 999999999999999999\r\n\r\n");
    problem(413, "body_too_large", wire.read());
  }

  @Test
  void body_thatGrowsTooLong_isRefused() throws Exception {
    wire.send("POST /echo" + HEAD + "Transfer-Encoding: chunked\r\n\r\n");
    String chunk = "a".repeat(60_000);
    for (int sent = 0; sent <= LIMITS.bodyBytes(); sent += chunk.length()) {
      wire.send(Integer.toHexString(chunk.length()) + "\r\n" + chunk + "\r\n");
    }
    problem(413, "body_too_large", wire.read());
    wire.awaitEnd();
  }

  @Test
  void body_expectedToContinue_isAskedFor() throws Exception {
    wire.send("POST /echo" + HEAD + "Expect: 100-continue\r\nContent-Length: 12\r\n\r\n");
    assertThat(wire.read().status()).isEqualTo(100);
    assertThat(wire.send("{\"text\":\"a\"}").read().status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{}",
        "null",
        "{\"text\":1}",
        "{\"text\":1.5}",
        "{\"text\":\"a\",\"text\":\"a\"}",
        "{\"text\":\"a\",\"more\":1}",
        "{\"text\":\"a\"} ,",
        "{\"text\":\"\\ud800\"}",
        "\ufeff{\"text\":\"a\"}",
        "{\"text\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}}}}}"
      })
  void body_notOfItsForm_isMalformed(String json) throws Exception {
    problem(400, "malformed", wire.post("/echo", json));
    stillServes();
  }

  @Test
  void body_thatIsNoUtf8_isMalformed() throws Exception {
    byte[] json = "{\"text\":\"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1);
    problem(400, "malformed", wire.post("/echo", "application/json", json));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "text/plain", "application/jsonx", "application/json; charset=latin1", "a/b"})
  void mediaType_otherThanJson_isNotSupported(String type) throws Exception {
    problem(
        415,
        "media_type_not_supported",
        wire.post("/echo", type, "{\"text\":\"a\"}".getBytes(StandardCharsets.UTF_8)));
    stillServes();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"application/json", "Application/JSON", "application/json; charset=UTF-8"})
  void mediaType_json_isSupported(String type) throws Exception {
    byte[] body = "{\"text\":\"a\"}".getBytes(StandardCharsets.UTF_8);
    assertThat(wire.post("/echo", type, body).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"})
  void method_otherThanPost_isNotAllowed(String method) throws Exception {
    HttpWire.Response response =
        problem(405, "method_not_allowed", wire.request(method, "/echo", "", new byte[0]));
    assertThat(response.header("allow")).isEqualTo("POST");
    stillServes();
  }

  @Test
  void method_otherThanGet_isNotAllowed() throws Exception {
    HttpWire.Response response =
        problem(405, "method_not_allowed", wire.post("/thing", "{\"text\":\"a\"}"));
    assertThat(response.header("allow")).isEqualTo("GET, HEAD");
    stillServes();
  }

  @Test
  void head_ofAGet_hasItsHeaderAlone() throws Exception {
    HttpWire.Response response = wire.request("HEAD", "/thing", "", new byte[0]);
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.header("content-length")).isEqualTo("2");
    stillServes();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/", "/nothing", "/echo/", "/ECHO", "//echo", "/%65cho", "/operator", "*"})
  void path_thatIsNotServed_isNotFound(String path) throws Exception {
    problem(404, "not_found", wire.get(path));
    stillServes();
  }

  @ParameterizedTest
  @ValueSource(strings = {"?a=1", "?a=1&b=2&c=3", "?a=1&a=1&b=2", "?a&b", "", "?=&", "?a=1&b=2&"})
  void query_otherThanItsParameters_isMalformed(String query) throws Exception {
    problem(400, "malformed", wire.get("/pair" + query));
    stillServes();
  }

  @Test
  void query_whereNoneIsWanted_isMalformed() throws Exception {
    problem(400, "malformed", wire.get("/thing?x=1"));
    problem(400, "malformed", wire.post("/echo?x=1", "{\"text\":\"a\"}"));
    stillServes();
  }

  @Test
  void header_tooLong_isRefused() throws Exception {
    wire.send("GET /thing HTTP/1.1\r\nX: " + "a".repeat(LIMITS.headerBytes()) + "\r\n\r\n");
    problem(431, "header_too_large", wire.read());
    wire.awaitEnd();
  }

  @Test
  void requestLine_tooLong_isRefused() throws Exception {
    wire.send("GET /" + "a".repeat(5_000) + " HTTP/1.1\r\nHost: writ\r\n\r\n");
    problem(414, "uri_too_long", wire.read());
    wire.awaitEnd();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hello\r\n\r\n",
        "GET / HTTP/1.1\r\nbad header\r\n\r\n",
        "GET / HTTP/3.7\r\nHost: writ\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /thing FTP/1.0\r\n\r\n",
        "\u0016\u0003\u0001\u0002hello\r\n\r\n",
        "POST /echo HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 5, 6\r\n\r\n",
        "POST /echo HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
      })
  void bytes_thatAreNoHttp_areAProblemOrAnEnd(String text) throws Exception {
    wire.send(text);
    Optional<HttpWire.Response> response = wire.readOrEnd();
    if (response.isPresent()) {
      problem(400, "malformed", response.get());
    }
    wire.awaitEnd();
  }

  @Test
  void requests_inOneGo_areAnsweredInTheirOrder() throws Exception {
    String one = "GET /thing HTTP/1.1\r\nHost: writ\r\n\r\n";
    String bad = "GET /nothing HTTP/1.1\r\nHost: writ\r\n\r\n";
    wire.send(one + bad + one);
    assertThat(wire.read().status()).isEqualTo(200);
    assertThat(wire.read().status()).isEqualTo(404);
    assertThat(wire.read().status()).isEqualTo(200);
  }

  @Test
  void webSocket_isNotServed() throws Exception {
    wire.send(
        """
        GET /thing HTTP/1.1
        Host: writ
        Connection: Upgrade
        Upgrade: websocket
        Sec-WebSocket-Version: 13
        Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==

        """
            .replace("\n", "\r\n"));
    assertThat(wire.read().status()).isEqualTo(200);
  }

  @Test
  void http10_isAnsweredAndClosed() throws Exception {
    wire.send("GET /thing HTTP/1.0\r\n\r\n");
    assertThat(wire.read().status()).isEqualTo(200);
    wire.awaitEnd();
  }

  @Test
  void defect_isUnavailable_andTellsNothing() throws Exception {
    HttpWire.Response response =
        problem(503, "service_defect", wire.post("/defect", "{\"text\":\"a\"}"));
    assertThat(response.header("retry-after")).isNotEmpty();
    assertThat(response.text()).doesNotContain("secret").doesNotContain("Exception");
    stillServes();
  }

  @Test
  void answer_thatCannotBeWritten_isADefect() throws Exception {
    problem(503, "service_defect", wire.get("/unwritten"));
    stillServes();
  }

  @Test
  void host_thatIsAbsent_isMalformed() throws Exception {
    wire.send("GET /thing HTTP/1.1\r\n\r\n");
    problem(400, "malformed", wire.read());
    wire.awaitEnd();
  }

  @Test
  void refusals_areCounted() throws Exception {
    int before = service.refused.size();
    problem(404, "not_found", wire.get("/nothing"));
    problem(400, "malformed", wire.post("/echo", "{"));
    assertThat(service.refused.subList(before, service.refused.size()))
        .extracting(Problem::reason)
        .containsExactly("not_found", "malformed");
  }

  /** A probe is answered as often as it comes, and nobody is denied anything by that. */
  @Test
  void refusal_isToldByItsId_butNotThatTheServiceIsNotReady() throws Exception {
    service.told.clear();
    problem(503, "not_ready", wire.get("/readyz"));
    assertThat(service.told).isEmpty();

    JsonMembers refused = StrictJson.parse(wire.get("/nothing").body(), 16 * 1024);

    assertThat(service.told)
        .singleElement()
        .satisfies(
            told -> {
              assertThat(refused.text("instance")).isEqualTo("urn:writ:request:" + told.id());
              assertThat(told.reason()).isEqualTo("not_found");
              assertThat(told.door()).isEqualTo("plain");
            });
  }
}
