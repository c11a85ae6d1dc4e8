// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.AttestationResult;
import dev.writ.artifact.Ear;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.OutcomeStatement;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.StatusToken;
import dev.writ.evidence.Octets;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What hosts, gateways, verifiers and monitors may ask. */
final class PublicRoutes {
  private static final CharSequence BUNDLE = HttpHeaders.createOptimized(ProofBundle.MEDIA_TYPE);
  private static final CharSequence STATUS = HttpHeaders.createOptimized(StatusToken.MEDIA_TYPE);
  private static final CharSequence EAR =
      HttpHeaders.createOptimized(
          AttestationResult.MEDIA_TYPE + "; eat_profile=\"" + Ear.PROFILE + "\"");
  private static final String ISSUE = "/v1/artifacts";
  private static final int MAX_LIST_DIGITS = 9;

  private final WritService service;

  private PublicRoutes(WritService service) {
    this.service = service;
  }

  static RouteTable of(
      WritService service,
      LedgerRoutes ledger,
      TrustRoutes trust,
      HealthRoutes health,
      WorkPool reads) {
    PublicRoutes routes = new PublicRoutes(service);
    RouteTable table =
        new RouteTable()
            .post("/v1/challenges", "challenge", routes::challenge)
            .post("/v1/enrolments", "enrol", routes::enrol)
            .post("/v1/activations", "activate", routes::activate)
            .post("/v1/outcomes", "report", routes::report)
            .post("/v1/uses", "redeem", routes::redeem)
            .post("/v1/attestation-results", "attestationResult", routes::attestationResult)
            .getStream(
                "/v1/revocations/stream",
                "revocationStream",
                target -> routes.stream(target.after(), reads))
            .getUnder("/status/", "statusList", routes::status);
    // Clients are asked for a key only where a rule wants to know, or initiators have
    // certificates: a person's browser would show theirs.
    TlsInitiators initiators = service.initiators().tls();
    if (service.policies().mayReadChannel() || initiators.isAny()) {
      table.postOver(
          ISSUE, "issue", (body, from) -> routes.issue(body, Channel.of(from, initiators)));
    } else {
      table.post(ISSUE, "issue", body -> routes.issue(body, Channel.UNSEEN));
    }
    ledger.addTo(table);
    trust.addTo(table);
    health.addTo(table);
    return table;
  }

  /** A place that no leaf has is nobody's to go on from: what comes until there would be left out. */
  private CompletionStage<Reply> stream(OptionalLong after, WorkPool reads) {
    return after.isPresent() && after.getAsLong() >= service.ledger().size()
        ? Reply.now(BEYOND)
        : CompletableFuture.completedFuture(
            new Reply.Streamed(service.revocationStream(), after, reads));
  }

  private static final Problem BEYOND =
      Problem.http(
          409,
          "Conflict",
          "event_not_reached",
          "Last-Event-ID must be a place that this ledger has, and it has none such; begin anew, without"
              + " the header");

  private CompletionStage<Reply> challenge(JsonMembers body) throws MalformedRequest {
    return service
        .challenge(RequestReader.challenge(body))
        .thenApply(
            outcome -> {
              if (outcome instanceof ChallengeOutcome.Issued issued) {
                String text = base64Url(issued.challenge().encode());
                return given(200, "{\"challenge\":\"" + text + "\"}");
              }
              return Denials.reply(((ChallengeOutcome.Denied) outcome).denial());
            });
  }

  private CompletionStage<Reply> enrol(JsonMembers body) throws MalformedRequest {
    return service
        .enrolment()
        .begin(RequestReader.enrolment(body))
        .thenApply(PublicRoutes::enrolment);
  }

  private CompletionStage<Reply> activate(JsonMembers body) throws MalformedRequest {
    RequestReader.ActivationAnswer answer = RequestReader.activation(body);
    return service
        .enrolment()
        .complete(answer.session(), answer.secret())
        .thenApply(PublicRoutes::enrolment);
  }

  private static Reply enrolment(EnrolmentOutcome outcome) {
    if (outcome instanceof EnrolmentOutcome.Activation activation) {
      return given(
          200,
          json(
              "session", base64Url(activation.session().bytes()),
              "id_object", base64Url(activation.credential().tpm2bIdObject()),
              "encrypted_secret", base64Url(activation.credential().tpm2bEncryptedSecret())));
    } else if (outcome instanceof EnrolmentOutcome.Enrolled enrolled) {
      return given(
          201,
          json(
              "ak_name",
              base64Url(enrolled.akName().bytes()),
              "ak_certificate",
              enrolled.akCertificate().stream().map(der -> base64Url(der.bytes())).toList()));
    }
    return Denials.reply(((EnrolmentOutcome.Denied) outcome).denial());
  }

  private CompletionStage<Reply> issue(JsonMembers body, Channel channel) throws MalformedRequest {
    return service
        .issuance()
        .issue(RequestReader.application(body), channel)
        .thenApply(
            outcome -> {
              if (outcome instanceof IssuanceOutcome.Issued issued) {
                return new Reply.Given(
                    () ->
                        new Answer(201, BUNDLE, Map.of(), Buffer.buffer(issued.bundle().toJson())));
              }
              return Denials.reply((IssuanceOutcome.Denied) outcome);
            });
  }

  private CompletionStage<Reply> report(JsonMembers body) throws MalformedRequest {
    return service
        .outcomes()
        .report(RequestReader.only(body, "statement", OutcomeStatement.MAX_LENGTH))
        .thenApply(
            outcome ->
                outcome instanceof ReportOutcome.Reported reported
                    ? given(201, json("leaf_index", reported.leafIndex()))
                    : Denials.reply(((ReportOutcome.Denied) outcome).denial()));
  }

  private CompletionStage<Reply> redeem(JsonMembers body) throws MalformedRequest {
    RequestReader.Redeem wish = RequestReader.redeem(body);
    return service
        .redemptions()
        .redeem(wish.bundle().bytes(), wish.statement())
        .thenApply(
            outcome ->
                outcome instanceof RedemptionOutcome.Taken taken
                    ? given(201, taken.receipt().toJson())
                    : Denials.reply((RedemptionOutcome.Denied) outcome));
  }

  private CompletionStage<Reply> attestationResult(JsonMembers body) throws MalformedRequest {
    return service
        .attestationResults()
        .exchange(RequestReader.only(body, "artifact", Artifact.MAX_LENGTH))
        .thenApply(outcome -> attestationResult(201, outcome));
  }

  static Reply attestationResult(int status, AttestationResultOutcome outcome) {
    if (outcome instanceof AttestationResultOutcome.Issued issued) {
      return new Reply.Given(
          () -> new Answer(status, EAR, Map.of(), Buffer.buffer(issued.result().compact())));
    }
    return Denials.reply(((AttestationResultOutcome.Denied) outcome).denial());
  }

  private CompletionStage<Reply> status(RouteTable.Target target) throws MalformedRequest {
    String list = target.rest();
    boolean number =
        !list.isEmpty()
            && list.length() <= MAX_LIST_DIGITS
            && list.chars().allMatch(c -> c >= '0' && c <= '9')
            && (list.length() == 1 || list.charAt(0) != '0');
    if (!number) {
      throw new MalformedRequest(
          "a status list must be named by a decimal number of at most 9 digits, was not");
    }
    StatusTokens tokens = service.statusTokens();
    return tokens
        .token(Integer.parseInt(list))
        .map(
            token ->
                Reply.now(
                    Answer.content(
                        STATUS,
                        token.getBytes(StandardCharsets.US_ASCII),
                        "max-age=" + tokens.ttl().toSeconds())))
        .orElseGet(() -> Reply.now(Problem.notFound("the status list must be in use, and is not")));
  }

  static Reply given(int status, String json) {
    return new Reply.Given(() -> Answer.json(status, json));
  }

  static Reply given(int status, byte[] json) {
    return new Reply.Given(() -> Answer.json(status, json));
  }

  /** A small object of names and values in turn. */
  static byte[] json(Object... namesAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      map.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return Jcs.canonical(map);
  }

  static String base64Url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  static String base64Url(Octets octets) {
    return base64Url(octets.bytes());
  }
}
