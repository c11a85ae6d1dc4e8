// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmName;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the agent makes of the service's answers; the exchange itself is {@link AttesterHttpTest}'s. */
@Timeout(30)
class HttpServiceEndpointTest {
  private static final TpmName NAME = new TpmName(Octets.fromHex("000b" + "11".repeat(32)));
  private static final Challenge CHALLENGE =
      new Challenge(
          Octets.of(new byte[32]),
          Instant.ofEpochMilli(1_800_000_000_000L),
          PcrSelection.of(TpmAlg.SHA256, 0, 7),
          3,
          Octets.of(new byte[Challenge.MAC_BYTES]));

  private static final String PROBLEM = "application/problem+json";

  @Test
  void challenge_asInTheContract_isGranted() throws Exception {
    String body = "{\"challenge\":\"" + JsonService.base64Url(CHALLENGE.encode()) + "\"}";
    try (RawServer server = RawServer.answering(RawServer.json(200, "application/json", body))) {
      assertThat(endpoint(server).challenge(NAME)).isEqualTo(new Answer.Granted<>(CHALLENGE));
      assertThat(server.requests().get(0))
          .startsWith("POST /v1/challenges HTTP/1.1\r\n")
          .contains("\r\nAccept: application/json, application/problem+json\r\n")
          .endsWith("\r\n\r\n{\"ak_name\":\"" + JsonService.base64Url(NAME.bytes()) + "\"}");
    }
  }

  @Test
  void activation_withoutACertificate_isGrantedWithNone() throws Exception {
    String body = "{\"ak_name\":\"" + JsonService.base64Url(NAME.bytes()) + "\"}";
    try (RawServer server = RawServer.answering(RawServer.json(201, "application/json", body))) {
      assertThat(endpoint(server).activate(Octets.EMPTY, Octets.EMPTY))
          .isEqualTo(new Answer.Granted<>(new Enrolled(NAME, List.of())));
    }
  }

  @Test
  void challenge_mediaTypeWithParametersOrInOtherCase_isTheSame() throws Exception {
    String body = "{\"challenge\":\"" + JsonService.base64Url(CHALLENGE.encode()) + "\"}";
    try (RawServer server =
        RawServer.answering(RawServer.json(200, "Application/JSON; charset=utf-8", body))) {
      assertThat(endpoint(server).challenge(NAME)).isInstanceOf(Answer.Granted.class);
    }
  }

  @ParameterizedTest
  @CsvSource({"400", "403", "409", "404", "500", "503"})
  void problem_ofAnyStatus_isADenialWithItsCodeAndReason(int status) throws Exception {
    String problem =
        "{\"type\":\"urn:writ:denial:revoked\",\"code\":\"revoked\",\"reason\":\"host_revoked\","
            + "\"detail\":\"The host\\u001b[31m was\\nrevoked.\",\"later\":{\"a\":[1]}}";
    try (RawServer server = RawServer.answering(RawServer.json(status, PROBLEM, problem))) {
      assertThat(endpoint(server).challenge(NAME))
          .isEqualTo(
              new Answer.Denied<>(
                  DenialCode.REVOKED,
                  "host_revoked",
                  "The host [31m was revoked.",
                  Optional.empty()));
    }
  }

  /** What kinds there are besides, a later service may know. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"kind\":\"approval\",\"threshold\":2,\"given\":1,\"decision_id\":\"ID\",\"more\":[]} | 2",
        "{\"kind\":\"approval\",\"threshold\":2,\"given\":1} |",
        "{\"kind\":\"patience\",\"decision_id\":\"ID\"} |",
      })
  void problem_withNext_saysWhatApprovalsLack(String next, Long threshold) throws Exception {
    UuidV7 decision = UuidV7.parse("01a1fd7d-254e-7d9e-b30a-2d85950ba869");
    String problem =
        "{\"code\":\"policy_denied\",\"reason\":\"approved\",\"next\":"
            + next.replace("ID", decision.toString())
            + "}";
    try (RawServer server = RawServer.answering(RawServer.json(403, PROBLEM, problem))) {
      Answer.Denied<Challenge> denied = (Answer.Denied<Challenge>) endpoint(server).challenge(NAME);
      assertThat(denied.next())
          .isEqualTo(
              Optional.ofNullable(threshold).map(most -> new ApprovalsNeeded(decision, most, 1)));
      assertThat(denied.retyped()).isEqualTo(denied);
    }
  }

  @Test
  void problem_ofALeaf_saysWhichDecisionAnOperatorHasExplained() throws Exception {
    UuidV7 decision = UuidV7.parse("01a1fd7d-254e-7d9e-b30a-2d85950ba869");
    String problem =
        "{\"code\":\"policy_denied\",\"reason\":\"frozen\",\"decision_id\":\"" + decision + "\"}";
    try (RawServer server = RawServer.answering(RawServer.json(403, PROBLEM, problem))) {
      Answer.Denied<Challenge> denied = (Answer.Denied<Challenge>) endpoint(server).challenge(NAME);
      assertThat(denied.decision()).contains(decision);
      assertThat(denied.whatNext())
          .containsExactly(
              "decision %1$s: an operator sees why with: writ explain %1$s --socket PATH"
                  .formatted(decision));
      assertThat(denied.retyped()).isEqualTo(denied);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "503, 7, 7",
    "429, 1, 1",
    "503, -7, ",
    "503, soon, ",
    "503, 99999, ",
    "403, 7, ",
  })
  void problem_withRetryAfter_saysWhenWhereItIsOfTheMoment(int status, String field, Long seconds)
      throws Exception {
    String problem = "{\"code\":\"unverifiable\",\"reason\":\"overloaded\"}";
    String answer =
        RawServer.json(status, PROBLEM, problem)
            .replace("\r\n\r\n", "\r\nRetry-After: " + field + "\r\n\r\n");
    try (RawServer server = RawServer.answering(answer)) {
      assertThat(endpoint(server).challenge(NAME))
          .isEqualTo(
              new Answer.Denied<>(
                  DenialCode.UNVERIFIABLE,
                  "overloaded",
                  "",
                  Optional.ofNullable(seconds).map(Duration::ofSeconds)));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "200 | application/json         | {}",
        "200 | application/json         | ",
        "200 | application/json         | {\"challenge\":\"\"}",
        "200 | application/json         | {\"challenge\":\"***\"}",
        "200 | application/json         | {\"challenge\":\"QUFB\"}",
        "200 | application/json         | {\"challenge\":1}",
        "200 | application/json         | {\"challenge\":\"QUFB\",\"challenge\":\"QUFB\"}",
        "200 | application/json         | [1]",
        "200 | text/html                | <html>",
        "201 | application/json         | {}",
        "204 | application/json         | ''",
        "302 | text/html                | elsewhere",
        "404 | text/html                | not found",
        "200 | application/problem+json | {\"code\":\"revoked\",\"reason\":\"r\"}",
        "403 | application/problem+json | {\"code\":\"nonsense\",\"reason\":\"r\"}",
        "403 | application/problem+json | {\"code\":\"revoked\",\"reason\":\"\"}",
        "403 | application/problem+json | {\"code\":\"revoked\"}",
        "403 | application/problem+json | {\"code\":null,\"reason\":\"r\"}",
        "403 | application/problem+json | {",
      })
  void answer_thatIsNeitherWhatWasAskedNorAProblem_isUnreadable(
      int status, String type, String body) throws Exception {
    try (RawServer server =
        RawServer.answering(RawServer.json(status, type, body == null ? "" : body))) {
      assertThatThrownBy(() -> endpoint(server).challenge(NAME))
          .isInstanceOf(MalformedResponseException.class);
    }
  }

  @Test
  void answer_thatIsLongerThanAnyShouldBe_isUnreadable() throws Exception {
    String body = "{\"challenge\":\"" + "A".repeat(100_000) + "\"}";
    try (RawServer server = RawServer.answering(RawServer.json(200, "application/json", body))) {
      assertThatThrownBy(() -> endpoint(server).challenge(NAME))
          .isInstanceOf(MalformedResponseException.class)
          .hasMessageContaining("Content-Length must be at most");
    }
  }

  @Test
  void answer_withUnknownMember_isUnreadable() throws Exception {
    String body =
        "{\"challenge\":\"" + JsonService.base64Url(CHALLENGE.encode()) + "\",\"more\":1}";
    try (RawServer server = RawServer.answering(RawServer.json(200, "application/json", body))) {
      assertThatThrownBy(() -> endpoint(server).challenge(NAME))
          .isInstanceOf(MalformedResponseException.class)
          .hasMessageContaining("more: must be absent");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://localhost",
        "http:localhost",
        "http://",
        "//localhost",
        "localhost:8080",
        "http://user@localhost",
        "http://localhost/writ",
        "http://localhost?x",
        "http://localhost#x",
        "http://localhost:70000",
      })
  void url_thatNamesNoService_isRefused(String url) {
    assertThatThrownBy(() -> at(URI.create(url)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(url);
  }

  @Test
  void url_httpsWithoutPins_isRefused() {
    assertThatThrownBy(() -> at(URI.create("https://writ.example")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("tls");
  }

  @Test
  void url_plainToAnotherMachine_isRefusedWhenItIsToBeUsed() {
    HttpServiceEndpoint endpoint = at(URI.create("http://192.0.2.1"));
    assertThatThrownBy(() -> endpoint.challenge(NAME))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("plain HTTP is for loopback addresses only");
  }

  @Test
  void url_ofIpv6Loopback_isUnderstood() throws Exception {
    try (RawServer server = RawServer.answering("")) {
      // Whether anybody listens there is the machine's to say; the URL is not at fault.
      assertThatThrownBy(() -> at(URI.create("http://[::1]:" + server.port())).challenge(NAME))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void https_toAPlainServer_isAnIoException() throws Exception {
    try (RawServer server = RawServer.onLoopback((in, out) -> RawServer.write(out, "HTTP/1.1 "))) {
      HttpServiceEndpoint endpoint =
          HttpServiceEndpoint.at(
              URI.create("https://127.0.0.1:" + server.port()),
              List.of(Hash.sha256(new byte[0])),
              InstantSource.system(),
              Timeouts.STANDARD);
      assertThatThrownBy(() -> endpoint.challenge(NAME)).isInstanceOf(IOException.class);
    }
  }

  private static HttpServiceEndpoint endpoint(RawServer server) throws IOException {
    return at(server.url());
  }

  private static HttpServiceEndpoint at(URI url) {
    return HttpServiceEndpoint.at(url, List.of(), InstantSource.system(), Timeouts.STANDARD);
  }
}
