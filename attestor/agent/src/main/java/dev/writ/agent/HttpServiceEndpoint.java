// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.agent.JsonService.Document;
import dev.writ.artifact.AttestationResult;
import dev.writ.artifact.InitiatorToken;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.OutcomeStatement;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.TrustSuccession;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.EkChain;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmCredential;
import dev.writ.evidence.TpmName;
import dev.writ.tlog.Hash;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The service over HTTP, as its OpenAPI document describes it: TLS 1.3 with a pinned key, or plain on
 * this machine.
 *
 * <p>Each method is one request on a connection of its own. Nothing is sent twice: when to ask again
 * is {@link Attester}'s to say.
 */
public final class HttpServiceEndpoint implements ServiceEndpoint {
  private static final int OK = 200;
  private static final int CREATED = 201;
  private static final int HTTPS_PORT = 443;
  private static final int HTTP_PORT = 80;
  private static final int MAX_ANSWER = 48 * 1024;

  /** The attestation key's, and that of the key which signed it. */
  private static final int AK_CERTIFICATES = 2;

  private static final long MAX_EXACT = (1L << 53) - 1;

  private final JsonService service;
  private final Optional<InitiatorToken> initiator;

  private HttpServiceEndpoint(JsonService service, Optional<InitiatorToken> initiator) {
    this.service = service;
    this.initiator = initiator;
  }

  /**
   * The service at {@code url}. Where its host's name stands for another machine, each request without
   * TLS is a {@link PlainHttpException}.
   *
   * @param url {@code https://host[:port]}, or {@code http://} and a loopback address
   * @param tlsPins the trust file's {@code tls}; needed for https
   * @param clock tells which certificates are in their time
   * @throws IllegalArgumentException if the URL is another, or https has no pin
   */
  public static HttpServiceEndpoint at(
      URI url, List<Hash> tlsPins, InstantSource clock, Timeouts timeouts) {
    return at(url, tlsPins, Optional::empty, clock, timeouts);
  }

  /**
   * The same, which goes on where the service shows another TLS key that a later trust file pins.
   *
   * @param newer asked where no pinned key is shown: the pins of the newest trust file, such as follows by
   *     {@link #publishedAt}
   */
  public static HttpServiceEndpoint at(
      URI url,
      List<Hash> tlsPins,
      Supplier<Optional<List<Hash>>> newer,
      InstantSource clock,
      Timeouts timeouts) {
    Route route = route(url, () -> PinnedTls.of(tlsPins, newer, clock));
    return new HttpServiceEndpoint(
        new JsonService(new HttpExchanges(route, timeouts)), Optional.empty());
  }

  /** The same service, which is shown with each application who set it in motion. */
  public HttpServiceEndpoint bringing(InitiatorToken token) {
    return new HttpServiceEndpoint(service, Optional.of(token));
  }

  /**
   * The trust files that whoever answers at {@code url} publishes: his key is not looked at, so that a
   * trust file that pins another key can be had.
   *
   * @throws IllegalArgumentException as for {@link #at}
   */
  public static TrustSuccession.Published publishedAt(URI url, Timeouts timeouts) {
    return new PublishedTrustFiles(
        new JsonService(new HttpExchanges(route(url, AnyServerTls::new), timeouts)));
  }

  /** The way to a service's URL. */
  static Route route(URI url, Supplier<ClientTls> tls) {
    boolean https = "https".equals(url.getScheme());
    boolean plain = "http".equals(url.getScheme());
    String host = url.getHost();
    boolean bare =
        url.getRawUserInfo() == null
            && url.getRawQuery() == null
            && url.getRawFragment() == null
            && ("".equals(url.getRawPath()) || "/".equals(url.getRawPath()));
    if (!(https || plain) || host == null || !bare || url.getPort() > 65_535) {
      throw new IllegalArgumentException(
          "the service's URL must be https://HOST[:PORT], or http:// and a loopback address, was "
              + url);
    }
    int port = url.getPort() > 0 ? url.getPort() : https ? HTTPS_PORT : HTTP_PORT;
    return new Route.Tcp(
        host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
        port,
        https ? Optional.of(tls.get()) : Optional.empty());
  }

  @Override
  public Answer<EnrolmentChallenge> enrol(EnrolmentRequest request) throws IOException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("host", request.host());
    body.put("ek_certificate", JsonService.base64Url(request.endorsementCertificate().bytes()));
    if (!request.endorsementChain().equals(EkChain.NONE)) {
      body.put("ek_chain", JsonService.base64Url(request.endorsementChain().bytes().bytes()));
    }
    body.put("ek_public", JsonService.base64Url(request.endorsementKey().bytes()));
    body.put("ak_public", JsonService.base64Url(request.attestationKey().bytes()));
    request
        .invitation()
        .ifPresent(secret -> body.put("invitation", JsonService.base64Url(secret.bytes())));
    return service.post(
        "/v1/enrolments",
        Jcs.canonical(body),
        Document.json(
            OK,
            MAX_ANSWER,
            members -> {
              ByteArrayOutputStream credential = new ByteArrayOutputStream();
              credential.writeBytes(JsonService.base64Url(members, "id_object"));
              credential.writeBytes(JsonService.base64Url(members, "encrypted_secret"));
              return new EnrolmentChallenge(
                  Octets.of(JsonService.base64Url(members, "session")),
                  TpmCredential.parse(credential.toByteArray()));
            }));
  }

  @Override
  public Answer<Enrolled> activate(Octets session, Octets secret) throws IOException {
    return service.post(
        "/v1/activations",
        Jcs.canonical(
            Map.of(
                "session", JsonService.base64Url(session.bytes()),
                "secret", JsonService.base64Url(secret.bytes()))),
        Document.json(
            CREATED,
            MAX_ANSWER,
            members ->
                new Enrolled(
                    TpmName.parse(JsonService.base64Url(members, "ak_name")),
                    members.has("ak_certificate")
                        ? certificates(members.texts("ak_certificate", AK_CERTIFICATES))
                        : List.of())));
  }

  private static List<Octets> certificates(List<String> texts) {
    List<Octets> certificates = new ArrayList<>();
    for (String text : texts) {
      certificates.add(Octets.of(JsonService.base64Url("ak_certificate", text)));
    }
    return certificates;
  }

  @Override
  public Answer<Challenge> challenge(TpmName attestationKey) throws IOException {
    return service.post(
        "/v1/challenges",
        Jcs.canonical(Map.of("ak_name", JsonService.base64Url(attestationKey.bytes()))),
        Document.json(
            OK,
            MAX_ANSWER,
            members -> Challenge.parse(JsonService.base64Url(members, "challenge"))));
  }

  @Override
  public Answer<ProofBundle> issue(IssueRequest request) throws IOException {
    return issue(service, request);
  }

  @Override
  public Answer<ProofBundle> issue(IssueRequest request, ChannelKey key) throws IOException {
    return issue(service.showing(key), request);
  }

  private Answer<ProofBundle> issue(JsonService service, IssueRequest request) throws IOException {
    return service.post(
        "/v1/artifacts",
        application(request),
        new Document<>(CREATED, ProofBundle.MEDIA_TYPE, ProofBundle.MAX_BYTES, ProofBundle::parse));
  }

  /**
   * Reports how an execution ended.
   *
   * @param statement of {@link Attester#outcome}
   * @return where the ledger says so
   * @throws IOException if the service cannot be reached or its answer cannot be read; the same
   *     statement may be sent again
   */
  public Answer<Long> report(OutcomeStatement statement) throws IOException {
    return service.post(
        "/v1/outcomes",
        Jcs.canonical(Map.of("statement", statement.compact())),
        Document.json(CREATED, MAX_ANSWER, members -> members.integer("leaf_index", 0, MAX_EXACT)));
  }

  /**
   * Asks for the Attestation Result on which an artifact rests, by itself.
   *
   * @param artifact in compact serialization, of {@link ProofBundle#artifact}
   * @return the result, whose signature is not verified
   * @throws IOException if the service cannot be reached or its answer cannot be read
   */
  public Answer<AttestationResult> attestationResult(String artifact) throws IOException {
    return service.post(
        "/v1/attestation-results",
        Jcs.canonical(Map.of("artifact", artifact)),
        JsonService.attestationResult(CREATED));
  }

  /** The trust files that the service publishes, one request each. */
  public TrustSuccession.Published trustFiles() {
    return new PublishedTrustFiles(service);
  }

  /** Request and binding stand in it as they were hashed. */
  private byte[] application(IssueRequest request) {
    byte[] others =
        Jcs.canonical(
            Map.of(
                "ak_name", JsonService.base64Url(request.attestationKey().bytes()),
                "challenge", JsonService.base64Url(request.challenge().encode()),
                "evidence", JsonService.base64Url(request.evidence().bytes())));
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    json.write(others, 0, others.length - 1);
    request.exec().ifPresent(exec -> member(json, "exec", exec.jcs()));
    initiator.ifPresent(token -> member(json, "initiator_token", Jcs.canonical(token.compact())));
    request
        .parentProof()
        .ifPresent(proof -> member(json, "parent_proof", Jcs.canonical(proof.toMap())));
    request
        .renewed()
        .ifPresent(artifact -> member(json, "renews", Jcs.canonical(artifact.compact())));
    member(json, "request", request.request().jcs());
    json.write('}');
    return json.toByteArray();
  }

  private static void member(ByteArrayOutputStream json, String name, byte[] value) {
    json.writeBytes((",\"" + name + "\":").getBytes(StandardCharsets.US_ASCII));
    json.writeBytes(value);
  }
}
