// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.StrictJson;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.EkChain;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.TpmtPublic;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** The service's HTTP API, as its contract says, in front of any {@link ServiceEndpoint}. */
final class ServiceOverHttp implements AutoCloseable {
  private static final int MAX_BODY = 256 * 1024;
  private static final String JSON = "application/json";

  private final ServiceEndpoint behind;
  private final HttpServer server;
  private final List<String> paths = new CopyOnWriteArrayList<>();
  private final Deque<Integer> unavailable = new ArrayDeque<>();

  /** How a body is answered. */
  private interface Operation {
    Reply answer(byte[] body)
        throws IOException, MalformedDocumentException, MalformedEvidenceException;
  }

  private record Reply(int status, String type, byte[] body) {}

  private ServiceOverHttp(ServiceEndpoint behind, HttpServer server) {
    this.behind = behind;
    this.server = server;
  }

  static ServiceOverHttp start(ServiceEndpoint behind) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    ServiceOverHttp service = new ServiceOverHttp(behind, server);
    service.route("/v1/challenges", service::challenge);
    service.route("/v1/enrolments", service::enrol);
    service.route("/v1/activations", service::activate);
    service.route("/v1/artifacts", service::issue);
    server.start();
    return service;
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** The paths asked for so far. */
  List<String> paths() {
    return paths;
  }

  /** The next requests are turned away, each for so many seconds. */
  synchronized void turnAway(int... seconds) {
    for (int each : seconds) {
      unavailable.add(each);
    }
  }

  private synchronized Optional<Integer> unavailable() {
    return Optional.ofNullable(unavailable.poll());
  }

  private void route(String path, Operation operation) {
    server.createContext(path, exchange -> handle(exchange, operation));
  }

  private void handle(HttpExchange exchange, Operation operation) throws IOException {
    paths.add(exchange.getRequestURI().getPath());
    Reply reply = reply(exchange, operation);
    exchange.getResponseHeaders().set("Content-Type", reply.type());
    exchange.sendResponseHeaders(reply.status(), reply.body().length);
    exchange.getResponseBody().write(reply.body());
    exchange.close();
  }

  private Reply reply(HttpExchange exchange, Operation operation) throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY + 1);
    Optional<Integer> wait = unavailable();
    if (wait.isPresent()) {
      exchange.getResponseHeaders().set("Retry-After", wait.get().toString());
      return problem(503, "unverifiable", "overloaded");
    }
    if (!exchange.getRequestMethod().equals("POST")
        || !JSON.equals(exchange.getRequestHeaders().getFirst("Content-Type"))) {
      return problem(415, "unverifiable", "media_type_not_supported");
    }
    try {
      return operation.answer(body);
    } catch (MalformedDocumentException | MalformedEvidenceException e) {
      return problem(400, "unverifiable", "malformed");
    }
  }

  private Reply challenge(byte[] body)
      throws IOException, MalformedDocumentException, MalformedEvidenceException {
    JsonMembers members = StrictJson.parse(body, MAX_BODY);
    TpmName name = TpmName.parse(JsonService.base64Url(members, "ak_name"));
    members.end();
    Answer<Challenge> answer = behind.challenge(name);
    return answer instanceof Answer.Granted<Challenge> granted
        ? json(200, Map.of("challenge", JsonService.base64Url(granted.value().encode())))
        : denied(answer);
  }

  private Reply enrol(byte[] body)
      throws IOException, MalformedDocumentException, MalformedEvidenceException {
    JsonMembers members = StrictJson.parse(body, MAX_BODY);
    EnrolmentRequest request =
        new EnrolmentRequest(
            members.text("host"),
            Octets.of(JsonService.base64Url(members, "ek_certificate")),
            members.has("ek_chain")
                ? EkChain.parse(JsonService.base64Url(members, "ek_chain"))
                : EkChain.NONE,
            TpmtPublic.parse(JsonService.base64Url(members, "ek_public")),
            TpmtPublic.parse(JsonService.base64Url(members, "ak_public")),
            members.has("invitation")
                ? Optional.of(Octets.of(members.base64Url("invitation", 32)))
                : Optional.empty());
    members.end();
    Answer<EnrolmentChallenge> answer = behind.enrol(request);
    if (answer instanceof Answer.Granted<EnrolmentChallenge> granted) {
      EnrolmentChallenge challenge = granted.value();
      return json(
          200,
          Map.of(
              "session",
              JsonService.base64Url(challenge.session().bytes()),
              "id_object",
              JsonService.base64Url(challenge.credential().tpm2bIdObject()),
              "encrypted_secret",
              JsonService.base64Url(challenge.credential().tpm2bEncryptedSecret())));
    }
    return denied(answer);
  }

  private Reply activate(byte[] body) throws IOException, MalformedDocumentException {
    JsonMembers members = StrictJson.parse(body, MAX_BODY);
    Octets session = Octets.of(JsonService.base64Url(members, "session"));
    Octets secret = Octets.of(JsonService.base64Url(members, "secret"));
    members.end();
    Answer<Enrolled> answer = behind.activate(session, secret);
    return answer instanceof Answer.Granted<Enrolled> granted
        ? json(
            201,
            Map.of(
                "ak_name",
                JsonService.base64Url(granted.value().akName().bytes()),
                "ak_certificate",
                granted.value().akCertificate().stream()
                    .map(der -> JsonService.base64Url(der.bytes()))
                    .toList()))
        : denied(answer);
  }

  private Reply issue(byte[] body)
      throws IOException, MalformedDocumentException, MalformedEvidenceException {
    JsonMembers members = StrictJson.parse(body, MAX_BODY);
    TpmName name = TpmName.parse(JsonService.base64Url(members, "ak_name"));
    Challenge challenge = Challenge.parse(JsonService.base64Url(members, "challenge"));
    Evidence evidence = Evidence.parse(JsonService.base64Url(members, "evidence"));
    JsonMembers unread = members.object("request");
    Optional<JsonMembers> binding = members.optionalObject("exec");
    Optional<ExecBinding> exec =
        binding.isPresent() ? Optional.of(ExecBinding.take(binding.get())) : Optional.empty();
    members.end();
    assertThat(unread.has("jkt")).isTrue();
    Answer<ProofBundle> answer =
        behind.issue(new IssueRequest(name, request(body), exec, challenge, evidence));
    return answer instanceof Answer.Granted<ProofBundle> granted
        ? new Reply(201, ProofBundle.MEDIA_TYPE, granted.value().toJson())
        : denied(answer);
  }

  private static ExecutionRequest request(byte[] body) throws MalformedDocumentException {
    String text = new String(body, StandardCharsets.UTF_8);
    int from = text.indexOf("\"request\":") + "\"request\":".length();
    return ExecutionRequest.parse(
        text.substring(from, text.length() - 1).getBytes(StandardCharsets.UTF_8));
  }

  private static Reply denied(Answer<?> answer) {
    Answer.Denied<?> denied = (Answer.Denied<?>) answer;
    return problem(403, denied.code().wire(), denied.reason().replace(' ', '_'));
  }

  private static Reply problem(int status, String code, String reason) {
    Map<String, Object> problem =
        Map.of(
            "type",
            "urn:writ:denial:" + code,
            "title",
            "Denied",
            "status",
            status,
            "detail",
            "It was denied.",
            "code",
            code,
            "reason",
            reason,
            "instance",
            "urn:writ:request:0123456789abcdef01234567");
    return new Reply(status, "application/problem+json", Jcs.canonical(problem));
  }

  private static Reply json(int status, Map<String, Object> body) {
    return new Reply(status, JSON, Jcs.canonical(body));
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
