// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.agent.JsonService.Document;
import dev.writ.artifact.AttestationResult;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LoggedDrill;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.OperationApproval;
import dev.writ.artifact.OperationWithdrawal;
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
  private static final int MAX_KEYS = 512;
  private static final int MAX_OPERATIONS = 256;

  /** An operation, and its trust file in base64url. */
  private static final int MAX_OPERATION = 600 * 1024;

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

  /**
   * What became of a proposal.
   *
   * @param draft whether the proposer has to sign it before anybody can approve it
   * @param digest by which name the service has it
   * @param documents what there is to sign
   * @param leafIndex where the ledger has it; absent of a draft
   */
  public record Proposed(
      boolean draft, Hash digest, OperationDocuments documents, Optional<Long> leafIndex) {}

  /**
   * An operation, with what there is to sign.
   *
   * @param listed where it is
   */
  public record Shown(ListedOperation listed, OperationDocuments documents) {}

  /**
   * An approval that counts, or a proposer's signature.
   *
   * @param operation {@link dev.writ.artifact.Operation#digest}
   * @param state {@code open}, or how it ended
   * @param approvals how many there are; none where the proposer signed
   * @param threshold how many it takes; absent where the proposer signed
   * @param leafIndex where the ledger says so
   */
  public record Approved(
      Hash operation, String state, long approvals, Optional<Long> threshold, long leafIndex) {}

  /**
   * An operation that was taken back.
   *
   * @param operation {@link dev.writ.artifact.Operation#digest}
   * @param leafIndex where the ledger says so
   */
  public record Withdrawn(Hash operation, long leafIndex) {}

  /** A step of a key that need not wait for its time. */
  public enum KeyStep {
    /** It signs. */
    ACTIVATE("activate"),
    /** It signs nothing more. */
    RETIRE("retire");

    private final String wire;

    KeyStep(String wire) {
      this.wire = wire;
    }

    /** How requests and commands spell it. */
    public String wire() {
      return wire;
    }
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

  /** Asks for all keys, by role, the oldest first. */
  public Answer<List<ListedKey>> keys() throws IOException {
    return service.get(
        "/v1/keys",
        Document.json(
            OK,
            MAX_OPERATION,
            members -> {
              List<ListedKey> keys = new ArrayList<>();
              for (JsonMembers key : members.objects("keys", MAX_KEYS)) {
                keys.add(ListedKey.take(key));
              }
              return List.copyOf(keys);
            }));
  }

  /** Asks what the token signed, beside what the service has to show for it. */
  public Answer<SignatureAccounts> signatures() throws IOException {
    return service.get("/v1/signatures", Document.json(OK, MAX_OPERATION, SignatureAccounts::take));
  }

  /** Asks for the newest start that the service's TPM vouched for. */
  public Answer<AnchoredStart> start() throws IOException {
    return service.get("/v1/start", Document.json(OK, MAX_OPERATION, AnchoredStart::take));
  }

  /** Asks for the newest operations, the newest first. */
  public Answer<List<ListedOperation>> operations() throws IOException {
    return service.get(
        "/v1/operations",
        Document.json(
            OK,
            MAX_OPERATION,
            members -> {
              List<ListedOperation> operations = new ArrayList<>();
              for (JsonMembers each : members.objects("operations", MAX_OPERATIONS)) {
                operations.add(ListedOperation.take(each));
                each.end();
              }
              return List.copyOf(operations);
            }));
  }

  /**
   * Asks for one operation. That it is the one asked for is the caller's to find.
   *
   * @param digest its name
   */
  public Answer<Shown> operation(Hash digest) throws IOException {
    return service.get(
        "/v1/operations/" + digest.hex(),
        Document.json(
            OK,
            MAX_OPERATION,
            members -> new Shown(ListedOperation.take(members), OperationDocuments.take(members))));
  }

  /**
   * Asks for an operation to be put before operators.
   *
   * @param valid how long it can be approved; whole seconds
   * @param proposer RFC 7638 thumbprint of the operator who will sign the draft; where it is absent, it
   *     is the service's own proposal, which takes a dev trust file
   */
  public Answer<Proposed> propose(ProposedChange change, Duration valid, Optional<Hash> proposer)
      throws IOException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("kind", change.kind().wire());
    change.addTo(body);
    body.put("valid_s", valid.toSeconds());
    proposer.ifPresent(kid -> body.put("proposer", JsonService.base64Url(kid.bytes())));
    return service.post(
        "/v1/proposals",
        Jcs.canonical(body),
        Document.json(
            CREATED,
            MAX_OPERATION,
            members -> {
              boolean draft = members.text("state").equals("draft");
              return new Proposed(
                  draft,
                  members.hash("digest"),
                  OperationDocuments.take(members),
                  draft
                      ? Optional.empty()
                      : Optional.of(members.integer("leaf_index", 0, MAX_EXACT)));
            }));
  }

  /** Hands in an operator's approval; of a draft, its proposer's signature. */
  public Answer<Approved> approve(OperationApproval approval) throws IOException {
    return service.post(
        "/v1/approvals",
        Jcs.canonical(Map.of("approval", JsonService.base64Url(approval.toJson()))),
        Document.json(CREATED, MAX_OPERATION, OperatorClient::approved));
  }

  /** Hands in the word of an operation's proposer that it is not to be done. */
  public Answer<Withdrawn> withdraw(OperationWithdrawal withdrawal) throws IOException {
    return service.post(
        "/v1/withdrawals",
        Jcs.canonical(Map.of("withdrawal", JsonService.base64Url(withdrawal.toJson()))),
        Document.json(
            CREATED,
            MAX_ANSWER,
            members -> {
              members.constant("state", "withdrawn");
              return new Withdrawn(
                  members.hash("digest"), members.integer("leaf_index", 0, MAX_EXACT));
            }));
  }

  /** Hands in a drill's report; nothing of the answer is verified. */
  public Answer<LoggedDrill> drill(SignedDrill drill) throws IOException {
    return service.post(
        "/v1/drills",
        Jcs.canonical(Map.of("report", JsonService.base64Url(drill.toJson()))),
        Document.json(
            CREATED,
            MAX_OPERATION,
            members -> {
              long unused = members.integer("leaf_index", 0, MAX_EXACT);
              return new LoggedDrill(
                  drill, members.base64UrlUpTo("leaf", Leaf.MAX_BYTES), members.text("proof"));
            }));
  }

  /** What opens a draft is shown once more, as it was proposed. */
  private static Approved approved(JsonMembers members) throws MalformedDocumentException {
    boolean counted = members.has("approvals");
    if (!counted) {
      var unused = OperationDocuments.take(members);
    }
    return new Approved(
        members.hash("digest"),
        members.text("state"),
        counted ? members.integer("approvals", 0, MAX_EXACT) : 0,
        counted ? Optional.of(members.integer("threshold", 1, MAX_EXACT)) : Optional.empty(),
        members.integer("leaf_index", 0, MAX_EXACT));
  }

  /**
   * Has a key take a step before its time brings it.
   *
   * @param kid RFC 7638 thumbprint
   * @return the key
   */
  public Answer<Hash> step(Hash kid, KeyStep step) throws IOException {
    return service.post(
        "/v1/keys/steps",
        Jcs.canonical(Map.of("kid", JsonService.base64Url(kid.bytes()), "step", step.wire())),
        Document.json(
            OK,
            MAX_ANSWER,
            members -> {
              members.constant("step", step.wire());
              return members.thumbprint("kid");
            }));
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
