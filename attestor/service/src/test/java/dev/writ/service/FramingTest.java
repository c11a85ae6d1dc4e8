// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A request whose end a proxy could see elsewhere is none, and nothing behind it is one. */
@Timeout(60)
final class FramingTest {
  private static final String JSON = "Content-Type: application/json\r\n";
  private static final String CHUNKS = "\r\nc\r\n{\"text\":\"a\"}\r\n0\r\n\r\n";
  private static final String SMUGGLED = "GET /thing HTTP/1.1\r\nHost: writ\r\n\r\n";

  private static StubService service;
  private static Doors doors;
  private HttpWire wire;

  @BeforeAll
  static void open() throws Exception {
    service = new StubService();
    doors =
        Doors.open(
            StubService.plain(DoorsConfig.Limits.standard().withRate(Optional.empty())),
            service.routes(),
            service,
            InstantSource.system());
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

  private void refused(String request, String detail) throws Exception {
    wire.send(request + SMUGGLED);
    HttpWire.Response refused = DoorRequestsTest.problem(400, "malformed", wire.read());
    assertThat(refused.text()).contains(detail);
    assertThat(refused.header("connection")).isEqualTo("close");
    assertThat(wire.readOrEnd()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 12\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 12\r\n",
        "transfer-encoding: Chunked\r\ncontent-length: 0\r\n"
      })
  void contentLength_besideTransferEncoding_isRefused(String headers) throws Exception {
    refused("POST /echo HTTP/1.1\r\nHost: writ\r\n" + JSON + headers + CHUNKS, "must be alone");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: identity\r\nContent-Length: 12\r\n"
      })
  void transferEncoding_otherThanChunked_isRefused(String headers) throws Exception {
    refused(
        "POST /echo HTTP/1.1\r\nHost: writ\r\n" + JSON + headers + CHUNKS,
        "Transfer-Encoding must be chunked");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Content-Length: 12\r\n"})
  void transferEncoding_inHttp10_isRefused(String headers) throws Exception {
    refused(
        "POST /echo HTTP/1.0\r\nHost: writ\r\n"
            + JSON
            + headers
            + "Transfer-Encoding: chunked\r\n"
            + CHUNKS,
        "Transfer-Encoding must be chunked in HTTP/1.1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Host: a\r\nHost: b\r\n", "Host: a\r\nhost: a\r\n"})
  void host_otherThanOnce_isRefused(String headers) throws Exception {
    refused("GET /thing HTTP/1.1\r\n" + headers + "\r\n", "must be present once");
  }

  @Test
  void host_twiceInHttp10_isRefused() throws Exception {
    refused("GET /thing HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "must be present once");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Expect: 200-ok\r\n",
        "Expect:\r\n",
        "Expect: 100-continue, more\r\n",
        "Expect: 100-continue\r\nExpect: 100-continue\r\n"
      })
  void expect_otherThanToContinue_isRefused(String headers) throws Exception {
    refused(
        "POST /echo HTTP/1.1\r\nHost: writ\r\n"
            + JSON
            + headers
            + "Content-Length: 12\r\n\r\n{\"text\":\"a\"}",
        "Expect header must be 100-continue");
  }

  @Test
  void chunked_aloneAndOnce_isAnswered() throws Exception {
    wire.send(
        "POST /echo HTTP/1.1\r\nHost: writ\r\n" + JSON + "Transfer-Encoding: Chunked\r\n" + CHUNKS);
    assertThat(wire.read().status()).isEqualTo(200);
    assertThat(wire.get("/thing").status()).isEqualTo(200);
  }
}
