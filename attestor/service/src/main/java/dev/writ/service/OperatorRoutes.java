// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.vertx.core.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** What whoever runs the service may ask; who may what is in {@link OperatorAccess}. */
final class OperatorRoutes {
  private static final CharSequence METRICS =
      HttpHeaders.createOptimized(PrometheusTextFormatWriter.CONTENT_TYPE);
  private static final PrometheusTextFormatWriter WRITER =
      PrometheusTextFormatWriter.builder().setIncludeCreatedTimestamps(false).build();

  private static final String DECISIONS = "/v1/decisions/";
  private static final String EXPLANATION = "/explanation";

  private final WritService service;
  private final WorkPool scrapes;
  private final WorkPool explanations;

  private OperatorRoutes(WritService service, WorkPool scrapes, WorkPool explanations) {
    this.service = service;
    this.scrapes = scrapes;
    this.explanations = explanations;
  }

  static RouteTable of(
      WritService service,
      WorkPool scrapes,
      WorkPool explanations,
      TrustRoutes trust,
      HealthRoutes health,
      AuthzenRoutes authzen) {
    OperatorRoutes routes = new OperatorRoutes(service, scrapes, explanations);
    RouteTable table =
        new RouteTable(OperatorAccess.ROLES)
            .post("/v1/invitations", "invite", routes::invite)
            .post("/v1/revocations", "revoke", routes::revoke)
            .getOnlyUnder("/v1/attestation-results/", "decisionResult", routes::decisionResult)
            .post("/v1/reference-values", "learn", routes::learn)
            .getUnder(DECISIONS, "explain", routes::explain)
            .get("/v1/readiness", "readiness", target -> routes.readiness())
            .get("/v1/start", "start", target -> routes.start())
            .get("/v1/signatures", "signatures", target -> routes.signatures())
            .get("/metrics", "metrics", target -> routes.metrics());
    new KeyRoutes(service).addTo(table);
    new ScopeRoutes(service.revocations().scopes()).addTo(table);
    new HostRoutes(service.revocations().hosts(), routes::read).addTo(table);
    new PolicyRoutes(service, routes::read).addTo(table);
    new GovernanceRoutes(service.governanceOrders(), routes::read).addTo(table);
    new ApprovalRoutes(service.requestApprovals()).addTo(table);
    new DrillRoutes(service.drills()).addTo(table);
    new PayloadRoutes(service.payloads(), routes::read).addTo(table);
    authzen.addTo(table);
    trust.addVersionsTo(table);
    health.addTo(table);
    return table;
  }

  /** Metrics and health alone. */
  static RouteTable metricsOf(WritService service, WorkPool scrapes, HealthRoutes health) {
    OperatorRoutes routes = new OperatorRoutes(service, scrapes, scrapes);
    RouteTable table = new RouteTable().get("/metrics", "metrics", target -> routes.metrics());
    health.addTo(table);
    return table;
  }

  private CompletionStage<Reply> invite(JsonMembers body) throws MalformedRequest {
    RequestReader.Invite invite = RequestReader.invitation(body);
    return service
        .invitations()
        .invite(invite.host(), invite.validity())
        .thenApply(
            outcome ->
                outcome instanceof InvitationOutcome.Invited invited
                    ? PublicRoutes.given(
                        201,
                        PublicRoutes.json(
                            "v", 1,
                            "host", invited.hostName(),
                            "secret", PublicRoutes.base64Url(invited.secret()),
                            "expires", invited.expires().getEpochSecond()))
                    : Denials.reply(((InvitationOutcome.Denied) outcome).denial()));
  }

  private CompletionStage<Reply> revoke(JsonMembers body) throws MalformedRequest {
    RequestReader.Revoke revoke = RequestReader.revocation(body);
    return service
        .revocations()
        .revoke(revoke.jti(), revoke.reason())
        .thenApply(
            outcome ->
                outcome instanceof RevocationOutcome.Revoked revoked
                    ? PublicRoutes.given(
                        201,
                        PublicRoutes.json(
                            "jti", revoked.jti().toString(),
                            "leaf_index", revoked.leafIndex(),
                            "time", revoked.time().toEpochMilli()))
                    : Denials.reply(((RevocationOutcome.Denied) outcome).denial()));
  }

  private CompletionStage<Reply> decisionResult(RouteTable.Target target) throws MalformedRequest {
    return service
        .attestationResults()
        .ofDecision(target.index("the decision's leaf"))
        .thenApply(outcome -> PublicRoutes.attestationResult(200, outcome));
  }

  private CompletionStage<Reply> explain(RouteTable.Target target) throws MalformedRequest {
    if (!target.rest().endsWith(EXPLANATION)) {
      throw new MalformedRequest("a decision's path must end in " + EXPLANATION + ", did not");
    }
    String named = target.rest().substring(0, target.rest().length() - EXPLANATION.length());
    LeafName name = RequestReader.leafName(named);
    boolean whole = OperatorAccess.readsInputs(target.caller());
    return read(() -> explained(service.explanations().explain(name), whole));
  }

  private static Reply explained(Explanations.Outcome outcome, boolean whole) {
    if (outcome instanceof Explanations.Outcome.Explained explained) {
      byte[] json =
          whole ? explained.explanation().toJson() : explained.explanation().toJsonWithoutInputs();
      return PublicRoutes.given(200, json);
    } else if (outcome instanceof Explanations.Outcome.Evaluated evaluated) {
      byte[] json = evaluated.explanation().toJson(whole);
      return PublicRoutes.given(200, json);
    } else if (outcome instanceof Explanations.Outcome.Verified verified) {
      return PublicRoutes.given(200, verified.explanation().toJson(whole));
    } else if (outcome instanceof Explanations.Outcome.Refused refused) {
      return PublicRoutes.given(200, refused(refused.request()));
    } else if (outcome instanceof Explanations.Outcome.Unlisted unlisted) {
      return new Reply.Refused(
          Problem.notFound(
              "a leaf or a minute's summary must list this id, and none does; the summary at leaf "
                  + unlisted.index()
                  + ", of the id's minute, counts "
                  + unlisted.number()
                  + " requests by code and reason that it does not list"),
          Optional.empty());
    } else if (outcome instanceof Explanations.Outcome.Cut cut) {
      return new Reply.Refused(
          Problem.notFound(
              "a leaf or a minute's summary must list this id, and none does among the leaves of its time"
                  + " that were looked at; those from "
                  + cut.from()
                  + " to before "
                  + cut.to()
                  + " were not, for they are too many: look there for leaves of kind summary, and beside"
                  + " them, as writ ledger payload shows it"),
          Optional.empty());
    } else if (outcome instanceof Explanations.Outcome.Erased erased) {
      return new Reply.Refused(
          Problem.gone(
              "payload_erased",
              "what was kept beside leaf "
                  + erased.index()
                  + " must be there to explain the decision, and was erased; the leaf still says what"
                  + " was decided"),
          Optional.empty());
    }
    return new Reply.Refused(
        Problem.notFound(
            "a leaf of a decision must have this id, jti or index, or a minute's summary list it, and none"
                + " does: a summary is written when its minute is over, and an id from before the clock was"
                + " set is found by its leaf's index alone"),
        Optional.empty());
  }

  private static byte[] refused(RefusalSearch.Found.Refused refused) {
    ListedRefusals.Row row = refused.row();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("request_id", refused.request().toString());
    map.put("leaf_index", refused.index());
    map.put("time", refused.request().time().toEpochMilli());
    map.put("verdict", "deny");
    map.put("code", row.code().wire());
    map.put("reason", row.reason());
    map.put("door", row.door());
    map.put("operation", row.operation());
    if (row.client().isPresent()) {
      map.put("client", row.client().get());
      map.put("client_salt", PublicRoutes.base64Url(refused.clientSalt()));
    }
    return Jcs.canonical(map);
  }

  private CompletionStage<Reply> start() {
    return read(
        () ->
            service
                .starts()
                .newest()
                .map(OperatorRoutes::anchored)
                .orElseGet(
                    () ->
                        new Reply.Refused(
                            Problem.notFound(
                                "a TPM must have vouched for a start of this service, and none has:"
                                    + " token.tpm names one"),
                            Optional.empty())));
  }

  private static Reply anchored(ServiceStarts.Anchored start) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("leaf", PublicRoutes.base64Url(start.leaf().bytes()));
    map.put("proof", start.proof().format());
    map.put("consistency", start.bound().path());
    start
        .evidence()
        .ifPresent(
            evidence -> {
              map.put("ak_public", PublicRoutes.base64Url(evidence.akPublic().bytes()));
              map.put("evidence", PublicRoutes.base64Url(evidence.evidence().bytes()));
            });
    return PublicRoutes.given(200, Jcs.canonical(map));
  }

  private CompletionStage<Reply> signatures() {
    return read(
        () -> {
          byte[] json = SignatureReport.toJson(service.signatureAudit().audit());
          return PublicRoutes.given(200, json);
        });
  }

  private CompletionStage<Reply> learn(JsonMembers body) throws MalformedRequest {
    RequestReader.Learn learn = RequestReader.learning(body);
    return read(
        () -> {
          Explanations.LearningOutcome outcome =
              service.explanations().learn(learn.host(), learn.from());
          if (outcome instanceof Explanations.LearningOutcome.Learned learned) {
            byte[] json = Explanation.toJson(learned.learning(), service.policy().document());
            return PublicRoutes.given(200, json);
          }
          return new Reply.Refused(
              Problem.notFound(((Explanations.LearningOutcome.Nothing) outcome).why()),
              Optional.empty());
        });
  }

  /** In a pool of their own, so that neither issuing nor a scrape waits for them. */
  private CompletionStage<Reply> read(WorkPool.Work<Reply> work) {
    return explanations
        .submit(work)
        .exceptionally(
            failure -> {
              if (Operations.cause(failure) instanceof DeniedException denied) {
                return Denials.reply(denied.denial());
              }
              Defect.log("an explanation", failure);
              return Denials.reply(Defect.DENIAL);
            });
  }

  private CompletionStage<Reply> readiness() {
    return service
        .readiness()
        .thenApply(
            readiness ->
                PublicRoutes.given(
                    200,
                    PublicRoutes.json(
                        "ready", readiness.ready(), "findings", findings(readiness))));
  }

  private static List<Map<String, Object>> findings(Readiness readiness) {
    return readiness.findings().stream()
        .map(
            finding -> {
              Map<String, Object> map = new LinkedHashMap<>();
              map.put("part", finding.part().wire());
              map.put("ok", finding.ok());
              map.put("message", finding.message());
              return map;
            })
        .toList();
  }

  /** Gathering them takes a while, and asks parts that may wait. */
  private CompletionStage<Reply> metrics() {
    return scrapes
        .submit(this::exposition)
        .handle(
            (text, failure) -> {
              if (text != null) {
                return new Reply.Given(() -> Answer.current(METRICS, text));
              }
              return Denials.reply(
                  failure instanceof DeniedException denied ? denied.denial() : Defect.DENIAL);
            });
  }

  private byte[] exposition() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      WRITER.write(out, service.telemetry().registry().scrape());
    } catch (IOException e) {
      throw new UncheckedIOException("bug: writing to memory failed", e);
    }
    return out.toByteArray();
  }
}
