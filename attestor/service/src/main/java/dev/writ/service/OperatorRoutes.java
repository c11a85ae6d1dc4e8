// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JsonMembers;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.vertx.core.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** What whoever runs the service may ask; who may is for the door to see. */
final class OperatorRoutes {
  private static final CharSequence METRICS =
      HttpHeaders.createOptimized(PrometheusTextFormatWriter.CONTENT_TYPE);
  private static final PrometheusTextFormatWriter WRITER =
      PrometheusTextFormatWriter.builder().setIncludeCreatedTimestamps(false).build();

  private final WritService service;
  private final WorkPool scrapes;

  private OperatorRoutes(WritService service, WorkPool scrapes) {
    this.service = service;
    this.scrapes = scrapes;
  }

  static RouteTable of(WritService service, WorkPool scrapes, HealthRoutes health) {
    OperatorRoutes routes = new OperatorRoutes(service, scrapes);
    RouteTable table =
        new RouteTable()
            .post("/v1/invitations", "invite", routes::invite)
            .post("/v1/revocations", "revoke", routes::revoke)
            .getUnder("/v1/attestation-results/", "decisionResult", routes::decisionResult)
            .get("/v1/readiness", "readiness", target -> routes.readiness())
            .get("/metrics", "metrics", target -> routes.metrics());
    health.addTo(table);
    return table;
  }

  /** Metrics and health alone. */
  static RouteTable metricsOf(WritService service, WorkPool scrapes, HealthRoutes health) {
    OperatorRoutes routes = new OperatorRoutes(service, scrapes);
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
