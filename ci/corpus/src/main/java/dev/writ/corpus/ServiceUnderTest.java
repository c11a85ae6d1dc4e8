// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.agent.Answer;
import dev.writ.agent.Invitation;
import dev.writ.agent.OperatorClient;
import dev.writ.agent.Timeouts;
import dev.writ.load.ServedWrit;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The service on which cases are tried: one of our own, whose operator and TPM maker we are; somebody
 * else's, which enrols no host of ours; or none, with the reason.
 */
final class ServiceUnderTest implements AutoCloseable {
  static final Duration READY = Duration.ofSeconds(60);
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final Duration INVITATION = Duration.ofHours(1);

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();
  private final Optional<URI> url;
  private final Optional<ServedWrit> own;
  private final String absence;
  private int hosts;

  private ServiceUnderTest(Optional<URI> url, Optional<ServedWrit> own, String absence) {
    this.url = url;
    this.own = own;
    this.absence = absence;
  }

  /** Nothing runs, because of {@code why}. */
  static ServiceUnderTest absent(String why) {
    return new ServiceUnderTest(Optional.empty(), Optional.empty(), why);
  }

  /** Somebody's service; its door answers. */
  static ServiceUnderTest at(URI url) throws IOException, InterruptedException {
    if (url.getHost() == null || url.getScheme() == null || !url.getScheme().startsWith("http")) {
      throw new IllegalArgumentException("no http URL: " + url);
    }
    ServiceUnderTest service =
        new ServiceUnderTest(
            Optional.of(url),
            Optional.empty(),
            "needs a host that is enrolled, which --url does not give");
    var unused = service.get("/livez");
    return service;
  }

  /**
   * A service with a token, a policy and a TPM maker of its own.
   *
   * @param folder exists and is empty
   */
  static ServiceUnderTest start(Path project, Path folder)
      throws IOException, InterruptedException {
    ServedWrit served = ServedWrit.prepare(project, folder, ServiceCases.HOSTS, ChannelCases.HOSTS);
    boolean started = false;
    try {
      served.start();
      served.awaitReady(READY);
      started = true;
      return new ServiceUnderTest(Optional.of(served.url()), Optional.of(served), "");
    } finally {
      if (!started) {
        served.close();
      }
    }
  }

  /** An answer, its body as text. */
  record Reply(int status, String body) {
    /** The string that is the value of {@code member}; absent where there is none. */
    Optional<String> member(String member) {
      Matcher matcher = Pattern.compile("\"" + member + "\":\"([^\"\\\\]*)\"").matcher(body);
      return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    String required(String member) throws IOException {
      return member(member)
          .orElseThrow(() -> new IOException("the answer must have " + member + ", was " + this));
    }

    /** A problem's reason, or that what was asked for was given. */
    Observed observed() throws IOException {
      return status < 300 ? Observed.ACCEPTED : Observed.refused(required("reason"));
    }
  }

  /** Whether any service is there. */
  boolean isPresent() {
    return url.isPresent();
  }

  /** Whether hosts of ours can be enrolled, and faults be caused. */
  boolean isOurs() {
    return own.isPresent();
  }

  /** Why it is not there, or not ours. */
  String absence() {
    return absence;
  }

  URI url() {
    return url.orElseThrow();
  }

  ServedWrit own() {
    return own.orElseThrow();
  }

  Reply get(String path) throws IOException, InterruptedException {
    return reply(client.send(request(path).GET().build(), text()));
  }

  Reply post(String path, String json) throws IOException, InterruptedException {
    return reply(client.send(posting(path, json), text()));
  }

  CompletableFuture<Reply> postAsync(String path, String json) {
    return client.sendAsync(posting(path, json), text()).thenApply(ServiceUnderTest::reply);
  }

  /** A body of any bytes, with what it says of its encoding. */
  Reply post(String path, byte[] body, String contentEncoding)
      throws IOException, InterruptedException {
    return reply(
        client.send(
            request(path)
                .header("content-type", "application/json")
                .header("content-encoding", contentEncoding)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build(),
            text()));
  }

  private HttpRequest posting(String path, String json) {
    return request(path)
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(json))
        .build();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(url().resolve(path)).timeout(PATIENCE);
  }

  private static HttpResponse.BodyHandler<String> text() {
    return HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8);
  }

  private static Reply reply(HttpResponse<String> response) {
    return new Reply(response.statusCode(), response.body());
  }

  /** The secret of an invitation that our operator gives out. */
  byte[] invite(String host) throws IOException {
    Answer<Invitation> answer =
        new OperatorClient(own().operatorSocket(), Timeouts.STANDARD).invite(host, INVITATION);
    if (answer instanceof Answer.Granted<Invitation> granted) {
      return granted.value().secret().bytes();
    }
    throw new IOException("the operator must be given an invitation, was " + answer);
  }

  /** A host with a TPM of our maker, under a name that the policy knows and no other host has. */
  CorpusHost newHost() {
    return CorpusHost.manufacture(own().hostNames().get(hosts++), this);
  }

  /** The same, enrolled. */
  CorpusHost enrolledHost() throws Exception {
    CorpusHost host = newHost();
    CorpusHost.require(201, host.enrol());
    return host;
  }

  /** SIGTERM and a new start, with what lies on the disk. */
  void restart() throws IOException, InterruptedException {
    own().stop();
    own().start();
    own().awaitReady(READY);
  }

  @Override
  public void close() throws IOException {
    if (own.isPresent()) {
      own.get().close();
    }
  }
}
