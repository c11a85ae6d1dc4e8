// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.agent.JsonService.Document;
import dev.writ.artifact.AttestationResult;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LoggedDrill;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.SignedDrill;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.TrustSuccession;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * What an operator asks of a service: beside it, over the Unix socket that its operators alone may open,
 * or from elsewhere at its operators' TLS door. Each method is one request; nothing is repeated.
 */
public final class OperatorClient {
  private static final int OK = 200;
  private static final int CREATED = 201;
  private static final int MAX_ANSWER = 64 * 1024;

  /** Longest explanation or proposal in bytes: a reference set may be as long as a policy. */
  public static final int MAX_EXPLANATION = 4 * 1024 * 1024;

  private static final Pattern DECISION = Pattern.compile("[0-9a-f-]{1,36}");
  private static final int MAX_FINDINGS = 64;

  /** A leaf with its proof, beside a report. */
  private static final int MAX_LOGGED = 600 * 1024;

  private static final long MAX_EXACT = (1L << 53) - 1;

  private final JsonService service;

  /** The service whose operators' socket is {@code socket}. */
  public OperatorClient(Path socket, Timeouts timeouts) {
    this.service = new JsonService(new HttpExchanges(new Route.Unix(socket), timeouts));
  }

  /**
   * The service whose operators' TLS door is at {@code door}.
   *
   * @param door {@code https://host[:port]}
   * @param pins SHA-256 of the door's public key, or of an authority's above it
   * @param own what the operator shows
   * @param clock tells which of the door's certificates are in their time
   * @throws IllegalArgumentException if the URL is another, or there is no pin
   */
  public OperatorClient(
      URI door, List<Hash> pins, ClientCredential own, InstantSource clock, Timeouts timeouts) {
    if (!"https".equals(door.getScheme())) {
      throw new IllegalArgumentException(
          "the operators' door must be https://HOST[:PORT], was " + door);
    }
    Route route = HttpServiceEndpoint.route(door, () -> PinnedTls.of(pins, clock).showing(own));
    this.service = new JsonService(new HttpExchanges(route, timeouts));
  }

  /**
   * An artifact that is revoked.
   *
   * @param jti which
   * @param leafIndex where the ledger says so
   * @param time since when
   */
  public record Revoked(UuidV7 jti, long leafIndex, Instant time) {}

  /**
   * Whether the service can serve.
   *
   * @param ready whether all of it can
   * @param findings by part
   */
  public record Readiness(boolean ready, List<Finding> findings) {
    /**
     * Whether a part can serve.
     *
     * @param part such as {@code hsm}
     * @param ok whether it can
     * @param message what is wrong and what to do; of a part that can, what it is
     */
    public record Finding(String part, boolean ok, String message) {}
  }

  /** Invites a host to enrol, once, within {@code valid}. */
  public Answer<Invitation> invite(String host, Duration valid) throws IOException {
    return service.post(
        "/v1/invitations",
        Jcs.canonical(Map.of("host", host, "valid_s", valid.toSeconds())),
        new Document<>(CREATED, JsonService.JSON, MAX_ANSWER, Invitation::parse));
  }

  /**
   * Revokes an artifact.
   *
   * @param reason one of {@code unspecified, key_compromise, host_compromised, superseded, ceased,
   *     policy_changed}
   */
  public Answer<Revoked> revoke(UuidV7 jti, String reason) throws IOException {
    return service.post(
        "/v1/revocations",
        Jcs.canonical(Map.of("jti", jti.toString(), "reason", reason)),
        Document.json(
            CREATED,
            MAX_ANSWER,
            members ->
                new Revoked(
                    members.uuid("jti"),
                    members.integer("leaf_index", 0, MAX_EXACT),
                    Instant.ofEpochMilli(members.integer("time", 0, MAX_EXACT)))));
  }

  /**
   * What a scope has, or had when it was revoked.
   *
   * @param scope the contract's word for it
   * @param places the first leaf and the first after the last, of what goes by them
   * @param artifacts how many stand, or stood, with all that were issued under them
   * @param revoked where the ledger says that they are revoked, and since when
   */
  public record Scope(
      String scope, Optional<List<Long>> places, long artifacts, Optional<LeafAt> revoked) {
    /** A leaf's place and time. */
    public record LeafAt(long leafIndex, Instant time) {}

    private static Scope parse(JsonMembers members) throws MalformedJsonException {
      return new Scope(
          members.text("scope"),
          members.has("from_index")
              ? Optional.of(
                  List.of(
                      members.integer("from_index", 0, MAX_EXACT),
                      members.integer("before_index", 0, MAX_EXACT)))
              : Optional.empty(),
          members.integer("artifacts", 0, MAX_EXACT),
          members.has("leaf_index")
              ? Optional.of(
                  new LeafAt(
                      members.integer("leaf_index", 0, MAX_EXACT),
                      Instant.ofEpochMilli(members.integer("time", 0, MAX_EXACT))))
              : Optional.empty());
    }
  }

  /** Says how many artifacts stand of a scope, and revokes none. */
  public Answer<Scope> countScope(ScopeRequest scope) throws IOException {
    return service.post(
        "/v1/scope-counts",
        Jcs.canonical(Map.of("scope", scope.scope())),
        Document.json(OK, MAX_ANSWER, Scope::parse));
  }

  /**
   * Revokes all artifacts of a scope that stand, and all that were issued under them.
   *
   * @param reason as of {@link #revoke}
   * @param most where more stand, none is revoked
   */
  public Answer<Scope> revokeScope(ScopeRequest scope, String reason, OptionalLong most)
      throws IOException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("scope", scope.scope());
    body.put("reason", reason);
    most.ifPresent(number -> body.put("most", number));
    return service.post(
        "/v1/scope-revocations",
        Jcs.canonical(body),
        Document.json(CREATED, MAX_ANSWER, Scope::parse));
  }

  /**
   * Asks for the Attestation Result of a decision, a denial's too.
   *
   * @param leafIndex the decision's leaf
   * @return the result, whose signature is not verified
   */
  public Answer<AttestationResult> attestationResult(long leafIndex) throws IOException {
    return service.get("/v1/attestation-results/" + leafIndex, JsonService.attestationResult(OK));
  }

  /**
   * Asks why a decision was made.
   *
   * @param decision its id, its artifact's jti, or the index of its leaf in decimal
   * @return the JSON object that the service's contract calls Explanation
   */
  public Answer<String> explain(String decision) throws IOException {
    if (!DECISION.matcher(decision).matches()) {
      throw new IllegalArgumentException("a decision is named by a UUID or a number");
    }
    return service.get("/v1/decisions/" + decision + "/explanation", jsonText());
  }

  /**
   * Asks for what lies beside a leaf. That it is what the leaf names is the caller's to find.
   *
   * @param leaf its id, its artifact's jti, or its index in decimal
   */
  public Answer<LeafPayload> payload(String leaf) throws IOException {
    if (!DECISION.matcher(leaf).matches()) {
      throw new IllegalArgumentException("a leaf is named by a UUID or a number");
    }
    return service.get(
        "/v1/payloads/" + leaf, Document.json(OK, LeafPayload.MAX_DOCUMENT, LeafPayload::take));
  }

  /**
   * A leaf whose payload is erased.
   *
   * @param leafIndex its place
   * @param id its id
   * @param kind what it is of
   */
  public record ErasedPayload(long leafIndex, UuidV7 id, String kind) {}

  /**
   * Has what lies beside a leaf erased, for good.
   *
   * @param leaf its id, its artifact's jti, or its index in decimal
   */
  public Answer<ErasedPayload> erasePayload(String leaf) throws IOException {
    return service.post(
        "/v1/payload-erasures",
        Jcs.canonical(Map.of("leaf", leaf)),
        Document.json(
            OK,
            MAX_ANSWER,
            members ->
                new ErasedPayload(
                    members.integer("leaf_index", 0, MAX_EXACT),
                    members.uuid("id"),
                    members.text("kind"))));
  }

  /**
   * Asks for reference values that a boot of a host keeps; nothing is changed.
   *
   * @param latest whether the last boot counts, whatever was decided; else the last that was allowed
   *     something
   * @return the JSON object that the service's contract calls Learned
   */
  public Answer<String> learn(String host, boolean latest) throws IOException {
    return service.post(
        "/v1/reference-values",
        Jcs.canonical(Map.of("host", host, "boot", latest ? "latest" : "allowed")),
        jsonText());
  }

  /** Hands in a drill's report; nothing of the answer is verified. */
  public Answer<LoggedDrill> drill(SignedDrill drill) throws IOException {
    return service.post(
        "/v1/drills",
        Jcs.canonical(Map.of("report", JsonService.base64Url(drill.toJson()))),
        Document.json(
            CREATED,
            MAX_LOGGED,
            members -> {
              long unused = members.integer("leaf_index", 0, MAX_EXACT);
              return new LoggedDrill(
                  drill, members.base64UrlUpTo("leaf", Leaf.MAX_BYTES), members.text("proof"));
            }));
  }

  /** What is asked of keys. */
  public KeyClient keys() {
    return new KeyClient(service);
  }

  /** What is asked of that which takes more than one person. */
  public OperationClient operations() {
    return new OperationClient(service);
  }

  /** What is asked of enrolled hosts. */
  public HostClient hosts() {
    return new HostClient(service);
  }

  /** What is asked of policies. */
  public PolicyClient policies() {
    return new PolicyClient(service);
  }

  /** What is asked of approvals of requests. */
  public ApprovalClient requestApprovals() {
    return new ApprovalClient(service);
  }

  /** What is asked of break-glass and freezes. */
  public GovernanceClient governance() {
    return new GovernanceClient(service);
  }

  /** The trust files that the service publishes, where its operators' door tells them. */
  public TrustSuccession.Published trustFiles() {
    return new PublishedTrustFiles(service);
  }

  private static Document<String> jsonText() {
    return new Document<>(
        OK,
        JsonService.JSON,
        MAX_EXPLANATION,
        body -> {
          var unused = StrictJson.parse(body, MAX_EXPLANATION);
          return new String(body, StandardCharsets.UTF_8);
        });
  }

  /** Asks which parts of the service can serve. */
  public Answer<Readiness> readiness() throws IOException {
    return service.get(
        "/v1/readiness",
        Document.json(
            OK,
            MAX_ANSWER,
            members -> {
              List<Readiness.Finding> findings = new ArrayList<>();
              for (JsonMembers finding : members.objects("findings", MAX_FINDINGS)) {
                findings.add(
                    new Readiness.Finding(
                        finding.text("part"), finding.flag("ok"), finding.text("message")));
                finding.end();
              }
              return new Readiness(members.flag("ready"), List.copyOf(findings));
            }));
  }
}
